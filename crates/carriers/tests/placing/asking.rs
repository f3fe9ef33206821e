//! A sample call, the account that is asked for it, and what is made of the answers. It is the call of the sample lives, so
//! that what a carrier answers later must give the same record as the events that it sends.

#![allow(dead_code, reason = "every carrier's tests use a part of it")]

use jiff::Timestamp;
use ringback_calls::{Announcement, CallEvent, CallId, CallRecord, Number, Placed, fold};
use ringback_carriers::{
    Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing, SecondLeg, Unreadable,
};
use secrecy::ExposeSecret;

use super::account::{Account, now};
use super::support::lives;
use super::support::record;
use super::support::requests::entry;

pub(crate) const AGENT: &str = "+14155550101";
pub(crate) const CUSTOMER: &str = "+14155550102";
pub(crate) const OURS: &str = "+14155550100";
pub(crate) const CALL: &str = "01900000-0000-7000-8000-00000000000a";

/// A call to be placed.
pub(crate) struct Sample {
    pub(crate) call: CallId,
    pub(crate) events_url: String,
    pub(crate) announcement: Option<Announcement>,
    pub(crate) record: bool,
    pub(crate) credential: Option<&'static str>,
}

impl Sample {
    pub(crate) fn of(code: &str) -> Self {
        Self {
            call: CallId::parse(CALL).unwrap(),
            events_url: format!(
                "https://calls.example.com/carriers/{code}/sample-account/calls/{CALL}/events"
            ),
            announcement: None,
            record: false,
            credential: None,
        }
    }

    pub(crate) fn announcing(mut self, announcement: Announcement) -> Self {
        self.announcement = Some(announcement);
        self
    }

    /// The customer's leg, as a document puts it through.
    pub(crate) fn second(&self) -> SecondLeg<'_> {
        SecondLeg {
            number: CUSTOMER,
            shown: OURS,
            ring_seconds: 30,
            limit_seconds: 3600,
            record: self.record,
            announcement: self.announcement.as_ref(),
            events_url: &self.events_url,
            credential: self.credential,
        }
    }

    pub(crate) fn new_call(&self) -> NewCall<'_> {
        NewCall {
            call: &self.call,
            agent: AGENT,
            agent_shown: OURS,
            agent_ring_seconds: 30,
            second: self.second(),
        }
    }

    pub(crate) fn place(&self, account: &Account) -> Result<Ask, CannotAsk> {
        account.carrier.place(&self.new_call(), &account.keys(), now())
    }

    /// The call as it is known later, by what the carrier told.
    pub(crate) fn placed<'a>(&'a self, id: Option<&'a str>) -> PlacedCall<'a> {
        PlacedCall {
            call: &self.call,
            carrier_call_id: id,
            leg_a: id,
            leg_b: None,
            control: None,
            agent: Some(AGENT),
            customer: Some(CUSTOMER),
            placed_at: placed_at(),
            limit_seconds: Some(3600),
        }
    }
}

/// When the sample lives begin.
pub(crate) fn placed_at() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

/// A request as a text: its method and URL, a header a line, and after an empty line its body.
pub(crate) fn written(ask: &Ask) -> String {
    let mut text = format!("{} {}", ask.method, ask.url);
    for (name, value) in &ask.headers {
        text.push_str(&format!("\n{name}: {}", value.expose_secret()));
    }
    if let Some(body) = &ask.body {
        text.push_str(&format!("\n\n{}", body.expose_secret()));
    }
    text
}

/// A request's body.
pub(crate) fn body(ask: &Ask) -> &str {
    ask.body.as_ref().unwrap().expose_secret()
}

pub(crate) fn inquire(account: &Account, placed: &PlacedCall<'_>) -> Result<Vec<Ask>, CannotAsk> {
    account.carrier.inquire(placed, &account.keys(), now())
}

pub(crate) fn hang_up(account: &Account, placed: &PlacedCall<'_>) -> Result<Ask, CannotAsk> {
    account.carrier.hang_up(placed, &account.keys(), now())
}

pub(crate) fn placing(account: &Account, status: u16, body: &str) -> Placing {
    let body = body.as_bytes();
    account.carrier.placed(&Answered { status, body })
}

pub(crate) fn hung_up(account: &Account, status: u16, body: &str) -> HungUp {
    let body = body.as_bytes();
    account.carrier.hung_up(&Answered { status, body })
}

pub(crate) fn inquired(
    account: &Account,
    placed: &PlacedCall<'_>,
    which: usize,
    status: u16,
    body: &str,
) -> Result<Inquired, Unreadable> {
    let body = body.as_bytes();
    account
        .carrier
        .inquired(placed, which, &Answered { status, body })
}

