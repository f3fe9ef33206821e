//! Carriers described by a file: the one that also exists in Rust, the one that exists nowhere else, and every way to
//! verify a request.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod support;

#[path = "mapped/auth.rs"]
mod auth;
#[path = "mapped/e9.rs"]
mod e9;
#[path = "mapped/wrong.rs"]
mod wrong;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{
    CallRecord, Class, CloseCause, Entry, EventId, Evidence, Kind, Leg, RecordingState, State, When, fold,
};
use ringback_carriers::{
    BadMapping, Carrier, Headers, Keys, Line, Mapped, Reading, Request, Settings, Unreadable,
};

const E9: &str = include_str!("../../../infra/carriers/e9.toml");
const JY: &str = include_str!("../../../infra/carriers/jy.toml");
const URL: &str = "https://calls.example.com/carriers/xx/sample-account/events";
const NOW: &str = "2026-11-20T09:00:05Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn settings(pairs: &[(&str, &str)]) -> Settings {
    Settings(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

/// A carrier's reading of a body.
fn read_with(
    carrier: &dyn Carrier,
    content_type: &str,
    body: &[u8],
    settings: &Settings,
) -> Result<Reading, Unreadable> {
    let headers = Headers::new([("Content-Type", content_type)]);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
    };
    carrier.read(
        &request,
        &Keys {
            secrets: &[],
            settings,
        },
    )
}

fn read(mapped: &Mapped, content_type: &str, body: &str) -> Result<Reading, Unreadable> {
    read_with(mapped, content_type, body.as_bytes(), &Settings::default())
}

/// The record of a life that a described carrier reads, the same in every order.
fn record(mapped: &Mapped, code: &str, case: &str) -> CallRecord {
    let (mut id, mut entries) = (None, Vec::new());
    let keep = |carrier: &str, received_at, event| Entry {
        tenant: "t-1".to_owned(),
        carrier: carrier.to_owned(),
        account: "sample-account".to_owned(),
        received_at,
        event,
    };
    for line in support::life(code, case) {
        let capture = match line {
            Line::Placed(line) => {
                entries.push(keep("own", line.at, line.placed.event(line.at)));
                id = Some(line.call_id);
                continue;
            }
            Line::Request(capture) => capture,
        };
        let headers = capture.headers();
        let request = Request {
            method: &capture.method,
            url: &capture.url,
            headers: &headers,
            body: capture.body.as_deref().unwrap().as_bytes(),
        };
        let keys = Keys {
            secrets: &[],
            settings: &Settings::default(),
        };
        for heard in mapped.read(&request, &keys).unwrap().heard {
            entries.push(keep(code, capture.received_at.unwrap(), heard.event));
        }
    }
    let id = id.unwrap();
    let record = fold(&id, &entries).unwrap();
    support::each_order(&entries, |order| {
        let twice = order.iter().chain(order.iter().rev()).copied();
        assert_eq!(
            fold(&id, twice).unwrap(),
            record,
            "{code}/{case}: the order matters"
        );
    });
    record
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(body in prop::collection::vec(any::<u8>(), 0..200), json in ".{0,100}") {
        for (text, content_type) in [(E9, "application/xml"), (JY, "application/json")] {
            let mapped = Mapped::parse(text).unwrap();
            let _ = read_with(&mapped, content_type, &body, &Settings::default());
            let _ = read(&mapped, content_type, &format!("{{\"items\": [{json}]}}"));
        }
    }

    #[test]
    fn no_description_panics(cut in 0..JY.len(), text in ".{0,20}") {
        let cut = (0..=cut).rev().find(|at| JY.is_char_boundary(*at)).unwrap();
        let _ = Mapped::parse(&format!("{}{text}{}", &JY[..cut], &JY[cut..]));
        let _ = Mapped::parse(&JY[..cut]);
    }
}

