//! JSON of carriers that are not strict about types: a number may be a text today and a number tomorrow.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::form::Form;
use crate::reading::Unreadable;
use crate::request::Request;

/// What a request says in JSON; where it is a GET, its query says the same as texts.
///
/// # Errors
/// When it is no JSON of that shape.
pub(crate) fn read<T: DeserializeOwned>(request: &Request<'_>) -> Result<T, Unreadable> {
    if !request.method.eq_ignore_ascii_case("GET") {
        return serde_json::from_slice(request.body).map_err(|error| Unreadable::json(&error));
    }
    let form = Form::read(request.query().as_bytes())?;
    let mut fields = serde_json::Map::new();
    for (name, value) in form.fields() {
        // As in a form, the first of several counts.
        fields.entry(name).or_insert_with(|| Value::from(value));
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| Unreadable::json(&error))
}

/// A text, or a number as text. Nothing else, and nothing empty: a field of another type says nothing.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A number that is not negative, or a text of one; rounded down.
pub(crate) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = match Value::deserialize(from)? {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    // Seconds and counts: far below what a double holds exactly.
    let plausible = number.filter(|number| (0.0..9_000_000_000.0).contains(number));
    Ok(plausible.map(|number| number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Headers;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Said {
        #[serde(deserialize_with = "text")]
        name: Option<String>,
        #[serde(deserialize_with = "whole")]
        seconds: Option<u64>,
    }

    fn said(method: &str, url: &str, body: &str) -> Result<Said, Unreadable> {
        read(&Request {
            method,
            url,
            headers: &Headers::default(),
            body: body.as_bytes(),
        })
    }

    #[test]
    fn a_number_may_be_a_text_and_the_other_way_round() {
        let expected = || Said {
            name: Some("7".to_owned()),
            seconds: Some(12),
        };
        for body in [
            r#"{"name": "7", "seconds": 12}"#,
            r#"{"name": 7, "seconds": "12.9"}"#,
        ] {
            assert_eq!(said("POST", "https://calls.example.com/x", body), Ok(expected()));
        }
        let query = "https://calls.example.com/x?name=7&seconds=12&name=8";
        assert_eq!(said("GET", query, ""), Ok(expected()));
    }

    #[test]
    fn a_field_of_another_type_says_nothing() {
        for body in [
            r#"{"name": {"a": 1}, "seconds": [1]}"#,
            r#"{"name": null, "seconds": -1}"#,
            r#"{"name": " ", "seconds": "soon"}"#,
            r#"{"seconds": 1e300}"#,
            "{}",
        ] {
            assert_eq!(
                said("POST", "https://calls.example.com/x", body),
                Ok(Said::default()),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_no_json_is_named_by_its_place_only() {
        let error = said("POST", "https://calls.example.com/x", "{\"name\": \"+14155550101").unwrap_err();
        assert!(!error.to_string().contains("0101"), "{error}");
    }

    #[test]
    fn a_deep_body_is_refused() {
        let deep = "[".repeat(100_000);
        assert!(
            said(
                "POST",
                "https://calls.example.com/x",
                &format!("{{\"name\": {deep}")
            )
            .is_err()
        );
    }
}
