//! Telephone numbers, and the absence of one.

use std::fmt;

/// A telephone number in E.164 form: `+`, then 7 to 15 digits of which the first is not zero.
///
/// ITU-T E.164 allows 15 digits and no country code begins with 0; the lower bound keeps short codes out.
/// [`Debug`](fmt::Debug) shows the last four digits only and there is no `Display`, so a number cannot slip into a
/// log; [`as_str`](Self::as_str) is the deliberate way out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct E164(String);

/// The text is no E.164 number. It carries no text, for that may be somebody's number mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no telephone number in E.164 form")]
pub struct NotE164;

impl E164 {
    /// Reads a number as Connect sends it. Space around it is ignored; inside it nothing but digits may stand.
    ///
    /// The placeholders that carriers send for a withheld number can have this form too:
    /// ask [`is_withheld`] first, or use [`Endpoint::phone`](crate::Endpoint::phone), which does.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        let text = text.trim();
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let plausible = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if plausible {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotE164)
        }
    }

    /// The whole number, with its `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits, `…0100`: enough to tell two calls apart in a log, too little to call back.
    #[must_use]
    pub fn masked(&self) -> String {
        let from = self.0.len().saturating_sub(4);
        format!("…{}", self.0.get(from..).unwrap_or_default())
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Words that stand where a withheld number would, and the same words typed on a telephone keypad.
///
/// RFC 3323 names `anonymous`; the others are what carriers send. A switch that can only carry digits
/// sends the keypad form: ANONYMOUS 266696687, RESTRICTED 7378742833, UNAVAILABLE 86282452253, UNKNOWN 8656696.
/// With a `+` none of the four is a number that could be dialled: each is too short for its country code.
const PLACEHOLDERS: [&str; 9] = [
    "anonymous",
    "restricted",
    "private",
    "unknown",
    "unavailable",
    "266696687",
    "7378742833",
    "86282452253",
    "8656696",
];

/// Whether an address says that the caller withheld their number: empty, one of the well-known words in any case,
/// one of their keypad forms, or a SIP address whose user is one of these.
///
/// ```
/// use ringback_connect::phone::is_withheld;
///
/// assert!(is_withheld("sip:Anonymous@anonymous.invalid"));
/// assert!(is_withheld("+266696687"));
/// assert!(!is_withheld("+14155550100"));
/// ```
#[must_use]
pub fn is_withheld(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    // `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=…`: what is between the brackets is the address.
    let address = address
        .split_once('<')
        .map_or(address.as_str(), |(_, inside)| inside);
    let address = address.split(['>', ';']).next().unwrap_or_default();
    let address = ["sips:", "sip:", "tel:"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
        .unwrap_or(address);
    let (user, host) = address.split_once('@').unwrap_or((address, ""));
    let user = user.trim().trim_start_matches('+');
    user.is_empty() || host.trim() == "anonymous.invalid" || PLACEHOLDERS.contains(&user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e164_tolerates_surrounding_space_and_nothing_else() {
        assert_eq!(E164::parse(" +14155550100\n").unwrap().as_str(), "+14155550100");
        assert_eq!(E164::parse("+1234567").unwrap().as_str(), "+1234567");
        assert_eq!(
            E164::parse("+123456789012345").unwrap().as_str(),
            "+123456789012345"
        );
        for text in [
            "",
            "+",
            "14155550100",
            "+123456",
            "+1234567890123456",
            "+04155550100",
            "+1 415 555 0100",
            "+1415555010O",
            "++4155550100",
            "+١٤١٥٥٥٥٠١٠٠",
            "tel:+14155550100",
            "anonymous",
        ] {
            assert_eq!(E164::parse(text), Err(NotE164), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_the_last_four_digits_only() {
        let number = E164::parse("+14155550100").unwrap();
        assert_eq!(number.masked(), "…0100");
        assert_eq!(format!("{number:?}"), "…0100");
    }

    #[test]
    fn withheld_in_words_on_the_keypad_and_in_sip() {
        for address in [
            "",
            "  ",
            "anonymous",
            "Anonymous",
            "RESTRICTED",
            "private",
            "Unknown",
            "unavailable",
            "+266696687",
            "266696687",
            "+7378742833",
            "+86282452253",
            "+8656696",
            "sip:anonymous@anonymous.invalid",
            "sips:Restricted@carrier.example;user=phone",
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1",
            "sip:x@anonymous.invalid",
            "anonymous@carrier.example",
            "tel:+266696687",
            "sip:@carrier.example",
        ] {
            assert!(is_withheld(address), "{address:?}");
        }
    }

    #[test]
    fn a_number_is_not_withheld() {
        for address in [
            "+14155550100",
            "+447700900123",
            "sip:+14155550100@carrier.example",
            "unknowns",
            "garbage",
        ] {
            assert!(!is_withheld(address), "{address:?}");
        }
    }
}
