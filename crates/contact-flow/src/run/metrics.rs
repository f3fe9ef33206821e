//! Real-time metrics of a queue or an agent.

use serde_json::{Value, json};

use super::agent::{Agent, AgentState};
use super::compare::{first_match, words};
use super::state::{Done, State, Target};
use super::transcript::What;
use crate::Action;

impl<'a> State<'a> {
    /// `CheckMetricData`.
    pub(super) fn check_metric(&mut self, action: &'a Action) -> Done<'a> {
        let target = match self.metric_target(action) {
            Ok(target) => target,
            Err(why) => return Done::failed(why),
        };
        let name = action
            .parameters
            .get("MetricType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let value = match name {
            "NumberOfAgentsAvailable" => self.count(target, |state| state == AgentState::Available),
            "NumberOfAgentsStaffed" => self.count(target, is_staffed),
            "NumberOfAgentsOnline" => self.count(target, |state| state != AgentState::Offline),
            // Exported conditions compare with 300000 where the console shows 300 seconds.
            "OldestContactInQueueAgeSeconds" => self.oldest_seconds(target).saturating_mul(1_000),
            "NumberOfContactsInQueue" => self.size(target),
            other => return Done::failed(format!("there is no metric {other:?}")),
        };
        let branch = first_match(action, Some(&json!(value)));
        self.note(What::Metric {
            name: name.to_owned(),
            scope: target.name(),
            value,
            branch: branch.map(|branch| words(&branch.condition)),
        });
        branch.map_or(Done::NoMatch, |branch| Done::Goto(&branch.next_action))
    }

    /// `GetMetricData`.
    pub(super) fn get_metrics(&mut self, action: &'a Action) -> Done<'a> {
        let target = match self.metric_target(action) {
            Ok(target) => target,
            Err(why) => return Done::failed(why),
        };
        let (name, arn) = match target {
            Target::Queue(queue) => (json!(queue.name), self.centre.queue_arn(&queue.id)),
            Target::Agent(agent) => (Value::Null, self.centre.agent_queue_arn(&agent.id)),
        };
        let count = |which: fn(AgentState) -> bool| json!({ "Count": self.count(target, which) });
        let position = self.line.as_ref().map(|line| line.ahead.saturating_add(1));
        let values = json!({
            "Queue": {
                "Name": name,
                "ARN": arn,
                "Size": self.size(target),
                "OldestContactAge": self.oldest_seconds(target),
            },
            "Agents": {
                "Online": count(|state| state != AgentState::Offline),
                "Available": count(|state| state == AgentState::Available),
                "Staffed": count(is_staffed),
                "AfterContactWork": count(|state| matches!(state, AgentState::AfterContactWork { .. })),
                "Busy": count(|state| matches!(state, AgentState::Busy { .. })),
                "NonProductive": count(|state| matches!(state, AgentState::NonProductive { .. })),
                "Missed": { "Count": 0 },
            },
            "Contact": { "PositionInQueue": position },
        });
        self.note(What::Metrics {
            values: values.clone(),
        });
        self.metrics = values;
        Done::Next
    }

    fn metric_target(&self, action: &'a Action) -> Result<Target<'a>, String> {
        self.named_target(action)?
            .or(self.target)
            .ok_or_else(|| "no queue has been set".to_owned())
    }

    fn count(&self, target: Target<'_>, which: impl Fn(AgentState) -> bool) -> u64 {
        let belongs = |agent: &Agent| match target {
            Target::Queue(queue) => agent.has_queue(&queue.id),
            Target::Agent(wanted) => agent.id == wanted.id,
        };
        let agents = self.centre.agents.iter().zip(&self.taken_until);
        let agents = agents.filter(|(agent, _)| belongs(agent));
        let states = agents.map(|(agent, taken_until)| match taken_until {
            Some(until) if *until > self.now => AgentState::Busy { seconds: None },
            _ => agent.state_at(self.milliseconds_at(self.now)),
        });
        u64::try_from(states.filter(|state| which(*state)).count()).unwrap_or(u64::MAX)
    }

    /// Contacts in the queue, this one included while it waits there.
    fn size(&self, target: Target<'_>) -> u64 {
        let line = self.line.as_ref().filter(|line| line.target == target);
        match (line, target) {
            (Some(line), _) => u64::from(line.ahead).saturating_add(1),
            (None, Target::Queue(queue)) => u64::from(queue.contacts_waiting),
            (None, Target::Agent(agent)) => u64::from(agent.contacts_waiting),
        }
    }

    /// How long the first contact has been waiting, in seconds.
    fn oldest_seconds(&self, target: Target<'_>) -> u64 {
        let line = self.line.as_ref().filter(|line| line.target == target);
        let waited = |since| u64::try_from(self.now.duration_since(since).as_secs()).unwrap_or(0);
        match (line, self.visits.last(), target) {
            (Some(line), Some(visit), _) if line.ahead == 0 => waited(visit.enqueued_at),
            (_, _, Target::Queue(queue)) if queue.contacts_waiting > 0 => {
                u64::from(queue.oldest_contact_seconds).saturating_add(waited(self.started_at))
            }
            _ => 0,
        }
    }
}

fn is_staffed(state: AgentState) -> bool {
    // Staffed is online and not in a custom status: "Available, on contact or in after-contact work" (metrics page).
    !matches!(state, AgentState::Offline | AgentState::NonProductive { .. })
}
