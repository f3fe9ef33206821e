//! Events that nobody would think of: any facts, of any evidence, about the few values that make claims meet.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use ringback_calls::{
    Archived, CallEvent, Cause, Class, Direction, Entry, EventId, Evidence, Facts, Kind, Leg, LegFacts,
    Number, RecordingFacts, RecordingState, Verdict, When,
};

/// A's number.
const A: &str = "+14155550101";
/// B's number.
const B: &str = "+14155550102";

/// A moment of 2026-11-20, in milliseconds after nine o'clock.
pub(crate) fn at(milliseconds: i64) -> Timestamp {
    const NINE: i64 = 1_795_165_200;
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(NINE) + SignedDuration::from_millis(milliseconds)
}

/// Few different times, so that some are equal.
fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (0_i64..12).prop_map(|step| at(step * 500)),
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
        1 => Just(at(0) + SignedDuration::from_nanos(1)),
    ]
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![3 => time().prop_map(When::At), 1 => Just(When::Unreported)]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just("busy"), Just("completed"), Just("no-answer"), Just("什么")].prop_map(str::to_owned)
}

fn seconds() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..5, Just(58), Just(60), Just(u64::MAX)]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![Just(A), Just(B), Just("sip:a@example.com")].prop_map(|text| Number::raw(text).unwrap())
}

fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(vec![
        Class::Ok,
        Class::Cleared,
        Class::Busy,
        Class::Unreachable,
        Class::MaxDuration,
        Class::Server,
        Class::Network,
        Class::Other,
    ])
}

fn cause() -> impl Strategy<Value = Cause> {
    let code = prop::option::of(word());
    let sip = prop::option::of(prop::sample::select(vec![200_u16, 486, 503]));
    (class(), prop::option::of(word()), code, sip).prop_map(|(class, word, code, sip)| Cause {
        class,
        word,
        code,
        sip,
    })
}

fn leg() -> impl Strategy<Value = Leg> {
    prop_oneof![Just(Leg::A), Just(Leg::B)]
}

/// Mostly nothing: an event tells little.
fn some<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop::option::weighted(0.2, strategy)
}

fn leg_facts() -> impl Strategy<Value = LegFacts> {
    let who = (some(word()), some(number()), some(number()));
    let times = (some(when()), some(when()), some(when()), some(when()));
    (who, times, some(cause()), some(seconds())).prop_map(
        |((id, number, shown), (dialled, ringing, answered, ended), cause, seconds)| LegFacts {
            id,
            number,
            shown,
            dialled,
            ringing,
            answered,
            ended,
            cause,
            seconds,
        },
    )
}

fn archived() -> impl Strategy<Value = Archived> {
    (word(), seconds()).prop_map(|(key, bytes)| Archived {
        bucket: "recordings".to_owned(),
        key,
        bytes,
        sha256: "00".repeat(32),
        content_type: "audio/mpeg".to_owned(),
    })
}

fn recording() -> impl Strategy<Value = RecordingFacts> {
    let state = prop::sample::select(vec![
        RecordingState::Running,
        RecordingState::Absent,
        RecordingState::Failed,
        RecordingState::Ready,
    ]);
    let words = (some(word()), some(word()), some(word()));
    let numbers = (some(seconds()), some(seconds()));
    let ours = (some(word()), some(word()), some(any::<bool>()));
    let times = (some(time()), some(time()), some(time()));
    (some(state), words, numbers, times, some(archived()), ours).prop_map(
        |(state, words, (channels, seconds), times, archived, (given_up, delete_refused, held))| {
            let (at_carrier, format, problem) = words;
            let (started_at, archived_at, deleted_at_carrier) = times;
            RecordingFacts {
                state,
                at_carrier,
                format,
                channels,
                seconds,
                started_at,
                archived,
                archived_at,
                given_up,
                deleted_at_carrier,
                delete_refused,
                held,
                problem,
            }
        },
    )
}

fn recordings() -> impl Strategy<Value = BTreeMap<String, RecordingFacts>> {
    let id = prop_oneof![Just("RE1".to_owned()), Just("RE2".to_owned())];
    prop_oneof![
        4 => Just(BTreeMap::new()),
        1 => prop::collection::btree_map(id, recording(), 1..3),
    ]
}

