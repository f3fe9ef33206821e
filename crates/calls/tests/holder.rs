//! Which account has a call, and what it knows of it.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use jiff::Timestamp;
use ringback_calls::{
    Asked, CallEvent, CallId, Entry, EventId, Evidence, Facts, Holder, Kind, Leg, Requester, TakenOn, When,
    accepted, hang_up_asked, is_end_asked, refused, second_leg_accepted,
};

const FIRST: Asked<'static> = Asked {
    carrier: "tx",
    account: "slug-1",
};
const SECOND: Asked<'static> = Asked {
    carrier: "tx",
    account: "slug-2",
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_165_200 + second).unwrap()
}

fn call() -> CallId {
    CallId::parse("call-0001").unwrap()
}

fn entry(asked: Asked<'_>, event: CallEvent) -> Entry {
    let received_at = event.at.unwrap_or(at(0));
    Entry {
        event,
        ..asked.entry("t-1", received_at)
    }
}

fn told(asked: Asked<'_>, second: i64, tell: impl FnOnce(&mut Facts)) -> Entry {
    let id = EventId::of(&["told", asked.account, &second.to_string()]);
    let mut event = CallEvent::new(id, Kind::Ended, Evidence::Event);
    event.at = Some(at(second));
    tell(&mut event.facts);
    entry(asked, event)
}

fn ids(call: &'static str, leg_a: &'static str) -> TakenOn<'static> {
    TakenOn {
        carrier_call_id: Some(call),
        leg_a: Some(leg_a),
        control: Some("https://control.example.com/secret-1"),
        ..TakenOn::default()
    }
}

#[test]
fn what_an_account_that_refused_has_told_is_never_used_at_the_one_that_has_the_call() {
    let entries = [
        entry(FIRST, FIRST.event(at(0))),
        // Its answer came late, after the request was given up as refused.
        entry(
            FIRST,
            accepted(FIRST, ids("of-the-first", "a-of-the-first"), at(1)),
        ),
        entry(FIRST, refused(FIRST, "429", at(2))),
        entry(SECOND, SECOND.event(at(2))),
    ];
    let holder = Holder::of(&call(), &entries).unwrap();
    assert_eq!((holder.account, holder.asked_at), ("slug-2", at(2)));
    assert_eq!((holder.view.carrier_call_id, holder.view.a.id), (None, None));
    assert_eq!((holder.control, holder.told), (None, false));
    let first = Holder::of_account(&call(), &entries, FIRST).unwrap();
    assert_eq!(first.view.a.id.as_deref(), Some("a-of-the-first"));
    assert!(!format!("{first:?}").contains("secret-1"));
    let third = Asked {
        account: "slug-3",
        ..FIRST
    };
    assert!(Holder::of_account(&call(), &entries, third).is_none());
}

#[test]
fn an_account_that_refused_and_tells_of_the_call_all_the_same_has_it() {
    let mut entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, refused(FIRST, "429", at(2))),
    ];
    assert!(Holder::of(&call(), &entries).is_none(), "nobody has it");
    entries.push(told(FIRST, 3, |facts| facts.a.answered = Some(When::At(at(3)))));
    let holder = Holder::of(&call(), &entries).unwrap();
    assert_eq!((holder.account, holder.told), ("slug-1", true));
}

#[test]
fn the_leg_that_goes_on_after_the_other_has_ended_is_left_alone() {
    let mut entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, accepted(FIRST, ids("call", "leg-a"), at(1))),
    ];
    let left_alone = |entries: &[Entry]| Holder::of(&call(), entries).unwrap().left_alone();
    assert_eq!(left_alone(&entries), None);
    let mut b_ended = entries.clone();
    b_ended.push(told(FIRST, 9, |facts| facts.b.ended = Some(When::At(at(9)))));
    assert_eq!(left_alone(&b_ended), Some(Leg::A));
    let a_ended = told(FIRST, 8, |facts| facts.a.ended = Some(When::At(at(8))));
    entries.push(a_ended.clone());
    assert_eq!(left_alone(&entries), None, "nobody knows of B");
    entries.push(entry(FIRST, second_leg_accepted(FIRST, "leg-b", at(7))));
    assert_eq!(left_alone(&entries), Some(Leg::B));
    b_ended.push(a_ended);
    assert_eq!(left_alone(&b_ended), None, "both have ended");
}

#[test]
fn that_somebody_asked_for_the_end_is_seen_whoever_has_the_call() {
    let mut entries = vec![entry(FIRST, FIRST.event(at(0)))];
    assert!(!is_end_asked(&entries));
    let requester = Requester {
        by: "operator-1",
        request: "request-1",
    };
    let nobody = Asked {
        carrier: "own",
        account: "",
    };
    entries.push(entry(nobody, hang_up_asked(requester, at(1))));
    assert!(is_end_asked(&entries));
}