fn assert_talked(record: &CallRecord) {
    assert_eq!(record.state, State::Close);
    assert_eq!(record.a.number.as_ref().unwrap().as_str(), "+14155550101");
    assert_eq!(record.b.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(record.a.dialled_at, Some(at("2026-11-20T09:00:00Z")));
    assert_eq!(record.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!(record.b.dialled_at, Some(at("2026-11-20T09:00:06Z")));
    assert_eq!(record.b.answered_at, Some(at("2026-11-20T09:00:14Z")));
    assert_eq!(record.bridged_at, Some(at("2026-11-20T09:00:14Z")));
    assert!(record.inferred.is_empty(), "{:?}", record.inferred);
}

#[test]
fn the_five_lives_of_a_described_carrier() {
    let mapped = Mapped::parse(JY).unwrap();
    let normal = record(&mapped, "jy", "normal");
    assert_talked(&normal);
    assert_eq!(
        (normal.talk_seconds, normal.close_cause),
        (Some(58), Some(CloseCause::Normal))
    );
    assert_eq!(normal.ended_at, Some(at("2026-11-20T09:01:12Z")));
    assert_eq!(normal.business_reference.as_deref(), Some("order-17"));
    let busy = record(&mapped, "jy", "a-busy");
    assert_eq!(
        (busy.close_cause, busy.ended_at),
        (Some(CloseCause::ABusy), Some(at("2026-11-20T09:00:03Z")))
    );
    assert_eq!((busy.bridged_at, busy.talk_seconds), (None, None));
    assert_eq!(busy.raw_cause.unwrap().code.as_deref(), Some("17"));
    let unanswered = record(&mapped, "jy", "b-no-answer");
    assert_eq!(unanswered.close_cause, Some(CloseCause::BUnreachable));
    assert_eq!(unanswered.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!((unanswered.b.answered_at, unanswered.talk_seconds), (None, None));
    let longest = record(&mapped, "jy", "max-duration");
    assert_talked(&longest);
    assert_eq!(
        (longest.talk_seconds, longest.close_cause),
        (Some(60), Some(CloseCause::MaxDuration))
    );
    let recorded = record(&mapped, "jy", "recording");
    assert_talked(&recorded);
    let recording = &recorded.recordings["R-0005"];
    assert_eq!(
        (recording.state, recording.seconds),
        (Some(RecordingState::Ready), Some(58))
    );
    assert_eq!(recorded.ended_at, Some(at("2026-11-20T09:01:12Z")));
}

#[test]
fn every_event_of_a_list_is_heard_and_unknown_ones_are_kept() {
    let mapped = Mapped::parse(JY).unwrap();
    let body = r#"{"items":[{"callId":"c-1","status":2,"time":"2026-11-20 17:00:05"},{"status":2},7,
        {"callId":"c-2","status":"99","userData":"01900000-0000-7000-8000-000000000001"},{"callId":"c-3"}]}"#;
    let Reading { heard, lost, .. } = read(&mapped, "application/json", body).unwrap();
    // The one of no kind says nothing; the two of no call are lost.
    assert_eq!((heard.len(), lost.len()), (2, 2));
    assert_eq!(lost[0], Unreadable::missing("$.callId"));
    assert_eq!(
        (heard[0].event.kind, heard[0].event.leg),
        (Kind::Answered, Some(Leg::A))
    );
    assert_eq!(
        heard[0].event.facts.a.answered,
        Some(When::At(at("2026-11-20T09:00:05Z")))
    );
    assert_eq!(
        (heard[1].event.kind, heard[1].event.word.as_deref()),
        (Kind::Progress, Some("99"))
    );
    assert_eq!(
        heard[1].reference.own.as_ref().unwrap().as_str(),
        "01900000-0000-7000-8000-000000000001"
    );
    assert_eq!(heard[0].event.evidence, Evidence::Event);
    for none in [
        r#"{"items":[]}"#,
        "{}",
        "[]",
        r#"{"items":[{"status":1}]}"#,
        "",
        "{",
        "\u{feff}",
    ] {
        assert!(read(&mapped, "application/json", none).is_err(), "{none}");
    }
    let item = r#"{"callId":"c-1","status":2},"#.repeat(51);
    let many = format!("{{\"items\":[{}]}}", item.trim_end_matches(','));
    assert!(read(&mapped, "application/json", &many).is_err());
    assert!(read(&mapped, "text/plain", body).is_err());
    assert!(
        read_with(
            &mapped,
            "application/json",
            b"{\"items\":\"\xff\"}",
            &Settings::default()
        )
        .is_err()
    );
    assert!(read(&mapped, "application/json", &"[".repeat(50_000)).is_err());
}

#[test]
fn causes_are_numbers_or_words_with_a_leg_and_unknown_ones_are_255() {
    let mapped = Mapped::parse(JY).unwrap();
    let verdict = |fields: &str| {
        let body = format!(r#"{{"items":[{{"callId":"c-1","status":5,{fields}}}]}}"#);
        let event = read(&mapped, "application/json", &body)
            .unwrap()
            .heard
            .remove(0)
            .event;
        assert_eq!(event.evidence, Evidence::Cdr);
        event.facts.verdict
    };
    for (fields, class, leg) in [
        (r#""cause":0,"leg":1"#, Class::Ok, None),
        (r#""cause":"17","leg":1"#, Class::Busy, Some(Leg::A)),
        (r#""cause":17,"leg":"2""#, Class::Busy, Some(Leg::B)),
        (r#""cause":17"#, Class::Busy, None),
        (r#""cause":17,"leg":3"#, Class::Busy, None),
        (r#""cause":"34","leg":1"#, Class::Network, None),
        (r#""cause":"102""#, Class::MaxDuration, None),
        (r#""cause":"surprise","leg":1"#, Class::Other, None),
    ] {
        let verdict = verdict(fields).unwrap();
        assert_eq!((verdict.cause.class, verdict.leg), (class, leg), "{fields}");
    }
    assert_eq!(verdict(r#""cause":"","leg":1"#), None);
}

const FORM: &str = r#"
code = "xx"
name = "Example"
format = "form"

[auth]
kind = "none"

[time]
format = "unix"

[events]
fields = ["$.event"]

[events.map.answered]
kind = "answered"
leg = "b"
happened = ["b.answered", "bridged"]

[fields]
call = "$.id"
user-data = "$.data"
business-reference = "$.order"
agent = "$.agent"
at = "$.ts"

[fields.b]
id = "$.leg"
number = "$.to"
shown = "$.from"
seconds = "$.seconds"
"#;

/// The form's description with other lines under `[auth]`.
fn with_auth(lines: &str) -> Result<Mapped, BadMapping> {
    Mapped::parse(&FORM.replace("kind = \"none\"", lines))
}

#[test]
fn forms_are_read_from_the_body_or_from_the_query_of_a_get() {
    let mapped = Mapped::parse(FORM).unwrap();
    let form = "id=c-1&event=answered&ts=1795165214&to=%2B14155550102&from=14155550100&leg=l-2&order=order+17\
        &agent=agent-a&data=sample-normal&seconds=x";
    let posted = read(&mapped, "application/x-www-form-urlencoded", form).unwrap();
    let event = &posted.heard[0].event;
    assert_eq!(event.at, Some(at("2026-11-20T09:00:14Z")));
    let b = &event.facts.b;
    assert_eq!(b.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(b.shown.as_ref().unwrap().as_str(), "+14155550100");
    assert_eq!((b.id.as_deref(), b.seconds), (Some("l-2"), None));
    assert_eq!(event.facts.business_reference.as_deref(), Some("order 17"));
    assert_eq!(event.facts.agent.as_deref(), Some("agent-a"));
    let headers = Headers::default();
    let url = format!("{URL}?{form}");
    let request = Request {
        method: "GET",
        url: &url,
        headers: &headers,
        body: b"",
    };
    let keys = Keys {
        secrets: &[],
        settings: &Settings::default(),
    };
    assert_eq!(mapped.read(&request, &keys), Ok(posted));
    assert_eq!(mapped.acknowledgement().status, 204);
    for bad in [
        "id=c-1&id=c-2&event=answered",
        "id=%ff&event=answered",
        "event=answered",
        "id=\u{fc}",
    ] {
        assert!(
            read(&mapped, "application/x-www-form-urlencoded", bad).is_err(),
            "{bad}"
        );
    }
    let unknown = read(&mapped, "application/x-www-form-urlencoded", "id=c-1&event=other");
    assert_eq!(unknown, Ok(Reading::default()));
}

#[test]
fn the_same_content_is_the_same_event() {
    let mapped = Mapped::parse(FORM).unwrap();
    let id = |form: &str| -> EventId {
        let mut reading = read(&mapped, "application/x-www-form-urlencoded", form).unwrap();
        reading.heard.remove(0).event.id
    };
    assert_eq!(id("id=c-1&event=answered&ts=1"), id("ts=1&event=answered&id=c-1"));
    assert_ne!(id("id=c-1&event=answered&ts=1"), id("id=c-1&event=answered&ts=2"));
}

#[test]
fn a_description_shows_nothing_of_what_comes() {
    let mapped = Mapped::parse(JY).unwrap();
    let body = r#"{"items":[{"callId":["secret"],"status":1}]}"#;
    let error = read(&mapped, "application/json", body).unwrap_err().to_string();
    assert!(error.contains("callId") && !error.contains("secret"), "{error}");
    let known: BTreeMap<_, _> = [(mapped.code().to_owned(), mapped.name().to_owned())].into();
    assert_eq!(known["jy"], "Jiya");
}
