//! Amazon Connect, Secrets Manager and queues, as far as what is measured asks them.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::jobs::{agent_of, contact_id};

/// How long the simulated `SearchContacts` takes, whoever asks.
pub(crate) const SEARCH_TAKES: Duration = Duration::from_millis(30);

/// What every secret says.
pub(crate) const SECRET: &str = "bench-auth-token";

/// `SearchContacts`: whoever is asked for by a number spoke with an agent an hour ago.
pub(crate) fn connect() -> Router {
    Router::new().route("/search-contacts", post(search))
}

async fn search(body: String) -> Response {
    let began = tokio::time::Instant::now();
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let criteria = request.pointer("/SearchCriteria/SearchableContactAttributes/Criteria/0/Values/0");
    let number = criteria.and_then(Value::as_str).unwrap_or_default();
    // +44 7700 900xxx
    let last = number.get(number.len().saturating_sub(3)..).unwrap_or_default();
    let caller = last.parse().unwrap_or_default();
    let at = request
        .pointer("/TimeRange/EndTime")
        .and_then(Value::as_f64)
        .unwrap_or_default()
        - 3600.0;
    let found = json!({"TotalCount": 1, "Contacts": [{
        "Arn": "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001/contact/x",
        "Id": contact_id('e', caller),
        "InitialContactId": contact_id('e', caller),
        "InitiationMethod": "INBOUND",
        "Channel": "VOICE",
        "InitiationTimestamp": at - 30.0,
        "DisconnectTimestamp": at + 300.0,
        "QueueInfo": {"Id": "00000000-0000-4000-8000-0000000b0001", "EnqueueTimestamp": at - 20.0},
        "AgentInfo": {"Id": agent_of(caller), "ConnectedToAgentTimestamp": at},
    }]});
    tokio::time::sleep_until(began + SEARCH_TAKES).await;
    axum::Json(found).into_response()
}

/// Secrets Manager, in which every secret says the same, and SQS, which takes everything.
pub(crate) fn others() -> Router {
    Router::new().fallback(post(other)).with_state(())
}

async fn other(State(()): State<()>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    match target {
        Some("secretsmanager.GetSecretValue") => {
            let arn = asked.get("SecretId").cloned().unwrap_or_default();
            axum::Json(json!({"ARN": arn, "Name": "bench", "VersionId": "1", "SecretString": SECRET}))
                .into_response()
        }
        Some(target) if target.starts_with("AmazonSQS.") => axum::Json(json!({})).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
