//! Sinch: signatures, sample lives, and what is odd about it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use proptest::prelude::*;
use ringback_calls::{CallId, Class, Kind, Leg, RecordingState, When};
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, Settings, Wants, carrier};
use serde_json::json;
use sha2::Sha256;
use support::headers::{self, Needed, Pair};
use support::lives::{self, Recorded, Story, at};
use support::requests::{self, second_leg};
use support::{vectors, verify};

const URL: &str = "https://calls.example.com/carriers/si/sample-account/events";
const PATH: &str = "/carriers/si/sample-account/events";
const SECRET: &str = "key-1:c2VjcmV0LW9uZQ==";
const BODY: &str = r#"{"event":"ace","callid":"a"}"#;
const TIME: &str = "2026-11-20T09:00:05Z";

/// The `authorization` for a POST of that body at that time, with the secret of the given text.
fn sign(secret: &str, time: &str, body: &[u8]) -> String {
    let (key, secret) = secret.split_once(':').unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(secret).unwrap()).unwrap();
    let digest = STANDARD.encode(Md5::digest(body));
    mac.update(format!("POST\n{digest}\napplication/json\nx-timestamp:{time}\n{PATH}").as_bytes());
    format!(
        "application {key}:{}",
        STANDARD.encode(mac.finalize().into_bytes())
    )
}

