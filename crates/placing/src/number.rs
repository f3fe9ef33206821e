//! Numbers that may be dialled: written as the whole world dials them, and in one way only.
//!
//! A list of numbers that are not called knows them by their text. Some carriers overlook what does not belong there, as
//! the nought of national calls in `+44 (0)7700 900123`, so whoever is on the list would be rung under another text.

use std::fmt;

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};
use ringback_calls::Number;
use ringback_connect::phone::E164;

/// Why a text is no number that may be dialled. Never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadNumber {
    /// It has another form.
    Form,
    /// No country or service has such a code.
    Country,
    /// No number there has so many digits.
    Length,
    /// What is only dialled inside the country stands before the number.
    Trunk,
}

impl BadNumber {
    /// What it must be, as the end of the sentence "the number …".
    pub fn message(self) -> &'static str {
        match self {
            Self::Form => "must be a number in E.164, for example +14155550100",
            Self::Country => "must begin with the code of a country",
            Self::Length => "must have as many digits as numbers of its country have",
            Self::Trunk => {
                "must not have the prefix of national calls after the country's code: +447700900123, not +4407700900123"
            }
        }
    }
}

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for BadNumber {}

/// Reads a number in E.164 and nothing around it. Whether somebody has it is not asked: numbers that are reserved for
/// examples are numbers, and tables of ranges are always older than the newest range.
///
/// # Errors
/// When it is none, or is written in a way that its country's network would not have it.
pub fn dialled(text: &str) -> Result<Number, BadNumber> {
    let read = E164::parse(text).ok().filter(|read| read.as_str() == text);
    let number = read.and_then(|read| Number::raw(read.as_str()));
    let number = number.ok_or(BadNumber::Form)?;
    let digits = text.strip_prefix('+').unwrap_or_default();
    let (regions, national) = regions(digits).ok_or(BadNumber::Country)?;
    let any = |is: fn(&Metadata, &str) -> bool| regions.iter().any(|region| is(region, national));
    // The prefix first: it may be why the length is wrong.
    match (any(is_number), any(has_trunk_prefix), any(has_length)) {
        (true, _, _) | (false, false, true) => Ok(number),
        (false, true, _) => Err(BadNumber::Trunk),
        (false, false, false) => Err(BadNumber::Length),
    }
}

/// Reads the tables of all countries, some 100 ms, so that nobody who waits for a call waits for it.
pub fn warm() {
    drop(dialled("+447700900123"));
}

/// Whether a prefix can never be that of a number, because the prefix of national calls is in it: `+440`.
pub(crate) fn begins_with_trunk_prefix(prefix: &str) -> bool {
    let digits = prefix.strip_prefix('+').unwrap_or_default();
    regions(digits).is_some_and(|(regions, national)| {
        national.starts_with('0')
            && regions.iter().all(|region| {
                region
                    .national_prefix()
                    .is_some_and(|trunk| trunk.starts_with('0'))
            })
    })
}

/// The regions of a country's code, and what stands behind it. No code begins with another.
fn regions(digits: &str) -> Option<(Vec<&'static Metadata>, &str)> {
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let regions = DATABASE.by_code(&code.parse().ok()?)?;
        (!regions.is_empty()).then_some((regions, national))
    })
}

/// Whether a region has numbers of that length, of any kind.
fn has_length(region: &Metadata, national: &str) -> bool {
    let kinds = region.descriptors();
    let kinds = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
    ];
    let length = u16::try_from(national.len()).unwrap_or(u16::MAX);
    let has = |kind: &Descriptor| kind.possible_length().contains(&length);
    kinds.into_iter().flatten().any(has)
}

/// Whether it has the form of a number of that region: its length, and digits that some number there begins with.
fn is_number(region: &Metadata, national: &str) -> bool {
    has_length(region, national) && region.descriptors().general().is_match(national)
}

/// Whether a region's national prefix stands before something: before anything where it is nought, which no number there
/// begins with, and else before what would be a number without it.
fn has_trunk_prefix(region: &Metadata, national: &str) -> bool {
    let trunk = region.national_prefix().filter(|trunk| !trunk.is_empty());
    let rest = trunk.and_then(|trunk| Some((trunk, national.strip_prefix(trunk)?)));
    rest.is_some_and(|(trunk, rest)| trunk.starts_with('0') || is_number(region, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_text_and_whether_somebody_has_it_is_not_asked() {
        for (text, expected) in [
            // Reserved for examples, and what networks give out.
            ("+14155550100", None),
            ("+447700900123", None),
            ("+442079460123", None),
            ("+4930123456", None),
            // In Italy the nought belongs to the number, in Russia the eight may.
            ("+390612345678", None),
            ("+78005553535", None),
            ("+8613800138000", None),
            ("+85221234567", None),
            ("+2250701234567", None),
            ("+80012345678", None),
            ("+4407700900123", Some(BadNumber::Trunk)),
            ("+44007700900123", Some(BadNumber::Trunk)),
            ("+49030123456", Some(BadNumber::Trunk)),
            ("+3300142685300", Some(BadNumber::Trunk)),
            ("+3606201234567", Some(BadNumber::Trunk)),
            ("+8601012345678", Some(BadNumber::Trunk)),
            ("+114155550100", Some(BadNumber::Trunk)),
            ("+1415555010099", Some(BadNumber::Length)),
            ("+141555501", Some(BadNumber::Length)),
            ("+44770090012", None),
            ("+4477009001234", Some(BadNumber::Length)),
            ("+99912345678", Some(BadNumber::Country)),
            ("+2101234567", Some(BadNumber::Country)),
            ("447700900123", Some(BadNumber::Form)),
            ("+44 7700 900123", Some(BadNumber::Form)),
            (" +447700900123", Some(BadNumber::Form)),
            ("", Some(BadNumber::Form)),
        ] {
            assert_eq!(dialled(text).err(), expected, "{text}");
        }
        for which in 0..100 {
            assert!(dialled(&format!("+141555501{which:02}")).is_ok(), "{which}");
            assert!(dialled(&format!("+447700900{which:03}")).is_ok(), "{which}");
        }
    }

    #[test]
    fn a_prefix_with_the_nought_of_national_calls_covers_nobody() {
        for (prefix, is) in [
            ("+440", true),
            ("+4407700", true),
            ("+490", true),
            ("+44", false),
            ("+447700", false),
            ("+3906", false),
            ("+78", false),
            ("+4", false),
            ("+", false),
        ] {
            assert_eq!(begins_with_trunk_prefix(prefix), is, "{prefix}");
        }
    }
}
