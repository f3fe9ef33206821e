//! What we say of calls that we place, and what becomes of the record.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

use jiff::Timestamp;
use ringback_calls::{
    Asked, CallEvent, CallId, CallRecord, Cause, Class, CloseCause, Entry, EventId, Evidence, Kind,
    Requester, State, TakenOn, When, accepted, checked, fold, found, hang_up_asked, next_check, orphaned,
    refused, said_over, second_leg_accepted, second_leg_refused, unplaced, unsure,
};

const FIRST: Asked<'static> = Asked {
    carrier: "tw",
    account: "slug-1",
};
const SECOND: Asked<'static> = Asked {
    carrier: "vg",
    account: "slug-2",
};
const OWN: Asked<'static> = Asked {
    carrier: "own",
    account: "",
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_165_200 + second).unwrap()
}

fn entry(asked: Asked<'_>, event: CallEvent) -> Entry {
    Entry {
        event,
        ..asked.entry("t-1", at(0))
    }
}

/// The record, which is the same in both orders and however often everything is told.
fn record(mut entries: Vec<Entry>) -> CallRecord {
    let id = CallId::parse("call-0001").unwrap();
    let record = fold(&id, &entries).unwrap();
    entries.extend(entries.clone());
    entries.reverse();
    assert_eq!(fold(&id, &entries).unwrap(), record);
    record
}

fn told() -> TakenOn<'static> {
    TakenOn {
        carrier_call_id: Some("call-of-carrier"),
        leg_a: Some("leg-a"),
        control: Some("https://control.example.com/secret-1"),
        limit_seconds: Some(3600),
    }
}

#[test]
fn the_record_shows_the_account_that_took_the_call_on_after_others_refused_it() {
    let entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, refused(FIRST, "21211", at(1))),
        entry(SECOND, SECOND.event(at(1))),
        entry(SECOND, accepted(SECOND, told(), at(2))),
    ];
    let record = record(entries);
    assert_eq!(
        (record.state, record.account.as_deref()),
        (State::Init, Some("slug-2"))
    );
    assert_eq!(record.carrier_call_id.as_deref(), Some("call-of-carrier"));
    assert_eq!(record.a.id.as_deref(), Some("leg-a"));
    assert!(!format!("{:?}", accepted(SECOND, told(), at(2))).contains("secret-1"));
    assert!(!format!("{:?}", told()).contains("secret-1"));
}

#[test]
fn a_call_that_no_carrier_took_is_closed_for_whose_fault_it_was() {
    for (class, word, cause) in [
        (Class::Server, "429", CloseCause::ServerError),
        (Class::Other, "21211", CloseCause::Other),
        (Class::Server, "", CloseCause::ServerError),
    ] {
        let record = record(vec![
            entry(FIRST, FIRST.event(at(0))),
            entry(FIRST, refused(FIRST, word, at(1))),
            entry(OWN, unplaced(class, word, at(1))),
        ]);
        assert_eq!((record.state, record.close_cause), (State::Close, Some(cause)));
        let raw = record.raw_cause.and_then(|cause| cause.word);
        assert_eq!(raw.as_deref(), (!word.is_empty()).then_some(word));
    }
}

#[test]
fn an_orphan_is_closed_until_its_carrier_says_better() {
    let mut entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, unsure(FIRST, at(8))),
        entry(OWN, orphaned(at(4000))),
    ];
    let open = record(entries[..2].to_vec());
    assert_eq!(open.state, State::Init, "nobody knows");
    let orphan = record(entries.clone());
    assert_eq!(
        (orphan.state, orphan.close_cause),
        (State::Close, Some(CloseCause::Other))
    );
    assert_eq!(orphan.ended_at, Some(at(4000)));
    let mut cdr = CallEvent::new(EventId::of(&["cdr"]), Kind::Cdr, Evidence::Cdr);
    cdr.facts.ended = Some(When::At(at(70)));
    cdr.facts.b.answered = Some(When::At(at(20)));
    cdr.facts.b.cause = Some(Cause::of(Class::Ok));
    entries.push(entry(FIRST, cdr));
    let known = record(entries);
    assert_eq!(known.close_cause, Some(CloseCause::Normal));
    assert_eq!(known.ended_at, Some(at(70)));
}

