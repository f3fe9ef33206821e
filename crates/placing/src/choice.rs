//! Which accounts are asked for a call, and in which order.

use std::cmp::Reverse;

use ringback_accounts::Account;
use ringback_calls::Number;
use ringback_carriers::Ability;

use crate::judge::{Health, HealthState};
use crate::pin::{Pin, public_id};

/// An account that might be asked.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The account.
    pub account: &'a Account,
    /// What its carrier can do for calls that we place; none where it places none.
    pub ability: Option<Ability>,
    /// Whether it works.
    pub health: &'a Health,
}

/// What a call needs of an account.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The code of the only carrier that may be asked.
    pub carrier: Option<&'a str>,
    /// What the user's calls go over first.
    pub pinned: Option<&'a Pin>,
    /// The agent's number.
    pub agent: &'a Number,
    /// The customer's number.
    pub customer: &'a Number,
    /// The number that the agent is to see; none: any of the account's.
    pub agent_shown: Option<&'a Number>,
    /// The number that the customer is to see; none: any of the account's.
    pub customer_shown: Option<&'a Number>,
}

/// Why an account is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Its carrier places no calls.
    PlacesNone,
    /// Another carrier is asked for.
    AnotherCarrier,
    /// One of the two numbers begins with none of its prefixes.
    Destination,
    /// It does not have a number that is to be shown, or has none at all.
    CallerId,
    /// It is disabled by hand.
    Disabled,
    /// It has failed, or its carrier is silent.
    Open,
}

/// The accounts that may be asked, and those that may not; both by their place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// In the order in which they are to be asked.
    pub usable: Vec<usize>,
    /// Why not, in the order of the list.
    pub left_out: Vec<(usize, LeftOut)>,
}

/// Which accounts are asked, and in which order: the pinned account, other accounts of the pinned carrier, then the rest;
/// among these those that work before those on probation; then by priority, the lowest first; last by the slug.
pub fn order(accounts: &[Candidate<'_>], wish: &Wish<'_>) -> Choice {
    let mut usable = Vec::new();
    let mut left_out = Vec::new();
    for (at, candidate) in accounts.iter().enumerate() {
        match why_not(candidate, wish) {
            Some(why) => left_out.push((at, why)),
            None => usable.push((rank(candidate, wish), at)),
        }
    }
    usable.sort_unstable();
    Choice {
        usable: usable.into_iter().map(|(_, at)| at).collect(),
        left_out,
    }
}

/// The number that an account shows: the one that is asked for if it is the account's, else the account's first.
pub fn caller_id<'a>(account: &'a Account, asked: Option<&'a Number>) -> Option<&'a Number> {
    match asked {
        Some(number) => account.may_show(number).then_some(number),
        None => account.numbers.first(),
    }
}

impl Choice {
    /// Whether an account could take the call if it were healthy and nobody had disabled it.
    pub fn waits_for_health(&self) -> bool {
        let for_health = |why: &LeftOut| matches!(why, LeftOut::Disabled | LeftOut::Open);
        self.left_out.iter().any(|(_, why)| for_health(why))
    }

    /// Whether an account could take the call if other numbers were to be shown, and none can as it is.
    pub fn lacks_caller_id(&self) -> bool {
        let for_number = |why: &LeftOut| matches!(why, LeftOut::CallerId);
        self.usable.is_empty()
            && !self.waits_for_health()
            && self.left_out.iter().any(|(_, why)| for_number(why))
    }
}

impl LeftOut {
    /// The word by which it is counted and told.
    pub fn word(self) -> &'static str {
        match self {
            Self::PlacesNone => "places-no-calls",
            Self::AnotherCarrier => "another-carrier",
            Self::Destination => "destination",
            Self::CallerId => "caller-id",
            Self::Disabled => "disabled",
            Self::Open => "unhealthy",
        }
    }
}

/// What can never change comes first, so that who reads it knows whether waiting helps.
fn why_not(candidate: &Candidate<'_>, wish: &Wish<'_>) -> Option<LeftOut> {
    let Candidate {
        account,
        ability,
        health,
    } = candidate;
    if ability.is_none() {
        return Some(LeftOut::PlacesNone);
    }
    if wish.carrier.is_some_and(|code| code != account.carrier) {
        return Some(LeftOut::AnotherCarrier);
    }
    if !account.may_call(wish.agent) || !account.may_call(wish.customer) {
        return Some(LeftOut::Destination);
    }
    let shows = |asked| caller_id(account, asked).is_some() || shows_the_queues(account, asked);
    if !shows(wish.agent_shown) || !shows(wish.customer_shown) {
        return Some(LeftOut::CallerId);
    }
    match health.state {
        HealthState::Disabled => Some(LeftOut::Disabled),
        HealthState::Open => Some(LeftOut::Open),
        HealthState::Closed | HealthState::HalfOpen => None,
    }
}

