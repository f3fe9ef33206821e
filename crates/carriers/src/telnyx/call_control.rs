//! The events of Call Control.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ringback_calls::{
    CallEvent, CallId, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number, RecordingFacts,
    RecordingState, When,
};
use serde::Deserialize;

use super::cause::{cause, sip};
use super::recording::UNNAMED;
use crate::json;
use crate::reading::{Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::times;

#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    occurred_at: Option<String>,
    payload: Option<Payload>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    #[serde(deserialize_with = "json::text")]
    call_control_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    call_session_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    client_state: Option<String>,
    #[serde(deserialize_with = "json::text")]
    direction: Option<String>,
    #[serde(deserialize_with = "json::text")]
    from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    start_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    end_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    hangup_cause: Option<String>,
    #[serde(deserialize_with = "json::text")]
    sip_hangup_cause: Option<String>,
    #[serde(deserialize_with = "json::text")]
    recording_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    recording_started_at: Option<String>,
    #[serde(deserialize_with = "json::text")]
    recording_ended_at: Option<String>,
    #[serde(deserialize_with = "json::text")]
    channels: Option<String>,
    #[serde(deserialize_with = "json::text")]
    format: Option<String>,
    #[serde(deserialize_with = "json::text")]
    reason: Option<String>,
    recording_urls: Option<Urls>,
    public_recording_urls: Option<Urls>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Urls {
    #[serde(deserialize_with = "json::text")]
    mp3: Option<String>,
    #[serde(deserialize_with = "json::text")]
    wav: Option<String>,
}

impl Urls {
    fn first(&self) -> Option<(&'static str, &str)> {
        let mp3 = self.mp3.as_deref().map(|url| ("mp3", url));
        mp3.or_else(|| self.wav.as_deref().map(|url| ("wav", url)))
    }
}

/// What we gave Telnyx to send back.
pub(super) struct State {
    call: CallId,
    pub(super) leg: Leg,
}

impl State {
    /// The `client_state` of a leg that we dial.
    pub(super) fn text(call: &CallId, leg: Leg) -> String {
        let leg = if leg == Leg::A { "A" } else { "B" };
        STANDARD.encode(serde_json::json!({"call": call, "leg": leg}).to_string())
    }

    /// Reads a `client_state`; none if it is another's.
    pub(super) fn read(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Said {
            call: CallId,
            leg: Option<String>,
        }
        let bytes = STANDARD.decode(text).ok()?;
        let said: Said = serde_json::from_slice(&bytes).ok()?;
        let leg = match said.leg.as_deref() {
            Some("B" | "b") => Leg::B,
            _ => Leg::A,
        };
        Some(Self { call: said.call, leg })
    }
}

/// Reads an event. Those that are not about calls say nothing.
///
/// # Errors
/// When it is no event.
pub(super) fn read(request: &Request<'_>) -> Result<Reading, Unreadable> {
    let Envelope { data } = json::read(request)?;
    let id = data.id.ok_or_else(|| Unreadable::missing("data.id"))?;
    let event_type = data
        .event_type
        .ok_or_else(|| Unreadable::missing("data.event_type"))?;
    let Some(step) = event_type.strip_prefix("call.") else {
        return Ok(Reading::default());
    };
    let payload = data.payload.unwrap_or_default();
    let state = payload.client_state.as_deref().and_then(State::read);
    let told = Told {
        id: &id,
        step,
        at: data.occurred_at.as_deref().and_then(times::rfc3339),
        leg: state.as_ref().map_or(Leg::A, |state| state.leg),
        ours: state.is_some(),
        payload: &payload,
    };
    // Of a call that we placed, and of no other: whom else A is to be put through to, we do not know.
    let wants = match step {
        "answered" if told.ours && told.leg == Leg::A => Wants::Command { answered: Leg::A },
        _ => Wants::Acknowledgement,
    };
    let event = told.event();
    let reference = Reference {
        own: state.map(|state| state.call),
        session: payload.call_session_id.clone(),
        leg: None,
    };
    Ok(Reading {
        wants,
        ..Reading::one(reference, event)
    })
}

struct Told<'a> {
    /// The event's id, the same however often it is sent.
    id: &'a str,
    step: &'a str,
    at: Option<Timestamp>,
    leg: Leg,
    /// Whether we dialled the leg.
    ours: bool,
    payload: &'a Payload,
}

