#![doc = include_str!("../README.md")]

mod config;
mod metrics;

use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use ringback_connect::ContactEvent;
use ringback_contacts::{Changed, ContactStore, Sticky, StoreError, observe_event};
use ringback_lambda::{DeadLetterError, DeadLetters, MetricsSink};
use serde_json::Value;
use tracing::{error, info, warn};

pub use config::Config;

use crate::metrics::EventMetrics;

/// The function `contact-events`.
#[derive(Debug)]
pub struct App {
    store: ContactStore,
    dead_letters: DeadLetters,
    metrics: MetricsSink,
}

/// What Lambda's asynchronous queue should try again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table did not take the observation.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event cannot be read, and the queue for such events did not take it.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error_type = match &error {
            Error::Store(_) => "ContactStoreUnavailable",
            Error::DeadLetter(_) => "DeadLetterQueueUnavailable",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It added facts to its interaction, or repeated them.
    Observed(Changed),
    /// It says nothing about an agent.
    Ignored,
    /// It can never be stored and lies in the dead-letter queue.
    DeadLettered,
}

impl App {
    /// The function with those settings, over that DynamoDB and that SQS.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Self {
        let store = ContactStore::new(dynamo, config.contacts_table, config.retention);
        let dead_letters = DeadLetters::new(queues, config.dead_letter_queue_url, "contact-events");
        Self {
            store,
            dead_letters,
            metrics,
        }
    }

    /// Remembers what a contact event says; `now` stands in where the event has no time.
    ///
    /// # Errors
    /// When the table, or the dead-letter queue for an unreadable event, does not answer: Lambda's asynchronous queue
    /// tries the event again.
    pub async fn take(&self, event: &Value, now: Timestamp) -> Result<Outcome, Error> {
        let started = Instant::now();
        let outcome = self.observe(event, now).await;
        let sticky = match &outcome {
            Ok(Outcome::Observed(changed)) => changed.sticky,
            _ => None,
        };
        EventMetrics {
            timestamp: SystemTime::now(),
            function: "contact-events",
            outcome: match &outcome {
                Ok(Outcome::Observed(_)) => "observed",
                Ok(Outcome::Ignored) => "ignored",
                Ok(Outcome::DeadLettered) => "dead-lettered",
                Err(_) => "failed",
            },
            events: 1,
            latency: started.elapsed(),
            sticky_hit: (sticky == Some(Sticky::Hit)).into(),
            sticky_miss: (sticky == Some(Sticky::Miss)).into(),
            dead_letters: matches!(outcome, Ok(Outcome::DeadLettered)).into(),
        }
        .emit(&self.metrics);
        outcome
    }

    async fn observe(&self, document: &Value, now: Timestamp) -> Result<Outcome, Error> {
        let event = match ContactEvent::decode(document) {
            Ok(event) => event,
            Err(problem) => return self.bury(document, &problem.to_string()).await,
        };
        for problem in &event.malformed {
            warn!(contact.id = %event.contact_id, problem = %problem, "Left out an unreadable field of a contact event");
        }
        let Some(observation) = observe_event(&event, now) else {
            return Ok(Outcome::Ignored);
        };
        match self.store.observe(&observation).await {
            Ok(changed) => {
                info!(contact.id = %event.contact_id, kind = event.kind.as_str(), "Remembered a contact event");
                Ok(Outcome::Observed(changed))
            }
            Err(problem) if problem.is_permanent() => self.bury(document, &problem.to_string()).await,
            Err(problem) => {
                error!(contact.id = %event.contact_id, code = problem.code, "Remembering a contact event failed");
                Err(problem.into())
            }
        }
    }

    /// Hands an event that can never be stored to the dead-letter queue.
    async fn bury(&self, document: &Value, reason: &str) -> Result<Outcome, Error> {
        let origin = document.get("id").and_then(Value::as_str).unwrap_or_default();
        self.dead_letters
            .send(document.to_string().as_bytes(), reason, origin)
            .await?;
        warn!(
            event.id = origin,
            problem = reason,
            "Sent a contact event to the dead-letter queue"
        );
        Ok(Outcome::DeadLettered)
    }
}
