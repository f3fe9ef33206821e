//! The story of a recording that ends in the owner's bucket.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use ringback_calls::{Archived, CallId, CallStore};
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock, TENANT_CLAIM};
use ringback_local::call_stream::{CallStream, RecordingsPipe};
use ringback_local::sample_accounts::{self, SampleAccount, TENANT};
use ringback_local::simulated_carriers::{Life, MediaFault, Name, Play, calls};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cli::show;

/// The carrier of the story.
const CARRIER: &str = "tw";
/// Tries, after which the story is not what it should be.
const TRIES: u32 = 9;

/// A house of its own: tables, buckets, the webhook, and the carrier's account.
struct House {
    stack: Stack,
    calls: CallStore,
    call: CallId,
    archive_recording: archive_recording::App,
}

impl House {
    async fn start() -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?;
        sample_accounts::add(&stack).await?;
        Ok(Self {
            calls: calls(&stack).await,
            call: CallId::parse("demo-recording")?,
            archive_recording: stack.archive_recording(&[], emf_sink(std::io::sink())).await?,
            stack,
        })
    }

    /// The carrier tells of the call; the messages about its recordings.
    async fn hear(&self) -> Result<Vec<String>> {
        let webhook = self.stack.carrier_webhook(&[], emf_sink(std::io::sink())).await?;
        let api = Api::of_carriers(Arc::new(webhook), Clock::system()).await?;
        let account = SampleAccount::of(CARRIER).context("there is no sample account")?;
        let life = Life::sample(CARRIER, "recording")?.named(&Name {
            call: self.call.clone(),
            account: account.slug.to_owned(),
            base: PUBLIC_BASE_URL.to_owned(),
            number: 1,
        });
        let played = Play::to(&api.url()).run(&[life], &account.at_carrier()).await?;
        ensure!(
            played.is_complete(),
            "the webhook did not take an event: {:?}",
            played.refused
        );
        let project_calls = self.stack.project_calls(&[], emf_sink(std::io::sink())).await?;
        let now = Timestamp::now();
        CallStream::open(&self.stack)
            .await?
            .catch_up(&project_calls, now)
            .await?;
        RecordingsPipe::open(&self.stack).await?.catch_up(now).await?;
        Ok(self.stack.recordings.bodies())
    }

    /// Lets the function try; how long until it wants to try again, or none if it is done.
    async fn attempt(&self, now: Timestamp) -> Result<Option<SignedDuration>> {
        self.stack
            .recordings
            .deliver(&self.archive_recording, now)
            .await?;
        Ok(self
            .stack
            .recordings
            .next_at()
            .map(|next| next.duration_since(now)))
    }

    /// Where the recording is, with the carrier's id of it.
    async fn archived(&self) -> Result<(String, Archived)> {
        let record = self.calls.read(TENANT, &self.call, Timestamp::now()).await?;
        let mut recordings = record.context("the call is not there")?.recordings;
        let (id, recording) = recordings.pop_first().context("the call has no recording")?;
        Ok((id, recording.archived.context("the recording is not archived")?))
    }

    /// A link to a recording, as the API gives it to somebody who may hear it.
    async fn link(&self, recording: &str) -> Result<String> {
        let changes = [("TENANT_CLAIM", TENANT_CLAIM)];
        let query_calls = self
            .stack
            .query_calls(&changes, emf_sink(std::io::sink()))
            .await?;
        let request = json!({
            "version": "2.0",
            "rawPath": format!("/calls/{}/recordings/{recording}/link", self.call),
            "headers": {},
            "requestContext": {
                "http": {"method": "POST"},
                "requestId": "demo",
                "authorizer": {"jwt": {"claims": {"sub": "demo", TENANT_CLAIM: TENANT}}},
            },
        });
        let answer = query_calls.respond(&request, Timestamp::now()).await;
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
        let body: Value = serde_json::from_str(body)?;
        let url = body.get("url").and_then(Value::as_str);
        Ok(url.context("the API gave no link")?.to_owned())
    }
}

/// Tells the story.
pub(super) async fn tell(json: bool) -> Result<()> {
    let house = House::start().await?;
    let media = &house.stack.simulated_media;
    media.next(CARRIER, [MediaFault::NotYet, MediaFault::NotYet]);
    let line = |what: &str, text: &str| {
        if !json {
            anstream::println!("  {what:<14} {text}");
        }
    };
    if !json {
        show::heading("The recording that ends in the owner's bucket");
        show::note(
            "Twilio says that a recording is ready, and does not have it yet. The stream of the calls table tells the pipe, the \
             pipe\nthe topic, the topic the queue: which recording, and nothing else. archive-recording fetches it with the \
             account's\ncredentials, and stores it while it reads it.",
        );
        show::heading("Friday, 09:01. A recording is told of");
    }
    for message in house.hear().await? {
        line("message", &message);
    }
    let (mut now, mut tries) = (Timestamp::now(), 1);
    while let Some(wait) = house.attempt(now).await? {
        line(
            &format!("attempt {tries}"),
            &format!("not there yet; again in {} s", wait.as_secs()),
        );
        ensure!(tries < TRIES, "the recording is never there");
        (now, tries) = (now + wait, tries + 1);
    }
    let (id, archived) = house.archived().await?;
    line(&format!("attempt {tries}"), "archived");
    line("where", &format!("s3://{}/{}", archived.bucket, archived.key));
    line("bytes", &archived.bytes.to_string());
    line("sha256", &archived.sha256);
    let source = sha256(&media.recording(CARRIER));
    ensure!(
        source == archived.sha256,
        "the digest is not that of what the carrier has"
    );
    line("at Twilio", "the same digest");
    let heard = fetch(&house.link(&id).await?).await?;
    ensure!(sha256(&heard) == source, "the link leads to something else");
    line(
        "link",
        "good for five minutes, and leads to the same digest; who asked for it is an event of the call",
    );
    if json {
        let told =
            json!({"recording": id, "archived": archived, "attempts": tries, "sha256AtCarrier": source});
        anstream::println!("{told}");
    }
    Ok(())
}

async fn fetch(link: &str) -> Result<Vec<u8>> {
    // The link is to a server in this process.
    let client = Client::builder().no_proxy().build()?;
    let answer = client.get(link).send().await?.error_for_status()?;
    Ok(answer.bytes().await?.to_vec())
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
