//! A chat's incoming webhooks, as Slack has them: each path is a channel, and what is posted there is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

use crate::server::Server;

/// A message in a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// The channel.
    pub channel: String,
    /// The message as it was sent.
    pub body: Value,
}

impl Posted {
    /// The message without its layout.
    pub fn text(&self) -> &str {
        self.body.get("text").and_then(Value::as_str).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Inner {
    posted: Vec<Posted>,
    refusals: VecDeque<(u16, Option<u32>)>,
}

/// The chat.
#[derive(Debug, Clone, Default)]
pub struct SimulatedChat(Arc<Mutex<Inner>>);

impl SimulatedChat {
    pub(crate) async fn start(&self, address: &str) -> Result<Server> {
        let router = Router::new().fallback(post(take)).with_state(self.clone());
        Server::http(address, router).await
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has been posted, oldest first.
    pub fn posted(&self) -> Vec<Posted> {
        self.inner().posted.clone()
    }

    /// What has been posted since the last call of this.
    pub fn take_posted(&self) -> Vec<Posted> {
        std::mem::take(&mut self.inner().posted)
    }

    /// Answers the next message with a status, and says after how many seconds to come again.
    pub fn refuse_next(&self, status: u16, retry_after: Option<u32>) {
        self.inner().refusals.push_back((status, retry_after));
    }
}

async fn take(State(chat): State<SimulatedChat>, uri: Uri, body: String) -> Response {
    let mut inner = chat.inner();
    if let Some((status, retry_after)) = inner.refusals.pop_front() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return match retry_after {
            Some(seconds) => (status, [("retry-after", seconds.to_string())]).into_response(),
            None => status.into_response(),
        };
    }
    match serde_json::from_str::<Value>(&body) {
        Ok(body) if is_message(&body) => {
            let channel = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
            inner.posted.push(Posted { channel, body });
            "ok".into_response()
        }
        Ok(_) => (StatusCode::BAD_REQUEST, "invalid_blocks").into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "invalid_payload").into_response(),
    }
}

/// What Slack takes of what is sent here: a text to fall back on, at most 50 blocks, of kinds that show text, each with
/// at most 3000 characters in it.
fn is_message(body: &Value) -> bool {
    let filled = |text: &Value, most: usize| {
        let length = text.as_str().map_or(0, |text| text.chars().count());
        (1..=most).contains(&length)
    };
    let text = |object: &Value| {
        let kind = object.get("type").and_then(Value::as_str);
        matches!(kind, Some("mrkdwn" | "plain_text"))
            && object.get("text").is_some_and(|text| filled(text, 3000))
    };
    let block = |block: &Value| match block.get("type").and_then(Value::as_str) {
        Some("section" | "header") => block.get("text").is_some_and(text),
        Some("context") => {
            let elements = block.get("elements").and_then(Value::as_array);
            elements.is_some_and(|elements| (1..=10).contains(&elements.len()) && elements.iter().all(text))
        }
        Some("divider") => true,
        _ => false,
    };
    let blocks = body.get("blocks").and_then(Value::as_array);
    body.get("text").is_some_and(|text| filled(text, 40_000))
        && blocks.is_some_and(|blocks| (1..=50).contains(&blocks.len()) && blocks.iter().all(block))
}
