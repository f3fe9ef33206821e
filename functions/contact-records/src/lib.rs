#![doc = include_str!("../README.md")]

mod config;
mod metrics;

use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::event::streams::KinesisEventResponse;
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
        let store = ContactStore::new(dynamo, config.contacts_table.clone(), config.retention);
        let dead_letters = DeadLetters::new(queues, config.dead_letter_queue_url.clone(), "contact-records");
        Self {
            store,
            dead_letters,
            config,
            metrics,
        }
    }

    /// Adds a batch of contact records to the index.
    ///
    /// A record that cannot be read goes to the dead-letter queue and the batch goes on. At the first failure that
    /// passes (the table, the queue) the batch stops: its sequence number is the answer, and Kinesis sends it and
    /// all after it again. What was stored before changes nothing when it comes twice.
    pub async fn take(&self, batch: &KinesisEvent) -> KinesisEventResponse {
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
            match self.add(record).await {
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

    async fn add(&self, record: &KinesisEventRecord) -> Result<Outcome, Passing> {
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
            Ok(_) => {
                info!(contact.id = %contact.contact_id, rated, "Remembered a contact record");
                Ok(Outcome::Stored { rated })
            }
            Err(problem) if problem.is_permanent() => self.bury(record, &problem.to_string()).await,
            Err(problem) => Err(Passing(problem.code)),
        }
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
