//! What a request says, by its fields: all callbacks of a call come to one URL.

use std::collections::BTreeMap;

use ringback_calls::{
    CallEvent, Cause, Class, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number,
    RecordingFacts, RecordingState, When,
};

use super::signature::fields;
use crate::form::Form;
use crate::reading::{Heard, Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::times;

/// What a document collects from whoever is on the line; the next question brings it along.
const COLLECTED: &[&str] = &[
    "Digits",
    "FinishedOnKey",
    "SpeechResult",
    "StableSpeechResult",
    "UnstableSpeechResult",
    "RecordingUrl",
    "RecordingSid",
    "QueueSid",
    "QueueResult",
    "msg",
];

/// Reads a request of the carrier with that code. What names no call, or is of a kind that nobody here asked for, says
/// nothing.
///
/// # Errors
/// When it is no form.
pub(crate) fn read(request: &Request<'_>, carrier: &str) -> Result<Reading, Unreadable> {
    let form = fields(request)?;
    let Some(id) = form.get("CallSid") else {
        return Ok(Reading::default());
    };
    let call = Call::of(carrier, &form, id);
    Ok(if let Some(status) = form.get("DialCallStatus") {
        call.second_leg_ended(status)
    } else if let Some(status) = form.get("RecordingStatus") {
        call.recording(status)
    } else if let Some(status) = form.get("CallStatus") {
        call.status(status)
    } else {
        call.something()
    })
}

/// A request and the leg it is about.
pub(super) struct Call<'a> {
    carrier: &'a str,
    form: &'a Form,
    /// The leg's own id.
    id: &'a str,
    parent: Option<&'a str>,
    leg: Leg,
}

impl<'a> Call<'a> {
    pub(super) fn of(carrier: &'a str, form: &'a Form, id: &'a str) -> Self {
        let parent = form.get("ParentCallSid");
        let dialled_by_another = parent.is_some() || form.get("Direction") == Some("outbound-dial");
        Self {
            carrier,
            form,
            id,
            parent,
            leg: if dialled_by_another { Leg::B } else { Leg::A },
        }
    }

