//! What Connect's events and records say about a leg.

use jiff::Timestamp;
use ringback_connect::contact_event::{ContactEvent, EventKind};
use ringback_connect::contact_record::ContactRecord;
use ringback_connect::ids::ContactId;
use ringback_connect::{InitiationMethod, StepStatus};

use crate::leg::Facts;
use ringback_connect::caller::{CallerKey, caller_of_record};

/// Who says it. Each source has attributes of its own on the interaction's item, so no writer overwrites another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A contact record: complete, but only after after-contact work.
    Record,
    /// The contact event that an agent and the customer were connected.
    Connected,
    /// The contact event that the contact ended.
    Ended,
    /// The contact event that after-contact work is over. It repeats the event before it, not always in full.
    Completed,
    /// The answer of `SearchContacts`.
    Search,
}

impl Source {
    /// All sources, the most trusted first.
    pub const BY_TRUST: [Self; 5] = [
        Self::Record,
        Self::Connected,
        Self::Ended,
        Self::Completed,
        Self::Search,
    ];

    /// The beginning of the attribute's name; the contact's id follows after a `#`.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Connected => "connected",
            Self::Ended => "ended",
            Self::Completed => "completed",
            Self::Search => "search",
        }
    }
}

/// How the offer of the last agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sticky {
    /// The agent took the caller within the routing step.
    Hit,
    /// The step expired first.
    Miss,
}

impl Sticky {
    /// How it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
        }
    }
}

/// What one event or record adds to an interaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The first contact of the chain: the interaction's id.
    pub root: ContactId,
    /// The contact it is about.
    pub contact: ContactId,
    /// Facts about the leg, and who says so.
    pub facts: Option<(Source, Facts)>,
    /// Which routing steps ended, and how: the one agent a step named, and the end.
    pub steps: Vec<(String, Sticky)>,
    /// The caller, where a record can tell and nobody else has said it.
    pub caller: Option<CallerKey>,
    /// When it happened; the item's expiry counts from here.
    pub at: Timestamp,
}

impl Observation {
    /// When an agent and the customer were connected, if this observation tells and they really spoke.
    pub fn agent_at(&self) -> Option<Timestamp> {
        let (_, facts) = self.facts.as_ref()?;
        facts.agent.as_ref()?;
        facts.connected_at.filter(|_| !facts.supervised)
    }
}

/// The interaction a contact belongs to: its chain's first contact, else the one before it, else itself.
pub fn root_of(contact: &ContactId, initial: Option<&ContactId>, previous: Option<&ContactId>) -> ContactId {
    initial.or(previous).unwrap_or(contact).clone()
}

/// What a contact event adds; nothing for the many events that say nothing about an agent.
///
/// `now` stands in for the event's time where it has none.
pub fn observe_event(event: &ContactEvent, now: Timestamp) -> Option<Observation> {
    let ended = matches!(event.kind, EventKind::Disconnected | EventKind::Completed);
    let source = match event.kind {
        EventKind::ConnectedToAgent => Some(Source::Connected),
        EventKind::Disconnected => Some(Source::Ended),
        EventKind::Completed => Some(Source::Completed),
        _ => None,
    };
    let agent = event.agent.as_ref();
    let facts = source.map(|source| {
        let facts = Facts {
            method: event.initiation_method.clone(),
            channel: event.channel.clone(),
            previous: event.previous_contact_id.clone(),
            agent: agent.map(|agent| agent.arn.text.clone()),
            queue: event.queue.as_ref().map(|queue| queue.arn.text.clone()),
            connected_at: agent.and_then(|agent| agent.connected_at),
            ended_at: event.disconnected_at.filter(|_| ended),
            disconnect_reason: event.disconnect_reason.clone().filter(|_| ended),
            supervised: event.supervised,
            ..Facts::default()
        };
        (source, facts)
    });
    let steps = ended_steps(event);
    if facts.is_none() && steps.is_empty() {
        return None;
    }
    Some(Observation {
        root: root_of(
            &event.contact_id,
            event.initial_contact_id.as_ref(),
            event.previous_contact_id.as_ref(),
        ),
        contact: event.contact_id.clone(),
        facts,
        steps,
        caller: None,
        at: event
            .event_time
            .or(event.disconnected_at)
            .or(event.initiated_at)
            .unwrap_or(now),
    })
}

/// Only a step that names one agent can be the offer of a last agent; steps by skill, or for a team, are another
/// flow's business.
fn ended_steps(event: &ContactEvent) -> Vec<(String, Sticky)> {
    let mut ended: Vec<(String, Sticky)> = Vec::new();
    for step in event.routing.iter().flat_map(|criteria| &criteria.steps) {
        let end = match step.status {
            StepStatus::Joined => Sticky::Hit,
            StepStatus::Expired => Sticky::Miss,
            _ => continue,
        };
        let [agent] = step.agent_ids.as_slice() else {
            continue;
        };
        match ended.iter_mut().find(|(known, _)| known == agent) {
            // The agent came in the end, whatever expired before.
            Some((_, known)) if end == Sticky::Hit => *known = Sticky::Hit,
            Some(_) => {}
            None => ended.push((agent.clone(), end)),
        }
    }
    ended
}

/// What a contact record adds. `caller_attribute` and `rating_attribute` are the contact attributes that hold the
/// caller's key and the customer's rating.
pub fn observe_record(record: &ContactRecord, caller_attribute: &str, rating_attribute: &str) -> Observation {
    let root = root_of(
        &record.contact_id,
        record.initial_contact_id.as_ref(),
        record.previous_contact_id.as_ref(),
    );
    let agent = record.agent.as_ref();
    let facts = Facts {
        method: record.initiation_method.clone(),
        channel: record.channel.clone(),
        previous: record.previous_contact_id.clone(),
        next: record.next_contact_id.clone(),
        agent: agent.map(|agent| agent.arn.text.clone()),
        queue: record.queue.as_ref().map(|queue| queue.arn.text.clone()),
        connected_at: agent.and_then(|agent| agent.connected_at),
        ended_at: record.disconnected_at,
        talk_seconds: agent.and_then(|agent| agent.interaction_seconds),
        disconnect_reason: record.disconnect_reason.clone(),
        transferred_at: record.transfer_completed_at,
        rating: record
            .attributes
            .get(rating_attribute)
            .and_then(|text| rating(text)),
        supervised: record.supervised,
        updated_ms: Some(record.last_updated_at.as_millisecond()),
    };
    // A leg's endpoint may be the third party it was transferred to; only the first contact's is the caller's. A
    // supervisor's contact is nobody's call.
    let names_caller = root == record.contact_id
        && !record.supervised
        && record.initiation_method != Some(InitiationMethod::Monitor);
    let caller = names_caller
        .then(|| caller_of_record(record, &record.instance.id, caller_attribute).ok())
        .flatten();
    Observation {
        root,
        contact: record.contact_id.clone(),
        facts: Some((Source::Record, facts)),
        steps: Vec::new(),
        caller,
        at: record.last_updated_at,
    }
}

/// A rating is a whole number from 1 to 5; anything else is no rating.
pub fn rating(text: &str) -> Option<u8> {
    text.trim().parse().ok().filter(|rating| (1..=5).contains(rating))
}
