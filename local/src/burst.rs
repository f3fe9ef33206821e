//! Many callbacks at once, over carriers that refuse, do not answer and die, and what became of each: whether every request
//! ended in one call, a clear refusal, or a doubt that was resolved, and nobody was rung twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::simulated_carriers::{CarrierFault, Control, Mixture};

/// How often a request is tried that got no answer, or that a table had none for: with its key it is the same request.
const ATTEMPTS: u32 = 10;
/// How many calls are looked at at once.
const LOOKS: usize = 8;
/// How long until calls that are still open are looked at again.
const PAUSE: Duration = Duration::from_millis(500);

/// A burst of callbacks.
#[derive(Debug, Clone)]
pub struct Burst {
    /// Where the API is.
    pub api: String,
    /// The token that it asks for.
    pub token: String,
    /// What the idempotency keys and the lines begin with.
    pub name: String,
    /// How many callbacks.
    pub calls: u32,
    /// How many a second.
    pub per_second: u32,
    /// Of a hundred requests so many come from two clients at once.
    pub twice: u8,
    /// What carriers do wrong meanwhile.
    pub mixture: Mixture,
    /// The carrier that cannot be reached any more after half of the requests.
    pub dies: Option<String>,
}

/// A burst whose requests are answered, and whose calls may go on.
#[derive(Debug)]
pub struct Sent<'a> {
    burst: &'a Burst,
    client: Client,
    begun: Instant,
    /// The calls that the answers name.
    calls: BTreeSet<String>,
    /// The calls of before.
    before: BTreeSet<String>,
    outcome: Outcome,
}

/// What a request was answered.
#[derive(Debug, Clone)]
struct Answered {
    status: u16,
    body: Value,
    took: Duration,
}

impl Answered {
    /// The last word of the problem's type; empty where it is none.
    fn problem(&self) -> &str {
        let kind = text(&self.body, "type");
        kind.rsplit([':', '/']).next().unwrap_or_default()
    }

    /// Whether nobody knows what became of it: whoever asks asks again.
    fn is_no_answer(&self) -> bool {
        self.status >= 500 && matches!(self.problem(), "" | "unavailable")
    }
}

/// What became of a burst.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How many requests a carrier took on: 201.
    pub placed: u32,
    /// How many were in doubt: 202.
    pub doubtful: u32,
    /// How many were refused, by the problem's type.
    pub refused: BTreeMap<String, u32>,
    /// How many got no answer, or none that belongs to the API.
    pub failed: u32,
    /// How many came from two clients at once.
    pub twice: u32,
    /// How many of these were answered with two calls.
    pub two_calls: u32,
    /// The calls in which somebody's telephone rang more than once.
    pub rung_twice: Vec<String>,
    /// The calls that carriers know and that nobody was told of.
    pub unknown: Vec<String>,
    /// The calls that were not over in time.
    pub open: Vec<String>,
    /// How many calls closed, by carrier.
    pub by_carrier: BTreeMap<String, u32>,
    /// How many calls closed, by the cause.
    pub by_cause: BTreeMap<String, u32>,
    /// How long it took until the last request was answered.
    pub took: Duration,
    /// How long half of the requests took at most.
    pub median: Duration,
    /// How long 99 of 100 took at most.
    pub slowest: Duration,
    /// How long it took until the last call was over.
    pub resolved: Duration,
}

impl Outcome {
    /// Whether all is as it must be.
    pub fn is_good(&self) -> bool {
        let none = self.rung_twice.is_empty() && self.unknown.is_empty() && self.open.is_empty();
        none && self.failed == 0 && self.two_calls == 0
    }

    /// How many requests were refused.
    pub fn refusals(&self) -> u32 {
        self.refused.values().sum()
    }
}

impl Burst {
    /// Sends all requests, breaks the carriers meanwhile, and makes them well again.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn ask(&self, carriers: &Control) -> Result<Sent<'_>> {
        let client = Client::builder().no_proxy().tcp_nodelay(true).build()?;
        let before = carriers.tally().await?.calls.into_keys().collect();
        carriers.set_mixture(self.mixture).await?;
        let begun = Instant::now();
        let answered = self.ask_all(&client, carriers).await;
        let took = begun.elapsed();
        carriers.set_mixture(Mixture::default()).await?;
        if let Some(dead) = &self.dies {
            carriers.always(dead, &[]).await?;
        }
        let mut outcome = Outcome {
            took,
            ..Outcome::default()
        };
        Ok(Sent {
            burst: self,
            client,
            begun,
            calls: outcome.count(&answered?),
            before,
            outcome,
        })
    }

    /// Sends all requests at their pace; the answers to each.
    async fn ask_all(&self, client: &Client, carriers: &Control) -> Result<Vec<Vec<Option<Answered>>>> {
        let every = Duration::from_secs(1) / self.per_second.max(1);
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let burst = Arc::new(self.clone());
        let mut requests = Vec::new();
        for number in 0..self.calls {
            ticks.tick().await;
            if number == self.calls / 2
                && let Some(dies) = &self.dies
            {
                carriers.always(dies, &[CarrierFault::Dead]).await?;
            }
            let (burst, client) = (Arc::clone(&burst), client.clone());
            requests.push(tokio::spawn(async move { burst.ask_one(&client, number).await }));
        }
        let mut all = Vec::new();
        for request in requests {
            all.push(request.await?);
        }
        Ok(all)
    }

    /// Sends a request, or from two clients at once; the answers.
    async fn ask_one(&self, client: &Client, number: u32) -> Vec<Option<Answered>> {
        // Spread over all of them, and always the same ones.
        if (number * 37) % 100 < u32::from(self.twice) {
            let (one, other) = tokio::join!(self.ask_once(client, number), self.ask_once(client, number));
            return vec![one, other];
        }
        vec![self.ask_once(client, number).await]
    }

    async fn ask_once(&self, client: &Client, number: u32) -> Option<Answered> {
        let begun = Instant::now();
        let line = format!("{}-{number}", self.name);
        // Sample numbers are few: +1 415 555 0101 to 0199.
        let person = |offset: u32| format!("+14155550{}", 101 + (number + offset) % 99);
        let body = json!({
            "agent": person(0),
            "customer": person(49),
            "line": line,
            "businessRef": line,
            "maxSeconds": 60,
        });
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let request = client
                .post(format!("{}/calls", self.api))
                .bearer_auth(&self.token)
                .header("idempotency-key", &line)
                .json(&body);
            if let Ok(answer) = request.send().await {
                let answered = Answered {
                    status: answer.status().as_u16(),
                    body: answer.json().await.unwrap_or_default(),
                    took: begun.elapsed(),
                };
                if !answered.is_no_answer() {
                    return Some(answered);
                }
                last = Some(answered);
            }
            tokio::time::sleep(PAUSE).await;
        }
        last
    }
}

