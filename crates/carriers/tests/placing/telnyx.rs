//! Telnyx places calls by Call Control: A by one request, B by another once A has answered.

use ringback_calls::{Announcement, CallId, Class, CloseCause, Leg, State, fold};
use ringback_carriers::{Accepted, Ask, CannotAsk, Fault, HungUp, Inquired, Placing, Wants};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::account::{Account, now};
use super::asking::{
    AGENT, CALL, CUSTOMER, OURS, Sample, body, hang_up, hung_up, inquire, inquired, placing, record_of,
    written,
};
use super::support::requests::{entry, post};

const A: &str = "v3:sample-leg-a";
const B: &str = "v3:sample-leg-b";
const SESSION: &str = "00000000-0000-4000-8000-000000000001";

fn account() -> Account {
    Account::sample("tx").with("connectionId", "1000000000000000001")
}

fn said(ask: &Ask) -> Value {
    serde_json::from_str(body(ask)).unwrap()
}

fn state(leg: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    STANDARD.encode(json!({"call": CALL, "leg": leg}).to_string())
}

fn second_leg(sample: &Sample) -> Ask {
    let account = account();
    let call = sample.new_call();
    let asked = account.carrier.second_leg(&call, A, &account.keys(), now());
    asked.unwrap()
}

#[test]
fn the_agent_is_dialled_first_and_for_long_enough() {
    let sample = Sample::of("tx");
    let ask = sample.place(&account()).unwrap();
    let head = "POST https://api.telnyx.com/v2/calls\ncontent-type: application/json\n\
                accept: application/json\nauthorization: Bearer KEY-sample\n\n";
    assert!(written(&ask).starts_with(head));
    let expected = json!({
        "connection_id": "1000000000000000001",
        "to": AGENT,
        "from": OURS,
        "timeout_secs": 30,
        "time_limit_secs": 3630,
        "webhook_url": sample.events_url,
        "webhook_url_method": "POST",
        "client_state": state("A"),
        "command_id": "01c40ac9-9551-bbe2-4484-6205378420d9",
    });
    assert_eq!(said(&ask), expected);
    let mut endless = sample.new_call();
    endless.second.limit_seconds = u64::MAX;
    endless.agent_ring_seconds = 1;
    let account = account();
    let ask = account.carrier.place(&endless, &account.keys(), now()).unwrap();
    assert_eq!(
        (&said(&ask)["time_limit_secs"], &said(&ask)["timeout_secs"]),
        (&json!(14_400), &json!(5))
    );
}

#[test]
fn the_customer_is_dialled_once_and_bridged_to_the_agent() {
    let mut sample = Sample::of("tx");
    sample.record = true;
    let ask = second_leg(&sample);
    let expected = json!({
        "connection_id": "1000000000000000001",
        "to": CUSTOMER,
        "from": OURS,
        "timeout_secs": 30,
        "time_limit_secs": 3600,
        "webhook_url": sample.events_url,
        "webhook_url_method": "POST",
        "client_state": state("B"),
        "command_id": "ab1081ee-db10-112f-3abb-27dfa58c9842",
        "link_to": A,
        "bridge_on_answer": true,
        "prevent_double_bridge": true,
        "record": "record-from-answer",
        "record_channels": "dual",
        "record_format": "mp3",
    });
    assert_eq!(said(&ask), expected);
    assert_eq!(
        written(&second_leg(&sample)),
        written(&ask),
        "asked again, it is the same"
    );
    sample.record = false;
    assert_eq!(said(&second_leg(&sample)).get("record"), None);
}

#[test]
fn what_it_cannot_do_and_what_the_account_lacks_is_said() {
    let url = Announcement::Url("https://media.example.com/1.mp3".to_owned());
    let announced = Sample::of("tx").announcing(url).place(&account());
    assert_eq!(announced.unwrap_err(), CannotAsk::Unfit("an announcement"));
    let nameless = Sample::of("tx").place(&Account::sample("tx"));
    assert_eq!(nameless.unwrap_err(), CannotAsk::Missing("connectionId"));
    let mut keyless = account();
    keyless.secrets = vec![SecretString::from("")];
    let refused = Sample::of("tx").place(&keyless).unwrap_err();
    assert_eq!(refused, CannotAsk::Missing("an API secret"));
}

