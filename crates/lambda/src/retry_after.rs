//! How long a server wants to be left alone.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The value of the header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, of which one that has passed is
/// now. None if it is neither.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    let wait = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-21T17:00:00Z".parse().unwrap();
        for (value, wait) in [
            ("7", Some(7)),
            ("Sat, 21 Nov 2026 17:02:00 GMT", Some(120)),
            ("Sat, 21 Nov 2026 16:00:00 GMT", Some(0)),
            ("-7", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now), wait.map(Duration::from_secs), "{value}");
        }
    }
}
