//! Everything that changes while a contact is on its way.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::agent::Agent;
use super::contact::{Caller, Channel, Contact};
use super::finished::{AgentLeg, CreatedContact, Moment, QueueVisit, RoutingCriteria, RunError};
use super::transcript::{Entry, Place, What};
use super::world::{CallCentre, NamedFlow, Queue};
use crate::Action;

/// The contact, the world around it and the clock.
pub(super) struct State<'a> {
    pub(super) centre: &'a CallCentre,
    pub(super) caller: &'a Caller,
    pub(super) contact: Contact,
    pub(super) related_attributes: BTreeMap<String, String>,
    pub(super) started_at: Timestamp,
    pub(super) now: Timestamp,
    /// When the customer hangs up unless somebody talks to them by then.
    pub(super) hangs_up_at: Option<Timestamp>,
    pub(super) stage: Stage,
    /// The flow and, above it, the modules it is in.
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) blocks: u32,
    pub(super) blocks_at_once: u32,
    /// When the blocks at once began to be counted.
    pub(super) counted_from: Timestamp,
    pub(super) transcript: Vec<Entry>,
    pub(super) moments: Vec<(Timestamp, Moment)>,
    pub(super) created: Vec<CreatedContact>,

    /// What blocks left behind for later ones.
    pub(super) external: Value,
    pub(super) invocation_id: Option<String>,
    pub(super) invocations: u32,
    pub(super) lambda_silence: Duration,
    pub(super) stored_input: Option<String>,
    pub(super) metrics: Value,
    pub(super) voice: Option<String>,
    pub(super) callback_number: Option<String>,
    pub(super) task_contact_id: Option<String>,
    pub(super) hooks: BTreeMap<String, &'a NamedFlow>,
    pub(super) keys_used: usize,
    pub(super) draws_used: usize,

    /// Routing.
    pub(super) target: Option<Target<'a>>,
    pub(super) priority: i64,
    pub(super) time_adjustment_seconds: i64,
    pub(super) routing: Vec<RoutingCriteria>,
    pub(super) line: Option<Line<'a>>,
    pub(super) visits: Vec<QueueVisit>,
    /// Until when other contacts keep the agents busy, in the call centre's order.
    pub(super) taken_until: Vec<Option<Timestamp>>,
    pub(super) agent: Option<&'a Agent>,
    pub(super) leg: Option<AgentLeg>,
    pub(super) transferred_to: Option<String>,
    pub(super) disconnect_reason: &'static str,
}

/// Which part of the contact's way a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before the queue.
    Inbound,
    /// While waiting.
    Queue,
    /// For the agent, right before the conversation.
    AgentWhisper,
    /// For the customer, right before the conversation.
    CustomerWhisper,
    /// After the agent hung up.
    Disconnect,
}

impl Stage {
    pub(super) fn is_whisper(self) -> bool {
        matches!(self, Self::AgentWhisper | Self::CustomerWhisper)
    }
}

/// A flow or module that the contact is in.
pub(super) struct Frame<'a> {
    pub(super) flow: &'a NamedFlow,
    pub(super) block: &'a str,
    pub(super) flow_attributes: BTreeMap<String, String>,
    pub(super) loops: BTreeMap<&'a str, u32>,
    /// What the invoking block passed to a module.
    pub(super) input: Value,
}

impl<'a> Frame<'a> {
    pub(super) fn start(flow: &'a NamedFlow) -> Self {
        Self {
            flow,
            block: &flow.flow.start_action,
            flow_attributes: BTreeMap::new(),
            loops: BTreeMap::new(),
            input: Value::Null,
        }
    }
}

/// Where a contact is transferred to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target<'a> {
    /// A standard queue.
    Queue(&'a Queue),
    /// The personal queue of an agent.
    Agent(&'a Agent),
}

impl Target<'_> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Queue(queue) => &queue.id,
            Self::Agent(agent) => &agent.id,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Queue(queue) => queue.name.clone(),
            Self::Agent(agent) => agent.full_name(),
        }
    }
}

/// A place in a queue.
pub(super) struct Line<'a> {
    pub(super) target: Target<'a>,
    /// How many contacts are served first.
    pub(super) ahead: u32,
    /// The criteria that count here, an index into [`State::routing`].
    pub(super) criteria: Option<usize>,
}

