//! What the tests of all carriers share: published signature vectors, sample lives, orders.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(unreachable_pub, reason = "every test file is a crate of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

pub mod headers;
pub mod lives;
pub mod requests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ringback_calls::{CallId, CallRecord, Entry, fold};
use ringback_carriers::{Capture, Carrier, Headers, Keys, Line, Refusal, Request, Settings, carrier};
use secrecy::SecretString;
use serde_json::Value;

use requests::entry;

/// A published or derived signature vector; `source` says where it is from.
pub struct Vector {
    pub json: Value,
}

/// All vectors of a carrier, by the name they have in the file (`twilio`, `jiuyun-e9`).
pub fn vectors(of: &str) -> Vec<Vector> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let ours: Vec<_> = all
        .into_iter()
        .filter(|json| json["carrier"] == of)
        .map(|json| Vector { json })
        .collect();
    assert!(!ours.is_empty(), "no vectors of {of}");
    ours
}

impl Vector {
    pub fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    pub fn valid(&self) -> bool {
        self.json["valid"].as_bool().unwrap()
    }

    pub fn headers(&self) -> Headers {
        let headers = self.json["headers"].as_object().unwrap();
        Headers::new(
            headers
                .iter()
                .map(|(name, value)| (name, value.as_str().unwrap().to_owned())),
        )
    }

    pub fn request<'a>(&'a self, headers: &'a Headers) -> Request<'a> {
        Request {
            method: self.text("method"),
            url: self.text("url"),
            headers,
            body: self.text("body").as_bytes(),
        }
    }

    /// Verifies it with its own secret.
    pub fn verify(&self, code: &str, settings: &Settings, now: Timestamp) -> Result<(), Refusal> {
        let headers = self.headers();
        let secret = self.text("secret_or_public_key");
        verify(code, &self.request(&headers), &[secret], settings, now)
    }

    /// Panics unless it is valid and verified, or neither.
    pub fn agrees_with(&self, verified: &Result<(), Refusal>) {
        assert_eq!(
            verified.is_ok(),
            self.valid(),
            "{} {}: {verified:?}",
            self.text("source"),
            self.text("url")
        );
    }

    /// The clock the vector was made for; otherwise any.
    pub fn now(&self) -> Timestamp {
        let seconds = self.json["now"].as_i64().unwrap_or(1_700_000_000);
        Timestamp::from_second(seconds).unwrap()
    }
}

/// All vectors of a carrier verify or are refused, as they should be.
pub fn vectors_verify_or_are_refused(of: &str, code: &str) {
    for vector in vectors(of) {
        vector.agrees_with(&vector.verify(code, &Settings::default(), vector.now()));
    }
}

/// Verifies with one carrier of the registry.
pub fn verify(
    code: &str,
    request: &Request<'_>,
    secrets: &[&str],
    settings: &Settings,
    now: Timestamp,
) -> Result<(), Refusal> {
    let secrets: Vec<_> = secrets.iter().map(|text| SecretString::from(*text)).collect();
    let keys = Keys {
        secrets: &secrets,
        settings,
    };
    carrier(code).unwrap().verify(request, &keys, now)
}

/// A repository's file.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The lines of a sample life.
pub fn life(code: &str, case: &str) -> Vec<Line> {
    let path = file(&format!("events/carriers/{code}/{case}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| Line::read(line).unwrap()).collect()
}

/// The events that a carrier hears in a captured request, as they would be kept.
pub fn entries(carrier: &dyn Carrier, capture: &Capture) -> Vec<Entry> {
    let (headers, settings) = (capture.headers(), Settings::default());
    let request = Request {
        method: &capture.method,
        url: &capture.url,
        headers: &headers,
        body: capture.body.as_deref().unwrap_or_default().as_bytes(),
    };
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    let heard = carrier.read(&request, &keys).unwrap().heard.into_iter();
    heard
        .map(|heard| entry(&capture.carrier, capture.received_at.unwrap(), heard.event))
        .collect()
}

/// All events of a life, our own among them, and the call's id.
pub fn life_entries(code: &str, case: &str) -> (CallId, Vec<Entry>) {
    life_entries_of(carrier(code).unwrap(), code, case)
}

/// As `life_entries`, with a carrier that need not be of the registry.
pub fn life_entries_of(carrier: &dyn Carrier, code: &str, case: &str) -> (CallId, Vec<Entry>) {
    let mut id = None;
    let mut all = Vec::new();
    for line in life(code, case) {
        match line {
            Line::Placed(line) => {
                id = Some(line.call_id.clone());
                all.push(Entry {
                    tenant: "t-1".to_owned(),
                    carrier: "own".to_owned(),
                    account: String::new(),
                    received_at: line.at,
                    event: line.placed.event(line.at),
                });
            }
            Line::Request(capture) => {
                assert_eq!(capture.carrier, code);
                assert_eq!(capture.call_id(), id, "the URL names the call");
                all.extend(entries(carrier, &capture));
            }
        }
    }
    (id.unwrap(), all)
}

/// The record of a life; it is the same in every order and with repetitions, or this panics.
pub fn record(code: &str, case: &str) -> CallRecord {
    record_of(carrier(code).unwrap(), code, case)
}

/// As `record`, with a carrier that need not be of the registry.
pub fn record_of(carrier: &dyn Carrier, code: &str, case: &str) -> CallRecord {
    let (id, entries) = life_entries_of(carrier, code, case);
    let record = fold(&id, &entries).unwrap();
    each_order(&entries, |order| {
        assert_eq!(
            fold(&id, order.iter().copied()).unwrap(),
            record,
            "{code}/{case}: the order matters"
        );
        let twice = order.iter().chain(order.iter().rev()).copied();
        assert_eq!(
            fold(&id, twice).unwrap(),
            record,
            "{code}/{case}: repetitions matter"
        );
    });
    record
}

/// Every order of up to seven things; of more, each rotation of 200 shuffles.
pub fn each_order<T>(things: &[T], mut see: impl FnMut(&[&T])) {
    let mut order: Vec<&T> = things.iter().collect();
    if things.len() <= 7 {
        permute(&mut order, 0, &mut see);
        return;
    }
    // A small generator of its own, so that a failure comes again: xorshift (Marsaglia 2003).
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    for _ in 0..200 {
        for last in (1..order.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            order.swap(last, (state % (last as u64 + 1)) as usize);
        }
        see(&order);
    }
}

fn permute<'a, T>(order: &mut Vec<&'a T>, from: usize, see: &mut impl FnMut(&[&'a T])) {
    if from == order.len() {
        return see(order);
    }
    for other in from..order.len() {
        order.swap(from, other);
        permute(order, from + 1, see);
        order.swap(from, other);
    }
}
