//! The story of a carrier whose events come twice and backwards.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ringback_calls::{CallId, CallRecord, CallStore, Kind, Leg, State};
use ringback_carriers::{Capture, Keys, Request, Settings, carrier};
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock};
use ringback_local::sample_accounts::{self, SampleAccount, TENANT};
use ringback_local::simulated_carriers::{Account, Life, Name, Play, as_told, calls};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use serde_json::json;

use crate::cli::{records, show};

/// The carrier of the story.
const CARRIER: &str = "tw";

/// A house of its own: tables, the webhook, and the carrier's account.
struct House {
    /// All ends with it.
    _stack: Stack,
    api: Api,
    calls: CallStore,
    account: Account,
}

impl House {
    async fn start() -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?;
        sample_accounts::add(&stack).await?;
        let webhook = stack.carrier_webhook(&[], emf_sink(std::io::sink())).await?;
        let account = SampleAccount::of(CARRIER).context("there is no sample account")?;
        Ok(Self {
            api: Api::of_carriers(Arc::new(webhook), Clock::system()).await?,
            calls: calls(&stack).await,
            account: account.at_carrier(),
            _stack: stack,
        })
    }

    /// Posts a request; what became of it, and how far the call is then.
    async fn post(&self, life: &Life, request: &Capture) -> Result<(&'static str, CallRecord)> {
        let before = self.read(&life.call).await?.map_or(0, |record| record.version);
        let alone = Life {
            requests: vec![request.clone()],
            ..life.clone()
        };
        let played = Play::to(&self.api.url()).run(&[alone], &self.account).await?;
        ensure!(
            played.is_complete(),
            "the webhook did not take an event: {:?}",
            played.refused
        );
        let record = self.read(&life.call).await?;
        let record = record.context("nothing was stored")?;
        let became = if record.version > before {
            "stored"
        } else {
            "changes nothing"
        };
        Ok((became, record))
    }

    async fn read(&self, call: &CallId) -> Result<Option<CallRecord>> {
        Ok(self.calls.read(TENANT, call, Timestamp::now()).await?)
    }
}

/// Tells the story.
pub(super) async fn tell(json: bool) -> Result<()> {
    let account = SampleAccount::of(CARRIER).context("there is no sample account")?;
    let life = Life::sample(CARRIER, "recording")?.named(&Name {
        call: CallId::parse("demo-call")?,
        account: account.slug.to_owned(),
        base: PUBLIC_BASE_URL.to_owned(),
        number: 1,
    });
    let heading = |text: &str, note: &str| {
        if !json {
            show::heading(text);
            show::note(note);
        }
    };
    heading(
        "The carrier whose events come twice and backwards",
        "A callback at Twilio: the agent is A, the customer B. Every event is signed as Twilio signs and posted to the real \
         webhook,\nwhich stores it with one write and reads nothing. The record is the fold of what is stored.",
    );
    let forwards: Vec<_> = life.requests.iter().collect();
    heading(
        "Friday, 09:00. Once, in order",
        "The record as it is after each event.",
    );
    let in_order = play(&life, &forwards, json).await?;
    let backwards: Vec<_> = forwards.iter().rev().flat_map(|event| [*event, *event]).collect();
    heading(
        "The same call at another house. The last event first, each of them twice",
        "A carrier promises no order, and repeats what it thinks was lost.",
    );
    let twisted = play(&life, &backwards, json).await?;
    ensure!(
        as_told(in_order.clone()) == as_told(twisted.clone()),
        "the two records differ: the fold depends on the order"
    );
    if json {
        anstream::println!("{}", json!({"inOrder": in_order, "twiceAndBackwards": twisted}));
    } else {
        show::heading("Two records, one call");
        records::print([&in_order, &twisted]);
        show::note(&format!(
            "They are equal in every column, each of {} events.",
            twisted.version
        ));
    }
    Ok(())
}

async fn play(life: &Life, requests: &[&Capture], json: bool) -> Result<CallRecord> {
    let house = House::start().await?;
    let mut last = None;
    for request in requests {
        let what = words(request)?;
        let (became, record) = house.post(life, request).await?;
        if !json {
            let state = match record.state {
                State::Init => "init",
                State::Conn => "conn",
                State::Close => "close",
            };
            anstream::println!("  {what:<44} {became:<16} {state}");
        }
        last = Some(record);
    }
    last.context("the life has no events")
}

/// What a request tells, in a few words.
fn words(request: &Capture) -> Result<String> {
    let settings = Settings::default();
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    let headers = request.headers();
    let read = carrier(&request.carrier).context("no such carrier")?.read(
        &Request {
            method: &request.method,
            url: &request.url,
            headers: &headers,
            body: request.body.as_deref().unwrap_or_default().as_bytes(),
        },
        &keys,
    )?;
    let Some(heard) = read.heard.first() else {
        return Ok("nothing".to_owned());
    };
    let event = &heard.event;
    let time = event.at.or(request.received_at).map_or_else(String::new, |at| {
        at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
    });
    let leg = match event.leg {
        Some(Leg::A) => "A ",
        Some(Leg::B) => "B ",
        None => "",
    };
    let kind = match event.kind {
        Kind::Dialled => "is dialled",
        Kind::Ringing => "rings",
        Kind::Answered => "answers",
        Kind::Bridged => "hear each other",
        Kind::Ended => "ends",
        Kind::Recording => "recording",
        _ => "progress",
    };
    let word = event
        .word
        .as_deref()
        .map_or_else(String::new, |word| format!(" (“{word}”)"));
    Ok(format!("{time}  {leg}{kind}{word}"))
}
