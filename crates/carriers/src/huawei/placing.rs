//! Calls that Huawei places: both numbers in one request, and one session for both legs. `VoiceCall` cannot be asked what
//! became of a call; only its events and its records tell.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api;
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, HungUp, NewCall, PlacedCall, Placing, Refusing,
};
use crate::settings::Keys;

const PLACE: &str = "/rest/httpsessions/click2Call/v2.0";
const HANG_UP: &str = "/rest/httpsessions/callStop/v2.0";

/// A day, in minutes.
const LONGEST: u64 = 1440;

/// Its limit is in whole minutes, and nought would be none.
fn minutes(limit_seconds: u64) -> u64 {
    limit_seconds.div_ceil(60).clamp(1, LONGEST)
}

pub(super) fn longest(limit_seconds: u64) -> u64 {
    minutes(limit_seconds) * 60
}

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    if second.announcement.is_some() {
        // It plays files that were approved in its console, and no others.
        return Err(CannotAsk::Unfit("an announcement"));
    }
    let in_url = |byte: u8| byte.is_ascii_alphanumeric() || b"-:./".contains(&byte);
    if !second.events_url.bytes().all(in_url) {
        return Err(CannotAsk::Unfit(
            "a URL for events with other characters than letters, digits, -, :, . and /",
        ));
    }
    let events = BASE64_STANDARD.encode(second.events_url);
    let body = json!({
        "callerNbr": call.agent,
        "displayNbr": call.agent_shown,
        "calleeNbr": second.number,
        "displayCalleeNbr": second.shown,
        "maxDuration": minutes(second.limit_seconds),
        "recordFlag": if second.record { "true" } else { "false" },
        "statusUrl": events,
        "feeUrl": events,
        "partyTypeRequiredInDisconnect": "true",
        "userData": call.call.as_str(),
    });
    post(PLACE, call.call.as_str(), &body, keys, now)
}

pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let body = json!({"sessionid": placed.known_id()?, "signal": "call_stop"});
    post(HANG_UP, placed.call.as_str(), &body, keys, now)
}

fn post(path: &str, id: &str, body: &Value, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let mut url = api::base(keys)?;
    url.set_path(path);
    let token = api::token(id, keys, now)?;
    Ok(Ask::with_body("POST", url, api::JSON, body.to_string())
        .with("authorization", api::AUTHORIZATION)
        .with("x-aksk", token))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    #[serde(rename = "resultcode", deserialize_with = "json::text")]
    code: Option<String>,
    #[serde(deserialize_with = "json::text")]
    session_id: Option<String>,
}

pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    match (answer.status, said.code.as_deref(), said.session_id) {
        (200..300, Some("0"), Some(session)) => Placing::Accepted(Accepted {
            carrier_call_id: Some(session),
            ..Accepted::default()
        }),
        // It may have begun before it failed: "busy", "internal error", "no answer in time".
        (_, Some("0" | "1010001" | "1023001" | "1023002"), _) => Placing::Unsure,
        (200..500, Some(code), _) => match fault_of(code) {
            Some(fault) => Placing::Refused(Refusing::new(fault, code)),
            None => Placing::of_status(answer.status),
        },
        (status, ..) => Placing::of_status(status),
    }
}

/// The documentation lists them by their first digits: 1013 are limits of calls at once and a second, 1010002 and 1020002
/// parameters; the others are about the app, its numbers and its credentials.
fn fault_of(code: &str) -> Option<Fault> {
    match (code, code.get(..4)?) {
        ("1010002" | "1020002", _) => Some(Fault::Call),
        (_, "1013") => Some(Fault::Carrier),
        (_, "1010" | "1012" | "1016" | "1020" | "1023") => Some(Fault::Account),
        _ => None,
    }
}

/// That it fails for a call that is over is documented, and with which code is not.
pub(super) fn hung_up(answer: &Answered<'_>) -> HungUp {
    let said: Said = answer.json().unwrap_or_default();
    match (answer.status, said.code.as_deref()) {
        (200..300, Some("0")) => HungUp::Done,
        (200..500, Some(_)) => HungUp::Refused,
        (200..300, None) => HungUp::Unsure,
        (status, _) => HungUp::of_status(status),
    }
}
