//! What the scenario tells.

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, CallId, Cause, Class, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number, RecordingFacts,
    RecordingState, Verdict, When,
};
use serde::Deserialize;
use serde_json::Value;

use super::placing;
use crate::reading::{Reading, Reference, Unreadable};
use crate::times;

/// The body that `infra/voximplant/callback.js` posts; its head says what the fields mean.
#[derive(Deserialize)]
struct Notice {
    v: u64,
    call_id: Option<String>,
    session_id: Value,
    seq: u64,
    event: String,
    leg: Option<String>,
    ts: String,
    code: Option<u64>,
    reason: Option<String>,
    duration: Option<u64>,
    number: Option<String>,
    record_url: Option<String>,
    control: Option<String>,
}

pub(super) fn read(document: Value) -> Result<Reading, Unreadable> {
    // The fields' names are ours, so that naming one tells nothing.
    let notice: Notice = serde_json::from_value(document).map_err(|error| Unreadable::Body {
        what: "notice of the scenario",
        problem: fields(&error),
    })?;
    if notice.v != 1 {
        return Err(field("v", "is no version that is known"));
    }
    let session = match &notice.session_id {
        Value::Number(number) => number.to_string(),
        Value::String(text) if !text.is_empty() => text.clone(),
        _ => return Err(field("session_id", "is neither a number nor text")),
    };
    let at = times::rfc3339(&notice.ts).ok_or_else(|| field("ts", "is no time"))?;
    let own = notice
        .call_id
        .as_deref()
        .and_then(|text| CallId::parse(text).ok());
    let reference = Reference {
        own,
        ..Reference::session(session.clone())
    };
    Ok(Reading::one(reference, notice.event(session, at)))
}

fn field(name: &str, problem: &'static str) -> Unreadable {
    Unreadable::Field {
        field: name.to_owned(),
        problem,
    }
}

/// What `serde_json` says, without the values that it quotes.
fn fields(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") {
        text
    } else {
        "a field is not what it should be".to_owned()
    }
}

impl Notice {
    fn event(self, session: String, at: Timestamp) -> CallEvent {
        let then = Some(When::At(at));
        let (leg, what) = self.what();
        let mut facts = Facts {
            carrier_call_id: Some(session.clone()),
            control: self.control.clone().filter(|url| placing::is_control(url)),
            ..Facts::default()
        };
        let mut of_leg = LegFacts::default();
        let kind = match what {
            "dialled" => {
                of_leg.dialled = then;
                of_leg.number = self.number.as_deref().and_then(Number::international);
                Kind::Dialled
            }
            "ringing" => {
                of_leg.ringing = then;
                Kind::Ringing
            }
            "answered" => {
                of_leg.answered = then;
                if leg == Some(Leg::B) {
                    // The scenario joins the two at once.
                    facts.bridged = then;
                }
                Kind::Answered
            }
            "failed" => {
                of_leg.ended = then;
                of_leg.cause = Some(self.failure());
                Kind::Ended
            }
            "ended" => {
                of_leg.ended = then;
                of_leg.seconds = self.duration;
                of_leg.cause = Some(self.cause(Class::Ok));
                Kind::Ended
            }
            "max_duration" => {
                facts.verdict = Some(self.verdict(Class::MaxDuration));
                Kind::Progress
            }
            "closed" => {
                // A recording may have kept the scenario longer than the legs: theirs is the end, where it is told.
                let by_legs = matches!(self.reason.as_deref(), Some("legs" | "stopped" | "max-duration"));
                facts.ended = if by_legs { Some(When::Unreported) } else { then };
                facts.verdict = self.closing();
                Kind::Ended
            }
            "recording_started" | "recording_ready" | "recording_failed" => {
                facts.recordings.insert(session.clone(), self.recording(what));
                Kind::Recording
            }
            _ => Kind::Progress,
        };
        if let Some(leg) = leg {
            *facts.leg_mut(leg) = of_leg;
        }
        CallEvent {
            leg,
            at: Some(at),
            sequence: Some(self.seq),
            word: (kind != Kind::Recording).then(|| self.event.chars().take(100).collect()),
            facts,
            ..CallEvent::new(
                EventId::of(&["vx", &session, &self.seq.to_string()]),
                kind,
                Evidence::Event,
            )
        }
    }

    /// `b_answered` is `answered` of B. Events of the whole call have no leg, whatever the field says.
    fn what(&self) -> (Option<Leg>, &str) {
        let (leg, what) = match (self.leg.as_deref(), self.event.split_once('_')) {
            (Some("A"), Some(("a", what))) => (Leg::A, what),
            (Some("B"), Some(("b", what))) => (Leg::B, what),
            _ => return (None, whole(&self.event)),
        };
        (Some(leg), of_a_leg(what))
    }

    fn cause(&self, class: Class) -> Cause {
        Cause {
            code: self.code.map(|code| code.to_string()),
            ..match self.reason.as_deref() {
                Some(reason) => Cause::said(class, reason),
                None => Cause::of(class),
            }
        }
    }

    fn verdict(&self, class: Class) -> Verdict {
        Verdict {
            cause: self.cause(class),
            leg: None,
        }
    }

    /// Failures have SIP status codes; 402 is Voximplant's own for an account without funds.
    fn failure(&self) -> Cause {
        let sip = self.code.and_then(|code| u16::try_from(code).ok());
        let class = match sip {
            Some(402) => Class::Server,
            Some(status) => Class::of_sip(status),
            None => Class::Other,
        };
        Cause {
            sip,
            ..self.cause(class)
        }
    }

    /// Why the scenario itself ended, where it was not because a leg did.
    fn closing(&self) -> Option<Verdict> {
        match self.reason.as_deref()? {
            "legs" => None,
            "stopped" => Some(self.verdict(Class::Cleared)),
            "max-duration" => Some(self.verdict(Class::MaxDuration)),
            "invalid-data" | "error" => Some(self.verdict(Class::Server)),
            _ => Some(self.verdict(Class::Other)),
        }
    }

    /// A session makes one recording.
    fn recording(&self, what: &str) -> RecordingFacts {
        let state = match what {
            "recording_ready" => RecordingState::Ready,
            "recording_failed" => RecordingState::Failed,
            _ => RecordingState::Running,
        };
        RecordingFacts {
            state: Some(state),
            at_carrier: self.record_url.clone(),
            format: Some("mp3".to_owned()),
            channels: Some(2),
            seconds: self.duration,
            problem: self.reason.clone().filter(|_| state == RecordingState::Failed),
            ..RecordingFacts::default()
        }
    }
}

fn of_a_leg(what: &str) -> &str {
    match what {
        "dialled" | "ringing" | "answered" | "failed" | "ended" => what,
        _ => "",
    }
}

fn whole(what: &str) -> &str {
    match what {
        "dialled" | "ringing" | "answered" | "failed" | "ended" => "",
        what => what,
    }
}
