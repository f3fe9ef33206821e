//! Contact events, as EventBridge delivers them (`source` `aws.connect`, `detail-type` `Amazon Connect Contact Event`).
//!
//! The shape is the Amazon Connect Administrator Guide's ("Amazon Connect contact events"). Its samples disagree about
//! the case of keys (`agentInfo.agentArn`, `AgentInfo.AgentArn`) and of values (`VOICE`, `Voice`), and about whether
//! `routingCriteria` is an object or a list, so any of these is read. Events are unordered and best effort: some may
//! come late, twice or never. They carry neither the customer's endpoint nor user-defined attributes.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::DecodeError;
use crate::ids::{AgentArn, ContactId, InstanceArn, QueueArn};
use crate::node::{Node, Notes};
use crate::redact::Hidden;
use crate::routing::RoutingCriteria;
use crate::supervision::{StateTransition, is_supervised};
use crate::vocabulary::{Channel, InitiationMethod, vocabulary};

vocabulary! {
    /// What happened to a contact.
    EventKind {
        /// It was begun or transferred.
        Initiated = "INITIATED",
        /// Media is established: the call was answered by a person or by voice mail.
        ConnectedToSystem = "CONNECTED_TO_SYSTEM",
        /// Something about it changed; `updated_properties` says what, not to what.
        ContactDataUpdated = "CONTACT_DATA_UPDATED",
        /// It waits in a queue.
        Queued = "QUEUED",
        /// An agent has it.
        ConnectedToAgent = "CONNECTED_TO_AGENT",
        /// It ended; the agent may still work on it.
        Disconnected = "DISCONNECTED",
        /// A task was paused.
        Paused = "PAUSED",
        /// A paused task goes on.
        Resumed = "RESUMED",
        /// After-contact work is done too. Without it this follows `Disconnected` at once.
        Completed = "COMPLETED",
    }
}

/// One contact event. `Debug` hides the customer id, tags and segment attributes.
#[derive(Clone, PartialEq)]
pub struct ContactEvent {
    /// What happened.
    pub kind: EventKind,
    /// The contact it happened to.
    pub contact_id: ContactId,
    /// The contact the conversation began with.
    pub initial_contact_id: Option<ContactId>,
    /// The contact this one was transferred from.
    pub previous_contact_id: Option<ContactId>,
    /// The contact this one is about.
    pub related_contact_id: Option<ContactId>,
    /// How the customer and the contact centre talk.
    pub channel: Option<Channel>,
    /// The instance.
    pub instance: InstanceArn,
    /// How the contact came to be.
    pub initiation_method: Option<InitiationMethod>,
    /// The agent, from `CONNECTED_TO_AGENT` on.
    pub agent: Option<AgentInfo>,
    /// The queue. Outbound contacts have none.
    pub queue: Option<QueueInfo>,
    /// When the contact began.
    pub initiated_at: Option<Timestamp>,
    /// When media was established.
    pub connected_to_system_at: Option<Timestamp>,
    /// When it ended.
    pub disconnected_at: Option<Timestamp>,
    /// Why it ended, `CUSTOMER_DISCONNECT`.
    pub disconnect_reason: Option<String>,
    /// What changed, for `CONTACT_DATA_UPDATED`: `UserDefinedAttributes`, `RoutingCriteria.Step.Status`.
    pub updated_properties: Vec<String>,
    /// Routing criteria.
    pub routing: Vec<RoutingCriteria>,
    /// The agent is a supervisor who listened or barged in, not the one who served the customer.
    pub supervised: bool,
    /// The customer's id in the operator's own systems.
    pub customer_id: Option<String>,
    /// Tags, among them `aws:connect:systemEndpoint`.
    pub tags: BTreeMap<String, String>,
    /// Segment attributes as they came; `null` when absent.
    pub segment_attributes: Value,
    /// When EventBridge says it happened: `time` of the envelope. A bare detail has none.
    pub event_time: Option<Timestamp>,
    /// The envelope's `id`, which stays the same when EventBridge delivers the event again.
    pub event_id: Option<String>,
    /// Optional fields that were there and could not be read; they count as absent.
    pub malformed: Vec<DecodeError>,
}

/// The agent of a contact event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentInfo {
    /// Who it is.
    pub arn: AgentArn,
    /// When agent and contact were connected.
    pub connected_at: Option<Timestamp>,
    /// When after-contact work began.
    pub acw_started_at: Option<Timestamp>,
    /// When after-contact work ended.
    pub acw_ended_at: Option<Timestamp>,
    /// How long after-contact work took, in seconds.
    pub acw_seconds: Option<u64>,
    /// The states of a supervisor; empty for everybody else.
    pub state_transitions: Vec<StateTransition>,
}

