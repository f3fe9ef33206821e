//! Bandwidth.

use ringback_calls::{Announcement, Evidence, Kind, Leg};
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Inquired, PlacedCall, Placing, Refusing};
use serde_json::{Value, json};

use super::account::Account;
use super::asking::{
    CALL, LIVES, Lived, Sample, agrees, body, events, hang_up, hung_up, inquire, inquired, placing,
    record_of, written,
};
use super::support::lives::at;

const CALLS: &str = "https://voice.bandwidth.com/api/v2/accounts/1000001/calls";
const BASIC: &str = "c2FtcGxlLWFwaS11c2VyOnNhbXBsZS1hcGktcGFzc3dvcmQ=";
const A: &str = "c-00000000-0000-4000-8000-00000000000a";
const B: &str = "c-00000000-0000-4000-8000-00000000000b";

fn account() -> Account {
    Account::sample("bw").with("applicationId", "00000000-0000-4000-8000-0000000000aa")
}

fn sample() -> Sample {
    Sample {
        credential: Some("ringback:a password: with colons"),
        ..Sample::of("bw")
    }
}

/// The state of a leg.
fn leg(id: &str, parent: Option<&str>, lived: &Lived, cause: &str) -> Value {
    let time = |time: &str| format!("2026-11-20T{time}.000Z");
    let to = if parent.is_none() {
        "+14155550101"
    } else {
        "+14155550102"
    };
    json!({
        "accountId": "1000001", "callId": id, "parentCallId": parent, "from": "+14155550100", "to": to,
        "direction": "outbound", "state": "disconnected", "enqueuedTime": time(lived.dialled),
        "startTime": time(lived.dialled), "answerTime": lived.answered.map(time), "endTime": time(lived.ended),
        "disconnectCause": cause, "errorMessage": null, "errorId": null, "lastUpdate": time(lived.ended),
    })
}

#[test]
fn a_call_is_placed_with_the_password_that_its_events_bring_along() {
    let sample = sample();
    let ask = sample.place(&account()).unwrap();
    let head = format!("POST {CALLS}\ncontent-type: application/json\nauthorization: Basic {BASIC}\n\n");
    assert!(written(&ask).starts_with(&head), "{}", written(&ask));
    let body: Value = serde_json::from_str(body(&ask)).unwrap();
    let url = &sample.events_url;
    assert_eq!(
        body,
        json!({
            "to": "+14155550101", "from": "+14155550100", "applicationId": "00000000-0000-4000-8000-0000000000aa",
            "answerUrl": url, "answerMethod": "POST", "disconnectUrl": url, "disconnectMethod": "POST",
            "username": "ringback", "password": "a password: with colons", "callTimeout": 30, "tag": CALL,
        })
    );
    assert!(!format!("{ask:?}").contains("password"));
}

#[test]
fn nobody_is_rung_whose_events_could_not_come() {
    let missing = |sample: Sample, account: Account| sample.place(&account).unwrap_err();
    let secret = CannotAsk::Missing("a secret <user>:<password> for its webhook");
    assert_eq!(missing(Sample::of("bw"), account()), secret);
    let application = CannotAsk::Missing("applicationId");
    assert_eq!(missing(sample(), Account::sample("bw")), application);
    let mut bare = account();
    bare.settings.0.remove("accountId");
    assert_eq!(missing(sample(), bare), CannotAsk::Missing("accountId"));
}

#[test]
fn what_the_agent_hears_first_is_not_recorded() {
    for (announcement, element) in [
        (
            Announcement::Text("17 < 18".to_owned()),
            "<SpeakSentence>17 &lt; 18</SpeakSentence>",
        ),
        (
            Announcement::Url("https://media.example.com/a.mp3".to_owned()),
            "<PlayAudio>https://media.example.com/a.mp3</PlayAudio>",
        ),
    ] {
        let sample = Sample {
            record: true,
            ..sample().announcing(announcement)
        };
        let document = account().carrier.connect(&sample.second()).unwrap().body;
        let expected = format!("<Response>{element}<StartRecording ");
        assert!(document.contains(&expected), "{document}");
    }
}

#[test]
fn an_answer_says_who_takes_the_call_and_whose_fault_it_is() {
    let accepted = Placing::Accepted(Accepted {
        carrier_call_id: Some(A.to_owned()),
        leg_a: Some(A.to_owned()),
        control: None,
    });
    let queued = json!({"callId": A, "enqueuedTime": "2026-11-20T09:00:00Z", "tag": CALL}).to_string();
    assert_eq!(placing(&account(), 201, &queued), accepted);
    let error = |kind: &str| json!({"type": kind, "description": "no +14155550101", "id": null}).to_string();
    for (status, kind, fault, word) in [
        (400, "validation", Fault::Call, "validation"),
        (
            401,
            "authentication-error",
            Fault::Account,
            "authentication-error",
        ),
        (403, "authorization-error", Fault::Account, "authorization-error"),
        (404, "path-not-found", Fault::Account, "path-not-found"),
        (429, "too-many-requests", Fault::Carrier, "too-many-requests"),
        (400, "+1 415 555 0101!", Fault::Call, "14155550101"),
    ] {
        let refused = Placing::Refused(Refusing::new(fault, word));
        assert_eq!(placing(&account(), status, &error(kind)), refused);
    }
    for (status, body) in [(201, "{}"), (200, "no JSON"), (409, ""), (500, ""), (503, "")] {
        assert_eq!(placing(&account(), status, body), Placing::Unsure, "{status}");
    }
}