fn by_number() -> impl Strategy<Value = BTreeMap<Number, LegFacts>> {
    prop_oneof![
        4 => Just(BTreeMap::new()),
        1 => prop::collection::btree_map(number(), leg_facts(), 1..3),
    ]
}

prop_compose! {
    fn facts()(
        texts in (some(word()), some(word()), some(word()), some(word()), some(word()), some(word())),
        numbers in (some(number()), some(number())),
        counts in (some(seconds()), some(seconds()), some(seconds())),
        direction in some(prop::sample::select(vec![Direction::Inbound, Direction::Callback, Direction::Outbound])),
        flags in (some(any::<bool>()), any::<bool>()),
        legs in (leg_facts().boxed(), leg_facts().boxed()),
        times in (some(when()), some(when())),
        verdict in some((cause(), some(leg())).prop_map(|(cause, leg)| Verdict { cause, leg })),
        by_number in by_number().boxed(),
        recordings in recordings().boxed(),
    ) -> Facts {
        let (carrier_call_id, extension, agent, business_reference, ivr_recording, ivr_text) = texts;
        // What else the owner's systems want, and the line, are as good texts as any.
        let business_data = business_reference.iter().map(|text| (text.clone(), text.clone())).collect();
        let line = extension.clone();
        Facts {
            business_data,
            line,
            announcement: None,
            control: None,
            carrier_call_id,
            direction,
            main_number: numbers.0,
            extension,
            agent,
            customer: numbers.1,
            business_reference,
            limit_seconds: counts.0,
            ring_seconds: counts.1,
            record: flags.0,
            said_over: flags.1,
            of_call: flags.1,
            a: legs.0,
            b: legs.1,
            by_number,
            bridged: times.0,
            ended: times.1,
            verdict,
            talk_seconds: counts.2,
            recordings,
            ivr_recording,
            ivr_text,
        }
    }
}

prop_compose! {
    fn entry()(
        carrier in prop_oneof![
            5 => Just(("tw", "slug-1")),
            1 => Just(("tw", "slug-2")),
            1 => Just(("sw", "slug-3")),
            2 => Just(("own", "")),
        ],
        received_at in time(),
        kind in prop::sample::select(vec![
            Kind::Placed, Kind::Asked, Kind::SecondLegRequested, Kind::Dialled, Kind::Ringing, Kind::Answered, Kind::Bridged,
            Kind::Ended, Kind::Cdr, Kind::Recording, Kind::Progress, Kind::Orphaned, Kind::Archived, Kind::GivenUp,
            Kind::DeletedAtCarrier, Kind::DeleteRefused, Kind::LinkGiven, Kind::Held, Kind::Released, Kind::Accepted,
            Kind::Refused, Kind::Unsure, Kind::Unplaced, Kind::SecondLegRefused, Kind::HangUpAsked, Kind::Checked,
            Kind::SecondLegAccepted, Kind::SaidOver,
        ]),
        leg in prop::option::of(leg()),
        evidence in prop::sample::select(vec![Evidence::Inferred, Evidence::Event, Evidence::Cdr, Evidence::Own]),
        at in prop::option::of(time()),
        sequence in prop::option::of(0_u64..4),
        words in (prop::option::of(word()), some(word())),
        facts in facts().boxed(),
    ) -> Entry {
        let (word, by) = words;
        let event = CallEvent {
            leg,
            at,
            sequence,
            word,
            by,
            facts,
            ..CallEvent::new(EventId::of(&[]), kind, evidence)
        };
        Entry {
            tenant: "t-1".to_owned(),
            carrier: carrier.0.to_owned(),
            account: carrier.1.to_owned(),
            received_at,
            event,
        }
    }
}

/// The events of a call, each with an id of its own.
pub(crate) fn entries(many: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(entry().boxed(), many).prop_map(|mut entries| {
        for (index, entry) in entries.iter_mut().enumerate() {
            entry.event.id = EventId::of(&["generated", &index.to_string()]);
        }
        entries
    })
}

/// The same events, where nobody contradicts himself about who has which number.
pub(crate) fn of_two_people(mut entries: Vec<Entry>) -> Vec<Entry> {
    for entry in &mut entries {
        let facts = &mut entry.event.facts;
        for (leg, number) in [(&mut facts.a, A), (&mut facts.b, B)] {
            leg.number = leg.number.take().and_then(|_| Number::raw(number));
        }
    }
    entries
}
