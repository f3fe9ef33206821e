//! Hours of operation in the call centre's own time zone.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de};

/// When a queue is open.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hours {
    /// Id within the instance.
    pub id: String,
    /// Its name, what transcripts call it.
    pub name: String,
    /// The zone whose wall clock counts, daylight saving included.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub time_zone: TimeZone,
    /// When it is open, every week.
    pub open: Vec<Interval>,
    /// Dates on which it is closed all day, whatever the week says.
    #[serde(default)]
    pub closed: Vec<Date>,
}

impl Hours {
    /// Hours that are never open, until intervals are added.
    pub fn new(id: impl Into<String>, name: impl Into<String>, time_zone: TimeZone) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            time_zone,
            open: Vec::new(),
            closed: Vec::new(),
        }
    }

    /// Adds an interval. One that does not end later than it begins ends on the next day.
    #[must_use]
    pub fn with(mut self, day: Weekday, from: Time, to: Time) -> Self {
        self.open.push(Interval { day, from, to });
        self
    }

    /// Adds a date on which it is closed.
    #[must_use]
    pub fn closed_on(mut self, date: Date) -> Self {
        self.closed.push(date);
        self
    }

    /// Whether it is open at that moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = self.time_zone.to_datetime(at);
        if self.closed.contains(&local.date()) {
            return false;
        }
        let (today, time) = (local.date().weekday(), local.time());
        self.open.iter().any(|interval| {
            let began_today = interval.day == today && interval.from <= time;
            let overnight = interval.to <= interval.from;
            let began_yesterday = overnight && interval.day == today.previous();
            (began_today && (overnight || time < interval.to)) || (began_yesterday && time < interval.to)
        })
    }
}

/// One stretch of opening hours. Connect writes a whole day as 00:00 to 00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Interval {
    /// The day it begins on, for example `monday`.
    #[serde(deserialize_with = "weekday")]
    pub day: Weekday,
    /// The first moment that is open.
    pub from: Time,
    /// The first moment that is closed again.
    pub to: Time,
}

fn weekday<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Weekday, D::Error> {
    let name = String::deserialize(deserializer)?;
    match name.to_ascii_lowercase().as_str() {
        "monday" => Ok(Weekday::Monday),
        "tuesday" => Ok(Weekday::Tuesday),
        "wednesday" => Ok(Weekday::Wednesday),
        "thursday" => Ok(Weekday::Thursday),
        "friday" => Ok(Weekday::Friday),
        "saturday" => Ok(Weekday::Saturday),
        "sunday" => Ok(Weekday::Sunday),
        _ => Err(de::Error::custom(format_args!("{name:?} is no day of the week"))),
    }
}
