#![doc = include_str!("../README.md")]

mod config;
mod metrics;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use ringback_connect::FlowEvent;
use ringback_connect::flow_answer::{FlowAnswer, StringMap};
use ringback_contacts::{Answer, Answered, Ask, ContactStore, LastAgents, Reason, Search, Status};
use ringback_lambda::{MetricsSink, time_for_answer};
use serde_json::Value;
use tracing::{error, info, warn};

pub use config::Config;

use crate::metrics::AnswerMetrics;

/// The function `last-agent`.
#[derive(Debug)]
pub struct App {
    agents: LastAgents,
    config: Config,
    metrics: MetricsSink,
    cold: AtomicBool,
}

impl App {
    /// The function with those settings, over that DynamoDB and that Amazon Connect.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        connect: aws_sdk_connect::Client,
        metrics: MetricsSink,
    ) -> Self {
        let store = ContactStore::new(dynamo, config.contacts_table.clone(), config.retention);
        let search = config.search.then(|| {
            let attribute = config.caller_attribute.clone();
            Search::new(connect, attribute, config.search_days, config.search_timeout)
        });
        let agents = LastAgents::new(store, search, config.policy.clone());
        Self {
            agents,
            config,
            metrics,
            cold: AtomicBool::new(true),
        }
    }

    /// The answer to a flow, always: whatever breaks behind it becomes a status and a reason.
    ///
    /// `now` is the time of day, `time_left` what remains until Lambda ends the invocation.
    pub async fn answer(&self, event: &Value, now: Timestamp, time_left: Option<Duration>) -> Value {
        let started = Instant::now();
        let budget = time_for_answer(self.config.budget, time_left);
        let answered = match FlowEvent::decode(event) {
            Ok(event) => {
                for problem in &event.malformed {
                    warn!(contact.id = %event.contact.contact_id, problem = %problem, "Left out an unreadable field of a flow's event");
                }
                let ask = Ask::of(&event, &self.config.caller_attribute);
                let answered = self.agents.answer(&ask, now, budget).await;
                log(ask.contact.as_str(), &answered, started.elapsed());
                answered
            }
            Err(problem) => {
                error!(reason = "bad-event", path = %problem, "The flow's event cannot be read");
                Answered {
                    answer: Answer::without(Reason::BadEvent, self.config.policy.mode),
                    repeated: false,
                    searched: false,
                    not_kept: None,
                }
            }
        };
        self.count(&answered, started.elapsed());
        encoded(&answered.answer)
    }

    fn count(&self, answered: &Answered, latency: Duration) {
        let answer = &answered.answer;
        AnswerMetrics {
            timestamp: SystemTime::now(),
            function: "last-agent",
            status: answer.status().name(),
            reason: answer.reason.name(),
            source: answer.source.name(),
            answers: 1,
            latency,
            repeated: answered.repeated.into(),
            searches: answered.searched.into(),
            search_throttles: (answer.reason == Reason::SearchThrottled).into(),
            not_kept: answered.not_kept.is_some().into(),
            cold_starts: self.cold.swap(false, Ordering::Relaxed).into(),
        }
        .emit(&self.metrics);
    }
}

fn log(contact: &str, answered: &Answered, latency: Duration) {
    let answer = &answered.answer;
    if let Some(code) = &answered.not_kept {
        warn!(contact.id = contact, code, "The answer was given but not stored");
    }
    let (status, reason, source) = (answer.status().name(), answer.reason.name(), answer.source.name());
    let duration_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    let repeated = answered.repeated;
    match answer.status() {
        Status::Found | Status::None => {
            info!(
                contact.id = contact,
                status, reason, source, repeated, duration_ms, "Answered a flow"
            );
        }
        Status::Unavailable => {
            warn!(
                contact.id = contact,
                status, reason, duration_ms, "Answered a flow without knowing"
            );
        }
    }
}

fn encoded(answer: &Answer) -> Value {
    let map: StringMap = answer.fields().into_iter().collect();
    FlowAnswer::from(map).into_value().unwrap_or_else(|problem| {
        // Ids are bounded, so this cannot be reached; a flow gets its status and reason all the same.
        error!(bytes = problem.bytes, "The answer was too large for a flow");
        serde_json::json!({"status": "unavailable", "reason": "bad-event"})
    })
}