/// How a block is left.
pub(super) enum Done<'a> {
    /// By `NextAction`.
    Next,
    /// To that block.
    Goto(&'a str),
    /// No condition holds.
    NoMatch,
    /// By an error branch.
    Failed(&'static str, String),
    /// The frames have been changed.
    Moved,
    /// The flow is over.
    Exit(Exit),
}

impl Done<'_> {
    /// By the branch for every error without one of its own.
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self::Failed("NoMatchingError", why.into())
    }
}

/// How a flow is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exit {
    /// It ended; the contact goes on without it.
    Ended,
    /// It ended the contact.
    Disconnected,
    /// It put the contact into a queue.
    Queued,
    /// It handed the contact to an outside number.
    TransferredOut(String),
    /// It handed the contact to an agent, an index into the call centre's.
    ToAgent(usize),
}

/// What breaks into a flow from outside.
#[derive(Debug)]
pub(super) enum Stop {
    /// The customer hung up.
    HungUp,
    /// An agent, an index into the call centre's, took the contact.
    Joined(usize),
    /// Nobody did, for too long.
    QueueTimeout,
    /// The run is impossible.
    Impossible(RunError),
}

impl<'a> State<'a> {
    pub(super) fn new(centre: &'a CallCentre, contact: Contact, caller: &'a Caller, at: Timestamp) -> Self {
        let hangs_up = caller.hangs_up_after_seconds.map(|seconds| later(at, seconds));
        Self {
            centre,
            caller,
            contact,
            related_attributes: BTreeMap::new(),
            started_at: at,
            now: at,
            hangs_up_at: hangs_up,
            stage: Stage::Inbound,
            frames: Vec::new(),
            blocks: 0,
            blocks_at_once: 0,
            counted_from: at,
            transcript: Vec::new(),
            moments: vec![(at, Moment::Initiated), (at, Moment::ConnectedToSystem)],
            created: Vec::new(),
            external: Value::Null,
            invocation_id: None,
            invocations: 0,
            lambda_silence: Duration::ZERO,
            stored_input: None,
            metrics: Value::Null,
            voice: None,
            callback_number: None,
            task_contact_id: None,
            hooks: BTreeMap::new(),
            keys_used: 0,
            draws_used: 0,
            target: None,
            priority: DEFAULT_PRIORITY,
            time_adjustment_seconds: 0,
            routing: Vec::new(),
            line: None,
            visits: Vec::new(),
            taken_until: vec![None; centre.agents.len()],
            agent: None,
            leg: None,
            transferred_to: None,
            disconnect_reason: "CONTACT_FLOW_DISCONNECT",
        }
    }

    /// Adds to the transcript, in the block the contact is in.
    pub(super) fn note(&mut self, what: What) {
        let place = self.place();
        self.transcript.push(Entry {
            at: self.now,
            place,
            what,
            next: None,
        });
    }

    /// Adds to the transcript, outside of any block.
    pub(super) fn note_outside(&mut self, what: What) {
        self.transcript.push(Entry {
            at: self.now,
            place: None,
            what,
            next: None,
        });
    }

    pub(super) fn moment(&mut self, moment: Moment) {
        self.moments.push((self.now, moment));
    }

    /// The block the contact is in.
    pub(super) fn place(&self) -> Option<Place> {
        let frame = self.frames.last()?;
        let kind = self
            .action()
            .map(|action| action.kind.clone())
            .unwrap_or_default();
        Some(Place {
            flow: frame.flow.name.clone(),
            block: frame.block.to_owned(),
            kind,
        })
    }

    pub(super) fn action(&self) -> Option<&'a Action> {
        let frame = self.frames.last()?;
        frame.flow.flow.action(frame.block)
    }

    pub(super) fn is_voice(&self) -> bool {
        self.contact.channel == Channel::Voice
    }

    /// Milliseconds since the run started, the time that agents' states are told in.
    pub(super) fn milliseconds_at(&self, at: Timestamp) -> i64 {
        at.as_millisecond()
            .saturating_sub(self.started_at.as_millisecond())
    }

    pub(super) fn timestamp_of(&self, milliseconds: i64) -> Timestamp {
        let at = self.started_at.as_millisecond().saturating_add(milliseconds);
        Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
    }
}

/// A contact without a priority of its own has this one, says the page on `UpdateContactRoutingBehavior`.
pub(super) const DEFAULT_PRIORITY: i64 = 5;

/// So many seconds later, or the end of time.
pub(super) fn later(at: Timestamp, seconds: u32) -> Timestamp {
    after(at, Duration::from_secs(u64::from(seconds)))
}

/// That much later, or the end of time.
pub(super) fn after(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
