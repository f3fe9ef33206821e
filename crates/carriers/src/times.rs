//! Times, as carriers write them.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, fmt};

use crate::refusal::Refusal;

/// `2026-01-23T03:16:41.120Z`, with any offset.
pub(crate) fn rfc3339(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// `Sun, 25 Mar 2018 09:53:19 +0000`.
pub(crate) fn rfc2822(text: &str) -> Option<Timestamp> {
    let zoned = fmt::rfc2822::DateTimeParser::new()
        .parse_zoned(text.trim())
        .ok()?;
    Some(zoned.timestamp())
}

/// A time without a zone, in a format of `strftime`, at an offset of that many seconds from UTC.
pub(crate) fn civil(text: &str, format: &str, offset_seconds: i32) -> Option<Timestamp> {
    let at = DateTime::strptime(format, text.trim()).ok()?;
    let offset = Offset::from_seconds(offset_seconds).ok()?;
    let zoned = at.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(zoned.timestamp())
}

/// Whether a signed time is near enough to now.
///
/// # Errors
/// When it is more than `window` seconds away, before or after.
pub(crate) fn near(signed: Timestamp, now: Timestamp, window: u64) -> Result<(), Refusal> {
    let seconds = now.duration_since(signed).as_secs();
    if seconds.unsigned_abs() <= window {
        Ok(())
    } else {
        Err(Refusal::Stale { seconds, window })
    }
}
