//! What `last-agent` tells a flow.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::Mode;

/// Whether there is an agent to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// An agent may be offered.
    Found,
    /// None is to be offered; the ordinary queue serves.
    None,
    /// It could not be found out; the ordinary queue serves.
    Unavailable,
}

/// Why: a closed set. Flows branch on these words and alarms count them, so they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Found: the agent who spoke with the caller last.
    LastAgent,
    /// None: nobody spoke with this caller within the window.
    FirstContact,
    /// None: nothing names the caller.
    NoCaller,
    /// None: the number is withheld.
    Withheld,
    /// None: the caller's number is not in E.164.
    BadNumber,
    /// None: this channel takes no part.
    Channel,
    /// None: stickiness is switched off.
    Off,
    /// None: the last contact was rated below the minimum.
    LowRating,
    /// None: the agent has had enough offers this hour.
    AgentCap,
    /// None: the caller has had enough offers today.
    CallerCap,
    /// None: the index knows nothing, and the search was not affordable just now.
    SearchBudget,
    /// Unavailable: the contacts table did not answer.
    IndexUnavailable,
    /// Unavailable: `SearchContacts` was throttled.
    SearchThrottled,
    /// Unavailable: `SearchContacts` is not permitted.
    SearchRefused,
    /// Unavailable: `SearchContacts` answered what cannot be read.
    SearchMalformed,
    /// Unavailable: `SearchContacts` did not answer.
    SearchUnavailable,
    /// Unavailable: the budget ran out.
    OutOfTime,
    /// Unavailable: the flow's event cannot be read.
    BadEvent,
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

    /// The reason's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastAgent => "last-agent",
            Self::FirstContact => "first-contact",
            Self::NoCaller => "no-caller",
            Self::Withheld => "withheld",
            Self::BadNumber => "bad-number",
            Self::Channel => "channel",
            Self::Off => "off",
            Self::LowRating => "low-rating",
            Self::AgentCap => "agent-cap",
            Self::CallerCap => "caller-cap",
            Self::SearchBudget => "search-budget",
            Self::IndexUnavailable => "index-unavailable",
            Self::SearchThrottled => "search-throttled",
            Self::SearchRefused => "search-refused",
            Self::SearchMalformed => "search-malformed",
            Self::SearchUnavailable => "search-unavailable",
            Self::OutOfTime => "out-of-time",
            Self::BadEvent => "bad-event",
        }
    }
}

impl Status {
    /// The status's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::None => "none",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Where the acquaintance is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownFrom {
    /// The index.
    Index,
    /// `SearchContacts`.
    Search,
    /// Nowhere.
    None,
}

impl KnownFrom {
    /// The source's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Search => "search",
            Self::None => "none",
        }
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
