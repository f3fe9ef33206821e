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
    /// Those with which its carrier is asked.
    pub(crate) api_secrets: Vec<Arc<Secrets>>,
}

impl Known {
    /// The values of its secrets, at most some minutes old; none where the carrier signs nothing.
    ///
    /// # Errors
    /// When none of them can be read. One that can is enough.
    pub async fn secrets(&self) -> Result<Vec<SecretString>, SecretError> {
        values(&self.secrets).await
    }

    /// The values of the secrets with which its carrier is asked, at most some minutes old: the API secret; where there is
    /// none and the carrier knows only one kind, the current one, then the next. None where there is nothing to ask with.
    ///
    /// # Errors
    /// When none of them can be read. One that can is enough.
    pub async fn api_secrets(&self) -> Result<Vec<SecretString>, SecretError> {
        values(&self.api_secrets).await
    }

    /// The values of [`api_secrets`](Self::api_secrets) read again because the carrier refused `used`, though not more than
    /// once a minute; none if nothing has changed.
    ///
    /// # Errors
    /// When none of them was ever read and can be.
    pub async fn api_secrets_after(
        &self,
        used: &[SecretString],
    ) -> Result<Option<Vec<SecretString>>, SecretError> {
        values_after(&self.api_secrets, used).await
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
        values_after(&self.secrets, used).await
    }
}

async fn values(secrets: &[Arc<Secrets>]) -> Result<Vec<SecretString>, SecretError> {
    let mut values = Vec::with_capacity(secrets.len());
    let mut problem = None;
    for secret in secrets {
        match secret.get().await {
            Ok(value) => values.push(value),
            Err(error) => problem = Some(error),
        }
    }
    enough(values, problem)
}

async fn values_after(
    secrets: &[Arc<Secrets>],
    used: &[SecretString],
) -> Result<Option<Vec<SecretString>>, SecretError> {
    let mut values = Vec::with_capacity(secrets.len());
    let mut problem = None;
    for secret in secrets {
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

fn enough(values: Vec<SecretString>, problem: Option<SecretError>) -> Result<Vec<SecretString>, SecretError> {
    match problem {
        Some(problem) if values.is_empty() => Err(problem),
        _ => Ok(values),
    }
}
