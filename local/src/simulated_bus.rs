//! The little of EventBridge that steps need, in its JSON protocol: `PutEvents`, and what it delivers.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::{Timestamp, Unit};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::Server;
use crate::stack::REGION;

/// The account everything here claims to be in.
const ACCOUNT: &str = "111122223333";

/// How the simulated bus behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BusBehaviour {
    /// It takes what it is given.
    #[default]
    Normal,
    /// Every request is throttled.
    Throttled,
    /// The service fails inside.
    Down,
    /// The request succeeds, and its answer says of every entry that it failed.
    EntriesFail,
}

#[derive(Debug, Default)]
struct Inner {
    envelopes: Vec<Value>,
    behaviour: BusBehaviour,
    taken: u64,
    requests: u32,
}

/// The simulated bus. It keeps what it takes, in order, until somebody delivers it.
#[derive(Debug, Clone, Default)]
pub struct SimulatedBus(Arc<Mutex<Inner>>);

impl SimulatedBus {
    pub(crate) async fn start(&self, address: &str) -> Result<Server> {
        Server::http(
            address,
            Router::new().fallback(post(put)).with_state(self.clone()),
        )
        .await
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the behaviour from now on.
    pub fn behave(&self, behaviour: BusBehaviour) {
        self.inner().behaviour = behaviour;
    }

    /// Requests that arrived, refused ones included.
    pub fn requests(&self) -> u32 {
        self.inner().requests
    }

    /// What lies on the bus, as EventBridge would deliver it, oldest first.
    pub fn envelopes(&self) -> Vec<Value> {
        self.inner().envelopes.clone()
    }

    /// Puts events back that could not be delivered, before those that came since.
    pub fn put_back(&self, mut events: Vec<Value>) {
        let mut inner = self.inner();
        events.append(&mut inner.envelopes);
        inner.envelopes = events;
    }

    /// The same, taken off the bus: what is delivered is gone.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.inner().envelopes)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    source: String,
    #[serde(default)]
    detail_type: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    resources: Vec<String>,
}

async fn put(State(bus): State<SimulatedBus>, headers: HeaderMap, body: String) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let problem = |status, kind: &'static str| (status, axum::Json(json!({"__type": kind}))).into_response();
    let mut inner = bus.inner();
    inner.requests += 1;
    match inner.behaviour {
        BusBehaviour::Normal | BusBehaviour::EntriesFail => {}
        BusBehaviour::Throttled => return problem(StatusCode::BAD_REQUEST, "ThrottlingException"),
        BusBehaviour::Down => return problem(StatusCode::INTERNAL_SERVER_ERROR, "InternalException"),
    }
    if target != "AWSEvents.PutEvents" {
        return problem(StatusCode::BAD_REQUEST, "UnknownOperationException");
    }
    let Ok(request) = serde_json::from_str::<Request>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "SerializationException");
    };
    if request.entries.is_empty() || request.entries.len() > 10 {
        return problem(StatusCode::BAD_REQUEST, "ValidationException");
    }
    let results: Vec<_> = request.entries.iter().map(|entry| inner.put(entry)).collect();
    let failed = results.iter().filter(|result| result.is_err()).count();
    let results: Vec<_> = results
        .into_iter()
        .map(|result| match result {
            Ok(id) => json!({"EventId": id}),
            Err(code) => json!({"ErrorCode": code, "ErrorMessage": code}),
        })
        .collect();
    axum::Json(json!({"FailedEntryCount": failed, "Entries": results})).into_response()
}

impl Inner {
    /// Keeps an entry as the envelope it becomes; its id, or why it is refused.
    fn put(&mut self, entry: &Entry) -> Result<String, &'static str> {
        if self.behaviour == BusBehaviour::EntriesFail {
            return Err("InternalFailure");
        }
        if entry.source.is_empty() || entry.detail_type.is_empty() {
            return Err("InvalidArgument");
        }
        let detail = serde_json::from_str::<Value>(&entry.detail)
            .ok()
            .filter(Value::is_object)
            .ok_or("MalformedDetail")?;
        self.taken += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.taken);
        self.envelopes.push(json!({
            "version": "0",
            "id": id,
            "detail-type": entry.detail_type,
            "source": entry.source,
            "account": ACCOUNT,
            "time": moment(&detail),
            "region": REGION,
            "resources": entry.resources,
            "detail": detail,
        }));
        Ok(id)
    }
}

/// The envelope's time, in whole seconds: when the step happened, so that a story told twice is the same.
fn moment(detail: &Value) -> String {
    let at: Option<Timestamp> = detail
        .get("at")
        .and_then(Value::as_str)
        .and_then(|at| at.parse().ok());
    let at = at.unwrap_or_else(Timestamp::now);
    at.round(Unit::Second).unwrap_or(at).to_string()
}