#[test]
fn an_inquiry_asks_for_the_second_leg_by_its_id_or_looks_for_it() {
    let (sample, account) = (sample(), account());
    let placed = sample.placed(Some(A));
    let urls = |placed: &PlacedCall<'_>| -> Vec<_> {
        let asks = inquire(&account, placed).unwrap();
        let basic = format!("\nauthorization: Basic {BASIC}");
        asks.iter()
            .map(|ask| written(ask).strip_suffix(&basic).unwrap().to_owned())
            .collect()
    };
    let search = format!("GET {CALLS}?to=%2B14155550102&minStartTime=2026-11-20T08%3A55%3A00Z");
    assert_eq!(urls(&placed), [format!("GET {CALLS}/{A}"), search]);
    let known = PlacedCall {
        leg_b: Some(B),
        ..placed
    };
    assert_eq!(
        urls(&known),
        [format!("GET {CALLS}/{A}"), format!("GET {CALLS}/{B}")]
    );
    let end = written(&hang_up(&account, &placed).unwrap());
    let expected = format!(
        "POST {CALLS}/{A}\ncontent-type: application/json\nauthorization: Basic {BASIC}\n\n{{\"state\":\"completed\"}}"
    );
    assert_eq!(end, expected);
    assert_eq!(hung_up(&account, 200, ""), HungUp::Done);
    assert_eq!(hung_up(&account, 404, ""), HungUp::Over);
    assert_eq!(hung_up(&account, 409, ""), HungUp::Over);
}

#[test]
fn a_call_of_which_only_an_inquiry_tells_has_the_record_that_its_events_would_give() {
    for (case, limit, a, b) in LIVES {
        let sample = sample();
        let mut placed = sample.placed(Some(A));
        placed.limit_seconds = Some(limit);
        let cause = if case == "a-busy" { "busy" } else { "hangup" };
        let first = leg(A, None, &a, cause).to_string();
        let second = b.map(|b| {
            let cause = b.answered.map_or("timeout", |_| "hangup");
            leg(B, Some(A), &b, cause)
        });
        let found: Vec<_> = second.clone().into_iter().collect();
        let found = json!(found).to_string();
        let record = record_of(&account(), &placed, &[&first, &found]);
        agrees("bw", case, &record);
        assert_eq!(record.a.dialled_at, at(a.dialled));
        assert_eq!(record.b.dialled_at, b.and_then(|b| at(b.dialled)));
        // By its id the second leg says the same.
        if let Some(second) = second {
            let by_id = record_of(&account(), &placed, &[&first, &second.to_string()]);
            assert_eq!(by_id, record, "{case}");
        }
    }
}

#[test]
fn a_call_that_goes_on_is_told_by_its_times() {
    let sample = sample();
    let placed = sample.placed(Some(A));
    let (_, _, a, b) = LIVES[0];
    let going_on = |mut leg: Value, fields: &[&str]| {
        for field in fields {
            leg[*field] = Value::Null;
        }
        leg["state"] = json!("some-new-state");
        leg.to_string()
    };
    let a = leg(A, None, &a, "hangup");
    let b = leg(B, Some(A), &b.unwrap(), "hangup");
    let answered = going_on(a.clone(), &["endTime", "disconnectCause"]);
    let dialled = going_on(b, &["endTime", "disconnectCause", "answerTime"]);
    let told: Vec<_> = events(&account(), &placed, &[&answered, &format!("[{dialled}]")])
        .into_iter()
        .map(|event| (event.leg, event.kind, event.evidence))
        .collect();
    assert_eq!(
        told,
        [
            (Some(Leg::A), Kind::Answered, Evidence::Event),
            (Some(Leg::B), Kind::Dialled, Evidence::Event),
        ]
    );
    let waits = going_on(a, &["endTime", "disconnectCause", "answerTime", "startTime"]);
    assert!(events(&account(), &placed, &[&waits]).is_empty());
}

#[test]
fn nothing_is_made_of_another_call() {
    let sample = sample();
    let placed = sample.placed(Some(A));
    let (_, _, a, _) = LIVES[0];
    let asked = |which, status, body: &str| inquired(&account(), &placed, which, status, body).unwrap();
    let other = leg(B, None, &a, "hangup");
    assert!(inquired(&account(), &placed, 0, 200, &other.to_string()).is_err());
    let others = json!([other, leg("c-3", Some(B), &a, "hangup")]);
    for (which, status, body) in [
        (1, 200, others.to_string()),
        (0, 404, String::new()),
        (1, 404, String::new()),
    ] {
        assert_eq!(asked(which, status, &body), Inquired::NoSuchCall);
    }
    assert_eq!(asked(0, 503, ""), Inquired::NotNow);
    assert!(inquired(&account(), &placed, 0, 200, "no JSON").is_err());
}
