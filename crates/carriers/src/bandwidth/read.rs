//! What a callback says.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    CallEvent, CallId, Cause, Class, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number,
    RecordingFacts, RecordingState, When,
};
use serde::Deserialize;

use crate::json;
use crate::reading::{Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::times;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Said {
    #[serde(deserialize_with = "json::text")]
    event_type: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) event_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) call_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) parent_call_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    tag: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    direction: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) transfer_caller_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) transfer_to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) start_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) answer_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) end_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) cause: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) error_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    sip_response_code: Option<String>,
    #[serde(deserialize_with = "json::text")]
    recording_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    media_url: Option<String>,
    #[serde(deserialize_with = "json::text")]
    duration: Option<String>,
    #[serde(deserialize_with = "json::text")]
    file_format: Option<String>,
    #[serde(deserialize_with = "json::whole")]
    channels: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    status: Option<String>,
}

/// Reads a callback. What names no call, an event of a conference, says nothing.
///
/// # Errors
/// When it is no JSON, or does not say what it is.
pub(super) fn read(request: &Request<'_>) -> Result<Reading, Unreadable> {
    let said: Said = json::read(request)?;
    let what = said
        .event_type
        .as_deref()
        .ok_or_else(|| Unreadable::missing("eventType"))?;
    let Some(call) = said.call_id.as_deref() else {
        return Ok(Reading::default());
    };
    let second = said.parent_call_id.is_some() || matches!(what, "transferAnswer" | "transferDisconnect");
    let told = Told {
        what,
        call,
        leg: if second { Leg::B } else { Leg::A },
        at: time(&said.event_time),
        said: &said,
    };
    let reference = Reference {
        own: said.tag.as_deref().and_then(CallId::echoed),
        // A second leg that does not name the first can only be looked up.
        session: said
            .parent_call_id
            .clone()
            .or_else(|| (!second).then(|| call.to_owned())),
        leg: (second && said.parent_call_id.is_none()).then(|| call.to_owned()),
    };
    let mut reading = Reading::one(reference, told.event());
    if said.parent_call_id.is_some() {
        for heard in &mut reading.heard {
            heard.legs.push(call.to_owned());
        }
    }
    if what == "answer" && told.leg == Leg::A {
        reading.wants = Wants::SecondLeg { answered: Leg::A };
    }
    Ok(reading)
}

fn time(text: &Option<String>) -> Option<Timestamp> {
    text.as_deref().and_then(times::rfc3339)
}

pub(super) struct Told<'a> {
    pub(super) what: &'a str,
    pub(super) call: &'a str,
    pub(super) leg: Leg,
    pub(super) at: Option<Timestamp>,
    pub(super) said: &'a Said,
}

