//! How many events one core folds in a second: the life of an ordinary call, and the same where the carrier sends
//! everything three times.
//!
//! `cargo bench -p ringback-calls --bench fold`

#![allow(clippy::unwrap_used, missing_docs, reason = "this is a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    CallEvent, CallId, Cause, Class, Entry, EventId, Evidence, Kind, Leg, LegFacts, Number, Placed,
    RecordingFacts, RecordingState, Verdict, When, fold,
};

fn at(second: i64) -> Timestamp {
    const NINE: i64 = 1_795_165_200;
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(NINE + second)
}

fn entry(carrier: &str, second: i64, event: CallEvent) -> Entry {
    Entry {
        tenant: "t-1".to_owned(),
        carrier: carrier.to_owned(),
        account: if carrier == "own" {
            String::new()
        } else {
            "sample-account".to_owned()
        },
        received_at: at(second) + SignedDuration::from_millis(250),
        event,
    }
}

/// What a carrier says of a leg: its status, with both numbers and both ids in every event, as carriers do.
fn status(leg: Leg, second: i64, kind: Kind, word: &str) -> Entry {
    let id = |leg| match leg {
        Leg::A => "CA00000000000000000000000000000001",
        Leg::B => "CA00000000000000000000000000000002",
    };
    let name = format!("{leg:?}");
    let mut event = CallEvent::new(EventId::of(&["bench", &name, word]), kind, Evidence::Event);
    event.leg = Some(leg);
    event.at = Some(at(second));
    event.sequence = u64::try_from(second).ok();
    event.word = Some(word.to_owned());
    event.facts.carrier_call_id = Some(id(Leg::A).to_owned());
    let when = Some(When::At(at(second)));
    let told = LegFacts {
        id: Some(id(leg).to_owned()),
        number: Number::raw(if leg == Leg::A {
            "+14155550101"
        } else {
            "+14155550102"
        }),
        shown: Number::raw("+14155550100"),
        dialled: when.filter(|_| kind == Kind::Dialled),
        ringing: when.filter(|_| kind == Kind::Ringing),
        answered: when.filter(|_| kind == Kind::Answered),
        ended: when.filter(|_| kind == Kind::Ended),
        cause: (kind == Kind::Ended).then(|| Cause::said(Class::Cleared, word)),
        seconds: (kind == Kind::Ended).then_some(58),
    };
    *event.facts.leg_mut(leg) = told;
    entry("tw", second, event)
}

/// An ordinary call from the decision to place it to its recording: 13 events.
fn life() -> Vec<Entry> {
    let placed = Placed {
        a: Number::raw("+14155550101").unwrap(),
        b: Number::raw("+14155550102").unwrap(),
        a_shown: Number::raw("+14155550100"),
        b_shown: Number::raw("+14155550100"),
        agent: Some("agent-a".to_owned()),
        main_number: Number::raw("+14155550100"),
        extension: None,
        business_reference: Some("order-17".to_owned()),
        business_data: std::collections::BTreeMap::new(),
        line: None,
        announcement: None,
        ring_seconds: Some(30),
        limit_seconds: Some(3600),
        record: true,
    };
    let own = |id: &str, kind| CallEvent::new(EventId::of(&[id]), kind, Evidence::Own);
    let mut bridged = CallEvent::new(EventId::of(&["bridged"]), Kind::Bridged, Evidence::Event);
    bridged.at = Some(at(14));
    bridged.facts.bridged = Some(When::At(at(14)));
    let mut cdr = CallEvent::new(EventId::of(&["cdr"]), Kind::Cdr, Evidence::Cdr);
    cdr.facts.talk_seconds = Some(58);
    cdr.facts.ended = Some(When::At(at(72)));
    cdr.facts.verdict = Some(Verdict {
        cause: Cause::said(Class::Ok, "completed"),
        leg: None,
    });
    let mut recording = CallEvent::new(EventId::of(&["recording"]), Kind::Recording, Evidence::Event);
    let ready = RecordingFacts {
        state: Some(RecordingState::Ready),
        at_carrier: Some("https://api.example.com/recordings/RE00000000000000000000000000000001".to_owned()),
        seconds: Some(58),
        channels: Some(2),
        ..RecordingFacts::default()
    };
    let id = "RE00000000000000000000000000000001".to_owned();
    recording.facts.recordings.insert(id, ready);
    vec![
        entry("own", 0, placed.event(at(0))),
        status(Leg::A, 0, Kind::Dialled, "initiated"),
        status(Leg::A, 1, Kind::Ringing, "ringing"),
        status(Leg::A, 5, Kind::Answered, "in-progress"),
        entry("own", 5, own("second-leg", Kind::SecondLegRequested)),
        status(Leg::B, 6, Kind::Dialled, "initiated"),
        status(Leg::B, 8, Kind::Ringing, "ringing"),
        status(Leg::B, 14, Kind::Answered, "in-progress"),
        entry("tw", 14, bridged),
        status(Leg::B, 72, Kind::Ended, "completed"),
        status(Leg::A, 72, Kind::Ended, "completed"),
        entry("tw", 75, cdr),
        entry("tw", 80, recording),
    ]
}

fn folding(criterion: &mut Criterion) {
    let id = CallId::parse("call-0001").unwrap();
    let mut group = criterion.benchmark_group("fold");
    let once = life();
    let mut backwards: Vec<_> = [life(), life(), life()].concat();
    backwards.reverse();
    for (name, entries) in [("a call", once), ("a call, thrice and backwards", backwards)] {
        group.throughput(Throughput::Elements(u64::try_from(entries.len()).unwrap()));
        group.bench_function(name, |bencher| bencher.iter(|| fold(&id, black_box(&entries))));
    }
    group.finish();
}

criterion_group!(benches, folding);
criterion_main!(benches);
