//! What a run leaves behind, enough to make contact events and a contact record of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::contact::{Channel, Endpoint, Party, Reference};
use super::transcript::{Entry, Place};

/// A run from the first block to the last.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// What happened, in order.
    pub transcript: Vec<Entry>,
    /// How it ended.
    pub ending: Ending,
    /// The contact after it.
    pub finished: FinishedContact,
    /// Tasks and callbacks that the flow asked for. They are not run.
    pub created: Vec<CreatedContact>,
}

/// How a contact ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ending {
    /// The customer talked to an agent.
    AgentConversation {
        /// The agent's id.
        agent: String,
        /// Who hung up.
        ended_by: Party,
    },
    /// The customer gave up before that.
    HungUp {
        /// The block they were in; none in a queue without a flow.
        place: Option<Place>,
        /// The queue they were waiting in, by id; an agent's queue by the agent's id.
        queue: Option<String>,
    },
    /// A flow ended the contact.
    DisconnectedByFlow {
        /// The last block.
        place: Option<Place>,
    },
    /// The customer was handed to an outside number.
    TransferredOut {
        /// The number, E.164.
        number: String,
    },
    /// Nobody answered within [`Limits::queue_seconds`](super::Limits::queue_seconds), and the customer never gives up.
    QueueTimeout {
        /// The queue they were waiting in, by id; an agent's queue by the agent's id.
        queue: String,
    },
}

/// The contact after the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishedContact {
    /// ARN of the instance.
    pub instance_arn: String,
    /// Its id.
    pub contact_id: String,
    /// The first contact of the chain; none when it is this one.
    pub initial_contact_id: Option<String>,
    /// The contact this one was transferred from.
    pub previous_contact_id: Option<String>,
    /// A contact this one belongs to without following it.
    pub related_contact_id: Option<String>,
    /// How the customer was connected.
    pub channel: Channel,
    /// `INBOUND`, `TRANSFER` …
    pub initiation_method: String,
    /// Where the customer was.
    pub customer_endpoint: Option<Endpoint>,
    /// What the customer reached.
    pub system_endpoint: Option<Endpoint>,
    /// The customer's id in somebody's system.
    pub customer_id: Option<String>,
    /// The contact's name.
    pub name: Option<String>,
    /// The contact's description.
    pub description: Option<String>,
    /// Language tag.
    pub language: String,
    /// User-defined attributes at the end.
    pub attributes: BTreeMap<String, String>,
    /// What was set on the related contact (`TargetContact: Related`).
    pub related_attributes: BTreeMap<String, String>,
    /// Tags at the end.
    pub tags: BTreeMap<String, String>,
    /// Documents and links.
    pub references: BTreeMap<String, Reference>,
    /// Segment attributes.
    pub segment_attributes: BTreeMap<String, String>,
    /// The number for a callback, E.164, where a flow set one.
    pub callback_number: Option<String>,
    /// The last queue the contact waited in.
    pub queue: Option<QueueVisit>,
    /// Queues before that one. Connect makes a contact of each of these visits.
    pub earlier_queues: Vec<QueueVisit>,
    /// The agent who talked to the customer.
    pub agent: Option<AgentLeg>,
    /// The outside number that the customer was handed to or connected with, E.164.
    pub transferred_to: Option<String>,
    /// When the contact came in.
    pub initiated_at: Timestamp,
    /// When the first flow took it.
    pub connected_to_system_at: Timestamp,
    /// When the customer was gone.
    pub disconnected_at: Timestamp,
    /// When everything was over, after-contact work included.
    pub completed_at: Timestamp,
    /// Why, in the vocabulary of contact records: `CUSTOMER_DISCONNECT`, `AGENT_DISCONNECT` …
    pub disconnect_reason: String,
    /// Routing criteria in the order in which they were set.
    pub routing: Vec<RoutingCriteria>,
    /// What Connect would announce, in order.
    pub moments: Vec<(Timestamp, Moment)>,
}

/// A stay in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueVisit {
    /// The queue's id; of an agent's personal queue, the agent's id.
    pub id: String,
    /// The queue's ARN; `…/queue/agent/<id>` for an agent's personal queue.
    pub arn: String,
    /// Its name; agents' queues have none.
    pub name: Option<String>,
    /// Whether it is an agent's personal queue.
    pub personal: bool,
    /// When the contact entered it.
    pub enqueued_at: Timestamp,
    /// When it left.
    pub dequeued_at: Option<Timestamp>,
}

