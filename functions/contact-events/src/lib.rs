#![doc = include_str!("../README.md")]

mod config;
mod metrics;
mod names;

use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use ringback_connect::ContactEvent;
use ringback_contacts::{Changed, ContactStore, Sticky, StoreError, observe_event};
use ringback_lambda::{DeadLetterError, DeadLetters, MetricsSink};
use ringback_steps::{BusError, StepBus, StepEvent};
use serde_json::Value;
use tracing::{error, info, warn};

pub use config::Config;

use crate::metrics::EventMetrics;
use crate::names::{AgentName, AgentNames};

/// The function `contact-events`.
#[derive(Debug)]
pub struct App {
    store: ContactStore,
    dead_letters: DeadLetters,
    bus: StepBus,
    names: AgentNames,
    metrics: MetricsSink,
}

/// What Lambda's asynchronous queue should try again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table did not take the observation.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bus did not take the step.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The event cannot be read, and the queue for such events did not take it.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error_type = match &error {
            Error::Store(_) => "ContactStoreUnavailable",
            Error::Bus(_) => "EventBusUnavailable",
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

/// A step that was sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// Its agent's name could not be found out.
    name_missing: bool,
}

impl App {
    /// The function with those settings, over that DynamoDB, that SQS, that EventBridge and that Amazon Connect.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        queues: aws_sdk_sqs::Client,
        bus: aws_sdk_eventbridge::Client,
        connect: aws_sdk_connect::Client,
        metrics: MetricsSink,
    ) -> Self {
        let store = ContactStore::new(dynamo, config.contacts_table, config.retention);
        let dead_letters = DeadLetters::new(queues, config.dead_letter_queue_url, "contact-events");
        Self {
            store,
            dead_letters,
            bus: StepBus::new(bus, config.event_bus_name),
            names: AgentNames::new(config.agent_names.then_some(connect)),
            metrics,
        }
    }

    /// Remembers what a contact event says, then tells the bus if it is a step of a call; `now` stands in where the
    /// event has no time.
    ///
    /// # Errors
    /// When the table, the bus, or the dead-letter queue for an unreadable event, does not answer: Lambda's
    /// asynchronous queue tries the event again.
    pub async fn take(&self, event: &Value, now: Timestamp) -> Result<Outcome, Error> {
        let started = Instant::now();
        let (observed, sent) = self.remember_and_tell(event, now).await;
        // The write that stored an offer's end is not repeated, so it counts even if the bus failed after it.
        let sticky = match &observed {
            Ok(Outcome::Observed(changed)) => changed.sticky,
            _ => None,
        };
        let outcome = observed.and_then(|outcome| sent.map(|sent| (outcome, sent)));
        let sent = outcome.as_ref().ok().and_then(|(_, sent)| *sent);
        EventMetrics {
            timestamp: SystemTime::now(),
            function: "contact-events",
            outcome: match &outcome {
                Ok((Outcome::Observed(_), _)) => "observed",
                Ok((Outcome::Ignored, _)) => "ignored",
                Ok((Outcome::DeadLettered, _)) => "dead-lettered",
                Err(_) => "failed",
            },
            events: 1,
            latency: started.elapsed(),
            sticky_hit: (sticky == Some(Sticky::Hit)).into(),
            sticky_miss: (sticky == Some(Sticky::Miss)).into(),
            dead_letters: matches!(outcome, Ok((Outcome::DeadLettered, _))).into(),
            steps_sent: sent.is_some().into(),
            names_missing: sent.is_some_and(|sent| sent.name_missing).into(),
        }
        .emit(&self.metrics);
        outcome.map(|(outcome, _)| outcome)
    }

    /// The table first: a step that failed to be told comes again, and the table takes the same event twice.
    async fn remember_and_tell(
        &self,
        document: &Value,
        now: Timestamp,
    ) -> (Result<Outcome, Error>, Result<Option<Sent>, Error>) {
        let event = match ContactEvent::decode(document) {
            Ok(event) => event,
            Err(problem) => return (self.bury(document, &problem.to_string()).await, Ok(None)),
        };
        for problem in &event.malformed {
            warn!(contact.id = %event.contact_id, problem = %problem, "Left out an unreadable field of a contact event");
        }
        let observed = self.observe(document, &event, now).await;
        let sent = match &observed {
            Ok(Outcome::Observed(_) | Outcome::Ignored) => self.tell(&event, now).await,
            // An event that could not be stored comes again, by itself or from the dead-letter queue.
            Ok(Outcome::DeadLettered) | Err(_) => Ok(None),
        };
        (observed, sent)
    }

    async fn observe(
        &self,
        document: &Value,
        event: &ContactEvent,
        now: Timestamp,
    ) -> Result<Outcome, Error> {
        let Some(observation) = observe_event(event, now) else {
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

    /// Puts the event on the bus, if it is a step of a call.
    async fn tell(&self, event: &ContactEvent, now: Timestamp) -> Result<Option<Sent>, Error> {
        let Some(mut step) = StepEvent::of_contact(event, None, now) else {
            return Ok(None);
        };
        let mut name_missing = false;
        if let Some(agent) = &step.agent {
            match self.names.of(&step.tenant, &agent.id).await {
                AgentName::Known(name) => step = step.with_agent_name(&name),
                AgentName::Nameless => {}
                AgentName::Missing => name_missing = true,
            }
        }
        let (contact, name) = (event.contact_id.as_str(), step.step.name());
        match self.bus.send(&step, &event.instance).await {
            Ok(()) => {
                info!(contact.id = contact, step = name, "Told a step of a call");
                Ok(Some(Sent { name_missing }))
            }
            Err(problem) => {
                error!(
                    contact.id = contact,
                    step = name,
                    code = problem.code,
                    "Telling a step of a call failed"
                );
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
