//! Open or closed.

use jiff::civil::{Weekday, date, time};
use jiff::tz::TimeZone;
use ringback_contact_flow::run::{Caller, Hours, What};
use serde_json::{Value, json};

use crate::world::{aim, block, call, centre, entry, said};

fn berlin() -> Hours {
    Hours::new("hours", "Opening hours", TimeZone::get("Europe/Berlin").unwrap())
}

fn open(hours: &Hours, at: &str) -> bool {
    hours.is_open(at.parse().unwrap())
}

#[test]
fn week_is_read_on_the_local_clock() {
    let hours = berlin().with(Weekday::Monday, time(9, 0, 0, 0), time(17, 0, 0, 0));
    // 2026-11-23 is a Monday; Berlin is one hour ahead in winter and two in summer.
    assert!(!open(&hours, "2026-11-23T07:59:59Z"));
    assert!(open(&hours, "2026-11-23T08:00:00Z"));
    assert!(open(&hours, "2026-11-23T15:59:59Z"));
    assert!(!open(&hours, "2026-11-23T16:00:00Z"));
    assert!(open(&hours, "2026-07-20T07:00:00Z"));
    assert!(!open(&hours, "2026-11-24T09:00:00Z"));
}

#[test]
fn night_ends_on_the_next_day() {
    let hours = berlin().with(Weekday::Saturday, time(22, 0, 0, 0), time(6, 0, 0, 0));
    assert!(!open(&hours, "2026-11-21T20:59:00Z"));
    assert!(open(&hours, "2026-11-21T21:00:00Z"));
    assert!(open(&hours, "2026-11-22T04:59:00Z"));
    assert!(!open(&hours, "2026-11-22T05:00:00Z"));
    assert!(!open(&hours, "2026-11-22T22:00:00Z"));
}

#[test]
fn nights_with_a_change_of_the_clock_are_an_hour_shorter_or_longer() {
    // In 2026 the clock goes forward on March 29 and back on October 25.
    let hours = berlin().with(Weekday::Saturday, time(22, 0, 0, 0), time(3, 0, 0, 0));
    assert!(open(&hours, "2026-03-29T00:59:59Z"));
    assert!(!open(&hours, "2026-03-29T01:00:00Z"));
    assert!(open(&hours, "2026-10-25T00:30:00Z"));
    assert!(open(&hours, "2026-10-25T01:59:59Z"));
    assert!(!open(&hours, "2026-10-25T02:00:00Z"));
}

#[test]
fn hour_that_is_skipped_is_never_open() {
    let hours = berlin().with(Weekday::Sunday, time(2, 0, 0, 0), time(3, 0, 0, 0));
    assert!(!open(&hours, "2026-03-29T00:59:59Z"));
    assert!(!open(&hours, "2026-03-29T01:00:00Z"));
    // The one that comes twice is open twice.
    assert!(open(&hours, "2026-10-25T00:30:00Z"));
    assert!(open(&hours, "2026-10-25T01:30:00Z"));
}

#[test]
fn midnight_to_midnight_is_all_day_and_closed_dates_are_closed() {
    let hours = berlin()
        .with(Weekday::Friday, time(0, 0, 0, 0), time(0, 0, 0, 0))
        .closed_on(date(2026, 12, 25));
    assert!(open(&hours, "2026-12-18T22:59:59Z"));
    assert!(!open(&hours, "2026-12-18T23:00:00Z"));
    assert!(!open(&hours, "2026-12-25T12:00:00Z"));
}

#[test]
fn hours_are_read_from_json() {
    let hours: Hours = serde_json::from_value(json!({
        "id": "hours", "name": "Opening hours", "timeZone": "Europe/Berlin",
        "open": [{ "day": "monday", "from": "09:00", "to": "17:00" }], "closed": ["2026-12-25"],
    }))
    .unwrap();
    let built = berlin()
        .with(Weekday::Monday, time(9, 0, 0, 0), time(17, 0, 0, 0))
        .closed_on(date(2026, 12, 25));
    assert_eq!(hours, built);
}

fn check(parameters: Value) -> String {
    let check = block("check", "CheckHoursOfOperation", parameters)
        .on("True", "bye")
        .on("False", "full")
        .next("failed")
        .error("NoMatchingError", "failed");
    let day = (time(0, 0, 0, 0), time(0, 0, 0, 0));
    let mut centre = centre([aim("aim", "support", "check"), check])
        .with_hours(berlin().with(Weekday::Saturday, day.0, day.1))
        .with_hours(Hours {
            id: "never".to_owned(),
            ..berlin()
        });
    centre.queues[0].hours = Some("hours".to_owned());
    let run = call(&centre, &Caller::default());
    entry(&run, |what| {
        matches!(what, What::Hours { .. } | What::Error { .. })
    });
    said(&run)[0].to_owned()
}

#[test]
fn block_checks_the_hours_it_names_or_those_of_the_queue() {
    // The story begins on a Saturday.
    assert_eq!(check(json!({})), "bye");
    assert_eq!(check(json!({ "HoursOfOperationId": "never" })), "full");
    let arn = format!("{}/operating-hours/never", crate::world::INSTANCE);
    assert_eq!(check(json!({ "HoursOfOperationId": arn })), "full");
    assert_eq!(check(json!({ "HoursOfOperationId": "unknown" })), "failed");
}
