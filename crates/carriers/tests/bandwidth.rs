//! Bandwidth: passwords, sample lives, and what is odd about it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{CallId, Class, Direction, Evidence, Kind, Leg, RecordingState, When};
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, SecondLeg, Settings, Wants, carrier};
use serde_json::json;
use support::headers::{self, Needed};
use support::lives::{self, Recorded, Story, at};
use support::requests::{self, second_leg};
use support::vectors_verify_or_are_refused;

const URL: &str = "https://calls.example.com/carriers/bw/sample-account/calls/sample-normal/events";
const SECRET: &str = "ringback:a password: with colons";

fn basic(credential: &str) -> String {
    format!("Basic {}", STANDARD.encode(credential))
}

fn check(values: &[&str], secrets: &[&str]) -> Result<(), Refusal> {
    let headers = Headers::new(values.iter().map(|value| ("Authorization", *value)));
    requests::check("bw", URL, &headers, b"{}", secrets, Timestamp::UNIX_EPOCH)
}

fn ask(method: &str, url: &str, body: &str) -> Reading {
    let plain = Settings::default();
    requests::read("bw", (method, url), "application/json", body.as_bytes(), &plain).unwrap()
}

fn read(body: &str) -> Reading {
    ask("POST", URL, body)
}

#[test]
fn published_vectors_verify_or_are_refused() {
    vectors_verify_or_are_refused("bandwidth", "bw");
}

#[test]
fn one_of_two_passwords_is_enough_and_another_accounts_is_not() {
    headers::either_of_two_secrets_is_good(SECRET, "ringback:next", |secrets| {
        check(&[&basic(SECRET)], secrets)
    });
    for wrong in [
        "ringback:",
        "ringback",
        "",
        ":",
        "ringback:a password",
        "Ringback:a password: with colons",
    ] {
        let refused = check(&[&basic(wrong)], &[SECRET]).unwrap_err().reason();
        assert!(
            matches!(refused, "mismatch" | "header-malformed"),
            "{wrong}: {refused}"
        );
    }
    assert_eq!(
        check(&[&basic("other:a password: with colons")], &[SECRET])
            .unwrap_err()
            .reason(),
        "mismatch"
    );
}

#[test]
fn a_secret_without_a_password_lets_nobody_in() {
    for useless in ["ringback", "ringback:", ":"] {
        let refused = check(&[&basic(useless)], &[useless]).unwrap_err();
        assert_eq!(refused.reason(), "secret", "{useless}");
    }
}

#[test]
fn headers_that_cannot_be_right_are_refused_for_what_they_are() {
    let good = basic(SECRET);
    let needed = Needed {
        scheme: "Basic ",
        odd: &["Basic", "Basic ~", "Bearer AAAA", &good.replace("Basic ", "")],
        ..Needed::new("Authorization", &good)
    };
    headers::refused_for_what_they_are(&[needed], |pairs| {
        let headers = Headers::new(pairs.iter().copied());
        requests::check("bw", URL, &headers, b"{}", &[SECRET], Timestamp::UNIX_EPOCH)
    });
    assert_eq!(
        check(&[&good.replace("Basic", "BASIC")], &[SECRET]),
        Ok(()),
        "the scheme has no case"
    );
}

proptest! {
    #[test]
    fn only_the_very_password_is_right(given in "[ -~]{0,40}", place in any::<prop::sample::Index>(), flip in 1..=127_u8) {
        prop_assume!(given != SECRET);
        prop_assert!(check(&[&basic(&given)], &[SECRET]).is_err());
        let mut bytes = SECRET.as_bytes().to_vec();
        bytes[place.index(SECRET.len())] ^= flip;
        let value = format!("Basic {}", STANDARD.encode(bytes));
        prop_assert!(check(&[&value], &[SECRET]).is_err());
    }

    #[test]
    fn whatever_comes_is_read_without_a_panic(body in ".{0,300}") {
        let headers = Headers::default();
        let keys = Keys { secrets: &[], settings: &Settings::default() };
        for (method, url) in [("POST", URL.to_owned()), ("GET", format!("{URL}?eventType=answer&{body}"))] {
            let request = Request { method, url: &url, headers: &headers, body: body.as_bytes() };
            let _ = carrier("bw").unwrap().read(&request, &keys);
        }
    }
}

