//! Carriers that tell of recordings, and `archive-recording` that fetches them: webhook, table, stream, pipe, topic and
//! queue, with a clock that the story sets.

use anyhow::{Context, Result, ensure};
use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use ringback_accounts::{Account, AccountStore, Slug};
use ringback_calls::item::{EVENT, ID, Item, PART, call_id};
use ringback_calls::{Archived, CallId, CallRecord, Kind, RecordingFacts, Wanted};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::{CallStream, RecordingsPipe};
use ringback_local::dynamo::CALLS_TABLE;
use ringback_local::sample_accounts::SampleAccount;
use ringback_local::simulated_carriers::{Life, Name, SimulatedMedia};
use ringback_local::simulated_s3::{RECORDINGS_BUCKET, SimulatedS3};
use ringback_local::stack::{PUBLIC_BASE_URL, Stack};
use ringback_local::world::Lines;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Exchange, sample_time};

/// The house of a recording.
#[derive(Debug)]
pub struct Archive {
    /// Carriers, their webhook and the tables.
    pub exchange: Exchange,
    /// The function `archive-recording`.
    pub function: archive_recording::App,
    /// The function's metrics, as EMF lines.
    pub metrics: Lines,
    /// How many calls were told of.
    calls: u32,
    /// What is in place of settings of the stack.
    settings: Vec<(String, String)>,
    project_calls: project_calls::App,
    stream: CallStream,
    pipe: RecordingsPipe,
}

