//! Routing criteria: who may take the contact, step by step.

use serde_json::Value;

use super::agent::Agent;
use super::finished::{RoutingCriteria, RoutingStep, StepStatus};
use super::parameters::{integer, scalar};
use super::state::{Done, State, Stop, Target, later};
use super::transcript::{StepFact, What};
use crate::Action;

/// Steps a flow can set, says the page on the block.
const MOST_STEPS: usize = 5;

impl<'a> State<'a> {
    /// `UpdateContactRoutingCriteria`: in a queue they count at once, before it from the transfer on.
    pub(super) fn set_routing_criteria(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        let steps = action
            .parameters
            .get("RoutingCriteria")
            .and_then(|criteria| criteria.get("Steps"));
        let Some(steps) = steps.and_then(Value::as_array) else {
            return Ok(Done::failed("the block has no Steps"));
        };
        if steps.is_empty() || steps.len() > MOST_STEPS {
            return Ok(Done::failed(format!(
                "{} steps, where 1 to {MOST_STEPS} are allowed",
                steps.len()
            )));
        }
        let steps = match steps
            .iter()
            .map(|step| self.read_step(step))
            .collect::<Result<Vec<_>, _>>()
        {
            Ok(steps) => steps,
            Err(why) => return Ok(Done::failed(why)),
        };
        let facts = steps.iter().map(|step| self.step_fact(step)).collect();
        self.note(What::RoutingCriteriaSet { steps: facts });
        if self.active_step().is_some() {
            self.replace_active_step();
        }
        let index = self.routing.len();
        self.routing.push(RoutingCriteria {
            index,
            activated_at: None,
            steps,
        });
        self.activate_criteria();
        self.settle()?;
        Ok(Done::Next)
    }

    fn read_step(&self, step: &Value) -> Result<RoutingStep, String> {
        let expression = step.get("Expression").ok_or("a step has no Expression")?;
        let expression = self.resolve_deeply(expression);
        check_agents(&expression, self)?;
        let mut agents = Vec::new();
        for agent in &self.centre.agents {
            if self.meets(agent, &expression)? {
                agents.push(agent.id.clone());
            }
        }
        let expiry_seconds = match step
            .get("Expiry")
            .and_then(|expiry| expiry.get("DurationInSeconds"))
        {
            Some(seconds) => Some(positive(seconds)?),
            None => None,
        };
        let status = StepStatus::Inactive;
        Ok(RoutingStep {
            status,
            expression,
            agents,
            expiry_seconds,
            activated_at: None,
            expires_at: None,
        })
    }

    fn meets(&self, agent: &Agent, expression: &Value) -> Result<bool, String> {
        let list = |key: &str| expression.get(key).and_then(Value::as_array);
        if let Some(all) = list("AndExpression") {
            return all
                .iter()
                .try_fold(true, |met, one| Ok(self.meets(agent, one)? && met));
        }
        if let Some(any) = list("OrExpression") {
            return any
                .iter()
                .try_fold(false, |met, one| Ok(self.meets(agent, one)? || met));
        }
        if let Some(not) = expression.get("NotAttributeCondition") {
            return Ok(!self.meets_condition(agent, not)?);
        }
        let condition = expression
            .get("AttributeCondition")
            .ok_or("an Expression is none that Connect has")?;
        self.meets_condition(agent, condition)
    }

    fn meets_condition(&self, agent: &Agent, condition: &Value) -> Result<bool, String> {
        if let Some(ids) = agent_ids(condition) {
            let ids = ids.iter().filter_map(Value::as_str);
            return Ok(ids
                .filter_map(|id| self.centre.agent(id))
                .any(|wanted| wanted.id == agent.id));
        }
        let text = |key: &str| condition.get(key).and_then(scalar);
        let (Some(name), Some(value)) = (text("Name"), text("Value")) else {
            return Err("an AttributeCondition needs AgentIds, or Name and Value".to_owned());
        };
        let level: f64 = text("ProficiencyLevel")
            .and_then(|level| level.parse().ok())
            .unwrap_or(1.0);
        Ok(agent
            .proficiencies
            .iter()
            .any(|has| has.name == name && has.value == value && has.level >= level))
    }

    /// The step that counts: its position and itself.
    pub(super) fn active_step(&self) -> Option<((usize, usize), &RoutingStep)> {
        let criteria = self.line.as_ref()?.criteria?;
        let mut steps = self.routing.get(criteria)?.steps.iter().enumerate();
        let (index, step) = steps.find(|(_, step)| step.status == StepStatus::Active)?;
        Some(((criteria, index), step))
    }

