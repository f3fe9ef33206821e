//! A step as it comes: in a message of the queue, or by itself.

use ringback_steps::{DETAIL_TYPE, SOURCE, StepEvent};
use serde_json::Value;

/// The longest id of a step: it becomes part of a key, which may have 2048 bytes.
const LONGEST_ID: usize = 1000;

/// A step, or why it is none.
pub(crate) struct Letter {
    /// The queue's id of the message, or the event's of a single event.
    pub(crate) id: String,
    /// By this the queue knows that we have the message.
    pub(crate) receipt: String,
    /// The event as it came.
    pub(crate) body: String,
    /// The event's `detail` as it came.
    pub(crate) detail: Value,
    /// The reason never holds a value.
    pub(crate) step: Result<StepEvent, String>,
}

impl Letter {
    /// A single event of EventBridge.
    pub(crate) fn event(event: &Value) -> Self {
        Self::new(
            text(event, "id").to_owned(),
            String::new(),
            event.to_string(),
            Some(event),
        )
    }

    /// A message of a batch of SQS; none without an id, as it could not be named as failed.
    pub(crate) fn message(record: &Value) -> Option<Self> {
        let id = record.get("messageId").and_then(Value::as_str)?;
        let body = text(record, "body");
        let event: Option<Value> = serde_json::from_str(body).ok();
        let receipt = text(record, "receiptHandle").to_owned();
        Some(Self::new(id.to_owned(), receipt, body.to_owned(), event.as_ref()))
    }

    fn new(id: String, receipt: String, body: String, event: Option<&Value>) -> Self {
        let step = match event {
            Some(event) => read(event),
            None => Err("the message is not JSON".to_owned()),
        };
        let detail = event.and_then(|event| event.get("detail")).cloned();
        Self {
            id,
            receipt,
            body,
            detail: detail.unwrap_or_default(),
            step,
        }
    }
}

fn read(event: &Value) -> Result<StepEvent, String> {
    if text(event, "source") != SOURCE || text(event, "detail-type") != DETAIL_TYPE {
        return Err("the event is no call step".to_owned());
    }
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let step: StepEvent = serde_path_to_error::deserialize(detail).map_err(|error| {
        // The error's own text repeats the value.
        format!("detail cannot be read at {}", error.path())
    })?;
    if step.id.is_empty() || step.id.len() > LONGEST_ID {
        return Err("detail cannot be read at id".to_owned());
    }
    Ok(step)
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
