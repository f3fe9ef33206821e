//! The API: requests as API Gateway's HTTP APIs send them (payload format 2.0), and the answers to them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ringback_callers::{Change, Directory, DirectoryError, Kept, Kind, Point, Problem, version_of};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;

/// Larger documents are no documents of this directory; rules with every plan written out have some 30 KB.
const LARGEST_BODY: usize = 256 * 1024;

/// What the API answers.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    body: Value,
}

impl Response {
    fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    fn error(status: u16, error: &str, message: &str) -> Self {
        Self::new(status, json!({"error": error, "message": message}))
    }

    fn invalid(problems: &[Problem]) -> Self {
        Self::new(400, json!({"error": "invalid", "problems": problems}))
    }

    fn found(document: Option<impl Serialize>) -> Self {
        match document.map(serde_json::to_value) {
            Some(Ok(document)) => Self::new(200, document),
            Some(Err(_)) | None => Self::error(404, "not-found", "There is no such document."),
        }
    }

    /// As API Gateway takes it.
    pub(crate) fn into_value(self) -> Value {
        json!({
            "statusCode": self.status,
            "headers": {"content-type": "application/json", "cache-control": "no-store"},
            "body": self.body.to_string(),
            "isBase64Encoded": false,
        })
    }

    /// What is counted.
    pub(crate) fn outcome(&self) -> &'static str {
        match self.status {
            200..300 => "answered",
            500.. => "failed",
            _ => "refused",
        }
    }
}

/// A request, as far as it matters here.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    body: Option<Vec<u8>>,
}

/// Answers a request.
pub(crate) async fn answer(
    directory: &Directory,
    config: &Config,
    event: &Value,
    now: Timestamp,
) -> Response {
    if let Err(refusal) = authorised(config, event) {
        return refusal;
    }
    let request = Request {
        method: event
            .pointer("/requestContext/http/method")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        path: event.get("rawPath").and_then(Value::as_str).unwrap_or_default(),
        body: body(event),
    };
    match route(directory, &request, now).await {
        Ok(response) => response,
        Err(problem) if problem.is_permanent() => Response::error(
            400,
            "invalid",
            "The table refuses the document; it may be too large.",
        ),
        Err(problem) => {
            tracing::error!(code = problem.code, "The callers table did not answer the API");
            Response::error(503, "unavailable", "The directory did not answer; try again.")
        }
    }
}

/// API Gateway has checked the signature or the token; a request that it has not is refused, so that a route without an
/// authoriser gives nothing away. Of a token that names a tenant, the tenant must be this one.
fn authorised(config: &Config, event: &Value) -> Result<(), Response> {
    let authoriser = event.pointer("/requestContext/authorizer");
    let has = |kind: &str| {
        authoriser
            .and_then(|identity| identity.get(kind))
            .is_some_and(Value::is_object)
    };
    if !has("jwt") && !has("iam") {
        return Err(Response::error(
            401,
            "unauthorised",
            "The request carries no identity.",
        ));
    }
    let Some(claim) = &config.tenant_claim else {
        return Ok(());
    };
    let claimed = authoriser.and_then(|identity| identity.get("jwt")?.get("claims")?.get(claim)?.as_str());
    if claimed == Some(config.tenant.as_str()) {
        Ok(())
    } else {
        Err(Response::error(
            403,
            "forbidden",
            "The identity is of another tenant.",
        ))
    }
}

fn body(event: &Value) -> Option<Vec<u8>> {
    let text = event.get("body").and_then(Value::as_str)?;
    if event.get("isBase64Encoded").and_then(Value::as_bool) == Some(true) {
        return STANDARD.decode(text).ok();
    }
    Some(text.as_bytes().to_vec())
}

