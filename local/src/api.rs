//! API Gateway in front of `manage-callers`: requests become events of payload format 2.0.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::server::Server;
use crate::stack::Addresses;

/// The API on loopback; it ends when it is dropped.
#[derive(Debug)]
pub struct Api {
    server: Server,
}

#[derive(Debug, Clone)]
struct Behind {
    manage_callers: Arc<manage_callers::App>,
    token: Arc<str>,
}

impl Api {
    /// Starts the API. Whoever brings the token is let through, as API Gateway lets through whom its authoriser knows.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(
        addresses: &Addresses,
        manage_callers: Arc<manage_callers::App>,
        token: &str,
    ) -> Result<Self> {
        let behind = Behind {
            manage_callers,
            token: token.into(),
        };
        let router = Router::new().fallback(pass).with_state(behind);
        Ok(Self {
            server: Server::http(&addresses.at(6), router).await?,
        })
    }

    /// Where it listens, without a path.
    pub fn url(&self) -> String {
        self.server.url()
    }
}

async fn pass(
    State(behind): State<Behind>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    if header("authorization") != format!("Bearer {}", behind.token) {
        let body = axum::Json(json!({"message": "Unauthorized"}));
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    let event = json!({
        "version": "2.0",
        "rawPath": uri.path(),
        "requestContext": {
            "http": {"method": method.as_str(), "path": uri.path()},
            "authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:role/local"}},
        },
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    });
    let Ok(answer) = behind.manage_callers.take(&event, Timestamp::now()).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = answer
        .get("statusCode")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let body = answer
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let json = [("content-type", "application/json")];
    (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), json, body).into_response()
}
