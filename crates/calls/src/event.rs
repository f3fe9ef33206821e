//! What happened to a call, whoever says it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cause::Leg;
use crate::facts::{Facts, Hidden};
use crate::id::EventId;

/// How much an event's word counts against another's. Later variants count more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// We conclude it, because nobody said.
    Inferred,
    /// The carrier said so while it happened.
    Event,
    /// The carrier's call detail record says so.
    Cdr,
    /// We did it ourselves: whom we called and for whom we know best; when it rang there the carrier knows better, so
    /// our times count like [`Evidence::Inferred`].
    Own,
}

/// What an event is about, for people and lists. The fold does not look at it: it reads the [`Facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// We decided to place the call.
    Placed,
    /// We asked a carrier account for the call.
    Asked,
    /// The carrier took the call on, and will place it.
    Accepted,
    /// A carrier account refused the call, or was not reached: it has rung nobody, and will not.
    Refused,
    /// We do not know whether the carrier took the call on: it is asked for at no other, and somebody finds out.
    Unsure,
    /// No carrier took the call.
    Unplaced,
    /// We asked the carrier for the second leg.
    SecondLegRequested,
    /// The carrier took the second leg on.
    SecondLegAccepted,
    /// The carrier refused the second leg.
    SecondLegRefused,
    /// Somebody asked for the call's end.
    HangUpAsked,
    /// The carrier was told to end the call, and said that there is nothing to end.
    SaidOver,
    /// We asked about the call and learned nothing new.
    Checked,
    /// A leg is being dialled.
    Dialled,
    /// A leg rings.
    Ringing,
    /// A leg was answered.
    Answered,
    /// The two legs hear each other.
    Bridged,
    /// A leg, or the whole call, ended.
    Ended,
    /// The call detail record.
    Cdr,
    /// A recording is ready, failed, or does not exist.
    Recording,
    /// Any other step of the call, kept with its word.
    Progress,
    /// We closed a call of which nothing was heard any more.
    Orphaned,
    /// A recording is in the owner's bucket.
    Archived,
    /// A recording will not be archived.
    GivenUp,
    /// A recording was deleted at the carrier, after it was archived.
    DeletedAtCarrier,
    /// The carrier did not delete a recording.
    DeleteRefused,
    /// Somebody got a link to a recording.
    LinkGiven,
    /// Somebody put a recording under legal hold.
    Held,
    /// Somebody ended the legal hold of a recording.
    Released,
}

impl Kind {
    /// Whether it only says that somebody asked something of us: it belongs to the call, and is no news of it.
    pub fn is_asked_of_us(self) -> bool {
        matches!(
            self,
            Self::LinkGiven | Self::Held | Self::Released | Self::HangUpAsked
        )
    }

    /// Whether only we say such a thing, and no carrier.
    pub fn is_ours(self) -> bool {
        matches!(
            self,
            Self::Placed
                | Self::Asked
                | Self::Accepted
                | Self::Refused
                | Self::Unsure
                | Self::Unplaced
                | Self::SecondLegRequested
                | Self::SecondLegAccepted
                | Self::SecondLegRefused
                | Self::HangUpAsked
                | Self::SaidOver
                | Self::Checked
                | Self::Orphaned
                | Self::Archived
                | Self::GivenUp
                | Self::DeletedAtCarrier
                | Self::DeleteRefused
                | Self::LinkGiven
                | Self::Held
                | Self::Released
        )
    }
}

/// One event, normalised: the same shape whatever carrier it came from. `Debug` does not show who asked for it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEvent {
    /// Its id within the call; see [`EventId`].
    pub id: EventId,
    /// What it is about.
    pub kind: Kind,
    /// The leg it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<Leg>,
    /// How much its word counts.
    pub evidence: Evidence,
    /// When it happened, by the clock of whoever says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Its place in the carrier's own order, where the carrier counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The carrier's own word for the state that the call is in: `in-progress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// Who asked for it: the identity of the API's caller, for what we did because somebody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What it tells.
    #[serde(default)]
    pub facts: Facts,
}

impl CallEvent {
    /// An event that tells nothing yet.
    pub fn new(id: EventId, kind: Kind, evidence: Evidence) -> Self {
        Self {
            id,
            kind,
            leg: None,
            evidence,
            at: None,
            sequence: None,
            word: None,
            by: None,
            facts: Facts::default(),
        }
    }
}

impl fmt::Debug for CallEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallEvent")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("leg", &self.leg)
            .field("evidence", &self.evidence)
            .field("at", &self.at)
            .field("sequence", &self.sequence)
            .field("word", &self.word)
            .field("by", &Hidden(&self.by))
            .field("facts", &self.facts)
            .finish()
    }
}

/// An event as it is kept: with who told it, for whom, and when we heard it. `Debug` hides the account, whose slug is all
/// that some carriers bring as a credential.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Whose call it is. Never from the event: from the account it was posted for.
    pub tenant: String,
    /// The carrier's code, `tw`; `own` for what we did ourselves before any carrier was asked.
    pub carrier: String,
    /// The carrier account's slug; empty for `own`.
    #[serde(default)]
    pub account: String,
    /// When we heard it first. It stands in for times that the carrier does not tell.
    pub received_at: Timestamp,
    /// The event.
    pub event: CallEvent,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("tenant", &self.tenant)
            .field("carrier", &self.carrier)
            .field("received_at", &self.received_at)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}
