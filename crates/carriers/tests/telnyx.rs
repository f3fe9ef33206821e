//! Telnyx: signatures, sample lives, and what is odd about it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "telnyx/signature.rs"]
mod signature;
mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use ringback_calls::{CallId, Class, Kind, Leg, RecordingState, When};
use ringback_carriers::{Reading, SecondLeg, Unreadable, Wants, carrier};
use support::lives::{self, Recorded, Story, at};
use support::requests::{self, second_leg};

const URL: &str = "https://calls.example.com/carriers/tx/sample-account/calls/sample-normal/events";

fn read(content_type: &str, body: &str) -> Result<Reading, Unreadable> {
    requests::post("tx", URL, content_type, body.as_bytes())
}

fn texml(body: &str) -> Reading {
    read("application/x-www-form-urlencoded", body).unwrap()
}

proptest! {
    #[test]
    fn whatever_comes_is_read_without_a_panic(body in ".{0,300}", form in any::<bool>()) {
        let content_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let _ = read(content_type, &body);
        let _ = read(content_type, &format!("CallSid=1&{body}"));
    }
}

const STORY: Story = Story {
    call: Some("00000000-0000-4000-8000-000000000001"),
    legs: [Some("v3:sample-leg-a"), Some("v3:sample-leg-b")],
    ringing: [None, None],
    ..Story::of("tx", "hangup")
};

#[test]
fn a_normal_life_is_closed_as_normal() {
    let cause = STORY.record("normal").raw_cause.unwrap();
    assert_eq!(cause.word.as_deref(), Some("normal_clearing"));
}

#[test]
fn a_busy_agent_is_closed_as_a_busy() {
    assert_eq!(STORY.record("a-busy").raw_cause.unwrap().sip, Some(486));
}

#[test]
fn a_customer_who_does_not_answer_is_closed_as_b_unreachable() {
    STORY.record("b-no-answer");
}

#[test]
fn the_longest_duration_is_closed_as_that() {
    let cause = STORY.record("max-duration").raw_cause.unwrap();
    assert_eq!(cause.word.as_deref(), Some("time_limit"));
}

#[test]
fn a_recording_is_added_to_the_closed_call() {
    STORY.recording(&Recorded {
        id: "00000000-0000-4000-a000-000000000001",
        at_carrier: "https://recordings.example.com/sample-recording.mp3",
        seconds: Some(58),
        channels: Some(2),
        format: Some("mp3"),
        started_at: Some("09:00:14"),
    });
}

#[test]
fn every_event_of_a_life_is_another_and_names_our_call() {
    lives::every_event_of_a_life_is_another("tx");
}

fn event(step: &str, payload: &str) -> Reading {
    let body = format!(
        r#"{{"data":{{"id":"e-1","event_type":"{step}","occurred_at":"2026-11-20T09:00:00.5Z","payload":{payload}}}}}"#
    );
    read("application/json", &body).unwrap()
}