/// A conversation with an agent, as contact records tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentLeg {
    /// The agent's id.
    pub id: String,
    /// The agent's ARN.
    pub arn: String,
    /// Sign-in name.
    pub user_name: String,
    /// When the two were connected, after the whispers.
    pub connected_at: Timestamp,
    /// How long they talked, in seconds.
    pub interaction_seconds: u32,
    /// When the agent began to finish off; none without after-contact work.
    pub after_contact_work_started_at: Option<Timestamp>,
    /// When the agent was done; none without after-contact work.
    pub after_contact_work_ended_at: Option<Timestamp>,
}

/// Routing criteria of a contact.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingCriteria {
    /// 0 for the first that a flow set on the contact.
    pub index: usize,
    /// When its first step began to count: in a standard queue, or never.
    pub activated_at: Option<Timestamp>,
    /// The steps in order.
    pub steps: Vec<RoutingStep>,
}

/// One step of routing criteria.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingStep {
    /// How far it got.
    pub status: StepStatus,
    /// The condition as the flow has it, references resolved.
    pub expression: Value,
    /// Ids of the agents who meet it, in the call centre's order.
    pub agents: Vec<String>,
    /// How long it counts, in seconds; none is for ever.
    pub expiry_seconds: Option<u32>,
    /// When it began to count.
    pub activated_at: Option<Timestamp>,
    /// When it stops or would have stopped counting.
    pub expires_at: Option<Timestamp>,
}

/// How far a routing step got; Connect's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StepStatus {
    /// It has not begun.
    Inactive,
    /// It counts.
    Active,
    /// One of its agents took the contact.
    Joined,
    /// Its time passed first.
    Expired,
}

/// What Connect would announce as a contact event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Moment {
    /// The contact came in.
    Initiated,
    /// A flow took it.
    ConnectedToSystem,
    /// User-defined attributes changed.
    AttributesUpdated,
    /// It entered a queue.
    Queued,
    /// The time of a routing step passed.
    RoutingStepExpired {
        /// Which routing criteria, 0 for the first set on the contact.
        criteria: usize,
        /// Which of its steps, 0 for the first.
        index: usize,
    },
    /// An agent and the customer are talking.
    ConnectedToAgent,
    /// The customer is gone.
    Disconnected,
    /// The agent is done, too.
    Completed,
}

/// A contact that a flow asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CreatedContact {
    /// A task.
    Task {
        /// Its contact id, made up by the runner.
        contact_id: String,
        /// Its name.
        name: String,
        /// Its description.
        description: Option<String>,
        /// Id of the flow it enters.
        flow: String,
        /// Its attributes.
        attributes: BTreeMap<String, String>,
        /// When it was created.
        at: Timestamp,
        /// How much later it starts, in seconds.
        delay_seconds: u32,
    },
    /// A queued callback.
    Callback {
        /// Its contact id, made up by the runner.
        contact_id: String,
        /// The number to call, E.164.
        number: String,
        /// The queue it waits in, by id; an agent's queue by the agent's id.
        queue: String,
        /// When it was created.
        at: Timestamp,
        /// Seconds before the first attempt.
        initial_delay_seconds: u32,
        /// Seconds between attempts.
        retry_delay_seconds: u32,
        /// How many attempts.
        attempts: u32,
    },
}

/// Why a run could not be finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// There is no flow of that id or ARN to start with.
    #[error("there is no flow {0:?}")]
    UnknownFlow(String),
    /// A block names a next block that the flow does not have.
    #[error("flow {flow:?}: block {block:?} goes on to {next:?}, which does not exist")]
    NoSuchBlock {
        /// Name of the flow.
        flow: String,
        /// Identifier of the block, `StartAction` for the flow's start.
        block: String,
        /// What it names.
        next: String,
    },
    /// A block's type is not in the Flow language.
    #[error("flow {flow:?}: block {block:?} has the unknown type {kind:?}")]
    UnknownType {
        /// Name of the flow.
        flow: String,
        /// Identifier of the block.
        block: String,
        /// Its type.
        kind: String,
    },
    /// The flow goes round in circles.
    #[error("flow {flow:?}: the contact goes round in circles and came to block {block:?} once too often")]
    Endless {
        /// Name of the flow.
        flow: String,
        /// Identifier of the block at which the runner gave up.
        block: String,
    },
}
