//! The little of SQS that functions need, in its JSON protocol: `SendMessage` to the dead-letter queue,
//! `ChangeMessageVisibility` of messages about recordings.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::recordings_queue::RecordingsQueue;
use crate::server::Server;

/// A letter in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The message's body.
    pub body: String,
    /// Why it is here.
    pub reason: String,
    /// Where it came from.
    pub origin: String,
}

#[derive(Debug, Default)]
struct Inner {
    letters: Vec<Letter>,
    down: bool,
}

/// The simulated queue.
#[derive(Debug, Clone, Default)]
pub struct SimulatedQueue(Arc<Mutex<Inner>>);

impl SimulatedQueue {
    pub(crate) async fn start(&self, address: &str, recordings: &RecordingsQueue) -> Result<Server> {
        let queues = (self.clone(), recordings.clone());
        Server::http(address, Router::new().fallback(post(take)).with_state(queues)).await
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What lies in the queue.
    pub fn letters(&self) -> Vec<Letter> {
        self.inner().letters.clone()
    }

    /// Takes all letters out, as somebody does who sends them back to where they came from.
    pub fn take_letters(&self) -> Vec<Letter> {
        std::mem::take(&mut self.inner().letters)
    }

    /// Whether the queue refuses everything from now on.
    pub fn set_down(&self, down: bool) {
        self.inner().down = down;
    }
}

async fn take(
    State((letters, recordings)): State<(SimulatedQueue, RecordingsQueue)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    if letters.inner().down {
        return problem(StatusCode::FORBIDDEN, "com.amazonaws.sqs#AccessDenied");
    }
    let Ok(request) = serde_json::from_str::<Value>(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "com.amazonaws.sqs#InvalidMessageContents",
        );
    };
    match target {
        "AmazonSQS.SendMessage" if text(&request, "/QueueUrl").ends_with("/recordings") => {
            recordings.send(&text(&request, "/MessageBody"), Timestamp::now());
            axum::Json(json!({"MessageId": "recording"})).into_response()
        }
        "AmazonSQS.SendMessage" => letters.send(&request),
        "AmazonSQS.ChangeMessageVisibility" => {
            let seconds = request.get("VisibilityTimeout").and_then(Value::as_i64);
            let changed =
                recordings.change_visibility(&text(&request, "/ReceiptHandle"), seconds.unwrap_or(-1));
            match changed {
                Ok(()) => axum::Json(json!({})).into_response(),
                Err(kind) => problem(StatusCode::BAD_REQUEST, kind),
            }
        }
        _ => problem(StatusCode::BAD_REQUEST, "com.amazonaws.sqs#UnsupportedOperation"),
    }
}

fn problem(status: StatusCode, kind: &'static str) -> Response {
    (status, axum::Json(json!({"__type": kind}))).into_response()
}

fn text(request: &Value, pointer: &str) -> String {
    let text = request.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

impl SimulatedQueue {
    fn send(&self, request: &Value) -> Response {
        let letter = Letter {
            body: text(request, "/MessageBody"),
            reason: text(request, "/MessageAttributes/reason/StringValue"),
            origin: text(request, "/MessageAttributes/origin/StringValue"),
        };
        let mut inner = self.inner();
        inner.letters.push(letter);
        axum::Json(json!({"MessageId": format!("letter-{}", inner.letters.len())})).into_response()
    }
}
