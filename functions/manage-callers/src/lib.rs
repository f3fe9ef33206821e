#![doc = include_str!("../README.md")]

mod api;
mod config;
mod metrics;

use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use ringback_api::Request;
use ringback_callers::{Change, Directory, DirectoryError, Kept};
use ringback_lambda::{DeadLetterError, DeadLetters, MetricsSink};
use serde_json::Value;
use tracing::{error, info, warn};

pub use config::Config;

use crate::metrics::ChangeMetrics;

/// The function `manage-callers`.
#[derive(Debug)]
pub struct App {
    directory: Directory,
    config: Config,
    dead_letters: DeadLetters,
    metrics: MetricsSink,
}

/// What Lambda's asynchronous queue should try again. The API never fails: it answers.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table did not take the change.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The event cannot be read, and the queue for such events did not take it.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error_type = match &error {
            Error::Directory(_) => "DirectoryUnavailable",
            Error::DeadLetter(_) => "DeadLetterQueueUnavailable",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl App {
    /// The function with those settings, over that DynamoDB and that SQS.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Self {
        Self {
            directory: Directory::new(dynamo, config.callers_table.clone(), config.tenant.clone()),
            dead_letters: DeadLetters::new(queues, config.dead_letter_queue_url.clone(), "manage-callers"),
            config,
            metrics,
        }
    }

    /// Answers a request of the API, or makes the change that an event of the bus asks for.
    ///
    /// # Errors
    /// Only for events: when the table, or the dead-letter queue for an unreadable event, does not answer. Lambda's
    /// asynchronous queue tries the event again.
    pub async fn take(&self, event: &Value, now: Timestamp) -> Result<Value, Error> {
        let started = Instant::now();
        let (outcome, result) = if let Some(request) = Request::read(event) {
            // Boxed: the compiler gives up on futures nested as deep as the SDK's transactions here.
            let response = Box::pin(api::answer(&self.directory, &self.config, &request, now)).await;
            info!(status = response.status, "Answered a request of the API");
            (response.outcome(), Ok(response.into_value()))
        } else {
            match Box::pin(self.change(event, now)).await {
                Ok(outcome) => (outcome, Ok(Value::Null)),
                Err(problem) => ("failed", Err(problem)),
            }
        };
        ChangeMetrics {
            timestamp: SystemTime::now(),
            function: "manage-callers",
            outcome,
            changes: 1,
            latency: started.elapsed(),
            dead_letters: (outcome == "dead-lettered").into(),
        }
        .emit(&self.metrics);
        result
    }

    async fn change(&self, event: &Value, now: Timestamp) -> Result<&'static str, Error> {
        let change = match Change::of_event(event) {
            Ok(change) => change,
            Err(problems) => {
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                return self.bury(event, &problems.join("; ")).await;
            }
        };
        match change.make(&self.directory, now).await {
            Ok(kept) => {
                let outcome = match kept {
                    Kept::Stored => "stored",
                    Kept::Repeated => "repeated",
                    Kept::Older => "older",
                };
                info!(outcome, "Took a change of the directory from the bus");
                Ok(outcome)
            }
            Err(problem) if problem.is_permanent() => self.bury(event, &problem.to_string()).await,
            Err(problem) => {
                error!(code = problem.code, "Making a change of the directory failed");
                Err(problem.into())
            }
        }
    }

    /// Hands an event that can never be stored to the dead-letter queue.
    async fn bury(&self, event: &Value, reason: &str) -> Result<&'static str, Error> {
        let origin = event.get("id").and_then(Value::as_str).unwrap_or_default();
        self.dead_letters
            .send(event.to_string().as_bytes(), reason, origin)
            .await?;
        warn!(
            event.id = origin,
            problem = reason,
            "Sent a change of the directory to the dead-letter queue"
        );
        Ok("dead-lettered")
    }
}
