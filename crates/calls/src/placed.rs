//! A call that we decide to place, and the carrier accounts that we ask for it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{CallEvent, Entry, Evidence, Kind};
use crate::facts::{Announcement, Direction, Facts, LegFacts};
use crate::id::EventId;
use crate::number::Number;

/// What we know of a call that we place, before any carrier says a word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    /// The agent's number, E.164: leg A.
    pub a: Number,
    /// The customer's number, E.164: leg B.
    pub b: Number,
    /// The number that the agent sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a_shown: Option<Number>,
    /// The number that the customer sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b_shown: Option<Number>,
    /// The agent's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The company's main number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_number: Option<Number>,
    /// The extension behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// What the call is about in the owner's own systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_reference: Option<String>,
    /// What else the owner's own systems want to find in the record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub business_data: BTreeMap<String, String>,
    /// The line that the call takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What the agent hears before the customer is dialled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Announcement>,
    /// How long B may ring, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_seconds: Option<u64>,
    /// How long they may talk, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_seconds: Option<u64>,
    /// Whether it is to be recorded.
    #[serde(default)]
    pub record: bool,
}

impl Placed {
    /// The event. A call is placed once, so all such events of a call are one.
    pub fn event(&self, at: Timestamp) -> CallEvent {
        let leg = |number: &Number, shown: &Option<Number>| LegFacts {
            number: Some(number.clone()),
            shown: shown.clone(),
            ..LegFacts::default()
        };
        let facts = Facts {
            direction: Some(Direction::Callback),
            main_number: self.main_number.clone(),
            extension: self.extension.clone(),
            agent: self.agent.clone(),
            customer: Some(self.b.clone()),
            business_reference: self.business_reference.clone(),
            business_data: self.business_data.clone(),
            line: self.line.clone(),
            announcement: self.announcement.clone(),
            limit_seconds: self.limit_seconds,
            ring_seconds: self.ring_seconds,
            record: Some(self.record),
            a: leg(&self.a, &self.a_shown),
            b: leg(&self.b, &self.b_shown),
            ..Facts::default()
        };
        CallEvent {
            at: Some(at),
            facts,
            ..CallEvent::new(Self::event_id(), Kind::Placed, Evidence::Own)
        }
    }

    /// The id of that event in every call: where it is, we placed the call.
    pub fn event_id() -> EventId {
        EventId::of(&["placed"])
    }
}

/// That we ask a carrier account for a call; to be written before the carrier is asked.
///
/// What nothing proves is believed of an account only where this is written, and only such an account is told whom to
/// call: another account of the same tenant has no say in the call. `Debug` hides the account, whose slug is all that
/// some carriers bring as a credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The carrier's code.
    pub carrier: &'a str,
    /// The carrier account's slug.
    pub account: &'a str,
}

impl Asked<'_> {
    /// The event, to be kept as one of that carrier and account. An account is asked for a call once.
    pub fn event(&self, at: Timestamp) -> CallEvent {
        CallEvent {
            at: Some(at),
            ..CallEvent::new(self.event_id(), Kind::Asked, Evidence::Own)
        }
    }

    /// The event as it is kept.
    pub fn entry(&self, tenant: &str, at: Timestamp) -> Entry {
        Entry {
            tenant: tenant.to_owned(),
            carrier: self.carrier.to_owned(),
            account: self.account.to_owned(),
            received_at: at,
            event: self.event(at),
        }
    }

    /// The id of that event in every call: where it is, we asked that account.
    pub fn event_id(&self) -> EventId {
        EventId::of(&["asked", self.carrier, self.account])
    }
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("carrier", &self.carrier)
            .finish_non_exhaustive()
    }
}
