//! The simulated carriers take what our own carriers' modules send, and tell what these read.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ringback_calls::{Asked, CallId, CallRecord, CallStore, Entry, NewEvent, Number, Placed, State};
use ringback_carriers::{
    Answered, Ask, Carrier, HungUp, Inquired, Keys, NewCall, PlacedCall, Placing, SecondLeg, Settings,
    carrier,
};
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock};
use ringback_local::sample_accounts::{self, SampleAccount, TENANT};
use ringback_local::simulated_carriers::{CODES, CarrierFault, Fate, Pace, Party, calls};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use ringback_outbound::{Outbound, Sent};
use secrecy::SecretString;

const AGENT: &str = "+14155550101";
const CUSTOMER: &str = "+14155550102";
const SHOWN: &str = "+14155550100";
const WITHIN: Duration = Duration::from_secs(5);

/// A house with the webhook and the sample accounts.
struct House {
    stack: Stack,
    _api: Api,
    calls: CallStore,
    outbound: Outbound,
}

/// A carrier, and what the sample account has to ask it with.
struct Asker {
    carrier: &'static dyn Carrier,
    account: SampleAccount,
    secrets: Vec<SecretString>,
    settings: Settings,
    call: CallId,
}

impl House {
    async fn start() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        sample_accounts::add(&stack).await.unwrap();
        let webhook = stack
            .carrier_webhook(&[], emf_sink(std::io::sink()))
            .await
            .unwrap();
        let api = Api::of_carriers(Arc::new(webhook), Clock::system())
            .await
            .unwrap();
        stack.simulated_carriers.connect_webhook(&api.url());
        let simulated = stack.vars(&[]).required("SIMULATED_CARRIERS").unwrap();
        Self {
            calls: calls(&stack).await,
            outbound: Outbound::new("test", Some(simulated.parse().unwrap())).unwrap(),
            _api: api,
            stack,
        }
    }

    /// Writes down that the carrier is asked for a call, and asks it.
    async fn place(&self, asker: &Asker) -> Placing {
        let now = Timestamp::now();
        let number = |text: &str| Number::raw(text).unwrap();
        let placed = Placed {
            a: number(AGENT),
            b: number(CUSTOMER),
            a_shown: Some(number(SHOWN)),
            b_shown: Some(number(SHOWN)),
            agent: None,
            main_number: None,
            extension: None,
            business_reference: None,
            business_data: Default::default(),
            line: None,
            announcement: None,
            ring_seconds: Some(30),
            limit_seconds: Some(3600),
            record: false,
        };
        let asked = Asked {
            carrier: asker.account.carrier,
            account: asker.account.slug,
        };
        let own = Entry {
            tenant: TENANT.to_owned(),
            carrier: "own".to_owned(),
            account: String::new(),
            received_at: now,
            event: placed.event(now),
        };
        for entry in [own, asked.entry(TENANT, now)] {
            let event = NewEvent {
                call: asker.call.clone(),
                entry,
                legs: Vec::new(),
                placed_only: false,
            };
            self.calls.put(&event).await.unwrap();
        }
        let events_url = asker.events_url();
        let ask = asker
            .carrier
            .place(&asker.new_call(&events_url), &asker.keys(), now);
        match self.outbound.send(&ask.unwrap(), WITHIN).await {
            Sent::Answered { status, body, .. } => asker.carrier.placed(&Answered { status, body: &body }),
            _ => Placing::Unsure,
        }
    }

    async fn send(&self, ask: &Ask) -> (u16, Vec<u8>) {
        match self.outbound.send(ask, WITHIN).await {
            Sent::Answered { status, body, .. } => (status, body),
            other => panic!("no answer: {other:?}"),
        }
    }

    /// Whose telephones rang, in that order.
    fn rung(&self, asker: &Asker) -> Vec<(Party, String)> {
        let rung = self.stack.simulated_carriers.rung();
        rung.into_iter()
            .filter(|rung| rung.call == asker.call.as_str() && rung.carrier == asker.account.carrier)
            .map(|rung| (rung.party, rung.number))
            .collect()
    }

    async fn record(&self, call: &CallId) -> CallRecord {
        let record = self.calls.read(TENANT, call, Timestamp::now()).await.unwrap();
        record.unwrap()
    }
}

impl Asker {
    fn of(code: &str, number: usize) -> Self {
        let account = SampleAccount::of(code).unwrap();
        let secret = account.api_secret().or_else(|| account.secret().unwrap());
        Self {
            carrier: carrier(code).unwrap(),
            settings: account.account().unwrap().settings,
            account,
            secrets: vec![SecretString::from(secret.unwrap())],
            call: CallId::parse(&format!("01900000-0000-7000-8000-{number:06x}{}", hex(code))).unwrap(),
        }
    }

