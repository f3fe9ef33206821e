#![doc = include_str!("../README.md")]

mod archive;
mod attempt;
mod bucket;
mod clock;
mod config;
mod copy;
mod delete;
mod download;
mod ending;
mod job;
mod key;
mod lease;
mod length;
#[cfg(test)]
mod loopback;
mod metrics;
mod outside;
mod part;
mod patience;
mod sniff;
mod trouble;
mod upload;
mod whole;

use std::time::{Duration, Instant};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use ringback_accounts::{AccountStore, Accounts};
use ringback_calls::{CallStore, Wanted};
use ringback_lambda::{DeadLetters, MetricsSink, error_code};
use tracing::{error, warn};

pub use config::Config;

use crate::bucket::Bucket;
use crate::clock::Clock;
use crate::metrics::MessageMetrics;
use crate::outside::Outside;
use crate::trouble::Trouble;

/// With less time than this no further message of a batch is begun.
const LEAST_TIME: Duration = Duration::from_secs(30);

/// The function `archive-recording`.
#[derive(Debug)]
pub struct App {
    config: Config,
    calls: CallStore,
    accounts: Accounts,
    outside: Outside,
    bucket: Bucket,
    queues: aws_sdk_sqs::Client,
    dead_letters: DeadLetters,
    metrics: MetricsSink,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is done with.
    Done,
    /// It comes again: after that time, else after the queue's own.
    Again(Option<Duration>),
}

/// A message, as far as it matters.
#[derive(Debug, Clone, Copy)]
struct Message<'a> {
    id: &'a str,
    /// Whether it comes for the first time.
    is_first: bool,
    /// When it was sent to the queue, where that is known.
    sent_at: Option<Timestamp>,
}

impl App {
    /// The function with those settings, over that DynamoDB, that S3, that Secrets Manager and that SQS.
    ///
    /// # Errors
    /// When there is no TLS, for example no certificate of any authority.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        secrets_manager: aws_sdk_secretsmanager::Client,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Result<Self, reqwest::Error> {
        let accounts = AccountStore::new(dynamo.clone(), config.carriers_table.clone());
        let dead_letter_queue_url = config.dead_letter_queue_url.clone();
        Ok(Self {
            calls: CallStore::new(dynamo, config.calls_table.clone(), config.call_retention),
            accounts: Accounts::new(accounts, secrets_manager),
            outside: Outside::new(config.stall, config.simulated_carriers.clone())?,
            bucket: Bucket::new(&s3, config.recordings_bucket.clone(), &config.retention_class),
            dead_letters: DeadLetters::new(queues.clone(), dead_letter_queue_url, "archive-recording"),
            queues,
            config,
            metrics,
        })
    }

    /// Archives the recording of each message; the answer names those that come again. `left` is how long the invocation
    /// can last, where that is known.
    pub async fn take(&self, event: &SqsEvent, now: Timestamp, left: Option<Duration>) -> SqsBatchResponse {
        let clock = Clock::new(now, left);
        let mut response = SqsBatchResponse::default();
        for (index, message) in event.records.iter().enumerate() {
            let fate = match index > 0 && clock.left() < LEAST_TIME {
                true => Fate::Again(None),
                // Boxed: the futures of the SDK's requests are large, and nested deep here.
                false => Box::pin(self.message(message, &clock)).await,
            };
            let Fate::Again(wait) = fate else {
                continue;
            };
            if let Some(wait) = wait {
                self.hide(message, wait).await;
            }
            response.add_failure(message.message_id.clone().unwrap_or_default());
        }
        response
    }

    async fn message(&self, message: &SqsMessage, clock: &Clock) -> Fate {
        let (mut counts, began) = (MessageMetrics::new(), Instant::now());
        let id = message.message_id.as_deref().unwrap_or_default();
        let body = message.body.as_deref().unwrap_or_default();
        let fate = match serde_json::from_str::<Wanted>(body) {
            Ok(wanted) => {
                let message = Message {
                    id,
                    is_first: is_first(message),
                    sent_at: sent_at(message),
                };
                self.recording(&wanted, message, clock, &mut counts).await
            }
            Err(_) => self.unreadable(body, id, &mut counts).await,
        };
        let fate = fate.unwrap_or_else(|trouble| {
            counts.failed += 1;
            error!(message.id = id, code = %trouble.code, "A message about a recording failed and will come again");
            Fate::Again(None)
        });
        counts.latency = began.elapsed();
        counts.emit(&self.metrics);
        fate
    }

    async fn unreadable(&self, body: &str, id: &str, counts: &mut MessageMetrics) -> Result<Fate, Trouble> {
        self.dead_letters
            .send(body.as_bytes(), "the message names no recording", id)
            .await?;
        counts.given_up += 1;
        warn!(
            message.id = id,
            "Sent a message that names no recording to the dead-letter queue"
        );
        Ok(Fate::Done)
    }

    /// Keeps a message of the queue out of sight for that long.
    async fn hide(&self, message: &SqsMessage, wait: Duration) {
        let answer = self
            .queues
            .change_message_visibility()
            .queue_url(&self.config.queue_url)
            .set_receipt_handle(message.receipt_handle.clone())
            .visibility_timeout(i32::try_from(wait.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await;
        if let Err(problem) = answer {
            // The queue's own time-out brings it back.
            let (id, code) = (message.message_id.as_deref(), error_code(&problem));
            warn!(message.id = id, code, "A message could not be hidden");
        }
    }
}

/// Whether a message comes for the first time, as far as SQS says.
fn is_first(message: &SqsMessage) -> bool {
    let received = message.attributes.get("ApproximateReceiveCount");
    received.is_none_or(|received| received == "1")
}

/// When a message was sent to the queue, as far as SQS says: in milliseconds since 1970. One that is sent back from a
/// dead-letter queue was sent when that was done.
fn sent_at(message: &SqsMessage) -> Option<Timestamp> {
    let sent = message.attributes.get("SentTimestamp")?;
    Timestamp::from_millisecond(sent.parse().ok()?).ok()
}