fn check_at(url: &str, pairs: &[Pair<'_>], body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    let json = [("Content-Type", "application/json")];
    let headers = Headers::new(json.iter().chain(pairs).copied());
    requests::check("si", url, &headers, body, secrets, TIME.parse().unwrap())
}

fn check(headers: &[Pair<'_>], body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    check_at(URL, headers, body, secrets)
}

fn read(body: &str) -> Reading {
    requests::post("si", URL, "application/json", body.as_bytes()).unwrap()
}

#[test]
fn published_vectors_verify_or_are_refused() {
    for vector in vectors("sinch") {
        let signed_at = vector.json["headers"]["x-timestamp"].as_str().unwrap();
        let now = signed_at.trim_start_matches("x-timestamp:").parse().unwrap();
        vector.agrees_with(&vector.verify("si", &Settings::default(), now));
    }
}

#[test]
fn the_name_of_the_time_may_stand_in_its_value() {
    let valid = vectors("sinch")
        .into_iter()
        .rfind(|vector| vector.valid())
        .unwrap();
    let value = valid.json["headers"]["x-timestamp"].as_str().unwrap();
    let headers = Headers::new([
        (
            "Content-Type",
            valid.json["headers"]["Content-Type"].as_str().unwrap(),
        ),
        (
            "Authorization",
            valid.json["headers"]["Authorization"].as_str().unwrap(),
        ),
        ("X-Timestamp", format!("x-timestamp:{value}").as_str()),
    ]);
    let request = Request {
        method: "POST",
        url: valid.text("url"),
        headers: &headers,
        body: valid.text("body").as_bytes(),
    };
    let secret = valid.text("secret_or_public_key");
    let now = value.parse().unwrap();
    assert_eq!(
        verify("si", &request, &[secret], &Settings::default(), now),
        Ok(())
    );
}

#[test]
fn one_of_two_secrets_is_enough_and_another_applications_is_not() {
    let authorization = sign(SECRET, TIME, BODY.as_bytes());
    let headers = [("authorization", authorization.as_str()), ("x-timestamp", TIME)];
    let next = "key-1:c2VjcmV0LXR3bw==";
    let other = "key-2:c2VjcmV0LW9uZQ==";
    let check = |secrets: &[&str]| check(&headers, BODY.as_bytes(), secrets);
    headers::either_of_two_secrets_is_good(SECRET, next, check);
    headers::useless_secrets_are_told(&["", "key-1", "key-1:", "key-1:~"], check);
    assert_eq!(check(&[other, "", SECRET]), Ok(()));
    assert_eq!(check(&[next, other]).unwrap_err().reason(), "mismatch");
    assert_eq!(check(&[other]).unwrap_err().reason(), "other-account");
}

#[test]
fn the_path_the_time_and_the_type_are_signed_and_the_query_is_not() {
    let authorization = sign(SECRET, TIME, BODY.as_bytes());
    let headers = [("authorization", authorization.as_str()), ("x-timestamp", TIME)];
    let verified =
        |url: &str| check_at(url, &headers, BODY.as_bytes(), &[SECRET]).map_err(|error| error.reason());
    assert_eq!(verified(&format!("{URL}?a=1")), Ok(()));
    assert_eq!(
        verified("https://elsewhere.example.com/carriers/si/sample-account/events"),
        Ok(())
    );
    assert_eq!(verified(&format!("{URL}/")), Err("mismatch"));
    let other_time = [
        ("authorization", authorization.as_str()),
        ("x-timestamp", "2026-11-20T09:00:06Z"),
    ];
    assert_eq!(
        check(&other_time, BODY.as_bytes(), &[SECRET])
            .unwrap_err()
            .reason(),
        "mismatch"
    );
    let typed = Headers::new([headers[0], headers[1], ("content-type", "text/plain")]);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &typed,
        body: BODY.as_bytes(),
    };
    let now = TIME.parse().unwrap();
    assert!(verify("si", &request, &[SECRET], &Settings::default(), now).is_err());
}

#[test]
fn a_signed_time_may_be_five_minutes_away_and_no_more() {
    let now: Timestamp = TIME.parse().unwrap();
    headers::five_minutes_away_are_near_enough(|seconds| {
        let time = (now + SignedDuration::from_secs(seconds)).to_string();
        let authorization = sign(SECRET, &time, BODY.as_bytes());
        let headers = [("authorization", authorization.as_str()), ("x-timestamp", &time)];
        check(&headers, BODY.as_bytes(), &[SECRET])
    });
}

#[test]
fn headers_that_cannot_be_right_are_refused_for_what_they_are() {
    let good = sign(SECRET, TIME, BODY.as_bytes());
    let authorization = Needed {
        scheme: "application key-1:",
        odd: &[
            "application",
            "application key-1",
            "application key-1:~",
            "Basic dTpw",
        ],
        ..Needed::new("authorization", &good)
    };
    let timestamp = Needed {
        odd: &["yesterday"],
        ..Needed::new("x-timestamp", TIME)
    };
    headers::refused_for_what_they_are(&[authorization, timestamp], |pairs| {
        check(pairs, BODY.as_bytes(), &[SECRET])
    });
    let short = [("authorization", "application key-1:AAAA"), ("x-timestamp", TIME)];
    let refusal = check(&short, BODY.as_bytes(), &[SECRET]).unwrap_err();
    assert_eq!(refusal.reason(), "mismatch");
}

#[test]
fn a_request_without_a_body_signs_none() {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret-one").unwrap();
    mac.update(format!("POST\n\napplication/json\nx-timestamp:{TIME}\n{PATH}").as_bytes());
    let authorization = format!(
        "Application key-1:{}",
        STANDARD.encode(mac.finalize().into_bytes())
    );
    let headers = [("authorization", authorization.as_str()), ("x-timestamp", TIME)];
    assert_eq!(check(&headers, b"", &[SECRET]), Ok(()));
}

proptest! {
    #[test]
    fn another_byte_anywhere_in_the_body_is_refused((body, other) in headers::changed_bodies()) {
        let authorization = sign(SECRET, TIME, &body);
        let headers = [("authorization", authorization.as_str()), ("x-timestamp", TIME)];
        prop_assert_eq!(check(&headers, &body, &[SECRET]), Ok(()));
        prop_assert_eq!(check(&headers, &other, &[SECRET]).unwrap_err().reason(), "mismatch");
    }

    #[test]
    fn whatever_comes_is_read_without_a_panic(body in ".{0,300}") {
        let headers = Headers::default();
        let keys = Keys { secrets: &[], settings: &Settings::default() };
        let request = Request { method: "POST", url: URL, headers: &headers, body: body.as_bytes() };
        let _ = carrier("si").unwrap().read(&request, &keys);
    }
}

/// Sinch tells answers and ends only.
const STORY: Story = Story {
    call: Some("00000000-0000-4000-8000-00000000000a_1"),
    legs: [
        Some("00000000-0000-4000-8000-00000000000a_1"),
        Some("00000000-0000-4000-8000-00000000000b_1"),
    ],
    dialled: [None, None],
    ringing: [None, None],
    ..Story::of("si", "ANSWERED")
};

#[test]
fn a_normal_life_is_closed_as_normal() {
    STORY.record("normal");
}

#[test]
fn a_busy_agent_is_closed_as_a_busy() {
    STORY.record("a-busy");
}

#[test]
fn a_customer_who_does_not_answer_is_closed_as_b_unreachable() {
    let cause = STORY.record("b-no-answer").raw_cause.unwrap();
    assert_eq!(cause.code.as_deref(), Some("TIMEOUT"));
}

#[test]
fn the_longest_duration_is_closed_as_that() {
    STORY.record("max-duration");
}

#[test]
fn a_recording_is_added_to_the_closed_call() {
    STORY.recording(&Recorded {
        id: "sample-recording",
        at_carrier: "s3://carrier-recordings/sample/sample-recording.mp3",
        seconds: None,
        channels: None,
        format: Some("mp3"),
        started_at: None,
    });
}

#[test]
fn every_event_of_a_life_is_another() {
    lives::every_event_of_a_life_is_another("si");
}

#[test]
fn custom_says_whose_call_and_which_leg() {
    let heard = read(r#"{"event":"ace","callid":"x","custom":"sample-normal:B"}"#).heard[0].clone();
    assert_eq!(heard.reference.own, Some(CallId::parse("sample-normal").unwrap()));
    assert_eq!(heard.event.leg, Some(Leg::B));
    assert_eq!(heard.event.facts.b.id.as_deref(), Some("x"));
    for other in ["sample-normal", "sample-normal:C", "no id:A", ":A", "{\"a\":1}"] {
        let body = json!({"event": "ace", "callid": "x", "custom": other}).to_string();
        let heard = read(&body).heard[0].clone();
        assert_eq!(
            (heard.reference.own, heard.event.leg),
            (None, Some(Leg::A)),
            "{other}"
        );
        assert_eq!(heard.reference.session.as_deref(), Some("x"));
    }
}

#[test]
fn an_incoming_calls_caller_is_a() {
    let body = r#"{"event":"ice","callid":"x","cli":"14155550102","to":{"type":"did","endpoint":"+14155550100"},
        "timestamp":"2026-11-20T09:00:00Z"}"#;
    let facts = read(body).heard[0].event.facts.clone();
    assert_eq!(facts.direction, Some(ringback_calls::Direction::Inbound));
    assert_eq!(facts.a.number.unwrap().as_str(), "+14155550102");
    assert_eq!(facts.main_number.unwrap().as_str(), "+14155550100");
    assert_eq!(facts.a.dialled, at("09:00:00").map(When::At));
    // The end of it does not say that it came in, so nobody knows whose numbers those are.
    let end = r#"{"event":"dice","callid":"x","from":"14155550102","to":{"endpoint":"+14155550100"}}"#;
    assert_eq!(read(end).heard[0].event.facts.a.number, None);
}

#[test]
fn ends_mean_what_the_table_says() {
    let table = [
        ("ANSWERED", "CALLERHANGUP", Class::Ok),
        ("ANSWERED", "TIMEOUT", Class::Ok),
        ("ANSWERED", "GENERALERROR", Class::Server),
        ("BUSY", "N/A", Class::Busy),
        ("NOANSWER", "TIMEOUT", Class::Unreachable),
        ("N/A", "CANCEL", Class::Unreachable),
        ("FAILED", "USERNOTFOUND", Class::Unreachable),
        ("FAILED", "NOCREDITPARTNER", Class::Server),
        ("FAILED", "BLOCKED", Class::Server),
        ("FAILED", "CALLBACKERROR", Class::Server),
        ("FAILED", "N/A", Class::Network),
        ("N/A", "MANAGERHANGUP", Class::Cleared),
        ("N/A", "N/A", Class::Other),
        ("EATEN", "BYAWHALE", Class::Other),
    ];
    for (result, reason, class) in table {
        let body = json!({"event": "dice", "callid": "x", "result": result, "reason": reason});
        let cause = read(&body.to_string()).heard[0]
            .event
            .facts
            .a
            .cause
            .clone()
            .unwrap();
        assert_eq!(cause.class, class, "{result} {reason}");
        assert_eq!(
            (cause.word.as_deref(), cause.code.as_deref()),
            (Some(result), Some(reason))
        );
    }
}

#[test]
fn a_recording_that_is_finished_is_not_yet_there() {
    let state = |kind: &str| {
        let body = json!({"event": "notify", "type": kind, "callid": "x"}).to_string();
        read(&body).heard[0].event.facts.recordings["x"].state
    };
    assert_eq!(state("recording_finished"), Some(RecordingState::Running));
    assert_eq!(state("recording_available"), Some(RecordingState::Ready));
}

#[test]
fn what_nobody_asked_for_does_no_harm() {
    for body in [
        r#"{"event":"pie","callid":"x","menuResult":{"value":"1"}}"#,
        r#"{"event":"notify","type":"amd","callid":"x"}"#,
        r#"{"event":"notify","type":"transcription_available","callid":"x","destination":"s3://a/b.json"}"#,
        r#"{"event":"on-the-moon","callid":"x"}"#,
    ] {
        let reading = read(body);
        assert_eq!(reading.heard[0].event.kind, Kind::Progress, "{body}");
        assert_eq!(reading.wants, Wants::Acknowledgement);
    }
    assert!(read(r#"{"event":"ace"}"#).heard.is_empty());
}

#[test]
fn an_answered_call_goes_on_and_no_document_is_asked_for() {
    let carrier = carrier("si").unwrap();
    assert_eq!(
        carrier.acknowledgement().body,
        r#"{"action":{"name":"continue"}}"#
    );
    assert_eq!(carrier.connect(&second_leg(URL)), None);
}
