//! Voximplant.

use std::collections::BTreeMap;

use ringback_calls::{Announcement, CloseCause, Evidence, State};
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Inquired, Placing, Refusing};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::account::Account;
use super::asking::{CALL, Sample, body, events, hang_up, hung_up, inquire, inquired, placing, record_of};

const CONTROL: &str = "https://media-ca-01-162.voximplant.com:12093/request?id=1&token=sample";

fn account() -> Account {
    Account::sample("vx").with("ruleId", "1001")
}

fn fields(form: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

#[test]
fn the_scenario_is_told_everything_that_it_reads() {
    let text = Announcement::Text("Say \"hello\"".to_owned());
    let ask = Sample::of("vx").announcing(text).place(&account()).unwrap();
    assert_eq!(ask.url, "https://api.voximplant.com/platform_api/StartScenarios/");
    let (name, token) = ask.headers.last().unwrap();
    assert_eq!(*name, "authorization");
    assert!(token.expose_secret().starts_with("Bearer ey"));
    let form = fields(body(&ask));
    assert_eq!(form["rule_id"], "1001");
    let order: Value = serde_json::from_str(&form["script_custom_data"]).unwrap();
    insta::assert_json_snapshot!(order, @r###"
    {
      "a": "+14155550101",
      "a_ring_seconds": 30,
      "a_shown": "+14155550100",
      "announcement": {
        "text": "Say \"hello\""
      },
      "b": "+14155550102",
      "b_shown": "+14155550100",
      "call_id": "01900000-0000-7000-8000-00000000000a",
      "max_seconds": 3600,
      "record": false,
      "ring_seconds": 30,
      "url": "https://calls.example.com/carriers/vx/sample-account/calls/01900000-0000-7000-8000-00000000000a/events"
    }
    "###);
    let scenario = include_str!("../../../../infra/voximplant/callback.js");
    for name in order.as_object().unwrap().keys() {
        let documented = [" ", ","].map(|after| format!(" {name}{after}"));
        let used = ["order", "data"].map(|holder| format!("{holder}.{name}"));
        for forms in [documented, used] {
            assert!(forms.iter().any(|form| scenario.contains(form)), "{name}");
        }
    }
    let url = Announcement::Url("https://media.example.com/a.mp3".to_owned());
    let ask = Sample::of("vx").announcing(url).place(&account()).unwrap();
    let order: Value = serde_json::from_str(&fields(body(&ask))["script_custom_data"]).unwrap();
    assert_eq!(
        order["announcement"],
        json!({"url": "https://media.example.com/a.mp3"})
    );
    let ruleless = Sample::of("vx").place(&Account::sample("vx")).unwrap_err();
    assert_eq!(ruleless, CannotAsk::Missing("ruleId"));
}

fn started(control: &str) -> String {
    json!({"result": 1, "media_session_access_url": "http://1.2.3.4/", "media_session_access_secure_url": control,
        "call_session_history_id": 1001})
    .to_string()
}

#[test]
fn a_url_for_commands_is_believed_only_of_its_own_hosts() {
    let accepted = |control: Option<&str>| {
        Placing::Accepted(Accepted {
            carrier_call_id: Some("1001".to_owned()),
            leg_a: None,
            control: control.map(str::to_owned),
        })
    };
    assert_eq!(
        placing(&account(), 200, &started(CONTROL)),
        accepted(Some(CONTROL))
    );
    let sample = Sample::of("vx");
    for other in [
        "http://media-ca-01-162.voximplant.com/request",
        "https://voximplant.com.example.com/",
        "https://examplevoximplant.com/",
        "https://me@media.voximplant.com/",
        "https://169.254.169.254/latest/.voximplant.com",
        "https://example.com/?.voximplant.com",
        "x",
    ] {
        assert_eq!(
            placing(&account(), 200, &started(other)),
            accepted(None),
            "{other}"
        );
        let mut placed = sample.placed(Some("1001"));
        placed.control = Some(other);
        assert!(hang_up(&account(), &placed).is_err(), "{other}");
    }
}

#[test]
fn an_error_comes_with_status_200() {
    let refused = |fault, word: &str| Placing::Refused(Refusing::new(fault, word));
    for (status, body, expected) in [
        (
            200,
            r#"{"error":{"msg":"about +14155550102","code":429}}"#,
            refused(Fault::Carrier, "429"),
        ),
        (
            200,
            r#"{"error":{"msg":"unknown to us","code":100}}"#,
            Placing::Unsure,
        ),
        (
            200,
            r#"{"result":0,"error":{"msg":"?","code":"500"}}"#,
            Placing::Unsure,
        ),
        (
            200,
            r#"{"call_session_history_id":1,"error":{"code":429}}"#,
            Placing::Unsure,
        ),
        (400, r#"{"error":{"code":100}}"#, refused(Fault::Call, "400")),
        (200, r#"{"error":{"msg":"?"}}"#, Placing::Unsure),
        (200, r#"{"result":0}"#, Placing::Unsure),
        (200, r#"{"result":1}"#, Placing::Unsure),
        (
            200,
            r#"{"result":1,"call_session_history_id":1,"error":{"code":1}}"#,
            Placing::Unsure,
        ),
        (200, "", Placing::Unsure),
        (429, "", refused(Fault::Carrier, "429")),
        (503, r#"{"error":{"code":100}}"#, Placing::Unsure),
    ] {
        assert_eq!(placing(&account(), status, body), expected, "{status} {body}");
    }
}

#[test]
fn a_call_is_ended_at_the_url_of_its_session() {
    let sample = Sample::of("vx");
    let mut placed = sample.placed(Some("1001"));
    let unknown = CannotAsk::Unknown("the URL for commands");
    assert_eq!(hang_up(&account(), &placed).unwrap_err(), unknown);
    placed.control = Some(CONTROL);
    let ask = hang_up(&account(), &placed).unwrap();
    assert_eq!((ask.method, ask.url.as_str()), ("POST", CONTROL));
    assert!(
        ask.headers.iter().all(|(name, _)| *name == "content-type"),
        "nothing says who we are"
    );
    for (status, expected) in [(200, HungUp::Done), (404, HungUp::Over), (500, HungUp::Unsure)] {
        assert_eq!(hung_up(&account(), status, ""), expected);
    }
}

#[test]
fn it_is_asked_by_the_session_or_else_by_the_agent_and_the_time() {
    let sample = Sample::of("vx");
    for (id, name, value) in [
        (Some("1001"), "call_session_history_id", "1001"),
        (None, "remote_number", "14155550101"),
    ] {
        let asks = inquire(&account(), &sample.placed(id)).unwrap();
        let form = fields(body(&asks[0]));
        assert_eq!(form[name], value);
        assert_eq!(form["from_date"], "2026-11-20 08:50:00");
        assert_eq!(form["to_date"], "2026-11-20 09:10:00");
        assert_eq!(
            asks[0].url,
            "https://api.voximplant.com/platform_api/GetCallHistory/"
        );
    }
}

fn leg(id: u64, to: &str, begun: &str, seconds: u64, end: Value) -> Value {
    json!({"call_id": id, "start_time": format!("2026-11-20 {begun}"), "duration": seconds, "incoming": false,
        "remote_number": to, "local_number": "14155550100", "successful": seconds > 0, "end_reason": end})
}

fn session(call: &str, reason: Option<&str>, legs: &[Value]) -> Value {
    json!({"call_session_history_id": 1001, "start_date": "2026-11-20 09:00:00", "duration": 72,
        "finish_reason": reason, "custom_data": json!({"call_id": call}).to_string(), "calls": legs,
        "records": [{"record_url": "https://storage-gw-com-02.voximplant.com/1.mp3", "duration": 58}]})
}

fn history(sessions: &[Value]) -> String {
    json!({"result": sessions, "total_count": sessions.len(), "timezone": "Etc/GMT"}).to_string()
}

#[test]
fn a_session_that_is_over_closes_the_call() {
    let (sample, over) = (Sample::of("vx"), Some("Normal termination"));
    let a = leg(1, "14155550101", "09:00:00", 67, json!({"code": 200}));
    let talked = leg(2, "14155550102", "09:00:06", 58, json!({"code": 200}));
    let busy = leg(2, "14155550102", "09:00:06", 0, json!({"code": 486}));
    for (reason, legs, cause) in [
        (over, vec![talked, a.clone()], CloseCause::Normal),
        (over, vec![a.clone(), busy], CloseCause::BBusy),
        (
            over,
            vec![leg(1, "14155550101", "09:00:00", 0, json!({"code": 408}))],
            CloseCause::AUnreachable,
        ),
        (Some("Insufficient funds"), vec![a], CloseCause::ServerError),
    ] {
        let answer = history(&[session("another-call", over, &[]), session(CALL, reason, &legs)]);
        let placed = sample.placed(None);
        let event = events(&account(), &placed, &[&answer]).remove(0);
        assert_eq!(event.evidence, Evidence::Inferred, "the scenario knows better");
        let record = record_of(&account(), &placed, &[&answer]);
        assert_eq!((record.state, record.close_cause), (State::Close, Some(cause)));
        assert_eq!(record.ended_at.unwrap().to_string(), "2026-11-20T09:01:12Z");
        assert_eq!(record.carrier_call_id.as_deref(), Some("1001"));
        assert_eq!(record.recordings.len(), 1);
    }
}

#[test]
fn a_session_that_goes_on_is_no_end_and_one_that_never_began_is() {
    let sample = Sample::of("vx");
    let said = |id, status, answer: &str| {
        let said = inquired(&account(), &sample.placed(id), 0, status, answer);
        said.map(|said| match said {
            Inquired::Events(events) => format!("{} events", events.len()),
            other => format!("{other:?}"),
        })
    };
    let running = history(&[session(CALL, None, &[])]);
    let others = history(&[session("another-call", None, &[])]);
    for (id, status, answer, expected) in [
        (Some("1001"), 200, running.as_str(), "0 events"),
        (None, 200, &running, "1 events"),
        (Some("1001"), 200, &history(&[]), "0 events"),
        (None, 200, &history(&[]), "NoSuchCall"),
        (None, 200, &others, "NoSuchCall"),
        (Some("1001"), 200, r#"{"error":{"code":100}}"#, "NotNow"),
        (Some("1001"), 404, "", "NotNow"),
        (Some("1001"), 429, "", "NotNow"),
    ] {
        assert_eq!(said(id, status, answer).unwrap(), expected, "{answer}");
    }
    for unreadable in ["", "{}", r#"{"result":[{"calls":7}]}"#] {
        assert!(said(Some("1001"), 200, unreadable).is_err(), "{unreadable}");
    }
}
