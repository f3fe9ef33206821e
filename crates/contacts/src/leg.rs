//! What is known of the contacts of one interaction, and who counts as its agent.
//!
//! Amazon Connect makes one contact per leg: a transfer or a callback is a contact of its own, chained to the first
//! by `initialContactId`. All legs of a chain are one caller's, so they are kept and judged together.

use jiff::Timestamp;
use ringback_connect::ids::{AgentArn, ContactId, QueueArn, QueueKind};
use ringback_connect::{Channel, InitiationMethod};
use serde::{Deserialize, Serialize};

/// What one writer knows of one leg. Every writer keeps its own; see [`Leg::merged`].
///
/// Stored as a DynamoDB map, so the names are part of the table's format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// How the leg came to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<InitiationMethod>,
    /// Voice, chat, task or e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The leg before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<ContactId>,
    /// The leg after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<ContactId>,
    /// The agent's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The queue's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// When the agent and the customer were connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    /// When the leg ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How long they spoke, in seconds; without it the time from connection to end stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_seconds: Option<u64>,
    /// Why the leg ended, in Connect's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnect_reason: Option<String>,
    /// When the agent of this leg completed a transfer to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transferred_at: Option<Timestamp>,
    /// The customer's rating of this leg, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// A supervisor listening in, or barging in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub supervised: bool,
    /// `LastUpdateTimestamp` of the contact record these facts are from, in milliseconds since 1970: a number,
    /// because the table compares it, and times as text with and without fractions do not sort.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_ms: Option<i64>,
}

/// One contact, as far as all writers know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The contact.
    pub id: ContactId,
    /// What is known of it.
    pub facts: Facts,
}

impl Leg {
    /// The leg that several writers describe, the most trusted first: what it leaves open, the next one fills.
    pub fn merged(id: ContactId, by_trust: impl IntoIterator<Item = Facts>) -> Self {
        let facts = by_trust.into_iter().fold(Facts::default(), |known, more| Facts {
            method: known.method.or(more.method),
            channel: known.channel.or(more.channel),
            previous: known.previous.or(more.previous),
            next: known.next.or(more.next),
            agent: known.agent.or(more.agent),
            queue: known.queue.or(more.queue),
            connected_at: known.connected_at.or(more.connected_at),
            ended_at: known.ended_at.or(more.ended_at),
            talk_seconds: known.talk_seconds.or(more.talk_seconds),
            disconnect_reason: known.disconnect_reason.or(more.disconnect_reason),
            transferred_at: known.transferred_at.or(more.transferred_at),
            rating: known.rating.or(more.rating),
            supervised: known.supervised || more.supervised,
            updated_ms: known.updated_ms.or(more.updated_ms),
        });
        Self { id, facts }
    }

    /// The agent, or a campaign, called the customer. `StartOutboundVoiceContact` makes contacts of the method API.
    fn is_outbound(&self) -> bool {
        self.came_by(&InitiationMethod::Outbound)
            || self.came_by(&InitiationMethod::ExternalOutbound)
            || (self.came_by(&InitiationMethod::Api)
                && self
                    .facts
                    .channel
                    .as_ref()
                    .is_none_or(|channel| *channel == Channel::Voice))
    }

    fn came_by(&self, method: &InitiationMethod) -> bool {
        self.facts.method.as_ref() == Some(method)
    }

    /// How long agent and customer have spoken at `now`, in seconds.
    pub fn talk_seconds(&self, now: Timestamp) -> i64 {
        match (self.facts.talk_seconds, self.facts.connected_at) {
            (Some(seconds), _) => i64::try_from(seconds).unwrap_or(i64::MAX),
            (None, Some(connected)) => self.facts.ended_at.unwrap_or(now).as_second() - connected.as_second(),
            (None, None) => 0,
        }
    }

