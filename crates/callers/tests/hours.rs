//! Opening hours, above all in the nights in which clocks change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use ringback_callers::Hours;
use serde_json::{Value, json};

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

fn hours(document: Value) -> Hours {
    serde_json::from_value(document).unwrap()
}

fn daily(zone: &str, intervals: &[(&str, &str)]) -> Hours {
    let week: serde_json::Map<_, _> = DAYS
        .iter()
        .map(|day| ((*day).to_owned(), json!(intervals)))
        .collect();
    hours(json!({"timeZone": zone, "weekly": week}))
}

/// The first and the last minute of each stretch in which it is open, as UTC.
fn stretches(hours: &Hours, from: &str, until: &str) -> Vec<String> {
    let (mut at, until): (Timestamp, Timestamp) = (from.parse().unwrap(), until.parse().unwrap());
    let mut edges = Vec::new();
    let mut before = hours.is_open(at);
    while at < until {
        at += 1.minute();
        let now = hours.is_open(at);
        if now != before {
            edges.push(format!(
                "{} {}",
                if now { "opens" } else { "closes" },
                at.strftime("%H:%M")
            ));
        }
        before = now;
    }
    edges
}

#[test]
fn a_clock_put_forward_shortens_and_one_put_back_lengthens_but_never_opens_twice() {
    // London: 29 March 2026, 01:00 becomes 02:00; 25 October, 02:00 becomes 01:00. Both at 01:00 UTC.
    let bar = daily("Europe/London", &[("18:00", "01:30")]);
    assert_eq!(
        stretches(&bar, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        ["opens 18:00", "closes 01:00"]
    );
    assert_eq!(
        stretches(&bar, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ["opens 17:00", "closes 00:30"]
    );
    let early = daily("Europe/London", &[("01:30", "09:00")]);
    assert_eq!(
        stretches(&early, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        ["opens 01:00", "closes 08:00"]
    );
    assert_eq!(
        stretches(&early, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ["opens 00:30", "closes 09:00"]
    );
    // New York: 8 March 2026 and 1 November, both at 02:00.
    let club = daily("America/New_York", &[("22:00", "03:00")]);
    assert_eq!(
        stretches(&club, "2026-03-08T00:00:00Z", "2026-03-08T23:00:00Z"),
        ["opens 03:00", "closes 07:00"]
    );
    assert_eq!(
        stretches(&club, "2026-11-01T00:00:00Z", "2026-11-01T23:00:00Z"),
        ["opens 02:00", "closes 08:00"]
    );
    // Lord Howe moves by half an hour: 5 April 2026 at 02:00 back to 01:30, 4 October from 02:00 to 02:30.
    let bakery = daily("Australia/Lord_Howe", &[("01:45", "02:15")]);
    assert_eq!(
        stretches(&bakery, "2026-04-04T12:00:00Z", "2026-04-05T02:00:00Z"),
        ["opens 14:45", "closes 15:45"]
    );
    assert_eq!(
        stretches(&bakery, "2026-10-03T12:00:00Z", "2026-10-04T02:00:00Z"),
        ["opens 15:15", "closes 15:30"]
    );
    // A shop that never closes does not do so for a clock.
    let always = daily("America/New_York", &[("09:00", "09:00")]);
    assert!(stretches(&always, "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z").is_empty());
}

#[test]
fn a_closed_day_cancels_what_begins_on_it_and_lets_the_night_before_run_out() {
    let bar = hours(json!({
        "timeZone": "Europe/London",
        "weekly": {"thursday": [["18:00", "02:00"]], "friday": [["18:00", "02:00"]], "saturday": [["12:00", "24:00"]]},
        "closed": ["2026-12-25"],
        "special": {"2026-12-26": [["10:00", "11:00"], ["15:00", "16:00"]], "2026-12-31": []},
    }));
    assert_eq!(
        stretches(&bar, "2026-12-24T12:00:00Z", "2027-01-03T12:00:00Z"),
        [
            "opens 18:00",
            "closes 02:00", // Thursday, into the closed Friday
            "opens 10:00",
            "closes 11:00",
            "opens 15:00",
            "closes 16:00", // the special Saturday
            "opens 18:00",
            "closes 02:00", // Friday after a special Thursday without hours
            "opens 12:00",
            "closes 00:00",
        ]
    );
    let shop = hours(json!({"timeZone": "Asia/Kolkata", "always": true, "closed": ["2026-12-25"]}));
    assert_eq!(
        stretches(&shop, "2026-12-24T00:00:00Z", "2026-12-27T00:00:00Z"),
        ["closes 18:30", "opens 18:30"]
    );
}

#[test]
fn hours_are_written_as_they_were_read() {
    for document in [
        json!({"timeZone": "Europe/London", "weekly": {"monday": [["09:00", "12:00"], ["18:00", "02:00"]]},
            "closed": ["2026-12-25"], "special": {"2026-12-24": [["09:00", "12:00"]]}}),
        json!({"timeZone": "UTC", "always": true}),
        json!({"timeZone": "UTC", "weekly": {}}),
    ] {
        assert_eq!(serde_json::to_value(hours(document.clone())).unwrap(), document);
    }
}

#[test]
fn bad_hours_are_refused_with_the_field() {
    let table = [
        (json!({"weekly": {}}), "missing field `timeZone`"),
        (
            json!({"timeZone": "Mars/Olympus", "always": true}),
            "timeZone: is no time zone",
        ),
        (json!({"timeZone": "UTC"}), "weekly: is missing"),
        (
            json!({"timeZone": "UTC", "weekly": {}, "always": true}),
            "always: contradicts weekly",
        ),
        (
            json!({"timeZone": "UTC", "always": true, "special": {"2026-01-01": []}}),
            "always: contradicts special",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {"mondey": []}}),
            "unknown field `mondey`",
        ),
        (
            json!({"timeZone": "UTC", "always": true, "open": []}),
            "unknown field `open`",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {"friday": [["09:00", "10:00"], ["9:00", "10:00"]]}}),
            "weekly.friday[1]:",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {"friday": [["09:00", "24:01"]]}}),
            "weekly.friday[0]:",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {"friday": [["24:00", "09:00"]]}}),
            "weekly.friday[0]:",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {"friday": [["+9:00", "10:00"]]}}),
            "weekly.friday[0]:",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {"friday": [["09:00"]]}}),
            "invalid length 1",
        ),
        (
            json!({"timeZone": "UTC", "always": true, "closed": ["2026-02-29"]}),
            "closed[0]: is no date",
        ),
        (
            json!({"timeZone": "UTC", "always": true, "closed": ["20261225"]}),
            "closed[0]: is no date",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {}, "special": {"x": []}}),
            "special: has a day that is no date",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {}, "special": {"2026-12-24": [["a", "b"]]}}),
            "special.2026-12-24[0]:",
        ),
        (
            json!({"timeZone": "UTC", "weekly": {}, "closed": ["2026-12-24"], "special": {"2026-12-24": []}}),
            "special.2026-12-24: is also a closed day",
        ),
    ];
    for (document, expected) in table {
        let error = serde_json::from_value::<Hours>(document.clone())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{document}: {error}");
    }
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for zone in ["UTC", "Pacific/Apia", "America/New_York"] {
        let hours = daily(zone, &[("09:00", "09:00"), ("23:00", "01:00")]);
        let _ = (hours.is_open(Timestamp::MIN), hours.is_open(Timestamp::MAX));
    }
}

