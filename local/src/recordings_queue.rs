//! The queue before `archive-recording`, as SQS and Lambda's event source mapping play it, with a clock that the caller
//! sets: a message that waits ten minutes takes no time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stack::REGION;

/// How long a message is not shown to others after it was received, where nobody changes that: as in
/// `infra/template.yaml`.
const VISIBILITY: SignedDuration = SignedDuration::from_mins(16);
/// No message can be hidden for longer.
const LONGEST_VISIBILITY: i64 = 12 * 3600;

#[derive(Debug, Clone)]
struct Message {
    id: String,
    body: String,
    sent_at: Timestamp,
    visible_at: Timestamp,
    received_at: Timestamp,
    receipt: String,
    receives: u32,
}

/// The queue.
#[derive(Debug, Clone, Default)]
pub struct RecordingsQueue(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<Message>,
    sent: u32,
}

impl RecordingsQueue {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message into the queue, as the topic delivers it: its body is all that was published.
    pub fn send(&self, body: &str, now: Timestamp) {
        let mut inner = self.inner();
        inner.sent += 1;
        let id = format!("recording-{}", inner.sent);
        inner.messages.push(Message {
            receipt: format!("{id}-receipt-0"),
            id,
            body: body.to_owned(),
            sent_at: now,
            visible_at: now,
            received_at: now,
            receives: 0,
        });
    }

    /// The bodies of all messages, hidden ones too.
    pub fn bodies(&self) -> Vec<String> {
        let inner = self.inner();
        inner
            .messages
            .iter()
            .map(|message| message.body.clone())
            .collect()
    }

    /// When the next message can be received; none where the queue is empty.
    pub fn next_at(&self) -> Option<Timestamp> {
        let inner = self.inner();
        inner.messages.iter().map(|message| message.visible_at).min()
    }

    /// Receives the message that has been visible longest; none where none is.
    ///
    /// # Errors
    /// None today: what is built here is an event.
    pub fn receive(&self, now: Timestamp) -> Result<Option<SqsEvent>> {
        let mut inner = self.inner();
        let visible = inner
            .messages
            .iter_mut()
            .filter(|message| message.visible_at <= now);
        let Some(message) = visible.min_by_key(|message| message.visible_at) else {
            return Ok(None);
        };
        message.receives += 1;
        message.receipt = format!("{}-receipt-{}", message.id, message.receives);
        (message.received_at, message.visible_at) = (now, now + VISIBILITY);
        Ok(Some(serde_json::from_value(as_lambda_writes(message))?))
    }

    /// Takes the messages of an event out of the queue, but for those that the function says have failed.
    pub fn settle(&self, event: &SqsEvent, answer: &SqsBatchResponse) {
        let mut inner = self.inner();
        let failed = |id: &String| {
            answer
                .batch_item_failures
                .iter()
                .any(|failure| failure.item_identifier == *id)
        };
        for record in &event.records {
            let done = |id: &String| !failed(id);
            if record.message_id.as_ref().is_some_and(done) {
                inner
                    .messages
                    .retain(|message| record.receipt_handle.as_ref() != Some(&message.receipt));
            }
        }
    }

    /// Hands every message that is visible now to the function, each once and one after the other; how many those were.
    ///
    /// # Errors
    /// When an event cannot be built.
    pub async fn deliver(&self, function: &archive_recording::App, now: Timestamp) -> Result<usize> {
        let mut delivered = 0;
        // What becomes visible again at once is for the next time.
        for _ in 0..self.bodies().len() {
            let Some(event) = self.receive(now)? else { break };
            let answer = function.take(&event, now, None).await;
            self.settle(&event, &answer);
            delivered += 1;
        }
        Ok(delivered)
    }

    /// `ChangeMessageVisibility`: seconds from now on, where now is when the message was received.
    pub(crate) fn change_visibility(&self, receipt: &str, seconds: i64) -> Result<(), &'static str> {
        if !(0..=LONGEST_VISIBILITY).contains(&seconds) {
            return Err("com.amazonaws.sqs#InvalidParameterValue");
        }
        let mut inner = self.inner();
        let known = inner
            .messages
            .iter_mut()
            .find(|message| message.receipt == receipt);
        let message = known.ok_or("com.amazonaws.sqs#ReceiptHandleIsInvalid")?;
        message.visible_at = message.received_at + SignedDuration::from_secs(seconds);
        Ok(())
    }
}

/// A batch of one.
fn as_lambda_writes(message: &Message) -> Value {
    json!({"Records": [{
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": message.sent_at.as_millisecond().to_string(),
            "ApproximateFirstReceiveTimestamp": message.received_at.as_millisecond().to_string(),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:111122223333:recordings"),
        "awsRegion": REGION,
    }]})
}
