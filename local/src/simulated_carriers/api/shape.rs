//! What a carrier's API looks like.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::call::{Call, Leg, Moment};
use super::{bandwidth, huawei, jiuyun, plivo, sinch, telnyx, twilio, vonage, voximplant};
use crate::sample_accounts::SampleAccount;
use crate::simulated_carriers::media::hosts::Asked;
use crate::stack::PUBLIC_BASE_URL;

/// A call that is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub(super) agent: Leg,
    /// None where the carrier asks for it, or is told, once the agent has answered.
    pub(super) customer: Option<Leg>,
    /// Where its events go.
    pub(super) events_url: String,
    /// Our id of it.
    pub(super) ours: String,
}

/// What is wanted of a carrier.
#[derive(Debug, Clone)]
pub(super) enum Want {
    /// A call.
    Place(Box<Order>),
    /// The customer's leg of the call of that number.
    Second(u64, Box<Leg>),
    /// The customer's leg of the call of that id of ours.
    SecondOf(String, Box<Leg>),
    /// To know what became of the call of that number.
    Inquire(u64),
    /// To know what became of all of them.
    InquireAll,
    /// The end of the call of that number.
    HangUp(u64),
    /// The end of the call of that id of ours.
    HangUpOf(String),
    /// Something about calls that this carrier does not take.
    Nonsense,
}

/// What a carrier answers.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Said {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: body.to_string(),
        }
    }

    pub(super) fn response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(CONTENT_TYPE, self.content_type)], self.body).into_response()
    }
}

/// What a carrier posts.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Post {
    pub(super) fn json(body: &Value) -> Self {
        Self {
            content_type: "application/json",
            body: body.to_string(),
        }
    }

    pub(super) fn form(fields: &[(&str, &str)]) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        Self {
            content_type: "application/x-www-form-urlencoded",
            body: body.finish(),
        }
    }
}

/// A carrier's API, from its documentation and from nothing of `crates/carriers`.
pub(super) trait Shape: Sync {
    /// The carrier's code.
    fn code(&self) -> &'static str;

    /// What a request wants; none where it is about no calls.
    fn want(&self, asked: &Asked) -> Option<Want>;

    /// That a call is placed.
    fn accepted(&self, call: &Call) -> Said;

    /// That the customer's leg is.
    fn second_accepted(&self, call: &Call) -> Said {
        self.accepted(call)
    }

    /// That it is not.
    fn refused(&self, status: u16) -> Said;

    /// That it is not, with the status of what is.
    fn error_inside(&self) -> Said;

    /// What became of a call.
    fn became(&self, call: &Call, asked: &Asked) -> Said;

    /// What became of all of its calls.
    fn all(&self, _calls: &[Call], _asked: &Asked) -> Said {
        self.refused(404)
    }

    /// That a call is ended.
    fn hung_up(&self, call: &Call) -> Said;

    /// What is posted when something happens.
    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post>;

    /// What is posted to be told whom to dial, once the agent has answered.
    fn question(&self, _call: &Call) -> Option<Post> {
        None
    }

    /// Whom that answer says to dial.
    fn connect(&self, _document: &str) -> Option<Leg> {
        None
    }
}

/// The API of a carrier; none of one that is asked for no calls here.
pub(super) fn shape_of(carrier: &str) -> Option<&'static dyn Shape> {
    let shapes: [&'static dyn Shape; 10] = [
        &twilio::TWILIO,
        &twilio::SIGNALWIRE,
        &telnyx::Telnyx,
        &vonage::Vonage,
        &plivo::Plivo,
        &jiuyun::Jiuyun,
        &huawei::Huawei,
        &voximplant::Voximplant,
        &bandwidth::Bandwidth,
        &sinch::Sinch,
    ];
    shapes.into_iter().find(|shape| shape.code() == carrier)
}

/// The id of a leg or a call in the form that most carriers have.
pub(super) fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// The number in an id that ends with twelve hexadecimal digits of it.
pub(super) fn number_in(id: &str) -> Option<u64> {
    let digits = id.get(id.len().checked_sub(12)?..)?;
    u64::from_str_radix(digits, 16).ok()
}

/// The URL of all events of the sample account, at carriers that have one for all calls.
pub(super) fn of_account(carrier: &str) -> Option<String> {
    let slug = SampleAccount::of(carrier)?.slug;
    Some(format!("{PUBLIC_BASE_URL}/carriers/{carrier}/{slug}/events"))
}
