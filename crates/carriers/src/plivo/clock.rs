//! Times without a zone.
//!
//! A call's start, answer and end stand in the account's own time zone, which no event names. The start of the session
//! stands in UTC, seconds from the call's start at most, so the distance of the two is the zone's offset.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::form::Form;
use crate::settings::Settings;
use crate::times;

const FORMAT: &str = "%Y-%m-%d %H:%M:%S%.f";

/// All offsets in use are multiples of a quarter of an hour.
const QUARTER: i64 = 15 * 60;

/// How an event's own times are read.
pub(super) struct Clock(Option<TimeZone>);

impl Clock {
    /// The account's zone: as it is set, else as the event shows it. An event that shows none has no times; better
    /// none than some that are hours off.
    pub(super) fn of(form: &Form, settings: &Settings) -> Self {
        Self(settings.get("zone").and_then(zone).or_else(|| shown(form)))
    }

    /// A field's time.
    pub(super) fn time(&self, form: &Form, name: &str) -> Option<Timestamp> {
        let text = form.get(name)?;
        // Should the carrier ever write an offset, it counts.
        if let Some(at) = times::rfc3339(text) {
            return Some(at);
        }
        let local = DateTime::strptime(FORMAT, text.trim()).ok()?;
        let zoned = local.to_zoned(self.0.clone()?).ok()?;
        Some(zoned.timestamp())
    }
}

/// When the session began.
pub(super) fn session_start(form: &Form) -> Option<Timestamp> {
    times::civil(form.get("SessionStart")?, FORMAT, 0)
}

fn shown(form: &Form) -> Option<TimeZone> {
    let local = times::civil(form.get("StartTime")?, FORMAT, 0)?;
    let ahead = local.duration_since(session_start(form)?);
    let quarters = ahead
        .checked_add(SignedDuration::from_secs(QUARTER / 2))?
        .as_secs()
        .div_euclid(QUARTER);
    // Offsets go from -12 to +14 hours; anything else is no offset.
    let seconds = quarters.checked_mul(QUARTER)?;
    (-12 * 3600..=14 * 3600).contains(&seconds).then_some(())?;
    fixed(seconds)
}

fn fixed(seconds: i64) -> Option<TimeZone> {
    let offset = Offset::from_seconds(i32::try_from(seconds).ok()?).ok()?;
    Some(TimeZone::fixed(offset))
}

/// A zone's name, or an offset: `Asia/Kolkata`, `+05:30`.
fn zone(text: &str) -> Option<TimeZone> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return TimeZone::get(text).ok(),
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(())?;
    fixed(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, zone: Option<&str>) -> Option<String> {
        let settings = Settings(
            zone.map(|zone| ("zone".to_owned(), zone.to_owned()))
                .into_iter()
                .collect(),
        );
        let form = Form::read(body.as_bytes()).unwrap();
        let time = Clock::of(&form, &settings).time(&form, "EndTime");
        time.map(|at| at.to_string())
    }

    #[test]
    fn the_offset_is_the_distance_of_the_calls_start_from_the_sessions() {
        let end = |session: &str, start: &str, end: &str| {
            read(
                &format!("SessionStart={session}&StartTime={start}&EndTime={end}"),
                None,
            )
        };
        let published = [
            (
                "2024-10-22+11%3A10%3A48.129660",
                "2024-10-22+16%3A40%3A48",
                "2024-10-22+16%3A41%3A21",
                "2024-10-22T11:11:21Z",
            ),
            (
                "2024-10-22+12%3A30%3A58.640040",
                "2024-10-22+18%3A00%3A57",
                "2024-10-22+18%3A01%3A09",
                "2024-10-22T12:31:09Z",
            ),
            (
                "2026-01-01+02%3A00%3A00.5",
                "2025-12-31+18%3A00%3A01",
                "2025-12-31+18%3A00%3A31",
                "2026-01-01T02:00:31Z",
            ),
            (
                "2026-01-01+00%3A00%3A00",
                "2026-01-01+00%3A00%3A04",
                "2026-01-01+00%3A00%3A30",
                "2026-01-01T00:00:30Z",
            ),
        ];
        for (session, start, ended, expected) in published {
            assert_eq!(end(session, start, ended).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_zone_that_is_set_counts_more_and_knows_daylight_saving() {
        let body = "EndTime=2026-07-01+12%3A00%3A00";
        assert_eq!(
            read(body, Some("America/New_York")).as_deref(),
            Some("2026-07-01T16:00:00Z")
        );
        assert_eq!(
            read(body, Some("+05:30")).as_deref(),
            Some("2026-07-01T06:30:00Z")
        );
        assert_eq!(
            read(body, Some("-03:00")).as_deref(),
            Some("2026-07-01T15:00:00Z")
        );
        assert_eq!(read(body, Some("UTC")).as_deref(), Some("2026-07-01T12:00:00Z"));
    }

    #[test]
    fn without_a_zone_there_is_no_time() {
        assert_eq!(read("EndTime=2026-07-01+12%3A00%3A00", None), None);
        assert_eq!(read("EndTime=2026-07-01+12%3A00%3A00", Some("Atlantis")), None);
        let a_day_apart = "SessionStart=2026-07-01+12%3A00%3A00&StartTime=2026-07-03+12%3A00%3A00&EndTime=2026-07-03+12%3A00%3A00";
        assert_eq!(read(a_day_apart, None), None);
        assert_eq!(read("EndTime=soon", Some("UTC")), None);
    }
}