    fn keys(&self) -> Keys<'_> {
        Keys {
            secrets: &self.secrets,
            settings: &self.settings,
        }
    }

    fn events_url(&self) -> String {
        let (code, slug, call) = (self.account.carrier, self.account.slug, &self.call);
        format!("{PUBLIC_BASE_URL}/carriers/{code}/{slug}/calls/{call}/events")
    }

    fn new_call<'a>(&'a self, events_url: &'a str) -> NewCall<'a> {
        NewCall {
            call: &self.call,
            agent: AGENT,
            agent_shown: SHOWN,
            agent_ring_seconds: 30,
            second: SecondLeg {
                number: CUSTOMER,
                shown: SHOWN,
                ring_seconds: 30,
                limit_seconds: 3600,
                record: false,
                announcement: None,
                events_url,
                credential: Some(self.account.signs_with).filter(|_| self.account.carrier == "bw"),
            },
        }
    }

    fn placed_call<'a>(&'a self, control: Option<&'a str>) -> PlacedCall<'a> {
        PlacedCall {
            call: &self.call,
            carrier_call_id: None,
            leg_a: None,
            leg_b: None,
            control,
            agent: Some(AGENT),
            customer: Some(CUSTOMER),
            placed_at: Timestamp::now(),
            limit_seconds: Some(3600),
        }
    }
}

/// A carrier's code in the form that ids have: six digits.
fn hex(code: &str) -> String {
    let digits: String = code.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits:0>6}")
}

/// What becomes of a call, by what the two do.
const FATES: [(&str, Fate, Fate, u8); 4] = [
    ("both answer", Fate::Answers, Fate::Answers, 0),
    ("the agent is busy", Fate::Busy, Fate::Answers, 3),
    ("the agent does not answer", Fate::NoAnswer, Fate::Answers, 1),
    ("the customer is busy", Fate::Answers, Fate::Busy, 4),
];

#[tokio::test]
async fn every_carrier_takes_a_call_and_tells_of_it_to_its_end() {
    let house = House::start().await;
    let carriers = &house.stack.simulated_carriers;
    for (number, (what, agent, customer, cause)) in FATES.into_iter().enumerate() {
        carriers.set_fate(AGENT, agent);
        carriers.set_fate(CUSTOMER, customer);
        for code in CODES {
            let asker = Asker::of(code, number);
            let placing = house.place(&asker).await;
            assert!(matches!(placing, Placing::Accepted(_)), "{code}: {placing:?}");
            carriers.settled().await;
            let record = house.record(&asker.call).await;
            let closed = record.close_cause.map(|cause| cause.number());
            assert_eq!(
                (record.state, closed),
                (State::Close, Some(cause)),
                "{code}: {what}"
            );
            let mut rung = vec![(Party::Agent, AGENT.to_owned())];
            if agent == Fate::Answers {
                rung.push((Party::Customer, CUSTOMER.to_owned()));
            }
            assert_eq!(house.rung(&asker), rung, "{code}: {what}");
        }
    }
}

#[tokio::test]
async fn a_carrier_that_tells_nothing_says_what_became_of_a_call_when_it_is_asked() {
    let house = House::start().await;
    let carriers = &house.stack.simulated_carriers;
    for (number, code) in CODES.into_iter().enumerate() {
        let asker = Asker::of(code, number);
        carriers.next(code, [CarrierFault::Silent]);
        let Placing::Accepted(accepted) = house.place(&asker).await else {
            panic!("{code} did not accept");
        };
        carriers.settled().await;
        let placed = PlacedCall {
            carrier_call_id: accepted.carrier_call_id.as_deref(),
            leg_a: accepted.leg_a.as_deref(),
            ..asker.placed_call(None)
        };
        let asks = asker.carrier.inquire(&placed, &asker.keys(), Timestamp::now());
        if code == "hw" {
            assert!(asks.is_err(), "nothing can be asked there");
            continue;
        }
        let mut ended = false;
        for (which, ask) in asks.unwrap().iter().enumerate() {
            let (status, body) = house.send(ask).await;
            let answer = Answered { status, body: &body };
            // One of several requests may be for what is not there.
            if let Inquired::Events(events) = asker.carrier.inquired(&placed, which, &answer).unwrap() {
                let mut facts = events.iter().map(|event| &event.facts);
                ended |= facts.any(|facts| facts.a.ended.is_some() || facts.ended.is_some());
            }
        }
        assert!(ended, "{code} does not say that the call is over");
    }
}

