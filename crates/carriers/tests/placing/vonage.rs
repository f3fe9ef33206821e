//! Vonage places calls by one request, which holds the NCCO that puts A through to B.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use ringback_calls::{Announcement, CallEvent, Class, CloseCause, Evidence, Leg, State};
use ringback_carriers::{Accepted, Ask, CannotAsk, Fault, HungUp, Inquired, Placing};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::account::{Account, PUBLIC_KEY};
use super::asking::{Sample, body, events, hang_up, hung_up, inquire, inquired, placing, record_of, written};

const CALLS: &str = "https://api.nexmo.com/v1/calls";
const CONVERSATION: &str = "CON-00000000-0000-4000-8000-000000000001";
const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";

fn account() -> Account {
    Account::sample("vg")
}

fn said(ask: &Ask) -> Value {
    serde_json::from_str(body(ask)).unwrap()
}

/// The claims of a request's token, if the public key says that it is genuine.
fn claims(ask: &Ask) -> Value {
    let header = ask.headers.iter().find(|(name, _)| *name == "authorization");
    let token = header.unwrap().1.expose_secret().strip_prefix("Bearer ").unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    // The clock is the test's.
    validation.validate_exp = false;
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).unwrap();
    decode(token, &key, &validation).unwrap().claims
}

#[test]
fn one_request_calls_the_agent_and_says_whom_to_connect() {
    let mut sample = Sample::of("vg");
    sample.record = true;
    let ask = sample.place(&account()).unwrap();
    assert!(written(&ask).starts_with(&format!("POST {CALLS}\ncontent-type: application/json\n")));
    let claims = claims(&ask);
    assert_eq!(claims["application_id"], "00000000-0000-4000-8000-000000000002");
    assert_eq!(claims["exp"], 1_700_000_900);
    let url = &sample.events_url;
    let expected = json!({
        "to": [{"type": "phone", "number": "14155550101"}],
        "from": {"type": "phone", "number": "14155550100"},
        "ringing_timer": 30,
        "length_timer": 3750,
        "event_url": [url],
        "event_method": "POST",
        "ncco": [
            {"action": "record", "split": "conversation", "channels": 2, "format": "mp3", "eventUrl": [url],
                "eventMethod": "POST"},
            {"action": "connect", "from": "14155550100", "timeout": 30, "limit": 3600, "eventUrl": [url],
                "eventMethod": "POST", "endpoint": [{"type": "phone", "number": "14155550102"}]},
        ],
    });
    assert_eq!(said(&ask), expected);
    let document = account().carrier.connect(&sample.second()).unwrap();
    assert_eq!(
        document.body,
        expected["ncco"].to_string(),
        "asked for, it is the same"
    );
}

#[test]
fn an_announcement_comes_before_everything_else() {
    let first = |announcement| {
        let ask = Sample::of("vg")
            .announcing(announcement)
            .place(&account())
            .unwrap();
        said(&ask)["ncco"][0].clone()
    };
    let url = "https://media.example.com/1.mp3";
    assert_eq!(
        first(Announcement::Url(url.to_owned())),
        json!({"action": "stream", "streamUrl": [url]})
    );
    let text = "Order \"17\", if 1 < 2";
    assert_eq!(
        first(Announcement::Text(text.to_owned())),
        json!({"action": "talk", "text": text})
    );
    let markup = "<speak><audio src='https://evil.example/1.mp3'/></speak>";
    let spoken = first(Announcement::Text(markup.to_owned()))["text"].to_string();
    assert!(!spoken.contains(['<', '>']), "{spoken}");
}

#[test]
fn what_the_account_lacks_is_said() {
    let mut nameless = account();
    nameless.settings.0.clear();
    let refused = Sample::of("vg").place(&nameless).unwrap_err();
    assert_eq!(refused, CannotAsk::Missing("applicationId"));
    let mut keyless = account();
    keyless.secrets = vec!["no key".into()];
    let refused = Sample::of("vg").place(&keyless).unwrap_err();
    assert_eq!(refused.reason(), "setting-wrong");
}

