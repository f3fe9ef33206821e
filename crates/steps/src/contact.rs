//! Steps that Connect tells.

use jiff::Timestamp;
use ringback_connect::contact_event::{ContactEvent, EventKind};
use ringback_connect::{Channel, InitiationMethod};

use crate::event::{Agent, Schema, Step, StepEvent};
use crate::text;

impl StepEvent {
    /// The step that a contact event tells: an agent took the contact, or it ended.
    ///
    /// Only a conversation that a customer began counts: calls and chats that came in, and their transfers and
    /// callbacks. Outbound calls, tasks, emails, and a supervisor who listens or barges in are nobody's call to a shop.
    /// A transfer of an outbound call cannot be told from one of an inbound call by its event alone, and counts.
    ///
    /// `now` stands in where the event has no time.
    #[must_use]
    pub fn of_contact(event: &ContactEvent, agent_name: Option<String>, now: Timestamp) -> Option<Self> {
        let step = match event.kind {
            EventKind::ConnectedToAgent => Step::AgentAnswered,
            EventKind::Disconnected => Step::Ended,
            _ => return None,
        };
        if event.supervised || !is_customers(event) {
            return None;
        }
        let agent = event.agent.as_ref();
        if step == Step::AgentAnswered && agent.is_none() {
            return None;
        }
        let agent_id = agent.map(|agent| &agent.arn.id);
        let about = agent_id.map_or("-", |id| id.as_str());
        let happened_at = match step {
            Step::AgentAnswered => agent.and_then(|agent| agent.connected_at),
            _ => event.disconnected_at,
        };
        let ended = step == Step::Ended;
        let step = Self {
            schema: Schema::V1,
            id: format!("{}/{}/{about}", event.contact_id, step.name()),
            at: happened_at.or(event.event_time).unwrap_or(now),
            tenant: event.instance.id.clone(),
            contact_id: event.contact_id.clone(),
            initial_contact_id: event
                .initial_contact_id
                .as_ref()
                .or(event.previous_contact_id.as_ref())
                .unwrap_or(&event.contact_id)
                .clone(),
            channel: event
                .channel
                .clone()
                .unwrap_or_else(|| Channel::Other("UNKNOWN".to_owned())),
            step,
            caller: None,
            order: None,
            shop: None,
            place: None,
            key: None,
            agent: agent_id.map(|id| Agent {
                id: id.clone(),
                name: None,
            }),
            seconds: None,
            disconnect_reason: event
                .disconnect_reason
                .as_deref()
                .filter(|_| ended)
                .and_then(text::word),
        };
        Some(match agent_name {
            Some(name) => step.with_agent_name(&name),
            None => step,
        })
    }

    /// The same step with its agent's name, where there is an agent; looked up only once it is known to be a step.
    #[must_use]
    pub fn with_agent_name(mut self, name: &str) -> Self {
        if let Some(agent) = &mut self.agent {
            agent.name = text::name(name);
        }
        self
    }
}

fn is_customers(event: &ContactEvent) -> bool {
    let spoken = matches!(event.channel, Some(Channel::Voice) | None);
    let written = event.channel == Some(Channel::Chat);
    match &event.initiation_method {
        // A program begins a chat for a customer who writes, but a call to a customer who did not ask.
        Some(InitiationMethod::Api) => written,
        Some(
            InitiationMethod::Inbound
            | InitiationMethod::Transfer
            | InitiationMethod::QueueTransfer
            | InitiationMethod::Callback
            | InitiationMethod::WebrtcApi,
        )
        | None => spoken || written,
        Some(_) => false,
    }
}
