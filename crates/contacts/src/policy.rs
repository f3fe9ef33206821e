//! Should this caller be offered this agent again?

use std::time::Duration;

use jiff::Timestamp;
use ringback_connect::Channel;
use ringback_connect::ids::ContactId;

use crate::leg::{Interaction, Spoke};

/// How the flow should offer the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The agent has first refusal for some seconds, then anyone in the queue.
    SameFirst,
    /// Only this agent, until the caller has waited long enough.
    SameOnly,
    /// The agent's own queue: highest priority, one person; a way past others, so never the default.
    AgentQueue,
    /// Nobody is offered.
    Off,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::SameFirst, Self::SameOnly, Self::AgentQueue, Self::Off];

    /// The mode's name in settings and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameFirst => "same-first",
            Self::SameOnly => "same-only",
            Self::AgentQueue => "agent-queue",
            Self::Off => "off",
        }
    }

    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// The operator's rules of stickiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How the agent is offered.
    pub mode: Mode,
    /// Contacts older than this are forgotten.
    pub window: Duration,
    /// Shorter conversations do not make an acquaintance.
    pub minimum_talk: Duration,
    /// Channels that take part: of the caller now, and of the contacts remembered.
    pub channels: Vec<Channel>,
    /// Whether an agent who called the customer counts too.
    pub outbound: bool,
    /// A rating below this is a bad call, and its agent is not offered.
    pub minimum_rating: u8,
    /// Offers of one agent in an hour; `None` for no limit.
    pub per_agent_and_hour: Option<u32>,
    /// Offers to one caller in a day; `None` for no limit.
    pub per_caller_and_day: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mode: Mode::SameFirst,
            window: Duration::from_secs(7 * 24 * 3600),
            minimum_talk: Duration::from_secs(10),
            channels: vec![Channel::Voice, Channel::Chat],
            outbound: false,
            minimum_rating: 3,
            per_agent_and_hour: Some(6),
            per_caller_and_day: Some(3),
        }
    }
}

/// What the policy says, before the caps are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This agent.
    Offer(Spoke),
    /// The newest acquaintance was rated badly when the caller last rated them.
    LowRating(Spoke),
    /// Nobody spoke with the caller, as far as the policy looks.
    Nobody,
}

impl Policy {
    /// Whether contacts of that channel take part.
    pub fn takes(&self, channel: &Channel) -> bool {
        self.channels.contains(channel)
    }

    /// The oldest moment that is remembered at `now`.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// Whom to offer, of everybody in `interactions`, to a caller of the interaction `own`.
    ///
    /// The caller's own interaction is left out: who transferred a caller just now is not offered to them again.
    pub fn judge(&self, interactions: &[Interaction], own: &ContactId, now: Timestamp) -> Verdict {
        let since = self.since(now);
        let acquaintances: Vec<Spoke> = interactions
            .iter()
            .filter(|interaction| interaction.root != *own)
            .flat_map(|interaction| interaction.spoke(now))
            .filter(|spoke| {
                spoke.at >= since && (self.outbound || !spoke.outbound) && self.takes(&spoke.channel)
            })
            .filter(|spoke| {
                spoke.talk_seconds >= i64::try_from(self.minimum_talk.as_secs()).unwrap_or(i64::MAX)
            })
            .collect();
        // Two at the same second: the contact's id decides, so that the answer never depends on an order.
        let order = |spoke: &&Spoke| (spoke.at, spoke.contact.as_str().to_owned());
        let Some(newest) = acquaintances.iter().max_by_key(order) else {
            return Verdict::Nobody;
        };
        // A later call without a survey does not make a bad one good.
        let rated = acquaintances
            .iter()
            .filter(|spoke| spoke.agent == newest.agent && spoke.rating.is_some());
        let rating = rated.max_by_key(order).and_then(|spoke| spoke.rating);
        if rating.is_some_and(|rating| rating < self.minimum_rating) {
            Verdict::LowRating(newest.clone())
        } else {
            Verdict::Offer(newest.clone())
        }
    }
}
