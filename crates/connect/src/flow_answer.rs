//! What a function answers to a flow.
//!
//! The block's "Response validation" setting fixes the shape. `STRING_MAP` allows a flat object of strings only and is
//! what flows read as `$.External.<key>`; `JSON` allows anything, but a flow cannot reach into lists
//! (Amazon Connect Administrator Guide, "Grant Amazon Connect access to your AWS Lambda functions").

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::Value;

/// Most a flow accepts, in bytes of UTF-8: 32 KB. A larger answer goes down the block's Error branch.
pub const LARGEST_ANSWER: usize = 32 * 1024;

/// An answer to a flow.
#[derive(Debug, Clone, PartialEq)]
pub enum FlowAnswer {
    /// For a block whose response validation is `STRING_MAP`.
    StringMap(StringMap),
    /// For a block whose response validation is `JSON`.
    Json(Value),
}

/// A flat object of strings; that it nests is impossible.
///
/// Keys are lowerCamelCase, which [`is_lower_camel_case`] lets a test check. AWS's page allows values "only
/// alphanumeric, dash, and underscore characters", though its own sample answers `$1000`: keep reason codes and ids
/// within that alphabet.
///
/// ```
/// use ringback_connect::flow_answer::{FlowAnswer, StringMap};
///
/// let answer: FlowAnswer = StringMap::new().with("status", "found").with_some("agentId", None::<&str>).into();
/// assert_eq!(answer.encode()?, r#"{"status":"found"}"#);
/// # Ok::<(), ringback_connect::flow_answer::AnswerTooLarge>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct StringMap(BTreeMap<&'static str, String>);

/// The answer would be refused by the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer has {bytes} bytes, a flow accepts {LARGEST_ANSWER}")]
pub struct AnswerTooLarge {
    /// Its length in bytes of UTF-8.
    pub bytes: usize,
}

impl StringMap {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more key; a key that is there already gets the new value.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(key, value.into());
        self
    }

    /// With one more key if there is a value for it.
    #[must_use]
    pub fn with_some(self, key: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.as_str()))
    }
}

impl FromIterator<(&'static str, String)> for StringMap {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(fields: I) -> Self {
        fields
            .into_iter()
            .fold(Self::new(), |map, (name, value)| map.with(name, value))
    }
}

impl From<StringMap> for FlowAnswer {
    fn from(map: StringMap) -> Self {
        Self::StringMap(map)
    }
}

impl FlowAnswer {
    /// The answer as JSON text.
    ///
    /// # Errors
    /// When it is longer than [`LARGEST_ANSWER`].
    pub fn encode(&self) -> Result<String, AnswerTooLarge> {
        let value = self.clone().into_value()?;
        Ok(value.to_string())
    }

    /// The answer as JSON.
    ///
    /// # Errors
    /// When its text would be longer than [`LARGEST_ANSWER`].
    pub fn into_value(self) -> Result<Value, AnswerTooLarge> {
        let value = match self {
            Self::StringMap(StringMap(map)) => map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), Value::String(value)))
                .collect(),
            Self::Json(value) => value,
        };
        match length(&value) {
            bytes if bytes > LARGEST_ANSWER => Err(AnswerTooLarge { bytes }),
            _ => Ok(value),
        }
    }
}

/// Whether a text is written `likeThis`: ASCII letters and digits, a small letter first.
#[must_use]
pub fn is_lower_camel_case(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Length of the JSON text in bytes, without writing it anywhere.
fn length(value: &Value) -> usize {
    struct Counter(usize);

    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        // A value has text keys and the counter does not fail; if either changes, refusing is the safe side.
        Err(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_string_map_is_flat_text() {
        let map = StringMap::new()
            .with("status", "none")
            .with("reason", "no-number")
            .with("status", "found");
        assert_eq!(map.get("status"), Some("found"));
        assert!(map.iter().all(|(key, _)| is_lower_camel_case(key)));
        assert_eq!(
            FlowAnswer::from(map).into_value().unwrap(),
            json!({"reason": "no-number", "status": "found"})
        );
    }

    #[test]
    fn the_limit_counts_bytes_of_the_json_text() {
        // {"text":"…"} is 11 bytes around the value.
        let fits = StringMap::new().with("text", "x".repeat(LARGEST_ANSWER - 11));
        assert_eq!(FlowAnswer::from(fits).encode().unwrap().len(), LARGEST_ANSWER);

        let over = StringMap::new().with("text", "x".repeat(LARGEST_ANSWER - 10));
        assert_eq!(
            FlowAnswer::from(over).encode(),
            Err(AnswerTooLarge {
                bytes: LARGEST_ANSWER + 1
            })
        );

        let umlauts = FlowAnswer::Json(json!({"text": "ü".repeat(LARGEST_ANSWER / 2)}));
        assert_eq!(
            umlauts.into_value(),
            Err(AnswerTooLarge {
                bytes: LARGEST_ANSWER + 11
            })
        );

        // A quotation mark is two bytes once escaped.
        let quoted = StringMap::new().with("text", "\"".repeat(LARGEST_ANSWER / 2));
        assert!(FlowAnswer::from(quoted).into_value().is_err());
    }

    #[test]
    fn a_json_answer_keeps_its_shape() {
        let value = json!({"agents": ["a-1"], "rating": 4.5});
        assert_eq!(FlowAnswer::Json(value.clone()).into_value().unwrap(), value);
    }

    #[test]
    fn lower_camel_case_is_what_a_flow_author_expects() {
        assert!(is_lower_camel_case("contactAgeSeconds"));
        for text in ["", "AgentId", "agent_id", "agent-id", "1st", "größe"] {
            assert!(!is_lower_camel_case(text), "{text:?}");
        }
    }
}
