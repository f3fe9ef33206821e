//! Jiuyun's notices, which nobody signs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod support;

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{
    CallEvent, CallRecord, Class, CloseCause, Evidence, Kind, Leg, RecordingState, State, When,
};
use ringback_carriers::jiuyun::auth;
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, Settings, Trust, Unreadable, carrier};
use support::{record, vectors, verify};

const URL: &str = "https://calls.example.com/carriers/e9/sample-account/events";
const INVITE: &str = "<?xml version='1.0'?>
<req><action>CallInvite</action><type>1</type><appId>app-1</appId>
<caller>13912345678</caller><called>13812345678</called><userFlag>1</userFlag><subType>0</subType>
<callId>420d9ec4557f4eeabfb003983d5b2049</callId><dateCreated>20160324175622</dateCreated><userData>abcdef</userData></req>";

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
    carrier("e9").unwrap().read(&request, &keys)
}

fn event(body: &str) -> CallEvent {
    let mut reading = read_as("application/xml", body.as_bytes()).unwrap();
    assert_eq!(reading.heard.len(), 1);
    reading.heard.remove(0).event
}

fn hangup(fields: &str) -> String {
    format!(
        "<req><action>Hangup</action><callId>c-1</callId><dateCreated>20160324180031</dateCreated>{fields}</req>"
    )
}

fn verified(body: &str, settings: &Settings) -> Result<(), Refusal> {
    let headers = Headers::default();
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: body.as_bytes(),
    };
    verify("e9", &request, &[], settings, Timestamp::UNIX_EPOCH)
}

#[test]
fn requests_to_its_api_are_signed_as_the_vectors_are() {
    for vector in vectors("jiuyun-e9") {
        let (sid, token) = vector.text("secret_or_public_key").split_once(':').unwrap();
        let (_, given) = vector.text("url").split_once('=').unwrap();
        let headers = vector.headers();
        let right = match headers.get("authorization") {
            Some(authorization) => {
                let timestamp = "20160324151701";
                assert_eq!(auth::authorization(sid, timestamp), authorization);
                auth::request_signature(sid, token, timestamp) == given
            }
            None => auth::recording_auth(sid, token) == given,
        };
        assert_eq!(right, vector.valid(), "{}", vector.text("source"));
    }
}

#[test]
fn only_the_app_id_can_be_verified_and_nothing_is_proven() {
    let named = settings(&[("appId", "app-1")]);
    assert_eq!(verified(INVITE, &named), Ok(()));
    assert_eq!(verified(INVITE, &Settings::default()), Ok(()));
    let other = Refusal::OtherAccount { what: "app id" };
    assert_eq!(verified(INVITE, &settings(&[("appId", "app-2")])), Err(other));
    let nameless = INVITE.replace("<appId>app-1</appId>", "<appId></appId>");
    let twice = INVITE.replace("<appId>", "<appId>app-1</appId><appId>");
    for body in [nameless.as_str(), twice.as_str(), "", "<req>", "{}"] {
        assert_eq!(verified(body, &named).unwrap_err().reason(), "mismatch", "{body}");
    }
    let keys = Keys {
        secrets: &[],
        settings: &named,
    };
    assert_eq!(carrier("e9").unwrap().trust(&keys), Trust::PlacedCallsOnly);
}

#[test]
fn it_hears_what_its_documentation_asks_for() {
    let answer = carrier("e9").unwrap().acknowledgement();
    assert_eq!(
        (answer.status, answer.content_type.as_deref()),
        (200, Some("application/xml"))
    );
    assert_eq!(
        answer.body,
        "<?xml version='1.0' encoding='utf-8'?><Response><statusCode>0000</statusCode><statusMsg>Success</statusMsg></Response>"
    );
    assert_eq!(carrier("e9").unwrap().again().status, 503);
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
    assert_eq!(record.agent.as_deref(), Some("agent-a"));
    assert_eq!(record.business_reference.as_deref(), Some("order-17"));
    assert_eq!(record.carrier_state.as_deref(), Some("Hangup"));
    assert!(record.inferred.is_empty(), "{:?}", record.inferred);
}

