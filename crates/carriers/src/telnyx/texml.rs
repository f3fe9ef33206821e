//! `TeXML`: forms much like Twilio's, with Telnyx's own times and causes in them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use ringback_calls::{
    Announcement, CallEvent, Cause, Class, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number,
    RecordingFacts, RecordingState, When,
};

use super::cause::{cause, sip};
use crate::answer::{Answer, SecondLeg};
use crate::form::Form;
use crate::markup::Element;
use crate::reading::{Heard, Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::times;

/// What a `<Dial>` of Telnyx takes, in seconds.
const RING: RangeInclusive<u64> = 5..=120;
const LIMIT: RangeInclusive<u64> = 60..=14_400;

fn within(seconds: u64, range: &RangeInclusive<u64>) -> u64 {
    seconds.clamp(*range.start(), *range.end())
}

/// The limit that a `<Dial>` keeps.
pub(super) fn longest(limit_seconds: u64) -> u64 {
    within(limit_seconds, &LIMIT)
}

/// The document that puts A through to B.
pub(super) fn connect(second: &SecondLeg<'_>) -> Answer {
    let number = Element::new("Number")
        .with("statusCallback", second.events_url)
        .with("statusCallbackMethod", "POST")
        .with("statusCallbackEvent", "initiated ringing answered completed")
        .text(second.number);
    let mut dial = Element::new("Dial")
        .with("callerId", second.shown)
        .with("timeout", within(second.ring_seconds, &RING).to_string())
        .with("timeLimit", longest(second.limit_seconds).to_string())
        .with("action", second.events_url)
        .with("method", "POST");
    if second.record {
        dial = dial
            .with("record", "record-from-answer-dual")
            .with("recordingStatusCallback", second.events_url)
            .with("recordingStatusCallbackMethod", "POST")
            .with("recordingStatusCallbackEvent", "in-progress completed absent");
    }
    let response = match second.announcement {
        Some(Announcement::Url(url)) => Element::new("Response").child(Element::new("Play").text(url)),
        Some(Announcement::Text(text)) => Element::new("Response").child(Element::new("Say").text(text)),
        None => Element::new("Response"),
    };
    response.child(dial.child(number)).answer()
}

/// Reads a callback, or the request for a document.
///
/// # Errors
/// When it is no form. A GET has its fields in the query, which nothing signs, so it is none.
pub(super) fn read(request: &Request<'_>) -> Result<Reading, Unreadable> {
    let form = Form::read(request.body)?;
    let Some(id) = form.get("CallSid") else {
        return Ok(Reading::default());
    };
    let parent = form.get("ParentCallSid");
    let told = Told {
        form: &form,
        id,
        parent,
        leg: if parent.is_some() { Leg::B } else { Leg::A },
        at: form.get("Timestamp").and_then(time),
        outbound: request.names_call(),
    };
    // Reports name their source; what names none asks for a document.
    let report = form.get("CallbackSource").is_some() || form.get("SequenceNumber").is_some();
    let status = form.get("CallStatus");
    Ok(match (form.get("RecordingStatus"), form.get("DialCallStatus")) {
        (Some(state), _) if !report => told.recording(state),
        (_, Some(status)) if !report => told.dial(status),
        _ => match status {
            Some(status) => told.status(status, report),
            None => told.heard(told.event("something", &[], Kind::Progress), None),
        },
    })
}

fn time(text: &str) -> Option<Timestamp> {
    times::rfc3339(text).or_else(|| times::rfc2822(text))
}

struct Told<'a> {
    form: &'a Form,
    /// The leg's own id.
    id: &'a str,
    parent: Option<&'a str>,
    leg: Leg,
    at: Option<Timestamp>,
    /// Whether the URL names the call: then we placed it.
    outbound: bool,
}

