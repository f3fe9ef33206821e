//! The sample lives of calls, `events/carriers/<carrier>/<case>.jsonl`, and as many calls of the same life as wanted.

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ringback_calls::{CallId, Placed};
use ringback_carriers::{Capture, Line};
use serde_json::Value;

use crate::replay::account;

/// The carriers that have sample lives.
pub const CODES: [&str; 10] = ["tw", "sw", "tx", "vg", "pl", "e9", "hw", "vx", "bw", "si"];
/// What happens in the lives.
pub const CASES: [&str; 5] = ["normal", "a-busy", "b-no-answer", "max-duration", "recording"];

/// The account in the samples' URLs.
const ACCOUNT: &str = "sample-account";
/// Where the samples' URLs lead.
const BASE: &str = "https://calls.example.com";

/// A call's life: that it was placed, and what its carrier posts about it, in the carrier's order.
#[derive(Clone)]
pub struct Life {
    /// The carrier's code.
    pub carrier: String,
    /// The call's id.
    pub call: CallId,
    /// When it was placed.
    pub at: jiff::Timestamp,
    /// As what it was placed.
    pub placed: Placed,
    /// The requests, unsigned.
    pub requests: Vec<Capture>,
}

/// Whose life it shall be.
#[derive(Debug, Clone)]
pub struct Name {
    /// The call's id.
    pub call: CallId,
    /// The carrier account's slug.
    pub account: String,
    /// The public base of the webhooks, without a `/` at its end.
    pub base: String,
    /// A number of at most eight digits that no other call played against the same tables has: it is written into every id
    /// of the carrier's.
    pub number: u32,
}

impl Life {
    /// A sample.
    ///
    /// # Errors
    /// When there is none of that carrier and case, or it cannot be read.
    pub fn sample(carrier: &str, case: &str) -> Result<Self> {
        if !CODES.contains(&carrier) {
            bail!(
                "there is no sample of a carrier {carrier}; there are {}",
                CODES.join(", ")
            );
        }
        let text = text(carrier, case)
            .ok_or_else(|| anyhow!("there is no case {case}; there are {}", CASES.join(", ")))?;
        Self::read(text).with_context(|| format!("events/carriers/{carrier}/{case}.jsonl"))
    }

    fn read(text: &str) -> Result<Self> {
        let mut placed = None;
        let mut requests = Vec::new();
        for (number, line) in text.lines().enumerate() {
            match Line::read(line).with_context(|| format!("line {}", number + 1))? {
                Line::Placed(line) => placed = Some(line),
                Line::Request(capture) => requests.push(*capture),
            }
        }
        let placed = placed.context("no line says that the call was placed")?;
        let carrier = requests.first().context("no line is a request")?.carrier.clone();
        Ok(Self {
            carrier,
            call: placed.call_id,
            at: placed.at,
            placed: placed.placed,
            requests,
        })
    }

    /// The slug of the account to which its carrier posts.
    pub fn account(&self) -> &str {
        let first = self.requests.first();
        first.map_or("", |capture| account(&capture.url))
    }

    /// The same life under another name.
    pub fn named(&self, name: &Name) -> Self {
        let requests = self.requests.iter().map(|request| {
            let body = request.body.as_deref().map(|body| self.renamed(body, name));
            let path = request.url.strip_prefix(BASE).unwrap_or(&request.url);
            let path = path.replace(ACCOUNT, &name.account);
            let path = path.replace(self.call.as_str(), name.call.as_str());
            Capture {
                url: format!("{}{path}", name.base),
                body,
                ..request.clone()
            }
        });
        Self {
            call: name.call.clone(),
            requests: requests.collect(),
            ..self.clone()
        }
    }

    fn renamed(&self, body: &str, name: &Name) -> String {
        let (old, new) = (self.call.as_str(), name.call.as_str());
        let mut body = body.replace(old, new).replace(ACCOUNT, &name.account);
        // Some carriers echo what they were given in base64.
        for word in words(&body) {
            let decoded = BASE64_STANDARD.decode(&word).unwrap_or_default();
            if let Ok(text) = String::from_utf8(decoded)
                && text.contains(old)
            {
                body = body.replace(&word, &BASE64_STANDARD.encode(text.replace(old, new)));
            }
        }
        // Whose account it is stays, whatever zeros it has.
        let accounts = account_ids(&body);
        let hidden = |at: usize| format!("\u{0}{at}\u{0}");
        for (at, id) in accounts.iter().enumerate() {
            body = body.replace(id, &hidden(at));
        }
        let number = name.number;
        for (carrier, start) in ODD_IDS {
            if carrier == self.carrier {
                body = body.replace(start, &format!("{start}{number:0ZEROS$}"));
            }
        }
        body = numbered(&body, number);
        for (at, id) in accounts.iter().enumerate() {
            body = body.replace(&hidden(at), id);
        }
        body
    }
}

