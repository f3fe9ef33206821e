//! A block's parameters, as the console writes them (every scalar a string) or as people do.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::references;
use super::state::State;
use crate::Action;

/// A scalar as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    references::text_of(value)
}

/// A whole number, written as a number or a text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A truth, written as one or as `"True"`.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(truth)) => *truth,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

impl State<'_> {
    /// A parameter that is static or one reference; nothing if it is absent, empty or leads nowhere.
    pub(super) fn single(&self, action: &Action, name: &str) -> Option<String> {
        let value = self.single_value(action.parameters.get(name)?);
        scalar(&value).filter(|text| !text.is_empty())
    }

    /// A parameter that is a static number or one reference to a number.
    pub(super) fn number(&self, action: &Action, name: &str) -> Option<i64> {
        self.single(action, name)?.trim().parse().ok()
    }

    /// A value that is static or one reference. What leads nowhere is null.
    pub(super) fn single_value(&self, value: &Value) -> Value {
        match value.as_str().and_then(references::whole) {
            Some(names) => self.look_up(&names).unwrap_or_default(),
            None => value.clone(),
        }
    }

    /// A text with references in it.
    pub(super) fn text(&self, text: &str) -> String {
        match references::whole(text).and_then(|names| self.look_up(&names)) {
            Some(value) => scalar(&value).unwrap_or_default(),
            None => references::expand(text, |names| self.look_up(names)),
        }
    }

    /// Keys and values with their references resolved, or the key whose value is empty.
    pub(super) fn pairs(&self, map: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
        map.iter()
            .map(|(key, value)| {
                let key = self.text(key);
                let value = scalar(value).map(|value| self.text(&value)).unwrap_or_default();
                if value.is_empty() {
                    Err(key)
                } else {
                    Ok((key, value))
                }
            })
            .collect()
    }

    /// A value with the references in all its texts resolved.
    pub(super) fn resolve_deeply(&self, value: &Value) -> Value {
        match value {
            Value::String(_) => self.single_value(value),
            Value::Array(values) => values.iter().map(|value| self.resolve_deeply(value)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), self.resolve_deeply(value)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}
