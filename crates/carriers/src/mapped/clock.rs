//! Times in a described form.

use jiff::civil::date;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::times;

/// How a carrier writes times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clock {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// With its own offset.
    Rfc3339,
    /// A format of `strftime` in a zone so many seconds before UTC.
    Civil { format: String, offset: i32 },
}

impl Clock {
    /// The clock of a format, and of a zone where the format has none.
    ///
    /// # Errors
    /// With the field and what is wrong with it.
    pub(super) fn of(format: &str, zone: Option<&str>) -> Result<Self, (&'static str, &'static str)> {
        let zoneless = |clock| match zone {
            None => Ok(clock),
            Some(_) => Err(("zone", "is needless: the format leaves none open")),
        };
        match format {
            "unix" => zoneless(Self::Seconds),
            "unix-ms" => zoneless(Self::Milliseconds),
            "rfc3339" => zoneless(Self::Rfc3339),
            _ => {
                let zone = zone.ok_or(("zone", "is missing"))?;
                let offset = offset(zone).ok_or(("zone", "is no offset like +08:00"))?;
                let clock = Self::Civil {
                    format: format.to_owned(),
                    offset,
                };
                // The format is right if it reads what it writes.
                let sample = date(2026, 11, 20).at(17, 8, 9, 0);
                let written = strtime::format(format, sample).ok();
                let expected = "2026-11-20T17:08:09Z".parse::<Timestamp>().ok();
                let shifted =
                    expected.and_then(|at| Timestamp::from_second(at.as_second() - i64::from(offset)).ok());
                match written.and_then(|text| clock.read(&text)) {
                    read if read.is_some() && read == shifted => Ok(clock),
                    _ => Err(("format", "does not tell date and time")),
                }
            }
        }
    }

    /// Reads a time.
    pub(super) fn read(&self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Seconds => Timestamp::from_second(text.parse().ok()?).ok(),
            Self::Milliseconds => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            Self::Rfc3339 => times::rfc3339(text),
            Self::Civil { format, offset } => times::civil(text, format, *offset),
        }
    }

    /// Writes a time.
    pub(super) fn write(&self, at: Timestamp) -> String {
        match self {
            Self::Seconds => at.as_second().to_string(),
            Self::Milliseconds => at.as_millisecond().to_string(),
            Self::Rfc3339 => at.to_string(),
            Self::Civil { format, offset } => {
                let shown = at.checked_add(SignedDuration::from_secs(i64::from(*offset)));
                // The format has been tried: it can be written.
                strtime::format(format, &shown.unwrap_or(at).to_zoned(TimeZone::UTC)).unwrap_or_default()
            }
        }
    }
}

/// `+08:00`, in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |text: &str| -> Option<i32> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_time_in_every_form() {
        let expected: Option<Timestamp> = "2026-11-20T09:00:00Z".parse().ok();
        for (format, zone, text) in [
            ("unix", None, "1795165200"),
            ("unix-ms", None, "1795165200000"),
            ("rfc3339", None, "2026-11-20T17:00:00+08:00"),
            ("%Y-%m-%d %H:%M:%S", Some("+08:00"), "2026-11-20 17:00:00"),
            ("%Y%m%d%H%M%S", Some("-03:30"), "20261120053000"),
            ("%d.%m.%Y %I:%M:%S %p", Some("+00:00"), "20.11.2026 09:00:00 AM"),
        ] {
            let clock = Clock::of(format, zone).unwrap();
            assert_eq!(clock.read(text), expected, "{format}");
            assert_eq!(clock.read(&clock.write(expected.unwrap())), expected, "{format}");
        }
    }

    #[test]
    fn formats_and_zones_that_cannot_work_are_told() {
        for (format, zone, field) in [
            ("%H:%M:%S", Some("+08:00"), "format"),
            ("%Y-%m-%d", Some("+08:00"), "format"),
            ("%Q", Some("+08:00"), "format"),
            ("", Some("+08:00"), "format"),
            ("%Y%m%d%H%M%S", None, "zone"),
            ("%Y%m%d%H%M%S", Some("8"), "zone"),
            ("%Y%m%d%H%M%S", Some("+24:00"), "zone"),
            ("%Y%m%d%H%M%S", Some("Asia/Shanghai"), "zone"),
            ("unix", Some("+08:00"), "zone"),
        ] {
            assert_eq!(Clock::of(format, zone).unwrap_err().0, field, "{format} {zone:?}");
        }
    }
}