#[test]
fn a_normal_call() {
    let record = record("e9", "normal");
    assert_talked(&record);
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:01:12Z")));
    assert_eq!(record.talk_seconds, Some(58));
    assert_eq!(record.close_cause, Some(CloseCause::Normal));
    assert_eq!(record.raw_cause.unwrap().code.as_deref(), Some("0"));
    assert!(record.recordings.is_empty());
}

#[test]
fn a_is_busy() {
    let record = record("e9", "a-busy");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::ABusy))
    );
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:00:03Z")));
    assert_eq!((record.bridged_at, record.talk_seconds), (None, None));
}

#[test]
fn b_does_not_answer() {
    let record = record("e9", "b-no-answer");
    assert_eq!(record.close_cause, Some(CloseCause::BUnreachable));
    assert_eq!(record.a.answered_at, Some(at("2026-11-20T09:00:05Z")));
    assert_eq!(record.ended_at, Some(at("2026-11-20T09:00:37Z")));
    assert_eq!((record.bridged_at, record.talk_seconds), (None, None));
}

#[test]
fn the_longest_duration_is_reached() {
    let record = record("e9", "max-duration");
    assert_talked(&record);
    assert_eq!(record.close_cause, Some(CloseCause::MaxDuration));
    assert_eq!(record.talk_seconds, Some(60));
}

#[test]
fn a_recording_is_ready() {
    let record = record("e9", "recording");
    assert_talked(&record);
    let (id, recording) = record.recordings.first_key_value().unwrap();
    assert_eq!(id, record.carrier_call_id.as_ref().unwrap());
    assert_eq!(recording.state, Some(RecordingState::Ready));
    assert_eq!(recording.format.as_deref(), Some("mp3"));
    assert!(recording.at_carrier.as_ref().unwrap().ends_with(".mp3"));
    assert!(!format!("{record:?}").contains("33e9cloud"));
}

#[test]
fn dialling_b_means_that_a_has_answered() {
    let event = event(INVITE);
    let then = Some(When::At(at("2016-03-24T09:56:22Z")));
    assert_eq!(
        (event.kind, event.leg, event.evidence),
        (Kind::Dialled, Some(Leg::B), Evidence::Event)
    );
    assert_eq!((event.facts.a.answered, event.facts.b.dialled), (then, then));
    assert_eq!(event.facts.a.number.unwrap().as_str(), "+8613912345678");
    assert_eq!(event.facts.business_reference.as_deref(), Some("abcdef"));
}

#[test]
fn empty_elements_and_null_are_not_there() {
    let bare = event(&hangup(""));
    for fields in [
        "<startTimeB></startTimeB><recordUrl/><byeType></byeType><userData> </userData>",
        "<startTimeB>null</startTimeB><recordUrl>null</recordUrl><byeType>null</byeType><userData>null</userData>",
    ] {
        assert_eq!(event(&hangup(fields)).facts, bare.facts, "{fields}");
    }
    assert_eq!(bare.facts.verdict, None);
    assert_eq!(bare.facts.ended, Some(When::At(at("2016-03-24T10:00:31Z"))));
}

#[test]
fn every_bye_type_is_the_close_cause_of_its_number_and_others_are_255() {
    for (code, expected) in [
        ("0", (Class::Ok, None)),
        ("1", (Class::Unreachable, Some(Leg::A))),
        ("2", (Class::Unreachable, Some(Leg::B))),
        ("3", (Class::Busy, Some(Leg::A))),
        ("4", (Class::Busy, Some(Leg::B))),
        ("5", (Class::MaxDuration, None)),
        ("6", (Class::Server, None)),
        ("7", (Class::Network, None)),
        ("255", (Class::Other, None)),
        ("200", (Class::Other, None)),
        ("-1", (Class::Other, None)),
        ("busy", (Class::Other, None)),
    ] {
        let verdict = event(&hangup(&format!("<byeType>{code}</byeType>")))
            .facts
            .verdict
            .unwrap();
        assert_eq!((verdict.cause.class, verdict.leg), expected, "{code}");
        assert_eq!(verdict.cause.code.as_deref(), Some(code));
    }
}