impl Told<'_> {
    pub(super) fn event(&self) -> CallEvent {
        let said = self.said;
        let id = EventId::of(&[
            "bw",
            self.call,
            self.what,
            said.event_time.as_deref().unwrap_or_default(),
            said.recording_id.as_deref().unwrap_or_default(),
        ]);
        let mut event = CallEvent {
            leg: Some(self.leg),
            at: self.at,
            facts: self.who(),
            ..CallEvent::new(id, Kind::Progress, Evidence::Event)
        };
        let word = self.what.chars().take(100).collect();
        match self.what {
            "recordingComplete" | "recordingAvailable" => {
                // The times are the recording's.
                event.facts = Facts {
                    carrier_call_id: event.facts.carrier_call_id.take(),
                    recordings: self.recording(),
                    ..Facts::default()
                };
                event.kind = Kind::Recording;
                event.leg = None;
                return event;
            }
            "transcriptionAvailable" => return event,
            "initiate" => event.kind = Kind::Dialled,
            "answer" | "transferAnswer" => {
                event.kind = Kind::Answered;
                let answered = time(&said.answer_time).or(self.at);
                event.facts.leg_mut(self.leg).answered = Some(When::maybe(answered));
            }
            // The leg's own record: when it was dialled, answered and over.
            "disconnect" | "transferDisconnect" => {
                event.kind = Kind::Ended;
                event.evidence = Evidence::Cdr;
                let ended = time(&said.end_time).or(self.at);
                let leg = event.facts.leg_mut(self.leg);
                leg.answered = time(&said.answer_time).map(When::At);
                leg.ended = Some(When::maybe(ended));
                leg.cause = self.cause();
            }
            // Told to A's document, and about B.
            "transferComplete" => {
                event.kind = Kind::Ended;
                event.leg = Some(Leg::B);
                event.facts.b.ended = Some(When::maybe(self.at));
                event.facts.b.cause = self.cause();
            }
            // The end of a bridge, too, is only progress: whoever is left may be put through again.
            _ => {}
        }
        event.word = Some(word);
        event
    }

    /// The leg, its numbers, and when it was dialled.
    fn who(&self) -> Facts {
        let said = self.said;
        let number = |text: &Option<String>| text.as_deref().and_then(Number::international);
        let mut facts = Facts {
            carrier_call_id: match self.leg {
                Leg::A => Some(self.call.to_owned()),
                Leg::B => said.parent_call_id.clone(),
            },
            ..Facts::default()
        };
        // In events of a second leg, `from` and `to` are still the first one's.
        let (number, shown) = match (self.leg, said.direction.as_deref()) {
            (Leg::B, _) => (number(&said.transfer_to), number(&said.transfer_caller_id)),
            (Leg::A, Some("inbound")) => {
                facts.direction = Some(Direction::Inbound);
                facts.main_number = number(&said.to);
                (number(&said.from), number(&said.to))
            }
            (Leg::A, Some("outbound")) => (number(&said.to), number(&said.from)),
            (Leg::A, _) => (None, None),
        };
        *facts.leg_mut(self.leg) = LegFacts {
            id: Some(self.call.to_owned()),
            number,
            shown,
            dialled: time(&said.start_time).map(When::At),
            ..LegFacts::default()
        };
        facts
    }

    fn cause(&self) -> Option<Cause> {
        let said = self.said;
        let word = said.cause.as_deref()?;
        let sip = said
            .sip_response_code
            .as_deref()
            .and_then(|code| code.trim().parse().ok())
            .filter(|code| (100..700).contains(code));
        Some(Cause {
            sip,
            code: said.error_id.clone().map(|id| id.chars().take(100).collect()),
            ..Cause::said(class(word, sip), word)
        })
    }

    fn recording(&self) -> BTreeMap<String, RecordingFacts> {
        let said = self.said;
        let Some(id) = said.recording_id.clone() else {
            return BTreeMap::new();
        };
        let state = match said.status.as_deref() {
            Some("error") => RecordingState::Failed,
            Some("deleted") => RecordingState::Absent,
            Some("complete" | "partial") if self.what == "recordingAvailable" => RecordingState::Ready,
            None if self.what == "recordingAvailable" => RecordingState::Ready,
            _ => RecordingState::Running,
        };
        let (start, end) = (time(&said.start_time), time(&said.end_time));
        let lasted: Option<SignedDuration> = said.duration.as_deref().and_then(|text| text.parse().ok());
        let lasted = lasted.or_else(|| Some(end?.duration_since(start?)));
        let problem = match state {
            RecordingState::Failed | RecordingState::Absent => said.status.clone(),
            _ => None,
        };
        let facts = RecordingFacts {
            state: Some(state),
            at_carrier: said.media_url.clone(),
            format: said.file_format.as_deref().map(str::to_ascii_lowercase),
            channels: said.channels,
            seconds: lasted.and_then(|lasted| u64::try_from(lasted.as_secs()).ok()),
            started_at: start,
            problem,
            ..RecordingFacts::default()
        };
        BTreeMap::from([(id, facts)])
    }
}

/// What a cause means. A SIP code of a failure knows better than the word.
fn class(word: &str, sip: Option<u16>) -> Class {
    let by_word = match word {
        "hangup" => Class::Cleared,
        "busy" | "rejected" => Class::Busy,
        "timeout" | "cancel" => Class::Unreachable,
        "callback-error"
        | "invalid-bxml"
        | "application-error"
        | "account-limit"
        | "node-capacity-exceeded"
        | "error" => Class::Server,
        _ => Class::Other,
    };
    match sip.filter(|code| *code >= 400).map(Class::of_sip) {
        None | Some(Class::Other) => by_word,
        Some(class) => class,
    }
}