/// What ids begin with that are not full of zeros, and what is left of them goes on after the number.
const ODD_IDS: [(&str, &str); 4] = [
    ("tx", "sample-leg-"),
    ("hw", "1200_"),
    ("hw", "sample-icid."),
    ("vx", "\"session_id\":\""),
];

/// The fields that say whose account or application a request is of.
const ACCOUNT_FIELDS: [&str; 6] = [
    "AccountSid",
    "ParentAuthID",
    "accountId",
    "applicationId",
    "applicationKey",
    "connection_id",
];

/// The ids of accounts and applications in a body.
fn account_ids(body: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(id) if ACCOUNT_FIELDS.contains(&name.as_str()) => {
                            found.push(id.clone())
                        }
                        value => collect(value, found),
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    match serde_json::from_str(body) {
        Ok(value) => collect(&value, &mut found),
        Err(_) => {
            let fields = form_urlencoded::parse(body.as_bytes());
            let ours = fields.filter(|(name, _)| ACCOUNT_FIELDS.contains(&name.as_ref()));
            found.extend(ours.map(|(_, value)| value.into_owned()));
        }
    }
    found.retain(|id| id.len() >= ZEROS);
    found
}

/// The values in a body of JSON that may be base64.
fn words(body: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.len() >= 8 => found.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(body) {
        collect(&value, &mut found);
    }
    found
}

/// The shortest run of zeros that only ids have.
const ZEROS: usize = 8;

/// Writes a number over the zeros of which the samples' neutral ids are full.
fn numbered(text: &str, number: u32) -> String {
    let digits = format!("{number:0ZEROS$}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(from) = rest.find(&"0".repeat(ZEROS)) {
        let (before, run) = rest.split_at(from);
        let length = run.bytes().take_while(|byte| *byte == b'0').count();
        let (run, after) = run.split_at(length);
        out.push_str(before);
        out.push_str(run.get(ZEROS..).unwrap_or_default());
        out.push_str(&digits);
        rest = after;
    }
    out.push_str(rest);
    out
}

macro_rules! samples {
    ($($carrier:literal)*) => {
        &[$((
            $carrier,
            [
                include_str!(concat!("../../../events/carriers/", $carrier, "/normal.jsonl")),
                include_str!(concat!("../../../events/carriers/", $carrier, "/a-busy.jsonl")),
                include_str!(concat!("../../../events/carriers/", $carrier, "/b-no-answer.jsonl")),
                include_str!(concat!("../../../events/carriers/", $carrier, "/max-duration.jsonl")),
                include_str!(concat!("../../../events/carriers/", $carrier, "/recording.jsonl")),
            ],
        )),*]
    };
}

/// The samples' texts, built in; the cases as in [`CASES`].
const SAMPLES: &[(&str, [&str; CASES.len()])] = samples!("tw" "sw" "tx" "vg" "pl" "e9" "hw" "vx" "bw" "si");

fn text(carrier: &str, case: &str) -> Option<&'static str> {
    let (_, texts) = SAMPLES.iter().find(|(code, _)| *code == carrier)?;
    let case = CASES.iter().position(|known| *known == case)?;
    texts.get(case).copied()
}

#[cfg(test)]
mod tests {
    use super::{CASES, CODES, Life, numbered};

    #[test]
    fn every_carrier_has_a_sample_of_every_case() {
        for carrier in CODES {
            for case in CASES {
                let life = Life::sample(carrier, case).unwrap();
                assert_eq!(
                    (life.carrier.as_str(), life.call.as_str()),
                    (carrier, format!("sample-{case}").as_str())
                );
            }
        }
        assert!(Life::sample("jy", "normal").is_err() && Life::sample("tw", "odd").is_err());
    }

    #[test]
    fn ids_of_zeros_get_a_number_and_nothing_else_does() {
        for (given, expected) in [
            (
                "CA00000000000000000000000000000001",
                "CA00000000000000000000000000012341",
            ),
            (
                "v3:00000000-0000-4000-8000-000000000002",
                "v3:00001234-0000-4000-8000-000000012342",
            ),
            ("2026-11-20T09:00:00.000000Z", "2026-11-20T09:00:00.000000Z"),
            ("0014155550101", "0014155550101"),
        ] {
            assert_eq!(numbered(given, 1234), expected);
        }
    }
}
