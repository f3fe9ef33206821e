//! A carrier's request: is it genuine, what does it say, and how is it kept?

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use ringback_calls::{CallId, CallStore, Entry, NewEvent};
use ringback_carriers::{Capture, Carrier, Headers, Keys, Reading, Request, Settings, carrier};

use super::{HotPath, Walk, walk};
use crate::signed::{SIGNED_AT, Signed, requests, signed};

macro_rules! life {
    ($code:literal) => {
        include_str!(concat!("../../../../events/carriers/", $code, "/normal.jsonl"))
    };
}

pub(super) fn paths() -> Vec<HotPath> {
    macro_rules! reads {
        ($($code:literal)*) => {
            [$(HotPath::new(concat!("carrier-webhook/read ", $code), || read_all(life!($code)))),*]
        };
    }
    macro_rules! verifies {
        ($($code:literal)*) => {
            [$(HotPath::new(concat!("carrier-webhook/verify ", $code), || verify(life!($code)))),*]
        };
    }
    let mut paths = vec![HotPath::new("carrier-webhook/keep", || keep(life!("tw")))];
    paths.extend(verifies!("tw" "tx" "vg"));
    paths.extend(reads!("tw" "sw" "tx" "vg" "pl" "e9" "hw" "vx" "bw" "si"));
    paths
}

/// The first request of a life, verified.
fn verify(life: &str) -> Result<Walk> {
    let first = requests(life)?
        .into_iter()
        .next()
        .context("the life has no request")?;
    let Signed {
        capture,
        headers,
        secret,
    } = signed(first)?;
    let carrier = of(&capture)?;
    let now: Timestamp = SIGNED_AT.parse()?;
    let settings = Settings::default();
    walk(move || {
        let keys = Keys {
            secrets: std::slice::from_ref(&secret),
            settings: &settings,
        };
        Ok(carrier.verify(&request(&capture, &headers), &keys, now)?)
    })
}

/// All requests of a life, read.
fn read_all(life: &str) -> Result<Walk> {
    let requests: Vec<_> = requests(life)?
        .into_iter()
        .map(|capture| (capture.headers(), capture))
        .collect();
    let (_, first) = requests.first().context("the life has no request")?;
    let carrier = of(first)?;
    let heard: usize = requests
        .iter()
        .map(|(headers, capture)| Ok(read(carrier, capture, headers)?.heard.len()))
        .sum::<Result<usize>>()?;
    ensure!(heard > 0, "the life says nothing");
    walk(move || {
        for (headers, capture) in &requests {
            std::hint::black_box(read(carrier, capture, headers)?);
        }
        Ok(())
    })
}

/// The event with most in it, as the table takes it.
fn keep(life: &str) -> Result<Walk> {
    let capture = requests(life)?
        .into_iter()
        .max_by_key(|capture| capture.body.as_ref().map(String::len));
    let capture = capture.context("the life has no request")?;
    let reading = read(of(&capture)?, &capture, &capture.headers())?;
    let heard = reading.heard.into_iter().next().context("nothing was heard")?;
    let new = NewEvent {
        call: CallId::parse("sample-normal")?,
        entry: Entry {
            tenant: "t-1".to_owned(),
            carrier: capture.carrier,
            account: "sample-account".to_owned(),
            received_at: SIGNED_AT.parse()?,
            event: heard.event,
        },
        legs: Vec::new(),
        placed_only: false,
    };
    // Nothing is sent; the store is asked for the write alone.
    let config = aws_sdk_dynamodb::Config::builder().behavior_version(BehaviorVersion::latest());
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let store = CallStore::new(client, "calls".to_owned(), Duration::from_secs(90 * 24 * 3600));
    walk(move || -> Result<TransactWriteItem> { Ok(store.part_of_transaction(&new)?) })
}

fn of(capture: &Capture) -> Result<&'static dyn Carrier> {
    carrier(&capture.carrier).context("there is no such carrier")
}

fn request<'a>(capture: &'a Capture, headers: &'a Headers) -> Request<'a> {
    Request {
        method: &capture.method,
        url: &capture.url,
        headers,
        body: capture.body.as_deref().unwrap_or_default().as_bytes(),
    }
}

fn read(carrier: &dyn Carrier, capture: &Capture, headers: &Headers) -> Result<Reading> {
    let keys = Keys {
        secrets: &[],
        settings: &Settings::default(),
    };
    Ok(carrier.read(&request(capture, headers), &keys)?)
}
