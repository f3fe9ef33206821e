//! One call, as everybody else sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cause::{Cause, CloseCause};
use crate::facts::{Direction, RecordingFacts};
use crate::id::CallId;
use crate::number::Number;

/// How far a call has come. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Somebody is being called.
    Init,
    /// The two hear each other.
    Conn,
    /// It is over; only a recording or a call detail record may still come.
    Close,
}

/// One leg of a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LegRecord {
    /// The carrier's id of the leg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who was called on it (on A of an inbound call: who called).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The number shown to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Number>,
    /// When it was dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialled_at: Option<Timestamp>,
    /// When it rang.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ringing_at: Option<Timestamp>,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// The record of a call: the fold of its events.
///
/// Two records are equal when they say the same of the call; [`version`](Self::version) and
/// [`updated_at`](Self::updated_at), which say how we came to know, do not count. `Debug` masks numbers, and hides
/// where recordings are and what was said.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// The call's id.
    pub id: CallId,
    /// Whose call it is.
    pub tenant: String,
    /// How far it has come.
    pub state: State,
    /// The carrier's code; none while no carrier was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The carrier account's slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The carrier's id of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_call_id: Option<String>,
    /// The carrier's own word for the state it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_state: Option<String>,
    /// Who called whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The company's main number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_number: Option<Number>,
    /// The extension behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The agent's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The customer's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Number>,
    /// What the call is about in the owner's own systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_reference: Option<String>,
    /// What else the owner's own systems want to find here, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub business_data: BTreeMap<String, String>,
    /// The line that it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The first leg; its number is the caller.
    #[serde(default)]
    pub a: LegRecord,
    /// The second leg; its number is the called.
    #[serde(default)]
    pub b: LegRecord,
    /// When the call began, as far as anybody says.
    pub created_at: Timestamp,
    /// When the two began to hear each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When its carrier first said that there is nothing to end any more, while nobody has told of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_over_at: Option<Timestamp>,
    /// How long the two talked, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_seconds: Option<u64>,
    /// The longest it might have lasted, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_seconds: Option<u64>,
    /// How long B was allowed to ring, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_seconds: Option<u64>,
    /// Whether it was to be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<bool>,
    /// Why it ended; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_cause: Option<CloseCause>,
    /// The carrier's own words for why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_cause: Option<Cause>,
    /// Its recordings, by the carrier's id of each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recordings: BTreeMap<String, RecordingFacts>,
    /// Where the recording of what the caller said to a menu is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ivr_recording: Option<String>,
    /// What the caller said to a menu, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ivr_text: Option<String>,
    /// The times above that no carrier told and that we concluded, by name: `b.answeredAt`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub inferred: BTreeSet<String>,
    /// How many events it is folded from.
    pub version: u64,
    /// When the last of them was heard; what somebody asked of us does not count, a link or a hold.
    pub updated_at: Timestamp,
}

impl CallRecord {
    /// Everything that counts for equality, borrowed.
    #[allow(clippy::type_complexity, reason = "one tuple for one comparison")]
    fn said(&self) -> impl PartialEq + use<'_> {
        (
            (&self.id, &self.tenant, self.state, &self.carrier, &self.account),
            (&self.carrier_call_id, &self.carrier_state, self.direction),
            (&self.main_number, &self.extension, &self.agent, &self.customer),
            (&self.business_reference, &self.a, &self.b, self.created_at),
            (&self.business_data, &self.line),
            (
                self.bridged_at,
                self.ended_at,
                self.said_over_at,
                self.talk_seconds,
                self.limit_seconds,
            ),
            (self.ring_seconds, self.record),
            (self.close_cause, &self.raw_cause, &self.recordings),
            (&self.ivr_recording, &self.ivr_text, &self.inferred),
        )
    }
}

impl PartialEq for CallRecord {
    fn eq(&self, other: &Self) -> bool {
        self.said() == other.said()
    }
}

impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRecord")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("state", &self.state)
            .field("carrier", &self.carrier)
            .field("carrier_call_id", &self.carrier_call_id)
            .field("carrier_state", &self.carrier_state)
            .field("direction", &self.direction)
            .field("agent", &self.agent)
            .field("customer", &self.customer)
            .field("a", &self.a)
            .field("b", &self.b)
            .field("created_at", &self.created_at)
            .field("bridged_at", &self.bridged_at)
            .field("ended_at", &self.ended_at)
            .field("talk_seconds", &self.talk_seconds)
            .field("limit_seconds", &self.limit_seconds)
            .field("close_cause", &self.close_cause)
            .field("raw_cause", &self.raw_cause)
            .field("recordings", &self.recordings)
            .field("inferred", &self.inferred)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
