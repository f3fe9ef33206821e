//! What a request says, by its fields: all callbacks of a call come to one URL.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number, RecordingFacts,
    RecordingState, When,
};

use super::cause::Ending;
use super::clock::{Clock, session_start};
use super::signature::fields;
use crate::form::Form;
use crate::reading::{Heard, Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::settings::Settings;

/// Reads a request. What names no call says nothing.
///
/// # Errors
/// When it is no form.
pub(super) fn read(request: &Request<'_>, settings: &Settings) -> Result<Reading, Unreadable> {
    let form = fields(request)?;
    let call = Call::of(&form);
    if call.session.is_none() && form.get("RecordingID").is_none() {
        return Ok(Reading::default());
    }
    Ok(if let Some(step) = call.dial_step() {
        call.second_leg(step)
    } else if let Some(status) = form.get("DialStatus") {
        call.dial_ended(status)
    } else if let Some(id) = form.get("RecordingID") {
        call.recording(id)
    } else {
        match (form.get("Event"), form.get("CallStatus")) {
            (Some("Hangup"), status) => call.heard(call.end(status, &Clock::of(&form, settings))),
            (_, Some(status)) => call.status(status, &Clock::of(&form, settings)),
            (_, None) => call.something(),
        }
    })
}

/// A request and the leg it is about.
pub(super) struct Call<'a> {
    form: &'a Form,
    /// Leg A's id, which is the whole call's.
    session: Option<&'a str>,
    leg: Leg,
}

impl<'a> Call<'a> {
    pub(super) fn of(form: &'a Form) -> Self {
        let own = form.get("CallUUID");
        let names = ["DialALegUUID", "ALegUUID", "CallUUID", "RequestUUID"];
        let session = names.iter().find_map(|name| form.get(name));
        let of_second_leg = own.is_some() && own != session;
        Self {
            form,
            session,
            leg: if of_second_leg { Leg::B } else { Leg::A },
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.form.get(name).and_then(|text| text.parse().ok())
    }

    /// Ids and numbers, which every event may tell.
    fn facts(&self) -> Facts {
        let number = |name: &str| self.form.get(name).and_then(Number::international);
        let mut facts = Facts {
            carrier_call_id: self.session.map(str::to_owned),
            ..Facts::default()
        };
        facts.a.id = self.session.map(str::to_owned);
        if self.leg == Leg::B {
            facts.b.id = self.form.get("CallUUID").map(str::to_owned);
            facts.b.number = number("To");
            facts.b.shown = number("From");
        } else if self.form.get("Direction") == Some("inbound") {
            facts.direction = Some(Direction::Inbound);
            facts.a.number = number("From");
            facts.main_number = number("To");
        } else {
            facts.a.number = number("To");
            facts.a.shown = number("From");
        }
        facts
    }

    /// Plivo counts nothing, so an event is told from the others by all that its steps may differ in.
    fn event(&self, kind: Kind, what: &[&str]) -> CallEvent {
        let field = |name: &str| self.form.get(name).unwrap_or_default();
        let mut id = vec!["pl", self.session.unwrap_or_default(), field("CallUUID")];
        id.extend(what);
        CallEvent {
            leg: Some(self.leg),
            facts: self.facts(),
            ..CallEvent::new(EventId::of(&id), kind, Evidence::Event)
        }
    }

    fn heard(&self, event: CallEvent) -> Reading {
        let second = event.facts.b.id.clone();
        let reference = self.session.map_or_else(Reference::default, Reference::session);
        Reading {
            heard: vec![Heard {
                legs: second.into_iter().collect(),
                ..Heard::new(reference, event)
            }],
            ..Reading::default()
        }
    }

    /// A step of the leg before its end, or the request for a document when A has answered. None has a time, but the
    /// session's start is when the first leg was dialled.
    fn status(&self, status: &str, clock: &Clock) -> Reading {
        let mut reading = self.heard(self.step(status, clock));
        let ours = self.form.get("Direction") == Some("outbound") && self.leg == Leg::A;
        if ours && self.form.get("Event") == Some("StartApp") && status == "in-progress" {
            reading.wants = Wants::SecondLeg { answered: Leg::A };
        }
        reading
    }

    /// A step of the leg, or its end where it brings one.
    pub(super) fn step(&self, status: &str, clock: &Clock) -> CallEvent {
        let at_end = ["completed", "busy", "failed", "timeout", "no-answer", "cancel"];
        if at_end.contains(&status) && self.form.get("EndTime").is_some() {
            return self.end(Some(status), clock);
        }
        let what = self.form.get("Event").unwrap_or_default();
        let mut event = self.event(Kind::Progress, &["status", what, status]);
        event.word = Some(status.chars().take(100).collect());
        let leg = event.facts.leg_mut(self.leg);
        if self.leg == Leg::A {
            leg.dialled = session_start(self.form).map(When::At);
        }
        // Without times and numbers of its own, the order of a call's states stands in.
        match status {
            "ringing" => {
                event.kind = Kind::Ringing;
                event.sequence = Some(1);
                leg.ringing = Some(When::Unreported);
            }
            "in-progress" => {
                event.kind = Kind::Answered;
                event.sequence = Some(2);
                leg.answered = Some(When::Unreported);
            }
            _ => {}
        }
        event
    }

    /// The end of a leg, with all its times and final values: as good as a call detail record.
    pub(super) fn end(&self, status: Option<&str>, clock: &Clock) -> CallEvent {
        let mut event = self.event(Kind::Ended, &["hangup", status.unwrap_or_default()]);
        event.evidence = Evidence::Cdr;
        event.sequence = Some(3);
        event.word = status.map(|status| status.chars().take(100).collect());
        let time = |name: &str| clock.time(self.form, name);
        event.at = time("EndTime");
        let seconds = self.number("Duration");
        // Without a zone the time of the answer is unknown, and that there was one is not.
        let answered = self
            .form
            .get("AnswerTime")
            .map(|_| When::maybe(time("AnswerTime")));
        let leg = event.facts.leg_mut(self.leg);
        leg.dialled = time("StartTime").map(When::At);
        leg.answered = answered;
        leg.ended = Some(When::maybe(event.at));
        leg.seconds = seconds;
        leg.cause = Some(
            Ending {
                status,
                code: self.form.get("HangupCauseCode"),
                cause: self.form.get("HangupCause"),
                name: self.form.get("HangupCauseName"),
                answered: Some(answered.is_some() || seconds.is_some_and(|seconds| seconds > 0)),
            }
            .cause(),
        );
        event
    }

    /// Which step of B an event of `<Dial>` tells.
    fn dial_step(&self) -> Option<&'a str> {
        let event = self.form.get("Event");
        self.form.get("DialAction").or(match event {
            Some("DialAnswer") => Some("answer"),
            Some("DialConnected") => Some("connected"),
            Some("DialHangup") => Some("hangup"),
            _ => None,
        })
    }

