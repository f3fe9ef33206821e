//! Huawei's pushes: digests of three generations, times without a zone, legs told by numbers.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod support;

#[path = "huawei/digest.rs"]
mod digest;

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{
    CallRecord, Class, CloseCause, Evidence, Kind, Leg, RecordingState, State, Verdict, When,
};
use ringback_carriers::{Headers, Keys, Reading, Request, Settings, Unreadable, carrier};
use serde_json::{Value, json};
use support::record;

const URL: &str = "https://calls.example.com/carriers/hw/sample-account/events";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(body: &Value) -> Result<Reading, Unreadable> {
    read_as("application/json;charset=UTF-8", body.to_string().as_bytes())
}

fn read_as(content_type: &str, body: &[u8]) -> Result<Reading, Unreadable> {
    let (headers, settings) = (
        Headers::new([("Content-Type", content_type)]),
        Settings::default(),
    );
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
    };
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    carrier("hw").unwrap().read(&request, &keys)
}

fn assert_talked(record: &CallRecord) {
    assert_eq!(record.state, State::Close);
    assert_eq!(record.a.number.as_ref().unwrap().as_str(), "+14155550101");
    assert_eq!(record.b.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(record.b.shown.as_ref().unwrap().as_str(), "+14155550100");
    assert_eq!(record.a.dialled_at, Some(at("2026-11-20T09:00:00Z")));
    assert_eq!(record.a.ringing_at, Some(at("2026-11-20T09:00:01Z")));
    assert_eq!(record.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!(record.b.dialled_at, Some(at("2026-11-20T09:00:06Z")));
    assert_eq!(record.b.ringing_at, Some(at("2026-11-20T09:00:08Z")));
    assert_eq!(record.b.answered_at, Some(at("2026-11-20T09:00:14Z")));
    assert_eq!(record.bridged_at, Some(at("2026-11-20T09:00:14Z")));
    assert_eq!(record.business_reference.as_deref(), Some("order-17"));
    assert_eq!(record.carrier_state.as_deref(), Some("disconnect"));
    assert!(record.inferred.is_empty(), "{:?}", record.inferred);
}

#[test]
fn a_normal_call() {
    let record = record("hw", "normal");
    assert_talked(&record);
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:01:12Z")));
    assert_eq!(
        (record.talk_seconds, record.close_cause),
        (Some(58), Some(CloseCause::Normal))
    );
}

#[test]
fn a_is_busy() {
    let record = record("hw", "a-busy");
    assert_eq!(record.close_cause, Some(CloseCause::ABusy));
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:00:03Z")));
    assert_eq!((record.bridged_at, record.talk_seconds), (None, None));
    let raw = record.raw_cause.unwrap();
    assert_eq!(
        (raw.word.as_deref(), raw.code.as_deref(), raw.sip),
        (Some("callOutUnaswRsn"), Some("17"), Some(486))
    );
}

#[test]
fn b_does_not_answer() {
    let record = record("hw", "b-no-answer");
    assert_eq!(record.close_cause, Some(CloseCause::BUnreachable));
    assert_eq!(record.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!(record.b.ringing_at, Some(at("2026-11-20T09:00:08Z")));
    assert_eq!((record.b.answered_at, record.talk_seconds), (None, None));
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:00:37Z")));
}

#[test]
fn the_longest_duration_is_reached() {
    let record = record("hw", "max-duration");
    assert_talked(&record);
    assert_eq!(
        (record.talk_seconds, record.close_cause),
        (Some(60), Some(CloseCause::MaxDuration))
    );
}

#[test]
fn a_recording_is_ready() {
    let record = record("hw", "recording");
    assert_talked(&record);
    let (id, recording) = record.recordings.first_key_value().unwrap();
    assert_eq!(id, "1200_5_20261120090014.wav");
    assert_eq!(
        recording.at_carrier.as_deref(),
        Some("ostor.example.com/1200_5_20261120090014.wav")
    );
    assert_eq!(
        (recording.state, recording.format.as_deref()),
        (Some(RecordingState::Ready), Some("wav"))
    );
    assert_eq!(recording.started_at, Some(at("2026-11-20T09:00:14Z")));
}

/// The life's events without its call detail record: what is known while that is hours late.
fn without_record(case: &str) -> CallRecord {
    let (id, mut entries) = support::life_entries("hw", case);
    entries.retain(|entry| entry.event.evidence != Evidence::Cdr);
    let expected = ringback_calls::fold(&id, &entries).unwrap();
    support::each_order(&entries, |order| {
        assert_eq!(
            ringback_calls::fold(&id, order.iter().copied()).unwrap(),
            expected
        );
    });
    expected
}

#[test]
fn the_legs_are_told_before_the_record_comes() {
    let normal = without_record("normal");
    assert_talked(&normal);
    assert_eq!(
        (normal.talk_seconds, normal.close_cause),
        (Some(58), Some(CloseCause::Normal))
    );
    let unanswered = without_record("b-no-answer");
    assert_eq!(unanswered.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!(
        (unanswered.b.answered_at, unanswered.close_cause),
        (None, Some(CloseCause::BUnreachable))
    );
    assert_eq!(
        without_record("a-busy").close_cause,
        Some(CloseCause::AUnreachable)
    );
    assert_eq!(
        without_record("max-duration").close_cause,
        Some(CloseCause::MaxDuration)
    );
}

#[test]
fn a_record_that_comes_first_or_alone_tells_everything() {
    let (id, mut entries) = support::life_entries("hw", "normal");
    entries.retain(|entry| matches!(entry.event.evidence, Evidence::Cdr | Evidence::Own));
    assert_eq!(entries.len(), 2);
    let record = ringback_calls::fold(&id, &entries).unwrap();
    assert_eq!(record.b.answered_at, Some(at("2026-11-20T09:00:14Z")));
    assert_eq!((record.state, record.talk_seconds), (State::Close, Some(58)));
}

fn fee(session: &str) -> Value {
    json!({"icid": session, "sessionId": session, "calleeNum": "+8613800000001", "fwdDstNum": "13800000002",
        "callOutAnswerTime": "2026-01-23 03:16:50", "fwdAnswerTime": "2026-01-23 03:17:02",
        "callEndTime": "2026-01-23 03:18:00", "ulFailReason": 0, "userData": "order-17!"})
}

#[test]
fn every_record_of_a_push_is_an_event_of_its_own_call() {
    let list: Vec<Value> = (0..50).map(|n| fee(&format!("session-{n}"))).collect();
    let heard = read(&json!({"eventType": "fee", "feeLst": list})).unwrap().heard;
    assert_eq!(heard.len(), 50);
    let sessions: std::collections::BTreeSet<_> =
        heard.iter().map(|one| one.reference.session.clone()).collect();
    let ids: std::collections::BTreeSet<_> = heard.iter().map(|one| one.event.id.clone()).collect();
    assert_eq!((sessions.len(), ids.len()), (50, 50));
    let event = &heard[0].event;
    assert_eq!((event.kind, event.evidence), (Kind::Cdr, Evidence::Cdr));
    assert_eq!(event.facts.b.number.as_ref().unwrap().as_str(), "+8613800000002");
    assert_eq!(
        (
            event.facts.talk_seconds,
            event.facts.business_reference.as_deref()
        ),
        (Some(58), Some("order-17!"))
    );
    let alone = read(&json!({"feeLst": [fee("session-7")], "eventType": "fee"}))
        .unwrap()
        .heard;
    assert_eq!(alone[0], heard[7]);
}

#[test]
fn a_record_that_names_no_call_does_not_hold_up_the_others() {
    let list = json!([fee("session-1"), {"icid": "x"}, 7, fee("session-2")]);
    let reading = read(&json!({"eventType": "fee", "feeLst": list})).unwrap();
    assert_eq!(reading.heard.len(), 2);
    // Those are not forgotten either.
    let lost = ["feeLst[1].sessionId", "feeLst[2].sessionId"].map(Unreadable::missing);
    assert_eq!(reading.lost, lost);
    let good = read(&json!({"eventType": "fee", "feeLst": [fee("session-1")]})).unwrap();
    assert_eq!(good.lost, []);
    let only = read(&json!({"eventType": "fee", "feeLst": [{"icid": "x"}]})).unwrap_err();
    assert!(only.to_string().contains("sessionId"), "{only}");
    assert_eq!(
        read(&json!({"eventType": "fee", "feeLst": []})),
        Ok(Reading::default())
    );
    let many: Vec<Value> = (0..51).map(|n| fee(&format!("session-{n}"))).collect();
    assert!(read(&json!({"eventType": "fee", "feeLst": many})).is_err());
}

#[test]
fn a_status_is_told_of_the_number_that_it_names() {
    let status = |kind: &str| {
        let body = json!({"eventType": kind, "statusInfo": {"timestamp": "2026-01-23 03:16:41", "sessionId": "s-1",
            "caller": "+8675528000001", "called": "008613800000001", "userData": "01900000-0000-7000-8000-000000000001"}});
        read(&body).unwrap().heard.remove(0)
    };
    let then = Some(When::At(at("2026-01-23T03:16:41Z")));
    let heard = status("callout");
    assert_eq!(
        heard.reference.own.unwrap().as_str(),
        "01900000-0000-7000-8000-000000000001"
    );
    let (number, leg) = heard.event.facts.by_number.first_key_value().unwrap();
    assert_eq!((number.as_str(), leg.dialled), ("+8613800000001", then));
    assert_eq!(leg.shown.as_ref().unwrap().as_str(), "+8675528000001");
    let answered = status("answer").event;
    assert_eq!(answered.facts.by_number.values().next().unwrap().answered, then);
    assert_eq!((answered.leg, answered.word.as_deref()), (None, Some("answer")));
    let unknown = status("collectInfo").event;
    assert_eq!((unknown.kind, unknown.facts.by_number.len()), (Kind::Progress, 0));
    assert_eq!(unknown.word.as_deref(), Some("collectInfo"));
}

fn verdict(fields: &Value) -> Verdict {
    let mut record = json!({"sessionId": "s-1", "callEndTime": "2026-01-23 03:18:00"});
    let answered = |leg: &str| {
        json!(if fields[leg] == true {
            "2026-01-23 03:17:02"
        } else {
            ""
        })
    };
    record["callOutAnswerTime"] = answered("a");
    record["fwdAnswerTime"] = answered("b");
    for (from, to) in [
        ("qa", "callOutUnaswRsn"),
        ("qb", "fwdUnaswRsn"),
        ("ul", "ulFailReason"),
        ("sip", "sipStatusCode"),
    ] {
        record[to] = fields[from].clone();
    }
    let reading = read(&json!({"eventType": "fee", "feeLst": [record]})).unwrap();
    reading.heard[0].event.facts.verdict.clone().unwrap()
}

#[test]
fn the_first_field_that_decides_says_why_it_ended() {
    let (a, b, none) = (Some(Leg::A), Some(Leg::B), None);
    for (fields, class, leg) in [
        // Q.850 of A, then of B, unless the leg was answered.
        (json!({"qa": 17, "qb": 18, "ul": 8010}), Class::Busy, a),
        (json!({"qa": 19}), Class::Unreachable, a),
        (json!({"qa": "34"}), Class::Network, a),
        (json!({"qa": 127}), Class::Other, a),
        (json!({"a": true, "qa": 0, "qb": 17}), Class::Busy, b),
        (json!({"a": true, "qa": 31, "qb": 18}), Class::Unreachable, b),
        (json!({"a": true, "qa": 17, "qb": 1}), Class::Unreachable, b),
        (
            json!({"a": true, "b": true, "qa": 17, "qb": 17, "ul": 0}),
            Class::Ok,
            none,
        ),
        // Release points.
        (
            json!({"a": true, "b": true, "ul": 8010, "qa": 16, "qb": 31}),
            Class::MaxDuration,
            none,
        ),
        (json!({"a": true, "ul": 513}), Class::Unreachable, b),
        (json!({"ul": 8035}), Class::Unreachable, a),
        (json!({"a": true, "ul": 515}), Class::Unreachable, b),
        (json!({"ul": 8009}), Class::Unreachable, a),
        (json!({"a": true, "b": true, "ul": 517}), Class::Cleared, none),
        (json!({"a": true, "ul": 518, "qb": 17}), Class::Busy, b),
        (json!({"a": true, "ul": 518, "sip": 486}), Class::Busy, b),
        (json!({"ul": 520}), Class::Server, none),
        (json!({"ul": 522}), Class::Server, none),
        (json!({"ul": 545}), Class::Server, none),
        (json!({"a": true, "b": true, "ul": 551}), Class::Cleared, none),
        (json!({"ul": 404}), Class::Unreachable, a),
        (json!({"ul": 503}), Class::Network, none),
        (json!({"a": true, "ul": 603}), Class::Busy, b),
        (json!({"ul": 7003}), Class::Server, none),
        (json!({"ul": 7150}), Class::Server, none),
        (json!({"ul": 7050}), Class::Other, none),
        (json!({"ul": 8000}), Class::Server, none),
        (json!({"ul": 8001}), Class::Unreachable, a),
        (json!({"a": true, "ul": 8002}), Class::Unreachable, b),
        (json!({"ul": 8006}), Class::Server, none),
        (json!({"ul": 8012}), Class::Server, none),
        (json!({"a": true, "ul": 8100}), Class::Unreachable, b),
        (json!({"ul": 8199}), Class::Other, none),
        // SIP, when nothing else decides.
        (json!({"a": true, "ul": 0, "sip": 486}), Class::Busy, b),
        (json!({"sip": 480}), Class::Unreachable, a),
        (json!({"a": true, "ul": 9999, "sip": 503}), Class::Network, b),
        (json!({"a": true, "ul": 0, "sip": 200}), Class::Cleared, none),
        (json!({}), Class::Cleared, none),
    ] {
        let verdict = verdict(&fields);
        assert_eq!((verdict.cause.class, verdict.leg), (class, leg), "{fields}");
    }
}

#[test]
fn what_is_no_push_is_told_without_its_words() {
    for body in [
        json!({"statusInfo": {"sessionId": "secret"}}),
        json!({"eventType": "callout"}),
        json!({"eventType": "callout", "statusInfo": {"called": "secret"}}),
        json!({"eventType": "fee"}),
        json!({"eventType": "fee", "feeLst": "secret"}),
        json!(["secret"]),
        json!("secret"),
    ] {
        let error = read(&body).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert!(read_as("application/json", b"{\"eventType\": \"fee\"").is_err());
    assert!(read_as("application/json", b"{\"eventType\": \"\xff\"}").is_err());
    assert!(read_as("application/json", "[".repeat(50_000).as_bytes()).is_err());
    assert!(read_as("text/plain", b"{}").is_err());
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(
        kind in prop::sample::select(vec!["callout", "alerting", "answer", "disconnect", "fee", "other"]),
        name in prop::sample::select(vec!["sessionId", "timestamp", "called", "stateCode", "callEndTime",
            "fwdAnswerTime", "ulFailReason", "sipStatusCode", "callOutUnaswRsn", "recordFlag"]),
        text in ".{0,30}",
        number in any::<i64>(),
    ) {
        for value in [json!(text), json!(number), json!(null), json!([text]), json!({"a": text})] {
            let mut fields = fee("session-1");
            fields["called"] = json!("+8613800000001");
            fields[name] = value;
            let _ = read(&json!({"eventType": kind, "statusInfo": fields, "feeLst": [fields]}));
        }
    }
}
