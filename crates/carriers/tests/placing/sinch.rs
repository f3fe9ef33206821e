//! Sinch calls both legs by a request of their own, and they meet in the conference of the call.

use ringback_calls::{Announcement, CloseCause, Evidence, Leg, State};
use ringback_carriers::{
    Accepted, Ask, CannotAsk, Fault, Headers, HungUp, Inquired, Placing, Request, Wants,
};
use serde_json::{Value, json};

use super::account::{Account, now};
use super::asking::{
    AGENT, CALL, CUSTOMER, OURS, Sample, body, events, hang_up, hung_up, inquire, inquired, placing,
    record_of, written,
};
use super::support::requests::post;

const API: &str = "https://calling.api.sinch.com/calling/v1";
const A: &str = "00000000-0000-4000-8000-00000000000a_1";
const B: &str = "00000000-0000-4000-8000-00000000000b_1";

fn account() -> Account {
    let mut account = Account::sample("si");
    account.secrets = vec!["sample-key:c2FtcGxlLXNlY3JldA==".into()];
    account
}

fn said(ask: &Ask) -> Value {
    serde_json::from_str(body(ask)).unwrap()
}

fn callout(leg: &str, number: &str, seconds: u64) -> Value {
    json!({"method": "conferenceCallout", "conferenceCallout": {
        "cli": OURS,
        "destination": {"type": "number", "endpoint": number},
        "conferenceId": CALL,
        "custom": format!("{CALL}:{leg}"),
        "enableAce": true,
        "enableDice": true,
        "maxDuration": seconds,
        "mohClass": "ring",
    }})
}

#[test]
fn the_agent_is_called_first_and_the_customer_into_the_same_conference() {
    let sample = Sample::of("si");
    let ask = sample.place(&account()).unwrap();
    let head = format!(
        "POST {API}/callouts\ncontent-type: application/json\naccept: application/json\n\
         authorization: Basic c2FtcGxlLWtleTpjMkZ0Y0d4bExYTmxZM0psZEE9PQ==\n\n"
    );
    assert!(written(&ask).starts_with(&head), "{}", written(&ask));
    assert_eq!(said(&ask), callout("A", AGENT, 3780));
    let account = account().with("region", "euc1");
    let ask = account
        .carrier
        .second_leg(&sample.new_call(), A, &account.keys(), now());
    let ask = ask.unwrap();
    assert_eq!(ask.url, "https://calling-euc1.api.sinch.com/calling/v1/callouts");
    assert_eq!(said(&ask), callout("B", CUSTOMER, 3600));
}

#[test]
fn what_it_cannot_do_and_what_the_account_lacks_is_said() {
    let text = Announcement::Text("Hello".to_owned());
    let announced = Sample::of("si").announcing(text).place(&account());
    assert_eq!(announced.unwrap_err(), CannotAsk::Unfit("an announcement"));
    let mut recorded = Sample::of("si");
    recorded.record = true;
    let recorded = recorded.place(&account()).unwrap_err();
    assert_eq!(recorded, CannotAsk::Unfit("a recording"));
    for region in ["mars", "use1.evil.example/"] {
        let elsewhere = Sample::of("si").place(&account().with("region", region));
        assert_eq!(elsewhere.unwrap_err().reason(), "setting-wrong");
    }
    let mut halved = account();
    halved.secrets = vec!["sample-key".into()];
    assert_eq!(
        Sample::of("si").place(&halved).unwrap_err().reason(),
        "setting-wrong"
    );
    assert!(account().carrier.asks_with_the_signing_secret());
}

