//! Opening hours: when may somebody be rung?
//!
//! An interval is one stretch of time. It begins when the clock on the wall first shows its start, or has jumped over
//! it, and ends when the clock first shows its end, or has jumped over it. So a clock that is put back never opens a
//! shop a second time, and one that is put forward never leaves an interval out that is longer than the jump.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// The same zones on every machine, whatever it has installed.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// When somebody may be rung: an IANA zone, intervals of the week, days that are closed and days that are special.
///
/// ```
/// use ringback_callers::Hours;
///
/// let hours: Hours = serde_json::from_str(
///     r#"{"timeZone": "Europe/London", "weekly": {"friday": [["18:00", "02:00"]]}, "closed": ["2026-12-25"]}"#,
/// )?;
/// assert!(hours.is_open("2026-07-03T23:30:00Z".parse()?)); // 00:30 on Saturday, British summer time
/// assert!(!hours.is_open("2026-12-25T20:00:00Z".parse()?)); // a Friday, but closed
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Hours {
    zone: TimeZone,
    /// Monday first.
    week: [Vec<Interval>; 7],
    closed: BTreeSet<Date>,
    special: BTreeMap<Date, Vec<Interval>>,
    /// What they were read from, for it is also what they are written as.
    written: Box<Written>,
}

/// Why hours cannot be read: the field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadHours {
    /// For example `weekly.monday[0]`.
    pub field: String,
    /// A sentence without its subject.
    pub problem: &'static str,
}

/// Hours as documents write them; what is asked is worked out of it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    time_zone: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    always: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weekly: Option<Week>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    closed: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    special: BTreeMap<String, Day>,
}

/// From and to, as `HH:MM`.
type Day = Vec<(String, String)>;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Week {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    monday: Day,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tuesday: Day,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    wednesday: Day,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    thursday: Day,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    friday: Day,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    saturday: Day,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sunday: Day,
}

/// A stretch of a day; if it does not end after it begins, it ends on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interval {
    from: Time,
    to: Time,
}

impl Hours {
    /// Whether it is open at that moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let today = self.zone.to_datetime(at).date();
        // Intervals last a day at most. Two days back and one ahead also cover the zones that once left out or
        // repeated a day of the calendar.
        (-2..=1)
            .filter_map(|days: i32| today.checked_add(days.days()).ok())
            .any(|day| {
                self.intervals(day)
                    .iter()
                    .any(|interval| self.runs(day, *interval, at))
            })
    }

    /// The intervals that begin on a day.
    fn intervals(&self, day: Date) -> &[Interval] {
        if self.closed.contains(&day) {
            return &[];
        }
        let week = || {
            let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).ok()?;
            self.week.get(weekday)
        };
        self.special.get(&day).or_else(week).map_or(&[], Vec::as_slice)
    }

    fn runs(&self, day: Date, interval: Interval, at: Timestamp) -> bool {
        let last = if interval.to > interval.from {
            Some(day)
        } else {
            day.tomorrow().ok()
        };
        let begins = self.first(day.to_datetime(interval.from));
        let ends = last.and_then(|last| self.first(last.to_datetime(interval.to)));
        begins.is_some_and(|begins| begins <= at) && ends.is_some_and(|ends| at < ends)
    }

    /// The first moment at which a clock on the wall shows at least that much.
    fn first(&self, clock: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(clock).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(clock).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(clock).ok(),
            AmbiguousOffset::Gap { before, .. } => {
                // As if the clock had run on: a moment after its jump, or just the moment of it.
                let after = before.to_timestamp(clock).ok()?;
                let after = after.checked_add(SignedDuration::from_nanos(1)).ok()?;
                let jump = self.zone.preceding(after).next()?;
                Some(jump.timestamp())
            }
        }
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
    }
}

impl From<Hours> for Written {
    fn from(hours: Hours) -> Self {
        *hours.written
    }
}

impl TryFrom<Written> for Hours {
    type Error = BadHours;

    fn try_from(written: Written) -> Result<Self, BadHours> {
        let bad = |field: &str, problem| BadHours {
            field: field.to_owned(),
            problem,
        };
        let zone = ZONES.get(&written.time_zone).map_err(|_| {
            bad(
                "timeZone",
                "is no time zone of the IANA database, such as Europe/London",
            )
        })?;
        let week = match (&written.weekly, written.always) {
            (Some(_), true) => return Err(bad("always", "contradicts weekly")),
            (None, false) => return Err(bad("weekly", "is missing, and so is always")),
            (None, true) => std::array::from_fn(|_| vec![Interval::WHOLE_DAY]),
            (Some(week), false) => week.intervals()?,
        };
        let closed = written
            .closed
            .iter()
            .enumerate()
            .map(|(at, text)| date(text).ok_or_else(|| bad(&format!("closed[{at}]"), NO_DATE)))
            .collect::<Result<BTreeSet<Date>, BadHours>>()?;
        let mut special = BTreeMap::new();
        for (text, intervals) in &written.special {
            let day =
                date(text).ok_or_else(|| bad("special", "has a day that is no date such as 2026-12-24"))?;
            let field = format!("special.{day}");
            if written.always {
                return Err(bad("always", "contradicts special"));
            }
            if closed.contains(&day) {
                return Err(bad(&field, "is also a closed day"));
            }
            special.insert(day, read(&field, intervals)?);
        }
        Ok(Self {
            zone,
            week,
            closed,
            special,
            written: Box::new(written),
        })
    }
}

impl Week {
    fn intervals(&self) -> Result<[Vec<Interval>; 7], BadHours> {
        let mut week: [Vec<Interval>; 7] = Default::default();
        for (slot, weekday) in week.iter_mut().zip(Weekday::Monday.cycle_forward()) {
            let (name, day) = match weekday {
                Weekday::Monday => ("monday", &self.monday),
                Weekday::Tuesday => ("tuesday", &self.tuesday),
                Weekday::Wednesday => ("wednesday", &self.wednesday),
                Weekday::Thursday => ("thursday", &self.thursday),
                Weekday::Friday => ("friday", &self.friday),
                Weekday::Saturday => ("saturday", &self.saturday),
                Weekday::Sunday => ("sunday", &self.sunday),
            };
            *slot = read(&format!("weekly.{name}"), day)?;
        }
        Ok(week)
    }
}

impl Interval {
    const WHOLE_DAY: Self = Self {
        from: Time::midnight(),
        to: Time::midnight(),
    };
}

const NO_DATE: &str = "is no date such as 2026-12-25";

fn read(field: &str, day: &Day) -> Result<Vec<Interval>, BadHours> {
    day.iter()
        .enumerate()
        .map(|(at, (from, to))| {
            let bad = || BadHours {
                field: format!("{field}[{at}]"),
                problem: "is no interval, from and to such as 09:00 and 17:30",
            };
            let from = time(from).ok_or_else(bad)?;
            let to = match to.as_str() {
                "24:00" => Time::midnight(),
                to => time(to).ok_or_else(bad)?,
            };
            Ok(Interval { from, to })
        })
        .collect()
}

/// Jiff reads more spellings than a document should hold; what is written must be what is meant.
fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| digits.parse::<i8>().ok()).flatten()
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}
