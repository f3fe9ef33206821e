//! The API: what each path does, and the answers to it.

use jiff::Timestamp;
use ringback_api::{BadBody, Request, Response, Unidentified};
use ringback_callers::{Change, Directory, DirectoryError, Kept, Kind, Point, Problem, version_of};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;

/// Larger documents are no documents of this directory; rules with every plan written out have some 30 KB.
const LARGEST_BODY: usize = 256 * 1024;

fn error(status: u16, error: &str, message: &str) -> Response {
    Response::json(status, &json!({"error": error, "message": message}))
}

fn not_that_method(allow: &'static str, message: &str) -> Response {
    error(405, "no-such-method", message).with("allow", allow)
}

fn invalid(problems: &[Problem]) -> Response {
    Response::json(400, &json!({"error": "invalid", "problems": problems}))
}

fn found(document: Option<impl Serialize>) -> Response {
    match document.map(serde_json::to_value) {
        Some(Ok(document)) => Response::json(200, &document),
        Some(Err(_)) | None => error(404, "not-found", "There is no such document."),
    }
}

/// Answers a request.
pub(crate) async fn answer(
    directory: &Directory,
    config: &Config,
    request: &Request<'_>,
    now: Timestamp,
) -> Response {
    if let Err(refusal) = authorised(config, request) {
        return refusal;
    }
    match route(directory, request, now).await {
        Ok(response) => response,
        Err(problem) if problem.is_permanent() => error(
            400,
            "invalid",
            "The table refuses the document; it may be too large.",
        ),
        Err(problem) => {
            tracing::error!(code = problem.code, "The callers table did not answer the API");
            error(503, "unavailable", "The directory did not answer; try again.")
        }
    }
}

/// A directory is of one tenant: where the identity names a tenant, it must be this one.
fn authorised(config: &Config, request: &Request<'_>) -> Result<(), Response> {
    let own = config.tenant.as_str();
    match config.tenancy.identify(request) {
        Ok(identity) if identity.tenant == own => Ok(()),
        Ok(_) | Err(Unidentified::NoTenant) => {
            Err(error(403, "forbidden", "The identity is of another tenant."))
        }
        Err(Unidentified::Nobody) => Err(error(401, "unauthorised", "The request carries no identity.")),
    }
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
            return Ok(error(404, "no-such-path", known));
        }
    };
    match request.method {
        "GET" => get(directory, kind, id).await,
        "PUT" => change(directory, request, kind, id, now).await,
        "DELETE" => delete(directory, request, kind, id, now).await,
        _ => Ok(not_that_method("GET, PUT, DELETE", "Use GET, PUT or DELETE.")),
    }
}

async fn get(directory: &Directory, kind: Kind, id: &str) -> Result<Response, DirectoryError> {
    Ok(match kind {
        Kind::People => found(directory.person(id).await?),
        Kind::Orders => found(directory.order(id).await?),
        Kind::Shops => found(directory.shop(id).await?),
        Kind::Aliases => found(directory.alias(id).await?),
        Kind::Rules => found(directory.rules().await?),
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
        Ok(None) => return Ok(invalid(&[Problem::new("the body", "is missing")])),
        Err(refusal) => return Ok(refusal),
    };
    let field = kind.id_field();
    if let Some(fields) = document.as_object_mut().filter(|_| !field.is_empty()) {
        let named = fields.entry(field).or_insert(id.into());
        if named.as_str() != Some(id) {
            return Ok(invalid(&[Problem::new(field, "is not the id in the path")]));
        }
    }
    match Change::put(kind, &document, version_of(now)) {
        Err(problems) => Ok(invalid(&problems)),
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
        return Ok(invalid(&[Problem::new("the body", "must be an object")]));
    }
    let version = given.get("version").cloned();
    match Change::gone(kind, &json!({(kind.id_field()): id, "version": version}), None) {
        Err(problems) => Ok(invalid(&problems)),
        Ok(change) => change.make(directory, now).await.map(kept),
    }
}

/// Who is behind a contact point. It stands in the body, because paths are logged.
async fn search(directory: &Directory, request: &Request<'_>) -> Result<Response, DirectoryError> {
    if request.method != "POST" {
        return Ok(not_that_method("POST", "Use POST, with {\"contact\": …}."));
    }
    let contact = match document(request) {
        Ok(document) => document
            .and_then(|document| document.get("contact").cloned())
            .unwrap_or_default(),
        Err(refusal) => return Ok(refusal),
    };
    let Ok(point) = serde_json::from_value::<Point>(contact) else {
        let message = "must be a contact point such as phone:+14155550100, email:…, customer:… or chat:…";
        return Ok(invalid(&[Problem::new("contact", message)]));
    };
    let behind = directory.behind(&point.0).await?;
    Ok(Response::json(
        200,
        &json!({"people": behind.people, "orders": behind.orders}),
    ))
}

/// The body as JSON; none where there is none.
fn document(request: &Request<'_>) -> Result<Option<Value>, Response> {
    match request.json(LARGEST_BODY) {
        Ok(document) => Ok(document),
        Err(BadBody::TooLarge(_)) => Err(error(413, "too-large", "The body is larger than 256 KB.")),
        Err(BadBody::NoBase64) => Ok(None),
        Err(problem @ BadBody::NoJson { .. }) => {
            Err(invalid(&[Problem::new("the body", problem.to_string())]))
        }
    }
}

fn kept(kept: Kept) -> Response {
    match kept {
        Kept::Stored => Response::json(200, &json!({"kept": "stored"})),
        Kept::Repeated => Response::json(200, &json!({"kept": "repeated"})),
        Kept::Older => error(409, "older", "A newer version is stored."),
    }
}
