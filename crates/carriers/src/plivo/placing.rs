//! Calls that we place: the carrier asks for the document that dials the second leg once the first has answered.

use std::fmt::Display;

use serde::Deserialize;
use serde_json::json;

use super::polled::{Finished, Live, Page};
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::Keys;

/// What the first leg may take beyond the second's ring and the conversation: an announcement. It is what ends a call whose
/// announcement never does.
const ANNOUNCEMENT: u64 = 120;

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    let events = second.events_url;
    let whole = second
        .limit_seconds
        .saturating_add(second.ring_seconds)
        .saturating_add(ANNOUNCEMENT);
    let body = json!({
        "from": call.agent_shown,
        "to": call.agent,
        "answer_url": events,
        "answer_method": "POST",
        "ring_url": events,
        "ring_method": "POST",
        "hangup_url": events,
        "hangup_method": "POST",
        "ring_timeout": call.agent_ring_seconds,
        "time_limit": whole,
    });
    let (url, authorization) = (url(keys, "")?, authorization(keys)?);
    let ask = Ask::with_body("POST", url, "application/json", body.to_string());
    Ok(ask.with("authorization", authorization))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "json::text")]
    request_uuid: Option<String>,
}

/// Errors have a sentence and no code.
pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    match answer.status {
        200..=299 => {
            let said: Said = answer.json().unwrap_or_default();
            said.request_uuid.map_or(Placing::Unsure, |id| {
                Placing::Accepted(Accepted {
                    carrier_call_id: Some(id.clone()),
                    // The request's id becomes the first leg's.
                    leg_a: Some(id),
                    control: None,
                })
            })
        }
        // The account is in the path.
        404 => Placing::Refused(Refusing::new(Fault::Account, "404")),
        status => Placing::of_status(status),
    }
}

/// The record of the first leg, which is written when it is over; those of the legs that it dialled; and the first leg
/// itself, as long as it lives.
pub(super) fn inquire(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Vec<Ask>, CannotAsk> {
    let id = ask::segment(placed.known_id()?)?;
    let authorization = authorization(keys)?;
    let get = |path: String| {
        let ask = Ask::get(url(keys, path)?);
        Ok(ask.with("authorization", &authorization))
    };
    [
        format!("{id}/"),
        format!("?parent_call_uuid={id}"),
        format!("{id}/?status=live"),
    ]
    .into_iter()
    .map(get)
    .collect()
}

pub(super) fn inquired(
    placed: &PlacedCall<'_>,
    which: usize,
    answer: &Answered<'_>,
) -> Result<Inquired, Unreadable> {
    // A call that goes on has no record yet, and one that is over does not live.
    if let Some(inquired) = Inquired::of_status(answer.status) {
        return Ok(inquired);
    }
    let Ok(first) = placed.known_id() else {
        return Ok(Inquired::NotNow);
    };
    Ok(match which {
        0 => {
            let finished: Finished = answer.json()?;
            if !finished.is(first) {
                return Err(Unreadable::of_another_call("call_uuid"));
            }
            Inquired::Events(finished.events(first, placed))
        }
        1 => {
            let page: Page = answer.json()?;
            let legs = page.objects.iter().filter(|leg| leg.is_child_of(first));
            Inquired::found(legs.flat_map(|leg| leg.events(first, placed)).collect())
        }
        _ => {
            let live: Live = answer.json()?;
            if !live.is(first) {
                return Err(Unreadable::of_another_call("call_uuid"));
            }
            Inquired::Events(live.events(first))
        }
    })
}

pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let id = ask::segment(placed.known_id()?)?;
    let ask = Ask {
        method: "DELETE",
        ..Ask::get(url(keys, format_args!("{id}/"))?)
    };
    Ok(ask.with("authorization", authorization(keys)?))
}

fn url(keys: &Keys<'_>, path: impl Display) -> Result<String, CannotAsk> {
    let account = ask::segment(ask::setting(keys, "authId")?)?;
    Ok(format!("https://api.plivo.com/v1/Account/{account}/Call/{path}"))
}

fn authorization(keys: &Keys<'_>) -> Result<String, CannotAsk> {
    Ok(super::recording::authorization(keys)?)
}
