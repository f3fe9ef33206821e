#![doc = include_str!("../README.md")]

mod config;
mod decode;
mod hours;
mod memory;
mod message;
mod metrics;
mod mrkdwn;
mod receivers;
mod send;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_lambda_events::event::sqs::SqsBatchResponse;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ringback_lambda::{DeadLetterError, DeadLetters, MetricsSink, SecretError, Secrets, error_code};
use ringback_steps::{PlaceKind, Step, StepEvent};
use serde_json::{Value, json};
use tracing::{error, info, warn};

pub use config::Config;
pub use hours::{Hours, Span};
pub use memory::MemoryError;
pub use mrkdwn::OrderLink;

use crate::decode::Letter;
use crate::memory::{Claim, Known, Lease, Memory};
use crate::metrics::BatchMetrics;
use crate::receivers::{Destination, Receivers, TEAM};
use crate::send::{Delivery, Sender};

/// After this long no further message is begun: the function's time-out must not cut one off.
const BUDGET: Duration = Duration::from_secs(40);

/// The longest a message is hidden in the queue. SQS allows twelve hours, counted from when it handed it over.
const LONGEST_HIDE: Duration = Duration::from_secs(12 * 3600 - 200);

/// The header that names the step's event: a receiver knows by it what it has seen before.
const EVENT_ID: HeaderName = HeaderName::from_static("ringback-event-id");

/// The function `notify`.
#[derive(Debug)]
pub struct App {
    config: Config,
    memory: Memory,
    sender: Sender,
    secrets: Option<Secrets>,
    queues: aws_sdk_sqs::Client,
    dead_letters: DeadLetters,
    metrics: MetricsSink,
}