async fn route(
    directory: &Directory,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<Response, DirectoryError> {
    let segments: Vec<_> = request
        .path
        .trim_matches('/')
        .split('/')
        .skip_while(|part| *part != "directory")
        .collect();
    let (kind, id) = match segments.as_slice() {
        ["directory", "search"] => return search(directory, request).await,
        ["directory", "rules"] => (Kind::Rules, ""),
        ["directory", "people", id] => (Kind::People, *id),
        ["directory", "orders", id] => (Kind::Orders, *id),
        ["directory", "shops", id] => (Kind::Shops, *id),
        ["directory", "aliases", id] => (Kind::Aliases, *id),
        _ => {
            let known = "There are people/{id}, orders/{id}, shops/{id}, aliases/{id}, rules and search, each after /directory/.";
            return Ok(Response::error(404, "no-such-path", known));
        }
    };
    match request.method {
        "GET" => get(directory, kind, id).await,
        "PUT" => change(directory, request, kind, id, now).await,
        "DELETE" => delete(directory, request, kind, id, now).await,
        _ => Ok(Response::error(405, "no-such-method", "Use GET, PUT or DELETE.")),
    }
}

async fn get(directory: &Directory, kind: Kind, id: &str) -> Result<Response, DirectoryError> {
    Ok(match kind {
        Kind::People => Response::found(directory.person(id).await?),
        Kind::Orders => Response::found(directory.order(id).await?),
        Kind::Shops => Response::found(directory.shop(id).await?),
        Kind::Aliases => Response::found(directory.alias(id).await?),
        Kind::Rules => Response::found(directory.rules().await?),
    })
}

async fn change(
    directory: &Directory,
    request: &Request<'_>,
    kind: Kind,
    id: &str,
    now: Timestamp,
) -> Result<Response, DirectoryError> {
    let mut document = match document(request) {
        Ok(Some(document)) => document,
        Ok(None) => return Ok(Response::invalid(&[Problem::new("the body", "is missing")])),
        Err(refusal) => return Ok(refusal),
    };
    let field = kind.id_field();
    if let Some(fields) = document.as_object_mut().filter(|_| !field.is_empty()) {
        let named = fields.entry(field).or_insert(id.into());
        if named.as_str() != Some(id) {
            return Ok(Response::invalid(&[Problem::new(
                field,
                "is not the id in the path",
            )]));
        }
    }
    match Change::put(kind, &document, version_of(now)) {
        Err(problems) => Ok(Response::invalid(&problems)),
        Ok(change) => change.make(directory, now).await.map(kept),
    }
}

async fn delete(
    directory: &Directory,
    request: &Request<'_>,
    kind: Kind,
    id: &str,
    now: Timestamp,
) -> Result<Response, DirectoryError> {
    let given = match document(request) {
        Ok(given) => given.unwrap_or_else(|| json!({})),
        Err(refusal) => return Ok(refusal),
    };
    // A version that is not understood must not mean: whatever is stored.
    if !given.is_object() {
        return Ok(Response::invalid(&[Problem::new(
            "the body",
            "must be an object",
        )]));
    }
    let version = given.get("version").cloned();
    match Change::gone(kind, &json!({(kind.id_field()): id, "version": version}), None) {
        Err(problems) => Ok(Response::invalid(&problems)),
        Ok(change) => change.make(directory, now).await.map(kept),
    }
}

/// Who is behind a contact point. It stands in the body, because paths are logged.
async fn search(directory: &Directory, request: &Request<'_>) -> Result<Response, DirectoryError> {
    if request.method != "POST" {
        return Ok(Response::error(
            405,
            "no-such-method",
            "Use POST, with {\"contact\": …}.",
        ));
    }
    let contact = match document(request) {
        Ok(document) => document
            .and_then(|document| document.get("contact").cloned())
            .unwrap_or_default(),
        Err(refusal) => return Ok(refusal),
    };
    let Ok(point) = serde_json::from_value::<Point>(contact) else {
        let message = "must be a contact point such as phone:+14155550100, email:…, customer:… or chat:…";
        return Ok(Response::invalid(&[Problem::new("contact", message)]));
    };
    let behind = directory.behind(&point.0).await?;
    Ok(Response::new(
        200,
        json!({"people": behind.people, "orders": behind.orders}),
    ))
}

/// The body as JSON; none where there is none.
fn document(request: &Request<'_>) -> Result<Option<Value>, Response> {
    let Some(body) = request.body.as_ref().filter(|body| !body.is_empty()) else {
        return Ok(None);
    };
    if body.len() > LARGEST_BODY {
        return Err(Response::error(
            413,
            "too-large",
            "The body is larger than 256 KB.",
        ));
    }
    // Where it is wrong, and not what stands there.
    serde_json::from_slice(body).map(Some).map_err(|error| {
        let place = format!("is no JSON: line {}, column {}", error.line(), error.column());
        Response::invalid(&[Problem::new("the body", place)])
    })
}

fn kept(kept: Kept) -> Response {
    match kept {
        Kept::Stored => Response::new(200, json!({"kept": "stored"})),
        Kept::Repeated => Response::new(200, json!({"kept": "repeated"})),
        Kept::Older => Response::error(409, "older", "A newer version is stored."),
    }
}
