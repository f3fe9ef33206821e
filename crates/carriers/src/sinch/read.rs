//! What a callback says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, CallId, Cause, Class, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number,
    RecordingFacts, RecordingState, When,
};
use serde::Deserialize;
use serde_json::Value;

use crate::json;
use crate::reading::{Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::times;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "json::text")]
    event: Option<String>,
    #[serde(deserialize_with = "json::text")]
    callid: Option<String>,
    #[serde(rename = "conferenceId", deserialize_with = "json::text")]
    conference_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "json::text")]
    custom: Option<String>,
    #[serde(deserialize_with = "json::text")]
    reason: Option<String>,
    #[serde(deserialize_with = "json::text")]
    result: Option<String>,
    #[serde(deserialize_with = "json::whole")]
    duration: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    cli: Option<String>,
    #[serde(deserialize_with = "json::text")]
    from: Option<String>,
    to: Option<To>,
    #[serde(rename = "type", deserialize_with = "json::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "json::text")]
    destination: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct To {
    #[serde(deserialize_with = "json::text")]
    endpoint: Option<String>,
}

/// Reads a callback. What names neither a call nor a conference says nothing.
///
/// # Errors
/// When it is no JSON, or does not say what it is.
pub(super) fn read(request: &Request<'_>) -> Result<Reading, Unreadable> {
    let said: Said = json::read(request)?;
    let what = said
        .event
        .as_deref()
        .ok_or_else(|| Unreadable::missing("event"))?;
    let Some(id) = said.callid.as_deref().or(said.conference_id.as_deref()) else {
        return Ok(Reading::default());
    };
    let custom = said.custom();
    let told = Told {
        id,
        at: said.timestamp.as_deref().and_then(times::rfc3339),
        leg: custom.as_ref().map_or(Leg::A, |(_, leg)| *leg),
        said: &said,
    };
    let event = match what {
        "ice" => told.incoming(),
        "ace" => told.answered(),
        "dice" => told.ended(),
        "notify" => told.notified(),
        other => told.progress(other),
    };
    // Of a call that we placed, and of no other: whom else A is to be put through to, we do not know.
    let wants = match (what, &custom) {
        ("ace", Some((_, Leg::A))) => Wants::Command { answered: Leg::A },
        _ => Wants::Acknowledgement,
    };
    let conference = said.conference_id.as_deref();
    let own = custom
        .map(|(call, _)| call)
        .or_else(|| conference.and_then(CallId::echoed));
    let reference = Reference {
        own,
        session: conference.or(said.callid.as_deref()).map(str::to_owned),
        leg: None,
    };
    Ok(Reading {
        wants,
        ..Reading::one(reference, event)
    })
}

/// The call that was answered and the leg, where the callback tells that of a call that we placed.
pub(super) fn answered(request: &Request<'_>) -> Option<(CallId, Leg)> {
    let said: Said = json::read(request).ok()?;
    said.custom().filter(|_| said.event.as_deref() == Some("ace"))
}

/// What Sinch says of a leg when it is asked, in `leg` unless its `custom` says otherwise; none while it lasts. It is what
/// the leg's `dice` says, but for the time: nothing says of which moment that is.
///
/// # Errors
/// When it is no such JSON.
pub(super) fn polled(mut leg: Value, id: &str, asked: Leg) -> Result<Option<CallEvent>, Unreadable> {
    let is_over = leg.get("status").and_then(Value::as_str) == Some("FINAL");
    // In a callback `from` is the number itself.
    if let Some(from) = leg.get_mut("from")
        && let Some(number) = from.get("endpoint")
    {
        *from = number.clone();
    }
    let said: Said = serde_json::from_value(leg).map_err(|error| Unreadable::json(&error))?;
    let told = Told {
        id,
        at: None,
        leg: said.custom().map_or(asked, |(_, leg)| leg),
        said: &Said {
            callid: Some(id.to_owned()),
            ..said
        },
    };
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let (result, reason) = (part(&told.said.result), part(&told.said.reason));
    let seconds = part(&told.said.duration.map(|seconds| seconds.to_string()));
    Ok(is_over.then(|| CallEvent {
        id: EventId::of(&["si", "asked", id, &result, &reason, &seconds]),
        evidence: Evidence::Cdr,
        ..told.ended()
    }))
}

impl Said {
    fn custom(&self) -> Option<(CallId, Leg)> {
        self.custom.as_deref().and_then(custom)
    }
}

/// Our call's id and the leg; none if the text is another's.
fn custom(text: &str) -> Option<(CallId, Leg)> {
    let (call, leg) = text.trim().rsplit_once(':')?;
    let leg = match leg {
        "A" => Leg::A,
        "B" => Leg::B,
        _ => return None,
    };
    Some((CallId::parse(call).ok()?, leg))
}

struct Told<'a> {
    id: &'a str,
    at: Option<Timestamp>,
    leg: Leg,
    said: &'a Said,
}

