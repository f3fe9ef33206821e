//! Amazon Connect's `SearchContacts`, `DescribeUser` and outbound contacts in their wire form, with their throttles and the ways they fail.
//!
//! `POST /search-contacts` takes and gives JSON with times as seconds since 1970. Beyond 0.5 requests a second with
//! a burst of 1 it answers a `ThrottlingException`, as the account's default quota does.
//!
//! `GET /users/{instance}/{user}` answers with the names it was given, and is throttled when it is told to be.

mod outbound;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::server::Server;
use crate::stack::REGION;

pub use outbound::{OutboundFault, StartedContact};

/// A contact that the search knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchableContact {
    /// The contact's id.
    pub id: String,
    /// The first contact of its chain.
    pub initial_contact_id: Option<String>,
    /// The contact before it.
    pub previous_contact_id: Option<String>,
    /// How it came to be.
    pub initiation_method: String,
    /// `VOICE`, `CHAT`, …
    pub channel: String,
    /// The agent's id, if one was connected.
    pub agent_id: Option<String>,
    /// The queue's id, if it was queued.
    pub queue_id: Option<String>,
    /// Seconds since 1970.
    pub initiated_at: i64,
    /// Seconds since 1970.
    pub connected_to_agent_at: Option<i64>,
    /// Seconds since 1970.
    pub disconnected_at: Option<i64>,
    /// The searchable attributes it has.
    pub attributes: Vec<(String, String)>,
}

/// How the simulated service behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// It answers, and throttles beyond its quota.
    #[default]
    Normal,
    /// The role may not search.
    Refused,
    /// Somebody else uses the quota up.
    Throttled,
    /// What it answers is not JSON.
    Malformed,
    /// It never answers.
    Hanging,
}

#[derive(Debug, Default)]
struct Inner {
    contacts: Vec<SearchableContact>,
    behaviour: Behaviour,
    requests: u32,
    throttled: u32,
    last_taken: Option<Instant>,
    /// First and last names by user id.
    names: BTreeMap<String, (String, String)>,
    name_requests: u32,
    names_throttled: bool,
    started: Vec<StartedContact>,
    outbound_fault: Option<OutboundFault>,
    /// Contacts by their ids, as `DescribeContact` tells of them.
    described: BTreeMap<String, Value>,
}

/// The simulated service.
#[derive(Debug, Clone, Default)]
pub struct SimulatedConnect(Arc<Mutex<Inner>>);

impl SimulatedConnect {
    /// The account's default quota is one request in this time.
    const PER_REQUEST: Duration = Duration::from_secs(2);

    pub(crate) async fn start(&self, address: &str) -> Result<Server> {
        let router = Router::new()
            .route("/search-contacts", post(search))
            .route("/users/{instance}/{user}", get(describe_user))
            .route("/contact/outbound-voice", put(outbound::start))
            .route("/contact/stop", post(outbound::stop))
            .route("/contacts/{instance}/{contact}", get(outbound::describe))
            .with_state(self.clone());
        Server::http(address, router).await
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the search know a contact.
    pub fn add(&self, contact: SearchableContact) {
        self.inner().contacts.push(contact);
    }

    /// Changes the behaviour from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.inner().behaviour = behaviour;
    }

    /// Requests that arrived, throttled ones included.
    pub fn requests(&self) -> u32 {
        self.inner().requests
    }

    /// Requests that were throttled.
    pub fn throttled(&self) -> u32 {
        self.inner().throttled
    }

    /// Lets `DescribeUser` know an agent's first and last name.
    pub fn name_agent(&self, user_id: &str, first: &str, last: &str) {
        let name = (first.to_owned(), last.to_owned());
        self.inner().names.insert(user_id.to_owned(), name);
    }

    /// Whether `DescribeUser` is throttled from now on.
    pub fn throttle_names(&self, throttled: bool) {
        self.inner().names_throttled = throttled;
    }

    /// Requests of `DescribeUser` that arrived, throttled ones included.
    pub fn name_requests(&self) -> u32 {
        self.inner().name_requests
    }

    /// Whether the quota allows a request now.
    fn admit(&self) -> Behaviour {
        let mut inner = self.inner();
        inner.requests += 1;
        let now = Instant::now();
        if inner.behaviour == Behaviour::Normal {
            if inner
                .last_taken
                .is_some_and(|last| now.duration_since(last) < Self::PER_REQUEST)
            {
                inner.throttled += 1;
                return Behaviour::Throttled;
            }
            inner.last_taken = Some(now);
        }
        inner.behaviour
    }
}

