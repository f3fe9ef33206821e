//! What the state of a call says, as its callbacks would have said it.

use ringback_calls::{CallEvent, EventId, Leg};
use serde::Deserialize;

use super::read::{Said, Told};
use crate::json;
use crate::times;

/// A call, which is one leg. What it has in common with callbacks has the same name there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    #[serde(default, deserialize_with = "json::text")]
    state: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    disconnect_cause: Option<String>,
    #[serde(flatten)]
    said: Said,
}

impl State {
    pub(super) fn is(&self, call: &str) -> bool {
        self.said.call_id.as_deref() == Some(call)
    }

    pub(super) fn is_child_of(&self, first: &str) -> bool {
        self.said.parent_call_id.as_deref() == Some(first)
    }

    /// The callback that would have said it; none for a leg that waits, and one without an id.
    pub(super) fn into_event(self) -> Option<CallEvent> {
        let Self {
            state,
            disconnect_cause,
            mut said,
        } = self;
        let call = said.call_id.clone()?;
        let leg = match said.parent_call_id {
            Some(_) => Leg::B,
            None => Leg::A,
        };
        let state = state.as_deref().unwrap_or_default();
        let over = state == "disconnected" || said.end_time.is_some();
        let (what, at) = if over {
            let what = ["disconnect", "transferDisconnect"];
            (what, said.end_time.clone())
        } else if said.answer_time.is_some() {
            (["answer", "transferAnswer"], said.answer_time.clone())
        } else if said.start_time.is_some() {
            (["initiate", "initiate"], said.start_time.clone())
        } else {
            return None;
        };
        let [of_a, of_b] = what;
        let what = if leg == Leg::A { of_a } else { of_b };
        // Callbacks of a second leg bring the first one's numbers, and its own under names of their own.
        said.transfer_to = said.to.clone();
        said.transfer_caller_id = said.from.clone();
        said.cause = disconnect_cause;
        said.event_time = at;
        let told = Told {
            what,
            call: &call,
            leg,
            at: said.event_time.as_deref().and_then(times::rfc3339),
            said: &said,
        };
        let mut event = told.event();
        event.id = event_id(what, &call, &said);
        Some(event)
    }
}

fn event_id(what: &str, call: &str, said: &Said) -> EventId {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    EventId::of(&[
        "bw",
        "inquiry",
        what,
        call,
        &text(&said.parent_call_id),
        &text(&said.start_time),
        &text(&said.answer_time),
        &text(&said.end_time),
        &text(&said.cause),
        &text(&said.error_id),
    ])
}
