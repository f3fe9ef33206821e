//! Calls that we place: both legs are called by a request of their own, and meet in the conference of the call.

use ringback_calls::{CallId, Leg};
use serde::Deserialize;
use serde_json::json;

use super::read;
use crate::answer::Answer;
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::Keys;

/// What A hears while B rings: a progress tone.
const RINGS: &str = "ring";

/// How long B may take to answer, in seconds. Sinch is not told, so it is what telephone networks allow.
pub(crate) const LONGEST_RING: u64 = 180;

const REGIONS: [&str; 5] = ["use1", "euc1", "sae1", "apse1", "apse2"];

/// The API, in the account's region.
fn api(keys: &Keys<'_>) -> Result<String, CannotAsk> {
    let host = match keys.settings.get("region") {
        None => "calling".to_owned(),
        Some(region) if REGIONS.contains(&region) => format!("calling-{region}"),
        Some(_) => {
            return Err(CannotAsk::Wrong {
                what: "region",
                problem: "is none of use1, euc1, sae1, apse1 and apse2",
            });
        }
    };
    Ok(format!("https://{host}.api.sinch.com/calling/v1"))
}

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    // A greeting would be spoken while B is already being called.
    if second.announcement.is_some() {
        return Err(CannotAsk::Unfit("an announcement"));
    }
    // Each call would have to bring a key to the owner's bucket along, and no account has one.
    if second.record {
        return Err(CannotAsk::Unfit("a recording"));
    }
    // A waits while B rings, and the two may talk as long as they were given.
    let whole = second.limit_seconds.saturating_add(LONGEST_RING);
    callout(call, Leg::A, [call.agent, call.agent_shown], whole, keys)
}

pub(super) fn second_leg(call: &NewCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    let numbers = [second.number, second.shown];
    callout(call, Leg::B, numbers, second.limit_seconds, keys)
}

fn callout(
    call: &NewCall<'_>,
    leg: Leg,
    [number, shown]: [&str; 2],
    seconds: u64,
    keys: &Keys<'_>,
) -> Result<Ask, CannotAsk> {
    let name = if leg == Leg::A { "A" } else { "B" };
    let body = json!({
        "method": "conferenceCallout",
        "conferenceCallout": {
            "cli": shown,
            "destination": {"type": "number", "endpoint": number},
            "conferenceId": call.call,
            "custom": format!("{}:{name}", call.call),
            "enableAce": true,
            "enableDice": true,
            "maxDuration": seconds,
            "mohClass": RINGS,
        },
    });
    let url = format!("{}/callouts", api(keys)?);
    let ask = Ask::with_body("POST", url, "application/json", body.to_string());
    identified(ask, keys)
}

fn identified(ask: Ask, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let (key, secret) = ask::user_and_password(keys)?;
    Ok(ask
        .with("accept", "application/json")
        .with("authorization", ask::basic(key, secret)))
}

/// The answer to a leg that was answered: it goes into the conference of its call.
pub(super) fn into_conference(call: &CallId, leg: Leg) -> Answer {
    let name = "connectConf";
    let action = match leg {
        Leg::A => json!({"name": name, "conferenceId": call, "moh": RINGS}),
        Leg::B => json!({"name": name, "conferenceId": call}),
    };
    Answer::document("application/json", json!({"action": action}).to_string())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    #[serde(deserialize_with = "json::text")]
    call_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    error_code: Option<String>,
}

/// A leg is a call to Sinch, and A's stands for the whole.
pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    match (answer.status, said) {
        (
            200..=299,
            Said {
                call_id: Some(id), ..
            },
        ) => Placing::Accepted(Accepted {
            carrier_call_id: Some(id.clone()),
            leg_a: Some(id),
            control: None,
        }),
        (200..=299, _) => Placing::Unsure,
        // Directed to a region, where the request was not sent: the account must name it. 301 and 302 are also what a server
        // says when it has done what it was asked.
        (307 | 308, _) => Placing::Refused(Refusing::new(Fault::Account, "redirected")),
        (status, Said { error_code, .. }) => match (Placing::of_status(status), error_code) {
            (Placing::Refused(refusing), Some(code)) => {
                Placing::Refused(Refusing::new(refusing.fault, &code))
            }
            (placing, _) => placing,
        },
    }
}

/// The legs whose ids are known, A first; A's is the call's.
fn legs<'a>(placed: &PlacedCall<'a>) -> impl Iterator<Item = (Leg, &'a str)> {
    let whole = PlacedCall {
        leg_a: placed.leg_a.or(placed.carrier_call_id),
        ..*placed
    };
    whole.legs()
}

const NO_ID: CannotAsk = CannotAsk::Unknown("its id of a leg");

pub(super) fn inquire(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Vec<Ask>, CannotAsk> {
    let api = api(keys)?;
    let asks: Vec<_> = legs(placed)
        .map(|(_, id)| identified(Ask::get(format!("{api}/calls/id/{}", ask::segment(id)?)), keys))
        .collect::<Result<_, _>>()?;
    if asks.is_empty() {
        return Err(NO_ID);
    }
    Ok(asks)
}

pub(super) fn inquired(
    placed: &PlacedCall<'_>,
    which: usize,
    answer: &Answered<'_>,
) -> Result<Inquired, Unreadable> {
    let (asked, id) = legs(placed).nth(which).unwrap_or((Leg::A, ""));
    if let Some(inquired) = Inquired::of_status(answer.status) {
        return Ok(inquired);
    }
    let event = read::polled(answer.json()?, id, asked)?;
    Ok(Inquired::Events(event.into_iter().collect()))
}

/// Everybody in the conference, where both legs are there; else the one that is, which may still ring.
///
/// A second leg that rings is in no conference yet, and a first one perhaps neither: who is told to end both then is to
/// name the first alone ([`PlacedCall::to_end`]), and the second once the first has ended.
pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let api = api(keys)?;
    let only = match (placed.leg_a, placed.leg_b) {
        (Some(_), Some(_)) => {
            let conference = ask::segment(placed.call.as_str())?;
            let everybody = Ask {
                method: "DELETE",
                ..Ask::get(format!("{api}/conferences/id/{conference}"))
            };
            return identified(everybody, keys);
        }
        (a, b) => a.or(b).or(placed.carrier_call_id).ok_or(NO_ID)?,
    };
    let url = format!("{api}/calls/id/{}", ask::segment(only)?);
    let body = r#"{"action":{"name":"hangup"}}"#;
    identified(Ask::with_body("PATCH", url, "application/json", body), keys)
}