/// What the module promises, walked minute by minute: the clock on the wall, which never runs back, is in an interval.
struct Model {
    zone: TimeZone,
    week: Vec<Vec<(Time, Time)>>,
    closed: Vec<Date>,
}

impl Model {
    fn is_open(&self, at: Timestamp) -> bool {
        let wall = (0..=180).map(|back| self.zone.to_datetime(at - i64::from(back).minutes()));
        self.shows(wall.max().unwrap())
    }

    fn shows(&self, wall: DateTime) -> bool {
        (-1..=0).any(|back: i32| {
            let day = wall.date() + back.days();
            let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap();
            !self.closed.contains(&day)
                && self.week[weekday].iter().any(|(from, to)| {
                    let last = if to > from { day } else { day.tomorrow().unwrap() };
                    day.to_datetime(*from) <= wall && wall < last.to_datetime(*to)
                })
        })
    }
}

fn clock() -> impl Strategy<Value = Time> {
    // Near the hours in which clocks change, and anywhere.
    prop_oneof![(0_i8..4, 0_i8..60), (0_i8..24, 0_i8..60)]
        .prop_map(|(hour, minute)| Time::constant(hour, minute, 0, 0))
}

proptest! {
    #[test]
    fn agrees_with_a_walk_along_the_clock(
        (zone, change) in prop::sample::select(vec![
            ("Europe/London", "2026-03-29T01:00:00Z"), ("Europe/London", "2026-10-25T01:00:00Z"),
            ("America/New_York", "2026-03-08T07:00:00Z"), ("America/New_York", "2026-11-01T06:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"), ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
            ("America/Havana", "2026-11-01T05:00:00Z"), ("Asia/Beirut", "2026-03-28T22:00:00Z"),
            ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
        ]),
        week in prop::collection::vec(prop::collection::vec((clock(), clock()), 0..3), 7),
        closed in prop::collection::vec(-2_i32..=2, 0..2),
        minutes in prop::collection::vec(-2000_i64..2000, 20),
        near in prop::collection::vec(-100_i64..100, 20),
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let change: Timestamp = change.parse().unwrap();
        let day = zone.to_datetime(change).date();
        let model = Model { zone, week, closed: closed.into_iter().map(|days| day + days.days()).collect() };
        let written: serde_json::Map<_, _> = DAYS.iter().zip(&model.week).map(|(day, intervals)| {
            let intervals: Vec<_> = intervals
                .iter()
                .map(|(from, to)| [from.strftime("%H:%M").to_string(), to.strftime("%H:%M").to_string()])
                .collect();
            ((*day).to_owned(), json!(intervals))
        }).collect();
        let hours = hours(json!({
            "timeZone": model.zone.iana_name().unwrap(),
            "weekly": written,
            "closed": model.closed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
        for minutes in minutes.into_iter().chain(near) {
            let at = change + minutes.minutes();
            prop_assert_eq!(hours.is_open(at), model.is_open(at), "{} {:?}", at, hours);
        }
    }
}
