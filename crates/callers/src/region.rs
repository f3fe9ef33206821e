//! Numbers as people write and type them.

use ringback_connect::phone::E164;

/// The region whose national numbers are meant where a number has no country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(phonenumber::country::Id);

impl Default for Region {
    /// The United States.
    fn default() -> Self {
        Self(phonenumber::country::Id::US)
    }
}

impl Region {
    /// The region of an ISO 3166 code of two letters.
    pub fn parse(code: &str) -> Option<Self> {
        code.parse().ok().map(Self)
    }

    /// Reads the tables of all countries, some 100 ms, so that no caller waits for it.
    pub fn warm(self) {
        drop(self.number("00 0000 0000"));
    }

    /// A number as somebody wrote it, `0171 …` or `+44 171 …`, if it has the form of one.
    ///
    /// Plain E.164 costs nothing; the first of the others reads the tables, unless [`Region::warm`] has.
    pub fn number(self, text: &str) -> Option<E164> {
        if let Ok(number) = E164::parse(text) {
            return Some(number);
        }
        // A telephone's keys have no plus: two zeros, or the American 011, stand for it.
        let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        if !(5..=20).contains(&digits.len()) || text.chars().any(char::is_alphabetic) {
            return None;
        }
        let number = phonenumber::parse(Some(self.0), &digits).ok()?;
        // Not whether the number is in use: tables of ranges are always older than the newest range.
        let whole = number.national().value() >= 1_000_000;
        let number = number.format().mode(phonenumber::Mode::E164).to_string();
        E164::parse(&number).ok().filter(|_| whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_and_international_forms_are_one_number() {
        let us = Region::default();
        for text in [
            "+14155550100",
            "4155550100",
            "(415) 555-0100",
            "1 415 555 0100",
            "+1 415 555 0100",
        ] {
            assert_eq!(
                us.number(text).as_ref().map(E164::as_str),
                Some("+14155550100"),
                "{text}"
            );
        }
        let gb = Region::parse("GB").unwrap();
        assert_eq!(
            gb.number("07700 900123").as_ref().map(E164::as_str),
            Some("+447700900123")
        );
        for text in [
            "",
            "12",
            "Timeout",
            "00000",
            "555-call-now",
            "99999999999999999999999",
        ] {
            assert_eq!(us.number(text), None, "{text}");
        }
        assert_eq!(Region::parse("Atlantis"), None);
    }
}
