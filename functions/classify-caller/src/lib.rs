#![doc = include_str!("../README.md")]

mod breaker;
mod config;
mod metrics;
mod remote;
mod rules;

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use ringback_callers::{
    AliasFate, Answer, Behind, Call, Chosen, Directory, DirectoryError, NumberUsed, Reason, Shop, Source,
    classify,
};
use ringback_connect::caller::caller_of_flow;
use ringback_connect::flow_answer::{FlowAnswer, StringMap};
use ringback_connect::{CallerKind, CallerPoint, FlowEvent, NoCaller};
use ringback_lambda::{MetricsSink, Secrets, time_for_answer};
use serde_json::Value;
use tracing::{error, info, warn};

pub use config::{Config, Lookup};

use crate::metrics::AnswerMetrics;
use crate::remote::{About, Remote, Told};
use crate::rules::CachedRules;

/// The parameter with what the caller typed in.
const ENTERED: &str = "enteredNumber";
/// What Amazon Connect stores where a caller typed nothing in.
const NOTHING_ENTERED: &str = "Timeout";

/// The function `classify-caller`.
#[derive(Debug)]
pub struct App {
    dynamo: aws_sdk_dynamodb::Client,
    config: Config,
    remote: Option<Remote>,
    rules: CachedRules,
    metrics: MetricsSink,
    cold: AtomicBool,
}

/// What is looked up.
#[derive(Debug)]
struct Ask {
    point: Result<CallerPoint, Reason>,
    used: NumberUsed,
    verified: bool,
}

/// An answer and what it took.
struct Answered {
    answer: Answer,
    /// What kept the operator's backend from answering, in a word that is counted; `ok` and `off` too.
    remote: &'static str,
}