async fn search(State(connect): State<SimulatedConnect>, headers: HeaderMap, body: String) -> Response {
    if !headers.contains_key("authorization") {
        return refusal(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        );
    }
    match connect.admit() {
        Behaviour::Normal => {}
        Behaviour::Refused => {
            return refusal(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "User is not authorized to perform: connect:SearchContacts",
            );
        }
        Behaviour::Throttled => {
            return refusal(
                StatusCode::TOO_MANY_REQUESTS,
                "ThrottlingException",
                "Rate exceeded",
            );
        }
        Behaviour::Malformed => return (StatusCode::OK, "<html>Welcome</html>").into_response(),
        Behaviour::Hanging => std::future::pending().await,
    }
    match serde_json::from_str::<Request>(&body) {
        Ok(request) => axum::Json(answer(&request, &connect.inner().contacts)).into_response(),
        Err(error) => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestException",
            &error.to_string(),
        ),
    }
}

async fn describe_user(
    State(connect): State<SimulatedConnect>,
    Path((instance, user)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !headers.contains_key("authorization") {
        return refusal(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        );
    }
    let mut inner = connect.inner();
    inner.name_requests += 1;
    if inner.names_throttled {
        return refusal(
            StatusCode::TOO_MANY_REQUESTS,
            "ThrottlingException",
            "Rate exceeded",
        );
    }
    let Some((first, last)) = inner.names.get(&user) else {
        return refusal(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            "The specified resource was not found",
        );
    };
    axum::Json(json!({"User": {
        "Id": user,
        "Arn": format!("arn:aws:connect:{REGION}:111122223333:instance/{instance}/agent/{user}"),
        "Username": user,
        "IdentityInfo": {"FirstName": first, "LastName": last},
    }}))
    .into_response()
}

fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (
        status,
        [("x-amzn-errortype", kind)],
        axum::Json(json!({"message": message})),
    )
        .into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(rename = "InstanceId")]
    _instance: String,
    time_range: TimeRange,
    search_criteria: Criteria,
    max_results: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeRange {
    #[serde(rename = "Type")]
    kind: String,
    start_time: f64,
    end_time: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Criteria {
    searchable_contact_attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    criteria: Vec<Criterion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Criterion {
    key: String,
    values: Vec<String>,
}

/// Newest first by the time of the range, as the request's sort asks.
fn answer(request: &Request, contacts: &[SearchableContact]) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit an f64 exactly")]
    let at = |contact: &SearchableContact| match request.time_range.kind.as_str() {
        "CONNECTED_TO_AGENT_TIMESTAMP" => contact.connected_to_agent_at.map(|at| at as f64),
        "DISCONNECT_TIMESTAMP" => contact.disconnected_at.map(|at| at as f64),
        _ => Some(contact.initiated_at as f64),
    };
    let range = request.time_range.start_time..=request.time_range.end_time;
    let mut found: Vec<_> = contacts
        .iter()
        .filter(|contact| at(contact).is_some_and(|at| range.contains(&at)))
        .filter(|contact| {
            request
                .search_criteria
                .searchable_contact_attributes
                .criteria
                .iter()
                .all(|criterion| {
                    contact
                        .attributes
                        .iter()
                        .any(|(key, value)| *key == criterion.key && criterion.values.contains(value))
                })
        })
        .collect();
    found.sort_by(|a, b| at(b).partial_cmp(&at(a)).unwrap_or(std::cmp::Ordering::Equal));
    let total = found.len();
    let contacts: Vec<_> = found.into_iter().take(request.max_results).map(summary).collect();
    json!({"Contacts": contacts, "TotalCount": total})
}

fn summary(contact: &SearchableContact) -> Value {
    let mut summary = json!({
        "Id": contact.id,
        "InitiationMethod": contact.initiation_method,
        "Channel": contact.channel,
        "InitiationTimestamp": contact.initiated_at,
    });
    let optional = [
        (
            "InitialContactId",
            contact.initial_contact_id.as_ref().map(|id| json!(id)),
        ),
        (
            "PreviousContactId",
            contact.previous_contact_id.as_ref().map(|id| json!(id)),
        ),
        ("DisconnectTimestamp", contact.disconnected_at.map(|at| json!(at))),
        ("QueueInfo", contact.queue_id.as_ref().map(|id| json!({"Id": id}))),
        (
            "AgentInfo",
            contact
                .agent_id
                .as_ref()
                .map(|id| json!({"Id": id, "ConnectedToAgentTimestamp": contact.connected_to_agent_at})),
        ),
    ];
    if let Value::Object(map) = &mut summary {
        map.extend(
            optional
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
    }
    summary
}
