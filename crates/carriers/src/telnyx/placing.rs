//! Calls that Call Control places: A at our request, and B at another one, once A has answered.

use std::ops::RangeInclusive;

use ringback_calls::{CallEvent, Cause, Class, EventId, Evidence, Kind, Leg, When};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call_control::State;
use super::texml::longest;
use crate::json;
use crate::placing::{
    Accepted, Answered, Ask, CannotAsk, Fault, HungUp, Inquired, NewCall, PlacedCall, Placing, Refusing,
};
use crate::reading::Unreadable;
use crate::recording::ask;
use crate::settings::Keys;
use crate::times;

const CALLS: &str = "https://api.telnyx.com/v2/calls";

/// What Call Control takes, in seconds.
const RING: RangeInclusive<u64> = 5..=600;
const LONGEST_LEG: u64 = 14_400;

/// "Call has already ended".
const ENDED: &str = "90018";

/// The request that dials a leg.
#[derive(Default, Serialize)]
struct Dial<'a> {
    connection_id: &'a str,
    to: &'a str,
    from: &'a str,
    timeout_secs: u64,
    time_limit_secs: u64,
    webhook_url: &'a str,
    webhook_url_method: &'a str,
    client_state: String,
    command_id: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    linked: Option<Linked<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    recorded: Option<Recorded>,
}

/// A leg that is bridged to another as soon as it is answered. `bridge_intent` is left out: it would show B the number that
/// A was shown, whatever `from` says.
#[derive(Serialize)]
struct Linked<'a> {
    link_to: &'a str,
    bridge_on_answer: bool,
    prevent_double_bridge: bool,
}

#[derive(Serialize)]
struct Recorded {
    record: &'static str,
    record_channels: &'static str,
    record_format: &'static str,
}

pub(super) fn place(call: &NewCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    // B would have to wait for its end, which Telnyx tells in an event of its own.
    if call.second.announcement.is_some() {
        return Err(CannotAsk::Unfit("an announcement"));
    }
    let second = &call.second;
    // A waits while B rings, and the two may talk as long as they were given.
    let whole = longest(second.limit_seconds) + ring(second.ring_seconds);
    let dial = Dial {
        to: call.agent,
        from: call.agent_shown,
        timeout_secs: ring(call.agent_ring_seconds),
        time_limit_secs: whole.min(LONGEST_LEG),
        ..Dial::of(call, Leg::A, keys)?
    };
    dial.ask(keys)
}

pub(super) fn second_leg(call: &NewCall<'_>, agent_leg: &str, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let second = &call.second;
    let recorded = Recorded {
        record: "record-from-answer",
        record_channels: "dual",
        record_format: "mp3",
    };
    let dial = Dial {
        to: second.number,
        from: second.shown,
        timeout_secs: ring(second.ring_seconds),
        time_limit_secs: longest(second.limit_seconds),
        linked: Some(Linked {
            link_to: agent_leg,
            bridge_on_answer: true,
            prevent_double_bridge: true,
        }),
        recorded: second.record.then_some(recorded),
        ..Dial::of(call, Leg::B, keys)?
    };
    dial.ask(keys)
}

fn ring(seconds: u64) -> u64 {
    seconds.clamp(*RING.start(), *RING.end())
}

impl<'a> Dial<'a> {
    /// What both legs have in common. For a minute the same `command_id` again dials nobody.
    fn of(call: &NewCall<'a>, leg: Leg, keys: &Keys<'a>) -> Result<Self, CannotAsk> {
        Ok(Self {
            connection_id: ask::setting(keys, "connectionId")?,
            webhook_url: call.second.events_url,
            webhook_url_method: "POST",
            client_state: State::text(call.call, leg),
            command_id: command_id(call, leg),
            ..Self::default()
        })
    }

    fn ask(&self, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
        let body = json!(self).to_string();
        identified(Ask::with_body("POST", CALLS, "application/json", body), keys)
    }
}

/// A UUID, as Telnyx' own examples are: of the call and the leg, so that it is the same however often we ask.
fn command_id(call: &NewCall<'_>, leg: Leg) -> String {
    let leg = if leg == Leg::A { "A" } else { "B" };
    let digits = EventId::of(&["tx", "dial", call.call.as_str(), leg]);
    let part = |range| digits.as_str().get(range).unwrap_or_default();
    let parts = [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)];
    parts.join("-")
}

fn identified(ask: Ask, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let authorization = ask::bearer(ask::api_secret(keys)?);
    Ok(ask
        .with("accept", "application/json")
        .with("authorization", authorization))
}

#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    #[serde(deserialize_with = "json::text")]
    call_control_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    call_session_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    client_state: Option<String>,
    is_alive: Option<bool>,
    #[serde(deserialize_with = "json::text")]
    start_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    end_time: Option<String>,
}