const STORY: Story = Story {
    call: Some("c-00000000-0000-4000-8000-00000000000a"),
    legs: [
        Some("c-00000000-0000-4000-8000-00000000000a"),
        Some("c-00000000-0000-4000-8000-00000000000b"),
    ],
    ringing: [None, None],
    ..Story::of("bw", "transferDisconnect")
};

#[test]
fn a_normal_life_is_closed_as_normal() {
    let cause = STORY.record("normal").raw_cause.unwrap();
    assert_eq!(cause.word.as_deref(), Some("hangup"));
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
    STORY.record("max-duration");
}

#[test]
fn a_recording_is_added_to_the_closed_call() {
    STORY.recording(&Recorded {
        id: "r-00000000-0000-4000-a000-000000000001",
        at_carrier: "https://voice.bandwidth.com/api/v2/accounts/1000001/calls/c-00000000-0000-4000-8000-00000000000a\
            /recordings/r-00000000-0000-4000-a000-000000000001/media",
        seconds: Some(58),
        channels: Some(2),
        format: Some("mp3"),
        started_at: Some("09:00:14"),
    });
}

#[test]
fn every_event_of_a_life_is_another() {
    lives::every_event_of_a_life_is_another("bw");
}

#[test]
fn an_answer_of_a_wants_the_second_leg_and_one_of_b_does_not() {
    let a = read(r#"{"eventType":"answer","callId":"c-a","tag":"01900000-0000-7000-8000-000000000001"}"#);
    assert_eq!(a.wants, Wants::SecondLeg { answered: Leg::A });
    assert_eq!(
        a.heard[0].reference.own,
        CallId::echoed("01900000-0000-7000-8000-000000000001")
    );
    assert_eq!(a.heard[0].reference.session.as_deref(), Some("c-a"));
    let b = read(
        r#"{"eventType":"transferAnswer","callId":"c-b","parentCallId":"c-a","transferTo":"+14155550102",
        "from":"+14155550100","to":"+14155550101"}"#,
    );
    assert_eq!(b.wants, Wants::Acknowledgement);
    let heard = &b.heard[0];
    assert_eq!(
        (heard.reference.session.as_deref(), heard.reference.leg.as_deref()),
        (Some("c-a"), None)
    );
    assert_eq!(
        (heard.event.leg, heard.legs.as_slice()),
        (Some(Leg::B), &["c-b".to_owned()][..])
    );
    // `to` is still the first leg's.
    assert_eq!(
        heard.event.facts.b.number.as_ref().unwrap().as_str(),
        "+14155550102"
    );
}

#[test]
fn a_second_leg_that_does_not_name_the_first_is_looked_up() {
    let heard = read(r#"{"eventType":"transferDisconnect","callId":"c-b"}"#).heard[0].clone();
    assert_eq!(
        (heard.reference.session, heard.reference.leg.as_deref()),
        (None, Some("c-b"))
    );
}

#[test]
fn an_incoming_calls_caller_is_a() {
    let body = r#"{"eventType":"initiate","callId":"c-a","direction":"inbound","from":"+14155550102",
        "to":"+14155550100","startTime":"2026-11-20T09:00:00Z"}"#;
    let facts = read(body).heard[0].event.facts.clone();
    assert_eq!(facts.direction, Some(Direction::Inbound));
    assert_eq!(facts.a.number.unwrap().as_str(), "+14155550102");
    assert_eq!(facts.main_number.unwrap().as_str(), "+14155550100");
    assert_eq!(facts.a.dialled, at("09:00:00").map(When::At));
}

#[test]
fn causes_mean_what_the_table_says_and_a_sip_code_knows_better() {
    let table = [
        ("hangup", "", Class::Cleared),
        ("hangup", "200", Class::Cleared),
        ("busy", "", Class::Busy),
        ("rejected", "", Class::Busy),
        ("rejected", "403", Class::Busy),
        ("timeout", "", Class::Unreachable),
        ("cancel", "487", Class::Unreachable),
        ("callback-error", "", Class::Server),
        ("invalid-bxml", "", Class::Server),
        ("application-error", "", Class::Server),
        ("account-limit", "", Class::Server),
        ("node-capacity-exceeded", "", Class::Server),
        ("error", "", Class::Server),
        ("error", "503", Class::Network),
        ("error", "404", Class::Unreachable),
        ("unknown", "", Class::Other),
        ("unknown", "486", Class::Busy),
        ("eaten-by-a-whale", "999", Class::Other),
    ];
    for (cause, sip, class) in table {
        let body =
            json!({"eventType": "disconnect", "callId": "c-a", "cause": cause, "sipResponseCode": sip});
        let event = read(&body.to_string()).heard[0].event.clone();
        assert_eq!((event.kind, event.evidence), (Kind::Ended, Evidence::Cdr));
        assert_eq!(event.facts.a.cause.unwrap().class, class, "{cause} {sip}");
    }
}

