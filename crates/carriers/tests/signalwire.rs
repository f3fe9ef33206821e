//! SignalWire: two schemes of signatures; everything else is as with Twilio.

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
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{CloseCause, EventId, RecordingState, State};
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, SecondLeg, Settings, Unreadable, carrier};
use sha1::Sha1;
use support::{record, vectors, verify};

const URL: &str = "https://calls.example.com/carriers/sw/slug/events";
const KEY: &str = "PSK-of-the-project";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn mac(key: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Scheme A, as the carrier signs JSON.
fn hex(key: &str, url: &str, body: &str) -> String {
    let digest = mac(key, &format!("{url}{body}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Scheme B, of what the carrier puts behind the URL.
fn base64(key: &str, url: &str, tail: &str) -> String {
    STANDARD.encode(mac(key, &format!("{url}{tail}")))
}

fn headers(content_type: &str, name: &str, value: &str) -> Headers {
    Headers::new([("content-type", content_type), (name, value)])
}

fn check(headers: &Headers, body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    let request = Request {
        method: "POST",
        url: URL,
        headers,
        body,
    };
    verify(
        "sw",
        &request,
        secrets,
        &Settings::default(),
        Timestamp::UNIX_EPOCH,
    )
}

fn read(content_type: &str, body: &[u8]) -> Result<Reading, Unreadable> {
    let headers = headers(content_type, "x", "y");
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
    carrier("sw").unwrap().read(&request, &keys)
}

#[test]
fn published_vectors_verify_or_are_refused() {
    for vector in vectors("signalwire") {
        let headers = vector.headers();
        let request = Request {
            method: vector.text("method"),
            url: vector.text("url"),
            headers: &headers,
            body: vector.text("body").as_bytes(),
        };
        let secret = vector.text("secret_or_public_key");
        let result = verify("sw", &request, &[secret], &Settings::default(), vector.now());
        assert_eq!(
            result.is_ok(),
            vector.valid(),
            "{} {}: {result:?}",
            vector.text("source"),
            vector.text("url")
        );
    }
}

#[test]
fn both_schemes_verify_under_both_names_of_the_header() {
    let body = "CallSid=1&CallStatus=ringing";
    for name in ["X-SignalWire-Signature", "X-Twilio-Signature"] {
        let form = headers(FORM, name, &base64(KEY, URL, "CallSid1CallStatusringing"));
        assert_eq!(check(&form, body.as_bytes(), &["old", KEY]), Ok(()));
        let json = headers(JSON, name, &hex(KEY, URL, "{}"));
        assert_eq!(check(&json, b"{}", &["old", KEY]), Ok(()));
        assert!(check(&json, b"{}", &["another project's"]).is_err());
        assert!(check(&form, body.as_bytes(), &["another project's"]).is_err());
    }
}

#[test]
fn the_alias_does_not_stand_in_for_a_signature_that_is_wrong() {
    let wrong = hex("another", URL, "{}");
    let right = hex(KEY, URL, "{}");
    let both = Headers::new([("x-signalwire-signature", &wrong), ("x-twilio-signature", &right)]);
    assert!(check(&both, b"{}", &[KEY]).is_err());
}

#[test]
fn repeated_fields_count_once_or_each_time() {
    let body = "b=2&b=1&a=0&b=2";
    for tail in ["a0b1b2", "a0b2b1b2"] {
        let headers = headers(FORM, "x-signalwire-signature", &base64(KEY, URL, tail));
        assert_eq!(check(&headers, body.as_bytes(), &[KEY]), Ok(()), "{tail}");
    }
}

#[test]
fn a_signature_of_the_url_alone_covers_no_body() {
    let alone = base64(KEY, URL, "");
    for (content_type, body) in [(FORM, &b"CallSid=1"[..]), (JSON, b"{}")] {
        let headers = headers(content_type, "x-signalwire-signature", &alone);
        assert_eq!(check(&headers, body, &[KEY]).unwrap_err().reason(), "mismatch");
    }
}

#[test]
fn headers_that_are_missing_repeated_joined_or_oversized_are_refused() {
    let good = hex(KEY, URL, "{}");
    let reason = |values: &[&str]| {
        let headers = Headers::new(values.iter().map(|value| ("X-SignalWire-Signature", *value)));
        check(&headers, b"{}", &[KEY]).map_err(|refusal| refusal.reason())
    };
    assert_eq!(reason(&[&good]), Ok(()));
    assert_eq!(reason(&[]), Err("header-missing"));
    assert_eq!(reason(&[&good, &good]), Err("header-repeated"));
    assert_eq!(reason(&[&format!("{good},{good}")]), Err("header-repeated"));
    assert_eq!(reason(&[&"a".repeat(9_000)]), Err("header-malformed"));
    assert_eq!(reason(&[&good.to_uppercase()]), Err("header-malformed"));
    assert_eq!(reason(&[&good[1..]]), Err("header-malformed"));
}

#[test]
fn no_secret_verifies_nothing() {
    let json = headers(JSON, "x-signalwire-signature", &hex("", URL, "{}"));
    assert!(check(&json, b"{}", &[]).is_err());
    assert!(check(&json, b"{}", &[""]).is_err());
}

#[test]
fn a_request_for_another_project_is_refused_where_the_project_is_set() {
    let body = "AccountSid=project-1";
    let headers = headers(
        FORM,
        "x-signalwire-signature",
        &base64(KEY, URL, "AccountSidproject-1"),
    );
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: body.as_bytes(),
    };
    let with = |project: &str| {
        let settings = Settings([("projectId".to_owned(), project.to_owned())].into());
        verify("sw", &request, &[KEY], &settings, Timestamp::UNIX_EPOCH).map_err(|refusal| refusal.reason())
    };
    assert_eq!(with("project-1"), Ok(()));
    assert_eq!(with("project-2"), Err("other-account"));
}

proptest! {
    #[test]
    fn a_changed_byte_of_json_is_refused(at in 0..22_usize, byte in any::<u8>()) {
        let body = r#"{"event":"call.state"}"#;
        let headers = headers(JSON, "x-signalwire-signature", &hex(KEY, URL, body));
        let mut changed = body.as_bytes().to_vec();
        changed[at] = byte;
        let taken = check(&headers, &changed, &[KEY]).is_ok();
        prop_assert_eq!(taken, changed == body.as_bytes());
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..300), header in ".{0,60}") {
        for content_type in [FORM, JSON] {
            let _refused = check(&headers(content_type, "x-signalwire-signature", &header), &body, &[KEY]);
            let _read = read(content_type, &body);
        }
    }
}

#[test]
fn the_five_lives_fold_to_their_records() {
    let at = |time: &str| Some(format!("2026-11-20T{time}Z").parse::<Timestamp>().unwrap());
    let ends = [
        ("normal", CloseCause::Normal, "09:01:12", Some(58)),
        ("a-busy", CloseCause::ABusy, "09:00:03", None),
        ("b-no-answer", CloseCause::BUnreachable, "09:00:37", None),
        ("max-duration", CloseCause::MaxDuration, "09:01:14", Some(60)),
        ("recording", CloseCause::Normal, "09:01:12", Some(58)),
    ];
    for (case, cause, ended, talked) in ends {
        let record = record("sw", case);
        assert_eq!(
            (record.state, record.close_cause),
            (State::Close, Some(cause)),
            "{case}"
        );
        assert_eq!(
            (record.ended_at, record.talk_seconds),
            (at(ended), talked),
            "{case}"
        );
        assert_eq!(record.a.number.as_ref().unwrap().as_str(), "+14155550101");
        assert_eq!(record.b.number.as_ref().unwrap().as_str(), "+14155550102");
        assert!(record.inferred.is_empty(), "{case}: {:?}", record.inferred);
        assert_eq!(record.carrier.as_deref(), Some("sw"));
    }
    let record = record("sw", "recording");
    assert_eq!(record.b.answered_at, at("09:00:14"));
    assert_eq!(record.recordings.len(), 1);
    let recording = record.recordings.values().next().unwrap();
    assert_eq!(
        (recording.state, recording.channels),
        (Some(RecordingState::Ready), Some(2))
    );
    assert_eq!(
        (recording.seconds, recording.started_at),
        (Some(58), at("09:00:14"))
    );
}

#[test]
fn json_says_nothing_of_a_call_and_must_be_json() {
    assert_eq!(read(JSON, br#"{"event":"call.state"}"#), Ok(Reading::default()));
    assert!(matches!(read(JSON, b"{\"event\":"), Err(Unreadable::Body { .. })));
    let deep = "[".repeat(100_000);
    assert!(matches!(
        read(JSON, deep.as_bytes()),
        Err(Unreadable::Body { .. })
    ));
    assert!(matches!(
        read("text/plain", b"x"),
        Err(Unreadable::ContentType { .. })
    ));
}

#[test]
fn the_same_form_is_another_event_than_twilios() {
    let body = b"CallSid=CA1&CallStatus=ringing&SequenceNumber=1";
    let headers = headers(FORM, "x", "y");
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
    let id = |code: &str| {
        let mut reading = carrier(code).unwrap().read(&request, &keys).unwrap();
        reading.heard.remove(0).event.id
    };
    let [tw, sw, tx] = ["tw", "sw", "tx"].map(id);
    assert_eq!(tw, EventId::of(&["tw", "status", "CA1", "1", "ringing"]));
    assert_eq!(sw, EventId::of(&["sw", "status", "CA1", "1", "ringing"]));
    assert_eq!(
        tx,
        EventId::of(&["tx", "texml", "status", "CA1", "ringing", "1", ""])
    );
}

#[test]
fn documents_are_cxml() {
    let second = SecondLeg {
        number: "+14155550102",
        shown: "+14155550100",
        ring_seconds: 30,
        limit_seconds: 3600,
        record: true,
        announcement: None,
        events_url: URL,
        credential: None,
    };
    let ours = carrier("sw").unwrap();
    assert_eq!(ours.connect(&second), carrier("tw").unwrap().connect(&second));
    assert!(ours.acknowledgement().body.ends_with("<Response/>"));
}