/// Why a step must come again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table did not say whether the step was told before.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Nobody knows whom to tell.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret is there and is not what the README says.
    #[error("the secret has another shape")]
    SecretShape,
    /// What cannot be told cannot be put aside either.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
    /// A receiver is down, slow, or wants no more for now.
    #[error("a receiver did not take the message ({code})")]
    Receiver {
        /// The HTTP status, `timeout` or `unreachable`.
        code: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// Another invocation is sending this message, or died while it did.
    #[error("the message is being sent by somebody else")]
    Busy,
    /// The messages before it took too long.
    #[error("there was no time left for the message")]
    OutOfTime,
    /// A batch that is none: its messages could not be named as failed.
    #[error("a message of the batch has no id")]
    Batch,
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error_type = match &error {
            Error::Memory(_) => "ContactStoreUnavailable",
            Error::Secret(_) => "SecretUnavailable",
            Error::SecretShape => "SecretUnreadable",
            Error::DeadLetter(_) => "DeadLetterQueueUnavailable",
            Error::Receiver { .. } => "ReceiverUnavailable",
            Error::Busy => "MessageBusy",
            Error::OutOfTime => "OutOfTime",
            Error::Batch => "BatchUnreadable",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// One message to one receiver.
struct Parcel {
    destination: Destination,
    body: Vec<u8>,
}

/// What the messages of one invocation share.
struct Batch {
    counts: BatchMetrics,
    receivers: Option<Receivers>,
    /// Addresses that are not tried again in this invocation, and for how long they want to be left alone.
    resting: HashMap<Url, Error>,
    began_at: Timestamp,
    began: Instant,
}

impl Batch {
    fn now(&self) -> Timestamp {
        let passed = jiff::SignedDuration::try_from(self.began.elapsed()).unwrap_or_default();
        self.began_at.saturating_add(passed).unwrap_or(self.began_at)
    }

    fn is_over(&self) -> bool {
        self.began.elapsed() > BUDGET
    }
}

impl App {
    /// The function with those settings, over that DynamoDB, that secret (nobody is told without one) and that SQS.
    ///
    /// # Errors
    /// When there is no TLS, for example no certificate of any authority.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        secrets: Option<Secrets>,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            memory: Memory::new(dynamo, config.contacts_table.clone()),
            sender: Sender::new(config.send_timeout, config.allow_http)?,
            secrets,
            dead_letters: DeadLetters::new(queues.clone(), config.dead_letter_queue_url.clone(), "notify"),
            queues,
            config,
            metrics,
        })
    }

    /// Tells the steps of a batch of SQS, or one step of EventBridge.
    ///
    /// For a batch the answer names the messages that must come again; what was sent of them already is not sent twice.
    ///
    /// # Errors
    /// When a single event must come again, or a batch is none.
    pub async fn take(&self, event: &Value, now: Timestamp) -> Result<Value, Error> {
        let mut batch = Batch {
            counts: BatchMetrics::new(),
            receivers: None,
            resting: HashMap::new(),
            began_at: now,
            began: Instant::now(),
        };
        let answer = match event.get("Records").and_then(Value::as_array) {
            Some(records) => self.take_batch(records, &mut batch).await,
            None => {
                let told = self.tell(&Letter::event(event), &mut batch).await;
                batch.counts.failed += u64::from(told.is_err());
                told.map(|outcome| json!({ "outcome": outcome }))
            }
        };
        batch.counts.latency = batch.began.elapsed();
        batch.counts.emit(&self.metrics);
        answer
    }

    async fn take_batch(&self, records: &[Value], batch: &mut Batch) -> Result<Value, Error> {
        let letters: Option<Vec<_>> = records.iter().map(Letter::message).collect();
        let mut letters = letters.ok_or(Error::Batch)?;
        // The queue keeps no order, but within a batch there can be one.
        letters.sort_by_key(|letter| letter.step.as_ref().ok().map(|step| step.at));
        let mut response = SqsBatchResponse::default();
        for letter in &letters {
            let Err(problem) = self.tell(letter, batch).await else {
                continue;
            };
            batch.counts.failed += 1;
            match &problem {
                Error::Receiver {
                    retry_after: Some(wait),
                    ..
                } => {
                    let seconds = wait.as_secs();
                    warn!(
                        message.id = letter.id,
                        seconds, "A receiver wants no more for now"
                    );
                    self.hide(letter, *wait).await;
                }
                _ => {
                    error!(message.id = letter.id, problem = %problem, "Telling a step failed; it comes again")
                }
            }
            response.add_failure(letter.id.clone());
        }
        Ok(json!(response))
    }

    /// Tells one step; the answer is a word for it.
    async fn tell(&self, letter: &Letter, batch: &mut Batch) -> Result<&'static str, Error> {
        batch.counts.steps += 1;
        let Some(secrets) = &self.secrets else {
            batch.counts.unconfigured += 1;
            return Ok("unconfigured");
        };
        let event = match &letter.step {
            Ok(event) => event,
            Err(reason) => {
                self.bury(letter, reason, batch).await?;
                return Ok("dead-lettered");
            }
        };
        if batch.is_over() {
            return Err(Error::OutOfTime);
        }
        // Also of steps that nobody is told of: a later one may need what they say.
        let known = self.memory.remember(event, batch.now()).await?;
        if !self.config.steps.contains(&event.step) || !self.config.hours.contain(event.at) {
            batch.counts.filtered += 1;
            return Ok("filtered");
        }
        let receivers = match &batch.receivers {
            Some(receivers) => receivers,
            None => {
                let receivers = Receivers::parse(&secrets.get().await?, self.config.allow_http);
                batch.receivers.insert(receivers.ok_or(Error::SecretShape)?)
            }
        };
        let parcels = self.parcels(letter, event, &known, receivers);
        if parcels.is_empty() {
            batch.counts.filtered += 1;
            return Ok("filtered");
        }
        let mut told = Ok("told");
        for parcel in parcels {
            // One receiver that is down keeps nobody else from being told.
            if let Err(problem) = self.deliver(letter, event, parcel, secrets, batch).await {
                told = Err(graver(told.err(), problem));
            }
        }
        told
    }

    /// Who is told of a step, and what.
    fn parcels(
        &self,
        letter: &Letter,
        event: &StepEvent,
        known: &Known,
        receivers: &Receivers,
    ) -> Vec<Parcel> {
        let link = self.config.order_link.as_ref();
        let mut parcels = Vec::new();
        let mut add = |destination: Destination, body: &Value| {
            if receivers.know(&destination) {
                let body = body.to_string().into_bytes();
                parcels.push(Parcel { destination, body });
            }
        };
        if let Some(message) = message::for_team(event, known, link) {
            add(Destination::Channel(TEAM.to_owned()), &message);
        }
        if let Some(channel) = shop_channel(event) {
            add(
                Destination::Channel(channel.to_owned()),
                &message::for_shop(event, known, link),
            );
        }
        // As it came, with fields that a later version may have added.
        add(Destination::Webhook, &letter.detail);
        parcels
    }

    /// Sends one message, unless it was sent before.
    async fn deliver(
        &self,
        letter: &Letter,
        event: &StepEvent,
        parcel: Parcel,
        secrets: &Secrets,
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let destination = &parcel.destination;
        let lease = match self.memory.claim(event, destination.key(), batch.now()).await? {
            Claim::Mine(lease) => lease,
            Claim::Busy => return Err(Error::Busy),
            Claim::Settled => {
                batch.counts.duplicates += 1;
                return Ok(());
            }
        };
        let mut delivery = self.attempt(event, &parcel, batch).await;
        if matches!(delivery, Ok(Delivery::Refused(_))) && self.has_moved(destination, secrets, batch).await {
            delivery = self.attempt(event, &parcel, batch).await;
        }
        let word = destination.word();
        let problem = match delivery {
            Ok(Delivery::Taken) => {
                batch.counts.sent += 1;
                info!(contact.id = %event.contact_id, step = event.step.name(), destination = word, "Told a step");
                // It was sent; to send it again for the sake of the table would be worse.
                if let Err(problem) = self.memory.sent(&lease, batch.now()).await {
                    error!(
                        code = problem.code,
                        "It was not remembered that a message was sent"
                    );
                }
                return Ok(());
            }
            Ok(Delivery::Refused(code)) => {
                let reason = format!("{word} refused the message ({code})");
                match self.bury(letter, &reason, batch).await {
                    Ok(()) => return Ok(self.memory.buried(&lease, batch.now()).await?),
                    Err(problem) => problem,
                }
            }
            Ok(Delivery::Throttled(wait)) => {
                batch.counts.throttled += 1;
                Error::Receiver {
                    code: "429".to_owned(),
                    retry_after: Some(wait),
                }
            }
            Ok(Delivery::Later(code)) => Error::Receiver {
                code,
                retry_after: None,
            },
            Err(problem) => problem,
        };
        if let Error::Receiver { code, retry_after } = &problem
            && let Some(address) = address(destination, batch)
        {
            let rest = Error::Receiver {
                code: code.clone(),
                retry_after: *retry_after,
            };
            batch.resting.insert(address, rest);
        }
        self.release(&lease, batch.now()).await;
        Err(problem)
    }

    /// One request, unless the receiver wants to be left alone.
    async fn attempt(&self, event: &StepEvent, parcel: &Parcel, batch: &Batch) -> Result<Delivery, Error> {
        let destination = &parcel.destination;
        let receivers = batch.receivers.as_ref();
        let Some((url, keys)) =
            receivers.and_then(|all| Some((all.address(destination)?, all.keys(destination))))
        else {
            return Ok(Delivery::Refused("no address".to_owned()));
        };
        if batch.is_over() {
            return Err(Error::OutOfTime);
        }
        if let Some(Error::Receiver { code, retry_after }) = batch.resting.get(url) {
            return Err(Error::Receiver {
                code: code.clone(),
                retry_after: *retry_after,
            });
        }
        let (now, mut headers) = (batch.now(), HeaderMap::new());
        if *destination == Destination::Webhook {
            let signature = ringback_signature::sign_with_all(keys, now, &parcel.body);
            let values = [
                (
                    HeaderName::try_from(ringback_signature::HEADER).ok(),
                    signature.as_str(),
                ),
                (Some(EVENT_ID), event.id.as_str()),
            ];
            for (name, value) in values {
                if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                    headers.insert(name, value);
                }
            }
        }
        Ok(self.sender.post(url, headers, parcel.body.clone(), now).await)
    }

    /// Whether the secret has another address or other keys for a destination by now.
    async fn has_moved(&self, destination: &Destination, secrets: &Secrets, batch: &mut Batch) -> bool {
        let Ok(secret) = secrets.refresh().await else {
            return false;
        };
        let Some(new) = Receivers::parse(&secret, self.config.allow_http) else {
            return false;
        };
        let moved = batch.receivers.as_ref().is_none_or(|old| {
            old.address(destination) != new.address(destination)
                || old.keys(destination) != new.keys(destination)
        });
        batch.receivers = Some(new);
        moved
    }

    async fn release(&self, lease: &Lease, now: Timestamp) {
        if let Err(problem) = self.memory.release(lease, now).await {
            // It runs out by itself.
            warn!(code = problem.code, "A message's lease was not given back");
        }
    }

    /// Keeps a message of the queue out of sight for as long as the receiver wants to be left alone.
    async fn hide(&self, letter: &Letter, wait: Duration) {
        let seconds = wait.clamp(Duration::from_secs(1), LONGEST_HIDE).as_secs();
        let answer = self
            .queues
            .change_message_visibility()
            .queue_url(&self.config.queue_url)
            .receipt_handle(&letter.receipt)
            .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX))
            .send()
            .await;
        if let Err(problem) = answer {
            // The queue's own time-out brings it back.
            let code = error_code(&problem);
            warn!(message.id = letter.id, code, "A message could not be hidden");
        }
    }

    /// Hands what can never be told to the dead-letter queue.
    async fn bury(&self, letter: &Letter, reason: &str, batch: &mut Batch) -> Result<(), Error> {
        self.dead_letters
            .send(letter.body.as_bytes(), reason, &letter.id)
            .await?;
        batch.counts.dead_letters += 1;
        error!(
            message.id = letter.id,
            problem = reason,
            "Sent a step to the dead-letter queue"
        );
        Ok(())
    }
}

/// The channel of the shop that is about to ring.
fn shop_channel(event: &StepEvent) -> Option<&str> {
    let place = event.place.as_ref()?;
    let rings = event.step == Step::Transferred && place.kind == PlaceKind::External;
    let channel = event.shop.as_ref()?.channel.as_deref()?;
    // The team reads its own message already.
    (rings && place.name == message::SHOP && channel != TEAM).then_some(channel)
}

fn address(destination: &Destination, batch: &Batch) -> Option<Url> {
    batch.receivers.as_ref()?.address(destination).cloned()
}

/// Of two problems of one step, the one that says when to try again: the longest wait, else the first.
fn graver(first: Option<Error>, second: Error) -> Error {
    let wait = |problem: &Error| match problem {
        Error::Receiver { retry_after, .. } => *retry_after,
        _ => None,
    };
    match first {
        Some(first) if wait(&first) >= wait(&second) => first,
        _ => second,
    }
}
