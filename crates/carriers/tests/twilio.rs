//! Twilio: signatures, what requests say, and the document that dials B.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "twilio/any_fields.rs"]
mod any_fields;
#[path = "twilio/signature.rs"]
mod signature;
mod support;

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringback_calls::{
    CallId, Class, CloseCause, Direction, Entry, Evidence, Kind, Leg, RecordingState, State, fold,
};
use ringback_carriers::{
    Headers, Keys, Reading, Reference, Request, SecondLeg, Settings, Unreadable, Wants, carrier,
};
use support::record;

const URL: &str = "https://calls.example.com/carriers/tw/slug/calls/sample-normal/events";
const FORM: &str = "application/x-www-form-urlencoded";
const BODY: &str = "CallSid=CA00000000000000000000000000000001&CallStatus=ringing&From=%2B14155550100&SequenceNumber=1\
    &To=%2B14155550101&AccountSid=AC00000000000000000000000000000001";

fn read(body: &str) -> Reading {
    try_read(FORM, body.as_bytes()).unwrap()
}

fn try_read(content_type: &str, body: &[u8]) -> Result<Reading, Unreadable> {
    let headers = Headers::new([("content-type", content_type)]);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
    };
    let settings = Settings::default();
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    carrier("tw").unwrap().read(&request, &keys)
}

fn at(time: &str) -> Option<Timestamp> {
    Some(format!("2026-11-20T{time}Z").parse().unwrap())
}

#[test]
fn a_normal_call_folds_to_its_record() {
    let record = record("tw", "normal");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    assert_eq!(
        record.carrier_call_id.as_deref(),
        Some("CA00000000000000000000000000000001")
    );
    assert_eq!(record.carrier_state.as_deref(), Some("completed"));
    assert_eq!(record.direction, Some(Direction::Callback));
    let (a, b) = (&record.a, &record.b);
    assert_eq!(a.id.as_deref(), Some("CA00000000000000000000000000000001"));
    assert_eq!(b.id.as_deref(), Some("CA00000000000000000000000000000002"));
    assert_eq!(a.number.as_ref().unwrap().as_str(), "+14155550101");
    assert_eq!(b.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(b.shown.as_ref().unwrap().as_str(), "+14155550100");
    assert_eq!(a.dialled_at, at("09:00:00"));
    assert_eq!(a.ringing_at, at("09:00:01"));
    assert_eq!(a.answered_at, at("09:00:05"));
    assert_eq!(b.dialled_at, at("09:00:06"));
    assert_eq!(b.ringing_at, at("09:00:08"));
    assert_eq!(b.answered_at, at("09:00:14"));
    assert_eq!(record.bridged_at, at("09:00:14"));
    assert_eq!(record.ended_at, at("09:01:12"));
    assert_eq!(record.talk_seconds, Some(58));
    assert!(record.inferred.is_empty(), "{:?}", record.inferred);
}

#[test]
fn a_busy_agent_closes_the_call_with_3() {
    let record = record("tw", "a-busy");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::ABusy))
    );
    assert_eq!(record.ended_at, at("09:00:03"));
    assert_eq!(
        (record.a.answered_at, record.bridged_at, record.talk_seconds),
        (None, None, None)
    );
    let raw = record.raw_cause.unwrap();
    assert_eq!((raw.word.as_deref(), raw.sip), (Some("busy"), Some(486)));
}

#[test]
fn a_customer_who_does_not_answer_closes_the_call_with_2_though_a_was_completed() {
    let record = record("tw", "b-no-answer");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::BUnreachable))
    );
    assert_eq!(record.a.answered_at, at("09:00:05"));
    assert_eq!(record.b.ended_at, at("09:00:36"));
    assert_eq!(record.ended_at, at("09:00:37"));
    assert_eq!((record.b.answered_at, record.talk_seconds), (None, None));
}

#[test]
fn the_longest_duration_closes_the_call_with_5() {
    let record = record("tw", "max-duration");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::MaxDuration))
    );
    assert_eq!(record.talk_seconds, Some(60));
    assert_eq!(record.ended_at, at("09:01:14"));
}

#[test]
fn a_recording_that_comes_after_the_end_is_on_the_record() {
    let record = record("tw", "recording");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    let recording = &record.recordings["RE00000000000000000000000000000001"];
    assert_eq!(recording.state, Some(RecordingState::Ready));
    assert_eq!((recording.seconds, recording.channels), (Some(58), Some(2)));
    assert_eq!(recording.started_at, at("09:00:14"));
    assert!(
        recording
            .at_carrier
            .as_ref()
            .unwrap()
            .ends_with("/RE00000000000000000000000000000001")
    );
}

