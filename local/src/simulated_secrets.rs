//! The little of Secrets Manager that functions need, in its JSON protocol: `GetSecretValue`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::server::Server;

/// Secrets by their ARN.
#[derive(Debug, Clone, Default)]
pub struct SimulatedSecrets(Arc<Mutex<BTreeMap<String, String>>>);

impl SimulatedSecrets {
    pub(crate) async fn start(&self, address: &str) -> Result<Server> {
        Server::http(
            address,
            Router::new().fallback(post(get)).with_state(self.clone()),
        )
        .await
    }

    /// Gives a secret a value.
    pub fn set(&self, arn: &str, value: &str) {
        self.secrets().insert(arn.to_owned(), value.to_owned());
    }

    fn secrets(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn get(State(secrets): State<SimulatedSecrets>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let arn = request
        .get("SecretId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match secrets.secrets().get(arn) {
        Some(value) => axum::Json(json!({"ARN": arn, "Name": arn, "SecretString": value})).into_response(),
        None => (
            StatusCode::BAD_REQUEST,
            axum::Json(json!({"__type": "ResourceNotFoundException"})),
        )
            .into_response(),
    }
}
