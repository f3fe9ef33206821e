//! How a carrier is asked, as it stands in its description.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json_path::JsonPath;

use crate::mapped::file::{DigestKind, Encoding, Hash, Time};

/// What all requests to the carrier's API have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Api {
    /// How bodies are written.
    pub(super) format: Format,
    /// The content type of bodies; that of the format where it is missing.
    pub(super) content_type: Option<String>,
    /// How numbers are written.
    pub(super) numbers: Numbers,
    /// How `{timestamp}` is written; seconds since 1970 where it is missing.
    pub(super) time: Option<Time>,
    /// What is made of names before it stands in a URL, a header or a body: signatures, a user with a password.
    pub(super) values: BTreeMap<String, Value>,
    /// Headers, with names in braces: those of [`HEADERS`](super::request::HEADERS).
    pub(super) headers: BTreeMap<String, String>,
    pub(super) answer: Answer,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    #[default]
    Json,
    Form,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Numbers {
    /// With a `+`.
    #[default]
    E164,
    /// The same without it.
    Digits,
    /// As somebody dials them in the country of `country-code`.
    National,
}

/// A text with names in braces, and what is made of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Value {
    pub(super) text: String,
    /// `hmac`, with the API secret for its key, or `plain`.
    pub(super) digest: Option<DigestKind>,
    pub(super) hash: Option<Hash>,
    /// How the hash, or without one the text, is written.
    pub(super) encoding: Option<Encoding>,
}

/// Where an answer says whether the carrier did what it was asked, for carriers that say it with status 200.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Answer {
    /// XML, or JSON where it is missing.
    pub(super) format: AnswerFormat,
    pub(super) code: Option<JsonPath>,
    /// The codes that mean that it did.
    pub(super) good: Vec<String>,
    /// Codes with which it refuses, and has done nothing: a code, or what codes begin with and a `*`. After any other it is
    /// taken for possible that a call was begun.
    pub(super) refused: BTreeMap<String, Fault>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AnswerFormat {
    #[default]
    Json,
    Xml,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    Get,
    #[default]
    Post,
    Put,
    Delete,
}

/// How the carrier is asked for a call: the agent first, then the customer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Place {
    #[serde(default)]
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) body: Option<Json>,
    /// Where the answer has the carrier's id of the call.
    pub(super) call: JsonPath,
    /// What `{record}` is; `true` and `false` where it is missing.
    #[serde(default)]
    pub(super) record: Record,
    /// The longest conversation that it takes a limit for.
    pub(super) longest_seconds: Option<u64>,
    #[serde(default = "one")]
    pub(super) calls_per_second: u32,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    Carrier,
    Account,
    Call,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Record {
    pub(super) yes: String,
    pub(super) no: String,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            yes: true.to_string(),
            no: false.to_string(),
        }
    }
}

/// How the carrier is asked what became of a call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Inquire {
    #[serde(default)]
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) body: Option<Json>,
    /// Where the answer has what the carrier also posts: events of `[events]`, with `[fields]`.
    pub(in crate::mapped) event: JsonPath,
    /// Which event that is, by its name in `events.map`; its own fields say it where this is missing.
    #[serde(rename = "as")]
    pub(in crate::mapped) name: Option<String>,
    /// What the event must have to tell anything: the answer about a call that goes on lacks it.
    pub(in crate::mapped) needs: Option<JsonPath>,
    /// Codes for a call that the carrier does not know.
    #[serde(default)]
    pub(super) no_such_call: Vec<String>,
    pub(super) per_minute: u32,
    /// How long after a call it can be asked.
    pub(super) remembers_hours: u64,
}

/// How the carrier is told to end a call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct HangUp {
    #[serde(default)]
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) body: Option<Json>,
    /// Codes for a call that is over.
    #[serde(default)]
    pub(super) over: Vec<String>,
}
