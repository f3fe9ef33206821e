//! Numbers as carriers take them that leave their own country's code out.

use ringback_calls::Number;

/// An E.164 number as somebody dials it in the country with that code, `86`: without the code, in China with the `0` that
/// its landlines have, and with `00` before every other country's. What would not be read as the same number again is
/// written with `00` too.
pub(crate) fn national(number: &str, code: &str) -> String {
    let Some(digits) = number.strip_prefix('+') else {
        return number.to_owned();
    };
    let domestic = digits.strip_prefix(code).map(|significant| match code {
        "86" if !is_chinese_mobile(significant) => format!("0{significant}"),
        _ => significant.to_owned(),
    });
    let same = |text: &String| Number::national(text, code).is_some_and(|read| read.as_str() == number);
    domestic.filter(same).unwrap_or_else(|| format!("00{digits}"))
}

/// 11 digits that begin with 13 to 19: area codes of Beijing and the provinces do not.
fn is_chinese_mobile(significant: &str) -> bool {
    significant.len() == 11 && matches!(significant.as_bytes(), [b'1', b'3'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same_number() {
        for (number, code, expected) in [
            ("+8613912345678", "86", "13912345678"),
            ("+8675512345678", "86", "075512345678"),
            ("+861012345678", "86", "01012345678"),
            ("+14155550101", "86", "0014155550101"),
            ("+14155550101", "1", "4155550101"),
            ("+447700900101", "44", "7700900101"),
            ("+390612345678", "39", "00390612345678"),
            ("+8610086", "86", "008610086"),
        ] {
            assert_eq!(national(number, code), expected);
            assert_eq!(
                Number::national(expected, code).unwrap().as_str(),
                number,
                "{expected}"
            );
        }
        assert_eq!(national("10086", "86"), "10086");
    }
}
