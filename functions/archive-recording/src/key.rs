//! Where in the bucket a recording lies.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ringback_calls::Wanted;
use sha2::{Digest, Sha256};

/// What stands in a key as it is; a name may not begin with a dot, so that no tool takes it for a way up.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A longer segment is cut, and its digest appended. The whole key stays far below S3's 1 024 bytes.
const LONGEST: usize = 128;

/// `tenant/yyyy/mm/dd/<call>/<recording>.<extension>`: the UTC day is that on which the call began.
pub(crate) fn key(wanted: &Wanted, began: Timestamp, extension: &str) -> String {
    let day = began.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d").to_string();
    let (tenant, recording) = (segment(&wanted.tenant), segment(&wanted.recording_id));
    format!("{tenant}/{day}/{}/{recording}.{extension}", wanted.call_id)
}

/// A text of somebody else's as one segment: letters, digits, `-`, `_`, `.`, and `!` with two digits for every other
/// byte. Two texts never become one segment.
pub(crate) fn segment(text: &str) -> String {
    // `%` would be escaped once more in every URL, and `!` is one of the characters that S3 calls safe.
    let mut safe = utf8_percent_encode(text, ESCAPED).to_string().replace('%', "!");
    if let Some(rest) = safe.strip_prefix('.') {
        safe = format!("!2E{rest}");
    }
    if safe.is_empty() {
        return "!".to_owned();
    }
    if safe.len() <= LONGEST {
        return safe;
    }
    let digest = Sha256::digest(text);
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let start: String = safe.chars().take(LONGEST - 34).collect();
    // No escape sequence has two, so no short text ends like this.
    format!("{start}!!{digits}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ringback_calls::CallId;

    use super::*;

    #[test]
    fn a_key_is_made_of_tenant_day_call_and_recording() {
        let wanted = Wanted {
            tenant: "t-1".to_owned(),
            call_id: CallId::parse("call-0001").unwrap(),
            recording_id: "RE00000000000000000000000000000000".to_owned(),
            version: 7,
        };
        let began = "2026-11-21T23:59:59.9-05:00".parse().unwrap();
        assert_eq!(
            key(&wanted, began, "mp3"),
            "t-1/2026/11/22/call-0001/RE00000000000000000000000000000000.mp3"
        );
    }

    #[test]
    fn segments_are_safe_and_stay_distinct() {
        let long = "a/".repeat(200);
        let texts = [
            "plain-1_2.wav",
            "a/b",
            "a!2Fb",
            "a%2Fb",
            "a b",
            "a+b",
            "..",
            ".",
            "!2E.",
            "",
            "!",
            "über",
            &long,
            &long[1..],
            &long[2..],
            "\u{0}\n",
        ];
        let segments: BTreeSet<_> = texts.iter().map(|text| segment(text)).collect();
        assert_eq!(segments.len(), texts.len());
        for segment in segments {
            assert!(
                segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.!".contains(&byte))
            );
            assert!(!segment.starts_with('.') && (1..=LONGEST).contains(&segment.len()));
        }
    }
}
