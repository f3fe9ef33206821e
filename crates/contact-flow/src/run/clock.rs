//! The virtual clock: what happens by itself while time passes.

use std::time::Duration;

use jiff::Timestamp;

use super::finished::{Moment, StepStatus};
use super::state::{State, Stop, Target, after, later};
use super::transcript::What;

/// Something that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    // The order is what happens first at the same moment: a step counts up to its expiry and not at it, and an
    // agent who is free when the customer gives up has them.
    StepExpires,
    OtherTaken(usize),
    AgentFree(usize),
    HangUp,
    Timeout,
}

impl State<'_> {
    /// Lets time pass, and everything happen that happens by then.
    pub(super) fn pass(&mut self, duration: Duration) -> Result<(), Stop> {
        let until = after(self.now, duration);
        while let Some((at, event)) = self.next_event().filter(|(at, _)| *at <= until) {
            self.now = at;
            match event {
                Event::StepExpires => self.expire_step(),
                Event::OtherTaken(agent) => self.other_taken(agent),
                Event::AgentFree(agent) => return Err(Stop::Joined(agent)),
                Event::HangUp => return Err(Stop::HungUp),
                Event::Timeout => return Err(Stop::QueueTimeout),
            }
        }
        self.now = until;
        Ok(())
    }

    pub(super) fn pass_seconds(&mut self, seconds: u32) -> Result<(), Stop> {
        self.pass(Duration::from_secs(u64::from(seconds)))
    }

    /// Lets everything happen that is due.
    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        self.pass(Duration::ZERO)
    }

    fn next_event(&self) -> Option<(Timestamp, Event)> {
        let hang_up = self.hangs_up_at.map(|at| (at, Event::HangUp));
        std::iter::once(hang_up)
            .chain(self.queue_events())
            .flatten()
            .map(|(at, event)| (at.max(self.now), event))
            .min()
    }

    fn queue_events(&self) -> [Option<(Timestamp, Event)>; 4] {
        let Some(line) = &self.line else { return [None; 4] };
        let waiting_since = self.visits.first().map_or(self.now, |visit| visit.enqueued_at);
        let patience = self
            .caller
            .queue_patience_seconds
            .map(|seconds| later(waiting_since, seconds));
        let timeout = later(waiting_since, self.centre.limits.queue_seconds);
        let expiry = self.active_step().and_then(|(_, step)| step.expires_at);
        let agent = if line.ahead > 0 {
            self.first_free(|_| true)
                .map(|(at, agent)| (at, Event::OtherTaken(agent)))
        } else {
            self.first_free(|agent| self.is_wanted(agent))
                .map(|(at, agent)| (at, Event::AgentFree(agent)))
        };
        [
            expiry.map(|at| (at, Event::StepExpires)),
            agent,
            patience.map(|at| (at, Event::HangUp)),
            Some((timeout, Event::Timeout)),
        ]
    }

    /// Of the agents who serve this queue, the one who is free first, and when; the first in the list if several.
    fn first_free(&self, wanted: impl Fn(usize) -> bool) -> Option<(Timestamp, usize)> {
        let agents = self.centre.agents.iter().zip(&self.taken_until).enumerate();
        agents
            .filter(|(index, _)| self.serves_line(*index) && wanted(*index))
            .filter_map(|(index, (agent, taken_until))| {
                let from = taken_until.map_or(self.now, |taken_until| taken_until.max(self.now));
                let free = agent.available_from(self.milliseconds_at(from))?;
                Some((self.timestamp_of(free).max(from), index))
            })
            .min()
    }

    fn serves_line(&self, index: usize) -> bool {
        let (Some(line), Some(agent)) = (&self.line, self.centre.agents.get(index)) else {
            return false;
        };
        match line.target {
            Target::Queue(queue) => agent.has_queue(&queue.id),
            Target::Agent(owner) => agent.id == owner.id,
        }
    }

    fn is_wanted(&self, index: usize) -> bool {
        let (Some((_, step)), Some(agent)) = (self.active_step(), self.centre.agents.get(index)) else {
            return true;
        };
        step.agents.contains(&agent.id)
    }

    fn other_taken(&mut self, index: usize) {
        let seconds = match self.line.as_ref().map(|line| line.target) {
            Some(Target::Queue(queue)) => queue.handle_seconds,
            // Whoever waits for one person waits for a conversation of the length that this caller's would have.
            Some(Target::Agent(_)) | None => self.caller.conversation.seconds,
        };
        let until = later(self.now, seconds.max(1));
        if let Some(taken_until) = self.taken_until.get_mut(index) {
            *taken_until = Some(until);
        }
        let ahead = match &mut self.line {
            Some(line) => {
                line.ahead = line.ahead.saturating_sub(1);
                line.ahead
            }
            None => return,
        };
        let agent = self
            .centre
            .agents
            .get(index)
            .map(super::agent::Agent::full_name)
            .unwrap_or_default();
        self.note_outside(What::MovedUp { agent, ahead });
    }

    fn expire_step(&mut self) {
        let Some((criteria, index)) = self.active_step_position() else {
            return;
        };
        self.end_step(StepStatus::Expired);
        self.moment(Moment::RoutingStepExpired { criteria, index });
        self.begin_step(criteria, index.saturating_add(1));
    }
}
