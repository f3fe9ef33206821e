//! Contact records, as Connect streams them to Kinesis.
//!
//! The shape is the Amazon Connect Administrator Guide's ("Data model for Amazon Connect contact records"). Real
//! records write `null` for whatever is not there. A record is complete once after-contact work is over; it is
//! delivered at least once, and again when it changes: of two with the same contact id the one with the later
//! [`last_updated_at`](ContactRecord::last_updated_at) counts.

mod recording;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

pub use recording::{Recording, RecordingStatus, StorageType};

use crate::endpoint::Endpoint;
use crate::error::{DecodeError, Problem};
use crate::ids::{AgentArn, ContactId, InstanceArn, QueueArn};
use crate::node::{Node, Notes};
use crate::redact::Hidden;
use crate::routing::RoutingCriteria;
use crate::supervision::{StateTransition, is_supervised};
use crate::vocabulary::{Channel, InitiationMethod};

/// One contact record. `Debug` hides what is personal.
#[derive(Clone, PartialEq)]
pub struct ContactRecord {
    /// The contact.
    pub contact_id: ContactId,
    /// The contact the conversation began with; none for that contact itself.
    pub initial_contact_id: Option<ContactId>,
    /// The contact this one was transferred from.
    pub previous_contact_id: Option<ContactId>,
    /// The contact this one was transferred to.
    pub next_contact_id: Option<ContactId>,
    /// The contact this one is about.
    pub related_contact_id: Option<ContactId>,
    /// How the customer and the contact centre talked.
    pub channel: Option<Channel>,
    /// How the contact came to be.
    pub initiation_method: Option<InitiationMethod>,
    /// The instance.
    pub instance: InstanceArn,
    /// The customer's end.
    pub customer_endpoint: Option<Endpoint>,
    /// The end that Connect owns.
    pub system_endpoint: Option<Endpoint>,
    /// The customer's id in the operator's own systems.
    pub customer_id: Option<String>,
    /// User-defined attributes. Values that are no text become text; `null` ones are left out.
    pub attributes: BTreeMap<String, String>,
    /// The agent; none when nobody answered.
    pub agent: Option<RecordAgent>,
    /// The queue; none when the contact was never queued.
    pub queue: Option<RecordQueue>,
    /// When the contact began.
    pub initiated_at: Option<Timestamp>,
    /// When media was established.
    pub connected_to_system_at: Option<Timestamp>,
    /// When it ended.
    pub disconnected_at: Option<Timestamp>,
    /// Why it ended, `CUSTOMER_DISCONNECT`.
    pub disconnect_reason: Option<String>,
    /// When the record was written last, in whole seconds.
    pub last_updated_at: Timestamp,
    /// When the transfer of the customer to the next contact or number was complete.
    pub transfer_completed_at: Option<Timestamp>,
    /// The number or agent the contact was transferred to.
    pub transferred_to_endpoint: Option<Endpoint>,
    /// Recordings and transcripts.
    pub recordings: Vec<Recording>,
    /// The last three routing criteria.
    pub routing: Vec<RoutingCriteria>,
    /// Tags, among them `aws:connect:systemEndpoint`.
    pub tags: BTreeMap<String, String>,
    /// Segment attributes as they came; `null` when absent.
    pub segment_attributes: Value,
    /// The agent is a supervisor who listened or barged in, not the one who served the customer.
    pub supervised: bool,
    /// Optional fields that were there and could not be read; they count as absent.
    pub malformed: Vec<DecodeError>,
}

/// The agent of a contact record.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordAgent {
    /// Who it is.
    pub arn: AgentArn,
    /// The agent's login, often an email address.
    pub username: Option<String>,
    /// When agent and contact were connected.
    pub connected_at: Option<Timestamp>,
    /// How long agent and customer spoke, in seconds, without the time on hold.
    pub interaction_seconds: Option<u64>,
    /// How long the customer was on hold, in seconds.
    pub customer_hold_seconds: Option<u64>,
    /// How often the customer was put on hold.
    pub holds: Option<u64>,
    /// When after-contact work began.
    pub acw_started_at: Option<Timestamp>,
    /// When after-contact work ended.
    pub acw_ended_at: Option<Timestamp>,
    /// How long after-contact work took, in seconds.
    pub acw_seconds: Option<u64>,
    /// The states of a supervisor; empty for everybody else.
    pub state_transitions: Vec<StateTransition>,
}

/// The queue of a contact record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQueue {
    /// Which queue, and whether it is an agent's.
    pub arn: QueueArn,
    /// Its name. An agent queue has none.
    pub name: Option<String>,
    /// When the contact began to wait.
    pub enqueued_at: Option<Timestamp>,
    /// When it stopped waiting.
    pub dequeued_at: Option<Timestamp>,
    /// How long it waited, in seconds.
    pub duration_seconds: Option<u64>,
}

