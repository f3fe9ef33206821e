#![doc = include_str!("../README.md")]

mod config;
mod metrics;

use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::event::streams::KinesisEventResponse;
use jiff::Timestamp;
use ringback_calls::{CallId, CallStore, Entry, NewEvent};
use ringback_carriers::{Heard, events_of_record};
use ringback_connect::ContactRecord;
use ringback_contacts::{ContactStore, observe_record};
use ringback_lambda::{DeadLetters, MetricsSink};
use tracing::{error, info, warn};

pub use config::Config;

use crate::metrics::BatchMetrics;

/// The function `contact-records`.
#[derive(Debug)]
pub struct App {
    store: ContactStore,
    calls: CallStore,
    dead_letters: DeadLetters,
    config: Config,
    metrics: MetricsSink,
}

/// What became of a record that did not fail.
enum Outcome {
    Stored { rated: bool },
    DeadLettered,
}

/// The code of a failure that passes: the record must come again.
struct Passing(String);

impl App {
    /// The function with those settings, over that DynamoDB and that SQS.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Self {
        let calls = CallStore::new(dynamo.clone(), config.calls_table.clone(), config.call_retention);
        let store = ContactStore::new(dynamo, config.contacts_table.clone(), config.retention);
        let dead_letters = DeadLetters::new(queues, config.dead_letter_queue_url.clone(), "contact-records");
        Self {
            store,
            calls,
            dead_letters,
            config,
            metrics,
        }
    }

    /// Adds a batch of contact records to the index, and to the calls that they are of.
    ///
    /// A record that cannot be read goes to the dead-letter queue and the batch goes on. At the first failure that
    /// passes (the table, the queue) the batch stops: its sequence number is the answer, and Kinesis sends it and
    /// all after it again. What was stored before changes nothing when it comes twice.
    pub async fn take(&self, batch: &KinesisEvent, now: Timestamp) -> KinesisEventResponse {
        let started = Instant::now();
        let mut counts = BatchMetrics {
            timestamp: SystemTime::now(),
            function: "contact-records",
            records: 0,
            rated: 0,
            dead_letters: 0,
            failed_batches: 0,
            latency: Duration::ZERO,
        };
        let mut response = KinesisEventResponse::default();
        for record in &batch.records {
            match self.add(record, now).await {
                Ok(Outcome::Stored { rated }) => {
                    counts.records += 1;
                    counts.rated += u64::from(rated);
                }
                Ok(Outcome::DeadLettered) => counts.dead_letters += 1,
                Err(Passing(code)) => {
                    let sequence_number = record.kinesis.sequence_number.as_str();
                    error!(
                        sequence_number,
                        code, "A contact record failed and will come again"
                    );
                    response.add_failure(sequence_number);
                    counts.failed_batches = 1;
                    break;
                }
            }
        }
        counts.latency = started.elapsed();
        counts.emit(&self.metrics);
        response
    }

    async fn add(&self, record: &KinesisEventRecord, now: Timestamp) -> Result<Outcome, Passing> {
        let contact = match ContactRecord::decode(&record.kinesis.data) {
            Ok(contact) => contact,
            Err(problem) => return self.bury(record, &problem.to_string()).await,
        };
        for problem in &contact.malformed {
            warn!(contact.id = %contact.contact_id, problem = %problem, "Left out an unreadable field of a contact record");
        }
        let config = &self.config;
        let observation = observe_record(&contact, &config.caller_attribute, &config.rating_attribute);
        let rated = observation
            .facts
            .as_ref()
            .is_some_and(|(_, facts)| facts.rating.is_some());
        match self.store.observe(&observation).await {
            Ok(_) => {}
            Err(problem) if problem.is_permanent() => return self.bury(record, &problem.to_string()).await,
            Err(problem) => return Err(Passing(problem.code)),
        }
        for heard in events_of_record(&contact) {
            let Some(new) = of_call(&contact, heard, now) else {
                continue;
            };
            match self.calls.put(&new).await {
                Ok(_) => {}
                Err(problem) if problem.is_permanent() => {
                    return self.bury(record, &problem.to_string()).await;
                }
                Err(problem) => return Err(Passing(problem.code)),
            }
        }
        info!(contact.id = %contact.contact_id, rated, "Remembered a contact record");
        Ok(Outcome::Stored { rated })
    }

    /// Hands a record that can never be stored to the dead-letter queue: it must not hold up those behind it.
    async fn bury(&self, record: &KinesisEventRecord, reason: &str) -> Result<Outcome, Passing> {
        let sequence_number = record.kinesis.sequence_number.as_str();
        let sent = self
            .dead_letters
            .send(&record.kinesis.data, reason, sequence_number)
            .await;
        sent.map_err(|problem| Passing(problem.code))?;
        warn!(
            sequence_number,
            problem = reason,
            "Sent a contact record to the dead-letter queue"
        );
        Ok(Outcome::DeadLettered)
    }
}

/// The carrier's code of Amazon Connect.
const CARRIER: &str = "ac";

/// The attribute with which `place-call` starts a contact: our id of its call. The contacts that it is handed on to have
/// it too.
const PLACED_CALL: &str = "ringbackCallId";

/// An event of the call that the contact belongs to: the call that we started it for, else the whole chain of contacts.
/// The instance is both the tenant and the account.
fn of_call(contact: &ContactRecord, heard: Heard, now: Timestamp) -> Option<NewEvent> {
    let instance = contact.instance.id.to_string();
    let session = heard.reference.session?;
    let placed = contact.attributes.get(PLACED_CALL).map(String::as_str);
    let placed = placed.and_then(CallId::echoed);
    let call = placed.unwrap_or_else(|| CallId::of_session(CARRIER, &instance, &session));
    Some(NewEvent {
        call,
        entry: Entry {
            tenant: instance.clone(),
            carrier: CARRIER.to_owned(),
            account: instance,
            received_at: now,
            event: heard.event,
        },
        legs: heard.legs,
        placed_only: false,
    })
}