impl Told<'_> {
    fn event(&self, id: &[&str], kind: Kind, word: &str) -> CallEvent {
        let mut parts = vec!["si", self.id];
        parts.extend(id);
        CallEvent {
            leg: Some(self.leg),
            at: self.at,
            word: Some(word.chars().take(100).collect()),
            ..CallEvent::new(EventId::of(&parts), kind, Evidence::Event)
        }
    }

    /// The leg's id. Each leg is a call to Sinch; the first stands for the whole.
    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        if self.leg == Leg::A {
            facts.carrier_call_id = self.said.callid.clone();
        }
        facts.leg_mut(self.leg).id = self.said.callid.clone();
        facts
    }

    fn number(text: &Option<String>) -> Option<Number> {
        text.as_deref().and_then(Number::international)
    }

    fn to(&self) -> Option<Number> {
        Self::number(&self.said.to.as_ref()?.endpoint)
    }

    fn incoming(&self) -> CallEvent {
        let mut event = self.event(&["ice"], Kind::Dialled, "ice");
        event.facts = self.facts();
        event.facts.direction = Some(Direction::Inbound);
        event.facts.main_number = self.to();
        let leg = event.facts.leg_mut(self.leg);
        leg.dialled = Some(When::maybe(self.at));
        leg.number = Self::number(&self.said.cli).or_else(|| Self::number(&self.said.from));
        leg.shown = self.to();
        event
    }

    fn answered(&self) -> CallEvent {
        let mut event = self.event(&["ace"], Kind::Answered, "ace");
        event.facts = self.facts();
        event.facts.leg_mut(self.leg).answered = Some(When::maybe(self.at));
        event
    }

    fn ended(&self) -> CallEvent {
        let said = self.said;
        let (result, reason) = (said.result.as_deref(), said.reason.as_deref());
        let word = result.unwrap_or("dice");
        let mut event = self.event(&["dice"], Kind::Ended, word);
        event.facts = self.facts();
        // Whether a call without `custom` came in is not said here, so neither is whose numbers these are.
        let ours = said.custom().is_some();
        let (number, shown) = if ours {
            (self.to(), Self::number(&said.from))
        } else {
            (None, None)
        };
        let talked = said.duration.filter(|seconds| *seconds > 0);
        if self.leg == Leg::B {
            event.facts.talk_seconds = talked;
        }
        let leg = event.facts.leg_mut(self.leg);
        *leg = LegFacts {
            id: leg.id.take(),
            number,
            shown,
            ended: Some(When::maybe(self.at)),
            seconds: said.duration,
            cause: Some(Cause {
                code: reason.map(|reason| reason.chars().take(100).collect()),
                ..Cause::said(class(result, reason), word)
            }),
            ..LegFacts::default()
        };
        event
    }

    fn notified(&self) -> CallEvent {
        let said = self.said;
        let kind = said.kind.as_deref().unwrap_or_default();
        let destination = said.destination.as_deref();
        let state = match kind {
            "recording_finished" => RecordingState::Running,
            "recording_available" => RecordingState::Ready,
            _ => return self.progress(&format!("notify {kind}")),
        };
        let id = ["notify", kind, destination.unwrap_or_default()];
        let mut event = self.event(&id, Kind::Recording, "");
        event.word = None;
        event.leg = None;
        let format = destination
            .and_then(|url| url.rsplit('/').next())
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, format)| format.to_ascii_lowercase());
        let facts = RecordingFacts {
            state: Some(state),
            at_carrier: destination.map(str::to_owned),
            format: format.filter(|format| matches!(format.as_str(), "mp3" | "wav")),
            ..RecordingFacts::default()
        };
        // Sinch gives recordings no id: there is one of a conference, and one of each call.
        let of = said.conference_id.as_deref().unwrap_or(self.id);
        event.facts.recordings = BTreeMap::from([(of.to_owned(), facts)]);
        event
    }

    fn progress(&self, what: &str) -> CallEvent {
        let when = self.said.timestamp.as_deref().unwrap_or_default();
        let mut event = self.event(&[what, when], Kind::Progress, what);
        event.facts = self.facts();
        event
    }
}

/// What a result and a reason mean together. Each has a meaning of its own, and the documentation says nothing of pairs
/// that disagree: `ANSWERED` with `GENERALERROR` was answered and then ended by a fault of Sinch's, so the fault is why it
/// ended; that it was answered shows in the times. Only `BUSY` stands against every reason.
fn class(result: Option<&str>, reason: Option<&str>) -> Class {
    match (result, reason) {
        (Some("BUSY"), _) => Class::Busy,
        (_, Some("BLOCKED" | "NOCREDITPARTNER" | "GENERALERROR" | "CALLBACKERROR")) => Class::Server,
        (Some("ANSWERED"), _) => Class::Ok,
        (Some("NOANSWER"), _) | (_, Some("TIMEOUT" | "CANCEL" | "USERNOTFOUND")) => Class::Unreachable,
        (Some("FAILED"), _) => Class::Network,
        (_, Some("CALLERHANGUP" | "CALLEEHANGUP" | "MANAGERHANGUP")) => Class::Cleared,
        _ => Class::Other,
    }
}
