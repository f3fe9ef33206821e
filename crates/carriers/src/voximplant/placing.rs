//! Calls that Voximplant places: the scenario is started with everything that it needs, and whoever has the URL of its
//! session commands it.

use form_urlencoded::Serializer;
use jiff::{SignedDuration, Timestamp};
use ringback_calls::Announcement;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{history, token};
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::Keys;

const API: &str = "https://api.voximplant.com/platform_api";

const FORM: &str = "application/x-www-form-urlencoded";

/// How far its clock and ours may be apart, and how long a session may wait for its start, in minutes.
const AROUND: i64 = 10;

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    let mut order = json!({
        "call_id": call.call.as_str(),
        "url": second.events_url,
        "a": call.agent,
        "b": second.number,
        "a_shown": call.agent_shown,
        "b_shown": second.shown,
        "a_ring_seconds": call.agent_ring_seconds,
        "ring_seconds": second.ring_seconds,
        "max_seconds": second.limit_seconds,
        "record": second.record,
    });
    if let (Some(announcement), Some(order)) = (second.announcement, order.as_object_mut()) {
        let announcement = match announcement {
            Announcement::Url(url) => json!({"url": url}),
            Announcement::Text(text) => json!({"text": text}),
        };
        order.insert("announcement".to_owned(), announcement);
    }
    let rule = ask::setting(keys, "ruleId")?;
    let fields = [("rule_id", rule), ("script_custom_data", &order.to_string())];
    post("StartScenarios", fields, keys, now)
}

/// The session by its id, or else those that called the agent about that time: ours is the one with our id.
pub(super) fn inquire(
    placed: &PlacedCall<'_>,
    keys: &Keys<'_>,
    now: Timestamp,
) -> Result<Vec<Ask>, CannotAsk> {
    let around = |minutes| {
        let at = placed.placed_at.checked_add(SignedDuration::from_mins(minutes));
        at.unwrap_or(placed.placed_at)
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    };
    let (name, value) = match (placed.carrier_call_id, placed.agent) {
        (Some(session), _) => ("call_session_history_id", session),
        (None, Some(agent)) => ("remote_number", agent.trim_start_matches('+')),
        (None, None) => return Err(CannotAsk::Unknown("its id of the call")),
    };
    let fields = [
        ("from_date", around(-AROUND)),
        ("to_date", around(AROUND)),
        (name, value.to_owned()),
        ("with_calls", "true".to_owned()),
        ("with_records", "true".to_owned()),
    ];
    let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
    Ok(vec![post("GetCallHistory", fields, keys, now)?])
}

/// The scenario ends on whatever comes to its session's URL.
pub(super) fn hang_up(placed: &PlacedCall<'_>) -> Result<Ask, CannotAsk> {
    let url = placed.control.filter(|url| is_control(url));
    let url = url.ok_or(CannotAsk::Unknown("the URL for commands"))?;
    Ok(Ask::with_body(
        "POST",
        url,
        "application/json",
        r#"{"command":"hang_up"}"#,
    ))
}

fn post<'a>(
    command: &str,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    keys: &Keys<'_>,
    now: Timestamp,
) -> Result<Ask, CannotAsk> {
    let authorization = token::authorization(keys, now)?;
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let url = format!("{API}/{command}/");
    Ok(Ask::with_body("POST", url, FORM, form).with("authorization", authorization))
}

/// Whether commands may be sent there: a host of Voximplant's, whatever its port, over TLS.
pub(super) fn is_control(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let nobody = url.username().is_empty() && url.password().is_none();
    let host = url.domain().unwrap_or_default();
    url.scheme() == "https" && nobody && host.ends_with(".voximplant.com")
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "json::whole")]
    result: Option<u64>,
    media_session_access_secure_url: Option<String>,
    #[serde(deserialize_with = "json::text")]
    call_session_history_id: Option<String>,
    error: Option<Problem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "json::text")]
    code: Option<String>,
}

/// The one code of which the documentation says what it means: there are as many requests of this kind as there may be.
const TOO_MANY: &str = "429";

/// Errors come with status 200 and a code. No list says what each means and whether a session had begun by then, so all but
/// one leave it open: a call that may have been begun must not be begun elsewhere.
pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let said: Said = answer.json().unwrap_or_default();
    if !(200..300).contains(&answer.status) {
        return Placing::of_status(answer.status);
    }
    match (said.result, said.call_session_history_id, said.error) {
        (Some(1), Some(session), None) => Placing::Accepted(Accepted {
            carrier_call_id: Some(session),
            leg_a: None,
            control: said.media_session_access_secure_url.filter(|url| is_control(url)),
        }),
        (None | Some(0), None, Some(Problem { code: Some(code) })) if code == TOO_MANY => {
            Placing::Refused(Refusing::new(Fault::Carrier, &code))
        }
        _ => Placing::Unsure,
    }
}

pub(super) fn inquired(placed: &PlacedCall<'_>, answer: &Answered<'_>) -> Result<Inquired, Unreadable> {
    if !(200..300).contains(&answer.status) {
        return Ok(Inquired::NotNow);
    }
    history::read(placed, &answer.json()?)
}
