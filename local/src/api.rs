//! API Gateway in front of `manage-callers`, `place-call`, `query-calls` and `carrier-webhook`: requests become events of
//! payload format 2.0.
//!
//! In the cloud these are several HTTP APIs. Here they share an address: the paths of webhooks are open, as carriers bring
//! signatures and no identity, so is the description of the API, and everything else asks for a token.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::functions::Functions;
use crate::sample_accounts::TENANT;
use crate::server::Server;
use crate::stack::Addresses;

/// The claim of a token that says whose calls it opens.
pub const TENANT_CLAIM: &str = "tenant";

/// An HTTP API takes no larger body.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// The API on loopback; it ends when it is dropped.
#[derive(Debug)]
pub struct Api {
    server: Server,
}

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's.
    pub fn system() -> Self {
        Self::of(Timestamp::now)
    }

    /// Another.
    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The functions of those who work here, and the token that they bring.
#[derive(Debug, Clone)]
struct Desk {
    manage_callers: Arc<manage_callers::App>,
    place_call: Arc<place_call::App>,
    query_calls: Arc<query_calls::App>,
    token: Arc<str>,
}

#[derive(Debug, Clone)]
struct Behind {
    desk: Option<Desk>,
    carrier_webhook: Arc<carrier_webhook::App>,
    clock: Clock,
}

impl Api {
    /// Starts the API. Whoever brings the token is let through to the directory and to the calls of the sample accounts, as
    /// API Gateway lets through whom its authoriser knows; carriers need none.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(addresses: &Addresses, functions: &Functions, token: &str) -> Result<Self> {
        let desk = Some(Desk {
            manage_callers: Arc::clone(&functions.manage_callers),
            place_call: Arc::clone(&functions.place_call),
            query_calls: Arc::clone(&functions.query_calls),
            token: token.into(),
        });
        let behind = Behind {
            desk,
            carrier_webhook: Arc::clone(&functions.carrier_webhook),
            clock: Clock::system(),
        };
        Self::serve(&addresses.at(6), behind).await
    }

    /// Starts the carriers' part alone, on a free port, with a clock of its own.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn of_carriers(carrier_webhook: Arc<carrier_webhook::App>, clock: Clock) -> Result<Self> {
        let behind = Behind {
            desk: None,
            carrier_webhook,
            clock,
        };
        Self::serve(&Addresses::any().at(0), behind).await
    }

    async fn serve(address: &str, behind: Behind) -> Result<Self> {
        let router = Router::new()
            .fallback(pass)
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(behind);
        Ok(Self {
            server: Server::http(address, router).await?,
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
    let mut event = event(&method, &uri, &headers, &body);
    let now = behind.clock.now();
    let to = To::of(&method, uri.path());
    if to == To::Webhook {
        return response(&behind.carrier_webhook.take(&event, now).await);
    }
    let Some(desk) = &behind.desk else {
        return (StatusCode::NOT_FOUND, axum::Json(json!({"message": "Not Found"}))).into_response();
    };
    if to == To::Description {
        return response(&desk.query_calls.respond(&event, now).await);
    }
    let brought = headers.get("authorization").and_then(|value| value.to_str().ok());
    if brought != Some(format!("Bearer {}", desk.token).as_str()) {
        let body = axum::Json(json!({"message": "Unauthorized"}));
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    if let Some(context) = event
        .pointer_mut("/requestContext")
        .and_then(Value::as_object_mut)
    {
        let identity = match to {
            To::Directory => json!({"iam": {"userArn": "arn:aws:iam::111122223333:role/local"}}),
            _ => json!({"jwt": {"claims": {"sub": "local", TENANT_CLAIM: TENANT}}}),
        };
        context.insert("authorizer".to_owned(), identity);
    }
    match to {
        To::PlaceCall => response(&desk.place_call.respond(&event, now).await),
        To::QueryCalls => response(&desk.query_calls.respond(&event, now).await),
        _ => match desk.manage_callers.take(&event, now).await {
            Ok(answer) => response(&answer),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    }
}

/// The function that a request is for, as the routes of `infra/template.yaml` have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    Webhook,
    Description,
    PlaceCall,
    QueryCalls,
    Directory,
}

impl To {
    fn of(method: &Method, path: &str) -> Self {
        let parts: Vec<_> = path.split('/').skip(1).collect();
        match (method.as_str(), parts.as_slice()) {
            (_, ["openapi.json"]) => Self::Description,
            (_, ["carriers"] | ["carriers", _, "disabled"]) => Self::PlaceCall,
            (_, ["carriers", ..]) => Self::Webhook,
            (_, ["calls", "search"]) => Self::QueryCalls,
            ("POST", ["calls"]) | ("DELETE", ["calls", _]) => Self::PlaceCall,
            (_, ["calls", ..]) => Self::QueryCalls,
            _ => Self::Directory,
        }
    }
}

/// The event that an HTTP API makes of a request.
fn event(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Value {
    let (body, encoded) = written(headers, body);
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": joined(headers),
        "requestContext": {
            "http": {
                "method": method.as_str(),
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                // The server listens on loopback only.
                "sourceIp": "127.0.0.1",
            },
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": encoded,
    })
}

/// Headers that come more than once are joined with a comma.
fn joined(headers: &HeaderMap) -> BTreeMap<&str, String> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str())
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}

/// Bodies of JSON, XML and text come as they are, all others (forms too) in Base64.
fn written(headers: &HeaderMap, body: &[u8]) -> (String, bool) {
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    let as_text = [
        "text/",
        "application/json",
        "application/xml",
        "application/javascript",
    ];
    let as_text = as_text.iter().any(|start| content_type.starts_with(start));
    match std::str::from_utf8(body) {
        Ok(text) if as_text => (text.to_owned(), false),
        _ => (BASE64_STANDARD.encode(body), true),
    }
}

/// A function's answer.
fn response(answer: &Value) -> Response {
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
    let mut response = Response::new(body.into());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        let name = axum::http::HeaderName::from_bytes(name.as_bytes());
        let value = value.as_str().and_then(|value| value.parse().ok());
        if let (Ok(name), Some(value)) = (name, value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
