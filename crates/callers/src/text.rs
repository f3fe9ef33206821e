//! Text from outside: names and titles as somebody once typed them, made fit for a screen and for speech.

/// The text in one line of at most `most` characters: control characters become a space, runs of space become one,
/// and characters that turn the direction of what stands around them are gone.
pub fn clean(text: &str, most: usize) -> String {
    let mut line = String::new();
    // Some space before the cut, so that a text of any length costs no more than it can yield.
    let mut room = most.saturating_mul(4).saturating_add(64);
    let mut gap = false;
    for c in text.chars().filter(|c| !turns_direction(*c) && !is_invisible(*c)) {
        if c.is_whitespace() || c.is_control() {
            gap = !line.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
        }
        line.push(c);
        room = room.saturating_sub(1);
        if room == 0 {
            break;
        }
    }
    cut(line, most)
}

/// At most that many characters; what was cut off ends in `…`. An accent is not parted from its letter, nor an emoji
/// from its skin tone or family, unless there is no end to them.
fn cut(text: String, most: usize) -> String {
    if text.chars().count() <= most {
        return text;
    }
    let characters: Vec<char> = text.chars().take(most).collect();
    let whole = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(at);
        let flag = after.is_some_and(|c| is_flag_letter(*c))
            && characters
                .get(..at)
                .is_some_and(|head| head.iter().rev().take_while(|c| is_flag_letter(**c)).count() % 2 == 1);
        !flag && before.is_none_or(|c| *c != JOINER) && after.is_none_or(|c| !is_attached(*c))
    };
    let longest = most.saturating_sub(1);
    let at = (longest.saturating_sub(32)..=longest)
        .rev()
        .find(|at| whole(*at))
        .unwrap_or(longest);
    let kept: String = characters.iter().take(at).collect();
    let mut kept = kept.trim_end().to_owned();
    if most > 0 {
        kept.push('…');
    }
    kept
}

/// The text inside SSML: characters that XML gives a meaning are escaped, those it forbids are gone.
pub fn ssml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| is_xml(*c)) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text as a part of a line in another direction: one that holds right-to-left characters is isolated, so that
/// it does not carry the order number beside it away. For screens; speech has no direction.
pub fn isolated(text: &str) -> String {
    if text.chars().any(is_right_to_left) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text.to_owned()
    }
}

const JOINER: char = '\u{200D}';

/// The characters of XML 1.0, production 2.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Marks, embeddings, overrides and isolates of the bidirectional algorithm (Unicode annex 9).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Takes no room and means nothing. The two joiners do mean something: Persian and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
        || !is_xml(c) && !c.is_control()
}

fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}'
    )
}

/// Belongs to the character before it: accents, variation selectors, skin tones, tags of flags, joiners. The blocks of
/// marks that names in wide use need, not the whole table of Unicode.
fn is_attached(c: char) -> bool {
    matches!(
        c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{064B}'..='\u{065F}'
            | '\u{093A}'..='\u{094F}' | '\u{0E31}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}'
            | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200C}' | JOINER
            | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FE20}'..='\u{FE2F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Two of them are a flag.
fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_becomes_one_line_without_direction() {
        assert_eq!(
            clean("  Customer\r\n\tA \u{0}\u{85}\u{2028}x ", 100),
            "Customer A x"
        );
        assert_eq!(
            clean("A\u{202E}drowssap\u{2066}\u{200F}\u{FEFF}\u{FFFE}", 100),
            "Adrowssap"
        );
        assert_eq!(clean("\u{200F} \n", 100), "");
        // Persian needs the non-joiner.
        assert_eq!(clean("می\u{200C}خواهم", 100), "می\u{200C}خواهم");
    }

    #[test]
    fn a_cut_parts_no_letter_from_its_accent_and_no_family() {
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcde…");
        assert_eq!(clean("abcd efg", 6), "abcd…");
        assert_eq!(clean("abcde\u{301}fg", 6), "abcd…");
        assert_eq!(clean("ab👩\u{200D}👧fgh", 5), "ab…");
        assert_eq!(clean("a🇩🇪🇦🇹x", 5), "a🇩🇪…");
        assert_eq!(clean("a🇩🇪🇦🇹xy", 4), "a🇩🇪…");
        // Accents without end are cut hard.
        assert_eq!(clean(&"\u{301}".repeat(500), 100).chars().count(), 100);
        assert_eq!(clean("ab", 1), "…");
        assert_eq!(clean("ab", 0), "");
    }

    #[test]
    fn only_right_to_left_text_is_isolated() {
        assert_eq!(isolated("Customer A"), "Customer A");
        assert_eq!(isolated("لقوح א"), "\u{2068}لقوح א\u{2069}");
    }

    proptest! {
        #[test]
        fn cleaned_text_fits_and_stays_clean(text in any::<String>(), most in 0_usize..40) {
            let once = clean(&text, most);
            prop_assert!(once.chars().count() <= most);
            prop_assert!(!once.chars().any(|c| c.is_control() || turns_direction(c)));
            prop_assert_eq!(clean(&once, most), once);
        }

        #[test]
        fn ssml_holds_nothing_that_xml_would_read(text in any::<String>()) {
            let escaped = ssml(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(escaped.chars().all(is_xml));
            let read = escaped
                .replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'")
                .replace("&amp;", "&");
            let kept: String = text.chars().filter(|c| is_xml(*c)).collect();
            prop_assert_eq!(read, kept);
        }
    }
}