    /// Agent and customer were never both on the line: the carrier says that the customer could not be reached.
    fn customer_not_reached(&self) -> bool {
        const NOT_REACHED: [&str; 8] = [
            "TELECOM_BUSY",
            "TELECOM_NUMBER_INVALID",
            "TELECOM_POTENTIAL_BLOCKING",
            "TELECOM_UNANSWERED",
            "TELECOM_TIMEOUT",
            "TELECOM_ORIGINATOR_CANCEL",
            "CUSTOMER_NEVER_ARRIVED",
            "DISCARDED",
        ];
        self.facts
            .disconnect_reason
            .as_deref()
            .is_some_and(|reason| NOT_REACHED.contains(&reason))
    }
}

/// Somebody who spoke with the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoke {
    /// The contact in which they spoke.
    pub contact: ContactId,
    /// The agent.
    pub agent: AgentArn,
    /// The standard queue the contact came through; none for an agent's own queue and for outbound calls.
    pub queue: Option<QueueArn>,
    /// When they were connected.
    pub at: Timestamp,
    /// That contact's channel.
    pub channel: Channel,
    /// The customer's rating, if they gave one.
    pub rating: Option<u8>,
    /// How long they spoke, in seconds.
    pub talk_seconds: i64,
    /// The agent called the customer.
    pub outbound: bool,
}

/// All legs of one interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// The first contact of the chain.
    pub root: ContactId,
    /// Its legs, in no order.
    pub legs: Vec<Leg>,
}

impl Interaction {
    /// Everybody who counts as an agent the caller spoke with, in no order.
    pub fn spoke(&self, now: Timestamp) -> Vec<Spoke> {
        self.legs
            .iter()
            .filter(|leg| self.counts(leg))
            .filter_map(|leg| self.spoke_in(leg, now))
            .collect()
    }

    fn spoke_in(&self, leg: &Leg, now: Timestamp) -> Option<Spoke> {
        let outbound = leg.is_outbound();
        // Outbound contacts name the agent's default outbound queue, which is no place to send a caller to.
        let queue = leg
            .facts
            .queue
            .as_deref()
            .filter(|_| !outbound)
            .and_then(|arn| QueueArn::parse(arn).ok())
            .filter(|queue| queue.kind == QueueKind::Standard);
        Some(Spoke {
            contact: leg.id.clone(),
            agent: AgentArn::parse(leg.facts.agent.as_deref()?).ok()?,
            queue,
            at: leg.facts.connected_at?,
            channel: leg.facts.channel.clone().unwrap_or(Channel::Voice),
            rating: self.rating(leg),
            talk_seconds: leg.talk_seconds(now),
            outbound,
        })
    }

    fn counts(&self, leg: &Leg) -> bool {
        if leg.facts.supervised || leg.came_by(&InitiationMethod::Monitor) || leg.customer_not_reached() {
            return false;
        }
        !leg.came_by(&InitiationMethod::Transfer) || self.took_over(leg)
    }

    /// Whether a colleague who was called in took the customer over: they outlived the leg before theirs, or its
    /// record shows a completed transfer. Until then the first agent stands: a colleague who was only asked never
    /// spoke with the customer.
    fn took_over(&self, leg: &Leg) -> bool {
        let previous = leg.facts.previous.as_ref().unwrap_or(&self.root);
        let Some(previous) = self
            .legs
            .iter()
            .find(|other| other.id == *previous && other.id != leg.id)
        else {
            return false;
        };
        let completed = previous.facts.transferred_at.is_some()
            && previous.facts.next.as_ref().is_none_or(|next| *next == leg.id);
        let outlived = match (previous.facts.ended_at, leg.facts.ended_at) {
            (Some(before), Some(end)) => end > before,
            (Some(_), None) => true,
            (None, _) => false,
        };
        completed || outlived
    }

    /// The rating of a leg: its own, or that of the agentless contact that a disconnect flow made of it.
    fn rating(&self, leg: &Leg) -> Option<u8> {
        leg.facts.rating.or_else(|| {
            self.legs
                .iter()
                .filter(|other| other.facts.agent.is_none() && other.facts.previous.as_ref() == Some(&leg.id))
                .find_map(|other| other.facts.rating)
        })
    }
}
