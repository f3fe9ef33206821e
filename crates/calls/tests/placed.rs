//! What we say of a call ourselves, beside what its carriers say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

use jiff::Timestamp;
use ringback_calls::{
    Asked, CallEvent, CallId, Entry, EventId, Evidence, Facts, Kind, Number, Placed, State, When, fold,
    refused,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_165_200 + second).unwrap()
}

fn call() -> CallId {
    CallId::parse("call-0001").unwrap()
}

fn entry(carrier: &str, account: &str, second: i64, event: CallEvent) -> Entry {
    Entry {
        tenant: "t-1".to_owned(),
        carrier: carrier.to_owned(),
        account: account.to_owned(),
        received_at: at(second),
        event,
    }
}

fn placed(limit_seconds: u64) -> Entry {
    let placed = Placed {
        a: Number::raw("+14155550101").unwrap(),
        b: Number::raw("+14155550102").unwrap(),
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
        limit_seconds: Some(limit_seconds),
        record: false,
    };
    entry("own", "", 0, placed.event(at(0)))
}

fn limited(limit_seconds: u64, name: &str, evidence: Evidence) -> Entry {
    let facts = Facts {
        limit_seconds: Some(limit_seconds),
        ..Facts::default()
    };
    let event = CallEvent {
        facts,
        ..CallEvent::new(EventId::of(&[name]), Kind::SecondLegRequested, evidence)
    };
    entry("vg", "slug-1", 5, event)
}

/// The limit in the record, which is the same in both orders.
fn limit(mut entries: Vec<Entry>) -> Option<u64> {
    let record = fold(&call(), &entries).unwrap();
    entries.reverse();
    assert_eq!(fold(&call(), &entries).unwrap(), record);
    record.limit_seconds
}

#[test]
fn the_limit_that_the_carrier_was_given_counts_more_than_the_one_that_was_wished_for() {
    for (wished, given) in [(14_400, 7200), (30, 60), (3600, 3600)] {
        let given_one = limited(given, "given", Evidence::Own);
        assert_eq!(limit(vec![placed(wished), given_one]), Some(given));
    }
    // What the carrier says of it counts less than what we gave it; of equals the shortest.
    let said = limited(10, "said", Evidence::Cdr);
    assert_eq!(limit(vec![placed(3600), said]), Some(3600));
    let two = ["one", "two"].map(|name| limited(name.len() as u64 * 60, name, Evidence::Own));
    assert_eq!(limit(two.to_vec()), Some(180));
    let two = [("one", 7200), ("two", 3600)].map(|(name, limit)| limited(limit, name, Evidence::Own));
    assert_eq!(limit(two.to_vec()), Some(3600));
}

#[test]
fn of_the_accounts_that_were_asked_the_record_shows_the_last_until_one_comes_further() {
    let asked = |account: &'static str, second: i64| {
        let asked = Asked {
            carrier: "tw",
            account,
        };
        asked.entry("t-1", at(second))
    };
    let (first, second) = (asked("slug-1", 1), asked("slug-2", 2));
    assert_ne!(first.event.id, second.event.id);
    let mut entries = vec![placed(60), second, first];
    let record = fold(&call(), &entries).unwrap();
    assert_eq!(
        (record.state, record.carrier.as_deref(), record.account.as_deref()),
        (State::Init, Some("tw"), Some("slug-2"))
    );
    let mut answered = CallEvent::new(EventId::of(&["tw", "answered"]), Kind::Answered, Evidence::Event);
    answered.facts.a.answered = Some(When::At(at(5)));
    entries.push(entry("tw", "slug-1", 5, answered));
    let record = fold(&call(), &entries).unwrap();
    assert_eq!(record.account.as_deref(), Some("slug-1"));
    assert_eq!(record.created_at, at(0));
}

#[test]
fn what_an_account_tells_that_refused_counts_only_where_none_that_was_asked_after_it_has_the_call() {
    let account = |name: &'static str| Asked {
        carrier: "tw",
        account: name,
    };
    let (first, second) = (account("slug-1"), account("slug-2"));
    let refusal = |of: Asked<'_>, second| entry("tw", of.account, second, refused(of, "503", at(second)));
    let told = |of: Asked<'_>, name: &str, second: i64, facts: Facts| {
        let event = CallEvent {
            at: Some(at(second)),
            facts,
            ..CallEvent::new(
                EventId::of(&["tw", of.account, name]),
                Kind::Ended,
                Evidence::Event,
            )
        };
        entry("tw", of.account, second, event)
    };
    let ended = |second: i64| Facts {
        ended: Some(When::At(at(second))),
        ..Facts::default()
    };
    let mut entries = vec![
        placed(60),
        first.entry("t-1", at(1)),
        refusal(first, 2),
        second.entry("t-1", at(2)),
        told(first, "failed", 3, ended(3)),
    ];
    let shown = |entries: &[Entry]| {
        let record = fold(&call(), entries).unwrap();
        assert_eq!(fold(&call(), entries.iter().rev()).as_ref(), Some(&record));
        (record.state, record.account.unwrap())
    };
    // The second may have it, whatever the first says of its own end.
    assert_eq!(shown(&entries), (State::Init, "slug-2".to_owned()));
    // Both refused, and only the first tells of it: then it has the call.
    entries.push(refusal(second, 4));
    assert_eq!(shown(&entries), (State::Close, "slug-1".to_owned()));
    // And now the second tells of it too, which was asked last.
    let mut talking = Facts::default();
    talking.a.answered = Some(When::At(at(5)));
    talking.b.answered = Some(When::At(at(6)));
    entries.push(told(second, "talking", 6, talking));
    assert_eq!(shown(&entries), (State::Conn, "slug-2".to_owned()));
    entries.push(told(second, "ended", 9, ended(9)));
    assert_eq!(shown(&entries), (State::Close, "slug-2".to_owned()));
}

#[test]
fn that_an_account_was_asked_does_not_show_its_slug() {
    let asked = Asked {
        carrier: "e9",
        account: "slug-that-nobody-knows",
    };
    let shown = format!("{asked:?} {:?}", asked.entry("t-1", at(0)));
    assert!(!shown.contains("nobody-knows"), "{shown}");
}
