//! Recordings, shown as they are archived.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use ringback_calls::{CallStore, RecordingFacts, Wanted};
use ringback_local::call_stream::RecordingsPipe;
use ringback_local::recordings_queue::RecordingsQueue;
use ringback_local::simulated_carriers::{SimulatedMedia, calls};
use ringback_local::simulated_s3::{CARRIER_BUCKET, SimulatedS3};
use ringback_local::stack::Stack;

use super::show;

/// How long to wait for more.
const PAUSE: Duration = Duration::from_millis(300);

/// Hands each recording that the stream of the calls table tells of to `archive-recording`, again when the function wants
/// it to come again, and shows what was archived.
pub(crate) struct ArchivedRecordings {
    pipe: RecordingsPipe,
    queue: RecordingsQueue,
    archive_recording: Arc<archive_recording::App>,
    store: CallStore,
    s3: SimulatedS3,
    media: SimulatedMedia,
}

impl ArchivedRecordings {
    pub(crate) async fn of(stack: &Stack, archive_recording: Arc<archive_recording::App>) -> Result<Self> {
        Ok(Self {
            pipe: RecordingsPipe::open(stack).await?,
            queue: stack.recordings.clone(),
            archive_recording,
            store: calls(stack).await,
            s3: stack.simulated_s3.clone(),
            media: stack.simulated_media.clone(),
        })
    }

    pub(crate) async fn follow(mut self) -> Infallible {
        loop {
            if let Err(problem) = self.next().await {
                anstream::eprintln!("{problem:#}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What there is by now.
    async fn next(&mut self) -> Result<()> {
        self.pipe.catch_up(Timestamp::now()).await?;
        while let Some(event) = self.queue.receive(Timestamp::now())? {
            for message in &event.records {
                self.play_sinch(message.body.as_deref().unwrap_or_default())
                    .await?;
            }
            let answer = self.archive_recording.take(&event, Timestamp::now(), None).await;
            self.queue.settle(&event, &answer);
            for message in &event.records {
                if let Some(line) = self.line(message.body.as_deref().unwrap_or_default()).await? {
                    show::record(&line);
                }
            }
        }
        Ok(())
    }

    /// Sinch puts its recordings into a bucket of the owner's by itself.
    async fn play_sinch(&self, message: &str) -> Result<()> {
        let (_, recording) = self.recording(message).await?;
        let place = recording
            .and_then(|recording| recording.at_carrier)
            .unwrap_or_default();
        if let Some(("s3:", key)) = place.split_once(&format!("//{CARRIER_BUCKET}/")) {
            self.s3.put(CARRIER_BUCKET, key, &self.media.recording("si"))?;
        }
        Ok(())
    }

    /// The recording that a message is about.
    async fn recording(&self, message: &str) -> Result<(Wanted, Option<RecordingFacts>)> {
        let wanted: Wanted = serde_json::from_str(message).context("a message is about no recording")?;
        let record = self
            .store
            .read(&wanted.tenant, &wanted.call_id, Timestamp::now())
            .await?;
        let recording = record.and_then(|mut record| record.recordings.remove(&wanted.recording_id));
        Ok((wanted, recording))
    }

    /// What is in the owner's bucket of the recording that a message is about; none if nothing is.
    async fn line(&self, message: &str) -> Result<Option<String>> {
        let (wanted, recording) = self.recording(message).await?;
        let Some(archived) = recording.and_then(|recording| recording.archived) else {
            return Ok(None);
        };
        Ok(Some(format!(
            "recording {} of call {} archived: s3://{}/{}, {} bytes, sha256 {}",
            wanted.recording_id,
            wanted.call_id,
            archived.bucket,
            archived.key,
            archived.bytes,
            archived.sha256
        )))
    }
}
