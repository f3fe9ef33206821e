//! Carriers whose clocks differ by hours: two legs through two of their machines, or their events and ours.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod support;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallId, CallRecord, CloseCause, Entry, Facts, Leg, LegFacts, State, When, fold};
use support::{each_order, life_entries};

const HOURS: [i64; 4] = [-26, -3, 3, 26];

/// Carriers that tell of both legs, each with a clock of its own.
const CARRIERS: [&str; 8] = ["tw", "sw", "tx", "vg", "pl", "vx", "bw", "si"];

fn shift(at: &mut Timestamp, by: SignedDuration) {
    *at = at.checked_add(by).unwrap();
}

fn moments(leg: &mut LegFacts) -> [&mut Option<When>; 4] {
    [
        &mut leg.dialled,
        &mut leg.ringing,
        &mut leg.answered,
        &mut leg.ended,
    ]
}

/// Moves what was told of A by the clock of whoever told it.
fn move_a(entry: &mut Entry, by: SignedDuration) {
    if entry.carrier == "own" {
        return;
    }
    let event = &mut entry.event;
    let Facts {
        a, by_number, ended, ..
    } = &mut event.facts;
    let number = ringback_calls::Number::international("+14155550101").unwrap();
    let of_number = by_number.get_mut(&number);
    let is_a = event.leg == Some(Leg::A) || of_number.is_some();
    if is_a && let Some(at) = &mut event.at {
        shift(at, by);
    }
    let of_legs = std::iter::once(a).chain(of_number).flat_map(moments);
    for moment in of_legs.chain(is_a.then_some(ended)) {
        if let Some(When::At(at)) = moment {
            shift(at, by);
        }
    }
}

fn record(id: &CallId, entries: &[Entry]) -> CallRecord {
    let record = fold(id, entries).unwrap();
    let mut left = 20;
    each_order(entries, |order| {
        if left > 0 {
            left -= 1;
            assert_eq!(fold(id, order.iter().copied()).unwrap(), record);
        }
    });
    record
}

#[test]
fn a_leg_whose_clock_is_hours_away_changes_no_state_cause_or_length() {
    for code in CARRIERS {
        for case in ["normal", "a-busy", "b-no-answer", "max-duration", "recording"] {
            let (id, entries) = life_entries(code, case);
            let right = fold(&id, &entries).unwrap();
            for hours in HOURS {
                let by = SignedDuration::from_hours(hours);
                let mut entries = entries.clone();
                entries.iter_mut().for_each(|entry| move_a(entry, by));
                let moved = record(&id, &entries);
                let name = format!("{code}/{case}, A {hours} h ahead");
                assert_eq!(moved.state, State::Close, "{name}");
                assert_eq!(moved.close_cause, right.close_cause, "{name}");
                assert_eq!(moved.talk_seconds, right.talk_seconds, "{name}");
            }
        }
    }
}

#[test]
fn a_carrier_whose_clock_is_hours_from_ours_changes_times_only() {
    for code in CARRIERS.into_iter().chain(["e9", "hw"]) {
        for case in ["normal", "b-no-answer", "max-duration"] {
            let (id, entries) = life_entries(code, case);
            let right = fold(&id, &entries).unwrap();
            for hours in HOURS {
                let mut entries = entries.clone();
                // Everything that they say, as if they had been heard hours off instead.
                let heard = entries.iter_mut().filter(|entry| entry.carrier != "own");
                heard.for_each(|entry| shift(&mut entry.received_at, SignedDuration::from_hours(hours)));
                let moved = record(&id, &entries);
                let name = format!("{code}/{case}, {hours} h");
                assert_eq!(
                    (moved.state, moved.close_cause),
                    (right.state, right.close_cause),
                    "{name}"
                );
                assert_eq!(moved.ended_at.is_some(), right.ended_at.is_some(), "{name}");
                assert_eq!(moved.talk_seconds, right.talk_seconds, "{name}");
            }
        }
    }
}

#[test]
fn without_bs_end_a_length_by_two_clocks_is_unknown_and_no_longest_duration() {
    let (id, mut entries) = life_entries("tx", "normal");
    entries.retain(|entry| entry.event.facts.b.ended.is_none());
    let right = record(&id, &entries);
    assert_eq!(
        (right.talk_seconds, right.close_cause),
        (Some(58), Some(CloseCause::Normal))
    );
    for hours in HOURS {
        let by = SignedDuration::from_hours(hours);
        let mut entries = entries.clone();
        entries.iter_mut().for_each(|entry| move_a(entry, by));
        let moved = record(&id, &entries);
        assert_eq!(
            (moved.state, moved.close_cause),
            (State::Close, Some(CloseCause::Normal)),
            "{hours} h"
        );
        assert_eq!(moved.talk_seconds, None, "{hours} h");
    }
}