impl Archive {
    /// The house, with an account at every carrier.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn open() -> Result<Self> {
        Self::with(&[]).await
    }

    /// The same with changes to the environment of `archive-recording`.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub async fn with(changes: &[(&str, &str)]) -> Result<Self> {
        let exchange = Exchange::start().await?;
        let (stack, metrics) = (&exchange.stack, Lines::default());
        // Nobody waits twenty seconds for a server that says nothing.
        let settings: Vec<_> = [("STALL_SECONDS", "1")]
            .into_iter()
            .chain(changes.iter().copied())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        exchange.set_now(sample_time() + SignedDuration::from_secs(90));
        Ok(Self {
            function: function(stack, &settings, &metrics).await?,
            calls: 0,
            settings,
            project_calls: stack.project_calls(&[], emf_sink(std::io::sink())).await?,
            stream: CallStream::open(stack).await?,
            pipe: RecordingsPipe::open(stack).await?,
            metrics,
            exchange,
        })
    }

    /// Puts another instance of the function in place of the first, one that remembers neither accounts nor secrets.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub async fn start_anew(&mut self) -> Result<()> {
        self.function = function(&self.exchange.stack, &self.settings, &self.metrics).await?;
        Ok(())
    }

    /// The hosts of the carriers' recordings.
    pub fn media(&self) -> &SimulatedMedia {
        &self.exchange.stack.simulated_media
    }

    /// The owner's buckets.
    pub fn s3(&self) -> &SimulatedS3 {
        &self.exchange.stack.simulated_s3
    }

    /// The account at a carrier as the story wants it.
    ///
    /// # Errors
    /// When the table does not take it.
    pub async fn set_account(&self, carrier: &str, change: impl FnOnce(&mut Account)) -> Result<()> {
        let sample = SampleAccount::of(carrier).context("no sample account")?;
        let mut account = sample.account()?;
        change(&mut account);
        let accounts: &AccountStore = &self.exchange.accounts;
        accounts.remove(&account.slug).await?;
        accounts.add(&account).await?;
        Ok(())
    }

    /// A carrier tells of a call with a recording, through the real route; what it told. Each time it is another call.
    ///
    /// # Errors
    /// When the webhook does not take it.
    pub async fn hear(&mut self, carrier: &str) -> Result<Life> {
        self.hear_with(carrier, "", "").await
    }

    /// The same, where something in what it posts is something else.
    ///
    /// # Errors
    /// When the webhook does not take it.
    pub async fn hear_with(&mut self, carrier: &str, old: &str, new: &str) -> Result<Life> {
        self.calls += 1;
        let mut life = Life::sample(carrier, "recording")?.named(&Name {
            call: CallId::parse(&format!("call-{carrier}-{}", self.calls))?,
            account: format!("sample-account-{carrier}"),
            base: PUBLIC_BASE_URL.to_owned(),
            number: self.calls,
        });
        for request in &mut life.requests {
            let body = request.body.take().unwrap_or_default();
            request.body = Some(if old.is_empty() {
                body
            } else {
                body.replace(old, new)
            });
        }
        self.exchange.place(&life).await?;
        self.post(&life).await?;
        Ok(life)
    }

    /// A carrier posts what it tells of a call.
    ///
    /// # Errors
    /// When the webhook does not take it.
    pub async fn post(&self, life: &Life) -> Result<()> {
        for request in self.exchange.requests(life)? {
            let status = self.exchange.send(request).await?;
            ensure!(
                (200..300).contains(&status),
                "{} was answered {status}",
                life.carrier
            );
        }
        Ok(())
    }

    /// Folds what is new in the table, and sends on what the pipe finds; how many messages that were.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub async fn settle(&mut self) -> Result<usize> {
        let now = self.exchange.now();
        self.stream.catch_up(&self.project_calls, now).await?;
        self.pipe.catch_up(now).await
    }

    /// Hands every message that is visible by now to the function; how many those were.
    ///
    /// # Errors
    /// When an event cannot be built.
    pub async fn deliver(&self) -> Result<usize> {
        let queue = &self.exchange.stack.recordings;
        queue.deliver(&self.function, self.exchange.now()).await
    }

    /// A carrier tells of a call with a recording, and the function is told of it for the first time; the call's id.
    ///
    /// # Errors
    /// When the way there is broken; what the function does is no error.
    pub async fn take(&mut self, carrier: &str) -> Result<CallId> {
        let life = self.hear(carrier).await?;
        self.settle().await?;
        self.deliver().await?;
        Ok(life.call)
    }

    /// A carrier tells of a recording that is somewhere else than it says in the sample.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub async fn take_with(&mut self, carrier: &str, old: &str, new: &str) -> Result<CallId> {
        let life = self.hear_with(carrier, old, new).await?;
        self.settle().await?;
        self.deliver().await?;
        Ok(life.call)
    }

    /// A carrier that is described by a file, Jiya's with something in it replaced, tells of a recording at that URL.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub async fn take_described(&mut self, old: &str, new: &str, url: &str) -> Result<CallId> {
        self.take_described_with(old, new, url, &[]).await
    }

    /// The same where the account has settings.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub async fn take_described_with(
        &mut self,
        old: &str,
        new: &str,
        url: &str,
        settings: &[(&str, &str)],
    ) -> Result<CallId> {
        let description = include_str!("../../infra/carriers/jy.toml").replace(old, new);
        self.exchange.accounts.describe("jy", &description).await?;
        let mut account = SampleAccount::of("e9").context("no sample account")?.account()?;
        account.slug = Slug::parse("sample-account-jy")?;
        account.carrier = "jy".to_owned();
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        account.settings.0.extend(settings);
        self.exchange.accounts.add(&account).await?;
        let call = CallId::parse("call-jy-recording")?;
        let placed = self.exchange.life("e9", "recording")?.placed;
        self.exchange.decide(&call, &placed).await?;
        self.exchange.ask(&call, "jy", "sample-account-jy").await?;
        let body = json!({"items": [{
            "callId": "JY20261120000005", "userData": call, "status": 6, "time": "2026-11-20 17:01:20",
            "recordUrl": url, "recordId": "R-0005", "recordSeconds": 58,
        }]});
        let path = format!("calls/{call}/events");
        let request = self
            .exchange
            .request("jy", &path, "application/json", body.to_string());
        let answer = self.exchange.post(&request).await?;
        ensure!(
            answer.status == 200,
            "the described carrier was answered {}",
            answer.status
        );
        self.settle().await?;
        self.deliver().await?;
        Ok(call)
    }

    /// Why the call's only recording will not be archived, in our word; none if it may be.
    ///
    /// # Errors
    /// When the call has none.
    pub async fn given_up(&self, call: &CallId) -> Result<Option<String>> {
        Ok(self.recording(call).await?.1.given_up)
    }

    /// The message that is visible now; a copy of it is as good as a second delivery.
    ///
    /// # Errors
    /// When there is none.
    pub fn receive(&self) -> Result<SqsEvent> {
        let received = self.exchange.stack.recordings.receive(self.exchange.now())?;
        received.context("no message is visible")
    }

    /// Which recording the first message in the queue is about.
    ///
    /// # Errors
    /// When there is none.
    pub fn wanted(&self) -> Result<Wanted> {
        let bodies = self.exchange.stack.recordings.bodies();
        let body = bodies.first().context("no message is in the queue")?;
        Ok(serde_json::from_str(body)?)
    }

    /// The call's only recording, as a message about it says which it is.
    ///
    /// # Errors
    /// When it has none, or several.
    pub async fn wanted_of(&self, call: &CallId) -> Result<Wanted> {
        let (recording_id, _) = self.recording(call).await?;
        Ok(Wanted {
            tenant: "t-1".to_owned(),
            call_id: call.clone(),
            recording_id,
            version: 1,
        })
    }

    /// Takes a call's events out of the table, as if nobody could read them; what they were.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn hide_events(&self, call: &CallId) -> Result<Vec<Item>> {
        let dynamo = self.exchange.stack.dynamo_client().await;
        let query = dynamo.query().table_name(CALLS_TABLE);
        let answer = query
            .key_condition_expression("id = :id AND begins_with(part, :event)")
            .expression_attribute_values(":id", AttributeValue::S(call_id("t-1", call)))
            .expression_attribute_values(":event", AttributeValue::S(EVENT.to_owned()))
            .send()
            .await?;
        let items = answer.items.unwrap_or_default();
        for item in &items {
            let request = dynamo.delete_item().table_name(CALLS_TABLE);
            request
                .set_key(Some(
                    item.clone()
                        .into_iter()
                        .filter(|(name, _)| name == ID || name == PART)
                        .collect(),
                ))
                .send()
                .await?;
        }
        Ok(items)
    }

    /// Puts them back.
    ///
    /// # Errors
    /// When the table does not take them.
    pub async fn show_events(&self, items: Vec<Item>) -> Result<()> {
        let dynamo = self.exchange.stack.dynamo_client().await;
        for item in items {
            let request = dynamo.put_item().table_name(CALLS_TABLE);
            request.set_item(Some(item)).send().await?;
        }
        Ok(())
    }

    /// Sets the clock to when the next message becomes visible; how many seconds that takes. None if there is none.
    pub fn wait(&self) -> Option<i64> {
        let (now, next) = (self.exchange.now(), self.exchange.stack.recordings.next_at()?);
        self.exchange.set_now(next.max(now));
        Some(next.duration_since(now).as_secs().max(0))
    }

    /// Waits and delivers until the queue is empty, as often as said at most; how long it waited each time, in seconds.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    pub async fn be_patient(&self, most: usize) -> Result<Vec<i64>> {
        let mut waits = Vec::new();
        while waits.len() < most
            && let Some(seconds) = self.wait()
        {
            waits.push(seconds);
            self.deliver().await?;
        }
        Ok(waits)
    }

    /// The call's record.
    ///
    /// # Errors
    /// When there is none.
    pub async fn record(&self, call: &CallId) -> Result<CallRecord> {
        let record = self.exchange.record(call.as_str()).await?;
        record.context("no such call")
    }

    /// The call's only recording.
    ///
    /// # Errors
    /// When it has none, or several.
    pub async fn recording(&self, call: &CallId) -> Result<(String, RecordingFacts)> {
        let mut recordings = self.record(call).await?.recordings;
        let first = recordings.pop_first().context("the call has no recording")?;
        ensure!(recordings.is_empty(), "the call has several recordings");
        Ok(first)
    }

    /// Where the call's only recording is in the owner's bucket; none if it is not there. What is said of it is compared
    /// with what lies there, and that with what the carrier has.
    ///
    /// # Errors
    /// When they differ.
    pub async fn archived(&self, carrier: &str, call: &CallId) -> Result<Option<Archived>> {
        let source = self.media().recording(carrier);
        self.archived_of(&source, call).await
    }

    /// The same of a recording whose bytes are given.
    ///
    /// # Errors
    /// When they differ.
    pub async fn archived_of(&self, source: &[u8], call: &CallId) -> Result<Option<Archived>> {
        let (_, recording) = self.recording(call).await?;
        let Some(archived) = recording.archived else {
            return Ok(None);
        };
        ensure!(archived.bucket == RECORDINGS_BUCKET, "another bucket");
        let stored = self.s3().bytes(&archived.bucket, &archived.key)?;
        ensure!(stored == source, "other bytes than the source's are stored");
        ensure!(archived.bytes == source.len() as u64, "another size is told");
        ensure!(archived.sha256 == sha256(source), "another digest is told");
        Ok(Some(archived))
    }

    /// What we have written into the call ourselves, in the order of the events' times: `Archived`.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn told(&self, call: &CallId) -> Result<Vec<Kind>> {
        let mut entries = self.exchange.events(call.as_str()).await?;
        entries.sort_by_key(|entry| entry.event.at);
        let ours = entries.into_iter().map(|entry| entry.event.kind);
        Ok(ours
            .filter(|kind| kind.is_ours() && !is_of_placing(*kind))
            .collect())
    }

    /// The sum of a metric over all lines.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.metrics.text();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .filter_map(|line| line.get(name).and_then(Value::as_u64))
            .sum()
    }

    /// What the story ends with: no upload lies about, and nothing in the bucket but what is told.
    ///
    /// # Errors
    /// When something does.
    pub fn is_clean(&self, objects: usize) -> Result<()> {
        let left = self.s3().left_over()?;
        ensure!(left.is_empty(), "uploads were left: {left:?}");
        let keys = self.s3().keys(RECORDINGS_BUCKET)?;
        ensure!(keys.len() == objects, "objects in the bucket: {keys:?}");
        Ok(())
    }
}

async fn function(
    stack: &Stack,
    settings: &[(String, String)],
    metrics: &Lines,
) -> Result<archive_recording::App> {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    stack
        .archive_recording(&settings, emf_sink(metrics.clone()))
        .await
}

/// Whether it belongs to placing the call: carriers that tell of A's answer are asked for B.
fn is_of_placing(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Placed
            | Kind::Asked
            | Kind::SecondLegRequested
            | Kind::SecondLegAccepted
            | Kind::SecondLegRefused
    )
}

/// The SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
