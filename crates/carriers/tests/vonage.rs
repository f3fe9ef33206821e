//! Vonage: tokens, sample lives, and what is odd about it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod support;
#[path = "vonage/token.rs"]
mod token;

use proptest::prelude::*;
use ringback_calls::{Class, Direction, Evidence, Facts, Kind, Leg, LegFacts, Number, When};
use ringback_carriers::{Headers, Keys, Reading, Request, SecondLeg, Settings, Wants, carrier};
use serde_json::{Value, json};
use support::lives::{self, Recorded, Story, at};
use support::requests::{self, second_leg};

const URL: &str = "https://calls.example.com/carriers/vg/sample-account/calls/sample-normal/events";
const ACCOUNT_URL: &str = "https://calls.example.com/carriers/vg/sample-account/events";

fn ask(method: &str, url: &str, body: &str) -> Reading {
    let plain = Settings::default();
    requests::read("vg", (method, url), "application/json", body.as_bytes(), &plain).unwrap()
}

fn post(body: &str) -> Reading {
    ask("POST", URL, body)
}

proptest! {
    #[test]
    fn whatever_comes_is_read_without_a_panic(body in ".{0,300}") {
        let headers = Headers::default();
        let keys = Keys { secrets: &[], settings: &Settings::default() };
        for (method, url) in [("POST", URL.to_owned()), ("GET", format!("{URL}?{body}"))] {
            let request = Request { method, url: &url, headers: &headers, body: body.as_bytes() };
            let _ = carrier("vg").unwrap().read(&request, &keys);
        }
    }
}

const STORY: Story = Story {
    call: Some("CON-00000000-0000-4000-8000-000000000001"),
    legs: [
        Some("00000000-0000-4000-8000-00000000000a"),
        Some("00000000-0000-4000-8000-00000000000b"),
    ],
    ..Story::of("vg", "completed")
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
    assert_eq!(cause.word.as_deref(), Some("timeout"));
}

#[test]
fn the_longest_duration_is_closed_as_that() {
    STORY.record("max-duration");
}

#[test]
fn a_recording_is_added_to_the_closed_call() {
    STORY.recording(&Recorded {
        id: "00000000-0000-4000-a000-000000000001",
        at_carrier: "https://api.nexmo.com/v1/files/00000000-0000-4000-a000-000000000001",
        seconds: Some(58),
        channels: None,
        format: None,
        started_at: Some("09:00:14"),
    });
}

#[test]
fn every_event_of_a_life_is_another_and_names_one_conversation() {
    lives::every_event_of_a_life_is_another("vg");
}

fn told(facts: &Facts, number: &str) -> LegFacts {
    facts.by_number[&Number::international(number).unwrap()].clone()
}

#[test]
fn the_number_called_tells_the_leg_of_a_call_that_we_placed() {
    let body = r#"{"status":"ringing","direction":"outbound","to":"14155550102","from":"14155550100","uuid":"b",
        "conversation_uuid":"CON-1","timestamp":"2026-11-20T09:00:08Z"}"#;
    let heard = post(body).heard[0].clone();
    assert_eq!(heard.event.leg, None);
    assert_eq!(heard.reference.session.as_deref(), Some("CON-1"));
    let leg = told(&heard.event.facts, "+14155550102");
    assert_eq!(
        (leg.id.as_deref(), leg.ringing),
        (Some("b"), at("09:00:08").map(When::At))
    );
    // Where the path names no call of ours, nobody placed one: what goes out belongs to a call that came in.
    let other = ask("POST", ACCOUNT_URL, body).heard[0].clone();
    assert_eq!(other.event.leg, Some(Leg::B));
    assert_eq!(other.event.facts.b.number.unwrap().as_str(), "+14155550102");
}

#[test]
fn an_incoming_calls_caller_is_a() {
    let body =
        r#"{"status":"started","direction":"inbound","to":"14155550100","from":"14155550102","uuid":"a"}"#;
    let event = ask("POST", ACCOUNT_URL, body).heard[0].event.clone();
    assert_eq!(event.leg, Some(Leg::A));
    assert_eq!(event.facts.direction, Some(Direction::Inbound));
    assert_eq!(event.facts.a.number.unwrap().as_str(), "+14155550102");
    assert_eq!(event.facts.main_number.unwrap().as_str(), "+14155550100");
}