#[test]
fn the_client_state_says_whose_call_and_which_leg() {
    let ours = STANDARD.encode(r#"{"call":"sample-normal","leg":"B"}"#);
    let reading = event(
        "call.answered",
        &format!(r#"{{"call_session_id":"s","client_state":"{ours}"}}"#),
    );
    let heard = &reading.heard[0];
    assert_eq!(heard.reference.own, Some(CallId::parse("sample-normal").unwrap()));
    assert_eq!(heard.reference.session.as_deref(), Some("s"));
    assert_eq!(heard.event.leg, Some(Leg::B));
    assert!(heard.event.facts.b.answered.is_some());
}

#[test]
fn a_client_state_of_another_is_left_alone() {
    let others = [
        "aGF2ZSBhIG5pY2UgZGF5ID1d".to_owned(),
        "!".to_owned(),
        STANDARD.encode("[1]"),
        STANDARD.encode(r#"{"call":"no id","leg":"B"}"#),
        STANDARD.encode([0xFF, 0xFE]),
    ];
    for state in others {
        let reading = event("call.answered", &format!(r#"{{"client_state":"{state}"}}"#));
        assert_eq!(reading.heard[0].reference.own, None);
        assert_eq!(reading.heard[0].event.leg, Some(Leg::A));
    }
}

#[test]
fn an_incoming_calls_caller_is_a() {
    let payload = r#"{"direction":"incoming","from":"+14155550102","to":"+14155550100"}"#;
    let facts = event("call.initiated", payload).heard[0].event.facts.clone();
    assert_eq!(facts.direction, Some(ringback_calls::Direction::Inbound));
    assert_eq!(facts.a.number.unwrap().as_str(), "+14155550102");
    assert_eq!(facts.main_number.unwrap().as_str(), "+14155550100");
    // A later event of that leg does not say that it came in, so nobody knows whose numbers those are.
    let later = event("call.answered", r#"{"from":"+14155550102","to":"+14155550100"}"#);
    assert_eq!(later.heard[0].event.facts.a.number, None);
}

#[test]
fn causes_mean_what_the_table_says() {
    let table = [
        ("normal_clearing", "200", Class::Cleared),
        ("user_busy", "486", Class::Busy),
        ("call_rejected", "603", Class::Busy),
        ("call_rejected", "403", Class::Unreachable),
        ("no_answer", "", Class::Unreachable),
        ("timeout", "487", Class::Unreachable),
        ("not_found", "404", Class::Unreachable),
        ("originator_cancel", "487", Class::Unreachable),
        ("time_limit", "200", Class::MaxDuration),
        ("unspecified", "503", Class::Network),
        ("unspecified", "500", Class::Server),
        ("unspecified", "", Class::Other),
        ("eaten_by_a_whale", "486", Class::Other),
    ];
    for (word, sip, class) in table {
        let payload = format!(r#"{{"hangup_cause":"{word}","sip_hangup_cause":"{sip}"}}"#);
        let cause = event("call.hangup", &payload).heard[0]
            .event
            .facts
            .a
            .cause
            .clone()
            .unwrap();
        assert_eq!(
            (cause.class, cause.word.as_deref()),
            (class, Some(word)),
            "{word} {sip}"
        );
    }
}

#[test]
fn a_hangup_without_a_cause_still_ends_the_leg() {
    let event = event("call.hangup", r#"{"end_time":"2026-11-20T09:00:07Z"}"#).heard[0]
        .event
        .clone();
    assert_eq!(event.facts.a.ended, at("09:00:07").map(When::At));
    assert_eq!(event.facts.a.cause, None);
}

#[test]
fn what_nobody_asked_for_does_no_harm() {
    assert!(event("fax.received", "{}").heard.is_empty());
    assert_eq!(
        event("call.dtmf.received", "{}").heard[0].event.kind,
        Kind::Progress
    );
    assert_eq!(event("call.hangup", "null").heard[0].event.kind, Kind::Ended);
    let odd = r#"{"call_session_id":{"a":1},"from":7,"recording_urls":null,"channels":["x"]}"#;
    assert_eq!(
        event("call.recording.saved", odd).heard[0].reference.session,
        None
    );
    // The bill counts begun minutes: its duration is none of the call's.
    let cost = event("call.cost", r#"{"billed_duration_secs":3600}"#).heard[0]
        .event
        .clone();
    assert_eq!(
        (cost.word, cost.facts.a.seconds, cost.facts.talk_seconds),
        (None, None, None)
    );
}

#[test]
fn what_cannot_be_read_is_named_without_a_value() {
    let refused = |content_type: &str, body: &str| read(content_type, body).unwrap_err().to_string();
    assert_eq!(
        refused("application/json", r#"{"data":{"event_type":"call.hangup"}}"#),
        "data.id is missing"
    );
    assert_eq!(
        refused("application/json", r#"{"data":{"id":"1"}}"#),
        "data.event_type is missing"
    );
    assert!(!refused("application/json", r#"{"data":"+14155550101"}"#).contains("0101"));
    assert!(refused("text/plain", "x").contains("content type"));
    assert!(read("application/x-www-form-urlencoded", "CallSid=%FF").is_err());
}

#[test]
fn texml_tells_the_steps_of_both_legs() {
    let a = texml(
        "CallSid=v3%3Aa&CallStatus=ringing&CallbackSource=call-progress-events&SequenceNumber=1&Timestamp=2026-11-20T09%3A00%3A01Z&From=%2B14155550100&To=%2B14155550101",
    );
    assert_eq!(a.heard[0].event.facts.a.ringing, at("09:00:01").map(When::At));
    assert_eq!(
        a.heard[0].event.facts.a.number.as_ref().unwrap().as_str(),
        "+14155550101"
    );
    let b = texml(
        "CallSid=v3%3Ab&ParentCallSid=v3%3Aa&CallStatus=completed&CallbackSource=call-progress-events&SequenceNumber=3&Timestamp=2026-11-20T09%3A01%3A13Z&EndTime=2026-11-20T09%3A01%3A12Z&AnsweredTime=2026-11-20T09%3A00%3A14Z&CallDuration=58&HangupCause=normal_clearing&DialCallStatus=completed",
    );
    let heard = &b.heard[0];
    assert_eq!(heard.reference, a.heard[0].reference, "both legs are of one call");
    assert_eq!(heard.legs, ["v3:b"]);
    assert_eq!(heard.event.leg, Some(Leg::B));
    let facts = &heard.event.facts.b;
    assert_eq!(
        (facts.answered, facts.ended),
        (at("09:00:14").map(When::At), at("09:01:12").map(When::At))
    );
    assert_eq!(
        (facts.seconds, facts.cause.as_ref().unwrap().class),
        (Some(58), Class::Ok)
    );
    assert_eq!(b.wants, Wants::Acknowledgement);
}

#[test]
fn texml_ends_mean_what_their_words_say() {
    let table = [
        ("busy", "user_busy", Class::Busy),
        ("no-answer", "timeout", Class::Unreachable),
        ("canceled", "originator_cancel", Class::Unreachable),
        ("failed", "not_found", Class::Unreachable),
        ("failed", "eaten_by_a_whale", Class::Other),
        ("failed", "", Class::Unreachable),
        ("completed", "time_limit", Class::MaxDuration),
        ("completed", "normal_clearing", Class::Ok),
    ];
    for (status, cause, class) in table {
        let body =
            format!("CallSid=a&CallStatus={status}&CallbackSource=call-progress-events&HangupCause={cause}");
        let said = texml(&body).heard[0].event.facts.a.cause.clone().unwrap();
        assert_eq!(
            (said.class, said.word.as_deref()),
            (class, Some(status)),
            "{status} {cause}"
        );
    }
    let unknown = texml("CallSid=a&CallStatus=on-the-moon&SequenceNumber=9").heard[0]
        .event
        .clone();
    assert_eq!(
        (unknown.kind, unknown.word.as_deref()),
        (Kind::Progress, Some("on-the-moon"))
    );
}

#[test]
fn texml_asks_for_the_second_leg_once_a_is_there() {
    let asks = texml("CallSid=v3%3Aa&CallStatus=in-progress&From=%2B14155550100&To=%2B14155550101");
    assert_eq!(asks.wants, Wants::SecondLeg { answered: Leg::A });
    assert_eq!(asks.heard[0].event.facts.a.answered, Some(When::Unreported));
    for no in [
        "CallSid=a&CallStatus=in-progress&CallbackSource=call-progress-events",
        "CallSid=a&CallStatus=completed",
        "CallSid=a&CallStatus=ringing&From=%2B14155550100&To=%2B14155550101",
        "CallSid=b&ParentCallSid=a&CallStatus=in-progress",
        "CallSid=a&CallStatus=in-progress&DialCallStatus=completed",
    ] {
        assert_eq!(texml(no).wants, Wants::Acknowledgement, "{no}");
    }
}

#[test]
fn texml_tells_the_end_of_a_dial_and_the_recording() {
    let dial =
        texml("CallSid=a&DialCallSid=b&DialCallStatus=no-answer&CallStatus=in-progress").heard[0].clone();
    assert_eq!(dial.legs, ["b"]);
    assert_eq!(dial.event.facts.b.cause.unwrap().class, Class::Unreachable);
    assert_eq!(dial.event.facts.b.answered, None);
    let body = "CallSid=a&RecordingSid=r-1&RecordingStatus=completed&RecordingSource=DialVerb&RecordingDuration=58&RecordingChannels=2&RecordingUrl=https%3A%2F%2Frecordings.example.com%2F1.mp3";
    let recording = texml(body).heard[0].clone();
    assert_eq!(recording.reference.session.as_deref(), Some("a"));
    let facts = &recording.event.facts.recordings["r-1"];
    assert_eq!(
        (facts.state, facts.seconds, facts.channels),
        (Some(RecordingState::Ready), Some(58), Some(2))
    );
    // By a command on a leg: it may be the second, which is not said.
    let other = texml(&body.replace("DialVerb", "StartCallRecordingAPI")).heard[0].clone();
    assert_eq!(
        (other.reference.session, other.reference.leg.as_deref()),
        (None, Some("a"))
    );
}

#[test]
fn the_document_leads_to_b_and_back_to_us() {
    let second = second_leg(URL);
    let answer = carrier("tx").unwrap().connect(&second).unwrap();
    let expected = [
        r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#,
        r#"<Dial callerId="+14155550100" timeout="30" timeLimit="3600" action="URL" method="POST""#,
        r#" record="record-from-answer-dual" recordingStatusCallback="URL""#,
        r#" recordingStatusCallbackMethod="POST" recordingStatusCallbackEvent="in-progress completed absent">"#,
        r#"<Number statusCallback="URL" statusCallbackMethod="POST""#,
        r#" statusCallbackEvent="initiated ringing answered completed">+14155550102</Number>"#,
        r#"</Dial></Response>"#,
    ];
    assert_eq!(answer.body, expected.concat().replace("URL", URL));
    assert_eq!(
        (answer.status, answer.content_type.as_deref()),
        (200, Some("text/xml"))
    );
    let quiet = SecondLeg {
        ring_seconds: 1000,
        limit_seconds: 5,
        record: false,
        events_url: "https://calls.example.com/\"><Hangup/>&",
        ..second
    };
    let body = carrier("tx").unwrap().connect(&quiet).unwrap().body;
    assert!(body.contains(r#"timeout="120" timeLimit="60""#), "{body}");
    let longest = |seconds| carrier("tx").unwrap().longest(seconds);
    assert_eq!([5, 3600, 99_999].map(longest), [60, 3600, 14_400]);
    assert!(
        body.contains(r#"action="https://calls.example.com/&quot;&gt;&lt;Hangup/&gt;&amp;""#),
        "{body}"
    );
    assert!(!body.contains("record"), "{body}");
}
