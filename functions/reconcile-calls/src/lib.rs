#![doc = include_str!("../README.md")]

mod amazon_connect;
mod clock;
mod config;
mod finding;
mod health;
mod inquiry;
mod look;
mod metrics;
mod situation;
mod step;
mod sweep;
mod trouble;

use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use ringback_accounts::{AccountStore, Accounts};
use ringback_calls::{CallStore, Due};
use ringback_lambda::MetricsSink;
use ringback_outbound::{BuildError, Outbound};
use ringback_placing::PlacingStore;
use ringback_steps::StepBus;
use serde::Serialize;
use tokio::time::timeout;
use tracing::{error, info, warn};

pub use config::Config;
pub use trouble::Trouble;

use crate::amazon_connect::AmazonConnect;
use crate::clock::Clock;
use crate::health::Met;
use crate::look::{End, Looked, overdue};
use crate::metrics::SweepMetrics;
use crate::sweep::Sweep;

/// The function `reconcile-calls`.
#[derive(Debug)]
pub struct App {
    calls: CallStore,
    accounts: Accounts,
    placing: PlacingStore,
    outbound: Outbound,
    connect: AmazonConnect,
    queues: aws_sdk_sqs::Client,
    recordings_queue_url: String,
    bus: StepBus,
    at_once: usize,
    metrics: MetricsSink,
}

/// What came of a sweep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Calls that were due and looked at.
    pub due: u64,
    /// Requests to carriers that asked about calls.
    pub asked: u64,
    /// Calls that are closed now.
    pub closed: u64,
    /// Calls that must be looked at again.
    pub waiting: u64,
    /// Calls that could not be looked at; they stay due.
    pub failed: u64,
}

/// What is counted, and who was met.
#[derive(Debug, Default)]
struct Tally {
    report: Report,
    hung_up: u64,
    resent: u64,
    given_up: u64,
    left_over: u64,
    oldest: Duration,
    met: Met,
}

impl App {
    /// The function with those settings, over those services.
    ///
    /// # Errors
    /// When the machine has no TLS to offer.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        secrets: aws_sdk_secretsmanager::Client,
        queues: aws_sdk_sqs::Client,
        bus: aws_sdk_eventbridge::Client,
        connect: aws_sdk_connect::Client,
        metrics: MetricsSink,
    ) -> Result<Self, BuildError> {
        let accounts = AccountStore::new(dynamo.clone(), config.carriers_table.clone());
        Ok(Self {
            calls: CallStore::new(dynamo.clone(), config.calls_table, config.call_retention),
            accounts: Accounts::new(accounts, secrets),
            placing: PlacingStore::new(dynamo, config.carriers_table),
            outbound: Outbound::new("ringback reconcile-calls", config.simulated_carriers)?,
            connect: AmazonConnect::new(connect, config.instance),
            queues,
            recordings_queue_url: config.recordings_queue_url,
            bus: StepBus::new(bus, config.event_bus_name),
            at_once: config.at_once,
            metrics,
        })
    }

    /// Looks at every call that is due, those that have waited longest first, for as long as there is time. `left` is how
    /// long the invocation can last, where that is known. What fails or finds no time stays due.
    ///
    /// # Errors
    /// When the index of what is due cannot be read.
    pub async fn run(&self, now: Timestamp, left: Option<Duration>) -> Result<Report, Trouble> {
        let clock = Clock::new(now, left);
        let mut tally = Tally::default();
        let swept = self.sweep(&clock, &mut tally).await;
        let switches = self.settle(std::mem::take(&mut tally.met), clock.now()).await;
        let report = tally.report;
        self.count(&tally, switches, &clock);
        swept.inspect_err(|problem| error!(code = problem.code, "What is due could not be read"))?;
        info!(
            due = report.due,
            asked = report.asked,
            closed = report.closed,
            waiting = report.waiting,
            failed = report.failed,
            left_over = tally.left_over,
            "Looked at the calls that were due"
        );
        Ok(report)
    }

    async fn sweep(&self, clock: &Clock, tally: &mut Tally) -> Result<(), Trouble> {
        let mut sweep = Sweep::new(clock.now());
        while let Some(due) = sweep.next(&self.calls).await? {
            let oldest = due.iter().map(|due| overdue(due, clock.now())).max();
            tally.oldest = tally.oldest.max(oldest.unwrap_or_default());
            // Boxed: the futures of the SDK's requests are large, and nested deep here.
            let looks = due.into_iter().map(|due| Box::pin(self.look_in_time(due, clock)));
            let mut looks = stream::iter(looks).buffer_unordered(self.at_once);
            while let Some(looked) = looks.next().await {
                tally.add(looked);
            }
            if clock.left().is_zero() {
                break;
            }
        }
        Ok(())
    }

    /// Looks at a call, if there is time; what is begun is cut off with it. None where there was none.
    async fn look_in_time(&self, due: Due, clock: &Clock) -> Option<Looked> {
        let left = clock.left();
        if left.is_zero() {
            return None;
        }
        let mut looked = Looked::default();
        let done = timeout(left, self.look(&due, clock, &mut looked)).await;
        let end = match done {
            Ok(Ok(end)) => end,
            Ok(Err(problem)) => {
                let (what, code) = (problem.what, &problem.code);
                error!(call.id = %due.call, what, code, "A call that is due could not be looked at, and stays due");
                End::Failed
            }
            Err(_) => {
                warn!(call.id = %due.call, "The time was over while a call was looked at, which stays due");
                End::Failed
            }
        };
        Some(looked.ended(end))
    }

    fn count(&self, tally: &Tally, switches: u64, clock: &Clock) {
        let report = tally.report;
        SweepMetrics {
            timestamp: SystemTime::now(),
            function: "reconcile-calls",
            due: report.due,
            asked: report.asked,
            closed: report.closed,
            waiting: report.waiting,
            failed: report.failed,
            hung_up: tally.hung_up,
            resent: tally.resent,
            given_up: tally.given_up,
            switches,
            left_over: tally.left_over,
            oldest: tally.oldest,
            latency: clock.elapsed(),
        }
        .emit(&self.metrics);
    }
}

impl Tally {
    fn add(&mut self, looked: Option<Looked>) {
        let Some(looked) = looked else {
            self.left_over += 1;
            return;
        };
        self.report.due += 1;
        self.report.asked += looked.asked;
        self.hung_up += looked.hung_up;
        self.resent += looked.resent;
        self.given_up += looked.given_up;
        match looked.end {
            End::Nothing => {}
            End::Closed => self.report.closed += 1,
            End::Waiting => self.report.waiting += 1,
            End::Failed => self.report.failed += 1,
        }
        if let Some((slug, tenant, carrier)) = looked.met {
            self.met.insert(slug, (tenant, carrier));
        }
    }
}
