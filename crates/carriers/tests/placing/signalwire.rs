//! SignalWire, whose language is Twilio's: where it differs.

use ringback_carriers::{CannotAsk, HungUp, Placing};
use serde_json::json;

use super::account::Account;
use super::asking::{LIVES, Sample, agrees, body, hang_up, hung_up, inquire, placing, record_of, written};
use super::twilio::{answers, fields};

const PROJECT: &str =
    "https://example.signalwire.com/api/laml/2010-04-01/Accounts/00000000-0000-4000-8000-000000000001";
const BASIC: &str = "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOlBULXNhbXBsZS10b2tlbg==";
const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";

#[test]
fn the_space_of_the_project_is_asked() {
    let (sample, account) = (Sample::of("sw"), Account::sample("sw"));
    let ask = sample.place(&account).unwrap();
    let head = format!(
        "POST {PROJECT}/Calls.json\ncontent-type: application/x-www-form-urlencoded\nauthorization: Basic {BASIC}\n\n"
    );
    assert!(written(&ask).starts_with(&head), "{}", written(&ask));
    let twilio = Sample {
        events_url: sample.events_url.clone(),
        ..Sample::of("tw")
    };
    let twilio = twilio.place(&Account::sample("tw")).unwrap();
    assert_eq!(fields(body(&ask)), fields(body(&twilio)));
    let placed = sample.placed(Some(A));
    let asks = inquire(&account, &placed).unwrap();
    let urls: Vec<_> = asks.iter().map(|ask| ask.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            format!("{PROJECT}/Calls/{A}.json"),
            format!("{PROJECT}/Calls.json?ParentCallSid={A}")
        ]
    );
    let end = hang_up(&account, &placed).unwrap();
    assert_eq!(
        (end.url.as_str(), body(&end)),
        (asks[0].url.as_str(), "Status=completed")
    );
    let elsewhere = sample.place(&account.with("space", "example.com/"));
    assert!(matches!(elsewhere, Err(CannotAsk::Wrong { what: "space", .. })));
}

#[test]
fn its_answers_are_read_as_twilios() {
    let account = Account::sample("sw");
    let queued = json!({"sid": A, "status": "queued"}).to_string();
    assert!(matches!(
        placing(&account, 201, &queued),
        Placing::Accepted(accepted) if accepted.carrier_call_id.as_deref() == Some(A)
    ));
    assert_eq!(placing(&account, 502, ""), Placing::Unsure);
    assert_eq!(hung_up(&account, 404, ""), HungUp::Over);
    for (case, limit, a, b) in LIVES {
        let sample = Sample::of("sw");
        let mut placed = sample.placed(Some(A));
        placed.limit_seconds = Some(limit);
        let [first, second] = answers([A, B], case, &a, b.as_ref());
        let record = record_of(&account, &placed, &[&first, &second]);
        agrees("sw", case, &record);
    }
}
