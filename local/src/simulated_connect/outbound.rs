//! Contacts that are started: `StartOutboundVoiceContact`, `StopContact`, `DescribeContact`. Nobody is rung; who was to be is written down.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{SimulatedConnect, refusal};

/// A contact that was started.
#[derive(Debug, Clone, PartialEq)]
pub struct StartedContact {
    /// Its id.
    pub id: String,
    /// What it was started with: the request's body.
    pub request: Value,
    /// How often it was asked for, with its `ClientToken`.
    pub asked: u32,
    /// Whether it was ended.
    pub stopped: bool,
}

/// How the next request for a contact is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundFault {
    /// It is refused: the status, and the exception's name.
    Refused(u16, &'static str),
    /// The contact is started, and the answer never comes.
    Hanging,
}

impl SimulatedConnect {
    /// What goes wrong with the next request for a contact.
    pub fn fail_outbound(&self, fault: OutboundFault) {
        self.inner().outbound_fault = Some(fault);
    }

    /// The contacts that were started.
    pub fn started(&self) -> Vec<StartedContact> {
        self.inner().started.clone()
    }

    /// Lets `DescribeContact` know a contact: its fields in Amazon Connect's names, times as seconds since 1970.
    pub fn describe_contact(&self, id: &str, contact: Value) {
        self.inner().described.insert(id.to_owned(), contact);
    }

    /// Starts a contact, or finds the one that was started with that token.
    fn start_contact(&self, request: Value) -> String {
        let mut inner = self.inner();
        let token = request.get("ClientToken").cloned();
        let known = |contact: &&mut StartedContact| contact.request.get("ClientToken") == token.as_ref();
        if let Some(contact) = inner.started.iter_mut().find(known) {
            contact.asked += 1;
            return contact.id.clone();
        }
        let id = format!("00000000-0000-4000-8000-{:012}", 900 + inner.started.len());
        inner.started.push(StartedContact {
            id: id.clone(),
            request,
            asked: 1,
            stopped: false,
        });
        id
    }
}

pub(super) async fn start(
    State(connect): State<SimulatedConnect>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let fault = connect.inner().outbound_fault.take();
    if let Some(OutboundFault::Refused(status, kind)) = fault {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        return refusal(status, kind, "made up by the simulation");
    }
    let Some(request) = read(&headers, &body) else {
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestException", "no request");
    };
    let needed = [
        "InstanceId",
        "ContactFlowId",
        "DestinationPhoneNumber",
        "ClientToken",
    ];
    let from = ["SourcePhoneNumber", "QueueId"];
    let has = |name: &&str| request.get(*name).is_some_and(Value::is_string);
    if !needed.iter().all(has) || !from.iter().any(has) {
        return refusal(
            StatusCode::BAD_REQUEST,
            "InvalidParameterException",
            "a parameter is missing",
        );
    }
    let id = connect.start_contact(request);
    if fault == Some(OutboundFault::Hanging) {
        std::future::pending::<()>().await;
    }
    axum::Json(json!({"ContactId": id})).into_response()
}

pub(super) async fn stop(
    State(connect): State<SimulatedConnect>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let id = read(&headers, &body).and_then(|request| request.get("ContactId").cloned());
    let mut inner = connect.inner();
    let known = |contact: &&mut StartedContact| id.as_ref().and_then(Value::as_str) == Some(&contact.id);
    let Some(contact) = inner.started.iter_mut().find(known) else {
        let kind = "ContactNotFoundException";
        return refusal(
            StatusCode::GONE,
            kind,
            "The contact with the specified ID is not active",
        );
    };
    contact.stopped = true;
    axum::Json(json!({})).into_response()
}

pub(super) async fn describe(
    State(connect): State<SimulatedConnect>,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    match connect.inner().described.get(&id) {
        Some(contact) => axum::Json(json!({"Contact": contact})).into_response(),
        None => refusal(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            "there is no such contact",
        ),
    }
}

fn read(headers: &HeaderMap, body: &str) -> Option<Value> {
    headers.get("authorization")?;
    serde_json::from_str(body).ok()
}
