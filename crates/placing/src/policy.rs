//! Whom a tenant may call, when, and how much. Without a policy nobody may be called.

use jiff::Timestamp;
use ringback_callers::Hours;
use ringback_calls::Number;
use ringback_connect::phone::E164;
use serde::{Deserialize, Serialize};

use crate::number::begins_with_trunk_prefix;

/// Calls of a tenant that may be open at once, at most: all of them are in one item, which every call writes.
pub const MOST_OPEN_CALLS: u32 = 1000;

/// More than this in a minute would go through one item at a pace that a table does not keep.
const MOST_A_MINUTE: u32 = 12_000;

/// What the longest call may be, in seconds: less than ten is no conversation, more than four hours no carrier keeps.
const LONGEST: std::ops::RangeInclusive<u64> = 10..=14_400;

/// More prefixes or hours than this are a mistake.
const MOST: usize = 300;

/// Whom a tenant may call, when, and how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policy {
    /// What numbers that may be called begin with: `+44`, `+1415`. None: nobody may be called.
    pub prefixes: Vec<String>,
    /// How many calls may be placed in a minute.
    pub calls_per_minute: u32,
    /// How many calls may be open at once.
    pub open_calls: u32,
    /// How long a conversation may last, in seconds.
    pub longest_seconds: u64,
    /// When customers may be called, by what their number begins with. None: at any time. Where there are some, a number
    /// that none of them covers is not called.
    pub hours: Vec<CallingHours>,
}

/// When customers of a destination may be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallingHours {
    /// What their numbers begin with. Of several that fit, the longest counts.
    pub prefix: String,
    /// When, in the destination's own zone.
    pub hours: Hours,
}

/// What is wrong with a policy: the field, and what it must be. Never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct PolicyProblem {
    /// The field: `prefixes[1]`.
    pub field: String,
    /// What it must be, as the end of the sentence "`field` …".
    pub problem: &'static str,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            prefixes: Vec::new(),
            calls_per_minute: 60,
            open_calls: 10,
            longest_seconds: 3600,
            hours: Vec::new(),
        }
    }
}

impl Policy {
    /// What is wrong with it; nothing if it is empty.
    pub fn problems(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        let mut unless = |good: bool, field: String, problem| {
            if !good {
                problems.push(PolicyProblem { field, problem });
            }
        };
        const PREFIX: &str = "must be + and 1 to 15 digits, for example +44";
        const TRUNK: &str =
            "must not have the 0 of national calls after the country's code: no number begins so";
        for (at, prefix) in self.prefixes.iter().enumerate() {
            unless(is_prefix(prefix), format!("prefixes[{at}]"), PREFIX);
            unless(
                !begins_with_trunk_prefix(prefix),
                format!("prefixes[{at}]"),
                TRUNK,
            );
        }
        for (at, entry) in self.hours.iter().enumerate() {
            let field = format!("hours[{at}].prefix");
            unless(is_prefix(&entry.prefix), field.clone(), PREFIX);
            unless(!begins_with_trunk_prefix(&entry.prefix), field.clone(), TRUNK);
            let before = self.hours.iter().take(at);
            let twice = before.clone().any(|other| other.prefix == entry.prefix);
            unless(!twice, field, "must not be there twice");
        }
        unless(
            (1..=MOST_A_MINUTE).contains(&self.calls_per_minute),
            "callsPerMinute".to_owned(),
            "must be 1 to 12000",
        );
        unless(
            (1..=MOST_OPEN_CALLS).contains(&self.open_calls),
            "openCalls".to_owned(),
            "must be 1 to 1000",
        );
        unless(
            LONGEST.contains(&self.longest_seconds),
            "longestSeconds".to_owned(),
            "must be 10 to 14400 seconds",
        );
        for (list, length) in [("prefixes", self.prefixes.len()), ("hours", self.hours.len())] {
            unless(length <= MOST, list.to_owned(), "must be at most 300");
        }
        problems
    }

    /// Whether a number may be called at all: one in E.164 that begins with one of the prefixes.
    pub fn may_call(&self, number: &Number) -> bool {
        is_e164(number) && self.prefixes.iter().any(|prefix| begins(number, prefix))
    }

    /// Whether a number may be called now. The longest prefix that fits says it, so a region may have other hours than
    /// its country.
    pub fn is_open(&self, number: &Number, now: Timestamp) -> bool {
        let fitting = self.hours.iter().filter(|entry| begins(number, &entry.prefix));
        let nearest = fitting.max_by_key(|entry| entry.prefix.len());
        nearest.map_or(self.hours.is_empty(), |entry| entry.hours.is_open(now))
    }
}

fn begins(number: &Number, prefix: &str) -> bool {
    is_prefix(prefix) && number.as_str().starts_with(prefix)
}

fn is_e164(number: &Number) -> bool {
    E164::parse(number.as_str()).is_ok_and(|read| read.as_str() == number.as_str())
}

