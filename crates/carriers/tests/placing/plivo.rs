//! Plivo.

use ringback_calls::{Announcement, Evidence, Kind, State};
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Inquired, Placing, Refusing};
use serde_json::{Value, json};

use super::account::Account;
use super::asking::{
    LIVES, Lived, Sample, agrees, body, events, hang_up, hung_up, inquire, inquired, placing, record_of,
    written,
};
use super::support::lives::at;

const CALLS: &str = "https://api.plivo.com/v1/Account/MA000000000000000001/Call/";
const BASIC: &str = "TUEwMDAwMDAwMDAwMDAwMDAwMDE6c2FtcGxlLWF1dGgtdG9rZW4=";
const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";

fn account() -> Account {
    Account::sample("pl")
}

/// A time of the sample lives in the account's zone, with its offset or without.
fn local(time: &str, offset: &str) -> String {
    let (hour, rest) = time.split_once(':').unwrap();
    let (minute, second) = rest.split_once(':').unwrap();
    let minutes = hour.parse::<u32>().unwrap() * 60 + minute.parse::<u32>().unwrap() + 330;
    format!(
        "2026-11-20 {:02}:{:02}:{second}{offset}",
        minutes / 60,
        minutes % 60
    )
}

/// The record of a leg.
fn leg(id: &str, parent: Option<&str>, lived: &Lived, (code, name): (u32, &str), offset: &str) -> Value {
    let to = if parent.is_none() {
        "+14155550101"
    } else {
        "+14155550102"
    };
    json!({
        "call_uuid": id, "parent_call_uuid": parent, "call_direction": "outbound", "call_state": "ANSWER",
        "from_number": "+14155550100", "to_number": to, "initiation_time": local(lived.dialled, offset),
        "answer_time": lived.answered.map(|time| local(time, offset)),
        "end_time": local(lived.ended, offset), "call_duration": lived.seconds(),
        "bill_duration": lived.seconds(), "billed_duration": 120, "hangup_cause_code": code,
        "hangup_cause_name": name, "hangup_source": "Plivo", "total_amount": "0.00500",
    })
}

#[test]
fn a_call_is_placed_and_asks_for_its_document_at_its_own_url() {
    let sample = Sample::of("pl");
    let ask = sample.place(&account()).unwrap();
    let head = format!("POST {CALLS}\ncontent-type: application/json\nauthorization: Basic {BASIC}\n\n");
    assert!(written(&ask).starts_with(&head), "{}", written(&ask));
    let body: Value = serde_json::from_str(body(&ask)).unwrap();
    let url = &sample.events_url;
    assert_eq!(
        body,
        json!({
            "from": "+14155550100", "to": "+14155550101", "answer_url": url, "answer_method": "POST",
            "ring_url": url, "ring_method": "POST", "hangup_url": url, "hangup_method": "POST",
            "ring_timeout": 30, "time_limit": 3750,
        })
    );
    let mut bare = account();
    bare.settings.0.clear();
    assert_eq!(sample.place(&bare).unwrap_err(), CannotAsk::Missing("authId"));
}

#[test]
fn what_the_agent_hears_first_stands_before_what_is_recorded() {
    for (announcement, element) in [
        (
            Announcement::Text("17 < 18".to_owned()),
            "<Speak>17 &lt; 18</Speak>",
        ),
        (
            Announcement::Url("https://media.example.com/a.mp3".to_owned()),
            "<Play>https://media.example.com/a.mp3</Play>",
        ),
    ] {
        let sample = Sample {
            record: true,
            ..Sample::of("pl").announcing(announcement)
        };
        let document = account().carrier.connect(&sample.second()).unwrap().body;
        assert!(
            document.contains(&format!("<Response>{element}<Record ")),
            "{document}"
        );
    }
}

