//! The transcript: what happened, block by block.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::contact::Party;
use super::finished::StepStatus;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When, in virtual time.
    pub at: Timestamp,
    /// In which block; none for what happens outside of flows, such as a conversation.
    pub place: Option<Place>,
    /// What.
    pub what: What,
    /// The block the contact goes on to. Only the last entry of a block has it.
    pub next: Option<String>,
}

/// A block of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Name of the flow.
    pub flow: String,
    /// Identifier of the block.
    pub block: String,
    /// Its type.
    pub kind: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum What {
    /// The customer heard or read something.
    Said {
        /// The text, or the name of the recording.
        text: String,
    },
    /// Somebody heard something right before the conversation.
    Whispered {
        /// Who heard it.
        to: Party,
        /// The text, or the name of the recording.
        text: String,
    },
    /// The customer was asked to key something.
    Asked {
        /// The prompt.
        text: String,
        /// What counts as keyed; none is silence.
        key: Option<String>,
    },
    /// A Lambda function was invoked.
    Lambda {
        /// The function.
        function: String,
        /// `Parameters` of its event.
        parameters: Value,
        /// 1 for the first try.
        attempt: u8,
        /// How long it took, in milliseconds.
        took_milliseconds: u64,
        /// What came of it.
        outcome: LambdaFact,
    },
    /// Attributes were set.
    AttributesSet {
        /// Whose.
        scope: Scope,
        /// Only what was set.
        values: BTreeMap<String, String>,
    },
    /// A value was compared.
    Compared {
        /// The value; none when the reference leads nowhere.
        value: Option<String>,
        /// The condition that held, for example `Equals 1`.
        branch: Option<String>,
    },
    /// Hours of operation were checked.
    Hours {
        /// Their name.
        hours: String,
        /// Whether it is open.
        open: bool,
    },
    /// A real-time metric was checked.
    Metric {
        /// For example `NumberOfAgentsAvailable`.
        name: String,
        /// Of which queue or agent.
        scope: String,
        /// Its value; the age of the oldest contact is in milliseconds.
        value: u64,
        /// The condition that held.
        branch: Option<String>,
    },
    /// Real-time metrics were fetched into `$.Metrics`.
    Metrics {
        /// All of them.
        values: Value,
    },
    /// The queue for the next transfer was set.
    TargetQueue {
        /// Its id, or the agent's.
        id: String,
        /// Its name, or the agent's.
        name: String,
    },
    /// The contact entered a queue.
    Queued {
        /// The queue's name.
        queue: String,
        /// How many contacts are served first.
        ahead: u32,
    },
    /// A contact ahead of this one was taken.
    MovedUp {
        /// The agent who took it.
        agent: String,
        /// How many contacts are still ahead.
        ahead: u32,
    },
    /// Routing criteria were set.
    RoutingCriteriaSet {
        /// Their steps.
        steps: Vec<StepFact>,
    },
    /// A routing step began, or ended one way or the other.
    RoutingStep {
        /// Which, 0 for the first.
        index: usize,
        /// Names of the agents who meet it.
        agents: Vec<String>,
        /// What became of it.
        status: StepStatus,
    },
    /// An agent and the customer are talking.
    Connected {
        /// The agent's name.
        agent: String,
    },
    /// They are done.
    ConversationEnded {
        /// Who hung up.
        by: Party,
        /// After how many seconds.
        seconds: u32,
    },
    /// The agent finished off.
    AfterContactWork {
        /// For how many seconds.
        seconds: u32,
    },
    /// An outside number was dialled.
    Transferred {
        /// The number.
        number: String,
        /// What came of it.
        outcome: DialFact,
    },
    /// A flow was set for later.
    HookSet {
        /// For example `CustomerQueue`.
        hook: String,
        /// The flow's name.
        flow: String,
    },
    /// The contact entered a flow or module.
    Entered {
        /// Its name.
        flow: String,
    },
    /// A loop went round, or was done.
    Looped {
        /// Which round, from 1; none when done.
        round: Option<u32>,
        /// Out of how many.
        of: u32,
    },
    /// Time passed.
    Waited {
        /// How much, in seconds.
        seconds: u64,
    },
    /// A number was drawn.
    Drawn {
        /// From 1 to 100.
        draw: u8,
    },
    /// A task or callback was created.
    Created {
        /// `task` or `callback`.
        kind: String,
        /// Its contact id.
        contact_id: String,
    },
    /// Something was set that the caller does not notice.
    Set {
        /// What, in words.
        note: String,
    },
    /// The block cannot be simulated; the contact passed it.
    NotSimulated {
        /// Which way out it took, in words.
        note: String,
    },
    /// The block failed.
    Error {
        /// For example `NoMatchingError`.
        error_type: String,
        /// Why, in words.
        why: String,
    },
    /// The flow ended without ending the contact.
    FlowEnded,
    /// The customer gave up.
    HungUp {
        /// Where, in words.
        why: String,
    },
    /// The contact ended.
    Disconnected {
        /// Why, in words.
        why: String,
    },
}

/// Who may take the contact, and for how long nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepFact {
    /// Names of the agents.
    pub agents: Vec<String>,
    /// In seconds; none is for ever.
    pub expiry_seconds: Option<u32>,
}

/// Whose attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// The contact's own.
    Contact,
    /// The related contact's.
    Related,
    /// Those of the flow, gone when it ends.
    Flow,
}

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LambdaFact {
    /// It answered.
    Answered {
        /// Its answer.
        value: Value,
    },
    /// It answered what Connect does not take.
    Refused {
        /// Why not.
        why: String,
    },
    /// It failed.
    Failed {
        /// Its error.
        message: String,
    },
    /// It took too long.
    TimedOut,
    /// Nobody waits for its answer.
    Started {
        /// What `$.LambdaInvocation.InvocationId` answers.
        invocation_id: String,
    },
}

/// What came of dialling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DialFact {
    /// Somebody answered.
    Answered {
        /// It rang for so many seconds.
        rang_seconds: u32,
        /// They talked for so many seconds.
        talk_seconds: u32,
    },
    /// Nobody answered in time.
    RangOut {
        /// It rang for so many seconds.
        seconds: u32,
    },
    /// While it rang the customer hung up, or an agent took the contact.
    Interrupted {
        /// It rang for so many seconds.
        seconds: u32,
    },
    /// Busy.
    Busy,
    /// There is no such number in this world.
    Unreachable,
}