    /// A step of B, told to the first leg.
    fn second_leg(&self, step: &str) -> Reading {
        let field = |name: &str| self.form.get(name);
        let second = field("DialBLegUUID");
        let mut event = self.event(
            Kind::Progress,
            &[
                "dial",
                second.unwrap_or_default(),
                step,
                field("DialDigits").unwrap_or_default(),
            ],
        );
        event.leg = Some(Leg::B);
        let mut leg = LegFacts {
            id: second.map(str::to_owned),
            number: field("DialBLegTo").and_then(Number::international),
            shown: field("DialBLegFrom").and_then(Number::international),
            ..LegFacts::default()
        };
        match step {
            "ring" | "ringing" => {
                event.kind = Kind::Ringing;
                leg.ringing = Some(When::Unreported);
            }
            "answer" => {
                event.kind = Kind::Answered;
                leg.answered = Some(When::Unreported);
            }
            "connected" => {
                event.kind = Kind::Bridged;
                leg.answered = Some(When::Unreported);
                event.facts.bridged = Some(When::Unreported);
            }
            "hangup" => {
                event.kind = Kind::Ended;
                let seconds = self.number("DialBLegDuration");
                let talked = seconds.filter(|seconds| *seconds > 0);
                leg.answered = talked.map(|_| When::Unreported);
                leg.ended = Some(When::Unreported);
                leg.seconds = seconds;
                event.facts.talk_seconds = talked;
                let ending = Ending {
                    status: field("DialBLegStatus"),
                    code: field("DialBLegHangupCauseCode"),
                    cause: field("DialBLegHangupCause"),
                    name: field("DialBLegHangupCauseName"),
                    answered: seconds.map(|seconds| seconds > 0),
                };
                leg.cause = Some(ending.cause());
            }
            _ => {}
        }
        event.facts.b = leg;
        self.heard(event)
    }

    /// The end of a `<Dial>`: told to A's document, and about B.
    fn dial_ended(&self, status: &str) -> Reading {
        let second = self.form.get("DialBLegUUID");
        let mut event = self.event(Kind::Ended, &["dialled", second.unwrap_or_default(), status]);
        event.leg = Some(Leg::B);
        let ending = Ending {
            status: Some(status),
            cause: self.form.get("DialHangupCause"),
            ..Ending::default()
        };
        event.facts.b = LegFacts {
            id: second.map(str::to_owned),
            ended: Some(When::Unreported),
            cause: Some(ending.cause()),
            ..LegFacts::default()
        };
        self.heard(event)
    }

    /// A recording. Where its length is still -1, it is being made.
    fn recording(&self, id: &str) -> Reading {
        let running = self
            .form
            .get("RecordingDuration")
            .is_some_and(|text| text.starts_with('-'));
        let state = if running {
            RecordingState::Running
        } else {
            RecordingState::Ready
        };
        let mut event = self.event(
            Kind::Recording,
            &["recording", id, if running { "running" } else { "ready" }],
        );
        event.leg = None;
        event.facts = Facts {
            carrier_call_id: self.session.map(str::to_owned),
            ..Facts::default()
        };
        let url = self.form.get("RecordUrl");
        let format = url.and_then(|url| {
            let path = url.split(['?', '#']).next()?;
            ["mp3", "wav"]
                .into_iter()
                .find(|format| path.ends_with(&format!(".{format}")))
        });
        let started_at = self
            .number("RecordingStartMs")
            .and_then(|at| Timestamp::from_millisecond(i64::try_from(at).ok()?).ok())
            // Less than that is no time but a length.
            .filter(|at| at.as_second() > 946_684_800);
        let recording = RecordingFacts {
            state: Some(state),
            at_carrier: url.map(str::to_owned),
            format: format.map(str::to_owned),
            seconds: self
                .number("RecordingDurationMs")
                .map(|ms| ms / 1000)
                .or_else(|| self.number("RecordingDuration")),
            started_at,
            ..RecordingFacts::default()
        };
        event.facts.recordings = BTreeMap::from([(id.to_owned(), recording)]);
        self.heard(event)
    }

    /// Anything else that names the call: kept, so that nothing is lost, and told apart by all it says.
    fn something(&self) -> Reading {
        let mut fields: Vec<_> = self.form.fields().collect();
        fields.sort_unstable();
        let mut what = vec!["progress"];
        what.extend(fields.iter().flat_map(|(name, value)| [*name, *value]));
        self.heard(self.event(Kind::Progress, &what))
    }
}
