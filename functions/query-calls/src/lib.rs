#![doc = include_str!("../README.md")]

mod config;
mod hold;
mod metrics;
mod problems;
mod recording;
mod route;
mod shelf;
mod view;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ringback_api::{Identity, Problem, ProblemType, Request, Response, Tenancy, Unidentified};
use ringback_calls::{CallEvent, CallId, CallRecord, CallStore, NewEvent, StoreError, Wanted};
use ringback_lambda::MetricsSink;
use serde_json::Value;
use tracing::{error, info};

pub use config::Config;
pub use problems::PROBLEMS;

use crate::metrics::RequestMetrics;
use crate::route::{Asked, Route};
use crate::shelf::{Shelf, ShelfError};
use crate::view::CallView;

/// The function `query-calls`.
#[derive(Debug)]
pub struct App {
    calls: CallStore,
    shelf: Shelf,
    tenancy: Tenancy,
    link_life: Duration,
    metrics: MetricsSink,
}

impl App {
    /// The function with those settings, over that DynamoDB and that S3.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        metrics: MetricsSink,
    ) -> Self {
        Self {
            calls: CallStore::new(dynamo, config.calls_table, config.call_retention),
            shelf: Shelf::new(s3, config.recordings_bucket),
            tenancy: config.tenancy,
            link_life: config.link_life,
            metrics,
        }
    }

    /// Answers a request of the API (payload format 2.0). It always answers: nobody would try again.
    pub async fn respond(&self, event: &Value, now: Timestamp) -> Value {
        let started = Instant::now();
        let mut counts = RequestMetrics::new();
        let answered = match Request::read(event) {
            // Boxed: the futures of the SDK's requests are large, and this one is moved about.
            Some(request) => Box::pin(self.answer(&request, now, &mut counts)).await,
            None => Err(Unidentified::Nobody.into()),
        };
        let response = answered.unwrap_or_else(Response::from);
        info!(status = response.status, "Answered a request of the API");
        counts.outcome = response.outcome();
        counts.latency = started.elapsed();
        counts.emit(&self.metrics);
        response.into_value()
    }

    async fn answer(
        &self,
        request: &Request<'_>,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let Identity { tenant, who } = self.tenancy.identify(request)?;
        let route = Route::read(request)?;
        let (id, step) = match route.asked {
            Asked::Record => {
                let (record, _) = self.record(&tenant, &route.call, now).await?;
                return Ok(Response::json(200, &CallView::of(&record)).tagged(request));
            }
            Asked::Recording(id, step) => (id, step),
        };
        // What is audited is done for nobody who has no name.
        let who = who.ok_or_else(|| {
            let detail = "The identity does not say who asks (sub, userArn), in at most 256 characters.";
            Problem::new(&ProblemType::FORBIDDEN, detail)
        })?;
        let (record, kept_until) = self.record(&tenant, &route.call, now).await?;
        let task = recording::Task::of(&record, kept_until, id, who, request, now)?;
        Box::pin(self.take(&task, step, counts)).await
    }

    /// The call as it is now, and until when it is kept.
    async fn record(
        &self,
        tenant: &str,
        call: &CallId,
        now: Timestamp,
    ) -> Result<(CallRecord, Timestamp), Problem> {
        let found = self.calls.read_kept(tenant, call, now).await;
        let found = found.map_err(|problem| without_table(&problem))?;
        found.ok_or_else(|| {
            let detail = "No call of that id is known, or not any more.";
            Problem::new(&problems::NO_SUCH_CALL, detail)
        })
    }

    /// Stores an event of ours about a recording.
    async fn tell(&self, wanted: &Wanted, event: CallEvent, now: Timestamp) -> Result<(), Problem> {
        let new = NewEvent::of_recording(wanted, event, now);
        let kept = self.calls.put(&new).await;
        kept.map(drop).map_err(|problem| without_table(&problem))
    }
}

fn without_table(problem: &StoreError) -> Problem {
    error!(code = problem.code, "The calls table did not answer the API");
    Problem::new(
        &ProblemType::UNAVAILABLE,
        "The table of calls did not answer; try again.",
    )
}

impl From<ShelfError> for Problem {
    fn from(error: ShelfError) -> Self {
        match error {
            ShelfError::Gone => Self::new(
                &problems::GONE,
                "The bucket's retention, or somebody, has deleted it.",
            ),
            ShelfError::Failed(code) => {
                error!(code, "The bucket of recordings did not answer the API");
                let detail = "The bucket of recordings did not answer; try again.";
                Self::new(&ProblemType::UNAVAILABLE, detail)
            }
        }
    }
}