#[tokio::test]
async fn every_carrier_ends_a_call_that_it_is_told_to_end() {
    let house = House::start().await;
    let carriers = &house.stack.simulated_carriers;
    carriers.set_pace(Pace {
        talk: Duration::from_secs(3600),
        ..Pace::default()
    });
    for (number, code) in CODES.into_iter().enumerate() {
        let asker = Asker::of(code, number);
        let Placing::Accepted(accepted) = house.place(&asker).await else {
            panic!("{code} did not accept");
        };
        carriers.answered(asker.call.as_str(), Party::Customer).await;
        let placed = PlacedCall {
            carrier_call_id: accepted.carrier_call_id.as_deref(),
            leg_a: accepted.leg_a.as_deref(),
            ..asker.placed_call(accepted.control.as_deref())
        };
        let ask = asker.carrier.hang_up(&placed, &asker.keys(), Timestamp::now());
        let (status, body) = house.send(&ask.unwrap()).await;
        let hung_up = asker.carrier.hung_up(&Answered { status, body: &body });
        assert_eq!(hung_up, HungUp::Done, "{code}");
        carriers.settled().await;
        assert_eq!(house.record(&asker.call).await.state, State::Close, "{code}");
    }
}

#[tokio::test]
async fn what_goes_wrong_at_a_carrier_is_what_it_is_taken_for() {
    let house = House::start().await;
    let carriers = &house.stack.simulated_carriers;
    let mut number = 0;
    for code in CODES {
        for (fault, refused, rings) in [
            (CarrierFault::refuse(401), true, 0),
            (CarrierFault::refuse(429), true, 0),
            (CarrierFault::ErrorAfter, false, 2),
            (CarrierFault::Reset { placed: true }, false, 2),
            (CarrierFault::Reset { placed: false }, false, 0),
        ] {
            number += 1;
            let asker = Asker::of(code, number);
            carriers.next(code, [fault.clone()]);
            let placing = house.place(&asker).await;
            let as_expected = match placing {
                Placing::Refused(_) => refused,
                Placing::Unsure => !refused,
                Placing::Accepted(_) => false,
            };
            assert!(as_expected, "{code}: {fault:?}: {placing:?}");
            carriers.settled().await;
            assert_eq!(house.rung(&asker).len(), rings, "{code}: {fault:?}");
        }
        number += 1;
        let asker = Asker::of(code, number);
        carriers.next(code, [CarrierFault::ErrorInside]);
        let placing = house.place(&asker).await;
        assert!(!matches!(placing, Placing::Accepted(_)), "{code}: {placing:?}");
        assert_eq!(house.rung(&asker), [], "{code}");
    }
}

#[tokio::test]
async fn events_that_come_early_and_twice_ring_nobody_twice() {
    let house = House::start().await;
    let carriers = &house.stack.simulated_carriers;
    for (number, code) in CODES.into_iter().enumerate() {
        carriers.always(code, [CarrierFault::Early, CarrierFault::Twice]);
        let asker = Asker::of(code, number);
        let placing = house.place(&asker).await;
        assert!(matches!(placing, Placing::Accepted(_)), "{code}: {placing:?}");
        carriers.settled().await;
        assert_eq!(house.record(&asker.call).await.state, State::Close, "{code}");
        assert_eq!(house.rung(&asker).len(), 2, "{code}");
    }
    assert_eq!(carriers.tally().rung_twice(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_dead_carrier_was_never_reached_and_a_slow_one_answers() {
    let house = House::start().await;
    let carriers = &house.stack.simulated_carriers;
    let (dead, slow) = (Asker::of("tw", 1), Asker::of("vg", 2));
    carriers.always("tw", [CarrierFault::Dead]);
    carriers.always("vg", [CarrierFault::Slow { milliseconds: 20 }]);
    let events_url = dead.events_url();
    let ask = dead
        .carrier
        .place(&dead.new_call(&events_url), &dead.keys(), Timestamp::now());
    let sent = house.outbound.send(&ask.unwrap(), WITHIN).await;
    assert_eq!(sent, Sent::NotSent("dns-or-connect"));
    assert!(matches!(house.place(&slow).await, Placing::Accepted(_)));
    carriers.heal("tw");
    assert!(matches!(
        house.place(&Asker::of("tw", 3)).await,
        Placing::Accepted(_)
    ));
}
