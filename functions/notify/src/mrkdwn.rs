//! Text from outside inside Slack's markup, where a name must stay a name: no link, no mention, no formatting.

use reqwest::Url;

/// The longest that a text from outside becomes, in UTF-16 units: a name of 500 characters fits, and three such
/// texts and a link fit into a section's 3000.
const LONGEST: usize = 800;

/// The longest address, in bytes.
const LONGEST_ADDRESS: usize = 1000;

/// What stands in an address for the order's id.
const ORDER_ID: &str = "{orderId}";

/// A text from outside, on one line, with nothing left that Slack would read as markup.
///
/// Slack knows `&`, `<` and `>` as entities, which also takes links and mentions apart. It has no way to escape the
/// characters that format, so those become others that look alike.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let (mut length, mut right_to_left) = (0, false);
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let mut buffer = [0; 4];
        let part = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '*' => "\u{2217}",
            '_' => "\u{02cd}",
            '~' => "\u{223c}",
            '`' => "\u{02cb}",
            // These turn the rest of the line around, and are seen by nobody.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => continue,
            character if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => " ",
            character => character.encode_utf8(&mut buffer),
        };
        length += part.encode_utf16().count();
        // The last unit is kept for the sign that something is missing.
        if length > LONGEST || (length == LONGEST && characters.peek().is_some()) {
            escaped.push('…');
            break;
        }
        right_to_left |= is_right_to_left(character);
        escaped.push_str(part);
    }
    if right_to_left {
        // A first-strong isolate: the text keeps its direction, and what follows keeps ours.
        return format!("\u{2068}{escaped}\u{2069}");
    }
    escaped
}

fn is_right_to_left(character: char) -> bool {
    matches!(character,
        '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Where an order is shown to somebody who may see it: an address of the operator's own, which asks for a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLink {
    before: String,
    after: String,
}

impl OrderLink {
    /// Reads `https://example.com/orders/{orderId}`. A presigned address is refused: it opens to whoever has it.
    #[must_use]
    pub fn parse(template: &str) -> Option<Self> {
        let (before, after) = template.split_once(ORDER_ID)?;
        let url = Url::parse(&format!("{before}A-17{after}")).ok()?;
        let plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"<>|\"`{}\\^".contains(&byte))
        };
        let mine = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        // The id stands behind the host, so that no order can choose where the link leads.
        let behind_host = before.matches('/').count() >= 3;
        let presigned = url
            .query_pairs()
            .any(|(name, _)| name.to_ascii_lowercase().contains("signature"));
        (mine && behind_host && !presigned && plain(before) && plain(after)).then(|| Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// The order's address, unless its id cannot be part of one.
    pub(crate) fn of(&self, order_id: &str) -> Option<String> {
        // `..` would be another page, however it is encoded.
        if order_id.bytes().all(|byte| byte == b'.') {
            return None;
        }
        let mut address = self.before.clone();
        for byte in order_id.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    address.push(char::from(byte));
                }
                _ => {
                    let digits = [byte >> 4, byte & 15];
                    address.push('%');
                    address.extend(
                        digits
                            .iter()
                            .filter_map(|digit| char::from_digit((*digit).into(), 16)),
                    );
                }
            }
        }
        address.push_str(&self.after);
        (address.len() <= LONGEST_ADDRESS).then(|| address.replace('&', "&amp;"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_no_markup() {
        for (name, shown) in [
            ("Customer \"A\" O'Neil", "Customer \"A\" O'Neil"),
            ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
            ("<https://example.com|here>", "&lt;https://example.com|here&gt;"),
            ("*A* _b_ ~c~ `d`", "∗A∗ ˍbˍ ∼c∼ ˋdˋ"),
            ("&amp;lt;", "&amp;amp;lt;"),
            (" A\r\n> quote\u{2028}B ", "A  &gt; quote B"),
            ("👩🏽‍🍳 A", "👩🏽‍🍳 A"),
            ("A\u{202e}gnp.B", "Agnp.B"),
            ("مطعم", "\u{2068}مطعم\u{2069}"),
        ] {
            assert_eq!(escaped(name), shown, "{name}");
        }
        assert_eq!(escaped(&"ü".repeat(500)), "ü".repeat(500));
        assert!(
            escaped(&"&".repeat(500)).ends_with("&amp;…"),
            "cut between entities"
        );
    }

    #[test]
    fn an_orders_id_stays_within_its_place_in_the_address() {
        let link = OrderLink::parse("https://example.com/orders/{orderId}?from=chat&lang=en").unwrap();
        let of = |id: &str| link.of(id);
        assert_eq!(
            of("A-17").unwrap(),
            "https://example.com/orders/A-17?from=chat&amp;lang=en"
        );
        assert_eq!(
            of("../a|b>é?#").unwrap(),
            "https://example.com/orders/..%2fa%7cb%3e%c3%a9%3f%23?from=chat&amp;lang=en"
        );
        assert_eq!(of(".."), None);
        assert_eq!(of(""), None);
        assert_eq!(of(&"é".repeat(500)), None);
    }

    #[test]
    fn a_link_is_ours_over_https_and_not_presigned() {
        for template in [
            "https://example.com/orders",
            "http://example.com/{orderId}",
            "https://{orderId}.example.com/",
            "https://{orderId}/orders/a/b",
            "https://a:b@example.com/{orderId}",
            "https://example.com/{orderId}|{orderId}",
            "https://example.com/a b/{orderId}",
            "https://bucket.example.com/{orderId}?X-Amz-Signature=00",
            "https://bucket.example.com/{orderId}?Key-Pair-Id=a&Signature=00",
            "/orders/{orderId}",
        ] {
            assert_eq!(OrderLink::parse(template), None, "{template}");
        }
    }

    proptest! {
        #[test]
        fn any_text_stays_short_and_without_markup(text in "\\PC{0,600}|[<>&*_~`@|!#\u{202e}a]{0,600}") {
            let escaped = escaped(&text);
            prop_assert!(escaped.encode_utf16().count() <= LONGEST + 3);
            let markup = escaped.contains(['<', '>', '*', '_', '~', '`', '\n', '\u{202e}']);
            prop_assert!(!markup);
            let entities = ["&amp;", "&lt;", "&gt;"].map(|entity| escaped.matches(entity).count());
            prop_assert_eq!(escaped.matches('&').count(), entities.iter().sum::<usize>());
        }
    }
}