impl ContactRecord {
    /// Reads the data of one Kinesis record. Required are `ContactId`, `InstanceARN` and `LastUpdateTimestamp`.
    ///
    /// An agent, queue, endpoint or recording that cannot be read counts as absent and leaves a note in
    /// [`malformed`](Self::malformed): the caller's rating is worth keeping even when the agent's ARN is not readable.
    ///
    /// # Errors
    /// When the bytes are no JSON object or a required field cannot be read; the error names its path.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let document: Value = serde_json::from_slice(bytes).map_err(|error| DecodeError {
            path: "$".to_owned(),
            problem: Problem::Json {
                line: error.line(),
                column: error.column(),
            },
        })?;
        Self::decode_value(&document)
    }

    /// Reads a record that is JSON already; otherwise as [`decode`](Self::decode).
    ///
    /// # Errors
    /// When a required field cannot be read; the error names its path.
    pub fn decode_value(document: &Value) -> Result<Self, DecodeError> {
        let notes = Notes::default();
        let mut record = Self::read(&Node::root(document, &notes)?)?;
        record.malformed = notes.into_inner();
        Ok(record)
    }

    fn read(node: &Node<'_>) -> Result<Self, DecodeError> {
        let initiation_method = node.optional("InitiationMethod");
        let agent = node.node("Agent");
        let states = agent.as_ref().map(StateTransition::read_all).unwrap_or_default();
        Ok(Self {
            contact_id: node.required("ContactId")?,
            initial_contact_id: node.optional("InitialContactId"),
            previous_contact_id: node.optional("PreviousContactId"),
            next_contact_id: node.optional("NextContactId"),
            related_contact_id: node.optional("RelatedContactId"),
            channel: node.optional("Channel"),
            supervised: is_supervised(initiation_method.as_ref(), &states),
            initiation_method,
            instance: node.required("InstanceARN")?,
            customer_endpoint: Endpoint::read(node, "CustomerEndpoint"),
            system_endpoint: Endpoint::read(node, "SystemEndpoint"),
            customer_id: node.optional("CustomerId"),
            attributes: node.texts_by_key("Attributes"),
            agent: agent.and_then(|agent| RecordAgent::read(&agent, states)),
            queue: node.node("Queue").and_then(|queue| RecordQueue::read(&queue)),
            initiated_at: node.time("InitiationTimestamp"),
            connected_to_system_at: node.time("ConnectedToSystemTimestamp"),
            disconnected_at: node.time("DisconnectTimestamp"),
            disconnect_reason: node.optional("DisconnectReason"),
            last_updated_at: node.required_time("LastUpdateTimestamp")?,
            transfer_completed_at: node.time("TransferCompletedTimestamp"),
            transferred_to_endpoint: Endpoint::read(node, "TransferredToEndpoint"),
            recordings: Recording::read_all(node),
            routing: RoutingCriteria::read_all(node),
            tags: node.texts_by_key("Tags"),
            segment_attributes: node.anything("SegmentAttributes"),
            malformed: Vec::new(),
        })
    }
}

impl RecordAgent {
    fn read(node: &Node<'_>, state_transitions: Vec<StateTransition>) -> Option<Self> {
        Some(Self {
            arn: node.noting(node.required("ARN").map(Some))?,
            username: node.optional("Username"),
            connected_at: node.time("ConnectedToAgentTimestamp"),
            interaction_seconds: node.whole("AgentInteractionDuration"),
            customer_hold_seconds: node.whole("CustomerHoldDuration"),
            holds: node.whole("NumberOfHolds"),
            acw_started_at: node.time("AfterContactWorkStartTimestamp"),
            acw_ended_at: node.time("AfterContactWorkEndTimestamp"),
            acw_seconds: node.whole("AfterContactWorkDuration"),
            state_transitions,
        })
    }
}

impl RecordQueue {
    fn read(node: &Node<'_>) -> Option<Self> {
        Some(Self {
            arn: node.noting(node.required("ARN").map(Some))?,
            name: node.optional("Name"),
            enqueued_at: node.time("EnqueueTimestamp"),
            dequeued_at: node.time("DequeueTimestamp"),
            duration_seconds: node.whole("Duration"),
        })
    }
}

impl fmt::Debug for RecordAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordAgent")
            .field("arn", &self.arn)
            .field("username", &Hidden::from(&self.username))
            .field("connected_at", &self.connected_at)
            .field("interaction_seconds", &self.interaction_seconds)
            .field("customer_hold_seconds", &self.customer_hold_seconds)
            .field("holds", &self.holds)
            .field("acw_started_at", &self.acw_started_at)
            .field("acw_ended_at", &self.acw_ended_at)
            .field("acw_seconds", &self.acw_seconds)
            .field("state_transitions", &self.state_transitions)
            .finish()
    }
}

impl fmt::Debug for ContactRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactRecord")
            .field("contact_id", &self.contact_id)
            .field("initial_contact_id", &self.initial_contact_id)
            .field("previous_contact_id", &self.previous_contact_id)
            .field("next_contact_id", &self.next_contact_id)
            .field("related_contact_id", &self.related_contact_id)
            .field("channel", &self.channel)
            .field("initiation_method", &self.initiation_method)
            .field("instance", &self.instance)
            .field("customer_endpoint", &self.customer_endpoint)
            .field("system_endpoint", &self.system_endpoint)
            .field("customer_id", &Hidden::from(&self.customer_id))
            .field("attributes", &Hidden::from(&self.attributes))
            .field("agent", &self.agent)
            .field("queue", &self.queue)
            .field("initiated_at", &self.initiated_at)
            .field("connected_to_system_at", &self.connected_to_system_at)
            .field("disconnected_at", &self.disconnected_at)
            .field("disconnect_reason", &self.disconnect_reason)
            .field("last_updated_at", &self.last_updated_at)
            .field("transfer_completed_at", &self.transfer_completed_at)
            .field("transferred_to_endpoint", &self.transferred_to_endpoint)
            .field("recordings", &self.recordings)
            .field("routing", &self.routing)
            .field("tags", &Hidden::from(&self.tags))
            .field("segment_attributes", &Hidden::from(&self.segment_attributes))
            .field("supervised", &self.supervised)
            .field("malformed", &self.malformed)
            .finish()
    }
}
