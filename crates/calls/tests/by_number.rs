//! Facts of a number, where the carrier does not say which leg the number is.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{
    CallEvent, CallId, CallRecord, Entry, EventId, Evidence, Facts, Kind, LegFacts, Number, Placed, State,
    When, fold,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_165_200 + seconds).unwrap()
}

fn number(text: &str) -> Number {
    Number::raw(text).unwrap()
}

fn placed(a: &str, b: &str) -> Entry {
    let placed = Placed {
        a: number(a),
        b: number(b),
        a_shown: None,
        b_shown: None,
        agent: None,
        main_number: None,
        extension: None,
        business_reference: None,
        business_data: std::collections::BTreeMap::new(),
        line: None,
        announcement: None,
        ring_seconds: None,
        limit_seconds: None,
        record: false,
    };
    Entry {
        tenant: "t-1".to_owned(),
        carrier: "own".to_owned(),
        account: String::new(),
        received_at: at(0),
        event: placed.event(at(0)),
    }
}

fn answered(of: &str, seconds: i64) -> Entry {
    let leg = LegFacts {
        answered: Some(When::At(at(seconds))),
        ..LegFacts::default()
    };
    heard(of, seconds, leg)
}

fn heard(of: &str, seconds: i64, leg: LegFacts) -> Entry {
    let facts = Facts {
        by_number: [(number(of), leg)].into(),
        ..Facts::default()
    };
    Entry {
        tenant: "t-1".to_owned(),
        carrier: "hw".to_owned(),
        account: "sample-account".to_owned(),
        received_at: at(seconds),
        event: CallEvent {
            at: Some(at(seconds)),
            facts,
            ..CallEvent::new(
                EventId::of(&[of, &seconds.to_string()]),
                Kind::Answered,
                Evidence::Event,
            )
        },
    }
}

fn record(entries: &[Entry]) -> CallRecord {
    fold(&CallId::parse("sample-normal").unwrap(), entries).unwrap()
}

const A: &str = "+14155550101";
const B: &str = "+14155550102";

#[test]
fn a_number_is_the_leg_that_was_placed_to_it() {
    let record = record(&[answered(B, 14), answered(A, 5), placed(A, B)]);
    assert_eq!(record.a.answered_at, Some(at(5)));
    assert_eq!(record.b.answered_at, Some(at(14)));
    assert_eq!((record.state, record.bridged_at), (State::Conn, Some(at(14))));
}

#[test]
fn a_number_of_neither_leg_and_a_number_of_both_tell_nothing() {
    let stranger = record(&[placed(A, B), answered("+14155550103", 5)]);
    assert_eq!((stranger.state, stranger.a.answered_at), (State::Init, None));
    let same = record(&[placed(A, A), answered(A, 5)]);
    assert_eq!((same.a.answered_at, same.b.answered_at), (None, None));
    let nobody = record(&[answered(A, 5)]);
    assert_eq!(nobody.state, State::Init);
}

#[test]
fn events_are_kept_with_their_numbers() {
    let event = answered(A, 5).event;
    let json = serde_json::to_string(&event).unwrap();
    assert!(
        json.contains(r#""byNumber":{"+14155550101":{"answered":"#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<CallEvent>(&json).unwrap(), event);
    assert!(!format!("{event:?}").contains("4155550101"));
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_matters(
        moments in prop::collection::vec((prop::sample::select(vec![A, B, "+14155550103"]), 0i64..60), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..24),
    ) {
        let mut entries: Vec<Entry> = moments.iter().map(|(of, seconds)| answered(of, *seconds)).collect();
        entries.push(placed(A, B));
        let mut shuffled: Vec<Entry> = order.iter().map(|index| index.get(&entries).clone()).collect();
        shuffled.extend(entries.iter().rev().cloned());
        prop_assert_eq!(record(&entries), record(&shuffled));
    }
}