#[test]
fn both_legs_have_one_session_and_the_second_is_tied_to_it() {
    let a = read("CallSid=CA1&CallStatus=ringing&Direction=outbound-api&SequenceNumber=1");
    let b = read("CallSid=CA2&ParentCallSid=CA1&CallStatus=ringing&Direction=outbound-dial&SequenceNumber=1");
    assert_eq!(a.heard[0].reference, Reference::session("CA1"));
    assert_eq!(b.heard[0].reference, Reference::session("CA1"));
    assert_eq!(
        (a.heard[0].event.leg, b.heard[0].event.leg),
        (Some(Leg::A), Some(Leg::B))
    );
    assert!(a.heard[0].legs.is_empty());
    assert_eq!(b.heard[0].legs, ["CA2"]);
    let dial =
        read("CallSid=CA1&CallStatus=in-progress&Direction=outbound-api&DialCallSid=CA2&DialCallStatus=busy");
    assert_eq!(dial.heard[0].reference, Reference::session("CA1"));
    assert_eq!(
        (dial.heard[0].event.leg, &dial.heard[0].legs),
        (Some(Leg::B), &vec!["CA2".to_owned()])
    );
    assert_eq!(
        dial.heard[0].event.facts.b.cause.as_ref().unwrap().class,
        Class::Busy
    );
    assert_eq!(dial.wants, Wants::Acknowledgement);
}

#[test]
fn a_recording_is_the_sessions_unless_it_was_asked_for_by_a_leg() {
    let reference = |source: &str| {
        let body = format!("CallSid=CA2&RecordingSid=RE1&RecordingStatus=completed&RecordingSource={source}");
        read(&body).heard.remove(0).reference
    };
    for source in [
        "DialVerb",
        "RecordVerb",
        "Conference",
        "StartConferenceRecordingAPI",
    ] {
        assert_eq!(reference(source), Reference::session("CA2"));
    }
    for source in ["StartCallRecordingAPI", "OutboundAPI", "Trunking"] {
        let leg = Reference {
            leg: Some("CA2".to_owned()),
            ..Reference::default()
        };
        assert_eq!(reference(source), leg);
        assert_eq!(
            reference(&format!("{source}&ParentCallSid=CA1")),
            Reference::session("CA1")
        );
    }
    let states = [
        ("in-progress", RecordingState::Running),
        ("completed", RecordingState::Ready),
        ("absent", RecordingState::Absent),
        ("failed", RecordingState::Failed),
    ];
    for (word, state) in states {
        let reading = read(&format!("CallSid=CA1&RecordingSid=RE1&RecordingStatus={word}"));
        assert_eq!(reading.heard[0].event.facts.recordings["RE1"].state, Some(state));
    }
}

#[test]
fn the_end_of_a_leg_is_classed_by_its_word_and_its_sip_code() {
    let class = |status: &str, more: &str| {
        let body = format!("CallSid=CA1&CallStatus={status}&Direction=outbound-api&SequenceNumber=2{more}");
        let event = read(&body).heard.remove(0).event;
        assert_eq!(event.word.as_deref(), Some(status));
        event.facts.a.cause.map(|cause| cause.class)
    };
    assert_eq!(class("completed", "&CallDuration=3"), Some(Class::Ok));
    assert_eq!(class("completed", "&CallDuration=0"), Some(Class::Cleared));
    // Busy by its word, whatever the code: Twilio sends 487 with it too.
    assert_eq!(
        class("busy", "&CallDuration=0&SipResponseCode=487"),
        Some(Class::Busy)
    );
    assert_eq!(class("no-answer", "&CallDuration=0"), Some(Class::Unreachable));
    assert_eq!(class("canceled", "&CallDuration=0"), Some(Class::Unreachable));
    assert_eq!(class("failed", "&CallDuration=0"), Some(Class::Unreachable));
    assert_eq!(
        class("failed", "&CallDuration=0&SipResponseCode=503"),
        Some(Class::Network)
    );
    assert_eq!(
        class("failed", "&CallDuration=0&SipResponseCode=500"),
        Some(Class::Server)
    );
    assert_eq!(
        class("failed", "&CallDuration=0&SipResponseCode=603"),
        Some(Class::Busy)
    );
    assert_eq!(
        class("failed", "&CallDuration=0&SipResponseCode=403"),
        Some(Class::Other)
    );
}