#[test]
fn an_answer_says_whether_the_call_is_placed_and_whose_fault_it_is_if_not() {
    let expected = Accepted {
        carrier_call_id: Some(A.to_owned()),
        leg_a: Some(A.to_owned()),
        control: None,
    };
    let accepted = json!({"callId": A}).to_string();
    assert_eq!(placing(&account(), 200, &accepted), Placing::Accepted(expected));
    for (status, unclear) in [
        (200, "{}"),
        (200, "<html>"),
        (500, ""),
        (301, ""),
        (302, ""),
        (303, ""),
        (408, ""),
    ] {
        assert_eq!(placing(&account(), status, unclear), Placing::Unsure, "{status}");
    }
    for (status, answer, fault, word) in [
        (
            400,
            r#"{"errorCode":40001,"message":"+14155550102","reference":"r"}"#,
            Fault::Call,
            "40001",
        ),
        (401, r#"{"errorCode":40100}"#, Fault::Account, "40100"),
        (402, r#"{"errorCode":40200}"#, Fault::Account, "40200"),
        (429, "", Fault::Carrier, "429"),
        (307, "", Fault::Account, "redirected"),
    ] {
        let Placing::Refused(refusing) = placing(&account(), status, answer) else {
            panic!("{status}");
        };
        assert_eq!((refusing.fault, refusing.word.as_str()), (fault, word));
    }
}

fn ace(custom: &str) -> String {
    json!({"event": "ace", "callid": A, "timestamp": "2026-11-20T09:00:05Z", "custom": custom}).to_string()
}

#[test]
fn an_agent_of_ours_who_answers_waits_for_a_request_and_nobody_else_does() {
    let wants = |body: &str| {
        let reading = post(
            "si",
            &Sample::of("si").events_url,
            "application/json",
            body.as_bytes(),
        );
        reading.unwrap().wants
    };
    assert_eq!(
        wants(&ace(&format!("{CALL}:A"))),
        Wants::Command { answered: Leg::A }
    );
    for other in [
        ace(&format!("{CALL}:B")),
        ace(CALL),
        ace("another's"),
        ace(&format!("{CALL}:A")).replace("ace", "dice"),
        ace(&format!("{CALL}:A")).replace("ace", "ice"),
    ] {
        assert_eq!(wants(&other), Wants::Acknowledgement, "{other}");
    }
}

#[test]
fn a_leg_of_ours_that_is_answered_goes_into_the_conference_of_its_call() {
    let answered = |body: &str| -> Value {
        let headers = Headers::default();
        let request = Request {
            method: "POST",
            url: "https://calls.example.com/carriers/si/sample-account/events",
            headers: &headers,
            body: body.as_bytes(),
        };
        let answer = account().carrier.acknowledge(&request);
        assert_eq!(
            (answer.status, answer.content_type.as_deref()),
            (200, Some("application/json"))
        );
        serde_json::from_str(&answer.body).unwrap()
    };
    let into = |more: Value| {
        let mut action = json!({"name": "connectConf", "conferenceId": CALL});
        action
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"action": action})
    };
    assert_eq!(answered(&ace(&format!("{CALL}:A"))), into(json!({"moh": "ring"})));
    assert_eq!(answered(&ace(&format!("{CALL}:B"))), into(json!({})));
    for other in [
        ace("another's"),
        ace(&format!("{CALL}:A")).replace("ace", "dice"),
        "{".to_owned(),
    ] {
        assert_eq!(answered(&other), json!({"action": {"name": "continue"}}));
    }
}

fn leg(name: &str, status: &str, result: &str, reason: &str, seconds: u64) -> String {
    let to = if name == "A" { AGENT } else { CUSTOMER };
    json!({
        "from": {"type": "number", "endpoint": OURS}, "to": {"type": "number", "endpoint": to}, "domain": "pstn",
        "callId": if name == "A" { A } else { B }, "duration": seconds, "status": status, "result": result,
        "reason": reason, "timestamp": "2026-11-20T09:00:00Z", "custom": format!("{CALL}:{name}"),
        "userRate": {"currencyId": "USD", "amount": 0.014}, "debit": {"currencyId": "USD", "amount": 0.014},
    })
    .to_string()
}

#[test]
fn each_leg_is_asked_for_by_its_id() {
    let sample = Sample::of("si");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some("../b");
    let urls = |asks: Vec<Ask>| asks.into_iter().map(|ask| ask.url).collect::<Vec<_>>();
    assert_eq!(
        urls(inquire(&account(), &placed).unwrap()),
        [format!("{API}/calls/id/{A}"), format!("{API}/calls/id/..%2Fb")]
    );
    let unknown = inquire(&account(), &sample.placed(None)).unwrap_err();
    assert_eq!(unknown.reason(), "id-unknown");
}

