//! Sinch: signatures, sample lives, and what is odd about it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod support;

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use md5::{Digest, Md5};
use proptest::prelude::*;
use ringback_calls::{CallId, CallRecord, Class, CloseCause, Kind, Leg, RecordingState, State, When};
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, SecondLeg, Settings, Wants, carrier};
use serde_json::json;
use sha2::Sha256;
use support::{life_entries, record, vectors, verify};

const URL: &str = "https://calls.example.com/carriers/si/sample-account/events";
const PATH: &str = "/carriers/si/sample-account/events";
const SECRET: &str = "key-1:c2VjcmV0LW9uZQ==";
const BODY: &str = r#"{"event":"ace","callid":"a"}"#;
const TIME: &str = "2026-11-20T09:00:05Z";

fn at(text: &str) -> Option<Timestamp> {
    Some(format!("2026-11-20T{text}Z").parse().unwrap())
}

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

fn check_at(url: &str, headers: &[(&str, &str)], body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    let mut all = vec![("Content-Type", "application/json")];
    all.extend(headers);
    let headers = Headers::new(all);
    let request = Request {
        method: "POST",
        url,
        headers: &headers,
        body,
    };
    verify(
        "si",
        &request,
        secrets,
        &Settings::default(),
        TIME.parse().unwrap(),
    )
}

fn check(headers: &[(&str, &str)], body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    check_at(URL, headers, body, secrets)
}

fn read(body: &str) -> Reading {
    let headers = Headers::new([("content-type", "application/json")]);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: body.as_bytes(),
    };
    let keys = Keys {
        secrets: &[],
        settings: &Settings::default(),
    };
    carrier("si").unwrap().read(&request, &keys).unwrap()
}

