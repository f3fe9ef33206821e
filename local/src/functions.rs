//! The functions, called with real events: by flows while a call lasts, by Connect's events and records afterwards.

use std::time::{Duration, Instant};

use anyhow::Result;
use ringback_contact_flow::run::{FinishedContact, LambdaCall, LambdaOutcome, Lambdas};
use ringback_lambda::MetricsSink;

use crate::afterwards;
use crate::kinesis::batch;
use crate::stack::Stack;

/// The functions over a stack.
#[derive(Debug)]
pub struct Functions {
    last_agent: last_agent::App,
    contact_events: contact_events::App,
    contact_records: contact_records::App,
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
        Ok(Self {
            last_agent: stack.last_agent(changes, metrics.clone()).await?,
            contact_events: stack.contact_events(changes, metrics.clone()).await?,
            contact_records: stack.contact_records(changes, metrics.clone()).await?,
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
        let answer = self.contact_records.take(&batch(&[record])?).await;
        anyhow::ensure!(
            answer.batch_item_failures.is_empty(),
            "contact-records did not take the contact's record"
        );
        Ok(())
    }
}

impl Lambdas for Functions {
    async fn invoke(&mut self, call: &LambdaCall) -> LambdaOutcome {
        let name = call.function_arn.rsplit(':').next().unwrap_or_default();
        if name != "last-agent" {
            let message = format!("there is no function of the ARN {}", call.function_arn);
            return LambdaOutcome::error(Duration::ZERO, message);
        }
        let started = Instant::now();
        let answer = self
            .last_agent
            .answer(&call.event, call.at, Some(call.time_limit))
            .await;
        LambdaOutcome::answer(whole_milliseconds(started.elapsed()), answer)
    }
}

fn whole_milliseconds(took: Duration) -> Duration {
    Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