fn is_prefix(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(json: &str) -> Policy {
        serde_json::from_str(json).unwrap()
    }

    fn number(text: &str) -> Number {
        Number::raw(text).unwrap()
    }

    #[test]
    fn nobody_may_be_called_whom_no_prefix_covers() {
        let policy = policy(r#"{"prefixes": ["+1415555", "+447700900"]}"#);
        assert_eq!(policy.problems(), []);
        for (text, may) in [
            ("+14155550101", true),
            ("+447700900101", true),
            ("+12125550101", false),
            ("+1415555", true),
            ("+141555", false),
            ("14155550101", false),
            ("0014155550101", false),
            ("+1415555sip:user@example.com", false),
            ("+1415555 0101", false),
            ("+14155550101,+12125550101", false),
            ("+1415555010112345", false),
        ] {
            assert_eq!(policy.may_call(&number(text)), may, "{text}");
        }
        assert!(!Policy::default().may_call(&number("+14155550101")));
        // A prefix that no operator could have set covers nobody.
        let broken = Policy {
            prefixes: vec![String::new(), "+".to_owned()],
            ..policy.clone()
        };
        assert!(!broken.may_call(&number("+14155550101")));
    }

    #[test]
    fn the_hours_of_the_longest_prefix_count_in_its_own_zone() {
        let policy = policy(
            r#"{"prefixes": ["+1", "+44"], "hours": [
                {"prefix": "+1", "hours": {"timeZone": "America/New_York", "weekly": {"friday": [["09:00", "17:00"]]}}},
                {"prefix": "+1415", "hours": {"timeZone": "America/Los_Angeles", "weekly": {"friday": [["09:00", "17:00"]]}}}
            ]}"#,
        );
        assert_eq!(policy.problems(), []);
        for (text, at, open) in [
            ("+12125550101", "2026-07-03T14:00:00Z", true),
            ("+14155550101", "2026-07-03T14:00:00Z", false),
            ("+14155550101", "2026-07-03T16:00:00Z", true),
            ("+12125550101", "2026-07-03T22:00:00Z", false),
            ("+14155550101", "2026-07-03T22:00:00Z", true),
            ("+14155550101", "2026-07-04T16:00:00Z", false),
            // Some hours are set, and none for there.
            ("+447700900101", "2026-07-03T16:00:00Z", false),
        ] {
            let at = at.parse().unwrap();
            assert_eq!(policy.is_open(&number(text), at), open, "{text} {at}");
        }
        let always = Policy::default();
        assert!(always.is_open(&number("+447700900101"), Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn what_is_wrong_is_said_by_field() {
        for (json, field) in [
            (r#"{"prefixes": ["+44", "0044"]}"#, "prefixes[1]"),
            (r#"{"prefixes": ["+"]}"#, "prefixes[0]"),
            (r#"{"prefixes": ["+0"]}"#, "prefixes[0]"),
            (r#"{"prefixes": ["+44", "+3906", "+4407700"]}"#, "prefixes[2]"),
            (r#"{"callsPerMinute": 0}"#, "callsPerMinute"),
            (r#"{"openCalls": 1001}"#, "openCalls"),
            (r#"{"longestSeconds": 9}"#, "longestSeconds"),
            (r#"{"longestSeconds": 14401}"#, "longestSeconds"),
            (
                r#"{"hours": [{"prefix": "44", "hours": {"timeZone": "Europe/London", "always": true}}]}"#,
                "hours[0].prefix",
            ),
            (
                r#"{"hours": [{"prefix": "+44", "hours": {"timeZone": "Europe/London", "always": true}},
                              {"prefix": "+44", "hours": {"timeZone": "Europe/London", "always": true}}]}"#,
                "hours[1].prefix",
            ),
        ] {
            let problems = policy(json).problems();
            let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
            assert_eq!(fields, [field], "{json}");
        }
        assert!(
            serde_json::from_str::<Policy>(r#"{"prefix": ["+44"]}"#).is_err(),
            "a misspelt field"
        );
        assert_eq!(policy("{}"), Policy::default());
    }

    proptest! {
        #[test]
        fn only_numbers_that_begin_with_a_prefix_are_called(text in "\\+?[0-9a-z ,;]{0,18}", prefix in "\\+[1-9][0-9]{0,5}") {
            let policy = Policy { prefixes: vec![prefix.clone()], ..Policy::default() };
            let number = Number::raw(&format!("{prefix}{text}")).unwrap();
            let digits = number.as_str().strip_prefix('+').unwrap_or_default();
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (7..=15).contains(&digits.len());
            prop_assert_eq!(policy.may_call(&number), plain);
            if let Some(other) = Number::raw(&text) {
                prop_assert!(!policy.may_call(&other) || other.as_str().starts_with(&prefix));
            }
        }
    }
}