impl Told<'_> {
    /// Leg A's id is that of the call.
    fn session(&self) -> &str {
        self.parent.unwrap_or(self.id)
    }

    fn event(&self, what: &str, of: &[&str], kind: Kind) -> CallEvent {
        let mut id = vec!["tx", "texml", what, self.id];
        id.extend(of);
        let mut event = CallEvent {
            leg: Some(self.leg),
            at: self.at,
            sequence: self.number("SequenceNumber"),
            ..CallEvent::new(EventId::of(&id), kind, Evidence::Event)
        };
        event.facts.carrier_call_id = Some(self.session().to_owned());
        event
    }

    fn heard(&self, event: CallEvent, second: Option<&str>) -> Reading {
        let second = second.or(self.parent.map(|_| self.id));
        Reading {
            heard: vec![Heard {
                legs: second.map(str::to_owned).into_iter().collect(),
                ..Heard::new(Reference::session(self.session()), event)
            }],
            ..Reading::default()
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.form.get(name).and_then(|text| text.parse().ok())
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        self.form.get(name).and_then(time)
    }

    /// The leg and its numbers, where it is sure whose they are.
    fn who(&self, facts: &mut Facts) {
        let number = |name: &str| self.form.get(name).and_then(Number::international);
        let (from, to) = (number("From"), number("To"));
        let inbound = self.leg == Leg::A && self.form.get("Direction") == Some("inbound");
        let outbound = self.leg == Leg::B
            || self.outbound
            || self
                .form
                .get("Direction")
                .is_some_and(|direction| direction.starts_with("outbound"));
        let (number, shown) = if inbound {
            facts.direction = Some(Direction::Inbound);
            facts.main_number = to.clone();
            (from, to)
        } else if outbound {
            (to, from)
        } else {
            (None, None)
        };
        *facts.leg_mut(self.leg) = LegFacts {
            id: Some(self.id.to_owned()),
            number,
            shown,
            ..LegFacts::default()
        };
    }

    /// A step of a leg, or the request for a document.
    fn status(&self, status: &str, report: bool) -> Reading {
        let sequence = self.form.get("SequenceNumber").unwrap_or_default();
        let what = if report { "status" } else { "document" };
        let source = self.form.get("CallbackSource").unwrap_or_default();
        let mut event = self.event(what, &[status, sequence, source], Kind::Progress);
        self.who(&mut event.facts);
        if source == "call-cost-events" {
            event.kind = Kind::Cdr;
            return self.heard(event, None);
        }
        event.word = Some(status.chars().take(100).collect());
        let happened = Some(When::maybe(self.at));
        let leg = event.facts.leg_mut(self.leg);
        leg.dialled = self.time("CallInitiatedAt").map(When::At);
        match status {
            "queued" | "initiated" => {
                event.kind = Kind::Dialled;
                leg.dialled = happened;
            }
            "ringing" => {
                event.kind = Kind::Ringing;
                leg.ringing = happened;
            }
            "in-progress" | "answered" => {
                event.kind = Kind::Answered;
                leg.answered = happened;
            }
            _ => self.ended(status, &mut event),
        }
        let mut reading = self.heard(event, None);
        // What rings asks for nothing of ours: only whoever came in is asked for before an answer.
        let answered = matches!(status, "in-progress" | "answered");
        if !report && self.leg == Leg::A && answered {
            reading.wants = Wants::SecondLeg { answered: Leg::A };
        }
        reading
    }

    fn ended(&self, status: &str, event: &mut CallEvent) {
        let word = self.form.get("HangupCause");
        let sip = sip(self
            .form
            .get("SipResponseCode")
            .or(self.form.get("SipHangupCause")));
        let said = word.map(|word| cause(word, sip).class);
        let class = match status {
            // The one cause that an answered leg's end hides.
            "completed" if said == Some(Class::MaxDuration) => Class::MaxDuration,
            "completed" if self.number("CallDuration") == Some(0) => Class::Cleared,
            "completed" => Class::Ok,
            "busy" => Class::Busy,
            "no-answer" | "canceled" => Class::Unreachable,
            "failed" => match said.or(sip.map(Class::of_sip)) {
                None | Some(Class::Ok | Class::Cleared) => Class::Unreachable,
                Some(class) => class,
            },
            _ => return,
        };
        event.kind = Kind::Ended;
        let (answered, ended) = (self.time("AnsweredTime"), self.time("EndTime"));
        if ended.is_some() {
            event.evidence = Evidence::Cdr;
        }
        let leg = event.facts.leg_mut(self.leg);
        leg.answered = answered.map(When::At);
        leg.ended = Some(When::maybe(ended.or(self.at)));
        leg.seconds = self.number("CallDuration");
        leg.cause = Some(Cause {
            code: word.map(|word| word.chars().take(100).collect()),
            sip,
            ..Cause::said(class, status)
        });
    }

    /// The end of a `<Dial>`: told to A's document, and about B.
    fn dial(&self, status: &str) -> Reading {
        let second = self.form.get("DialCallSid");
        let mut event = self.event("dial", &[second.unwrap_or_default(), status], Kind::Ended);
        event.leg = Some(Leg::B);
        event.sequence = None;
        let seconds = self.number("DialCallDuration");
        let talked = seconds.is_some_and(|seconds| seconds > 0);
        let class = match status {
            "completed" | "answered" if talked => Class::Ok,
            "completed" | "answered" => Class::Cleared,
            "busy" => Class::Busy,
            "no-answer" | "canceled" | "failed" => Class::Unreachable,
            _ => Class::Other,
        };
        event.facts.b = LegFacts {
            id: second.map(str::to_owned),
            // When, is for the events of the leg itself to say.
            answered: talked.then_some(When::Unreported),
            ended: Some(When::maybe(self.at)),
            seconds,
            cause: Some(Cause::said(class, status)),
            ..LegFacts::default()
        };
        self.heard(event, second)
    }

    fn recording(&self, status: &str) -> Reading {
        let Some(id) = self.form.get("RecordingSid") else {
            return self.heard(self.event("recording", &[status], Kind::Progress), None);
        };
        let state = match status {
            "completed" => RecordingState::Ready,
            "absent" => RecordingState::Absent,
            "failed" => RecordingState::Failed,
            _ => RecordingState::Running,
        };
        let mut event = self.event("recording", &[id, status], Kind::Recording);
        event.leg = None;
        // The leg may be a second one that does not say whose it is.
        let named_first = self.parent.is_some() || self.form.get("RecordingSource") == Some("DialVerb");
        if !named_first {
            event.facts.carrier_call_id = None;
        }
        let facts = RecordingFacts {
            state: Some(state),
            at_carrier: self.form.get("RecordingUrl").map(str::to_owned),
            channels: self.number("RecordingChannels"),
            seconds: self.number("RecordingDuration"),
            started_at: self.time("RecordingStartTime"),
            ..RecordingFacts::default()
        };
        event.facts.recordings = BTreeMap::from([(id.to_owned(), facts)]);
        let mut reading = self.heard(event, None);
        if !named_first {
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
}
