//! Calls that we place: the carrier asks for the document that dials the second leg once the first has answered.

use form_urlencoded::Serializer;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::polled::State;
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::Keys;

/// A longer ring is refused.
const LONGEST_RING: u64 = 300;

/// The carrier's clock may be this far behind ours when legs are looked for.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// Neither a call nor BXML has a longest duration: the limit of the conversation is not the carrier's to keep.
pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let events = call.second.events_url;
    // Without it the carrier could neither ask for the document nor tell of the call's end, after the agent was rung.
    let (user, password) = call
        .second
        .credential
        .and_then(|both| both.split_once(':'))
        .ok_or(CannotAsk::Missing("a secret <user>:<password> for its webhook"))?;
    let body = json!({
        "to": call.agent,
        "from": call.agent_shown,
        "applicationId": ask::setting(keys, "applicationId")?,
        "answerUrl": events,
        "answerMethod": "POST",
        "disconnectUrl": events,
        "disconnectMethod": "POST",
        "username": user,
        "password": password,
        "callTimeout": call.agent_ring_seconds.clamp(1, LONGEST_RING),
        "tag": call.call.as_str(),
    });
    let ask = Ask::with_body("POST", calls(keys)?, "application/json", body.to_string());
    identified(ask, keys)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(rename = "callId", deserialize_with = "json::text")]
    call_id: Option<String>,
    /// `validation`.
    #[serde(rename = "type", deserialize_with = "json::text")]
    kind: Option<String>,
}

pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    let by_status = match answer.status {
        200..=299 => {
            return said.call_id.map_or(Placing::Unsure, |id| {
                Placing::Accepted(Accepted {
                    carrier_call_id: Some(id.clone()),
                    leg_a: Some(id),
                    control: None,
                })
            });
        }
        // The account is in the path.
        404 => Placing::Refused(Refusing::new(Fault::Account, "404")),
        status => Placing::of_status(status),
    };
    match (by_status, said.kind) {
        (Placing::Refused(refusing), Some(kind)) => Placing::Refused(Refusing::new(refusing.fault, &kind)),
        (by_status, _) => by_status,
    }
}

/// The first leg; and the second, or where the carrier has not told its id, the account's calls to the customer.
pub(super) fn inquire(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Vec<Ask>, CannotAsk> {
    let calls = calls(keys)?;
    let one = |id: &str| {
        let id = ask::segment(id)?;
        identified(Ask::get(format!("{calls}/{id}")), keys)
    };
    let mut asks = vec![one(placed.known_id()?)?];
    if let Some(second) = placed.leg_b {
        asks.push(one(second)?);
    } else if let Some(customer) = placed.customer {
        let since = placed.placed_at.checked_sub(CLOCKS);
        let since = since.unwrap_or(placed.placed_at);
        let query = Serializer::new(String::new())
            .append_pair("to", customer)
            .append_pair("minStartTime", &since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .finish();
        asks.push(identified(Ask::get(format!("{calls}?{query}")), keys)?);
    }
    Ok(asks)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<State>),
    One(Box<State>),
}

pub(super) fn inquired(
    placed: &PlacedCall<'_>,
    which: usize,
    answer: &Answered<'_>,
) -> Result<Inquired, Unreadable> {
    if let Some(inquired) = Inquired::of_status(answer.status) {
        return Ok(inquired);
    }
    let Ok(first) = placed.known_id() else {
        return Ok(Inquired::NotNow);
    };
    if which == 0 {
        let state: State = answer.json()?;
        if !state.is(first) {
            return Err(Unreadable::of_another_call("callId"));
        }
        return Ok(Inquired::Events(state.into_event().into_iter().collect()));
    }
    let states = match answer.json::<OneOrMore>()? {
        OneOrMore::More(states) => states,
        OneOrMore::One(state) => vec![*state],
    };
    let of_ours = states.into_iter().filter(|state| state.is_child_of(first));
    Ok(Inquired::found(of_ours.filter_map(State::into_event).collect()))
}

pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let id = ask::segment(placed.known_id()?)?;
    let url = format!("{}/{id}", calls(keys)?);
    let body = json!({"state": "completed"}).to_string();
    identified(Ask::with_body("POST", url, "application/json", body), keys)
}

pub(super) fn calls(keys: &Keys<'_>) -> Result<String, CannotAsk> {
    let account = ask::segment(ask::setting(keys, "accountId")?)?;
    Ok(format!(
        "https://voice.bandwidth.com/api/v2/accounts/{account}/calls"
    ))
}

pub(super) fn identified(ask: Ask, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    Ok(ask.with("authorization", super::recording::authorization(keys)?))
}