#[test]
fn what_it_answers_later_gives_the_record_that_its_events_give() {
    let sample = Sample::of("si");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some(B);
    let a = leg("A", "FINAL", "ANSWERED", "MANAGERHANGUP", 67);
    for (answers, cause, talked) in [
        (
            vec![a.clone(), leg("B", "FINAL", "ANSWERED", "CALLEEHANGUP", 58)],
            CloseCause::Normal,
            Some(58),
        ),
        (vec![leg("A", "FINAL", "BUSY", "N/A", 0)], CloseCause::ABusy, None),
        (
            vec![leg("A", "FINAL", "NOANSWER", "TIMEOUT", 0)],
            CloseCause::AUnreachable,
            None,
        ),
        (
            vec![leg("A", "FINAL", "FAILED", "NOCREDITPARTNER", 0)],
            CloseCause::ServerError,
            None,
        ),
        (
            vec![a.clone(), leg("B", "FINAL", "NOANSWER", "TIMEOUT", 0)],
            CloseCause::BUnreachable,
            None,
        ),
        (
            vec![a.clone(), leg("B", "FINAL", "BUSY", "N/A", 0)],
            CloseCause::BBusy,
            None,
        ),
        (
            vec![a.clone(), leg("B", "FINAL", "ANSWERED", "MANAGERHANGUP", 3600)],
            CloseCause::MaxDuration,
            Some(3600),
        ),
    ] {
        let bodies: Vec<_> = answers.iter().map(String::as_str).collect();
        let record = record_of(&account(), &placed, &bodies);
        assert_eq!(
            (record.state, record.close_cause),
            (State::Close, Some(cause)),
            "{answers:?}"
        );
        assert_eq!(record.talk_seconds, talked, "{answers:?}");
        assert_eq!(record.carrier_call_id.as_deref(), Some(A));
        assert!(
            events(&account(), &placed, &bodies)
                .iter()
                .all(|event| event.evidence == Evidence::Cdr)
        );
    }
}

#[test]
fn a_leg_that_lasts_or_is_not_known_tells_nothing() {
    let sample = Sample::of("si");
    let mut placed = sample.placed(Some(A));
    placed.leg_b = Some(B);
    let asked = |which, status, body: &str| inquired(&account(), &placed, which, status, body).unwrap();
    let nothing = Inquired::Events(Vec::new());
    assert_eq!(asked(0, 200, &leg("A", "ONGOING", "N/A", "N/A", 0)), nothing);
    assert_eq!(asked(0, 404, ""), Inquired::NoSuchCall);
    assert_eq!(
        asked(1, 404, ""),
        Inquired::NoSuchCall,
        "it counts only where no leg is known"
    );
    assert_eq!(asked(0, 429, ""), Inquired::NotNow);
    assert!(inquired(&account(), &placed, 0, 200, "<html>").is_err());
    // Without our own `custom` it is the leg that was asked for.
    let anonymous = leg("B", "FINAL", "BUSY", "N/A", 0).replace(CALL, "x");
    let Inquired::Events(events) = asked(1, 200, &anonymous) else {
        panic!("it is over");
    };
    assert_eq!(
        (events[0].leg, events[0].facts.b.id.as_deref()),
        (Some(Leg::B), Some(B))
    );
}

#[test]
fn a_conference_is_ended_as_a_whole_and_a_leg_alone_by_itself() {
    let sample = Sample::of("si");
    let mut placed = sample.placed(Some(A));
    let alone = hang_up(&account(), &placed).unwrap();
    assert_eq!(
        (alone.method, alone.url.as_str()),
        ("PATCH", format!("{API}/calls/id/{A}").as_str())
    );
    assert_eq!(said(&alone), json!({"action": {"name": "hangup"}}));
    placed.leg_b = Some(B);
    let both = hang_up(&account(), &placed).unwrap();
    assert_eq!(
        (both.method, both.url),
        ("DELETE", format!("{API}/conferences/id/{CALL}"))
    );
    assert!(both.body.is_none());
    placed.leg_a = None;
    assert_eq!(
        hang_up(&account(), &placed).unwrap().url,
        format!("{API}/calls/id/{B}")
    );
    let unknown = hang_up(&account(), &sample.placed(None)).unwrap_err();
    assert_eq!(unknown.reason(), "id-unknown");
    assert_eq!(hung_up(&account(), 204, ""), HungUp::Done);
    assert_eq!(hung_up(&account(), 404, ""), HungUp::Over);
}
