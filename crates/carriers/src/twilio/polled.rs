//! What the resource of a call says, as its callbacks would have said it.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallEvent, EventId, Evidence, Facts, Kind, Leg, When};
use serde::Deserialize;

use super::read::Call;
use crate::form::Form;
use crate::json;
use crate::times;

/// A call, which is one leg.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource {
    #[serde(deserialize_with = "json::text")]
    pub(super) sid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) parent_call_sid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    status: Option<String>,
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
    duration: Option<String>,
}

/// A page of calls. A leg is dialled once, so one page holds all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) calls: Vec<Resource>,
}

impl Resource {
    /// The leg's state as an event, and for a leg that failed why, as far as a resource tells. A leg without an id or a
    /// state says nothing.
    pub(super) fn events(&self, carrier: &str) -> Vec<CallEvent> {
        let (Some(id), Some(status)) = (self.sid.as_deref(), self.status.as_deref()) else {
            return Vec::new();
        };
        let form = self.form(id, status);
        let mut event = Call::of(carrier, &form, id).step(status);
        event.id = self.event_id(carrier, id, "state");
        let leg = event.leg.unwrap_or(Leg::A);
        let started = time(&self.start_time);
        let facts = event.facts.leg_mut(leg);
        if event.kind == Kind::Ended {
            event.evidence = Evidence::Cdr;
            let answered = self.answered();
            facts.answered = answered.map(When::At).or(facts.answered);
            // The start of a call that was answered may be its answer.
            let dialled = started.filter(|started| answered.is_none_or(|answered| *started < answered));
            facts.dialled = dialled.map(When::At);
        } else {
            facts.dialled = started.map(When::At);
        }
        let guess = (status == "failed").then(|| self.guess(carrier, id, &mut event));
        [Some(event), guess.flatten()].into_iter().flatten().collect()
    }

    /// A failure's reason is the SIP code, which callbacks alone tell: theirs must count more than what is made of none.
    fn guess(&self, carrier: &str, id: &str, event: &mut CallEvent) -> Option<CallEvent> {
        let leg = event.leg?;
        let mut facts = Facts::default();
        facts.leg_mut(leg).cause = Some(event.facts.leg_mut(leg).cause.take()?);
        let event_id = self.event_id(carrier, id, "cause");
        Some(CallEvent {
            leg: Some(leg),
            at: event.at,
            facts,
            ..CallEvent::new(event_id, Kind::Ended, Evidence::Inferred)
        })
    }

    /// The callback that would have said it. The order of states stands in for the number that callbacks have.
    fn form(&self, id: &str, status: &str) -> Form {
        let order = match status {
            "queued" | "initiated" => "0",
            "ringing" => "1",
            "in-progress" => "2",
            _ => "3",
        };
        let mut fields = vec![
            ("CallSid", id.to_owned()),
            ("CallStatus", status.to_owned()),
            ("SequenceNumber", order.to_owned()),
        ];
        let mut add = |name, value: &Option<String>| fields.extend(value.clone().map(|value| (name, value)));
        add("ParentCallSid", &self.parent_call_sid);
        add("Direction", &self.direction);
        add("From", &self.from);
        add("To", &self.to);
        // A call that goes on has lasted for a while too.
        if self.end_time.is_some() {
            add("Timestamp", &self.end_time);
            add("CallDuration", &self.duration);
        }
        Form::of(fields)
    }

    /// A call lasts from its answer.
    fn answered(&self) -> Option<Timestamp> {
        let seconds: i64 = self.duration.as_deref()?.parse().ok()?;
        let ended = time(&self.end_time)?;
        (seconds > 0).then_some(())?;
        ended.checked_sub(SignedDuration::from_secs(seconds)).ok()
    }

    fn event_id(&self, carrier: &str, id: &str, what: &str) -> EventId {
        let text = |field: &'_ Option<String>| field.clone().unwrap_or_default();
        EventId::of(&[
            carrier,
            "inquiry",
            what,
            id,
            &text(&self.parent_call_sid),
            &text(&self.status),
            &text(&self.start_time),
            &text(&self.end_time),
            &text(&self.duration),
        ])
    }
}

pub(super) fn time(text: &Option<String>) -> Option<Timestamp> {
    let text = text.as_deref()?;
    times::rfc2822(text).or_else(|| times::rfc3339(text))
}
