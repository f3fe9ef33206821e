//! A gate before DynamoDB that counts what passes and can make any operation fail: how a table that is down, slow
//! or throttling is played.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use crate::server::Server;

/// What becomes of an operation at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is throttled.
    Throttled,
    /// It fails inside the service.
    Down,
    /// It is never answered.
    Hanging,
    /// It is answered late.
    Slow(Duration),
    /// The transaction meets another on an item, that many times.
    Conflict(u32),
    /// The next one alone is handed on late.
    LateOnce(Duration),
    /// The next one alone is done, and its answer lost.
    LostOnce,
    /// That many fail inside the service.
    DownFor(u32),
}

#[derive(Debug, Default)]
struct Inner {
    faults: BTreeMap<String, Fault>,
    passed: BTreeMap<String, u32>,
}

/// The gate.
#[derive(Debug, Clone)]
pub struct Gate {
    inner: Arc<Mutex<Inner>>,
    behind: Arc<str>,
    client: Client<HttpConnector, Body>,
}

impl Gate {
    /// The name that stands for every operation.
    pub const EVERYTHING: &str = "*";

    pub(crate) fn new(behind: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self {
            inner: Arc::default(),
            behind: behind.into(),
            client,
        }
    }

    pub(crate) async fn start(&self) -> Result<Server> {
        Server::http(
            "127.0.0.1:0",
            Router::new().fallback(pass).with_state(self.clone()),
        )
        .await
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an operation (`Query`, `UpdateItem`, … or [`Gate::EVERYTHING`]) fail from now on.
    pub fn fail(&self, operation: &str, fault: Fault) {
        self.inner().faults.insert(operation.to_owned(), fault);
    }

    /// Lets everything pass again.
    pub fn heal(&self) {
        self.inner().faults.clear();
    }

    /// How often each operation passed since the last call of this.
    pub fn take_counts(&self) -> BTreeMap<String, u32> {
        std::mem::take(&mut self.inner().passed)
    }

    fn judge(&self, operation: &str) -> Option<Fault> {
        let mut inner = self.inner();
        let fault = inner
            .faults
            .get(operation)
            .or_else(|| inner.faults.get(Self::EVERYTHING))
            .copied();
        let left = match fault {
            Some(Fault::Conflict(times)) => Some((times, Fault::Conflict(times.saturating_sub(1)))),
            Some(Fault::DownFor(times)) => Some((times, Fault::DownFor(times.saturating_sub(1)))),
            Some(once @ (Fault::LateOnce(_) | Fault::LostOnce)) => Some((1, once)),
            _ => None,
        };
        match left {
            None => {}
            Some((0 | 1, _)) => drop(inner.faults.remove(operation)),
            Some((_, rest)) => drop(inner.faults.insert(operation.to_owned(), rest)),
        }
        *inner.passed.entry(operation.to_owned()).or_default() += 1;
        fault
    }
}

async fn pass(State(gate): State<Gate>, mut request: Request) -> Response {
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let refusal = |status, kind: &str| {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
        (
            status,
            axum::Json(json!({"__type": kind, "message": "made up by the gate"})),
        )
            .into_response()
    };
    let fault = gate.judge(&operation);
    match fault {
        None | Some(Fault::LostOnce) => {}
        Some(Fault::Throttled) => {
            return refusal(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException");
        }
        Some(Fault::Down | Fault::DownFor(_)) => {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError");
        }
        Some(Fault::Hanging) => std::future::pending().await,
        Some(Fault::Slow(time) | Fault::LateOnce(time)) => tokio::time::sleep(time).await,
        Some(Fault::Conflict(_)) => {
            let reasons = json!([{"Code": "None"}, {"Code": "TransactionConflict"}, {"Code": "None"}]);
            let body = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": "made up by the gate",
                "CancellationReasons": reasons,
            });
            return (StatusCode::BAD_REQUEST, axum::Json(body)).into_response();
        }
    }
    let Ok(uri) = format!("{}/", gate.behind).parse::<Uri>() else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    *request.uri_mut() = uri;
    match gate.client.request(request).await {
        Ok(_) if fault == Some(Fault::LostOnce) => {
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError")
        }
        Ok(response) => response.into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
