//! Bodies of any format as JSON, and the values in them.

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use crate::form::Form;
use crate::mapped::file::Format;
use crate::reading::Unreadable;
use crate::request::Request;
use crate::xml;

impl Format {
    /// The content types that carriers send it with.
    pub(super) fn accepts(self, essence: &str) -> bool {
        match self {
            Self::Json => essence == "application/json" || essence == "text/json",
            Self::Xml => essence == "application/xml" || essence == "text/xml",
            Self::Form => essence == "application/x-www-form-urlencoded",
        }
    }

    /// The one that is named where another came.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }

    /// The body as JSON. Fields of a form are texts, those that repeat lists of them.
    pub(super) fn document(self, request: &Request<'_>) -> Result<Value, Unreadable> {
        match self {
            Self::Json => serde_json::from_slice(request.body).map_err(|error| Unreadable::json(&error)),
            Self::Xml => xml::read(request.body),
            Self::Form if request.method == "GET" => form(request.query().as_bytes()),
            Self::Form => form(request.body),
        }
    }
}

fn form(bytes: &[u8]) -> Result<Value, Unreadable> {
    let mut fields = Map::new();
    for (name, value) in Form::read(bytes)?.fields() {
        match fields.get_mut(name) {
            None => {
                fields.insert(name.to_owned(), Value::from(value));
            }
            Some(Value::Array(values)) => values.push(Value::from(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::from(value)]),
        }
    }
    Ok(Value::Object(fields))
}

/// The fields that a signature over parameters counts in, by name: what the body, or in XML its root, holds directly.
/// Empty ones count for nothing.
pub(super) fn parameters(document: &Value, format: Format) -> Vec<(String, String)> {
    let holder = match format {
        Format::Xml => document.as_object().and_then(|root| root.values().next()),
        Format::Json | Format::Form => Some(document),
    };
    let mut all = Vec::new();
    for (name, value) in holder.and_then(Value::as_object).into_iter().flatten() {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let texts = values.iter().filter_map(scalar).filter(|text| !text.is_empty());
        all.extend(texts.map(|text| (name.clone(), text)));
    }
    all.sort();
    all
}

/// A value as text; none for null, lists and objects.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One event of a request.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) value: &'a Value,
    /// Texts that stand for nothing.
    pub(super) absent: &'a [String],
}

impl Item<'_> {
    /// The text at a place; none where there is nothing.
    ///
    /// # Errors
    /// When there is more than one text.
    pub(super) fn text(&self, path: &JsonPath) -> Result<Option<String>, Unreadable> {
        let unclear = || Unreadable::Field {
            field: path.to_string(),
            problem: "is not one text",
        };
        let mut found = path.query(self.value).into_iter();
        let (value, more) = (found.next(), found.next());
        if more.is_some() {
            return Err(unclear());
        }
        let text = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => scalar(value).ok_or_else(unclear)?,
        };
        let text = text.trim();
        let there = !text.is_empty() && !self.absent.iter().any(|absent| absent == text);
        Ok(there.then(|| text.to_owned()))
    }

    /// The text at a place, where the description has one.
    pub(super) fn maybe(&self, path: Option<&JsonPath>) -> Result<Option<String>, Unreadable> {
        path.map_or(Ok(None), |path| self.text(path))
    }

    /// A whole number; none where it is something else.
    pub(super) fn whole(&self, path: Option<&JsonPath>) -> Result<Option<u64>, Unreadable> {
        Ok(self.maybe(path)?.and_then(|text| text.parse().ok()))
    }
}
