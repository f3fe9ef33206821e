//! Plausible requests: fields that the carriers send, with values that each of them may have.

#[path = "requests/documents.rs"]
mod documents;
#[path = "requests/notices.rs"]
mod notices;
#[path = "requests/values.rs"]
mod values;

use std::sync::OnceLock;

use proptest::prelude::*;
use ringback_calls::CallEvent;
use ringback_carriers::{Carrier, Headers, Keys, Mapped, Request, Settings, carrier};
use serde_json::{Map, Value, json};

pub(crate) use documents::{BANDWIDTH, PLIVO, SIGNALWIRE, TELNYX, TWILIO, VONAGE};
pub(crate) use notices::{HUAWEI, JIUYUN, MAPPED, SINCH, VOXIMPLANT};

/// A field and what may stand there; nothing where it may be missing.
type Field = (&'static str, &'static [&'static str]);

/// Requests of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requests {
    pub(crate) code: &'static str,
    content_type: &'static str,
    fields: &'static [Field],
    body: fn(&[(&str, &str)]) -> String,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Any {
    pub(crate) code: &'static str,
    content_type: &'static str,
    body: String,
}

impl Requests {
    pub(crate) fn any(self) -> impl Strategy<Value = Any> {
        let values: Vec<_> = self
            .fields
            .iter()
            .map(|(_, values)| prop::sample::select(*values))
            .collect();
        values.prop_map(move |values| {
            let names = self.fields.iter().map(|(name, _)| *name);
            let told: Vec<_> = names.zip(values).filter(|(_, value)| !value.is_empty()).collect();
            Any {
                code: self.code,
                content_type: self.content_type,
                body: (self.body)(&told),
            }
        })
    }
}

fn reader(code: &str) -> &'static dyn Carrier {
    static MAPPED: OnceLock<Mapped> = OnceLock::new();
    let mapped = || Mapped::parse(include_str!("../../../../infra/carriers/jy.toml")).unwrap();
    carrier(code).unwrap_or_else(|| MAPPED.get_or_init(mapped))
}

impl Any {
    /// The events that it tells; none where it cannot be read.
    pub(crate) fn read(&self, names_call: bool) -> Vec<CallEvent> {
        let path = if names_call {
            "calls/sample-any/events"
        } else {
            "events"
        };
        let url = format!(
            "https://calls.example.com/carriers/{}/sample-account/{path}",
            self.code
        );
        let headers = Headers::new([("content-type", self.content_type)]);
        let request = Request {
            method: "POST",
            url: &url,
            headers: &headers,
            body: self.body.as_bytes(),
        };
        let settings = Settings::default();
        let keys = Keys {
            secrets: &[],
            settings: &settings,
        };
        let reading = reader(self.code).read(&request, &keys);
        let heard = reading.map(|reading| reading.heard).unwrap_or_default();
        heard.into_iter().map(|heard| heard.event).collect()
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

fn object(fields: &[(&str, &str)]) -> Value {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    let fields: Map<String, Value> = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), value(text)))
        .collect();
    Value::Object(fields)
}

fn flat(fields: &[(&str, &str)]) -> String {
    object(fields).to_string()
}
