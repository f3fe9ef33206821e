//! Calls that Jiuyun places: both numbers in one request, and one id for both legs. Its documents are from 2016 to 2018.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallEvent, EventId};
use serde_json::{Map, Value, json};

use super::{Notice, auth};
use crate::content;
use crate::national::national;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, HungUp, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::{Keys, Settings};

const ACCOUNTS: &str = "https://api.33e9cloud.com/2016-01-01/Accounts";

const JSON: &str = "application/json;charset=utf-8";

/// Eight hours.
const LONGEST: u64 = 28_800;

const DONE: &str = "000000";

/// Whose fault the codes of its list are; those that are not in it, and those between that nobody explains, may come after
/// the call was begun.
const FAULTS: [(&str, Fault); 13] = [
    ("900098", Fault::Call),    // a parameter
    ("900109", Fault::Account), // the time
    ("900110", Fault::Account), // no such account
    ("900111", Fault::Account), // the signature
    ("900113", Fault::Account), // no app id
    ("900115", Fault::Account), // the app has no URL for events
    ("900117", Fault::Account), // arrears
    ("900201", Fault::Call),    // `from`
    ("900203", Fault::Call),    // `to`
    ("900209", Fault::Call),    // the limit
    ("900220", Fault::Call),    // the blacklist
    ("900221", Fault::Call),    // the blacklist
    ("900224", Fault::Carrier), // too many requests
];

pub(super) fn longest(limit_seconds: u64) -> u64 {
    limit_seconds.min(LONGEST)
}

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    if call.second.announcement.is_some() {
        return Err(CannotAsk::Unfit("an announcement"));
    }
    let code = keys.settings.get("countryCode").unwrap_or("86");
    let number = |number| national(number, code);
    let body = json!({"callback": {
        "appId": ask::setting(keys, "appId")?,
        "from": number(call.agent),
        "to": number(call.second.number),
        "fromSerNum": [number(call.agent_shown)],
        "toSerNum": [number(call.second.shown)],
        "needRecord": if call.second.record { "1" } else { "0" },
        "userData": call.call.as_str(),
        "maxCallTime": longest(call.second.limit_seconds).to_string(),
    }});
    post("Calls/callBack", &body, keys, now)
}

/// The record of the call, which is there some seconds after its end, and for 48 hours.
pub(super) fn inquire(
    placed: &PlacedCall<'_>,
    keys: &Keys<'_>,
    now: Timestamp,
) -> Result<Vec<Ask>, CannotAsk> {
    let body = json!({"req": {"callId": placed.known_id()?, "type": 1}});
    Ok(vec![post("Records/query", &body, keys, now)?])
}

pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let body = json!({"req": {"appId": ask::setting(keys, "appId")?, "callId": placed.known_id()?}});
    post("Calls/CancelCallback", &body, keys, now)
}

/// The time is Beijing's.
fn post(path: &str, body: &Value, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
    let account = ask::setting(keys, "accountSid")?;
    let secret = ask::api_secret(keys)?;
    let beijing = now.checked_add(SignedDuration::from_hours(8)).unwrap_or(now);
    let timestamp = beijing.strftime("%Y%m%d%H%M%S").to_string();
    let signature = auth::request_signature(account, secret, &timestamp);
    let url = format!("{ACCOUNTS}/{}/{path}?sig={signature}", ask::segment(account)?);
    Ok(Ask::with_body("POST", url, JSON, body.to_string())
        .with("accept", JSON)
        .with("authorization", auth::authorization(account, &timestamp)))
}

fn document(answer: &Answered<'_>) -> Result<Value, Unreadable> {
    answer.json()
}

/// A field of the answer, as text.
fn said(document: &Value, field: &str) -> Option<String> {
    match scalar(document.get("resp")?.get(field)?) {
        Value::String(text) => Some(text),
        _ => None,
    }
}

pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    let document = document(answer).unwrap_or_default();
    let Some(code) = said(&document, "statusCode") else {
        return Placing::of_status(answer.status);
    };
    match (answer.status, said(&document, "callId")) {
        (200..300, Some(id)) if code == DONE => Placing::Accepted(Accepted {
            carrier_call_id: Some(id),
            ..Accepted::default()
        }),
        (200..300 | 400..500, None) => fault_of(&code).map_or(Placing::Unsure, |fault| {
            Placing::Refused(Refusing::new(fault, &code))
        }),
        _ => Placing::Unsure,
    }
}

fn fault_of(code: &str) -> Option<Fault> {
    let listed = FAULTS.into_iter().find(|(known, _)| *known == code);
    listed.map(|(_, fault)| fault)
}

pub(super) fn inquired(placed: &PlacedCall<'_>, answer: &Answered<'_>) -> Result<Inquired, Unreadable> {
    if !(200..300).contains(&answer.status) {
        return Ok(Inquired::NotNow);
    }
    let document = document(answer)?;
    match said(&document, "statusCode").as_deref() {
        Some(DONE) => {}
        // Older than 48 hours.
        Some("900219") => return Ok(Inquired::NoSuchCall),
        // Whether "wrong id" is what it says of a call that goes on is not documented.
        _ => return Ok(Inquired::NotNow),
    }
    let record = document.get("resp").and_then(|resp| resp.get("callNotify"));
    let Some(Value::Object(fields)) = record else {
        return Ok(Inquired::Events(Vec::new()));
    };
    let notice = Notice(Value::Object(fields.iter().map(normal).collect::<Map<_, _>>()));
    if notice.text("byeType")?.is_none() {
        return Ok(Inquired::Events(Vec::new()));
    }
    notice.record(placed, content::id("e9", &Value::Object(fields.clone())))
}

fn normal((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), scalar(value))
}

/// In XML everything is text, and nothing is null; here a number may be one.
fn scalar(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.trim() {
            "" => Value::Null,
            text => Value::from(text),
        },
        Value::Number(number) => Value::from(number.to_string()),
        Value::Bool(yes) => Value::from(yes.to_string()),
        other => other.clone(),
    }
}

impl Notice {
    /// The record as the last notice has it. Its numbers are left out: how they are to be read is a setting, and whoever
    /// placed the call knows them.
    fn record(&self, placed: &PlacedCall<'_>, id: EventId) -> Result<Inquired, Unreadable> {
        let known = placed.known_id().ok();
        let call = self
            .text("callId")?
            .or(known)
            .ok_or_else(|| Unreadable::missing("callId"))?;
        if known.is_some_and(|known| known != call) {
            return Err(Unreadable::Field {
                field: "resp.callNotify.callId".to_owned(),
                problem: "is another call's",
            });
        }
        let mut facts = self.facts(call, &Settings::default())?;
        (facts.a.number, facts.b.number) = (None, None);
        let event = self.event("Hangup", call, facts)?;
        Ok(Inquired::Events(vec![CallEvent { id, ..event }]))
    }
}

pub(super) fn hung_up(answer: &Answered<'_>) -> HungUp {
    let document = document(answer).unwrap_or_default();
    let code = said(&document, "statusCode");
    match (answer.status, code.as_deref()) {
        (200..300, Some(DONE)) => HungUp::Done,
        // No such call.
        (_, Some("900217")) => HungUp::Over,
        (_, Some(code)) if fault_of(code).is_some() => HungUp::Refused,
        (200..300, _) => HungUp::Unsure,
        (status, _) => HungUp::of_status(status),
    }
}