pub(super) fn placed(answer: &Answered<'_>) -> Placing {
    if !(200..300).contains(&answer.status) {
        return refused(answer);
    }
    match answer.json().map(|Envelope { data }| data) {
        Ok(Data {
            call_control_id: Some(leg),
            call_session_id,
            ..
        }) => Placing::Accepted(Accepted {
            carrier_call_id: call_session_id,
            leg_a: Some(leg),
            control: None,
        }),
        _ => Placing::Unsure,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Errors {
    errors: Vec<Problem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "json::text")]
    code: Option<String>,
    #[serde(deserialize_with = "json::text")]
    title: Option<String>,
    #[serde(deserialize_with = "json::text")]
    detail: Option<String>,
    source: Option<Source>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    #[serde(deserialize_with = "json::text")]
    pointer: Option<String>,
}

impl Problem {
    fn first(answer: &Answered<'_>) -> Option<Self> {
        let said: Errors = answer.json().ok()?;
        said.errors.into_iter().next()
    }

    /// Whose fault it is, where the HTTP status does not tell: the field that is wrong, or the code of Telnyx' own (`D13`)
    /// that stands in the text.
    fn fault(&self) -> Option<Fault> {
        let pointer = self.source.as_ref().and_then(|source| source.pointer.as_deref());
        if pointer.is_some_and(|pointer| pointer.ends_with("/connection_id") || pointer.ends_with("/from")) {
            return Some(Fault::Account);
        }
        let words = [&self.detail, &self.title].into_iter().flatten();
        let mut words = words.flat_map(|text| text.split(|char: char| !char.is_ascii_alphanumeric()));
        words.find_map(|word| match word {
            // As many calls at once as the account, the profile or the connection may have.
            "D1" | "D2" | "D3" | "D22" => Some(Fault::Carrier),
            // The number is none, or in a country or a plan that the account does not call.
            "D11" | "D12" | "D13" => Some(Fault::Call),
            _ => None,
        })
    }
}

fn refused(answer: &Answered<'_>) -> Placing {
    let placing = Placing::of_status(answer.status);
    match (placing, Problem::first(answer)) {
        (Placing::Refused(refusing), Some(problem)) => {
            let fault = problem.fault().unwrap_or(refusing.fault);
            Placing::Refused(Refusing::new(fault, &problem.code.unwrap_or(refusing.word)))
        }
        (placing, _) => placing,
    }
}

const NO_ID: CannotAsk = CannotAsk::Unknown("its id of a leg");

pub(super) fn inquire(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Vec<Ask>, CannotAsk> {
    let asks: Vec<_> = placed
        .legs()
        .map(|(_, id)| identified(Ask::get(format!("{CALLS}/{}", ask::segment(id)?)), keys))
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
    let (asked, id) = placed.legs().nth(which).unwrap_or((Leg::A, ""));
    if let Some(inquired) = Inquired::of_status(answer.status) {
        return Ok(inquired);
    }
    let Envelope { data } = answer.json()?;
    let state = data.client_state.as_deref().and_then(State::read);
    let leg = state.map_or(asked, |state| state.leg);
    Ok(Inquired::Events(ended(leg, id, &data).into_iter().collect()))
}

/// The end of a leg; none while it lives. A leg that is only being dialled is not alive yet either, so it counts as ended
/// when its end has a time.
///
/// Telnyx does not say why it ended. So this is no more than an event, and the cause that the leg's `call.hangup` may still
/// bring stands against it.
fn ended(leg: Leg, id: &str, data: &Data) -> Option<CallEvent> {
    let told = data
        .end_time
        .as_deref()
        .filter(|_| data.is_alive == Some(false))?;
    let at = times::rfc3339(told);
    let mut event = CallEvent {
        leg: Some(leg),
        at,
        word: Some("hangup".to_owned()),
        ..CallEvent::new(
            EventId::of(&["tx", "asked", id, told]),
            Kind::Ended,
            Evidence::Event,
        )
    };
    event.facts.carrier_call_id = data.call_session_id.clone();
    let facts = event.facts.leg_mut(leg);
    facts.id = Some(id.to_owned());
    facts.dialled = data.start_time.as_deref().and_then(times::rfc3339).map(When::At);
    facts.ended = Some(When::maybe(at));
    facts.cause = Some(Cause::said(Class::Cleared, "not_alive"));
    Some(event)
}

/// A takes B with it, once they are bridged; where A's id is not given, B alone.
pub(super) fn hang_up(placed: &PlacedCall<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let (_, id) = placed.legs().next().ok_or(NO_ID)?;
    let url = format!("{CALLS}/{}/actions/hangup", ask::segment(id)?);
    identified(Ask::with_body("POST", url, "application/json", "{}"), keys)
}

pub(super) fn hung_up(answer: &Answered<'_>) -> HungUp {
    let ended = || Problem::first(answer).is_some_and(|problem| problem.code.as_deref() == Some(ENDED));
    if answer.status == 422 && ended() {
        return HungUp::Over;
    }
    HungUp::of_status(answer.status)
}