#[test]
fn a_time_that_cannot_be_read_is_not_there() {
    let facts = event(&hangup("<startTimeB>2016</startTimeB><duration>9</duration>")).facts;
    assert_eq!((facts.b.answered, facts.talk_seconds), (None, None));
    let facts = event(&INVITE.replace("20160324175622", "soon")).facts;
    assert_eq!(facts.b.dialled, Some(When::Unreported));
}

#[test]
fn our_id_comes_back_as_user_data() {
    let ours = INVITE.replace("abcdef", "01900000-0000-7000-8000-000000000001");
    let heard = read_as("text/xml; charset=utf-8", ours.as_bytes())
        .unwrap()
        .heard
        .remove(0);
    assert_eq!(
        heard.reference.own.unwrap().as_str(),
        "01900000-0000-7000-8000-000000000001"
    );
    assert_eq!(heard.event.facts.business_reference, None);
    let theirs = read_as("application/xml", INVITE.as_bytes())
        .unwrap()
        .heard
        .remove(0);
    assert_eq!(theirs.reference.own, None);
    assert_eq!(
        theirs.reference.session.as_deref(),
        Some("420d9ec4557f4eeabfb003983d5b2049")
    );
}

#[test]
fn other_products_say_nothing() {
    for action in ["IncomeHangup", "VoiceNotify", "VoiceCodeNotify", "Surprise"] {
        let body = INVITE.replace("CallInvite", action);
        assert_eq!(
            read_as("application/xml", body.as_bytes()),
            Ok(Reading::default()),
            "{action}"
        );
    }
}

#[test]
fn what_is_no_notice_is_told_without_its_words() {
    let laughs = format!(
        "<!DOCTYPE req [<!ENTITY x \"secret\">]>{}",
        INVITE.replace("abcdef", "&x;")
    );
    let twice = INVITE.replace("<callId>", "<callId>secret</callId><callId>");
    let nameless = INVITE.replace("420d9ec4557f4eeabfb003983d5b2049", "");
    let entity = INVITE.replace("abcdef", "&secret;");
    for body in [
        laughs.as_str(),
        &twice,
        &nameless,
        &entity,
        &INVITE[..200],
        "",
        "{\"a\":1}",
        "<secret/>",
    ] {
        let error = read_as("application/xml", body.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert!(read_as("application/xml", b"<req>\xb1\xb1</req>").is_err());
    assert!(read_as("application/json", INVITE.as_bytes()).is_err());
    assert!(read_as("application/xml", "<a>".repeat(50_000).as_bytes()).is_err());
}

#[test]
fn the_same_notice_is_the_same_event_and_any_difference_another() {
    let id = event(INVITE).id;
    assert_eq!(event(&INVITE.replace('\n', " ")).id, id);
    for other in [
        INVITE.replace("<userFlag>1", "<userFlag>0"),
        INVITE.replace("20160324175622", "20160324175623"),
        INVITE.replace("13812345678", "13812345679"),
    ] {
        assert_ne!(event(&other).id, id);
    }
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(body in prop::collection::vec(any::<u8>(), 0..200), cut in 0..INVITE.len()) {
        let _ = read_as("application/xml", &body);
        let mut broken = INVITE.as_bytes()[..cut].to_vec();
        broken.extend(&body);
        let _ = read_as("application/xml", &broken);
    }

    #[test]
    fn times_are_beijings(hour in 0u32..24, minute in 0u32..60, second in 0u32..60) {
        let body = INVITE.replace("175622", &format!("{hour:02}{minute:02}{second:02}"));
        let midnight = at("2016-03-23T16:00:00Z");
        let expected = midnight.as_second() + i64::from(hour * 3600 + minute * 60 + second);
        prop_assert_eq!(event(&body).at, Some(Timestamp::from_second(expected).unwrap()));
    }
}