impl App {
    /// The function with those settings, over that DynamoDB and, where the operator's backend is asked, that Secrets
    /// Manager.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        secrets: aws_sdk_secretsmanager::Client,
        metrics: MetricsSink,
    ) -> Result<Self, reqwest::Error> {
        let remote = config.lookup.clone().map(|lookup| {
            let keys = Secrets::new(secrets, lookup.secret_arn.clone());
            Remote::new(lookup, keys)
        });
        Ok(Self {
            dynamo,
            remote: remote.transpose()?,
            rules: CachedRules::new(config.rules_age),
            config,
            metrics,
            cold: AtomicBool::new(true),
        })
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
                let answered = tokio::time::timeout(budget, self.find(&event, budget, now)).await;
                let answered = answered.unwrap_or_else(|_| unavailable(Reason::OutOfTime));
                log(event.contact.contact_id.as_str(), &answered, started.elapsed());
                answered
            }
            Err(problem) => {
                error!(reason = "bad-event", path = %problem, "The flow's event cannot be read");
                unavailable(Reason::BadEvent)
            }
        };
        self.count(&answered, started.elapsed());
        encoded(&answered.answer)
    }

    async fn find(&self, event: &FlowEvent, budget: Duration, now: Timestamp) -> Answered {
        let ask = self.ask(event);
        let contact = &event.contact;
        let tenant = &contact.instance_arn.id;
        let directory = Directory::new(
            self.dynamo.clone(),
            self.config.callers_table.clone(),
            tenant.clone(),
        );
        let call = Call {
            channel: contact.channel.clone(),
            point: ask.point.as_ref().ok().cloned(),
            verified: ask.verified,
        };
        let point = match &ask.point {
            Ok(point) => point,
            Err(reason) => {
                // Rules may still say something about those whom nothing names.
                let rules = self.rules.get(&directory).await;
                let classification = classify(&Chosen::default(), None, &rules, &call, now);
                return Answered {
                    answer: Answer {
                        reason: *reason,
                        source: Source::None,
                        number_used: ask.used,
                        classification,
                    },
                    remote: "off",
                };
            }
        };
        let about = About {
            tenant: tenant.as_str(),
            contact: contact.contact_id.as_str(),
            point,
            verified: ask.verified,
            channel: contact.channel.as_str(),
        };
        // All three at once: the caller hears silence meanwhile. The backend must leave time for its stand-in, and where
        // it answers nobody waits for that.
        let patience = budget * 2 / 3;
        let who = async {
            let mut directorys = pin!(read(&directory, point));
            let mut asked = pin!(self.ask_remote(about, patience, now));
            tokio::select! {
                (told, remote) = &mut asked => match told {
                    Some(told) => (Some(told), remote, Ok(None)),
                    None => (None, remote, directorys.await.map(Some)),
                },
                known = &mut directorys => {
                    let (told, remote) = asked.await;
                    (told, remote, known.map(Some))
                }
            }
        };
        let ((told, remote, known), rules) = tokio::join!(who, self.rules.get(&directory));
        let source = if told.is_some() {
            Source::Remote
        } else {
            Source::Directory
        };
        let (behind, shop) = match (told, known) {
            (Some(told), _) => (told.behind, told.shop),
            (None, Ok(known)) => known.unwrap_or_default(),
            (None, Err(problem)) => {
                warn!(contact.id = %contact.contact_id, code = problem.code, "The callers table did not answer");
                return Answered {
                    answer: Answer {
                        number_used: ask.used,
                        ..Answer::unavailable(Reason::DirectoryUnavailable)
                    },
                    remote,
                };
            }
        };
        let chosen = behind.chosen();
        let reason = match (chosen.reason(), behind.alias) {
            (Reason::NotInDirectory, AliasFate::Broken) => Reason::AliasBroken,
            (Reason::NotInDirectory, AliasFate::Loop) => Reason::AliasLoop,
            (reason, _) => reason,
        };
        let answer = Answer {
            reason,
            source: if reason == Reason::NotInDirectory {
                Source::None
            } else {
                source
            },
            number_used: ask.used,
            classification: classify(&chosen, shop.as_ref(), &rules, &call, now),
        };
        Answered { answer, remote }
    }

    /// What is to be looked up: the number that the caller typed in, else what the line and Amazon Connect say.
    fn ask(&self, event: &FlowEvent) -> Ask {
        let contact = &event.contact;
        let line = contact
            .customer_endpoint
            .as_ref()
            .and_then(|endpoint| endpoint.phone());
        let is_lines = |point: &CallerPoint| {
            let by_number = point.kind() == CallerKind::Phone
                && line.as_ref().map(|line| line.as_str()) == Some(point.value());
            let by_id =
                point.kind() == CallerKind::Customer && contact.customer_id.as_deref() == Some(point.value());
            by_number || by_id
        };
        let entered = event.parameter(ENTERED);
        let entered = entered
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty() && *text != NOTHING_ENTERED);
        if let Some(text) = entered {
            let number = self
                .config
                .number_region
                .number(text)
                .ok_or(Reason::BadEnteredNumber);
            let point = number.and_then(|number| {
                CallerPoint::new(CallerKind::Phone, number.as_str()).map_err(|_| Reason::BadEnteredNumber)
            });
            return Ask {
                verified: point.as_ref().is_ok_and(is_lines),
                point,
                used: NumberUsed::Entered,
            };
        }
        let key = caller_of_flow(event, &contact.instance_arn.id, &self.config.caller_attribute);
        let point = key
            .map(|key| key.point().clone())
            .map_err(|problem| match problem {
                NoCaller::Unknown => Reason::NoCaller,
                NoCaller::Withheld => Reason::Withheld,
                NoCaller::BadNumber => Reason::BadNumber,
            });
        Ask {
            verified: point.as_ref().is_ok_and(is_lines),
            used: if point.is_ok() {
                NumberUsed::Line
            } else {
                NumberUsed::None
            },
            point,
        }
    }

    async fn ask_remote(
        &self,
        about: About<'_>,
        patience: Duration,
        now: Timestamp,
    ) -> (Option<Told>, &'static str) {
        let Some(remote) = &self.remote else {
            return (None, "off");
        };
        match remote.ask(about, patience, now).await {
            Ok(Some(told)) => (Some(told), "ok"),
            Ok(None) => (None, "unknown"),
            Err(trouble) => {
                warn!(
                    contact.id = about.contact,
                    problem = trouble.name(),
                    "The lookup did not answer; the directory does"
                );
                (None, trouble.name())
            }
        }
    }

    fn count(&self, answered: &Answered, latency: Duration) {
        let answer = &answered.answer;
        AnswerMetrics {
            timestamp: SystemTime::now(),
            function: "classify-caller",
            status: answer.status().name(),
            reason: answer.reason.name(),
            source: answer.source.name(),
            lookup: answered.remote,
            answers: 1,
            latency,
            lookup_failures: (!matches!(answered.remote, "off" | "ok" | "unknown")).into(),
            stale_rules: self.rules.take_failures(),
            cold_starts: self.cold.swap(false, Ordering::Relaxed).into(),
        }
        .emit(&self.metrics);
    }
}

/// Everybody behind the contact point, and the shop that the call is about: three reads at most.
async fn read(directory: &Directory, point: &CallerPoint) -> Result<(Behind, Option<Shop>), DirectoryError> {
    let behind = directory.behind(point).await?;
    let shop = match behind.chosen().shop_id() {
        Some(id) => directory.shop(id).await?,
        None => None,
    };
    Ok((behind, shop))
}

fn unavailable(reason: Reason) -> Answered {
    Answered {
        answer: Answer::unavailable(reason),
        remote: "off",
    }
}

fn log(contact: &str, answered: &Answered, latency: Duration) {
    let answer = &answered.answer;
    let (status, reason, source) = (answer.status().name(), answer.reason.name(), answer.source.name());
    let (class, rule) = (&answer.classification.class, &answer.classification.rule);
    let duration_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    info!(
        contact.id = contact,
        status, reason, source, class, rule, duration_ms, "Classified a caller"
    );
}

fn encoded(answer: &Answer) -> Value {
    let map: StringMap = answer.fields().into_iter().collect();
    FlowAnswer::from(map).into_value().unwrap_or_else(|problem| {
        // Texts are bounded, so this cannot be reached; a flow gets its status and reason all the same.
        error!(bytes = problem.bytes, "The answer was too large for a flow");
        serde_json::json!({"status": "unavailable", "reason": "bad-event"})
    })
}
