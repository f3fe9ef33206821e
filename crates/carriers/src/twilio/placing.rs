//! Calls that we place, in Twilio's language: one request holds the document that dials the second leg, so nothing is
//! asked of us once the first has answered.

use std::fmt::Display;

use form_urlencoded::Serializer;
use serde::Deserialize;

use super::document::{self, LONGEST_RING};
use super::polled::{Page, Resource};
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, HungUp, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;

/// A longer document is refused.
const LONGEST_DOCUMENT: usize = 4000;

/// How long a call may last where nobody set another limit, in seconds; more may be refused.
const LONGEST_CALL: u64 = 14_400;

/// What the first leg may take beyond the second's ring and the conversation: an announcement. It is what ends a call whose
/// announcement never does.
const ANNOUNCEMENT: u64 = 120;

/// The steps of a leg that are told, each in a parameter of its own.
const STEPS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

const FORM: &str = "application/x-www-form-urlencoded";

/// An account at an API of this language.
pub(crate) struct Api {
    /// The URL of the account, without a slash at its end.
    pub(crate) account: String,
    /// The header `authorization`.
    pub(crate) authorization: String,
}

impl Api {
    pub(crate) fn place(&self, call: &NewCall<'_>) -> Result<Ask, CannotAsk> {
        let document = document::connect(&call.second).body;
        if document.chars().count() > LONGEST_DOCUMENT {
            return Err(CannotAsk::Unfit("a document of more than 4000 characters"));
        }
        let events = call.second.events_url;
        let mut form = Serializer::new(String::new());
        form.append_pair("To", call.agent)
            .append_pair("From", call.agent_shown)
            .append_pair("Timeout", &call.agent_ring_seconds.min(LONGEST_RING).to_string())
            .append_pair("TimeLimit", &time_limit(call).to_string())
            .append_pair("StatusCallback", events)
            .append_pair("StatusCallbackMethod", "POST");
        for step in STEPS {
            form.append_pair("StatusCallbackEvent", step);
        }
        form.append_pair("Twiml", &document);
        Ok(self.post("Calls.json", form.finish()))
    }

    /// The first leg, and the legs that its document dialled.
    pub(crate) fn inquire(&self, placed: &PlacedCall<'_>) -> Result<Vec<Ask>, CannotAsk> {
        let id = ask::segment(placed.known_id()?)?;
        Ok(vec![
            self.get(format_args!("Calls/{id}.json")),
            self.get(format_args!("Calls.json?ParentCallSid={id}")),
        ])
    }

    /// `completed` ends a call in every state, also one that still waits or rings.
    pub(crate) fn hang_up(&self, placed: &PlacedCall<'_>) -> Result<Ask, CannotAsk> {
        let id = ask::segment(placed.known_id()?)?;
        Ok(self.post(format_args!("Calls/{id}.json"), "Status=completed"))
    }

    pub(super) fn get(&self, path: impl Display) -> Ask {
        Ask::get(format!("{}/{path}", self.account)).with("authorization", &self.authorization)
    }

    fn post(&self, path: impl Display, body: impl Into<String>) -> Ask {
        Ask::with_body("POST", format!("{}/{path}", self.account), FORM, body)
            .with("authorization", &self.authorization)
    }
}

/// The limit of the conversation is the document's; the whole call may take the second leg's ring longer.
fn time_limit(call: &NewCall<'_>) -> u64 {
    let limit = call.second.limit_seconds;
    let whole = limit
        .saturating_add(call.second.ring_seconds)
        .saturating_add(ANNOUNCEMENT);
    whole.min(LONGEST_CALL.max(limit))
}

/// What an answer says first: an id, or a code of an error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "json::text")]
    sid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    code: Option<String>,
}

pub(crate) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    if (200..300).contains(&answer.status) {
        return match said.sid {
            Some(id) => Placing::Accepted(Accepted {
                carrier_call_id: Some(id.clone()),
                leg_a: Some(id),
                control: None,
            }),
            None => Placing::Unsure,
        };
    }
    // The account is in the path.
    let by_status = match answer.status {
        404 => Placing::Refused(Refusing::new(Fault::Account, "404")),
        status => Placing::of_status(status),
    };
    match (by_status, said.code) {
        // "Call already initiated".
        (Placing::Refused(_), Some(code)) if code == "21204" => Placing::Unsure,
        (Placing::Refused(refusing), Some(code)) => {
            let fault = fault_of(&code).unwrap_or(refusing.fault);
            Placing::Refused(Refusing::new(fault, &code))
        }
        (by_status, _) => by_status,
    }
}

/// Whose fault an error is, by its code (www.twilio.com/docs/api/errors); none where the status says it as well.
fn fault_of(code: &str) -> Option<Fault> {
    Some(match code {
        // Too many calls at once, too many requests.
        "10004" | "20429" => Fault::Carrier,
        // Not active, a trial, wrong credentials; a number that the account may not show, or has not verified.
        "10001" | "10002" | "20003" | "20005" | "20006" | "20008" | "20404" => Fault::Account,
        "21203" | "21210" | "21212" | "21213" | "21219" => Fault::Account,
        // A number that nobody can call, or a country to which this account's calls are not allowed: its other calls are.
        "21211" | "21214" | "21215" | "21216" | "21217" => Fault::Call,
        _ => return None,
    })
}

pub(crate) fn inquired(
    carrier: &str,
    placed: &PlacedCall<'_>,
    which: usize,
    answer: &Answered<'_>,
) -> Result<Inquired, Unreadable> {
    if let Some(inquired) = Inquired::of_status(answer.status) {
        return Ok(inquired);
    }
    let id = placed.known_id().ok();
    if which == 0 {
        let first: Resource = answer.json()?;
        if first.sid.as_deref() != id {
            return Err(Unreadable::of_another_call("sid"));
        }
        return Ok(Inquired::Events(first.events(carrier)));
    }
    let page: Page = answer.json()?;
    let of_ours = |leg: &&Resource| leg.parent_call_sid.as_deref() == id;
    let legs = page.calls.iter().filter(of_ours);
    Ok(Inquired::found(
        legs.flat_map(|leg| leg.events(carrier)).collect(),
    ))
}

pub(crate) fn hung_up(answer: &Answered<'_>) -> HungUp {
    let said: Said = answer.json().unwrap_or_default();
    match (answer.status, said.code.as_deref()) {
        // "Call is not in-progress".
        (400, Some("21220")) => HungUp::Over,
        (status, _) => HungUp::of_status(status),
    }
}