impl Sent<'_> {
    /// Waits until all calls are over, at most that long; what became of them.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub async fn finish(mut self, carriers: &Control, patience: Duration) -> Result<Outcome> {
        let until = Instant::now() + patience;
        // As long as carriers are busy with calls, nobody need look at each of them.
        while carriers.tally().await?.under_way > 0 && Instant::now() < until {
            tokio::time::sleep(PAUSE).await;
        }
        let mut open: Vec<_> = self.calls.iter().cloned().collect();
        loop {
            let looks = open.into_iter().map(|call| async {
                let record = self.look(&call).await;
                (call, record)
            });
            let looked: Vec<_> = stream::iter(looks).buffer_unordered(LOOKS).collect().await;
            open = Vec::new();
            for (call, record) in looked {
                match record? {
                    Some(record) => self.outcome.closed(&record),
                    None => open.push(call),
                }
            }
            self.outcome.resolved = self.begun.elapsed();
            if open.is_empty() || Instant::now() > until {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let tally = carriers.tally().await?;
        let new = |call: &&str| !self.before.contains(*call);
        let twice = tally.rung_twice().into_iter().filter(new);
        let unknown = tally.calls.keys().map(String::as_str).filter(new);
        let unknown = unknown.filter(|call| !self.calls.contains(*call));
        Ok(Outcome {
            rung_twice: twice.map(str::to_owned).collect(),
            unknown: unknown.map(str::to_owned).collect(),
            open,
            ..self.outcome.clone()
        })
    }

    /// A call's record, once it is over.
    async fn look(&self, call: &str) -> Result<Option<Value>> {
        let request = self.client.get(format!("{}/calls/{call}", self.burst.api));
        let answer = request.bearer_auth(&self.burst.token).send().await;
        let answer = answer.context("the API does not answer")?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let record: Value = answer.json().await?;
        Ok(Some(record).filter(|record| text(record, "state") == "close"))
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

impl Outcome {
    /// Counts the answers; the calls that they name.
    fn count(&mut self, answered: &[Vec<Option<Answered>>]) -> BTreeSet<String> {
        let mut calls = BTreeSet::new();
        let mut times = Vec::new();
        for answers in answered {
            let known: Vec<_> = answers.iter().flatten().collect();
            times.extend(known.iter().map(|answer| answer.took));
            let named: BTreeSet<_> = known
                .iter()
                .filter(|answer| (200..300).contains(&answer.status))
                .map(|answer| text(&answer.body, "callId").to_owned())
                .collect();
            self.twice += u32::from(answers.len() > 1);
            self.two_calls += u32::from(named.len() > 1);
            let least = known.iter().min_by_key(|answer| answer.status);
            match least.filter(|_| known.len() == answers.len()) {
                Some(answer) if answer.is_no_answer() => self.failed += 1,
                Some(Answered { status: 201, .. }) => self.placed += 1,
                Some(Answered { status: 202, .. }) => self.doubtful += 1,
                Some(answer) if answer.status >= 400 => {
                    *self.refused.entry(answer.problem().to_owned()).or_default() += 1;
                }
                _ => self.failed += 1,
            }
            calls.extend(named);
        }
        times.sort_unstable();
        let within = |of_hundred: usize| {
            let at = (times.len() * of_hundred).div_ceil(100).max(1) - 1;
            times.get(at).copied().unwrap_or_default()
        };
        (self.median, self.slowest) = (within(50), within(99));
        calls
    }

    fn closed(&mut self, record: &Value) {
        let carrier = Some(text(record, "carrier")).filter(|carrier| !carrier.is_empty());
        *self
            .by_carrier
            .entry(carrier.unwrap_or("none").to_owned())
            .or_default() += 1;
        let cause = record.get("closeCause").map(Value::to_string);
        *self
            .by_cause
            .entry(cause.unwrap_or_else(|| "none".to_owned()))
            .or_default() += 1;
    }
}
