//! The stream of the calls table, as Lambda's event source mapping hands it to `project-calls`, and as an EventBridge pipe
//! makes messages about recordings of it.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record, ShardIteratorType};
use jiff::Timestamp;
use ringback_calls::item::{EVENT, PART, RECORDING};
use ringback_lambda::Patience;
use serde_json::{Value, json};

use crate::dynamo::CALLS_TABLE;
use crate::recordings_queue::RecordingsQueue;
use crate::stack::{REGION, Stack};

/// Records in a batch, at most: as in `infra/template.yaml`.
const BATCH: i32 = 100;

/// A reader of the stream. Nobody has to read it: without a reader events are stored and read all the same, call by call,
/// and only lists stay empty. The embedded DynamoDB's streams have one shard.
#[derive(Debug)]
pub struct CallStream {
    client: Client,
    arn: String,
    shard: String,
    iterator: String,
}

impl CallStream {
    /// The stream, from its beginning.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(stack: &Stack) -> Result<Self> {
        let table = stack.dynamo_client().await.describe_table();
        let table = table.table_name(CALLS_TABLE).send().await?;
        let arn = table.table().and_then(|table| table.latest_stream_arn());
        let arn = arn.context("the calls table has no stream")?.to_owned();
        let client = Client::new(&stack.sdk(Patience::Stream, &stack.dynamo).await);
        let stream = client.describe_stream().stream_arn(&arn).send().await?;
        let shards = stream.stream_description().map(|stream| stream.shards());
        let shard = shards.and_then(|shards| shards.first()?.shard_id());
        let shard = shard.context("the stream has no shard")?.to_owned();
        let mut stream = Self {
            client,
            arn,
            shard,
            iterator: String::new(),
        };
        stream.seek(ShardIteratorType::TrimHorizon, None).await?;
        Ok(stream)
    }

    async fn seek(&mut self, kind: ShardIteratorType, sequence_number: Option<String>) -> Result<()> {
        let answer = self
            .client
            .get_shard_iterator()
            .stream_arn(&self.arn)
            .shard_id(&self.shard)
            .shard_iterator_type(kind)
            .set_sequence_number(sequence_number)
            .send()
            .await?;
        self.iterator = answer.shard_iterator.context("no iterator")?;
        Ok(())
    }

    /// The next batch: new events only, as the mapping's filter says, and so perhaps none. `None` at the stream's end.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        let Some(records) = self.records().await? else {
            return Ok(None);
        };
        let records = records.into_iter().filter(|record| is_new(record, EVENT));
        let records: Vec<_> = records.map(as_lambda_writes).collect::<Result<_>>()?;
        Ok(Some(serde_json::from_value(json!({"Records": records}))?))
    }

    /// Whatever comes next in the stream. `None` at its end.
    async fn records(&mut self) -> Result<Option<Vec<Record>>> {
        let request = self.client.get_records().shard_iterator(&self.iterator);
        let answer = request.limit(BATCH).send().await?;
        if let Some(next) = answer.next_shard_iterator() {
            next.clone_into(&mut self.iterator);
        }
        Ok(answer.records.filter(|records| !records.is_empty()))
    }

    /// Goes back to what failed, if something did.
    ///
    /// # Errors
    /// When the stream does not know the place.
    pub async fn back_to(&mut self, sequence_number: &str) -> Result<()> {
        let place = Some(sequence_number.to_owned());
        self.seek(ShardIteratorType::AtSequenceNumber, place).await
    }

    /// Hands everything that is in the stream by now to the function; how many events that were.
    ///
    /// # Errors
    /// When the stream cannot be read, or the function does not take a batch: the stream is then where that failed.
    pub async fn catch_up(&mut self, function: &project_calls::App, now: Timestamp) -> Result<usize> {
        let mut events = 0;
        while let Some(batch) = self.next().await? {
            events += batch.records.len();
            let answer = function.take(&batch, now).await;
            let failed = answer.batch_item_failures.into_iter().next();
            if let Some(place) = failed.and_then(|failure| failure.item_identifier) {
                self.back_to(&place).await?;
                bail!("project-calls did not take the record {place} of the stream");
            }
        }
        Ok(events)
    }
}

/// The pipe from the stream to the topic, and the queue that the topic delivers to.
#[derive(Debug)]
pub struct RecordingsPipe {
    stream: CallStream,
    queue: RecordingsQueue,
}

impl RecordingsPipe {
    /// The pipe, from the stream's beginning.
    ///
    /// # Errors
    /// When there is no stream.
    pub async fn open(stack: &Stack) -> Result<Self> {
        Ok(Self {
            stream: CallStream::open(stack).await?,
            queue: stack.recordings.clone(),
        })
    }

    /// Hands on everything that is in the stream by now: a message for each new recording; how many those were.
    ///
    /// # Errors
    /// When the stream cannot be read, or an item lacks what the pipe's template asks for.
    pub async fn catch_up(&mut self, now: Timestamp) -> Result<usize> {
        let mut messages = 0;
        while let Some(records) = self.stream.records().await? {
            for record in records.iter().filter(|record| is_new(record, RECORDING)) {
                self.queue.send(&message(record)?, now);
                messages += 1;
            }
        }
        Ok(messages)
    }
}

/// What the pipe's input template makes of a record: four fields and nothing else. A stream writes numbers as texts.
fn message(record: &Record) -> Result<String> {
    let image = record.dynamodb().and_then(|change| change.new_image());
    let image = image.context("a record of the stream has no image")?;
    let field = |name: &str| {
        let text = image.get(name).and_then(|value| match value {
            AttributeValue::S(text) | AttributeValue::N(text) => Some(text.as_str()),
            _ => None,
        });
        text.with_context(|| format!("the item of a recording has no {name}"))
    };
    let message = json!({
        "tenant": field("tenant")?,
        "callId": field("callId")?,
        "recordingId": field("recordingId")?,
        "version": field("version")?,
    });
    Ok(message.to_string())
}

fn is_new(record: &Record, parts: &str) -> bool {
    let keys = record.dynamodb().and_then(|change| change.keys());
    let part = keys
        .and_then(|keys| keys.get(PART))
        .and_then(|part| part.as_s().ok());
    let is_insert = record.event_name().is_some_and(|name| name.as_str() == "INSERT");
    is_insert && part.is_some_and(|part| part.starts_with(parts))
}

/// A record as the function gets it.
fn as_lambda_writes(record: Record) -> Result<Value> {
    let change = record
        .dynamodb
        .unwrap_or_else(|| aws_sdk_dynamodbstreams::types::StreamRecord::builder().build());
    let item = |attributes: Option<HashMap<String, AttributeValue>>| -> Result<Value> {
        Ok(serde_json::to_value(serde_dynamo::Item::from(
            attributes.unwrap_or_default(),
        ))?)
    };
    Ok(json!({
        "eventID": record.event_id,
        "eventName": record.event_name.as_ref().map(|name| name.as_str()),
        "eventVersion": record.event_version,
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": change.approximate_creation_date_time.map(|at| at.secs()),
            "Keys": item(change.keys)?,
            "NewImage": item(change.new_image)?,
            "SequenceNumber": change.sequence_number,
            "SizeBytes": change.size_bytes.unwrap_or_default(),
            "StreamViewType": change.stream_view_type.as_ref().map(|view| view.as_str()),
        },
        "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:111122223333:table/{CALLS_TABLE}/stream/2026-11-20T00:00:00.000"),
    }))
}
