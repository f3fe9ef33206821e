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
    match serde_json::from_str(&body) {
        Ok(body) => {
            let channel = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
            inner.posted.push(Posted { channel, body });
            "ok".into_response()
        }
        Err(_) => (StatusCode::BAD_REQUEST, "invalid_payload").into_response(),
    }
}