    pub(super) fn active_step_position(&self) -> Option<(usize, usize)> {
        self.active_step().map(|(position, _)| position)
    }

    /// Lets the newest criteria count, if the contact waits in a queue that heeds them.
    pub(super) fn activate_criteria(&mut self) {
        let Some(line) = &mut self.line else { return };
        // Agents' queues heed no criteria (administrator guide, routing criteria).
        if matches!(line.target, Target::Agent(_)) {
            return;
        }
        let Some(newest) = self.routing.last().cloned() else {
            return;
        };
        let mut index = newest.index;
        if newest.activated_at.is_some() {
            // Another queue: the steps start over there, and what became of them in the first queue stays on record.
            index = self.routing.len();
            let mut steps = newest.steps;
            for step in &mut steps {
                (step.status, step.activated_at, step.expires_at) = (StepStatus::Inactive, None, None);
            }
            self.routing.push(RoutingCriteria {
                index,
                activated_at: None,
                steps,
            });
        }
        line.criteria = Some(index);
        self.begin_step(index, 0);
    }

    pub(super) fn begin_step(&mut self, criteria: usize, index: usize) {
        let now = self.now;
        let Some(criteria) = self.routing.get_mut(criteria) else {
            return;
        };
        criteria.activated_at.get_or_insert(now);
        // After the last step anyone in the queue may take the contact.
        let Some(step) = criteria.steps.get_mut(index) else {
            return;
        };
        step.status = StepStatus::Active;
        step.activated_at = Some(now);
        step.expires_at = step.expiry_seconds.map(|seconds| later(now, seconds));
        self.note_step(StepStatus::Active);
    }

    /// The active step ends, joined or expired.
    pub(super) fn end_step(&mut self, status: StepStatus) {
        let Some((criteria, index)) = self.active_step_position() else {
            return;
        };
        self.note_step(status);
        if let Some(step) = self
            .routing
            .get_mut(criteria)
            .and_then(|it| it.steps.get_mut(index))
        {
            step.status = status;
        }
    }

    /// New criteria take over: the old step stops counting without having been joined or having expired.
    pub(super) fn replace_active_step(&mut self) {
        let Some((criteria, index)) = self.active_step_position() else {
            return;
        };
        if let Some(step) = self
            .routing
            .get_mut(criteria)
            .and_then(|it| it.steps.get_mut(index))
        {
            step.status = StepStatus::Inactive;
            step.expires_at = None;
        }
    }

    fn note_step(&mut self, status: StepStatus) {
        let Some(((_, index), step)) = self.active_step() else {
            return;
        };
        let agents = self.step_fact(step).agents;
        self.note_outside(What::RoutingStep {
            index,
            agents,
            status,
        });
    }

    fn step_fact(&self, step: &RoutingStep) -> StepFact {
        let name = |id: &String| self.centre.agent(id).map_or_else(|| id.clone(), Agent::full_name);
        StepFact {
            agents: step.agents.iter().map(name).collect(),
            expiry_seconds: step.expiry_seconds,
        }
    }
}

fn agent_ids(condition: &Value) -> Option<&Vec<Value>> {
    condition
        .get("MatchCriteria")?
        .get("AgentsCriteria")?
        .get("AgentIds")?
        .as_array()
}

/// Every agent that an expression names must exist, wherever in it the name stands.
fn check_agents(expression: &Value, state: &State<'_>) -> Result<(), String> {
    let Some(map) = expression.as_object() else {
        return Ok(());
    };
    if let Some(ids) = agent_ids(expression) {
        if ids.is_empty() {
            return Err("AgentIds is empty".to_owned());
        }
        for id in ids {
            let id = id.as_str().unwrap_or_default();
            if state.centre.agent(id).is_none() {
                return Err(format!("there is no agent {id:?}"));
            }
        }
    }
    map.values().try_for_each(|value| match value {
        Value::Array(values) => values.iter().try_for_each(|value| check_agents(value, state)),
        value => check_agents(value, state),
    })
}

fn positive(seconds: &Value) -> Result<u32, String> {
    match integer(seconds).and_then(|seconds| u32::try_from(seconds).ok()) {
        Some(seconds) if seconds > 0 => Ok(seconds),
        // Static in Connect: a reference here is refused when the flow is created.
        _ => Err(format!(
            "DurationInSeconds is {seconds}, where a number above 0 must be"
        )),
    }
}