#[test]
fn published_vectors_verify_or_are_refused() {
    for vector in vectors("sinch") {
        let headers = vector.headers();
        let request = Request {
            method: vector.text("method"),
            url: vector.text("url"),
            headers: &headers,
            body: vector.text("body").as_bytes(),
        };
        let signed_at = vector.json["headers"]["x-timestamp"].as_str().unwrap();
        let now = signed_at.trim_start_matches("x-timestamp:").parse().unwrap();
        let secret = vector.text("secret_or_public_key");
        let verified = verify("si", &request, &[secret], &Settings::default(), now);
        assert_eq!(
            verified.is_ok(),
            vector.valid(),
            "{verified:?}: {}",
            vector.text("source")
        );
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
    for secrets in [
        &[SECRET][..],
        &[next, SECRET],
        &[SECRET, next],
        &[other, "", SECRET],
    ] {
        assert_eq!(check(&headers, BODY.as_bytes(), secrets), Ok(()));
    }
    let refused = |secrets: &[&str]| check(&headers, BODY.as_bytes(), secrets).unwrap_err().reason();
    assert_eq!(refused(&[next]), "mismatch");
    assert_eq!(refused(&[next, other]), "mismatch");
    assert_eq!(refused(&[other]), "other-account");
    for useless in [&[][..], &[""], &["key-1"], &["key-1:"], &["key-1:~"]] {
        assert_eq!(refused(useless), "secret", "{useless:?}");
    }
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
    for (time, good) in [
        ("2026-11-20T08:55:05Z", true),
        ("2026-11-20T09:05:05Z", true),
        ("2026-11-20T08:55:04Z", false),
        ("2026-11-20T09:05:06Z", false),
    ] {
        let authorization = sign(SECRET, time, BODY.as_bytes());
        let headers = [("authorization", authorization.as_str()), ("x-timestamp", time)];
        let verified = check(&headers, BODY.as_bytes(), &[SECRET]);
        assert_eq!(verified.is_ok(), good, "{time}");
        assert!(good || verified.unwrap_err().reason() == "stale");
    }
}

#[test]
fn headers_that_cannot_be_right_are_refused_for_what_they_are() {
    let good = sign(SECRET, TIME, BODY.as_bytes());
    let (a, t) = ("authorization", "x-timestamp");
    let refused = |pairs: &[(&str, &str)]| check(pairs, BODY.as_bytes(), &[SECRET]).unwrap_err().reason();
    assert_eq!(refused(&[(t, TIME)]), "header-missing");
    assert_eq!(refused(&[(a, &good)]), "header-missing");
    assert_eq!(refused(&[(a, ""), (t, TIME)]), "header-missing");
    assert_eq!(refused(&[(a, &good), (a, &good), (t, TIME)]), "header-repeated");
    assert_eq!(
        refused(&[(a, &format!("{good},{good}")), (t, TIME)]),
        "header-repeated"
    );
    assert_eq!(refused(&[(a, &good), (t, TIME), (t, TIME)]), "header-repeated");
    assert_eq!(refused(&[(a, &good), (t, "yesterday")]), "header-malformed");
    let long = format!("application key-1:{}", "A".repeat(9000));
    for value in [
        long.as_str(),
        "application",
        "application key-1",
        "application key-1:~",
        "Basic dTpw",
    ] {
        assert_eq!(refused(&[(a, value), (t, TIME)]), "header-malformed", "{value}");
    }
    assert_eq!(refused(&[(a, "application key-1:AAAA"), (t, TIME)]), "mismatch");
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
    fn another_byte_anywhere_in_the_body_is_refused(
        body in proptest::collection::vec(any::<u8>(), 1..300),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let authorization = sign(SECRET, TIME, &body);
        let headers = [("authorization", authorization.as_str()), ("x-timestamp", TIME)];
        prop_assert_eq!(check(&headers, &body, &[SECRET]), Ok(()));
        let mut other = body.clone();
        other[place.index(body.len())] ^= flip;
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

fn normal(record: &CallRecord) {
    assert_eq!(record.state, State::Close);
    assert_eq!(record.carrier.as_deref(), Some("si"));
    assert_eq!(record.carrier_call_id, record.a.id);
    assert_eq!(
        record.a.id.as_deref(),
        Some("00000000-0000-4000-8000-00000000000a_1")
    );
    assert_eq!(
        record.b.id.as_deref(),
        Some("00000000-0000-4000-8000-00000000000b_1")
    );
    assert_eq!(record.a.number.as_ref().unwrap().as_str(), "+14155550101");
    assert_eq!(record.b.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(record.b.shown.as_ref().unwrap().as_str(), "+14155550100");
    // Sinch tells answers and ends only.
    assert_eq!((record.a.dialled_at, record.a.ringing_at), (None, None));
    assert_eq!(
        (record.a.answered_at, record.b.answered_at),
        (at("09:00:05"), at("09:00:14"))
    );
    assert_eq!(record.bridged_at, at("09:00:14"));
    assert!(record.inferred.is_empty(), "{:?}", record.inferred);
}

#[test]
fn a_normal_life_is_closed_as_normal() {
    let record = record("si", "normal");
    normal(&record);
    assert_eq!(record.close_cause, Some(CloseCause::Normal));
    assert_eq!((record.ended_at, record.talk_seconds), (at("09:01:12"), Some(58)));
    assert_eq!(record.carrier_state.as_deref(), Some("ANSWERED"));
}

#[test]
fn a_busy_agent_is_closed_as_a_busy() {
    let record = record("si", "a-busy");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::ABusy))
    );
    assert_eq!((record.ended_at, record.talk_seconds), (at("09:00:03"), None));
}

#[test]
fn a_customer_who_does_not_answer_is_closed_as_b_unreachable() {
    let record = record("si", "b-no-answer");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::BUnreachable))
    );
    assert_eq!(
        (record.b.ended_at, record.ended_at),
        (at("09:00:36"), at("09:00:37"))
    );
    assert_eq!((record.b.answered_at, record.talk_seconds), (None, None));
    assert_eq!(record.raw_cause.unwrap().code.as_deref(), Some("TIMEOUT"));
}

#[test]
fn the_longest_duration_is_closed_as_that() {
    let record = record("si", "max-duration");
    normal(&record);
    assert_eq!(record.close_cause, Some(CloseCause::MaxDuration));
    assert_eq!((record.ended_at, record.talk_seconds), (at("09:01:14"), Some(60)));
}

#[test]
fn a_recording_is_added_to_the_closed_call() {
    let record = record("si", "recording");
    normal(&record);
    let recording = &record.recordings["sample-recording"];
    assert_eq!(recording.state, Some(RecordingState::Ready));
    assert_eq!(recording.format.as_deref(), Some("mp3"));
    assert_eq!(
        recording.at_carrier.as_deref(),
        Some("s3://sample-recordings/sample-recording.mp3")
    );
}

#[test]
fn every_event_of_a_life_is_another() {
    for case in ["normal", "a-busy", "b-no-answer", "max-duration", "recording"] {
        let (_, entries) = life_entries("si", case);
        let ids: HashSet<_> = entries.iter().map(|entry| entry.event.id.as_str()).collect();
        assert_eq!(ids.len(), entries.len(), "{case}");
    }
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
    let second = SecondLeg {
        number: "+14155550102",
        shown: "+14155550100",
        ring_seconds: 30,
        limit_seconds: 3600,
        record: true,
        events_url: URL,
        credential: None,
    };
    assert_eq!(carrier.connect(&second), None);
}
