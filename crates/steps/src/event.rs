//! A step, as it travels in the `detail` of an EventBridge event.

use std::fmt;

use jiff::Timestamp;
use ringback_connect::Channel;
use ringback_connect::ids::{AgentId, ContactId, InstanceId};
use ringback_connect::words;
use serde::{Deserialize, Serialize};

/// `source` of the envelope.
pub const SOURCE: &str = "ringback";

/// `detail-type` of the envelope.
pub const DETAIL_TYPE: &str = "Call Step";

/// The name and version of the detail's shape; fields may be added under the same version.
pub const SCHEMA: &str = "ringback.call-step/1";

/// The shapes this version reads. Another is refused rather than half understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schema {
    /// [`SCHEMA`]
    #[default]
    #[serde(rename = "ringback.call-step/1")]
    V1,
}

/// Something that happened to a call. Fields that a later version adds are passed over in reading.
///
/// `Debug` shows ids, words and the masked number, and nobody's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepEvent {
    /// The shape of this document.
    pub schema: Schema,
    /// The same for the same happening, however often it is told: by this consumers recognize a repetition.
    pub id: String,
    /// When it happened; for a flow's step, when the flow told it.
    pub at: Timestamp,
    /// The Connect instance.
    pub tenant: InstanceId,
    /// The contact it happened to.
    pub contact_id: ContactId,
    /// The contact the conversation began with: the same for all legs of a call.
    pub initial_contact_id: ContactId,
    /// How the customer and the contact centre talk; `UNKNOWN` where Connect does not say.
    pub channel: Channel,
    /// What happened.
    pub step: Step,
    /// Who called: on every flow's step, on no agent's step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    /// The order the call is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The shop the caller is likely to want.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<Shop>,
    /// Where the call went or came back from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What the caller pressed, for [`Step::Chose`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The agent who took the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// How long the place is rung or waited for; 0 is without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Why the contact ended, in Connect's word: `CUSTOMER_DISCONNECT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnect_reason: Option<String>,
}

words! {
    /// What happened.
    Step {
        /// The caller was looked up, found or not.
        Identified = "identified",
        /// The caller answered a menu.
        Chose = "chose",
        /// An external number is about to ring, or the call enters a queue.
        Transferred = "transferred",
        /// The external number did not answer, or the wait ended without an agent.
        RangOut = "rang-out",
        /// The conversation with an external number is over: the earliest that a flow can tell.
        Answered = "answered",
        /// The plan has nothing left; nobody will serve the caller.
        GaveUp = "gave-up",
        /// An agent and the caller were connected.
        AgentAnswered = "agent-answered",
        /// The contact ended.
        Ended = "ended",
    }
}

impl Step {
    /// The step of that word.
    #[must_use]
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|step| step.name() == word)
    }

    /// Whether flows tell it; the others come from contact events.
    #[must_use]
    pub fn is_told_by_flows(self) -> bool {
        !matches!(self, Self::AgentAnswered | Self::Ended)
    }
}

words! {
    /// What kind of place a call goes to.
    PlaceKind {
        /// A telephone number outside the contact centre.
        External = "external",
        /// A queue of the contact centre.
        Queue = "queue",
    }
}

impl PlaceKind {
    /// The kind of that word; a plan has others too, that are no places.
    #[must_use]
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == word)
    }
}

words! {
    /// What a caller did at a menu.
    Key {
        /// Pressed 1.
        One = "1",
        /// Pressed 2.
        Two = "2",
        /// Pressed nothing in time.
        None = "none",
        /// Pressed a key that means nothing.
        Wrong = "wrong",
    }
}

impl Key {
    /// The key of that word.
    #[must_use]
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == word)
    }
}

/// Who called.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// `active-order`, `partner`, `known-customer`, `unknown` or a class that a rule names.
    pub class: String,
    /// The id in the operator's own systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last digits of the number, `…0100`; absent if withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// `false` where only what the caller typed, or an earlier flow, says who they are, and not the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// The order a call is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its id.
    pub order_id: String,
    /// What was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The shop a caller is likely to want.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    /// Its id.
    pub shop_id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its team is told of calls: a name of a channel of the team's chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What it is.
    pub kind: PlaceKind,
    /// The plan's label for it: `shop`, `office`, `call-centre`.
    pub name: String,
}

/// The agent who took a call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The id of the Connect user.
    pub id: AgentId,
    /// Their name, if it could be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Shows whether something is there, and not what.
struct Hidden<'a>(&'a Option<String>);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "<hidden>" } else { "None" })
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("class", &self.class)
            .field("customer_id", &Hidden(&self.customer_id))
            .field("name", &Hidden(&self.name))
            .field("number", &self.number)
            .field("verified", &self.verified)
            .finish()
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("order_id", &self.order_id)
            .field("title", &Hidden(&self.title))
            .finish()
    }
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop")
            .field("shop_id", &self.shop_id)
            .field("name", &Hidden(&self.name))
            .field("channel", &Hidden(&self.channel))
            .finish()
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("id", &self.id)
            .field("name", &Hidden(&self.name))
            .finish()
    }
}
