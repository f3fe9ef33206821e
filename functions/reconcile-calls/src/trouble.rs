//! What keeps a call from being looked at.

use ringback_accounts::LookupError;
use ringback_calls::{ListError, StoreError};

/// A service of ours did not do what it was asked. The call stays due.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not answer ({code})")]
pub struct Trouble {
    /// Who: `the calls table`.
    pub what: &'static str,
    /// The service's error code. Never a value.
    pub code: String,
}

impl Trouble {
    pub(crate) fn new(what: &'static str, code: impl Into<String>) -> Self {
        Self {
            what,
            code: code.into(),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(problem: StoreError) -> Self {
        Self::new("the calls table", problem.code)
    }
}

impl From<ListError> for Trouble {
    fn from(problem: ListError) -> Self {
        match problem {
            ListError::Store(problem) => problem.into(),
            ListError::Continuation => Self::new("the calls table", "continuation"),
        }
    }
}

impl From<ringback_placing::StoreError> for Trouble {
    fn from(problem: ringback_placing::StoreError) -> Self {
        Self::new("the carriers table", problem.code)
    }
}

impl From<LookupError> for Trouble {
    fn from(problem: LookupError) -> Self {
        match problem {
            LookupError::Store(problem) => Self::new("the carriers table", problem.code),
            LookupError::Carrier => Self::new("the carriers table", "carrier-not-described"),
        }
    }
}
