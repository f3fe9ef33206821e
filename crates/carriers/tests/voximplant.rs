//! What the scenario at Voximplant posts, and the callbacks of the account.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod support;

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{CallEvent, CallRecord, Class, CloseCause, Kind, Leg, RecordingState, State, When};
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, Settings, Trust, Unreadable, carrier};
use serde_json::{Value, json};
use sha2::Sha256;
use support::{record, vectors, verify};

const URL: &str = "https://calls.example.com/carriers/vx/sample-account/calls/sample-normal/events";
const SECRET: &str = "sample-secret";
const BODY: &str = r#"{"v":1,"call_id":"sample-normal","session_id":"1001","seq":3,"event":"a_answered","leg":"A","ts":"2026-11-20T09:00:05.000Z"}"#;
/// 2026-11-20T09:00:05Z.
const SIGNED: i64 = 1_795_165_205;

fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn signed(secret: &str, timestamp: &str, body: &str) -> Vec<(&'static str, String)> {
    vec![
        ("X-Vx-Timestamp", timestamp.to_owned()),
        ("X-Vx-Signature", hex(&mac(secret, timestamp, body.as_bytes()))),
    ]
}

fn good() -> Vec<(&'static str, String)> {
    signed(SECRET, &SIGNED.to_string(), BODY)
}

