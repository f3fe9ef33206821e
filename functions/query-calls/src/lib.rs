#![doc = include_str!("../README.md")]

mod config;
mod hold;
mod list;
mod metrics;
mod problems;
mod recording;
mod route;
mod shelf;
mod view;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ringback_api::{Identity, Problem, ProblemType, Request, Response, Roles, Tenancy, Unidentified};
use ringback_calls::{
    Ask, CallEvent, CallId, CallRecord, CallStore, ListError, NewEvent, StoreError, Wanted,
};
use ringback_lambda::MetricsSink;
use serde_json::Value;
use tracing::{error, info};

pub use config::Config;
pub use problems::PROBLEMS;

use crate::metrics::RequestMetrics;
use crate::route::{Asked, Route, Step};
use crate::shelf::{Shelf, ShelfError};
use crate::view::{CallView, Numbers, PageView};

/// All routes of all APIs of a deployment, in the words of OpenAPI 3.1.
const DESCRIPTION: &str = include_str!("../../../infra/openapi.json");

/// The function `query-calls`.
#[derive(Debug)]
pub struct App {
    calls: CallStore,
    shelf: Shelf,
    tenancy: Tenancy,
    numbers_role: Roles,
    operator_role: Option<Roles>,
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
            numbers_role: config.numbers_role,
            operator_role: config.operator_role,
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
        let asked = match Route::read(request) {
            // It says nothing of anybody, so nobody is asked who they are.
            Ok(Route::Description) => return description(request),
            Ok(Route::Calls(asked)) => Ok(asked),
            Err(problem) => Err(problem),
        };
        let identity = self.tenancy.identify(request)?;
        let numbers = match identity.has_one_of(&self.numbers_role) {
            true => Numbers::Whole,
            false => Numbers::Masked,
        };
        let asked = asked?;
        if let Asked::Recording(_, _, Step::Hold | Step::Release) = &asked {
            identity.must_have_one_of(self.operator_role.as_ref())?;
        }
        let Identity { tenant, who, .. } = identity;
        let (call, id, step) = match asked {
            Asked::List => {
                let ask = list::of_query(request, &tenant)?;
                return self.list(&ask, numbers, now, counts).await;
            }
            Asked::Search => {
                let ask = list::of_body(request, &tenant)?;
                return self.list(&ask, numbers, now, counts).await;
            }
            Asked::Record(call) => {
                let (record, _) = self.record(&tenant, &call, now).await?;
                return Ok(Response::json(200, &CallView::of(&record, numbers)).tagged(request));
            }
            Asked::Recording(call, id, step) => (call, id, step),
        };
        // What is audited is done for nobody who has no name.
        let who = who.ok_or_else(|| {
            let detail = "The identity does not say who asks (sub, userArn), in at most 256 characters.";
            Problem::new(&ProblemType::FORBIDDEN, detail)
        })?;
        let (record, kept_until) = self.record(&tenant, &call, now).await?;
        let task = recording::Task::of(&record, kept_until, id, who, request, now)?;
        Box::pin(self.take(&task, step, counts)).await
    }

    /// A page of a list.
    async fn list(
        &self,
        ask: &Ask,
        numbers: Numbers,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let page = self.calls.list(ask, now).await.map_err(|problem| match problem {
            ListError::Continuation => list::another_list(),
            ListError::Store(problem) => without_table(&problem),
        })?;
        counts.lists = 1;
        Ok(Response::json(200, &PageView::of(&page, numbers)))
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

fn description(request: &Request<'_>) -> Result<Response, Problem> {
    if request.method != "GET" {
        return Err(Problem::not_that_method("GET"));
    }
    let description = Response::written(200, "application/json", DESCRIPTION.to_owned());
    Ok(description.tagged(request))
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
