//! Ending a call, or what is left of it, by what the account that has it has told.

use ringback_calls::{
    Asked, CallEvent, Entry, EventId, Evidence, Holder, Kind, Leg, TakenOn, When, accepted,
    second_leg_accepted,
};
use ringback_carriers::PlacedCall;

use super::account::Account;
use super::asking::{CALL, Sample, hang_up, placed_at};

const A: &str = "leg-a";
const B: &str = "leg-b";

fn account(carrier: &str) -> Account {
    let mut account = Account::sample(carrier);
    if carrier == "si" {
        account.secrets = vec!["sample-key:c2FtcGxlLXNlY3JldA==".into()];
    }
    account
}

fn of(carrier: &str) -> Asked<'_> {
    Asked {
        carrier,
        account: "sample-account",
    }
}

fn entry(asked: Asked<'_>, event: CallEvent) -> Entry {
    Entry {
        event,
        ..asked.entry("t-1", placed_at())
    }
}

/// A call whose second leg the carrier took on, and which was answered perhaps.
fn call(carrier: &str, answered: bool) -> Vec<Entry> {
    let told = TakenOn {
        carrier_call_id: Some(A),
        leg_a: Some(A),
        ..TakenOn::default()
    };
    let asked = of(carrier);
    let mut entries = vec![
        entry(asked, asked.event(placed_at())),
        entry(asked, accepted(asked, told, placed_at())),
        entry(asked, second_leg_accepted(asked, B, placed_at())),
    ];
    if answered {
        let mut event = CallEvent::new(EventId::of(&["answered"]), Kind::Answered, Evidence::Event);
        event.facts.b.answered = Some(When::At(placed_at()));
        entries.push(entry(asked, event));
    }
    entries
}

#[test]
fn a_customer_whose_telephone_rings_is_in_no_conference_that_could_be_ended() {
    let api = "https://calling.api.sinch.com/calling/v1";
    let sample = Sample::of("si");
    for (answered, method, url) in [
        (false, "PATCH", format!("{api}/calls/id/{A}")),
        (true, "DELETE", format!("{api}/conferences/id/{CALL}")),
    ] {
        let entries = call("si", answered);
        let holder = Holder::of(&sample.call, &entries).unwrap();
        let ask = hang_up(&account("si"), &PlacedCall::to_end(&holder)).unwrap();
        assert_eq!((ask.method, ask.url), (method, url));
    }
}

#[test]
fn one_leg_of_two_calls_is_ended_alone() {
    let telnyx = |id: &str| format!("https://api.telnyx.com/v2/calls/{id}/actions/hangup");
    let sinch = |id: &str| format!("https://calling.api.sinch.com/calling/v1/calls/id/{id}");
    for (leg, id) in [(Leg::A, A), (Leg::B, B)] {
        for (code, url) in [("tx", telnyx(id)), ("si", sinch(id))] {
            let (sample, entries) = (Sample::of(code), call(code, true));
            let holder = Holder::of(&sample.call, &entries).unwrap();
            let ask = hang_up(&account(code), &PlacedCall::of(&holder).alone(leg)).unwrap();
            assert_eq!(ask.url, url, "{leg:?}");
        }
    }
}
