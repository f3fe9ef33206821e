//! From text to a [`Flow`], with an answer that names what is wrong when it is not one.

use serde::de::Error;
use serde_json::Value;

use crate::Flow;

/// Why a text is not a flow in the Flow language.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is not JSON at all.
    #[error("not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The console's export format of before 2019: `CreateContactFlow` refuses it.
    #[error(
        "this is the legacy console export (\"modules\", \"start\"), which CreateContactFlow refuses; \
         open it in the flow designer, publish it and export it again"
    )]
    Legacy,
    /// JSON, but not the shape of a flow.
    #[error("not a contact flow: {0}")]
    NotAFlow(#[source] serde_json::Error),
}

/// Reads a flow. Whether the service would accept it is another question: see [`crate::check`].
///
/// # Errors
/// When the text is not JSON, is in the legacy format, or lacks what every flow has; the message names the place.
pub fn read(text: &str) -> Result<Flow, ReadError> {
    let value = parse(text)?;
    // Serde would take a list of the fields' values for a flow.
    if !value.is_object() {
        return Err(not_an_object());
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let message = format!("{}: {}", error.path(), error.inner());
        ReadError::NotAFlow(serde_json::Error::custom(message))
    })
}

/// What some editors put before a text; JSON does not know it, and its readers may pass over it (RFC 8259, 8.1).
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The JSON of a text that may be a flow: the legacy format is recognised here.
pub(crate) fn parse(text: &str) -> Result<Value, ReadError> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let value: Value = serde_json::from_str(text).map_err(ReadError::NotJson)?;
    if value.get("modules").is_some_and(Value::is_array) && value.get("Actions").is_none() {
        return Err(ReadError::Legacy);
    }
    Ok(value)
}

/// A flow is a JSON object.
pub(crate) fn not_an_object() -> ReadError {
    ReadError::NotAFlow(serde_json::Error::custom("a JSON object is wanted"))
}
