//! Calls of Amazon Connect, from the records of their contacts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

#[path = "amazon_connect/chains.rs"]
mod chains;
mod support;

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{
    CallId, CallRecord, CloseCause, Direction, Entry, Evidence, RecordingState, State, fold,
};
use ringback_carriers::{Heard, events_of_record};
use ringback_connect::ContactRecord;
use serde_json::{Value, json};
use support::{each_order, file};

const CALL: &str = "00000000-0000-4000-8000-0000000c0001";
const SECOND: &str = "00000000-0000-4000-8000-0000000c0002";
const AGENT: &str = "00000000-0000-4000-8000-0000000a0001";

fn sample(name: &str) -> Value {
    let path = file(&format!("events/connect/contact-records/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A sample with other fields.
fn with(name: &str, fields: &Value) -> Value {
    let mut record = sample(name);
    for (field, value) in fields.as_object().unwrap() {
        record[field] = value.clone();
    }
    record
}

fn heard(record: &Value) -> Vec<Heard> {
    events_of_record(&ContactRecord::decode_value(record).unwrap())
}

/// The call of some records; the same in whatever order their events come and however often.
fn call(records: &[Value]) -> CallRecord {
    let all: Vec<Heard> = records.iter().flat_map(heard).collect();
    let session = all[0].reference.session.clone().unwrap();
    let entries: Vec<Entry> = all
        .into_iter()
        .map(|heard| {
            assert_eq!(heard.reference.session.as_ref(), Some(&session), "one call");
            assert_eq!(heard.event.evidence, Evidence::Cdr);
            Entry {
                tenant: "t-1".to_owned(),
                carrier: "ac".to_owned(),
                account: "sample-account".to_owned(),
                received_at: at("10:08:00"),
                event: heard.event,
            }
        })
        .collect();
    let id = CallId::of_session("ac", "sample-account", &session);
    let record = fold(&id, &entries).unwrap();
    each_order(&entries, |order| {
        let twice = order.iter().chain(order.iter().rev()).copied();
        assert_eq!(fold(&id, twice).unwrap(), record);
    });
    record
}

fn at(time: &str) -> Timestamp {
    format!("2026-06-01T{time}Z").parse().unwrap()
}

fn day(time: &str) -> Value {
    json!(format!("2026-06-01T{time}Z"))
}

#[test]
fn a_customer_calls_and_an_agent_answers() {
    let call = call(&[sample("voice-full")]);
    assert_eq!(
        (call.state, call.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    assert_eq!(call.carrier_call_id.as_deref(), Some(CALL));
    assert_eq!(call.direction, Some(Direction::Inbound));
    assert_eq!(call.a.number.as_ref().unwrap().as_str(), "+14155550100");
    assert_eq!(call.customer, call.a.number);
    assert_eq!(call.main_number.as_ref().unwrap().as_str(), "+14155550199");
    assert_eq!(call.agent.as_deref(), Some(AGENT));
    assert_eq!(call.created_at, at("10:00:00"));
    assert_eq!(call.a.answered_at, Some(at("10:00:01")));
    assert_eq!(
        (call.b.answered_at, call.bridged_at),
        (Some(at("10:01:30")), Some(at("10:01:30")))
    );
    assert_eq!(
        (call.ended_at, call.talk_seconds),
        (Some(at("10:05:00")), Some(210))
    );
    assert_eq!(
        call.raw_cause.unwrap().word.as_deref(),
        Some("CUSTOMER_DISCONNECT")
    );
    assert!(call.inferred.is_empty());
}

#[test]
fn an_agent_calls_a_customer() {
    let call = call(&[sample("voice-outbound")]);
    assert_eq!(call.direction, Some(Direction::Outbound));
    assert_eq!(call.b.number.as_ref().unwrap().as_str(), "+14155550100");
    assert_eq!(call.b.shown.as_ref().unwrap().as_str(), "+14155550199");
    assert_eq!((call.customer, call.a.number), (call.b.number, None));
    assert_eq!(
        (call.a.answered_at, call.b.answered_at),
        (Some(at("10:01:30")), Some(at("10:00:01")))
    );
    assert_eq!(
        (call.bridged_at, call.talk_seconds),
        (Some(at("10:01:30")), Some(210))
    );
    assert_eq!(call.close_cause, Some(CloseCause::Normal));
}

#[test]
fn nobody_answers_an_agents_call() {
    let unanswered = call(&[sample("voice-outbound-unanswered")]);
    assert_eq!(unanswered.close_cause, Some(CloseCause::BUnreachable));
    assert_eq!(
        unanswered.raw_cause.unwrap().word.as_deref(),
        Some("TELECOM_UNANSWERED")
    );
    assert_eq!(unanswered.a.answered_at, Some(at("10:00:00")));
    assert_eq!((unanswered.b.answered_at, unanswered.bridged_at), (None, None));
    let given_up = with(
        "voice-outbound-unanswered",
        &json!({"DisconnectReason": "AGENT_DISCONNECT"}),
    );
    assert_eq!(call(&[given_up]).close_cause, Some(CloseCause::BUnreachable));
}

#[test]
fn every_disconnect_reason_has_its_close_cause() {
    for (reason, unanswered, talked) in [
        ("TELECOM_BUSY", 4, 0),
        ("TELECOM_NUMBER_INVALID", 2, 0),
        ("TELECOM_UNANSWERED", 2, 0),
        ("TELECOM_ORIGINATOR_CANCEL", 2, 0),
        ("TELECOM_POTENTIAL_BLOCKING", 2, 0),
        ("CUSTOMER_NEVER_ARRIVED", 2, 0),
        ("TELECOM_TIMEOUT", 7, 7),
        ("TELECOM_PROBLEM", 7, 7),
        ("THIRD_PARTY_DISCONNECT", 2, 0),
        ("CUSTOMER_DISCONNECT", 2, 0),
        ("AGENT_DISCONNECT", 2, 0),
        ("BARGED", 2, 0),
        ("CONTACT_FLOW_DISCONNECT", 2, 0),
        ("OTHER", 255, 255),
        ("SURPRISE", 255, 255),
    ] {
        let number = |name: &str| {
            let call = call(&[with(name, &json!({"DisconnectReason": reason}))]);
            assert_eq!(call.raw_cause.unwrap().word.as_deref(), Some(reason));
            assert_eq!(call.carrier_state.as_deref(), Some(reason));
            call.close_cause.unwrap().number()
        };
        assert_eq!(number("voice-outbound-unanswered"), unanswered, "{reason}");
        assert_eq!(number("voice-full"), talked, "{reason}");
    }
}

#[test]
fn a_caller_who_gives_up_in_the_queue_reached_nobody() {
    let call = call(&[sample("voice-abandoned")]);
    assert_eq!(
        (call.state, call.close_cause),
        (State::Close, Some(CloseCause::BUnreachable))
    );
    assert_eq!(
        call.raw_cause.unwrap().word.as_deref(),
        Some("CUSTOMER_DISCONNECT")
    );
    assert_eq!(
        (call.agent, call.bridged_at, call.talk_seconds),
        (None, None, None)
    );
    assert_eq!(call.ended_at, Some(at("10:03:00")));
}

#[test]
fn a_caller_who_wanted_no_agent_had_a_normal_call() {
    let call = call(&[sample("voice-never-queued")]);
    assert_eq!(
        (call.close_cause, call.bridged_at),
        (Some(CloseCause::Normal), None)
    );
    assert_eq!(call.a.answered_at, Some(at("10:00:01")));
}

#[test]
fn a_customer_who_never_arrived_is_a() {
    let fields = json!({"DisconnectReason": "CUSTOMER_NEVER_ARRIVED", "ConnectedToSystemTimestamp": null, "Agent": null});
    assert_eq!(
        call(&[with("voice-webrtc", &fields)]).close_cause,
        Some(CloseCause::AUnreachable)
    );
}

#[test]
fn a_customer_who_was_called_and_found_no_agent() {
    let fields = json!({"InitiationMethod": "API", "Agent": null, "DisconnectReason": "CUSTOMER_DISCONNECT"});
    let call = call(&[with("voice-abandoned", &fields)]);
    assert_eq!(call.direction, Some(Direction::Outbound));
    assert_eq!(
        (call.close_cause, call.bridged_at),
        (Some(CloseCause::AUnreachable), None)
    );
}

#[test]
fn supervisors_and_other_channels_are_no_calls() {
    for name in [
        "voice-monitor",
        "chat",
        "task",
        "email",
        "all-nulls",
        "required-fields-only",
    ] {
        assert_eq!(heard(&sample(name)), [], "{name}");
    }
}

#[test]
fn a_record_that_changed_is_new_events_of_the_same_call() {
    let (old, new) = (
        sample("voice-full"),
        with("voice-full", &json!({"LastUpdateTimestamp": day("11:00:00")})),
    );
    let ids = |record: &Value| -> Vec<_> { heard(record).into_iter().map(|heard| heard.event.id).collect() };
    assert_eq!(ids(&old).len(), 2);
    assert_eq!(ids(&old), ids(&sample("voice-full")));
    assert!(ids(&old).iter().all(|id| !ids(&new).contains(id)));
    assert_ne!(ids(&old)[0], ids(&old)[1]);
    assert_eq!(call(&[old.clone(), new]), call(&[old]));
}

#[test]
fn recordings_are_where_the_record_says() {
    let contact = "00000000-0000-4000-8000-0000000c0015";
    let record = call(&[sample("voice-recordings-s3")]);
    assert_eq!(record.recordings.len(), 2);
    let recording = &record.recordings[contact];
    assert_eq!(
        (recording.state, recording.format.as_deref()),
        (Some(RecordingState::Ready), Some("wav"))
    );
    let expected = format!(
        "ringback-recordings/connect/ringback/CallRecordings/2026/06/01/{contact}_20260601T10:01_UTC.wav"
    );
    assert_eq!(recording.at_carrier, Some(expected));
    assert!(record.ivr_recording.as_ref().unwrap().contains("/ivr/"));
    let automated = &record.recordings[&format!("{contact}-ivr")];
    assert_eq!(
        (automated.state, &automated.at_carrier),
        (Some(RecordingState::Ready), &record.ivr_recording)
    );
    let shown = format!("{:?}", heard(&sample("voice-recordings-s3")));
    assert!(!shown.contains("CallRecordings"), "{shown}");

    let stream = call(&[sample("voice-recording-kvs")]);
    let recording = stream.recordings.values().next().unwrap();
    assert!(
        recording
            .at_carrier
            .as_ref()
            .unwrap()
            .starts_with("arn:aws:kinesisvideo:")
    );
    assert_eq!(
        (recording.state, recording.format.as_ref()),
        (Some(RecordingState::Failed), None)
    );
    assert!(
        recording
            .problem
            .as_ref()
            .unwrap()
            .contains("Kinesis Video Streams")
    );

    let deleted = call(&[sample("voice-recording-deleted")]);
    let recording = deleted.recordings.values().next().unwrap();
    assert_eq!(
        (recording.state, recording.problem.as_deref()),
        (Some(RecordingState::Failed), Some("deleted"))
    );
}

#[test]
fn withheld_numbers_and_unreadable_agents_are_not_there() {
    let withheld = call(&[sample("voice-withheld")]);
    assert_eq!((withheld.customer, withheld.a.number), (None, None));
    let nameless = call(&[sample("voice-agent-without-arn")]);
    assert_eq!(
        (nameless.agent, nameless.close_cause),
        (None, Some(CloseCause::Normal))
    );
}

#[test]
fn every_sample_folds_in_any_order() {
    let folder = file("events/connect/contact-records");
    let mut calls = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let record: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        if !heard(&record).is_empty() {
            call(&[record]);
            calls += 1;
        }
    }
    assert!(calls > 15, "{calls}");
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0u32..10, 0u32..60).prop_map(|(m, s)| day(&format!("10:{m:02}:{s:02}")))
    ]
}

prop_compose! {
    /// A contact of the call, whatever it may look like.
    fn contact()(
        first in any::<bool>(),
        method in prop::sample::select(vec!["INBOUND", "OUTBOUND", "API", "CALLBACK", "TRANSFER", "QUEUE_TRANSFER",
            "EXTERNAL_OUTBOUND", "DISCONNECT", "WEBRTC_API", "SURPRISE"]),
        reason in prop::sample::select(vec![json!(null), json!("TELECOM_BUSY"), json!("TELECOM_PROBLEM"),
            json!("AGENT_DISCONNECT"), json!("CUSTOMER_DISCONNECT"), json!("OTHER")]),
        (system, left, ended, connected) in (time(), time(), time(), time()),
        (has_agent, queued, next) in any::<(bool, bool, bool)>(),
    ) -> Value {
        let mut record = with("voice-full", &json!({"InitiationMethod": method, "DisconnectReason": reason,
            "ConnectedToSystemTimestamp": system, "TransferCompletedTimestamp": left, "DisconnectTimestamp": ended}));
        if !first {
            record["ContactId"] = json!(SECOND);
            record["InitialContactId"] = json!(CALL);
        }
        record["Agent"]["ConnectedToAgentTimestamp"] = connected;
        if !has_agent {
            record["Agent"] = Value::Null;
        }
        if !queued {
            record["Queue"] = Value::Null;
        }
        if next {
            record["NextContactId"] = json!(SECOND);
        }
        record
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_call_consists_of_it_folds_in_any_order(contacts in prop::collection::vec(contact(), 1..4)) {
        let call = call(&contacts);
        prop_assert_eq!(call.close_cause.is_some(), call.state == State::Close);
        let agents = contacts.iter().any(|contact| contact["Agent"]["ConnectedToAgentTimestamp"].is_string());
        prop_assert!(agents || (call.bridged_at.is_none() && call.agent.is_none()));
    }
}
