//! Calls that we place: one request holds the NCCO that puts A through to B.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{application, document, read};
use crate::json;
use crate::placing::{Accepted, Answered, Ask, CannotAsk, Inquired, NewCall, PlacedCall, Placing, Refusing};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::Keys;

const CALLS: &str = "https://api.nexmo.com/v1/calls";

/// What a call takes, in seconds.
const LONGEST_RING: u64 = 120;
const LONGEST_CALL: u64 = 7200;

/// What A's leg may take beyond B's ring and the conversation, in seconds: an announcement.
const ANNOUNCEMENT: u64 = 120;

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    let whole = document::longest(second.limit_seconds) + second.ring_seconds + ANNOUNCEMENT;
    let body = json!({
        "to": [{"type": "phone", "number": document::digits(call.agent)}],
        "from": {"type": "phone", "number": document::digits(call.agent_shown)},
        "ringing_timer": call.agent_ring_seconds.clamp(1, LONGEST_RING),
        "length_timer": whole.min(LONGEST_CALL),
        "event_url": [second.events_url],
        "event_method": "POST",
        "ncco": document::actions(second),
    });
    let ask = Ask::with_body("POST", CALLS, "application/json", body.to_string());
    identified(ask, call.call.as_str(), keys, now)
}

fn identified(ask: Ask, about: &str, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let authorization = application::authorization(keys, about, now)?;
    Ok(ask
        .with("accept", "application/json")
        .with("authorization", authorization))
}

/// The answer to a new call; of an error `type` names it, as a word or as a URL whose end is the word.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "json::text")]
    uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    conversation_uuid: Option<String>,
    #[serde(rename = "type", deserialize_with = "json::text")]
    kind: Option<String>,
}

pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    match (answer.status, said) {
        (
            200..=299,
            Said {
                uuid: Some(leg),
                conversation_uuid,
                ..
            },
        ) => Placing::Accepted(Accepted {
            carrier_call_id: conversation_uuid,
            leg_a: Some(leg),
            control: None,
        }),
        (200..=299, _) => Placing::Unsure,
        (status, Said { kind, .. }) => match (Placing::of_status(status), kind) {
            (Placing::Refused(refusing), Some(kind)) => {
                let word = kind.rsplit(['/', '#']).next().unwrap_or_default();
                Placing::Refused(Refusing::new(refusing.fault, word))
            }
            (placing, _) => placing,
        },
    }
}

/// Both legs are in one conversation; without its id, what A's leg says of itself.
pub(super) fn inquire(
    placed: &PlacedCall<'_>,
    keys: &Keys<'_>,
    now: Timestamp,
) -> Result<Vec<Ask>, CannotAsk> {
    let url = match (placed.carrier_call_id, placed.leg_a) {
        (Some(conversation), _) => format!("{CALLS}?conversation_uuid={}", ask::segment(conversation)?),
        (None, Some(leg)) => format!("{CALLS}/{}", ask::segment(leg)?),
        (None, None) => return Err(CannotAsk::Unknown("its id of the call")),
    };
    Ok(vec![identified(Ask::get(url), placed.call.as_str(), keys, now)?])
}

/// A page of legs, or one leg.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    #[serde(rename = "_embedded")]
    embedded: Option<Embedded>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Embedded {
    calls: Vec<Value>,
}

pub(super) fn inquired(placed: &PlacedCall<'_>, answer: &Answered<'_>) -> Result<Inquired, Unreadable> {
    if let Some(inquired) = Inquired::of_status(answer.status) {
        return Ok(inquired);
    }
    let page: Page = answer.json()?;
    let legs = match page.embedded {
        Some(embedded) => embedded.calls,
        None => vec![answer.json()?],
    };
    if legs.is_empty() {
        return Ok(Inquired::NoSuchCall);
    }
    let events = legs
        .into_iter()
        .map(|leg| read::leg(leg, placed))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Inquired::Events(events.into_iter().flatten().collect()))
}

/// A's leg, with which B's ends.
pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let leg = placed
        .leg_a
        .ok_or(CannotAsk::Unknown("its id of the agent's leg"))?;
    let url = format!("{CALLS}/{}", ask::segment(leg)?);
    let ask = Ask::with_body("PUT", url, "application/json", r#"{"action":"hangup"}"#);
    identified(ask, placed.call.as_str(), keys, now)
}