    /// The id of the whole call is leg A's; a second leg that does not name the first has only its own.
    fn session(&self) -> Option<&'a str> {
        self.parent.or((self.leg == Leg::A).then_some(self.id))
    }

    fn reference(&self) -> Reference {
        match self.session() {
            Some(session) => Reference::session(session),
            None => Reference {
                leg: Some(self.id.to_owned()),
                ..Reference::default()
            },
        }
    }

    /// Ids and numbers, which every event may tell.
    fn facts(&self) -> Facts {
        let number = |name: &str| self.form.get(name).and_then(Number::international);
        let mut facts = Facts {
            carrier_call_id: self.session().map(str::to_owned),
            ..Facts::default()
        };
        facts.a.id = self.session().map(str::to_owned);
        if self.form.get("Direction") == Some("inbound") && self.leg == Leg::A {
            facts.direction = Some(Direction::Inbound);
            facts.a.number = number("From");
            facts.main_number = number("To");
        } else {
            let id = facts.leg(self.leg).id.clone();
            *facts.leg_mut(self.leg) = LegFacts {
                id: id.or_else(|| Some(self.id.to_owned())),
                number: number("To"),
                shown: number("From"),
                ..LegFacts::default()
            };
        }
        facts
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.form.get(name).and_then(|text| text.parse().ok())
    }

    fn event(&self, what: &[&str], kind: Kind) -> CallEvent {
        let mut id = vec![self.carrier];
        id.extend(what);
        let at = self
            .form
            .get("Timestamp")
            .and_then(|text| times::rfc2822(text).or_else(|| times::rfc3339(text)));
        CallEvent {
            leg: Some(self.leg),
            at,
            sequence: self.number("SequenceNumber"),
            facts: self.facts(),
            ..CallEvent::new(EventId::of(&id), kind, Evidence::Event)
        }
    }

    fn heard(&self, event: CallEvent, second: Option<&str>) -> Reading {
        let second = second.or((self.leg == Leg::B && self.parent.is_some()).then_some(self.id));
        Reading {
            heard: vec![Heard {
                legs: second.map(str::to_owned).into_iter().collect(),
                ..Heard::new(self.reference(), event)
            }],
            ..Reading::default()
        }
    }

    /// A step of a leg, or the request for a document when A has answered.
    fn status(&self, status: &str) -> Reading {
        let mut reading = self.heard(self.step(status), None);
        if self.asks_for_second_leg(status) {
            reading.wants = Wants::SecondLeg { answered: Leg::A };
        }
        reading
    }

    /// A step of a leg: which, when, and how the leg ended.
    pub(super) fn step(&self, status: &str) -> CallEvent {
        let sequence = self.form.get("SequenceNumber").unwrap_or_default();
        let mut event = if self.is_within_a_document() {
            self.event(&self.everything("question"), Kind::Progress)
        } else {
            self.event(&["status", self.id, sequence, status], Kind::Progress)
        };
        event.word = Some(status.chars().take(100).collect());
        let when = When::maybe(event.at);
        let seconds = self.number("CallDuration");
        let ended = self.ending("SipResponseCode", status, seconds);
        let leg = event.facts.leg_mut(self.leg);
        event.kind = match status {
            "queued" | "initiated" => {
                leg.dialled = Some(when);
                Kind::Dialled
            }
            "ringing" => {
                leg.ringing = Some(when);
                Kind::Ringing
            }
            "in-progress" | "answered" => {
                leg.answered = Some(when);
                Kind::Answered
            }
            _ => match ended {
                Some(cause) => {
                    leg.ended = Some(when);
                    leg.cause = Some(cause);
                    leg.seconds = seconds;
                    let talked = seconds.filter(|seconds| *seconds > 0);
                    // It was answered, though when is for the event of that to say.
                    leg.answered = talked.map(|_| When::Unreported);
                    if self.leg == Leg::B {
                        event.facts.talk_seconds = talked;
                    }
                    Kind::Ended
                }
                None => Kind::Progress,
            },
        };
        event.facts.recordings = self.recordings(RecordingState::Ready);
        event
    }

    /// Whether this asks what to do with a call of ours that was answered just now. Reports of a step have a place and
    /// a time; requests in the middle of a document bring what it collected.
    fn asks_for_second_leg(&self, status: &str) -> bool {
        let report = ["CallbackSource", "SequenceNumber", "Timestamp"];
        let ours = self
            .form
            .get("Direction")
            .is_some_and(|direction| direction.starts_with("outbound"));
        status == "in-progress" && self.leg == Leg::A && ours && !self.has(&report) && !self.has(COLLECTED)
    }

    /// Whether this is a question in the middle of a document: there may be several in one state of the call, and only
    /// what was collected tells them apart.
    fn is_within_a_document(&self) -> bool {
        self.has(COLLECTED) && !self.has(&["CallbackSource", "Timestamp"])
    }

    /// Whether one of the fields is there, even without a value.
    fn has(&self, names: &[&str]) -> bool {
        self.form.fields().any(|(name, _)| names.contains(&name))
    }

    /// All that the request says, for the id of an event that nothing less tells from others.
    fn everything(&self, what: &'static str) -> Vec<&'a str> {
        let mut fields: Vec<_> = self.form.fields().collect();
        fields.sort_unstable();
        let mut id = vec![what];
        id.extend(fields.into_iter().flat_map(|(name, value)| [name, value]));
        id
    }

    /// The end of a `<Dial>`: told to A's document, and about B.
    fn second_leg_ended(&self, status: &str) -> Reading {
        let second = self.form.get("DialCallSid");
        let id = ["dial", self.id, second.unwrap_or_default(), status];
        let mut event = self.event(&id, Kind::Ended);
        event.leg = Some(Leg::B);
        // Neither the time nor the place in the order is B's.
        event.sequence = None;
        let seconds = self.number("DialCallDuration");
        let talked = seconds.filter(|seconds| *seconds > 0);
        let bridged = talked.is_some() || self.form.get("DialBridged") == Some("true");
        event.facts.talk_seconds = talked;
        event.facts.b = LegFacts {
            id: second.map(str::to_owned),
            answered: bridged.then_some(When::Unreported),
            ended: Some(When::maybe(event.at)),
            cause: Some(self.dial_ending(status, bridged)),
            seconds,
            ..LegFacts::default()
        };
        // The callback about the recording says when it can be had; this one names it early.
        event.facts.recordings = self.recordings(RecordingState::Running);
        self.heard(event, second)
    }

    fn dial_ending(&self, status: &str, bridged: bool) -> Cause {
        match status {
            "completed" | "answered" if !bridged => Cause::said(Class::Cleared, status),
            "answered" => Cause::said(Class::Ok, status),
            _ => self
                .ending("DialSipResponseCode", status, bridged.then_some(1))
                .unwrap_or_else(|| Cause::said(Class::Other, status)),
        }
    }

    /// What a status says of the end of a leg; none if the leg goes on. `seconds` stand only in reports of an end, so
    /// an unknown word with them is an end too.
    fn ending(&self, sip: &str, status: &str, seconds: Option<u64>) -> Option<Cause> {
        let sip = self
            .form
            .get(sip)
            .and_then(|text| text.parse().ok())
            .filter(|code| (100..700).contains(code));
        let class = match (status, seconds) {
            ("completed", Some(1..)) => Class::Ok,
            ("completed", _) => Class::Cleared,
            ("busy", _) => Class::Busy,
            ("no-answer" | "canceled", _) => Class::Unreachable,
            ("failed", _) => match sip.map(Class::of_sip) {
                None | Some(Class::Ok) => Class::Unreachable,
                Some(class) => class,
            },
            ("queued" | "initiated" | "ringing" | "in-progress" | "answered", _) | (_, None) => return None,
            (_, Some(_)) => Class::Other,
        };
        let code = self.form.get("ErrorCode").filter(|code| *code != "0");
        Some(Cause {
            sip,
            code: code.map(|code| code.chars().take(100).collect()),
            ..Cause::said(class, status)
        })
    }

    /// What a callback about a recording says.
    fn recording(&self, status: &str) -> Reading {
        let Some(id) = self.form.get("RecordingSid") else {
            return self.something();
        };
        let state = match status {
            "completed" => RecordingState::Ready,
            "absent" => RecordingState::Absent,
            "failed" => RecordingState::Failed,
            _ => RecordingState::Running,
        };
        let mut event = self.event(&["recording", id, status], Kind::Recording);
        event.leg = None;
        event.sequence = None;
        // Recordings of a `<Dial>` lie on the first leg. Those that were asked for by a leg's own id may lie on a
        // second one that does not say whose it is.
        let source = self.form.get("RecordingSource");
        let on_a_leg = matches!(source, Some("StartCallRecordingAPI" | "OutboundAPI" | "Trunking"));
        let unknown_leg = on_a_leg && self.parent.is_none();
        event.facts = Facts::default();
        if !unknown_leg {
            event.facts.carrier_call_id = self.session().map(str::to_owned);
        }
        event.facts.recordings = self.recordings(state);
        let mut reading = self.heard(event, None);
        if unknown_leg {
            let reference = Reference {
                leg: Some(self.id.to_owned()),
                ..Reference::default()
            };
            reading
                .heard
                .iter_mut()
                .for_each(|heard| heard.reference = reference.clone());
        }
        reading
    }

    /// The recording that the request names, by its id or by the last part of its URL.
    fn recordings(&self, state: RecordingState) -> BTreeMap<String, RecordingFacts> {
        let url = self.form.get("RecordingUrl");
        let in_url = || {
            let name = url?.split(['?', '#']).next()?.rsplit('/').next()?;
            let name = name.split('.').next()?;
            (!name.is_empty()).then_some(name)
        };
        let Some(id) = self.form.get("RecordingSid").or_else(in_url) else {
            return BTreeMap::new();
        };
        let problem = self.form.get("ErrorCode").filter(|code| *code != "0");
        let recording = RecordingFacts {
            state: Some(state),
            at_carrier: url.map(str::to_owned),
            channels: self.number("RecordingChannels"),
            seconds: self.number("RecordingDuration"),
            started_at: self
                .form
                .get("RecordingStartTime")
                .and_then(|text| times::rfc2822(text).or_else(|| times::rfc3339(text))),
            problem: problem
                .filter(|_| state != RecordingState::Ready)
                .map(|code| code.chars().take(100).collect()),
            ..RecordingFacts::default()
        };
        BTreeMap::from([(id.to_owned(), recording)])
    }

    /// Anything else that names the call: kept, so that nothing is lost, and told apart by all it says.
    fn something(&self) -> Reading {
        self.heard(self.event(&self.everything("progress"), Kind::Progress), None)
    }
}
