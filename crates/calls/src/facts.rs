//! What one event tells of a call. Everything may be missing: an event adds, it never takes away.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cause::{Cause, Leg};
use crate::number::Number;

/// When something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum When {
    /// Then.
    At(Timestamp),
    /// It happened, and the carrier does not say when: the time we heard of it stands in.
    Unreported,
}

impl When {
    /// The time, or [`When::Unreported`] where there is none.
    pub fn maybe(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Unreported, Self::At)
    }
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

impl From<When> for String {
    fn from(when: When) -> Self {
        match when {
            When::At(at) => at.to_string(),
            When::Unreported => "unreported".to_owned(),
        }
    }
}

impl TryFrom<String> for When {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        if text == "unreported" {
            return Ok(Self::Unreported);
        }
        text.parse().map(Self::At)
    }
}

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// A customer called: the customer is A.
    Inbound,
    /// We called a customer, agent first: the agent is A, the customer B.
    Callback,
    /// An agent called a customer from the call centre: the agent is A, the customer B.
    Outbound,
}

/// How a call ended, as a whole: which leg's cause it was, where that is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Verdict {
    /// The cause.
    pub cause: Cause,
    /// The leg it happened to; none where the carrier leaves that open, and the fold concludes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<Leg>,
}

/// What is played to an agent before the customer is dialled. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Announcement {
    /// An audio file's `https` URL.
    Url(String),
    /// A text that the carrier speaks.
    Text(String),
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "Url(<hidden>)",
            Self::Text(_) => "Text(<hidden>)",
        })
    }
}

/// What an event tells of a leg.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LegFacts {
    /// The carrier's id of the leg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who is called on it (on A of an inbound call: who calls).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The number shown to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Number>,
    /// When it was dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialled: Option<When>,
    /// When it rang.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ringing: Option<When>,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<When>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<When>,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How long it lasted after it was answered, in seconds, as the carrier counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// Whether there is a recording to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingState {
    /// It is being made.
    Running,
    /// The carrier made none.
    Absent,
    /// The carrier could not make it.
    Failed,
    /// It can be fetched.
    Ready,
}

/// Where a recording lies in the owner's bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Archived {
    /// The bucket.
    pub bucket: String,
    /// The key in it.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Its content type, `audio/mpeg`.
    pub content_type: String,
}

/// What an event tells of a recording. `Debug` does not show where it is.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecordingFacts {
    /// Whether it can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RecordingState>,
    /// Where the carrier has it: a URL, or the object's name where the URL is asked for by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_carrier: Option<String>,
    /// `mp3`, `wav`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// How many channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u64>,
    /// How long, in seconds, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// When it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Where it lies in the owner's bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<Archived>,
    /// Since when it lies there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Why it will not be archived: a short code of ours, `not-there`. In a record only while it is not archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
    /// When it was deleted at the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at_carrier: Option<Timestamp>,
    /// Why the carrier did not delete it: a short code of ours. In a record only while it is not deleted there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_refused: Option<String>,
    /// Whether it is under legal hold. The last word counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// Why it failed, in the carrier's word or ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl RecordingFacts {
    /// Whether it can be fetched now, and is neither in the owner's bucket nor given up.
    pub fn is_to_be_archived(&self) -> bool {
        self.state == Some(RecordingState::Ready) && self.archived.is_none() && self.given_up.is_none()
    }
}

