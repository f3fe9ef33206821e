//! May this number be called, and which of the accounts is asked?

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use ringback_accounts::Account;
use ringback_calls::Number;
use ringback_carriers::ability_of;
use ringback_placing::{Candidate, Choice, Health, HealthState, Policy, Wish, order};
use serde_json::{Value, json};

use super::{HotPath, Walk, walk};

pub(super) fn paths() -> [HotPath; 1] {
    [HotPath::new("place-call/choice of 5 accounts", choice)]
}

fn choice() -> Result<Walk> {
    let accounts: Vec<Account> = serde_json::from_value(json!([
        account("tw", "aaaaaaaaaaaaaaaaaaaaaaaaaa", 2),
        account("tx", "bbbbbbbbbbbbbbbbbbbbbbbbbb", 1),
        account("vg", "cccccccccccccccccccccccccc", 1),
        account("pl", "dddddddddddddddddddddddddd", 3),
        account("bw", "eeeeeeeeeeeeeeeeeeeeeeeeee", 1),
    ]))?;
    let mut healths = vec![Health::default(); accounts.len()];
    healths.get_mut(1).context("there are five")?.state = HealthState::Open;
    healths.get_mut(2).context("there are five")?.state = HealthState::HalfOpen;
    let policy: Policy = serde_json::from_value(json!({
        "prefixes": ["+44", "+1415", "+1212", "+49"],
        "hours": [
            {"prefix": "+44", "hours": {"timeZone": "Europe/London", "always": true}},
            {"prefix": "+1", "hours": {"timeZone": "America/Los_Angeles",
                "weekly": {"friday": [["08:00", "21:00"]]}}},
        ],
    }))?;
    let (agent, customer) = (number("+14155550101")?, number("+14155550102")?);
    let now: Timestamp = "2026-11-20T20:00:00Z".parse()?;
    walk(move || {
        ensure!(
            policy.may_call(&customer) && policy.is_open(&customer, now),
            "nobody may be called"
        );
        let choice = chosen(&accounts, &healths, &agent, &customer);
        ensure!(
            choice.usable.len() == 4 && choice.left_out.len() == 1,
            "{choice:?}"
        );
        Ok(choice)
    })
}

fn chosen(accounts: &[Account], healths: &[Health], agent: &Number, customer: &Number) -> Choice {
    let candidates: Vec<_> = accounts
        .iter()
        .zip(healths)
        .map(|(account, health)| Candidate {
            account,
            ability: ability_of(&account.carrier),
            health,
        })
        .collect();
    let wish = Wish {
        carrier: None,
        pinned: None,
        agent,
        customer,
        agent_shown: None,
        customer_shown: None,
    };
    order(&candidates, &wish)
}

fn account(carrier: &str, slug: &str, priority: u32) -> Value {
    json!({
        "slug": slug, "tenant": "t-1", "carrier": carrier, "priority": priority,
        "numbers": ["+14155550100", "+14155550199"],
        "prefixes": ["+44", "+1"],
        "createdAt": "2026-11-01T00:00:00Z",
    })
}

fn number(text: &str) -> Result<Number> {
    Number::raw(text).context("is no number")
}
