//! What `last-agent` tells a flow.

use std::fmt;

use ringback_connect::words;
use serde::{Deserialize, Serialize};

use crate::policy::Mode;

words! {
    /// Whether there is an agent to offer.
    Status {
        /// An agent may be offered.
        Found = "found",
        /// None is to be offered; the ordinary queue serves.
        None = "none",
        /// It could not be found out; the ordinary queue serves.
        Unavailable = "unavailable",
    }
}

words! {
    /// Why.
    Reason {
        /// Found: the agent who spoke with the caller last.
        LastAgent = "last-agent",
        /// None: nobody spoke with this caller within the window.
        FirstContact = "first-contact",
        /// None: nothing names the caller.
        NoCaller = "no-caller",
        /// None: the number is withheld.
        Withheld = "withheld",
        /// None: the caller's number is not in E.164.
        BadNumber = "bad-number",
        /// None: this channel takes no part.
        Channel = "channel",
        /// None: stickiness is switched off.
        Off = "off",
        /// None: the caller last rated this agent below the minimum.
        LowRating = "low-rating",
        /// None: the agent has had enough offers this hour.
        AgentCap = "agent-cap",
        /// None: the caller has had enough offers today.
        CallerCap = "caller-cap",
        /// None: the index knows nothing, and the search was not affordable just now.
        SearchBudget = "search-budget",
        /// Unavailable: the contacts table did not answer.
        IndexUnavailable = "index-unavailable",
        /// Unavailable: `SearchContacts` was throttled.
        SearchThrottled = "search-throttled",
        /// Unavailable: `SearchContacts` is not permitted.
        SearchRefused = "search-refused",
        /// Unavailable: `SearchContacts` answered what cannot be read.
        SearchMalformed = "search-malformed",
        /// Unavailable: `SearchContacts` did not answer.
        SearchUnavailable = "search-unavailable",
        /// Unavailable: the budget ran out.
        OutOfTime = "out-of-time",
        /// Unavailable: the flow's event cannot be read.
        BadEvent = "bad-event",
    }
}

impl Reason {
    /// The status that goes with the reason.
    pub fn status(self) -> Status {
        match self {
            Self::LastAgent => Status::Found,
            Self::FirstContact
            | Self::NoCaller
            | Self::Withheld
            | Self::BadNumber
            | Self::Channel
            | Self::Off
            | Self::LowRating
            | Self::AgentCap
            | Self::CallerCap
            | Self::SearchBudget => Status::None,
            Self::IndexUnavailable
            | Self::SearchThrottled
            | Self::SearchRefused
            | Self::SearchMalformed
            | Self::SearchUnavailable
            | Self::OutOfTime
            | Self::BadEvent => Status::Unavailable,
        }
    }
}

words! {
    /// Where the acquaintance is known from.
    KnownFrom {
        /// The index.
        Index = "index",
        /// `SearchContacts`.
        Search = "search",
        /// Nowhere.
        None = "none",
    }
}

/// The agent to offer, in the flow's words.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// The agent's id, for routing criteria.
    pub agent_id: String,
    /// The agent's ARN.
    pub agent_arn: String,
    /// The standard queue to wait in; absent when the contact had none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue_id: Option<String>,
    /// The queue's ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue_arn: Option<String>,
    /// The contact in which they spoke.
    pub contact_id: String,
    /// How long ago they were connected, in seconds.
    pub contact_age_seconds: i64,
    /// That contact's channel.
    pub channel: String,
    /// That contact's rating, 1 to 5; absent when nobody gave one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rating: Option<u8>,
}

/// The answer to one contact.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Why there is an agent, or why not.
    pub reason: Reason,
    /// Where the acquaintance is known from.
    pub source: KnownFrom,
    /// The mode in which to offer.
    pub mode: String,
    /// The agent to offer, if the status is `found`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offer: Option<Offer>,
}

impl Answer {
    /// An answer without an agent.
    pub fn without(reason: Reason, mode: Mode) -> Self {
        Self {
            reason,
            source: KnownFrom::None,
            mode: mode.name().to_owned(),
            offer: None,
        }
    }

    /// Whether there is an agent to offer.
    pub fn status(&self) -> Status {
        self.reason.status()
    }

    /// The answer as a flow reads it: flat strings. What is not known is left out, except the rating, which is
    /// `unknown`: an empty string would send `UpdateContactAttributes` into its error branch.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("status", self.status().name().to_owned()),
            ("reason", self.reason.name().to_owned()),
            ("source", self.source.name().to_owned()),
            ("mode", self.mode.clone()),
        ];
        if let Some(offer) = &self.offer {
            fields.extend([
                ("agentId", offer.agent_id.clone()),
                ("agentArn", offer.agent_arn.clone()),
                ("contactId", offer.contact_id.clone()),
                ("contactAgeSeconds", offer.contact_age_seconds.to_string()),
                ("channel", offer.channel.clone()),
                (
                    "rating",
                    offer
                        .rating
                        .map_or_else(|| "unknown".to_owned(), |rating| rating.to_string()),
                ),
            ]);
            let queue = [("queueId", &offer.queue_id), ("queueArn", &offer.queue_arn)];
            fields.extend(
                queue
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value.clone()?))),
            );
        }
        fields
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{} from {}",
            self.status().name(),
            self.reason.name(),
            self.source.name()
        )
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agent {}", self.agent_id)
    }
}
