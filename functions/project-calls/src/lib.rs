#![doc = include_str!("../README.md")]

mod batch;
mod config;
mod metrics;
mod placed;

use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use jiff::Timestamp;
use ringback_calls::{CallStore, Change, Projected, State};
use ringback_lambda::{DeadLetters, MetricsSink};
use ringback_placing::PlacingStore;
use serde_json::{Value, json};
use tracing::{error, info, warn};

pub use config::Config;

use crate::batch::{Call, Task, tasks};
use crate::metrics::BatchMetrics;
use crate::placed::Placing;

/// The function `project-calls`.
#[derive(Debug)]
pub struct App {
    store: CallStore,
    placing: Placing,
    dead_letters: DeadLetters,
    metrics: MetricsSink,
}

/// The code of a failure that passes: the records must come again.
struct Passing(String);

impl App {
    /// The function with those settings, over that DynamoDB and that SQS.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Self {
        // No event is put here, so no retention is asked for: a record expires with its call.
        let placing = Placing::new(PlacingStore::new(dynamo.clone(), config.carriers_table));
        let store = CallStore::new(dynamo, config.calls_table, Duration::ZERO);
        let dead_letters = DeadLetters::new(queues, config.dead_letter_queue_url, "project-calls");
        Self {
            store,
            placing,
            dead_letters,
            metrics,
        }
    }

    /// Folds each call of which the batch tells something new, once, and writes its record.
    ///
    /// Calls are taken in the order of their first new event. At the first failure that passes (the table, the queue)
    /// the batch stops: the place of that call's first event is the answer, and the stream sends it and all after it
    /// again. Calls before it are done; folding them again changes nothing. What can never be folded goes to the
    /// dead-letter queue, with the call's id, and the batch goes on.
    pub async fn take(&self, event: &Event, now: Timestamp) -> DynamoDbEventResponse {
        let started = Instant::now();
        let mut counts = BatchMetrics::new();
        let mut response = DynamoDbEventResponse::default();
        for task in tasks(event) {
            let done = match &task {
                Task::Fold(call) => self.fold(call, now, &mut counts).await,
                Task::Stray(place) => {
                    self.bury(&json!({}), "the event is of no call", place, &mut counts)
                        .await
                }
            };
            if let Err(Passing(code)) = done {
                let sequence_number = task.place();
                error!(sequence_number, code, "A call failed and will come again");
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(sequence_number.to_owned());
                response.batch_item_failures.push(failure);
                counts.failed_batches = 1;
                break;
            }
        }
        counts.latency = started.elapsed();
        counts.emit(&self.metrics);
        response
    }

    async fn fold(&self, call: &Call, now: Timestamp, counts: &mut BatchMetrics) -> Result<(), Passing> {
        let place = call.sequence_number.as_str();
        let letter = |events: &[&String]| json!({"tenant": call.tenant, "callId": call.id, "events": events});
        let projected = match self.store.project(&call.tenant, &call.id, now).await {
            Ok(projected) => projected,
            Err(problem) if problem.is_permanent() => {
                let events: Vec<_> = call.events.iter().collect();
                warn!(call.id = %call.id, code = problem.code, "A call can never be folded");
                self.bury(&letter(&events), &problem.to_string(), place, counts)
                    .await?;
                return Ok(());
            }
            Err(problem) => return Err(Passing(problem.code)),
        };
        counts.events += u64::try_from(call.events.len()).unwrap_or(u64::MAX);
        counts.calls += 1;
        if projected.change == Change::Written {
            counts.written += 1;
            match projected.record.as_ref().map(|record| record.state) {
                Some(State::Init) => counts.dialling += 1,
                Some(State::Conn) => counts.connected += 1,
                Some(State::Close) => counts.closed += 1,
                None => {}
            }
        }
        counts.recordings += projected.wanted;
        counts.aligned += projected.aligned;
        // One letter for an event, when it is new: the call is folded without it again and again.
        let unreadable: Vec<_> = projected
            .unreadable
            .iter()
            .filter(|id| call.events.contains(id))
            .collect();
        if !unreadable.is_empty() {
            let reason = "events of the call cannot be read";
            self.bury(&letter(&unreadable), reason, place, counts).await?;
        }
        let unnamable = projected.unnamable.iter();
        let unnamable: Vec<_> = unnamable.filter(|id| call.events.contains(id)).collect();
        if !unnamable.is_empty() {
            let reason = "a recording's id is too long to archive it";
            self.bury(&letter(&unnamable), reason, place, counts).await?;
        }
        if let Some(problem) = &projected.refused {
            counts.refused += 1;
            // Folded again it is the same; one letter for what is written is enough.
            if projected.change == Change::Written {
                let events: Vec<_> = call.events.iter().collect();
                warn!(call.id = %call.id, code = problem.code, "The table refuses a call's record, so a shorter one is kept");
                let reason = format!("the table refuses the whole record: {problem}");
                self.bury(&letter(&events), &reason, place, counts).await?;
            }
        }
        log(call, &projected);
        // The record is written: what fails here comes again, and finds it.
        let noted = self.placing.note(&call.tenant, &call.id, &projected).await;
        let noted = noted.map_err(|problem| Passing(problem.code))?;
        counts.released += u64::from(noted.released);
        counts.heard += u64::from(noted.heard);
        Ok(())
    }

    /// Hands what can never be folded to the dead-letter queue: it must not hold up what is behind it. The letter says
    /// which events; they themselves remain in the table.
    async fn bury(
        &self,
        letter: &Value,
        reason: &str,
        sequence_number: &str,
        counts: &mut BatchMetrics,
    ) -> Result<(), Passing> {
        let body = letter.to_string();
        let sent = self
            .dead_letters
            .send(body.as_bytes(), reason, sequence_number)
            .await;
        sent.map_err(|problem| Passing(problem.code))?;
        counts.dead_letters += 1;
        warn!(
            sequence_number,
            problem = reason,
            "Sent a call to the dead-letter queue"
        );
        Ok(())
    }
}

fn log(call: &Call, projected: &Projected) {
    let (new, unreadable) = (call.events.len(), projected.unreadable.len());
    let recordings = projected.wanted;
    if recordings > 0 {
        info!(call.id = %call.id, recordings, "Recordings of a call are to be archived");
    }
    let events = projected.record.as_ref().map_or(0, |record| record.version);
    match projected.change {
        Change::Written => info!(call.id = %call.id, events, new, unreadable, "Wrote a call's record"),
        Change::Same => info!(call.id = %call.id, events, new, unreadable, "A call's record was there"),
        Change::Older => {
            info!(call.id = %call.id, events, new, unreadable, "A newer record of the call was there")
        }
        Change::None => info!(call.id = %call.id, new, unreadable, "There is no call to record"),
    }
}
