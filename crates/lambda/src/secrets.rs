//! A secret that others may change at any time: kept for some minutes, and read again when it is refused.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use secrecy::SecretString;
use tracing::warn;

use crate::aws::error_code;

/// How long a value is used without asking again.
const FRESH: Duration = Duration::from_secs(300);

/// How soon the secret may be asked for again after its value was refused, or after it could not be read.
const PAUSE: Duration = Duration::from_secs(60);

/// One secret of Secrets Manager.
#[derive(Debug)]
pub struct Secrets {
    /// Nowhere: the value is fixed.
    source: Option<(Client, String)>,
    cache: Mutex<Cache>,
}

/// The secret is not there. Neither its name nor its value is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret could not be read ({code})")]
pub struct SecretError {
    /// The service's error code, for example `AccessDeniedException`, or `timeout`, `unreachable` or `no-text`.
    pub code: String,
}

#[derive(Debug, Default)]
struct Cache {
    value: Option<SecretString>,
    read_at: Option<Instant>,
    failed_at: Option<Instant>,
    refused_at: Option<Instant>,
}

/// Why the secret is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// To use it.
    Value,
    /// Because the value that was used is refused.
    Another,
}

impl Secrets {
    /// The secret with that ARN; it is read when it is first needed.
    #[must_use]
    pub fn new(client: Client, arn: String) -> Self {
        Self {
            source: Some((client, arn)),
            cache: Mutex::default(),
        }
    }

    /// A value that never changes, where there is no Secrets Manager.
    #[must_use]
    pub fn fixed(value: SecretString) -> Self {
        Self {
            source: None,
            cache: Mutex::new(Cache {
                value: Some(value),
                ..Cache::default()
            }),
        }
    }

    /// The secret's value, at most some minutes old. Where Secrets Manager does not answer, an older one.
    ///
    /// # Errors
    /// When it was never read and cannot be.
    pub async fn get(&self) -> Result<SecretString, SecretError> {
        self.value(Want::Value).await
    }

    /// The secret's value after somebody has refused it: read again, though not more than once a minute.
    ///
    /// # Errors
    /// When it was never read and cannot be.
    pub async fn refresh(&self) -> Result<SecretString, SecretError> {
        self.value(Want::Another).await
    }

    async fn value(&self, want: Want) -> Result<SecretString, SecretError> {
        let Some((client, arn)) = &self.source else {
            return self.cache().value.clone().ok_or_else(|| coded("no-text"));
        };
        if let Some(value) = self.cache().usable(want, Instant::now()) {
            return Ok(value);
        }
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let value = match answer {
            Ok(answer) => answer.secret_string.ok_or_else(|| coded("no-text")),
            Err(error) => Err(SecretError {
                code: error_code(&error),
            }),
        };
        let (mut cache, now) = (self.cache(), Some(Instant::now()));
        match value {
            Ok(value) => {
                let value = SecretString::from(value);
                cache.read_at = now;
                cache.failed_at = None;
                cache.value = Some(value.clone());
                Ok(value)
            }
            Err(problem) => {
                cache.failed_at = now;
                let older = cache.value.clone().ok_or_else(|| problem.clone())?;
                warn!(code = problem.code, "A secret could not be read again");
                Ok(older)
            }
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    /// The value, unless it is time to ask again; that a value is refused counts from here.
    fn usable(&mut self, want: Want, now: Instant) -> Option<SecretString> {
        let within = |at: Option<Instant>, time: Duration| {
            at.is_some_and(|at| now.saturating_duration_since(at) < time)
        };
        let usable = match want {
            Want::Value => within(self.read_at, FRESH) || within(self.failed_at, PAUSE),
            Want::Another => within(self.refused_at, PAUSE),
        };
        if want == Want::Another && !usable {
            self.refused_at = Some(now);
        }
        usable.then(|| self.value.clone()).flatten()
    }
}

fn coded(code: &str) -> SecretError {
    SecretError {
        code: code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_asked_for_again_after_minutes_and_when_refused_at_most_once_a_minute() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut cache = Cache {
            value: Some("a".into()),
            read_at: Some(start),
            ..Cache::default()
        };
        for (want, seconds, usable) in [
            (Want::Value, 299, true),
            (Want::Value, 300, false),
            (Want::Another, 301, false),
            (Want::Another, 302, true),
            (Want::Another, 360, true),
            (Want::Another, 361, false),
        ] {
            let answer = cache.usable(want, after(seconds));
            assert_eq!(answer.is_some(), usable, "{want:?} after {seconds} s");
        }
        // Secrets Manager was down at 400 s: the old value for another minute.
        cache.failed_at = Some(after(400));
        assert!(cache.usable(Want::Value, after(459)).is_some());
        assert!(cache.usable(Want::Value, after(460)).is_none());
        // Never read: always asked for.
        cache.value = None;
        assert!(cache.usable(Want::Value, after(401)).is_none());
    }

    #[test]
    fn a_secret_shows_nothing_in_its_debug() {
        let secrets = Secrets::fixed("key-1".into());
        assert!(!format!("{secrets:?}").contains("key-1"));
    }
}