#[test]
fn ends_mean_what_the_table_says() {
    let table = [
        ("busy", "", Class::Busy),
        ("rejected", "declined", Class::Busy),
        ("rejected", "invalid_number", Class::Unreachable),
        ("rejected", "restricted", Class::Network),
        ("timeout", "", Class::Unreachable),
        ("unanswered", "unavailable", Class::Unreachable),
        ("cancelled", "", Class::Unreachable),
        ("failed", "number_out_of_service", Class::Unreachable),
        ("failed", "cannot_route", Class::Network),
        ("failed", "internal_error", Class::Server),
        ("failed", "a whale", Class::Other),
        ("rejected", "a whale", Class::Other),
    ];
    for (status, detail, class) in table {
        let body = json!({"status": status, "detail": detail, "uuid": "a", "direction": "outbound", "to": "14155550101"});
        let event = post(&body.to_string()).heard[0].event.clone();
        let cause = told(&event.facts, "+14155550101").cause.unwrap();
        assert_eq!(
            (event.kind, cause.class),
            (Kind::Ended, class),
            "{status} {detail}"
        );
    }
    let unknown = post(r#"{"status":"on-the-moon","uuid":"a"}"#).heard[0]
        .event
        .clone();
    assert_eq!(
        (unknown.kind, unknown.word.as_deref()),
        (Kind::Progress, Some("on-the-moon"))
    );
}

#[test]
fn completed_is_a_record_whose_start_is_the_answer_if_the_duration_says_so() {
    let completed = |duration: Value| {
        let body = json!({
            "status": "completed", "uuid": "a", "direction": "inbound", "duration": duration,
            "start_time": "2026-11-20T09:00:05.000Z", "end_time": "2026-11-20T09:01:12.000Z",
        });
        let event = post(&body.to_string()).heard[0].event.clone();
        assert_eq!((event.kind, event.evidence), (Kind::Cdr, Evidence::Cdr));
        event.facts.a
    };
    let start = at("09:00:05").map(When::At);
    for duration in [json!("67"), json!(67), json!("68")] {
        assert_eq!(
            (completed(duration.clone()).answered, completed(duration).dialled),
            (start, None)
        );
    }
    let longer = completed(json!("58"));
    assert_eq!(
        (longer.answered, longer.dialled, longer.seconds),
        (None, start, Some(58))
    );
    let never = completed(json!("0"));
    assert_eq!(
        (never.answered, never.cause.unwrap().class),
        (None, Class::Cleared)
    );
}

#[test]
fn a_request_for_an_ncco_wants_the_second_leg() {
    let fields = "to=14155550101&from=14155550100&uuid=a&conversation_uuid=CON-1";
    let get = ask("GET", &format!("{URL}?{fields}"), "");
    let body = r#"{"to":"14155550101","from":"14155550100","uuid":"a","conversation_uuid":"CON-1"}"#;
    assert_eq!(get, post(body));
    assert_eq!(get.wants, Wants::SecondLeg { answered: Leg::A });
    assert_eq!(get.heard[0].event.facts.a.answered, Some(When::Unreported));
    // A call that came in asks before anybody answers.
    let inbound = ask("POST", ACCOUNT_URL, body);
    assert_eq!(inbound.wants, Wants::SecondLeg { answered: Leg::A });
    assert_eq!(inbound.heard[0].event.facts.a.answered, None);
}

#[test]
fn events_come_as_a_get_too_if_so_configured() {
    let url =
        format!("{URL}?status=ringing&uuid=a&direction=outbound&to=14155550101&conversation_uuid=CON-1");
    let event = ask("GET", &url, "").heard[0].event.clone();
    assert_eq!(event.kind, Kind::Ringing);
    assert_eq!(told(&event.facts, "+14155550101").ringing, Some(When::Unreported));
}

#[test]
fn what_is_no_status_is_kept_as_progress() {
    let body = r#"{"conversation_uuid_from":"CON-1","conversation_uuid_to":"CON-2","uuid":"a"}"#;
    let transfer = post(body).heard[0].clone();
    assert_eq!(transfer.reference.session.as_deref(), Some("CON-1"));
    assert_eq!(transfer.event.word.as_deref(), Some("transfer"));
    let error =
        post(r#"{"reason":"no such number +14155550101","conversation_uuid":"CON-1"}"#).heard[0].clone();
    assert_eq!(
        (error.event.kind, error.event.word.as_deref()),
        (Kind::Progress, Some("error"))
    );
    assert!(!format!("{error:?}").contains("0101"));
    let machine =
        post(r#"{"status":"machine","call_uuid":"a","conversation_uuid":"CON-1"}"#).heard[0].clone();
    assert_eq!(
        (machine.event.kind, machine.event.facts.a.id),
        (Kind::Progress, None)
    );
    assert!(post("{}").heard.is_empty());
    assert!(post(r#"{"dtmf":{"digits":"1"}}"#).heard.is_empty());
}

#[test]
fn the_document_leads_to_b_and_back_to_us() {
    let second = SecondLeg {
        limit_seconds: 9999,
        ..second_leg(URL)
    };
    let answer = carrier("vg").unwrap().connect(&second).unwrap();
    assert_eq!(
        (answer.status, answer.content_type.as_deref()),
        (200, Some("application/json"))
    );
    let ncco: Value = serde_json::from_str(&answer.body).unwrap();
    let record = json!({"action": "record", "split": "conversation", "channels": 2, "format": "mp3",
        "eventUrl": [URL], "eventMethod": "POST"});
    let connect = json!({"action": "connect", "from": "14155550100", "timeout": 30, "limit": 7200,
        "eventUrl": [URL], "eventMethod": "POST", "endpoint": [{"type": "phone", "number": "14155550102"}]});
    assert_eq!(ncco, json!([record, connect]));
    let quiet = SecondLeg {
        record: false,
        limit_seconds: 60,
        ..second
    };
    let ncco: Value = serde_json::from_str(&carrier("vg").unwrap().connect(&quiet).unwrap().body).unwrap();
    assert_eq!(
        (ncco.as_array().unwrap().len(), &ncco[0]["limit"]),
        (1, &json!(60))
    );
    let longest = |code: &str, seconds| carrier(code).unwrap().longest(seconds);
    assert_eq!([60, 9999].map(|seconds| longest("vg", seconds)), [60, 7200]);
    assert_eq!(
        longest("tw", 99_999),
        99_999,
        "what is asked for is kept by default"
    );
}