/// Amazon Connect shows the number of the queue where no other is asked for.
fn shows_the_queues(account: &Account, asked: Option<&Number>) -> bool {
    asked.is_none() && account.carrier == "ac" && account.settings.get("queueId").is_some()
}

type Rank<'a> = (Reverse<u8>, bool, u32, &'a str);

fn rank<'a>(candidate: &Candidate<'a>, wish: &Wish<'_>) -> Rank<'a> {
    let Candidate { account, health, .. } = candidate;
    let on_probation = health.state != HealthState::Closed;
    (
        Reverse(pinned(account, wish.pinned)),
        on_probation,
        account.priority,
        account.slug.as_str(),
    )
}

fn pinned(account: &Account, pin: Option<&Pin>) -> u8 {
    let Some(pin) = pin else {
        return 0;
    };
    let is_account = pin
        .account
        .as_deref()
        .is_some_and(|id| id == public_id(&account.slug));
    let is_carrier = pin.carrier.as_deref() == Some(account.carrier.as_str());
    match (is_account, is_carrier) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ringback_accounts::{SecretArns, Slug};
    use ringback_carriers::{Settings, ability_of};

    use super::*;

    fn number(text: &str) -> Number {
        Number::raw(text).unwrap()
    }

    fn account(carrier: &str, slug: &str, priority: u32) -> Account {
        Account {
            slug: Slug::parse(slug).unwrap(),
            tenant: "t-1".to_owned(),
            carrier: carrier.to_owned(),
            name: None,
            secret_arns: SecretArns::default(),
            numbers: vec![number("+14155550190"), number("+447700900190")],
            priority,
            prefixes: vec!["+1415555".to_owned(), "+447700900".to_owned()],
            settings: Settings::default(),
            allowed_ips: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn health(state: HealthState) -> Health {
        Health {
            state,
            ..Health::default()
        }
    }

    /// The slugs of the accounts that may be asked, in order, and why the others may not.
    fn chosen(accounts: &[(Account, HealthState)], wish: &Wish<'_>) -> (Vec<String>, Vec<(String, LeftOut)>) {
        let healths: Vec<_> = accounts.iter().map(|(_, state)| health(*state)).collect();
        let candidates: Vec<_> = accounts
            .iter()
            .zip(&healths)
            .map(|((account, _), health)| Candidate {
                account,
                ability: ability_of(&account.carrier),
                health,
            })
            .collect();
        let choice = order(&candidates, wish);
        let slug = |at: usize| accounts[at].0.slug.as_str().to_owned();
        (
            choice.usable.iter().map(|at| slug(*at)).collect(),
            choice
                .left_out
                .iter()
                .map(|(at, why)| (slug(*at), *why))
                .collect(),
        )
    }

    fn wish<'a>(agent: &'a Number, customer: &'a Number) -> Wish<'a> {
        Wish {
            carrier: None,
            pinned: None,
            agent,
            customer,
            agent_shown: None,
            customer_shown: None,
        }
    }

    use HealthState::{Closed, Disabled, HalfOpen, Open};

    #[test]
    fn the_pinned_comes_first_then_what_works_then_the_lowest_priority() {
        let (agent, customer) = (number("+14155550101"), number("+447700900101"));
        let accounts = [
            (account("tw", "account-e", 5), Closed),
            (account("tw", "account-b", 1), HalfOpen),
            (account("vg", "account-d", 3), Closed),
            (account("vg", "account-c", 3), Closed),
            (account("tx", "account-a", 0), Open),
            (account("tx", "account-f", 0), Disabled),
        ];
        let pin = |carrier: Option<&str>, account: Option<String>| Pin {
            user: "user-1".to_owned(),
            carrier: carrier.map(str::to_owned),
            account,
            line: None,
        };
        let of = |slug: &str| Some(public_id(&Slug::parse(slug).unwrap()));
        for (pinned, expected) in [
            (None, ["c", "d", "e", "b"]),
            (Some(pin(Some("tw"), None)), ["e", "b", "c", "d"]),
            (Some(pin(None, of("account-b"))), ["b", "c", "d", "e"]),
            (Some(pin(Some("tw"), of("account-b"))), ["b", "e", "c", "d"]),
            // Pinned to what is down, or to what is gone: any other.
            (Some(pin(Some("tx"), of("account-a"))), ["c", "d", "e", "b"]),
            (Some(pin(None, of("account-z"))), ["c", "d", "e", "b"]),
        ] {
            let wish = Wish {
                pinned: pinned.as_ref(),
                ..wish(&agent, &customer)
            };
            let (usable, left_out) = chosen(&accounts, &wish);
            let expected = expected.map(|letter| format!("account-{letter}"));
            assert_eq!(usable, expected, "{pinned:?}");
            let down = [("a", LeftOut::Open), ("f", LeftOut::Disabled)];
            assert_eq!(
                left_out,
                down.map(|(letter, why)| (format!("account-{letter}"), why))
            );
        }
    }

    #[test]
    fn an_account_that_cannot_take_a_call_is_never_asked_for_it() {
        let (agent, customer) = (number("+14155550101"), number("+447700900101"));
        let (elsewhere, own, other) = (
            number("+12125550101"),
            number("+447700900190"),
            number("+14155550199"),
        );
        let plain = wish(&agent, &customer);
        let without_numbers = Account {
            numbers: Vec::new(),
            ..account("tw", "account-1", 0)
        };
        let queue = Settings([("queueId".to_owned(), "queue-1".to_owned())].into());
        let connect = Account {
            settings: queue,
            numbers: Vec::new(),
            ..account("ac", "account-1", 0)
        };
        let twilio = || account("tw", "account-1", 0);
        for (name, account, wish, expected) in [
            ("all is well", twilio(), plain, None),
            (
                "no such ability",
                account("jy", "account-1", 0),
                plain,
                Some(LeftOut::PlacesNone),
            ),
            (
                "another",
                twilio(),
                Wish {
                    carrier: Some("vg"),
                    ..plain
                },
                Some(LeftOut::AnotherCarrier),
            ),
            (
                "that one",
                twilio(),
                Wish {
                    carrier: Some("tw"),
                    ..plain
                },
                None,
            ),
            (
                "the agent",
                twilio(),
                Wish {
                    agent: &elsewhere,
                    ..plain
                },
                Some(LeftOut::Destination),
            ),
            (
                "the customer",
                twilio(),
                Wish {
                    customer: &elsewhere,
                    ..plain
                },
                Some(LeftOut::Destination),
            ),
            (
                "its own number",
                twilio(),
                Wish {
                    customer_shown: Some(&own),
                    ..plain
                },
                None,
            ),
            (
                "not its own",
                twilio(),
                Wish {
                    customer_shown: Some(&other),
                    ..plain
                },
                Some(LeftOut::CallerId),
            ),
            (
                "nor to the agent",
                twilio(),
                Wish {
                    agent_shown: Some(&other),
                    ..plain
                },
                Some(LeftOut::CallerId),
            ),
            (
                "no number at all",
                without_numbers,
                plain,
                Some(LeftOut::CallerId),
            ),
            ("the queue's number", connect.clone(), plain, None),
            (
                "not the queue's",
                connect,
                Wish {
                    customer_shown: Some(&own),
                    ..plain
                },
                Some(LeftOut::CallerId),
            ),
        ] {
            let accounts = [(account, Closed)];
            let (usable, left_out) = chosen(&accounts, &wish);
            assert_eq!(left_out.first().map(|(_, why)| *why), expected, "{name}");
            assert_eq!(usable.len(), usize::from(expected.is_none()), "{name}");
        }
    }

    #[test]
    fn who_can_take_no_call_says_whether_waiting_or_another_number_would_help() {
        let choice = |usable: &[usize], left_out: &[LeftOut]| Choice {
            usable: usable.to_vec(),
            left_out: left_out.iter().copied().enumerate().collect(),
        };
        for (choice, waits, lacks) in [
            (choice(&[], &[]), false, false),
            (choice(&[], &[LeftOut::Destination]), false, false),
            (
                choice(&[], &[LeftOut::CallerId, LeftOut::Destination]),
                false,
                true,
            ),
            (choice(&[], &[LeftOut::CallerId, LeftOut::Open]), true, false),
            (choice(&[], &[LeftOut::Disabled]), true, false),
            (choice(&[1], &[LeftOut::CallerId]), false, false),
        ] {
            assert_eq!(
                (choice.waits_for_health(), choice.lacks_caller_id()),
                (waits, lacks)
            );
        }
    }
}
