//! What the resource of a call says, as its callbacks would have said it.

use jiff::Timestamp;
use ringback_calls::{CallEvent, EventId, Kind, Leg};
use serde::Deserialize;

use super::clock::Clock;
use super::read::Call;
use crate::form::Form;
use crate::json;
use crate::placing::PlacedCall;
use crate::settings::Settings;

/// The record of a leg that is over.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Finished {
    #[serde(deserialize_with = "json::text")]
    call_uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    parent_call_uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    from_number: Option<String>,
    #[serde(deserialize_with = "json::text")]
    to_number: Option<String>,
    #[serde(deserialize_with = "json::text")]
    initiation_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    answer_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    end_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    call_duration: Option<String>,
    #[serde(deserialize_with = "json::text")]
    hangup_cause_code: Option<String>,
    #[serde(deserialize_with = "json::text")]
    hangup_cause_name: Option<String>,
}

/// Records, 20 at most. A leg is dialled once, so one page holds all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) objects: Vec<Finished>,
}

/// A leg that rings or talks.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Live {
    #[serde(deserialize_with = "json::text")]
    call_uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    call_status: Option<String>,
    #[serde(deserialize_with = "json::text")]
    session_start: Option<String>,
    #[serde(deserialize_with = "json::text")]
    from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    to: Option<String>,
}

impl Finished {
    pub(super) fn is(&self, call: &str) -> bool {
        self.call_uuid.as_deref() == Some(call)
    }

    pub(super) fn is_child_of(&self, first: &str) -> bool {
        self.parent_call_uuid.as_deref() == Some(first)
    }

    /// The end of the leg. A record without its end says nothing: it may be that of a leg that goes on.
    pub(super) fn events(&self, first: &str, placed: &PlacedCall<'_>) -> Vec<CallEvent> {
        if self.call_uuid.is_none() || self.end_time.is_none() {
            return Vec::new();
        }
        let form = self.form(first, placed.placed_at);
        let clock = Clock::of(&form, &Settings::default());
        let mut event = Call::of(&form).end(None, &clock);
        // The carrier's word for the state is the callbacks'.
        event.word = None;
        let leg = event.facts.leg_mut(Leg::B);
        let talked = leg.answered.and(leg.seconds);
        event.facts.talk_seconds = talked.filter(|seconds| *seconds > 0);
        event.id = self.event_id();
        vec![event]
    }

    /// The callback that would have said it. Times bring their offset; where one does not, the first leg is dialled when it
    /// is placed, and that shows the zone.
    fn form(&self, first: &str, placed_at: Timestamp) -> Form {
        let mut fields = vec![
            ("ALegUUID", first.to_owned()),
            ("Direction", "outbound".to_owned()),
            (
                "SessionStart",
                placed_at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            ),
        ];
        let mut add = |name, value: &Option<String>| fields.extend(value.clone().map(|value| (name, value)));
        add("CallUUID", &self.call_uuid);
        add("From", &self.from_number);
        add("To", &self.to_number);
        add("StartTime", &self.initiation_time);
        add("AnswerTime", &self.answer_time);
        add("EndTime", &self.end_time);
        add("Duration", &self.call_duration);
        add("HangupCauseCode", &self.hangup_cause_code);
        add("HangupCauseName", &self.hangup_cause_name);
        Form::of(fields)
    }

    fn event_id(&self) -> EventId {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        EventId::of(&[
            "pl",
            "inquiry",
            "finished",
            &text(&self.call_uuid),
            &text(&self.parent_call_uuid),
            &text(&self.initiation_time),
            &text(&self.answer_time),
            &text(&self.end_time),
            &text(&self.call_duration),
            &text(&self.hangup_cause_code),
        ])
    }
}

impl Live {
    pub(super) fn is(&self, call: &str) -> bool {
        self.call_uuid.as_deref() == Some(call)
    }

    /// The leg's state.
    pub(super) fn events(&self, first: &str) -> Vec<CallEvent> {
        let (Some(id), Some(status)) = (self.call_uuid.as_deref(), self.call_status.as_deref()) else {
            return Vec::new();
        };
        let mut fields = vec![
            ("ALegUUID", first.to_owned()),
            ("CallUUID", id.to_owned()),
            ("Direction", "outbound".to_owned()),
        ];
        let mut add = |name, value: &Option<String>| fields.extend(value.clone().map(|value| (name, value)));
        add("SessionStart", &self.session_start);
        add("From", &self.from);
        add("To", &self.to);
        let form = Form::of(fields);
        let clock = Clock::of(&form, &Settings::default());
        let mut event = Call::of(&form).step(status, &clock);
        // An end is the record's to tell.
        if event.kind == Kind::Ended {
            return Vec::new();
        }
        event.id = EventId::of(&["pl", "inquiry", "live", id, status]);
        vec![event]
    }
}
