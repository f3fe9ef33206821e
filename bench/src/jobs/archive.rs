//! `archive-recording`: a recording goes from Twilio into the bucket.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::webhook::{ACCOUNT_SID, SLUG, TENANT, drop_tables, tables};
use super::{Job, Place, hours_ago, replace, sample};
use crate::carrier::recording_id;
use crate::world::World;

/// The recording of the cold start, in bytes: half a minute of a call.
const SMALL: usize = 1 << 20;
/// The others: an hour.
pub(crate) const LARGE: usize = 64 << 20;

/// The job.
#[derive(Debug)]
pub(crate) struct ArchiveRecording {
    sample: Value,
}

impl ArchiveRecording {
    pub(crate) fn new(world: &World) -> Result<Self> {
        let sample = sample(world, "sqs/archive-recording.json")?;
        Ok(Self { sample })
    }
}

fn size_of(number: usize) -> usize {
    if number == 0 { SMALL } else { LARGE }
}

fn call_id(number: usize) -> String {
    format!("bench-recorded-{number:08}")
}

impl Job for ArchiveRecording {
    fn function(&self) -> &'static str {
        "archive-recording"
    }

    fn place(&self, world: &World, _events: usize) -> Result<Place> {
        let number = world.number();
        let mut settings = tables(world, number)?;
        let queue = format!("{}/111122223333/recordings", world.others.url());
        settings.extend([
            ("AWS_ENDPOINT_URL_S3", world.s3.url()),
            ("RECORDINGS_BUCKET", format!("recordings-{number}")),
            ("RECORDINGS_QUEUE_URL", queue),
            ("SIMULATED_CARRIERS", world.carrier.url()),
            ("ALLOW_HTTP", "on".to_owned()),
        ]);
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Ok(Place::new(number, &settings))
    }

    fn leave(&self, world: &World, place: &Place) -> Result<()> {
        drop_tables(world, place)
    }

    /// The call has a recording that can be fetched, as `carrier-webhook` and `project-calls` write it.
    fn before(&self, world: &World, place: &Place, event: usize) -> Result<()> {
        let recording = recording_id(size_of(event));
        let url = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{recording}");
        let now = hours_ago(0)?;
        let facts = json!({"recordings": {"M": {
            &recording: {"M": {"state": {"S": "ready"}, "atCarrier": {"S": url}}},
        }}});
        let told = json!({
            "part": {"S": format!("event#{}", "0".repeat(32))},
            "carrier": {"S": "tw"},
            "account": {"S": SLUG},
            "receivedAt": {"S": now.to_string()},
            "event": {"M": {
                "id": {"S": "0".repeat(32)},
                "kind": {"S": "recording"},
                "evidence": {"S": "event"},
                "at": {"S": now.to_string()},
                "facts": {"M": facts},
            }},
        });
        let wanted = json!({
            "part": {"S": format!("recording#{recording}")},
            "callId": {"S": call_id(event)},
            "recordingId": {"S": recording},
            "version": {"N": "1"},
        });
        for mut item in [told, wanted] {
            if let Some(item) = item.as_object_mut() {
                let id = format!("call#{TENANT}#{}", call_id(event));
                item.insert("id".to_owned(), json!({"S": id}));
                item.insert("tenant".to_owned(), json!({"S": TENANT}));
                let expires = now.as_second() + 86_400;
                item.insert("expiresAt".to_owned(), json!({"N": expires.to_string()}));
            }
            world.dynamo.put(place.setting("CALLS_TABLE")?, &item)?;
        }
        Ok(())
    }

    fn event(&self, _place: &Place, number: usize) -> Result<Value> {
        let wanted = json!({
            "tenant": TENANT,
            "callId": call_id(number),
            "recordingId": recording_id(size_of(number)),
            "version": "1",
        });
        let mut event = self.sample.clone();
        replace(&mut event, "/Records/0/body", wanted.to_string())?;
        let sent = hours_ago(0)?.as_millisecond().to_string();
        replace(&mut event, "/Records/0/attributes/SentTimestamp", sent)?;
        Ok(event)
    }

    fn outcome(&self, world: &World, place: &Place, number: usize, answer: &Value) -> Result<Value> {
        let failed = answer.get("batchItemFailures").and_then(Value::as_array);
        ensure!(
            failed.is_none_or(Vec::is_empty),
            "event {number} was not archived"
        );
        let objects = world.objects.take(place.setting("RECORDINGS_BUCKET")?);
        ensure!(
            matches!(objects.as_slice(), [object] if object.bytes == size_of(number)),
            "event {number} left {} objects, or one of another size",
            objects.len()
        );
        let digests: Vec<_> = objects.iter().map(|object| object.sha256.as_str()).collect();
        Ok(json!({"sha256": digests}))
    }
}