/// What an event tells of a call.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// The carrier's id of the whole call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_call_id: Option<String>,
    /// Who called whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The company's main number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_number: Option<Number>,
    /// The extension behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The agent's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The customer's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Number>,
    /// What the call is about in the owner's own systems: an order, a ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_reference: Option<String>,
    /// What else the owner's own systems want to find in the record, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub business_data: BTreeMap<String, String>,
    /// The line that the call takes: no other call has it meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What the agent hears before the customer is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Announcement>,
    /// The URL that the carrier gave for commands to this call. Whoever has it commands the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// The longest the call may last, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_seconds: Option<u64>,
    /// How long B may ring, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring_seconds: Option<u64>,
    /// Whether it is to be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<bool>,
    /// The first leg.
    #[serde(skip_serializing_if = "is_default")]
    pub a: LegFacts,
    /// The second leg.
    #[serde(skip_serializing_if = "is_default")]
    pub b: LegFacts,
    /// What is told of the leg to a number, where the carrier names the number and not the leg: it counts for the leg
    /// whose number that turns out to be.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_number: BTreeMap<Number, LegFacts>,
    /// When the two heard each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridged: Option<When>,
    /// When the whole call ended. The end of leg A is the end of the call too, and belongs to `a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<When>,
    /// That its carrier, told to end the call, said that there is nothing to end.
    #[serde(skip_serializing_if = "is_default")]
    pub said_over: bool,
    /// Of a refusal: that the call itself is at fault, and nothing is wrong with the carrier or the account.
    #[serde(skip_serializing_if = "is_default")]
    pub of_call: bool,
    /// Why the whole call ended, where the carrier has one cause for both legs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How long the two talked, in seconds, as the carrier counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_seconds: Option<u64>,
    /// Recordings, by the carrier's id of each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub recordings: BTreeMap<String, RecordingFacts>,
    /// Where the recording of what the caller said to a menu is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ivr_recording: Option<String>,
    /// What the caller said to a menu, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ivr_text: Option<String>,
}

impl Facts {
    /// The leg.
    pub fn leg(&self, leg: Leg) -> &LegFacts {
        match leg {
            Leg::A => &self.a,
            Leg::B => &self.b,
        }
    }

    /// The leg, to write on.
    pub fn leg_mut(&mut self, leg: Leg) -> &mut LegFacts {
        match leg {
            Leg::A => &mut self.a,
            Leg::B => &mut self.b,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Shows that something is there, and not what.
pub(crate) struct Hidden<'a, T>(pub(crate) &'a Option<T>);

impl<T> fmt::Debug for Hidden<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "<hidden>" } else { "None" })
    }
}

impl fmt::Debug for RecordingFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingFacts")
            .field("state", &self.state)
            .field("at_carrier", &Hidden(&self.at_carrier))
            .field("format", &self.format)
            .field("channels", &self.channels)
            .field("seconds", &self.seconds)
            .field("started_at", &self.started_at)
            .field("archived", &Hidden(&self.archived))
            .field("archived_at", &self.archived_at)
            .field("given_up", &self.given_up)
            .field("deleted_at_carrier", &self.deleted_at_carrier)
            .field("delete_refused", &self.delete_refused)
            .field("held", &self.held)
            .field("problem", &self.problem)
            .finish()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("carrier_call_id", &self.carrier_call_id)
            .field("direction", &self.direction)
            .field("main_number", &self.main_number)
            .field("extension", &Hidden(&self.extension))
            .field("agent", &self.agent)
            .field("customer", &self.customer)
            .field("business_reference", &Hidden(&self.business_reference))
            .field("line", &self.line)
            .field("announcement", &self.announcement)
            .field("control", &Hidden(&self.control))
            .field("limit_seconds", &self.limit_seconds)
            .field("ring_seconds", &self.ring_seconds)
            .field("record", &self.record)
            .field("a", &self.a)
            .field("b", &self.b)
            .field("by_number", &self.by_number)
            .field("bridged", &self.bridged)
            .field("ended", &self.ended)
            .field("said_over", &self.said_over)
            .field("of_call", &self.of_call)
            .field("verdict", &self.verdict)
            .field("talk_seconds", &self.talk_seconds)
            .field("recordings", &self.recordings)
            .field("ivr_recording", &Hidden(&self.ivr_recording))
            .field("ivr_text", &Hidden(&self.ivr_text))
            .finish()
    }
}
