//! The little of SQS that a dead-letter queue needs, in its JSON protocol: `SendMessage`.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

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
    pub(crate) async fn start(&self, address: &str) -> Result<Server> {
        Server::http(
            address,
            Router::new().fallback(post(send)).with_state(self.clone()),
        )
        .await
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What lies in the queue.
    pub fn letters(&self) -> Vec<Letter> {
        self.inner().letters.clone()
    }

    /// Whether the queue refuses everything from now on.
    pub fn set_down(&self, down: bool) {
        self.inner().down = down;
    }
}

async fn send(State(queue): State<SimulatedQueue>, headers: HeaderMap, body: String) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let problem = |status, kind: &'static str| (status, axum::Json(json!({"__type": kind}))).into_response();
    if queue.inner().down {
        return problem(StatusCode::FORBIDDEN, "com.amazonaws.sqs#AccessDenied");
    }
    if target != "AmazonSQS.SendMessage" {
        return problem(StatusCode::BAD_REQUEST, "com.amazonaws.sqs#UnsupportedOperation");
    }
    let Ok(request) = serde_json::from_str::<Value>(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "com.amazonaws.sqs#InvalidMessageContents",
        );
    };
    let text = |pointer: &str| {
        request
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let letter = Letter {
        body: text("/MessageBody"),
        reason: text("/MessageAttributes/reason/StringValue"),
        origin: text("/MessageAttributes/origin/StringValue"),
    };
    let mut inner = queue.inner();
    inner.letters.push(letter);
    axum::Json(json!({"MessageId": format!("letter-{}", inner.letters.len())})).into_response()
}