impl Told<'_> {
    fn event(&self) -> CallEvent {
        let id = EventId::of(&["tx", self.id]);
        let mut event = CallEvent {
            leg: Some(self.leg),
            at: self.at,
            ..CallEvent::new(id, Kind::Progress, Evidence::Event)
        };
        event.facts = self.who();
        let happened = Some(When::maybe(self.at));
        let started = self.time(&self.payload.start_time).map(When::At);
        let leg = event.facts.leg_mut(self.leg);
        event.kind = match self.step {
            "initiated" => {
                leg.dialled = happened;
                Kind::Dialled
            }
            "answered" => {
                leg.dialled = started;
                leg.answered = happened;
                Kind::Answered
            }
            "bridged" => {
                event.facts.bridged = happened;
                Kind::Bridged
            }
            "hangup" => {
                leg.dialled = started;
                leg.ended = Some(When::maybe(self.time(&self.payload.end_time).or(self.at)));
                let sip = sip(self.payload.sip_hangup_cause.as_deref());
                let word = self.payload.hangup_cause.as_deref();
                leg.cause = word.map(|word| cause(word, sip));
                Kind::Ended
            }
            "recording.saved" => {
                event.facts.recordings = self.recording(RecordingState::Ready);
                Kind::Recording
            }
            "recording.error" => {
                event.facts.recordings = self.recording(RecordingState::Failed);
                Kind::Recording
            }
            // It bills by the begun minute, so its duration is none of the call's.
            "cost" => Kind::Cdr,
            _ => Kind::Progress,
        };
        // Only these are states of a call; a recording that is ready after its end is none.
        let is_state = !matches!(event.kind, Kind::Recording | Kind::Cdr);
        event.word = is_state.then(|| self.step.chars().take(100).collect());
        event
    }

    /// The leg, and whose numbers those are, where that is sure: later events of an incoming call do not repeat that it
    /// came in.
    fn who(&self) -> Facts {
        let number = |text: &Option<String>| text.as_deref().and_then(Number::international);
        let (from, to) = (number(&self.payload.from), number(&self.payload.to));
        let incoming = match (self.ours, self.payload.direction.as_deref()) {
            (false, Some("incoming")) => Some(true),
            (true, _) | (_, Some("outgoing")) => Some(false),
            _ => None,
        };
        let mut facts = Facts {
            carrier_call_id: self.payload.call_session_id.clone(),
            ..Facts::default()
        };
        let (number, shown) = match incoming {
            Some(true) => {
                facts.direction = Some(Direction::Inbound);
                facts.main_number = to.clone();
                (from, to)
            }
            Some(false) => (to, from),
            None => (None, None),
        };
        *facts.leg_mut(self.leg) = LegFacts {
            id: self.payload.call_control_id.clone(),
            number,
            shown,
            ..LegFacts::default()
        };
        facts
    }

    fn recording(&self, state: RecordingState) -> BTreeMap<String, RecordingFacts> {
        let payload = self.payload;
        let url = [&payload.recording_urls, &payload.public_recording_urls]
            .into_iter()
            .flatten()
            .find_map(Urls::first);
        let started_at = self.time(&payload.recording_started_at);
        let ended_at = self.time(&payload.recording_ended_at);
        let lasted = started_at
            .zip(ended_at)
            .map(|(from, until)| until.duration_since(from));
        let facts = RecordingFacts {
            state: Some(state),
            at_carrier: url.map(|(_, url)| url.to_owned()),
            format: payload
                .format
                .clone()
                .or_else(|| url.map(|(format, _)| format.to_owned())),
            channels: match payload.channels.as_deref() {
                Some("single" | "1") => Some(1),
                Some("dual" | "2") => Some(2),
                _ => None,
            },
            seconds: lasted.and_then(|lasted| u64::try_from(lasted.as_secs()).ok()),
            started_at,
            problem: match state {
                RecordingState::Failed => payload
                    .reason
                    .as_deref()
                    .map(|reason| reason.chars().take(100).collect()),
                _ => None,
            },
            ..RecordingFacts::default()
        };
        // Not every event names the recording; the event itself is told once for each.
        let id = payload.recording_id.clone();
        let id = id.unwrap_or_else(|| format!("{UNNAMED}{}", self.id));
        BTreeMap::from([(id, facts)])
    }

    fn time(&self, text: &Option<String>) -> Option<Timestamp> {
        text.as_deref().and_then(times::rfc3339)
    }
}
