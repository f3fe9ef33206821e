//! When the team wants to be told.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// Weekly hours on the clocks of one place; without any span it is always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    spans: Vec<Span>,
    zone: TimeZone,
}

/// The same hours on several days: `Mon-Fri 08:00-18:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// From Monday to Sunday.
    days: [bool; 7],
    /// Minutes of the day; a span that does not end after it began ends on the next day.
    from: u16,
    to: u16,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY: u16 = 24 * 60;

impl Hours {
    /// These spans, on the clocks of that zone.
    #[must_use]
    pub fn new(spans: Vec<Span>, zone: TimeZone) -> Self {
        Self { spans, zone }
    }

    /// Whether it is within the hours at that moment.
    #[must_use]
    pub fn contain(&self, at: Timestamp) -> bool {
        let there = self.zone.to_datetime(at);
        let minute = u16::from(there.hour().unsigned_abs()) * 60 + u16::from(there.minute().unsigned_abs());
        let today = there.date().weekday();
        self.spans.is_empty() || self.spans.iter().any(|span| span.contains(today, minute))
    }
}

impl Span {
    /// Reads `Mon-Fri 08:00-18:00,Sat 09:00-13:00`, or `always`.
    #[must_use]
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        if text == "always" {
            return Some(Vec::new());
        }
        text.split(',').map(|span| Self::parse(span.trim())).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let (days, times) = text.split_once(' ')?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        let (from, to) = times.trim().split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        if from == to || from == DAY {
            return None;
        }
        let mut days = [false; 7];
        for (index, day) in days.iter_mut().enumerate() {
            *day = match first <= last {
                true => (first..=last).contains(&index),
                false => index >= first || index <= last, // Fri-Mon
            };
        }
        Some(Self { days, from, to })
    }

    fn contains(&self, today: Weekday, minute: u16) -> bool {
        let on = |day: Weekday| {
            let index = usize::from(day.to_monday_zero_offset().unsigned_abs());
            self.days.get(index).copied().unwrap_or_default()
        };
        match self.from < self.to {
            true => on(today) && (self.from..self.to).contains(&minute),
            false => (on(today) && minute >= self.from) || (on(today.previous()) && minute < self.to),
        }
    }
}

fn day(name: &str) -> Option<usize> {
    DAYS.iter().position(|day| *day == name)
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(hours: &str, zone: &str, at: &str) -> bool {
        let hours = Hours::new(Span::parse_list(hours).unwrap(), TimeZone::get(zone).unwrap());
        hours.contain(at.parse().unwrap())
    }

    #[test]
    fn hours_are_those_on_the_clocks_of_the_place() {
        let office = "Mon-Fri 08:00-18:00,Sat 09:00-13:00";
        // 2026-11-20 is a Friday.
        for (zone, at, inside) in [
            ("UTC", "2026-11-20T08:00:00Z", true),
            ("UTC", "2026-11-20T17:59:59Z", true),
            ("UTC", "2026-11-20T18:00:00Z", false),
            ("Europe/Berlin", "2026-11-20T17:30:00Z", false),
            ("Europe/Berlin", "2026-11-20T07:00:00Z", true),
            ("Europe/Berlin", "2026-11-21T12:00:00Z", false),
            ("UTC", "2026-11-21T12:00:00Z", true),
            ("UTC", "2026-11-22T12:00:00Z", false),
            // Clocks in Berlin: summer until 2026-10-25.
            ("Europe/Berlin", "2026-10-23T06:00:00Z", true),
            ("Europe/Berlin", "2026-10-26T06:30:00Z", false),
        ] {
            assert_eq!(open(office, zone, at), inside, "{zone} {at}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_it_began_on() {
        for (at, inside) in [
            ("2026-11-22T21:59:00Z", false),
            ("2026-11-22T22:00:00Z", true),
            ("2026-11-23T05:59:00Z", true),
            ("2026-11-23T06:00:00Z", false),
            // The night from Monday to Tuesday is not meant.
            ("2026-11-23T23:00:00Z", false),
        ] {
            assert_eq!(open("Sun 22:00-06:00", "UTC", at), inside, "{at}");
        }
        assert!(open("Fri-Mon 00:00-24:00", "UTC", "2026-11-22T23:59:00Z"));
        assert!(!open("Fri-Mon 00:00-24:00", "UTC", "2026-11-24T00:00:00Z"));
        assert!(open("always", "UTC", "2026-11-24T00:00:00Z"));
    }

    #[test]
    fn what_are_no_hours_is_refused() {
        for text in [
            "Mon",
            "Mon-Fri",
            "mon 08:00-18:00",
            "Mon 8:00-18:00",
            "Mon 08:00-18:60",
            "Mon 08:00-24:01",
            "Mon 24:00-08:00",
            "Mon 08:00-08:00",
            "Mon 08:00-18:00,",
            "Mon +8:00-18:00",
        ] {
            assert_eq!(Span::parse_list(text), None, "{text}");
        }
    }
}