#[test]
fn the_end_of_a_bridge_is_no_bridge() {
    for kind in ["bridgeComplete", "bridgeTargetComplete"] {
        let body = json!({"eventType": kind, "callId": "c-a", "cause": "hangup"}).to_string();
        let event = read(&body).heard[0].event.clone();
        assert_eq!(
            (event.kind, event.facts.bridged, event.facts.a.ended),
            (Kind::Progress, None, None)
        );
    }
}

#[test]
fn a_recording_is_ready_once_it_is_available() {
    let state = |kind: &str, status: &str| {
        let body = json!({"eventType": kind, "callId": "c-a", "recordingId": "r-1", "status": status,
            "duration": "PT1M2.5S", "startTime": "2026-11-20T09:00:14Z"});
        let facts = read(&body.to_string()).heard[0].event.facts.clone();
        assert_eq!(facts.recordings["r-1"].seconds, Some(62));
        assert_eq!(facts.a.dialled, None);
        facts.recordings["r-1"].state.unwrap()
    };
    assert_eq!(state("recordingAvailable", "complete"), RecordingState::Ready);
    assert_eq!(state("recordingAvailable", "partial"), RecordingState::Ready);
    assert_eq!(state("recordingAvailable", "error"), RecordingState::Failed);
    assert_eq!(state("recordingAvailable", "deleted"), RecordingState::Absent);
    assert_eq!(state("recordingAvailable", "processing"), RecordingState::Running);
    assert_eq!(state("recordingComplete", "complete"), RecordingState::Running);
}

#[test]
fn what_nobody_asked_for_does_no_harm() {
    for kind in [
        "machineDetectionComplete",
        "gather",
        "dtmf",
        "redirect",
        "on-the-moon",
    ] {
        let body = json!({"eventType": kind, "callId": "c-a", "digits": "1234"}).to_string();
        let event = read(&body).heard[0].event.clone();
        assert_eq!((event.kind, event.word.as_deref()), (Kind::Progress, Some(kind)));
    }
    assert!(
        read(r#"{"eventType":"conferenceCreated","conferenceId":"conf-1"}"#)
            .heard
            .is_empty()
    );
    let get = ask("GET", &format!("{URL}?eventType=answer&callId=c-a"), "");
    assert_eq!(get, read(r#"{"eventType":"answer","callId":"c-a"}"#));
}

#[test]
fn the_document_leads_to_b_and_back_to_us_with_the_password() {
    let second = SecondLeg {
        credential: Some(r#"ringback:"<&'>:"#),
        ..second_leg(URL)
    };
    let answer = carrier("bw").unwrap().connect(&second).unwrap();
    let expected = [
        r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#,
        r#"<StartRecording fileFormat="mp3" multiChannel="true""#,
        r#" recordingAvailableUrl="URL" recordingAvailableMethod="POST" CREDENTIAL/>"#,
        r#"<Transfer transferCallerId="+14155550100" callTimeout="30""#,
        r#" transferCompleteUrl="URL" transferCompleteMethod="POST" CREDENTIAL>"#,
        r#"<PhoneNumber transferAnswerUrl="URL" transferAnswerMethod="POST""#,
        r#" transferDisconnectUrl="URL" transferDisconnectMethod="POST" CREDENTIAL>"#,
        r#"+14155550102</PhoneNumber></Transfer></Response>"#,
    ];
    let credential = r#"username="ringback" password="&quot;&lt;&amp;&apos;&gt;:""#;
    let expected = expected
        .concat()
        .replace("URL=", "Url=")
        .replace("\"URL\"", &format!("\"{URL}\""));
    assert_eq!(answer.body, expected.replace("CREDENTIAL", credential));
    let quiet = SecondLeg {
        record: false,
        credential: None,
        ..second
    };
    let body = carrier("bw").unwrap().connect(&quiet).unwrap().body;
    assert!(
        !body.contains("StartRecording") && !body.contains("username"),
        "{body}"
    );
}
