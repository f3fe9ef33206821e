//! Requests of carriers as captured, a JSON object a line: samples, replays, fuzzing seeds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringback_calls::{CallId, Placed};
use serde::{Deserialize, Serialize};

use crate::request::Headers;

/// One captured request.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capture {
    /// The carrier's code.
    pub carrier: String,
    /// `POST` where it is not told.
    #[serde(default = "post")]
    pub method: String,
    /// The public URL it was sent to. A path `…/calls/{callId}/events` names the call.
    #[serde(default)]
    pub url: String,
    /// Its headers. What is no text (a list of repeated ones) is each in turn.
    #[serde(default)]
    pub headers: BTreeMap<String, OneOrMore>,
    /// Its body, as text.
    #[serde(default)]
    pub body: Option<String>,
    /// When it came.
    #[serde(default)]
    pub received_at: Option<Timestamp>,
}

/// A header's values.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// It came once.
    One(String),
    /// It came more often.
    More(Vec<String>),
}

/// A call that we placed, where a capture has one: what carriers do not tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedLine {
    /// Our id of the call.
    pub call_id: CallId,
    /// When.
    pub at: Timestamp,
    /// What we know of it.
    #[serde(flatten)]
    pub placed: Placed,
}

/// A line of a capture.
#[derive(Clone)]
pub enum Line {
    /// A carrier's request.
    Request(Box<Capture>),
    /// A call that we placed: `{"placed": {"callId": …, "at": …, "a": …, "b": …}}`.
    Placed(Box<PlacedLine>),
}

/// The line is no capture.
#[derive(Debug, thiserror::Error)]
#[error("is no captured request: column {column}: {problem}")]
pub struct BadCapture {
    /// Where, counted in bytes from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(text: &str) -> Result<Self, BadCapture> {
        #[derive(Deserialize)]
        struct OnlyPlaced {
            placed: PlacedLine,
        }
        let bad = |error: serde_json::Error| BadCapture {
            column: error.column(),
            problem: problem(&error),
        };
        let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).map_err(bad)?;
        if fields.contains_key("placed") {
            let OnlyPlaced { placed } = serde_json::from_str(text).map_err(bad)?;
            return Ok(Self::Placed(Box::new(placed)));
        }
        serde_json::from_str(text)
            .map(|capture| Self::Request(Box::new(capture)))
            .map_err(bad)
    }
}

/// What `serde_json` says of a line, without the values that it quotes.
fn problem(error: &serde_json::Error) -> String {
    if !error.is_data() {
        return "is no JSON".to_owned();
    }
    let text = error.to_string();
    let named = ["missing field", "unknown field", "duplicate field"];
    match named.iter().find(|start| text.starts_with(**start)) {
        Some(_) => text.split(" at line").next().unwrap_or_default().to_owned(),
        None => "a field is not what it should be".to_owned(),
    }
}

impl Capture {
    /// Its headers.
    pub fn headers(&self) -> Headers {
        let pairs = self.headers.iter().flat_map(|(name, values)| match values {
            OneOrMore::One(value) => vec![(name.clone(), value.clone())],
            OneOrMore::More(values) => values.iter().map(|value| (name.clone(), value.clone())).collect(),
        });
        Headers::new(pairs)
    }

    /// The call that its URL names.
    pub fn call_id(&self) -> Option<CallId> {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let mut parts = path.rsplit('/');
        (parts.next() == Some("events")).then_some(())?;
        let id = parts.next()?;
        (parts.next() == Some("calls")).then_some(())?;
        CallId::parse(id).ok()
    }
}

fn post() -> String {
    "POST".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_url_of_a_calls_events_names_the_call() {
        let named = |path: &str| {
            let text =
                format!(r#"{{"carrier": "tw", "url": "https://calls.example.com/carriers/tw/s/{path}"}}"#);
            match Line::read(&text).unwrap() {
                Line::Request(capture) => capture.call_id().map(|id| id.as_str().to_owned()),
                Line::Placed(_) => None,
            }
        };
        assert_eq!(named("calls/sample-1/events").as_deref(), Some("sample-1"));
        assert_eq!(named("calls/sample-1/events?x=/b#y").as_deref(), Some("sample-1"));
        for other in [
            "calls/sample-1/events/b",
            "calls/sample-1/events/",
            "calls/sample-1",
            "events",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
