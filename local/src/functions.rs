//! The functions, called with real events: by flows while a call lasts, by Connect's events and records afterwards, by
//! the bus in between.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use ringback_contact_flow::run::{FinishedContact, LambdaCall, LambdaOutcome, Lambdas};
use ringback_lambda::MetricsSink;
use ringback_steps::{DETAIL_TYPE, HEALTH_DETAIL_TYPE, SOURCE};
use serde_json::Value;

use crate::afterwards;
use crate::api::TENANT_CLAIM;
use crate::kinesis::batch;
use crate::simulated_bus::SimulatedBus;
use crate::stack::Stack;

/// The source of directory events, the default of the template's parameter.
const DIRECTORY_SOURCE: &str = "ringback.directory";

/// The functions over a stack.
#[derive(Debug)]
pub struct Functions {
    last_agent: last_agent::App,
    classify_caller: classify_caller::App,
    contact_events: contact_events::App,
    contact_records: contact_records::App,
    report_step: report_step::App,
    notify: notify::App,
    /// What keeps the directory, also behind the API.
    pub manage_callers: Arc<manage_callers::App>,
    /// What places calls, behind the API.
    pub place_call: Arc<place_call::App>,
    /// What finds out about calls of which nothing is heard.
    pub reconcile_calls: Arc<reconcile_calls::App>,
    /// What carriers post to.
    pub carrier_webhook: Arc<carrier_webhook::App>,
    /// What folds calls into records.
    pub project_calls: Arc<project_calls::App>,
    /// What fetches recordings into the owner's bucket.
    pub archive_recording: Arc<archive_recording::App>,
    /// What tells of calls, also behind the API.
    pub query_calls: Arc<query_calls::App>,
    bus: SimulatedBus,
    /// What was told of the health of carriers and taken by nobody yet.
    switches: Mutex<Vec<Value>>,
}

impl Functions {
    /// The functions with changes to their environment; their metrics go to `metrics`.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn new(stack: &Stack, changes: &[(&str, &str)], metrics: &MetricsSink) -> Result<Self> {
        let known = stack.settings();
        if let Some((name, _)) = changes.iter().find(|(name, _)| !known.contains(*name)) {
            let known: Vec<_> = known.into_iter().collect();
            anyhow::bail!("no function has a setting {name}; there are {}", known.join(", "));
        }
        // The sample accounts' calls are of another tenant than the sample instance.
        let of_tenants: Vec<_> = [("TENANT_CLAIM", TENANT_CLAIM)]
            .into_iter()
            .chain(changes.iter().copied())
            .collect();
        Ok(Self {
            last_agent: stack.last_agent(changes, metrics.clone()).await?,
            classify_caller: stack.classify_caller(changes, metrics.clone()).await?,
            contact_events: stack.contact_events(changes, metrics.clone()).await?,
            contact_records: stack.contact_records(changes, metrics.clone()).await?,
            report_step: stack.report_step(changes, metrics.clone()).await?,
            notify: stack.notify(changes, metrics.clone()).await?,
            manage_callers: Arc::new(stack.manage_callers(changes, metrics.clone()).await?),
            place_call: Arc::new(stack.place_call(&of_tenants, metrics.clone()).await?),
            reconcile_calls: Arc::new(stack.reconcile_calls(changes, metrics.clone()).await?),
            carrier_webhook: Arc::new(stack.carrier_webhook(changes, metrics.clone()).await?),
            project_calls: Arc::new(stack.project_calls(changes, metrics.clone()).await?),
            archive_recording: Arc::new(stack.archive_recording(changes, metrics.clone()).await?),
            query_calls: Arc::new(stack.query_calls(&of_tenants, metrics.clone()).await?),
            bus: stack.simulated_bus.clone(),
            switches: Mutex::default(),
        })
    }

    /// Delivers what Connect says about a contact that has ended.
    ///
    /// # Errors
    /// When a function does not take it.
    pub async fn settle(&self, contact: &FinishedContact) -> Result<()> {
        for event in afterwards::contact_events(contact) {
            self.contact_events.take(&event, contact.completed_at).await?;
        }
        let record = afterwards::contact_record(contact).to_string().into_bytes();
        let answer = self
            .contact_records
            .take(&batch(&[record])?, Timestamp::now())
            .await;
        anyhow::ensure!(
            answer.batch_item_failures.is_empty(),
            "contact-records did not take the contact's record"
        );
        self.deliver().await
    }

    /// What the bus has delivered about carriers that became worse or better, since the last call of this.
    pub fn take_switches(&self) -> Vec<Value> {
        std::mem::take(&mut self.switches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Delivers what lies on the bus, as the rules of `infra/template.yaml` do: steps of calls to `notify`, changes of the
    /// directory to `manage-callers`. What a function does not take stays there.
    ///
    /// # Errors
    /// When a function does not take an event.
    pub async fn deliver(&self) -> Result<()> {
        let mut events = self.bus.take().into_iter();
        while let Some(event) = events.next() {
            if let Err(problem) = self.hand_over(&event).await {
                self.bus.put_back(std::iter::once(event).chain(events).collect());
                return Err(problem);
            }
        }
        Ok(())
    }

    async fn hand_over(&self, event: &Value) -> Result<()> {
        let field = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let time = field("time").parse()?;
        match (field("source"), field("detail-type")) {
            (SOURCE, HEALTH_DETAIL_TYPE) => {
                let detail = event.get("detail").cloned().unwrap_or_default();
                let mut switches = self.switches.lock().unwrap_or_else(PoisonError::into_inner);
                switches.push(detail);
            }
            (SOURCE, DETAIL_TYPE) => drop(self.notify.take(event, time).await?),
            (DIRECTORY_SOURCE, _) => drop(self.manage_callers.take(event, time).await?),
            _ => {}
        }
        Ok(())
    }
}

impl Lambdas for Functions {
    async fn invoke(&mut self, call: &LambdaCall) -> LambdaOutcome {
        let name = call.function_arn.rsplit(':').next().unwrap_or_default();
        let started = Instant::now();
        let answer = match name {
            "last-agent" => {
                self.last_agent
                    .answer(&call.event, call.at, Some(call.time_limit))
                    .await
            }
            "classify-caller" => {
                let answer = self
                    .classify_caller
                    .answer(&call.event, call.at, Some(call.time_limit));
                answer.await
            }
            "report-step" => match self.report_step.report(&call.event, call.at).await {
                Ok(answer) => answer,
                Err(error) => {
                    return LambdaOutcome::error(whole_milliseconds(started.elapsed()), error.to_string());
                }
            },
            _ => {
                let message = format!("there is no function of the ARN {}", call.function_arn);
                return LambdaOutcome::error(Duration::ZERO, message);
            }
        };
        LambdaOutcome::answer(whole_milliseconds(started.elapsed()), answer)
    }
}

fn whole_milliseconds(took: Duration) -> Duration {
    Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