#[test]
fn a_second_leg_that_was_refused_is_why_the_call_ended() {
    let mut answered = CallEvent::new(EventId::of(&["answered"]), Kind::Answered, Evidence::Event);
    answered.facts.a.answered = Some(When::At(at(5)));
    let mut ended = CallEvent::new(EventId::of(&["ended"]), Kind::Ended, Evidence::Event);
    ended.facts.a.ended = Some(When::At(at(8)));
    ended.facts.a.cause = Some(Cause::of(Class::Ok));
    let mut entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, answered),
        entry(FIRST, second_leg_refused(FIRST, Class::Server, "503", at(6))),
    ];
    assert_eq!(record(entries.clone()).state, State::Init, "A still waits");
    entries.push(entry(FIRST, ended));
    let record = record(entries);
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::ServerError))
    );
}

#[test]
fn a_second_leg_that_was_taken_on_is_known_by_its_id_and_rings_nowhere_in_the_record() {
    let record = record(vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, accepted(FIRST, told(), at(1))),
        entry(FIRST, second_leg_accepted(FIRST, "leg-b", at(6))),
    ]);
    assert_eq!(record.b.id.as_deref(), Some("leg-b"));
    assert_eq!((record.b.dialled_at, record.state), (None, State::Init));
}

#[test]
fn what_was_concluded_of_a_call_stands_back_for_what_its_carrier_tells() {
    let mut entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, unsure(FIRST, at(8))),
        entry(FIRST, found(FIRST, told(), at(150))),
    ];
    let concluded = record(entries.clone());
    assert_eq!(concluded.carrier_call_id.as_deref(), Some("call-of-carrier"));
    let mut answered = CallEvent::new(EventId::of(&["answered"]), Kind::Answered, Evidence::Event);
    answered.facts.carrier_call_id = Some("another".to_owned());
    answered.facts.a.id = Some("another".to_owned());
    entries.push(entry(FIRST, answered));
    let told = record(entries);
    assert_eq!(told.carrier_call_id.as_deref(), Some("another"));
    assert_eq!(told.a.id.as_deref(), Some("another"));
}

#[test]
fn a_call_that_its_carrier_says_is_over_is_open_and_due_at_once_but_not_for_ever() {
    let mut entries = vec![
        entry(FIRST, FIRST.event(at(0))),
        entry(FIRST, accepted(FIRST, told(), at(1))),
        entry(FIRST, said_over(FIRST, at(200))),
    ];
    let said = record(entries.clone());
    assert_eq!((said.state, said.said_over_at), (State::Init, Some(at(200))));
    assert_eq!(next_check(&said, at(260)), Some(at(260)));
    assert_eq!(next_check(&said, at(799)), Some(at(799)));
    assert_eq!(next_check(&said, at(800)), Some(at(800 + 600)));
    entries.push(entry(OWN, orphaned(at(300))));
    let closed = record(entries);
    assert_eq!((closed.state, closed.said_over_at), (State::Close, None));
}

#[test]
fn the_same_said_again_is_the_same_event_and_nothing_else_is() {
    let requester = |request| Requester {
        by: "operator-1",
        request,
    };
    let said = |second| {
        [
            FIRST.event(at(second)),
            accepted(FIRST, told(), at(second)),
            refused(FIRST, "21211", at(second)),
            refused(SECOND, "21211", at(second)),
            unsure(FIRST, at(second)),
            found(FIRST, told(), at(second)),
            said_over(FIRST, at(second)),
            second_leg_accepted(FIRST, "leg-b", at(second)),
            second_leg_refused(FIRST, Class::Other, "x", at(second)),
            unplaced(Class::Other, "x", at(second)),
            orphaned(at(second)),
            hang_up_asked(requester("request-1"), at(second)),
            hang_up_asked(requester("request-2"), at(second)),
        ]
    };
    let (now, later) = (said(0), said(60));
    for (at, event) in now.iter().enumerate() {
        assert_eq!(event.id, later[at].id);
        assert!(now[..at].iter().all(|other| other.id != event.id), "{event:?}");
        assert!(event.kind.is_ours() && !format!("{event:?}").contains("operator-1"));
    }
    // That we looked is news each time, and moves the next look on; who wants a call ended moves nothing.
    assert_ne!(checked(at(0)).id, checked(at(60)).id);
    let seen = |event| {
        let mut looked = entry(OWN, event);
        looked.received_at = at(60);
        record(vec![entry(FIRST, FIRST.event(at(0))), looked]).updated_at
    };
    assert_eq!(seen(checked(at(60))), at(60));
    assert_eq!(seen(hang_up_asked(requester("request-1"), at(60))), at(0));
}