#[test]
fn an_unknown_status_word_is_kept_and_ends_a_call_only_with_a_duration() {
    let end = read("CallSid=CA1&CallStatus=evaporated&Direction=outbound-api&CallDuration=0");
    let event = &end.heard[0].event;
    let cause = event.facts.a.cause.as_ref().unwrap();
    assert_eq!(
        (event.kind, cause.class, cause.word.as_deref()),
        (Kind::Ended, Class::Other, Some("evaporated"))
    );
    let entry = Entry {
        tenant: "t-1".to_owned(),
        carrier: "tw".to_owned(),
        account: "sample-account".to_owned(),
        received_at: Timestamp::UNIX_EPOCH,
        event: event.clone(),
    };
    let record = fold(&CallId::parse("sample-unknown").unwrap(), [&entry]).unwrap();
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Other))
    );
    let step = read("CallSid=CA1&CallStatus=pondering&Direction=outbound-api&SequenceNumber=4");
    assert_eq!(step.heard[0].event.kind, Kind::Progress);
    assert_eq!(step.heard[0].event.word.as_deref(), Some("pondering"));
}

#[test]
fn only_a_request_for_a_document_after_an_answer_wants_the_second_leg() {
    let wants = |body: &str| read(body).wants;
    let asks =
        "CallSid=CA1&CallStatus=in-progress&Direction=outbound-api&From=%2B14155550100&To=%2B14155550101";
    assert_eq!(wants(asks), Wants::SecondLeg { answered: Leg::A });
    let event = &read(asks).heard[0].event;
    assert_eq!((event.kind, event.at), (Kind::Answered, None));
    for more in [
        "&CallbackSource=call-progress-events",
        "&SequenceNumber=2",
        "&Timestamp=Fri%2C+20+Nov+2026+09%3A00%3A05+%2B0000",
        "&Digits=1",
        "&DialCallStatus=completed",
        "&ParentCallSid=CA0",
    ] {
        assert_eq!(wants(&format!("{asks}{more}")), Wants::Acknowledgement, "{more}");
    }
    assert_eq!(
        wants(&asks.replace("outbound-api", "inbound")),
        Wants::Acknowledgement
    );
    assert_eq!(
        wants(&asks.replace("in-progress", "ringing")),
        Wants::Acknowledgement
    );
}