fn verified(
    headers: &[(&'static str, String)],
    body: &str,
    secrets: &[&str],
    now: i64,
) -> Result<(), Refusal> {
    let headers = Headers::new(headers.iter().cloned());
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: body.as_bytes(),
    };
    let now = Timestamp::from_second(now).unwrap();
    verify("vx", &request, secrets, &Settings::default(), now)
}

fn refused(headers: &[(&'static str, String)]) -> &'static str {
    verified(headers, BODY, &[SECRET], SIGNED).unwrap_err().reason()
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
    carrier("vx").unwrap().read(&request, &keys)
}

fn read(body: &Value) -> Result<Reading, Unreadable> {
    read_as("application/json", body.to_string().as_bytes())
}

fn event(fields: &Value) -> CallEvent {
    let mut body: Value = serde_json::from_str(BODY).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    read(&body).unwrap().heard.remove(0).event
}

#[test]
fn callbacks_of_the_account_verify_as_the_vectors_do_and_say_nothing() {
    for vector in vectors("voximplant") {
        let headers = vector.headers();
        let request = Request {
            method: vector.text("method"),
            url: vector.text("url"),
            headers: &headers,
            body: vector.text("body").as_bytes(),
        };
        let secret = vector.text("secret_or_public_key");
        let now = vector.now();
        let result = verify("vx", &request, &["another", secret], &Settings::default(), now);
        assert_eq!(result.is_ok(), vector.valid(), "{}", vector.text("source"));
        let other = secret.replace("mysalt", "salt");
        assert!(verify("vx", &request, &[&other], &Settings::default(), now).is_err());
        assert_eq!(read_as("application/json", request.body), Ok(Reading::default()));
    }
    // A hash covers its callback's id and nothing beside it.
    let mut body: Value = serde_json::from_str(BODY).unwrap();
    body["callbacks"] = json!([]);
    assert_eq!(
        verified(&[], &body.to_string(), &["a:b"], SIGNED)
            .unwrap_err()
            .reason(),
        "mismatch"
    );
    body["callbacks"] =
        json!([{"callback_id": 42, "account_id": 1, "hash": "27246a66e5bee1db86874f6671115ebe"}, {}]);
    let secret = "mysalt:eec36d6c-a0eb-46b5-a006-1c2b65343bac";
    assert_eq!(
        verified(&[], &body.to_string(), &[secret], SIGNED)
            .unwrap_err()
            .reason(),
        "mismatch"
    );
    body["callbacks"].as_array_mut().unwrap().pop();
    assert_eq!(verified(&[], &body.to_string(), &[secret], SIGNED), Ok(()));
    assert_eq!(read(&body), Ok(Reading::default()));
}

#[test]
fn hexadecimal_digits_and_base64_are_good_signatures() {
    assert_eq!(verified(&good(), BODY, &[SECRET], SIGNED), Ok(()));
    let mut headers = good();
    headers[1].1 = BASE64_STANDARD.encode(mac(SECRET, &SIGNED.to_string(), BODY.as_bytes()));
    assert_eq!(verified(&headers, BODY, &[SECRET], SIGNED), Ok(()));
    headers[1].1 = hex(&mac(SECRET, &SIGNED.to_string(), BODY.as_bytes())).to_uppercase();
    assert_eq!(refused(&headers), "header-malformed");
    let keys = Keys {
        secrets: &[],
        settings: &Settings::default(),
    };
    assert_eq!(carrier("vx").unwrap().trust(&keys), Trust::Sender);
}

#[test]
fn what_is_changed_or_of_another_account_does_not_match() {
    let mismatch = |headers: &[(&'static str, String)], body: &str, secrets: &[&str]| {
        assert_eq!(
            verified(headers, body, secrets, SIGNED).unwrap_err().reason(),
            "mismatch"
        );
    };
    mismatch(&good(), &BODY.replace("a_answered", "b_answered"), &[SECRET]);
    mismatch(&good(), &format!("{BODY} "), &[SECRET]);
    mismatch(&good(), BODY, &["another-secret"]);
    mismatch(&good(), BODY, &[""]);
    let mut later = good();
    later[0].1 = (SIGNED + 1).to_string();
    mismatch(&later, BODY, &[SECRET]);
    assert_eq!(
        verified(&good(), BODY, &[], SIGNED).unwrap_err().reason(),
        "secret"
    );
    assert_eq!(verified(&good(), BODY, &["next-secret", SECRET], SIGNED), Ok(()));
    assert_eq!(verified(&good(), BODY, &[SECRET, "next-secret"], SIGNED), Ok(()));
}

#[test]
fn an_attempt_is_good_for_five_minutes() {
    for seconds in [-300, 0, 300] {
        assert_eq!(
            verified(&good(), BODY, &[SECRET], SIGNED + seconds),
            Ok(()),
            "{seconds}"
        );
    }
    for seconds in [-301, 301, 86_400] {
        let refusal = verified(&good(), BODY, &[SECRET], SIGNED + seconds).unwrap_err();
        assert_eq!(refusal, Refusal::Stale { seconds, window: 300 });
    }
}

#[test]
fn headers_that_are_missing_repeated_or_odd_are_refused() {
    let good = good();
    let with = |at: usize, value: &str| {
        let mut headers = good.clone();
        headers[at].1 = value.to_owned();
        headers
    };
    assert_eq!(refused(&[]), "header-missing");
    assert_eq!(refused(&good[..1]), "header-missing");
    assert_eq!(refused(&good[1..]), "header-missing");
    assert_eq!(refused(&with(1, "")), "header-missing");
    assert_eq!(
        refused(&[good[0].clone(), good[1].clone(), good[1].clone()]),
        "header-repeated"
    );
    assert_eq!(
        refused(&[good[0].clone(), good[0].clone(), good[1].clone()]),
        "header-repeated"
    );
    assert_eq!(
        refused(&with(1, &format!("{0}, {0}", good[1].1))),
        "header-repeated"
    );
    assert_eq!(refused(&with(1, &"a".repeat(9000))), "header-malformed");
    for odd in ["abc", "!", "AAAA", &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(refused(&with(1, odd)), "header-malformed", "{odd}");
    }
    for odd in ["soon", "1.5", "99999999999999999999", "9223372036854775807"] {
        assert_eq!(refused(&with(0, odd)), "header-malformed", "{odd}");
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn assert_talked(record: &CallRecord) {
    assert_eq!(record.state, State::Close);
    assert_eq!(record.a.number.as_ref().unwrap().as_str(), "+14155550101");
    assert_eq!(record.b.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(record.a.dialled_at, Some(at("2026-11-20T09:00:00Z")));
    assert_eq!(record.a.ringing_at, Some(at("2026-11-20T09:00:01Z")));
    assert_eq!(record.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!(record.b.dialled_at, Some(at("2026-11-20T09:00:06Z")));
    assert_eq!(record.b.ringing_at, Some(at("2026-11-20T09:00:08Z")));
    assert_eq!(record.b.answered_at, Some(at("2026-11-20T09:00:14Z")));
    assert_eq!(record.bridged_at, Some(at("2026-11-20T09:00:14Z")));
    assert_eq!(record.carrier_state.as_deref(), Some("closed"));
    assert!(record.inferred.is_empty(), "{:?}", record.inferred);
}

#[test]
fn a_normal_call() {
    let record = record("vx", "normal");
    assert_talked(&record);
    assert_eq!(record.carrier_call_id.as_deref(), Some("1001"));
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:01:12Z")));
    assert_eq!(
        (record.talk_seconds, record.close_cause),
        (Some(58), Some(CloseCause::Normal))
    );
}

#[test]
fn a_is_busy() {
    let record = record("vx", "a-busy");
    assert_eq!(record.close_cause, Some(CloseCause::ABusy));
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:00:03Z")));
    assert_eq!((record.bridged_at, record.talk_seconds), (None, None));
    assert_eq!(record.raw_cause.unwrap().word.as_deref(), Some("Busy Here"));
}

#[test]
fn b_does_not_answer() {
    let record = record("vx", "b-no-answer");
    assert_eq!(record.close_cause, Some(CloseCause::BUnreachable));
    assert_eq!(record.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!((record.b.answered_at, record.talk_seconds), (None, None));
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:00:37Z")));
}

#[test]
fn the_longest_duration_is_reached() {
    let record = record("vx", "max-duration");
    assert_talked(&record);
    assert_eq!(
        (record.talk_seconds, record.close_cause),
        (Some(60), Some(CloseCause::MaxDuration))
    );
}

#[test]
fn a_recording_is_ready_and_does_not_make_the_call_longer() {
    let record = record("vx", "recording");
    assert_talked(&record);
    assert_eq!(
        (record.ended_at, record.talk_seconds),
        (Some(at("2026-11-20T09:01:12Z")), Some(58))
    );
    let recording = &record.recordings["1005"];
    assert_eq!(recording.state, Some(RecordingState::Ready));
    assert_eq!((recording.seconds, recording.channels), (Some(58), Some(2)));
    assert!(recording.at_carrier.as_ref().unwrap().ends_with(".mp3"));
}

#[test]
fn session_and_number_name_an_event() {
    let id = event(&json!({})).id;
    assert_eq!(event(&json!({"ts": "2026-11-20T09:00:06Z"})).id, id);
    assert_eq!(event(&json!({"session_id": 1001})).id, id);
    assert_ne!(event(&json!({"seq": 4})).id, id);
    assert_ne!(event(&json!({"session_id": "1002"})).id, id);
    assert_eq!(event(&json!({})).sequence, Some(3));
    let heard = read(&serde_json::from_str(BODY).unwrap())
        .unwrap()
        .heard
        .remove(0);
    assert_eq!(heard.reference.own.unwrap().as_str(), "sample-normal");
    assert_eq!(heard.reference.session.as_deref(), Some("1001"));
}

#[test]
fn failures_have_the_class_of_their_code() {
    for (code, class) in [
        (json!(486), Class::Busy),
        (json!(603), Class::Busy),
        (json!(480), Class::Unreachable),
        (json!(487), Class::Unreachable),
        (json!(404), Class::Unreachable),
        (json!(408), Class::Unreachable),
        (json!(402), Class::Server),
        (json!(500), Class::Server),
        (json!(503), Class::Network),
        (json!(403), Class::Other),
        (json!(70_000), Class::Other),
        (json!(null), Class::Other),
    ] {
        let event = event(&json!({"event": "b_failed", "leg": "B", "code": code, "reason": "Words"}));
        let cause = event.facts.b.cause.unwrap();
        assert_eq!(
            (cause.class, cause.word.as_deref()),
            (class, Some("Words")),
            "{code}"
        );
        assert_eq!((event.kind, event.leg), (Kind::Ended, Some(Leg::B)));
    }
}

#[test]
fn a_session_that_never_called_ends_by_itself() {
    let closed = |reason: &str| event(&json!({"event": "closed", "leg": null, "reason": reason})).facts;
    let then = Some(When::At(at("2026-11-20T09:00:05Z")));
    assert_eq!(closed("invalid-data").ended, then);
    for (reason, class) in [
        ("invalid-data", Class::Server),
        ("error", Class::Server),
        ("stopped", Class::Cleared),
        ("max-duration", Class::MaxDuration),
        ("surprise", Class::Other),
    ] {
        assert_eq!(closed(reason).verdict.unwrap().cause.class, class, "{reason}");
    }
    assert_eq!(
        (closed("legs").ended, closed("legs").verdict),
        (Some(When::Unreported), None)
    );
}

#[test]
fn unknown_events_and_legs_that_do_not_fit_are_progress() {
    for fields in [
        json!({"event": "surprise", "leg": null}),
        json!({"event": "answered", "leg": "A"}),
        json!({"event": "a_answered", "leg": "B"}),
        json!({"event": "a_answered", "leg": null}),
        json!({"event": "a_closed", "leg": "A"}),
    ] {
        let event = event(&fields);
        assert_eq!(event.kind, Kind::Progress, "{fields}");
        assert_eq!(
            (event.facts.a.answered, event.facts.b.answered),
            (None, None),
            "{fields}"
        );
        assert_eq!(event.facts.ended, None);
    }
}

#[test]
fn what_is_no_notice_is_told_without_its_words() {
    for (name, value) in [
        ("v", json!(2)),
        ("session_id", json!(["secret"])),
        ("session_id", json!("")),
        ("seq", json!("secret")),
        ("seq", json!(-1)),
        ("ts", json!("secret")),
        ("event", json!(7)),
    ] {
        let mut body: Value = serde_json::from_str(BODY).unwrap();
        body[name] = value;
        let error = read(&body).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert!(
        read(&json!({"v": 1}))
            .unwrap_err()
            .to_string()
            .contains("session_id")
    );
    assert!(read_as("application/json", &BODY.as_bytes()[..50]).is_err());
    assert!(read_as("application/json", b"{\"v\": \"\xff\"}").is_err());
    assert!(read_as("application/json", "[".repeat(50_000).as_bytes()).is_err());
    assert!(read_as("application/x-www-form-urlencoded", BODY.as_bytes()).is_err());
}

#[test]
fn a_session_tells_its_url_for_commands_and_no_other_host_is_believed() {
    let good = "https://media-ca-01-162.voximplant.com:12093/request?token=sample";
    for (control, believed) in [
        (json!(good), Some(good)),
        (json!("https://voximplant.com.example.com/"), None),
        (json!("http://media.voximplant.com/"), None),
        (json!(null), None),
    ] {
        let event = event(&json!({"event": "started", "leg": null, "control": control}));
        assert_eq!(event.facts.control.as_deref(), believed);
    }
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(
        name in prop::sample::select(vec!["v", "session_id", "seq", "event", "leg", "ts", "code", "duration", "reason"]),
        text in ".{0,30}",
        number in any::<i64>(),
    ) {
        for value in [json!(text), json!(number), json!(null), json!([text]), json!({"a": text})] {
            let mut body: Value = serde_json::from_str(BODY).unwrap();
            body[name] = value;
            let _ = read(&body);
        }
        let _ = verified(&[("X-Vx-Timestamp", number.to_string()), ("X-Vx-Signature", text)], BODY, &[SECRET], SIGNED);
    }
}