#[test]
fn an_answer_says_whether_the_call_is_placed_and_whose_fault_it_is_if_not() {
    let accepted = json!({"uuid": A, "status": "started", "direction": "outbound",
        "conversation_uuid": CONVERSATION});
    let expected = Accepted {
        carrier_call_id: Some(CONVERSATION.to_owned()),
        leg_a: Some(A.to_owned()),
        control: None,
    };
    assert_eq!(
        placing(&account(), 201, &accepted.to_string()),
        Placing::Accepted(expected)
    );
    for (status, unclear) in [
        (201, "{}"),
        (200, "<html>"),
        (409, ""),
        (500, ""),
        (503, ""),
        (307, ""),
    ] {
        assert_eq!(placing(&account(), status, unclear), Placing::Unsure, "{status}");
    }
    let throttled = r#"{"type":"https://developer.nexmo.com/api-errors#throttled","title":"Rate Limit Hit"}"#;
    for (status, answer, fault, word) in [
        (
            400,
            r#"{"type":"BAD_REQUEST","error_title":"Bad Request"}"#,
            Fault::Call,
            "BAD_REQUEST",
        ),
        (401, r#"{"type":"UNAUTHORIZED"}"#, Fault::Account, "UNAUTHORIZED"),
        (403, "", Fault::Account, "403"),
        (429, throttled, Fault::Carrier, "throttled"),
    ] {
        let Placing::Refused(refusing) = placing(&account(), status, answer) else {
            panic!("{status}");
        };
        assert_eq!((refusing.fault, refusing.word.as_str()), (fault, word));
    }
}

fn leg(uuid: &str, status: &str, more: Value) -> Value {
    let to = if uuid == A { "14155550101" } else { "14155550102" };
    let mut leg = json!({
        "uuid": uuid, "conversation_uuid": CONVERSATION, "status": status, "direction": "outbound",
        "to": [{"type": "phone", "number": to}], "from": {"type": "phone", "number": "14155550100"},
        "start_time": null, "end_time": null, "duration": null, "rate": "0.01", "price": "0.01",
    });
    leg.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    leg
}

fn completed(uuid: &str, start: &str, end: &str, seconds: u64) -> Value {
    let time = |time: &str| format!("2026-11-20T{time}.000Z");
    let more = json!({"start_time": time(start), "end_time": time(end), "duration": seconds.to_string()});
    leg(uuid, "completed", more)
}

fn page(legs: &[Value]) -> String {
    json!({"count": legs.len(), "page_size": 10, "record_index": 0, "_embedded": {"calls": legs}}).to_string()
}

#[test]
fn both_legs_are_asked_for_by_their_conversation() {
    let sample = Sample::of("vg");
    let mut placed = sample.placed(Some(A));
    let url = |ask: &[Ask]| ask[0].url.clone();
    placed.carrier_call_id = Some("CON-1&x=1");
    let asks = inquire(&account(), &placed).unwrap();
    assert_eq!(url(&asks), format!("{CALLS}?conversation_uuid=CON-1%26x%3D1"));
    assert_eq!((asks.len(), asks[0].method), (1, "GET"));
    placed.carrier_call_id = None;
    assert_eq!(
        url(&inquire(&account(), &placed).unwrap()),
        format!("{CALLS}/{A}")
    );
    let unknown = inquire(&account(), &sample.placed(None)).unwrap_err();
    assert_eq!(unknown.reason(), "id-unknown");
}

#[test]
fn what_it_answers_later_gives_the_record_that_its_events_give() {
    let sample = Sample::of("vg");
    let mut placed = sample.placed(Some(A));
    placed.carrier_call_id = Some(CONVERSATION);
    let a = completed(A, "09:00:05", "09:01:12", 67);
    let talked = [a.clone(), completed(B, "09:00:14", "09:01:12", 58)];
    let record = record_of(&account(), &placed, &[&page(&talked)]);
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    assert_eq!(record.talk_seconds, Some(58));
    assert_eq!(record.carrier_call_id.as_deref(), Some(CONVERSATION));
    assert_eq!(
        (record.a.id.as_deref(), record.b.id.as_deref()),
        (Some(A), Some(B))
    );
    assert_eq!(record.ended_at, Some("2026-11-20T09:01:12Z".parse().unwrap()));
    // Whose leg it is, is known by the numbers too.
    placed.leg_a = None;
    let other = record_of(&account(), &placed, &[&page(&talked)]);
    assert_eq!((other.a, other.b), (record.a, record.b));

    for (legs, cause) in [
        (vec![leg(A, "busy", json!({}))], CloseCause::ABusy),
        (vec![leg(A, "timeout", json!({}))], CloseCause::AUnreachable),
        (
            vec![a.clone(), leg(B, "unanswered", json!({}))],
            CloseCause::BUnreachable,
        ),
        (vec![a.clone(), leg(B, "busy", json!({}))], CloseCause::BBusy),
        (
            vec![
                completed(A, "09:00:05", "10:00:14", 3609),
                completed(B, "09:00:14", "10:00:14", 3600),
            ],
            CloseCause::MaxDuration,
        ),
    ] {
        let record = record_of(&account(), &placed, &[&page(&legs)]);
        assert_eq!((record.state, record.close_cause), (State::Close, Some(cause)));
    }
}

#[test]
fn only_the_record_of_an_answered_leg_counts_more_than_an_event() {
    let sample = Sample::of("vg");
    let placed = sample.placed(Some(A));
    let of = |leg: Value| -> CallEvent { events(&account(), &placed, &[&leg.to_string()]).remove(0) };
    let done = of(completed(A, "09:00:05", "09:01:12", 67));
    assert_eq!((done.evidence, done.leg), (Evidence::Cdr, Some(Leg::A)));
    // It does not say why: `declined` would be busy, and may still come.
    let rejected = of(leg(B, "rejected", json!({})));
    assert_eq!((rejected.evidence, rejected.leg), (Evidence::Event, Some(Leg::B)));
    assert_eq!(rejected.facts.b.cause.clone().unwrap().class, Class::Unreachable);
    assert_ne!(rejected.id, of(leg(B, "ringing", json!({}))).id);
    assert_eq!(
        rejected,
        of(leg(B, "rejected", json!({}))),
        "asked again, it is the same event"
    );
    let talking = of(leg(A, "answered", json!({})));
    assert!(talking.facts.a.answered.is_some() && talking.facts.a.ended.is_none());
}

#[test]
fn what_it_does_not_know_or_say_is_told_apart() {
    let sample = Sample::of("vg");
    let placed = sample.placed(Some(A));
    let asked = |status, body: &str| inquired(&account(), &placed, 0, status, body);
    assert_eq!(asked(200, &page(&[])).unwrap(), Inquired::NoSuchCall);
    assert_eq!(asked(404, "").unwrap(), Inquired::NoSuchCall);
    assert_eq!(asked(429, "").unwrap(), Inquired::NotNow);
    assert_eq!(asked(200, "{}").unwrap(), Inquired::Events(Vec::new()));
    assert!(asked(200, "<html>").is_err());
    assert!(asked(200, &page(&[json!("a leg")])).is_err());
}

#[test]
fn a_call_is_ended_at_the_agents_leg() {
    let sample = Sample::of("vg");
    let ask = hang_up(&account(), &sample.placed(Some(A))).unwrap();
    assert_eq!(
        (ask.method, ask.url.as_str()),
        ("PUT", format!("{CALLS}/{A}").as_str())
    );
    assert_eq!(said(&ask), json!({"action": "hangup"}));
    let unknown = hang_up(&account(), &sample.placed(None)).unwrap_err();
    assert_eq!(unknown.reason(), "id-unknown");
    assert_eq!(hung_up(&account(), 204, ""), HungUp::Done);
    assert_eq!(hung_up(&account(), 404, ""), HungUp::Over);
}