#[test]
fn who_calls_in_is_a() {
    let body = "CallSid=CA1&CallStatus=ringing&Direction=inbound&From=%2B14155550102&To=%2B14155550100";
    let facts = &read(body).heard[0].event.facts;
    assert_eq!(facts.direction, Some(Direction::Inbound));
    assert_eq!(facts.a.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(facts.main_number.as_ref().unwrap().as_str(), "+14155550100");
}

#[test]
fn an_end_with_a_duration_tells_of_an_answer_that_was_not_told() {
    let body = "CallSid=CA2&ParentCallSid=CA1&CallStatus=completed&CallDuration=58&Direction=outbound-dial\
        &Timestamp=Fri%2C+20+Nov+2026+09%3A01%3A12+%2B0000&SequenceNumber=3";
    let entry = Entry {
        tenant: "t-1".to_owned(),
        carrier: "tw".to_owned(),
        account: "sample-account".to_owned(),
        received_at: at("09:01:12.250").unwrap(),
        event: read(body).heard.remove(0).event,
    };
    let record = fold(&CallId::parse("sample-late").unwrap(), [&entry]).unwrap();
    assert_eq!((record.state, record.talk_seconds), (State::Conn, Some(58)));
    assert!(record.inferred.contains("b.answeredAt"));
}

#[test]
fn questions_in_the_middle_of_a_document_are_each_an_event() {
    let question = |more: &str| {
        let base = "CallSid=CA1&CallStatus=in-progress&Direction=outbound-api";
        read(&format!("{base}{more}")).heard.remove(0).event.id
    };
    let first = question("");
    assert_eq!(
        first,
        question("&ApiVersion=2010-04-01"),
        "the first is known by its step"
    );
    let all = [
        first,
        question("&Digits=1"),
        question("&Digits=2"),
        question("&Digits="),
        question("&SpeechResult=yes"),
        question("&SpeechResult=yes&Confidence=0.9"),
        question("&SequenceNumber=1&UnstableSpeechResult=ye"),
        question("&SequenceNumber=1&UnstableSpeechResult=yes"),
        question("&RecordingUrl=https%3A%2F%2Fa.example%2FRE1&Digits=hangup"),
        question("&QueueResult=bridged"),
        question("&msg=Gather+End"),
    ];
    let different: BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    assert_eq!(question("&Digits=1&msg=x"), question("&msg=x&Digits=1"));
    // The report of an end names the recording, and is known by its step all the same.
    let report = |more: &str| {
        let base = "CallSid=CA1&CallStatus=completed&CallbackSource=call-progress-events&SequenceNumber=3&RecordingSid=RE1";
        read(&format!("{base}{more}")).heard.remove(0).event.id
    };
    assert_eq!(report(""), report("&Timestamp=later"));
}

#[test]
fn an_events_id_comes_from_what_is_signed_and_tells_events_apart() {
    let id = |body: &str| read(body).heard.remove(0).event.id;
    let base = "CallSid=CA1&CallStatus=ringing&SequenceNumber=1";
    assert_eq!(id(base), id(&format!("{base}&Timestamp=later")));
    assert_ne!(id(base), id("CallSid=CA1&CallStatus=ringing&SequenceNumber=2"));
    assert_ne!(id(base), id("CallSid=CA2&CallStatus=ringing&SequenceNumber=1"));
    assert_ne!(
        id(base),
        id("CallSid=CA1&CallStatus=in-progress&SequenceNumber=1")
    );
    assert_ne!(
        id("CallSid=CA1&AnsweredBy=human"),
        id("CallSid=CA1&AnsweredBy=fax")
    );
    assert!(
        read(base)
            .heard
            .iter()
            .all(|heard| heard.event.evidence == Evidence::Event)
    );
}

#[test]
fn what_names_no_call_says_nothing_and_what_is_no_form_cannot_be_read() {
    assert_eq!(read("MessageSid=SM1&Body=hello"), Reading::default());
    assert_eq!(read(""), Reading::default());
    assert!(matches!(
        try_read("application/json", b"{}"),
        Err(Unreadable::ContentType { .. })
    ));
    assert!(matches!(
        try_read(FORM, b"CallSid=\xff"),
        Err(Unreadable::Body { .. })
    ));
    assert!(matches!(
        try_read(FORM, b"CallSid=%ff"),
        Err(Unreadable::Body { .. })
    ));
    assert!(matches!(
        try_read(FORM, "a=b&".repeat(600).as_bytes()),
        Err(Unreadable::Body { .. })
    ));
}

#[test]
fn nothing_shows_a_number() {
    let shown = format!("{:?}", read(BODY));
    assert!(!shown.contains("+1415555"), "{shown}");
}

#[test]
fn the_document_dials_b_and_leads_every_callback_to_the_calls_url() {
    let mut second = SecondLeg {
        number: "+14155550102",
        shown: "+14155550100",
        ring_seconds: 30,
        limit_seconds: 3600,
        record: true,
        announcement: None,
        events_url: URL,
        credential: None,
    };
    let answer = carrier("tw").unwrap().connect(&second).unwrap();
    assert_eq!(
        (answer.status, answer.content_type.as_deref()),
        (200, Some("text/xml"))
    );
    assert_eq!(
        answer.body,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Dial callerId=\"+14155550100\" answerOnBridge=\"true\" \
             timeout=\"30\" timeLimit=\"3600\" action=\"{URL}\" record=\"record-from-answer-dual\" \
             recordingStatusCallback=\"{URL}\" recordingStatusCallbackEvent=\"in-progress completed absent\">\
             <Number statusCallback=\"{URL}\" statusCallbackEvent=\"initiated ringing answered completed\">\
             +14155550102</Number></Dial></Response>"
        )
    );
    second.record = false;
    second.events_url = "https://a.example/?x=1&y=\"<2>";
    let answer = carrier("tw").unwrap().connect(&second).unwrap();
    assert!(!answer.body.contains("ecord"));
    assert!(
        answer
            .body
            .contains("action=\"https://a.example/?x=1&amp;y=&quot;&lt;2&gt;\"")
    );
}

#[test]
fn the_acknowledgement_is_an_empty_document() {
    let answer = carrier("tw").unwrap().acknowledgement();
    assert_eq!(
        (answer.status, answer.content_type.as_deref()),
        (200, Some("text/xml"))
    );
    assert_eq!(
        answer.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"
    );
}
