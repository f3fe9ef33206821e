//! An account with its carrier and its secrets: what a request is verified with.

use std::fmt;
use std::sync::Arc;

use ringback_carriers::Carrier;
use ringback_lambda::{SecretError, Secrets};
use secrecy::{ExposeSecret, SecretString};

use crate::account::Account;

/// A carrier, built in or described.
#[derive(Clone)]
pub enum AnyCarrier {
    /// It is written in Rust.
    BuiltIn(&'static dyn Carrier),
    /// It is described by a file.
    Described(Arc<dyn Carrier>),
}

impl AnyCarrier {
    /// The carrier.
    pub fn get(&self) -> &dyn Carrier {
        match self {
            Self::BuiltIn(carrier) => *carrier,
            Self::Described(carrier) => carrier.as_ref(),
        }
    }

    /// The word by which it is counted: its code, or `mapped` for those that operators describe.
    pub fn dimension(&self) -> &str {
        match self {
            Self::BuiltIn(carrier) => carrier.code(),
            Self::Described(_) => "mapped",
        }
    }
}

impl fmt::Debug for AnyCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get().code())
    }
}

/// An account as a function knows it.
#[derive(Debug, Clone)]
pub struct Known {
    /// The account.
    pub account: Account,
    /// Its carrier.
    pub carrier: AnyCarrier,
    /// Its secrets: the current one, then the next.
    pub(crate) secrets: Vec<Arc<Secrets>>,
}

impl Known {
    /// The values of its secrets, at most some minutes old; none where the carrier signs nothing.
    ///
    /// # Errors
    /// When none of them can be read. One that can is enough.
    pub async fn secrets(&self) -> Result<Vec<SecretString>, SecretError> {
        let mut values = Vec::with_capacity(self.secrets.len());
        let mut problem = None;
        for secret in &self.secrets {
            match secret.get().await {
                Ok(value) => values.push(value),
                Err(error) => problem = Some(error),
            }
        }
        enough(values, problem)
    }

    /// The values read again because a signature did not match `used`, though not more than once a minute; none if
    /// nothing has changed.
    ///
    /// # Errors
    /// When none of them was ever read and can be.
    pub async fn secrets_after(
        &self,
        used: &[SecretString],
    ) -> Result<Option<Vec<SecretString>>, SecretError> {
        let mut values = Vec::with_capacity(self.secrets.len());
        let mut problem = None;
        for secret in &self.secrets {
            match secret.refresh().await {
                Ok(value) => values.push(value),
                Err(error) => problem = Some(error),
            }
        }
        let values = enough(values, problem)?;
        let text = |secrets: &[SecretString]| -> Vec<String> {
            let exposed = secrets.iter().map(ExposeSecret::expose_secret);
            exposed.map(str::to_owned).collect()
        };
        let changed = text(&values) != text(used);
        Ok(changed.then_some(values))
    }
}

fn enough(values: Vec<SecretString>, problem: Option<SecretError>) -> Result<Vec<SecretString>, SecretError> {
    match problem {
        Some(problem) if values.is_empty() => Err(problem),
        _ => Ok(values),
    }
}