/// The queue of a contact event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueInfo {
    /// Which queue, and whether it is an agent's.
    pub arn: QueueArn,
    /// When the contact began to wait in it.
    pub enqueued_at: Option<Timestamp>,
}

impl ContactEvent {
    /// Reads an event from its EventBridge envelope, or from a bare `detail`. Required are `eventType`, `contactId` and
    /// `instanceArn`. An agent or a queue whose ARN cannot be read counts as absent, and the rest of the event stands.
    ///
    /// # Errors
    /// When a required field cannot be read; the error names its path.
    pub fn decode(document: &Value) -> Result<Self, DecodeError> {
        let notes = Notes::default();
        let root = Node::root(document, &notes)?;
        let mut event = if root.value("detail").is_some() {
            let mut event = Self::read(&root.required_node("detail")?)?;
            event.event_time = root.time("time");
            event.event_id = root.optional("id");
            event
        } else {
            Self::read(&root)?
        };
        drop(root);
        event.malformed = notes.into_inner();
        Ok(event)
    }

    fn read(node: &Node<'_>) -> Result<Self, DecodeError> {
        let initiation_method = node.optional("initiationMethod");
        let agent = node.node("agentInfo");
        let states: Vec<StateTransition> = [agent.as_ref(), Some(node)]
            .into_iter()
            .flatten()
            .flat_map(StateTransition::read_all)
            .collect();
        Ok(Self {
            kind: node.required("eventType")?,
            contact_id: node.required("contactId")?,
            initial_contact_id: node.optional("initialContactId"),
            previous_contact_id: node.optional("previousContactId"),
            related_contact_id: node.optional("relatedContactId"),
            channel: node.optional("channel"),
            instance: node.required("instanceArn")?,
            supervised: is_supervised(initiation_method.as_ref(), &states),
            initiation_method,
            agent: agent.and_then(|agent| AgentInfo::read(&agent, states)),
            queue: node.node("queueInfo").and_then(|queue| QueueInfo::read(&queue)),
            initiated_at: node.time("initiationTimestamp"),
            connected_to_system_at: node.time("connectedToSystemTimestamp"),
            disconnected_at: node.time("disconnectTimestamp"),
            disconnect_reason: node.optional("disconnectReason"),
            updated_properties: node.texts("updatedProperties"),
            routing: RoutingCriteria::read_all(node),
            customer_id: node.optional("customerId"),
            tags: node.texts_by_key("tags"),
            segment_attributes: node.anything("segmentAttributes"),
            event_time: None,
            event_id: None,
            malformed: Vec::new(),
        })
    }
}

impl<'de> Deserialize<'de> for ContactEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::decode(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl AgentInfo {
    /// `stateTransitions` stands inside `agentInfo` in the API and beside it in the event's field list.
    fn read(node: &Node<'_>, state_transitions: Vec<StateTransition>) -> Option<Self> {
        Some(Self {
            arn: node.noting(node.required("agentArn").map(Some))?,
            connected_at: node.time("connectedToAgentTimestamp"),
            acw_started_at: node.time("afterContactWorkStartTimestamp"),
            acw_ended_at: node.time("afterContactWorkEndTimestamp"),
            acw_seconds: node.whole("afterContactWorkDuration"),
            state_transitions,
        })
    }
}

impl QueueInfo {
    fn read(node: &Node<'_>) -> Option<Self> {
        let arn = node.noting(node.required("queueArn").map(Some))?;
        Some(Self {
            arn,
            enqueued_at: node.time("enqueueTimestamp"),
        })
    }
}

impl fmt::Debug for ContactEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactEvent")
            .field("kind", &self.kind)
            .field("contact_id", &self.contact_id)
            .field("initial_contact_id", &self.initial_contact_id)
            .field("previous_contact_id", &self.previous_contact_id)
            .field("related_contact_id", &self.related_contact_id)
            .field("channel", &self.channel)
            .field("instance", &self.instance)
            .field("initiation_method", &self.initiation_method)
            .field("agent", &self.agent)
            .field("queue", &self.queue)
            .field("initiated_at", &self.initiated_at)
            .field("connected_to_system_at", &self.connected_to_system_at)
            .field("disconnected_at", &self.disconnected_at)
            .field("disconnect_reason", &self.disconnect_reason)
            .field("updated_properties", &self.updated_properties)
            .field("routing", &self.routing)
            .field("supervised", &self.supervised)
            .field("customer_id", &Hidden::from(&self.customer_id))
            .field("tags", &Hidden::from(&self.tags))
            .field("segment_attributes", &Hidden::from(&self.segment_attributes))
            .field("event_time", &self.event_time)
            .field("event_id", &self.event_id)
            .field("malformed", &self.malformed)
            .finish()
    }
}
