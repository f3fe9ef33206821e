//! The records of calls, shown as they end.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use jiff::Timestamp;
use ringback_calls::item::{ID, call_of};
use ringback_calls::{CallId, CallStore, Entry, Kind, State};
use ringback_local::call_stream::CallStream;
use ringback_local::simulated_carriers::calls;
use ringback_local::stack::Stack;

use super::{records, show};

/// How long to wait for more when everything was read.
const PAUSE: Duration = Duration::from_millis(200);

/// How often calls are looked at while more and more is told.
const EVERY: Duration = Duration::from_millis(500);

/// Hands the stream of the calls table to `project-calls`, and shows the record of each call that has ended, again when
/// it changes.
pub(crate) struct Finished {
    stream: CallStream,
    project_calls: Arc<project_calls::App>,
    store: CallStore,
    shown: BTreeMap<CallId, String>,
    /// Calls of which something was told since they were last looked at, with their tenants.
    touched: BTreeSet<(String, CallId)>,
    looked: Instant,
}

impl Finished {
    pub(crate) async fn of(stack: &Stack, project_calls: Arc<project_calls::App>) -> Result<Self> {
        Ok(Self {
            stream: CallStream::open(stack).await?,
            project_calls,
            store: calls(stack).await,
            shown: BTreeMap::new(),
            touched: BTreeSet::new(),
            looked: Instant::now(),
        })
    }

    pub(crate) async fn follow(mut self) -> Infallible {
        loop {
            match self.next().await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(PAUSE).await,
                Err(problem) => {
                    anstream::eprintln!("{problem:#}");
                    tokio::time::sleep(PAUSE * 5).await;
                }
            }
        }
    }

    /// Whether there was anything.
    async fn next(&mut self) -> Result<bool> {
        let batch = self.stream.next().await?;
        // While much is told at once, a call is looked at now and then and not for each of its events.
        if batch.is_none() || self.looked.elapsed() > EVERY {
            self.show().await?;
            self.looked = Instant::now();
        }
        let Some(batch) = batch else {
            return Ok(false);
        };
        let answer = self.project_calls.take(&batch, Timestamp::now()).await;
        let failed = answer.batch_item_failures.into_iter().next();
        if let Some(place) = failed.and_then(|failure| failure.item_identifier) {
            self.stream.back_to(&place).await?;
        }
        self.touched.extend(calls_of(&batch));
        Ok(true)
    }

    async fn show(&mut self) -> Result<()> {
        while let Some((tenant, call)) = self.touched.pop_first() {
            let record = self.store.read(&tenant, &call, Timestamp::now()).await?;
            let Some(record) = record.filter(|record| record.state == State::Close) else {
                continue;
            };
            let line = records::line(&record);
            if self.shown.get(&call) != Some(&line) {
                show::record(&line);
                self.shown.insert(call, line);
            }
        }
        Ok(())
    }
}

/// The calls of which a batch tells that they, or their recordings, may be over, each once.
fn calls_of(batch: &Event) -> BTreeSet<(String, CallId)> {
    let ids = batch
        .records
        .iter()
        .filter(|record| may_be_over(record))
        .filter_map(|record| match record.change.keys.get(ID) {
            Some(serde_dynamo::AttributeValue::S(id)) => call_of(id),
            _ => None,
        });
    ids.map(|(tenant, call)| (tenant.to_owned(), call)).collect()
}

/// Whether a call may be over: while it goes on there is nothing to show, and each look is a query.
fn may_be_over(record: &EventRecord) -> bool {
    let entry: Option<Entry> = serde_dynamo::from_item(record.change.new_image.clone()).ok();
    let goes_on = |entry: &Entry| {
        use Kind::{Accepted, Answered, Asked, Bridged, Checked, Dialled, Placed, Ringing, Unsure};
        matches!(
            entry.event.kind,
            Placed | Asked | Accepted | Unsure | Checked | Dialled | Ringing | Answered | Bridged
        )
    };
    !entry.as_ref().is_some_and(goes_on)
}