#[test]
fn an_answer_says_who_takes_the_call_and_whose_fault_it_is() {
    let accepted = Placing::Accepted(Accepted {
        carrier_call_id: Some(A.to_owned()),
        leg_a: Some(A.to_owned()),
        control: None,
    });
    let fired = json!({"message": "call fired", "request_uuid": A, "api_id": "1"}).to_string();
    assert_eq!(placing(&account(), 201, &fired), accepted);
    let error = r#"{"api_id": "1", "error": "+14155550101 is no number"}"#;
    for (status, fault) in [
        (400, Fault::Call),
        (401, Fault::Account),
        (403, Fault::Account),
        (404, Fault::Account),
        (429, Fault::Carrier),
    ] {
        let refused = Placing::Refused(Refusing::new(fault, &status.to_string()));
        assert_eq!(placing(&account(), status, error), refused);
    }
    // Several calls have several ids; nobody asked for them.
    for (status, body) in [
        (201, "{}"),
        (200, error),
        (201, r#"{"request_uuid": ["1", "2"]}"#),
        (500, error),
        (408, ""),
    ] {
        assert_eq!(
            placing(&account(), status, body),
            Placing::Unsure,
            "{status} {body}"
        );
    }
}

#[test]
fn an_inquiry_asks_for_what_is_over_and_what_lives() {
    let (sample, account) = (Sample::of("pl"), account());
    let placed = sample.placed(Some(A));
    let asks: Vec<_> = inquire(&account, &placed).unwrap().iter().map(written).collect();
    let expected = [
        format!("{A}/"),
        format!("?parent_call_uuid={A}"),
        format!("{A}/?status=live"),
    ];
    let expected = expected.map(|path| format!("GET {CALLS}{path}\nauthorization: Basic {BASIC}"));
    assert_eq!(asks, expected);
    let end = written(&hang_up(&account, &placed).unwrap());
    assert_eq!(end, format!("DELETE {CALLS}{A}/\nauthorization: Basic {BASIC}"));
    let unknown = CannotAsk::Unknown("its id of the call");
    assert_eq!(inquire(&account, &sample.placed(None)).unwrap_err(), unknown);
    assert_eq!(hung_up(&account, 204, ""), HungUp::Done);
    assert_eq!(hung_up(&account, 404, ""), HungUp::Over);
    let asked = |which, status| inquired(&account, &placed, which, status, "");
    for which in 0..3 {
        assert_eq!(asked(which, 404), Ok(Inquired::NoSuchCall));
        assert_eq!(asked(which, 429), Ok(Inquired::NotNow));
        assert!(asked(which, 200).is_err());
    }
}

#[test]
fn a_call_of_which_only_an_inquiry_tells_has_the_record_that_its_events_would_give() {
    for (case, limit, a, b) in LIVES {
        for offset in ["+05:30", ""] {
            let sample = Sample::of("pl");
            let mut placed = sample.placed(Some(A));
            placed.limit_seconds = Some(limit);
            let cause = if case == "a-busy" {
                (3010, "Busy Line")
            } else {
                (4010, "End Of XML Instructions")
            };
            let first = leg(A, None, &a, cause, offset).to_string();
            let second = b.map(|b| {
                let cause = match b.answered {
                    Some(_) => (4000, "Normal Hangup"),
                    None => (3000, "No Answer"),
                };
                leg(B, Some(A), &b, cause, offset)
            });
            let page = json!({"objects": second.into_iter().collect::<Vec<_>>()}).to_string();
            let record = record_of(&account(), &placed, &[&first, &page]);
            agrees("pl", case, &record);
            assert_eq!(record.a.dialled_at, at(a.dialled));
            assert_eq!(record.b.dialled_at, b.and_then(|b| at(b.dialled)));
        }
    }
}

#[test]
fn a_call_that_lives_is_told_by_its_state() {
    let sample = Sample::of("pl");
    let placed = sample.placed(Some(A));
    let live = |status: &str| {
        let body = json!({"call_uuid": A, "call_status": status, "direction": "outbound", "to": "14155550101",
            "from": "14155550100", "session_start": "2026-11-20 09:00:00.048129"});
        match inquired(&account(), &placed, 2, 200, &body.to_string()).unwrap() {
            Inquired::Events(events) => events,
            other => panic!("{other:?}"),
        }
    };
    let [event] = live("in-progress").try_into().unwrap();
    assert_eq!((event.kind, event.evidence), (Kind::Answered, Evidence::Event));
    assert_eq!(live("in-progress")[0].id, event.id);
    assert_ne!(live("ringing")[0].id, event.id);
    // A record of a leg that is not over says nothing, and neither does one of another call.
    let (_, _, a, _) = LIVES[0];
    let another =
        json!({"call_uuid": B, "call_status": "in-progress", "end_time": "2026-11-20 14:30:03+05:30"});
    for which in [0, 2] {
        assert!(inquired(&account(), &placed, which, 200, &another.to_string()).is_err());
    }
    let mut first = leg(A, None, &a, (4000, "Normal Hangup"), "+05:30");
    first["end_time"] = Value::Null;
    let other = leg(B, Some("x"), &a, (4000, "Normal Hangup"), "+05:30");
    let page = json!({"objects": [other]}).to_string();
    assert!(events(&account(), &placed, &[&first.to_string(), &page]).is_empty());
    let record = record_of(&account(), &placed, &[&first.to_string(), &page]);
    assert_eq!(record.state, State::Init);
}