/// The events of the answers to an inquiry, all with 200, in the order of its requests.
pub(crate) fn events(account: &Account, placed: &PlacedCall<'_>, answers: &[&str]) -> Vec<CallEvent> {
    let said = |(which, body): (usize, &&str)| match inquired(account, placed, which, 200, body).unwrap() {
        Inquired::Events(events) => events,
        // One leg may be unknown where another is not.
        Inquired::NoSuchCall => Vec::new(),
        Inquired::NotNow => panic!("{body}"),
    };
    answers.iter().enumerate().flat_map(said).collect()
}

/// The record of a call of which nothing is known but that we placed it, and what those answers say. It is the same in
/// every order and with repetitions, or this panics.
pub(crate) fn record_of(account: &Account, placed: &PlacedCall<'_>, answers: &[&str]) -> CallRecord {
    let number = |text| Number::international(text).unwrap();
    let ours = Placed {
        a: number(AGENT),
        b: number(CUSTOMER),
        a_shown: None,
        b_shown: None,
        agent: None,
        main_number: None,
        extension: None,
        business_reference: None,
        business_data: Default::default(),
        line: None,
        announcement: None,
        ring_seconds: Some(30),
        limit_seconds: placed.limit_seconds,
        record: false,
    };
    let mut own = entry("own", placed_at(), ours.event(placed_at()));
    own.account.clear();
    let asked_at: Timestamp = "2026-11-20T09:10:00Z".parse().unwrap();
    let mut all = vec![own];
    let heard = events(account, placed, answers).into_iter();
    all.extend(heard.map(|event| entry(account.carrier.code(), asked_at, event)));
    let record = fold(placed.call, &all).unwrap();
    assert_eq!(fold(placed.call, all.iter().rev()).as_ref(), Some(&record));
    assert_eq!(fold(placed.call, all.iter().chain(&all)).as_ref(), Some(&record));
    record
}

/// A leg of a sample life, by times of its day.
#[derive(Clone, Copy)]
pub(crate) struct Lived {
    pub(crate) dialled: &'static str,
    pub(crate) answered: Option<&'static str>,
    pub(crate) ended: &'static str,
}

impl Lived {
    const fn new(dialled: &'static str, answered: Option<&'static str>, ended: &'static str) -> Self {
        Self {
            dialled,
            answered,
            ended,
        }
    }

    /// How long it talked, in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        let at = |time: &str| lives::at(time).unwrap();
        self.answered.map_or(0, |answered| {
            at(self.ended).duration_since(at(answered)).as_secs()
        })
    }
}

/// The sample lives, the limit of their conversations, and their legs.
pub(crate) const LIVES: [(&str, u64, Lived, Option<Lived>); 4] = [
    (
        "normal",
        3600,
        Lived::new("09:00:00", Some("09:00:05"), "09:01:12"),
        Some(Lived::new("09:00:06", Some("09:00:14"), "09:01:12")),
    ),
    ("a-busy", 3600, Lived::new("09:00:00", None, "09:00:03"), None),
    (
        "b-no-answer",
        3600,
        Lived::new("09:00:00", Some("09:00:05"), "09:00:37"),
        Some(Lived::new("09:00:06", None, "09:00:36")),
    ),
    (
        "max-duration",
        60,
        Lived::new("09:00:00", Some("09:00:05"), "09:01:14"),
        Some(Lived::new("09:00:06", Some("09:00:14"), "09:01:14")),
    ),
];

/// Panics where the record of what a carrier answered is not that of the events which it sends in the same life. Of a time
/// that the events do not tell, the answer may know more.
pub(crate) fn agrees(code: &str, case: &str, polled: &CallRecord) {
    let told = record(code, case);
    let word = format!("{code}/{case}");
    assert_eq!(
        (polled.state, polled.close_cause, polled.talk_seconds),
        (told.state, told.close_cause, told.talk_seconds),
        "{word}"
    );
    assert_eq!(polled.carrier_call_id, told.carrier_call_id, "{word}");
    assert_eq!(polled.ended_at, told.ended_at, "{word}");
    assert!(polled.inferred.is_empty(), "{word}: {:?}", polled.inferred);
    for (name, polled, told_leg) in [("a", &polled.a, &told.a), ("b", &polled.b, &told.b)] {
        assert_eq!(polled.id, told_leg.id, "{word} {name}");
        assert_eq!(polled.number, told_leg.number, "{word} {name}");
        assert_eq!(polled.cause.is_some(), told_leg.cause.is_some(), "{word} {name}");
        for (field, polled, told_at) in [
            // Not every carrier says it afterwards.
            (
                "dialledAt",
                polled.dialled_at.or(told_leg.dialled_at),
                told_leg.dialled_at,
            ),
            ("answeredAt", polled.answered_at, told_leg.answered_at),
            ("endedAt", polled.ended_at, told_leg.ended_at),
        ] {
            let field = format!("{name}.{field}");
            // What neither tells they need not agree on; nor on what only the answer tells.
            if told_at.is_some() && !told.inferred.contains(&field) {
                assert_eq!(polled, told_at, "{word} {field}");
            }
        }
    }
}