#[test]
fn an_accepted_call_has_its_ids() {
    let answer = json!({"data": {"call_control_id": A, "call_leg_id": "x", "call_session_id": SESSION,
        "is_alive": false, "record_type": "call"}});
    let expected = Accepted {
        carrier_call_id: Some(SESSION.to_owned()),
        leg_a: Some(A.to_owned()),
        control: None,
    };
    assert_eq!(
        placing(&account(), 200, &answer.to_string()),
        Placing::Accepted(expected)
    );
    for (status, unclear) in [
        (200, "{}"),
        (200, "<html>"),
        (202, r#"{"data":{}}"#),
        (500, ""),
        (302, ""),
    ] {
        assert_eq!(placing(&account(), status, unclear), Placing::Unsure, "{status}");
    }
}

#[test]
fn a_refusal_says_whose_fault_it_is() {
    let error = |code: &str, detail: &str, pointer: &str| {
        let errors = json!([{"code": code, "title": "No", "detail": detail, "source": {"pointer": pointer}}]);
        json!({"errors": errors}).to_string()
    };
    for (status, answer, fault, word) in [
        (401, error("10009", "", ""), Fault::Account, "10009"),
        (402, error("20100", "", ""), Fault::Account, "20100"),
        (429, error("10011", "", ""), Fault::Carrier, "10011"),
        (422, error("10016", "", "/to"), Fault::Call, "10016"),
        (422, error("10015", "", "/connection_id"), Fault::Account, "10015"),
        (422, error("10016", "", "/from"), Fault::Account, "10016"),
        (403, error("10010", "", ""), Fault::Account, "10010"),
        (
            403,
            error("10010", "No such country D13", ""),
            Fault::Call,
            "10010",
        ),
        (
            403,
            error("10010", "User channel limit exceeded D1", ""),
            Fault::Carrier,
            "10010",
        ),
        (403, "<html>+14155550102".to_owned(), Fault::Account, "403"),
        (422, r#"{"errors":[{}]}"#.to_owned(), Fault::Call, "422"),
    ] {
        let Placing::Refused(refusing) = placing(&account(), status, &answer) else {
            panic!("{status} {answer}");
        };
        assert_eq!(
            (refusing.fault, refusing.word.as_str()),
            (fault, word),
            "{status} {answer}"
        );
    }
}

fn alive(leg: &str) -> String {
    json!({"data": {"call_control_id": "x", "is_alive": true, "client_state": state(leg)}}).to_string()
}

fn over(leg: &str, start: &str, end: &str) -> String {
    let data = json!({"call_session_id": SESSION, "is_alive": false, "client_state": state(leg),
        "call_duration": 50, "start_time": format!("2026-11-20T{start}Z"), "end_time": format!("2026-11-20T{end}Z")});
    json!({"data": data}).to_string()
}

#[test]
fn each_leg_is_asked_for_by_its_id() {
    let sample = Sample::of("tx");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some("../b");
    let asks = inquire(&account(), &placed).unwrap();
    let expected = [
        "GET https://api.telnyx.com/v2/calls/v3%3Asample-leg-a\naccept: application/json\n\
         authorization: Bearer KEY-sample",
        "GET https://api.telnyx.com/v2/calls/..%2Fb\naccept: application/json\nauthorization: Bearer KEY-sample",
    ];
    assert_eq!(asks.iter().map(written).collect::<Vec<_>>(), expected);
    let unknown = inquire(&account(), &sample.placed(None)).unwrap_err();
    assert_eq!(unknown.reason(), "id-unknown");
}

#[test]
fn what_it_answers_later_closes_the_call_and_a_late_event_says_why() {
    let sample = Sample::of("tx");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some(B);
    let answers = [
        over("A", "09:00:00", "09:01:12"),
        over("B", "09:00:06", "09:01:12"),
    ];
    let record = record_of(&account(), &placed, &answers.each_ref().map(String::as_str));
    assert_eq!((record.state, record.a.id.as_deref()), (State::Close, Some(A)));
    assert_eq!(record.ended_at, Some("2026-11-20T09:01:12Z".parse().unwrap()));
    assert_eq!(record.a.dialled_at, Some("2026-11-20T09:00:00Z".parse().unwrap()));
    assert_eq!(
        record.close_cause,
        Some(CloseCause::BUnreachable),
        "nobody said that B answered"
    );

    // The answers ask nobody who has hung up, so the event that comes after all does.
    let Inquired::Events(mut events) = inquired(&account(), &placed, 0, 200, &answers[0]).unwrap() else {
        panic!("it is over");
    };
    let hangup = json!({"data": {"id": "e-1", "event_type": "call.hangup", "occurred_at": "2026-11-20T09:01:12Z",
        "payload": {"call_control_id": A, "call_session_id": SESSION, "client_state": state("A"),
            "hangup_cause": "user_busy", "sip_hangup_cause": "486"}}});
    let late = post(
        "tx",
        &sample.events_url,
        "application/json",
        hangup.to_string().as_bytes(),
    )
    .unwrap();
    events.extend(late.heard.into_iter().map(|heard| heard.event));
    let entries: Vec<_> = events
        .into_iter()
        .map(|event| entry("tx", now(), event))
        .collect();
    let record = fold(&sample.call, &entries).unwrap();
    assert_eq!(record.close_cause, Some(CloseCause::ABusy));
    assert_eq!(record.raw_cause.unwrap().class, Class::Busy);
}

#[test]
fn a_leg_that_lives_or_is_not_known_tells_nothing() {
    let sample = Sample::of("tx");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some(B);
    let asked = |which, status, body: &str| inquired(&account(), &placed, which, status, body).unwrap();
    let nothing = Inquired::Events(Vec::new());
    assert_eq!(asked(0, 200, &alive("A")), nothing);
    // As the answer to the request that dials it: it does not live yet.
    assert_eq!(asked(0, 200, r#"{"data":{"is_alive":false}}"#), nothing);
    assert_eq!(asked(0, 404, ""), Inquired::NoSuchCall);
    assert_eq!(
        asked(1, 404, ""),
        Inquired::NoSuchCall,
        "it counts only where no leg is known"
    );
    assert_eq!(asked(0, 429, ""), Inquired::NotNow);
    assert_eq!(asked(1, 503, ""), Inquired::NotNow);
    assert!(inquired(&account(), &placed, 0, 200, "<html>").is_err());
}

#[test]
fn a_call_is_ended_at_the_agents_leg_or_at_the_only_one_there_is() {
    let sample = Sample::of("tx");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some(B);
    let url = |ask: Ask| ask.url;
    let of_a = "https://api.telnyx.com/v2/calls/v3%3Asample-leg-a/actions/hangup";
    assert_eq!(url(hang_up(&account(), &placed).unwrap()), of_a);
    placed.leg_a = None;
    let of_b = "https://api.telnyx.com/v2/calls/v3%3Asample-leg-b/actions/hangup";
    assert_eq!(url(hang_up(&account(), &placed).unwrap()), of_b);
    assert_eq!(
        hang_up(&account(), &sample.placed(None)).unwrap_err().reason(),
        "id-unknown"
    );
    let ended = r#"{"errors":[{"code":"90018","title":"Call has already ended"}]}"#;
    for (status, body, expected) in [
        (200, r#"{"data":{"result":"ok"}}"#, HungUp::Done),
        (422, ended, HungUp::Over),
        (422, "{}", HungUp::Refused),
        (404, "", HungUp::Over),
        (401, "", HungUp::Refused),
        (500, "", HungUp::Unsure),
    ] {
        assert_eq!(hung_up(&account(), status, body), expected, "{status} {body}");
    }
}

#[test]
fn an_agent_of_ours_who_answers_waits_for_a_request_and_nobody_else_does() {
    let wants = |step: &str, client_state: &str| {
        let event = json!({"data": {"id": "e-1", "event_type": step, "payload": {"call_control_id": A,
            "call_session_id": SESSION, "client_state": client_state}}});
        let url = Sample::of("tx").events_url;
        let reading = post("tx", &url, "application/json", event.to_string().as_bytes()).unwrap();
        (reading.wants, reading.heard[0].clone())
    };
    let (command, heard) = wants("call.answered", &state("A"));
    assert_eq!(command, Wants::Command { answered: Leg::A });
    assert_eq!(heard.reference.own, Some(CallId::parse(CALL).unwrap()));
    assert_eq!(heard.event.facts.a.id.as_deref(), Some(A));
    for (step, state) in [
        ("call.answered", state("B")),
        ("call.answered", String::new()),
        ("call.answered", "aGF2ZSBhIG5pY2UgZGF5ID1d".to_owned()),
        ("call.initiated", state("A")),
        ("call.bridged", state("A")),
        ("call.hangup", state("A")),
    ] {
        assert_eq!(wants(step, &state).0, Wants::Acknowledgement, "{step}");
    }
}

#[test]
fn an_announcement_is_in_the_document_of_texml() {
    let texml = |announcement| {
        let sample = Sample::of("tx").announcing(announcement);
        let document = account().carrier.connect(&sample.second()).unwrap();
        document.body.split_once("<Dial").unwrap().0.to_owned()
    };
    let head = r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#;
    assert_eq!(
        texml(Announcement::Url(
            "https://media.example.com/1.mp3?a=1&b".to_owned()
        )),
        format!("{head}<Play>https://media.example.com/1.mp3?a=1&amp;b</Play>")
    );
    assert_eq!(
        texml(Announcement::Text("</Say><Hangup/>".to_owned())),
        format!("{head}<Say>&lt;/Say&gt;&lt;Hangup/&gt;</Say>")
    );
}
