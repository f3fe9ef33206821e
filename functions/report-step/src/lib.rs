#![doc = include_str!("../README.md")]

mod config;
mod metrics;

use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use ringback_connect::FlowEvent;
use ringback_lambda::{DeadLetterError, DeadLetters, MetricsSink};
use ringback_steps::{BusError, Step, StepBus, StepEvent};
use serde_json::{Value, json};
use tracing::{error, info, warn};

pub use config::Config;

use crate::metrics::StepMetrics;

/// The function `report-step`.
#[derive(Debug)]
pub struct App {
    bus: StepBus,
    dead_letters: DeadLetters,
    metrics: MetricsSink,
}

/// What Lambda's asynchronous queue should try again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bus did not take the step.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The event tells no step, and the queue for such events did not take it.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error_type = match &error {
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
    /// The step is on the bus.
    Reported(Step),
    /// The event cannot be read and lies in the dead-letter queue.
    BadEvent,
    /// Its parameters tell no step, and it lies in the dead-letter queue.
    BadStep,
}

impl Outcome {
    /// The answer's `status`.
    #[must_use]
    pub fn status(self) -> &'static str {
        match self {
            Self::Reported(_) => "reported",
            Self::BadEvent | Self::BadStep => "dead-lettered",
        }
    }

    /// The answer's `reason`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Reported(_) => "on-the-bus",
            Self::BadEvent => "bad-event",
            Self::BadStep => "bad-step",
        }
    }
}

impl App {
    /// The function with those settings, over that SQS and that EventBridge.
    #[must_use]
    pub fn new(
        config: Config,
        queues: aws_sdk_sqs::Client,
        bus: aws_sdk_eventbridge::Client,
        metrics: MetricsSink,
    ) -> Self {
        Self {
            bus: StepBus::new(bus, config.event_bus_name),
            dead_letters: DeadLetters::new(queues, config.dead_letter_queue_url, "report-step"),
            metrics,
        }
    }

    /// Puts the step that a flow tells on the bus. The answer is a flat map, for flows that wait for one.
    ///
    /// # Errors
    /// When the bus, or the dead-letter queue for an event that tells no step, does not answer: Lambda's asynchronous
    /// queue tries the event again.
    pub async fn report(&self, event: &Value, now: Timestamp) -> Result<Value, Error> {
        let started = Instant::now();
        let outcome = self.tell(event, now).await;
        StepMetrics {
            timestamp: SystemTime::now(),
            function: "report-step",
            outcome: outcome.as_ref().map_or("failed", |outcome| outcome.status()),
            step: match &outcome {
                Ok(Outcome::Reported(step)) => step.name(),
                _ => "none",
            },
            events: 1,
            latency: started.elapsed(),
            steps_sent: matches!(outcome, Ok(Outcome::Reported(_))).into(),
            dead_letters: matches!(outcome, Ok(Outcome::BadEvent | Outcome::BadStep)).into(),
        }
        .emit(&self.metrics);
        outcome.map(|outcome| json!({"status": outcome.status(), "reason": outcome.reason()}))
    }

    async fn tell(&self, document: &Value, now: Timestamp) -> Result<Outcome, Error> {
        let event = match FlowEvent::decode(document) {
            Ok(event) => event,
            Err(problem) => {
                self.bury(document, &problem.to_string(), "").await?;
                return Ok(Outcome::BadEvent);
            }
        };
        let contact = event.contact.contact_id.as_str();
        for problem in &event.malformed {
            warn!(contact.id = contact, problem = %problem, "Left out an unreadable field of a flow's event");
        }
        let step = match StepEvent::of_flow(&event, now) {
            Ok(step) => step,
            Err(problem) => {
                self.bury(document, &problem.to_string(), contact).await?;
                return Ok(Outcome::BadStep);
            }
        };
        match self.bus.send(&step, &event.contact.instance_arn).await {
            Ok(()) => {
                info!(
                    contact.id = contact,
                    step = step.step.name(),
                    "Told a step of a call"
                );
                Ok(Outcome::Reported(step.step))
            }
            Err(problem) => {
                error!(
                    contact.id = contact,
                    step = step.step.name(),
                    code = problem.code,
                    "Telling a step of a call failed"
                );
                Err(problem.into())
            }
        }
    }

    /// Hands an event that will never be a step to the dead-letter queue.
    async fn bury(&self, document: &Value, reason: &str, contact: &str) -> Result<(), Error> {
        self.dead_letters
            .send(document.to_string().as_bytes(), reason, contact)
            .await?;
        warn!(
            contact.id = contact,
            problem = reason,
            "Sent a flow's event to the dead-letter queue"
        );
        Ok(())
    }
}
