//! Calls that Huawei places: both numbers in one request, and one session for both legs. `VoiceCall` cannot be asked what
//! became of a call; only its events and its records tell.

use std::ops::RangeInclusive;

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

/// Its limit is in whole minutes, no more than were asked for; but nought would be none.
fn minutes(limit_seconds: u64) -> u64 {
    (limit_seconds / 60).clamp(1, LONGEST)
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

/// What its documentation says of the codes with which it has begun no call. Those that it calls errors of its own or
/// time-outs (1010001, 1020002, 1023001, 1023002) may come after the call was begun, and so may those that nobody has listed.
const FAULTS: [(RangeInclusive<u32>, Fault); 14] = [
    (1_010_002..=1_010_002, Fault::Call),    // a parameter
    (1_010_003..=1_010_003, Fault::Account), // no such app
    (1_010_010..=1_010_010, Fault::Carrier), // the platform's flow control
    (1_010_011..=1_010_011, Fault::Account), // an app that may not be used commercially
    (1_010_013..=1_010_013, Fault::Account), // the signed time
    (1_010_021..=1_010_021, Fault::Account), // the app is not available
    (1_010_023..=1_010_023, Fault::Account), // the number to show
    (1_010_040..=1_010_040, Fault::Account), // the app may not use this API
    (1_012_006..=1_012_006, Fault::Account), // a service number that was not applied for
    (1_012_012..=1_012_012, Fault::Account), // the app records nothing
    (1_013_001..=1_013_003, Fault::Carrier), // calls of the developer, the app, the number to show
    (1_013_112..=1_013_119, Fault::Carrier), // how often numbers may be called, and numbers that are suspended
    (1_023_006..=1_023_012, Fault::Account), // `Authorization`
    (1_023_033..=1_023_035, Fault::Account), // `X-AKSK`
];

pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    match (answer.status, said.code.as_deref(), said.session_id) {
        (200..300, Some("0"), Some(session)) => Placing::Accepted(Accepted {
            carrier_call_id: Some(session),
            ..Accepted::default()
        }),
        (200..300 | 400..500, Some(code), None) => fault_of(code).map_or(Placing::Unsure, |fault| {
            Placing::Refused(Refusing::new(fault, code))
        }),
        (_, Some(_), _) => Placing::Unsure,
        (status, None, _) => Placing::of_status(status),
    }
}

fn fault_of(code: &str) -> Option<Fault> {
    let code = code.parse::<u32>().ok()?;
    let listed = FAULTS.into_iter().find(|(codes, _)| codes.contains(&code));
    listed.map(|(_, fault)| fault)
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
