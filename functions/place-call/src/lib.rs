#![doc = include_str!("../README.md")]

mod answer;
mod asking;
mod begin;
mod body;
mod candidates;
mod carriers;
mod checks;
mod config;
mod connect;
mod fleet;
mod hang_up;
mod healths;
mod ids;
mod metrics;
mod placing;
mod problems;
mod route;
mod unplaced;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ringback_accounts::{AccountStore, Accounts, PublicBase};
use ringback_api::{Problem, Request, Response, Roles, Tenancy, Unidentified};
use ringback_calls::CallStore;
use ringback_lambda::MetricsSink;
use ringback_outbound::{BuildError, Outbound};
use ringback_placing::PlacingStore;
use ringback_steps::StepBus;
use serde_json::Value;
use tracing::info;

pub use config::Config;
pub use problems::PROBLEMS;

use crate::connect::Connect;
use crate::healths::Healths;
use crate::metrics::RequestMetrics;
use crate::route::Route;

/// The function `place-call`.
#[derive(Debug)]
pub struct App {
    calls: CallStore,
    placing: PlacingStore,
    healths: Healths,
    account_store: AccountStore,
    accounts: Accounts,
    outbound: Outbound,
    connect: Connect,
    bus: StepBus,
    tenancy: Tenancy,
    placing_role: Option<Roles>,
    operator_role: Option<Roles>,
    public_base: PublicBase,
    place_timeout: Duration,
    metrics: MetricsSink,
}

impl App {
    /// The function with those settings, over that DynamoDB, that Secrets Manager, that EventBridge and that Amazon
    /// Connect.
    ///
    /// # Errors
    /// When there is no TLS, for example no certificate of any authority.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        secrets: aws_sdk_secretsmanager::Client,
        bus: aws_sdk_eventbridge::Client,
        connect: aws_sdk_connect::Client,
        metrics: MetricsSink,
    ) -> Result<Self, BuildError> {
        ringback_placing::warm();
        let account_store = AccountStore::new(dynamo.clone(), config.carriers_table.clone());
        Ok(Self {
            calls: CallStore::new(dynamo.clone(), config.calls_table, config.call_retention),
            placing: PlacingStore::new(dynamo, config.carriers_table),
            healths: Healths::default(),
            accounts: Accounts::new(account_store.clone(), secrets),
            account_store,
            outbound: Outbound::new("ringback-place-call", config.simulated_carriers)?,
            connect: Connect::new(connect, config.instance),
            bus: StepBus::new(bus, config.event_bus_name),
            tenancy: config.tenancy,
            placing_role: config.placing_role,
            operator_role: config.operator_role,
            public_base: config.public_base,
            place_timeout: config.place_timeout,
            metrics,
        })
    }

    /// Answers a request of the API (payload format 2.0). It always answers.
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
        let identity = self.tenancy.identify(request)?;
        let route = Route::read(request)?;
        identity.must_have_one_of(match &route {
            Route::Place | Route::HangUp(_) => self.placing_role.as_ref(),
            Route::Disabled(..) => self.operator_role.as_ref(),
            Route::Carriers => None,
        })?;
        match route {
            Route::Place => self.place(request, &identity, now, counts).await,
            Route::HangUp(call) => self.hang_up(request, &identity, &call, now, counts).await,
            Route::Carriers => self.carriers(&identity, now, counts).await,
            Route::Disabled(id, disabled) => self.disable(&identity, &id, disabled, now, counts).await,
        }
    }
}
