//! What can be wrong with what Connect sent.

use crate::ids::{ArnError, IdError};

/// A field that could not be read: where it is and what is wrong with it.
///
/// The value itself is never part of the error, for it may be a caller's number or an attribute,
/// and errors are logged. Neither are the keys of user-defined maps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DecodeError {
    /// The field's path from the root of the document, `Details.ContactData.ContactId`; `$` is the document.
    /// Names are spelled as Connect documents them, whatever case they came in.
    pub path: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The field is absent, `null` or empty, and nothing can be done without it.
    #[error("is missing")]
    Missing,
    /// The field holds another JSON type than the one that can be read.
    #[error("is {found}, not {expected}")]
    Type {
        /// What would have been read.
        expected: &'static str,
        /// What was there.
        found: &'static str,
    },
    /// The text is no id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The text is no ARN of the kind that belongs there.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// The value is no point in time.
    #[error("is no RFC 3339 or epoch time")]
    Time,
    /// The bytes are no JSON document.
    #[error("is not JSON (line {line}, column {column})")]
    Json {
        /// Line of the first offending byte, from 1; 0 when the document is empty.
        line: usize,
        /// Column of the first offending byte, from 1; 0 when the document is empty.
        column: usize,
    },
}
