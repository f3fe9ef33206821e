//! Choosing a queue and waiting in it.

use std::cmp::Ordering;

use super::finished::{Moment, QueueVisit};
use super::state::{DEFAULT_PRIORITY, Done, Exit, Line, State, Target};
use super::transcript::What;
use crate::Action;

/// Contacts that an agent's personal queue holds by default (service quotas).
const AGENT_QUEUE_CAPACITY: u32 = 10;
/// Transfers from queue to queue that Connect allows one contact.
const MOST_QUEUE_TRANSFERS: usize = 11;

impl<'a> State<'a> {
    /// `UpdateContactTargetQueue`.
    pub(super) fn set_target_queue(&mut self, action: &'a Action) -> Done<'a> {
        match self.named_target(action) {
            Ok(Some(target)) => {
                self.target = Some(target);
                self.note(What::TargetQueue {
                    id: target.id().to_owned(),
                    name: target.name(),
                });
                Done::Next
            }
            Ok(None) => Done::failed("the block names neither a queue nor an agent"),
            Err(why) => Done::failed(why),
        }
    }

    /// The queue or agent that a block names, if it names one.
    pub(super) fn named_target(&self, action: &'a Action) -> Result<Option<Target<'a>>, String> {
        let parameters = &action.parameters;
        match (
            parameters.contains_key("QueueId"),
            parameters.contains_key("AgentId"),
        ) {
            (false, false) => Ok(None),
            (true, true) => Err("QueueId and AgentId exclude each other".to_owned()),
            (true, false) => {
                let key = self.single(action, "QueueId").ok_or("QueueId is empty")?;
                let queue = self
                    .centre
                    .queue(&key)
                    .ok_or_else(|| format!("there is no queue {key:?}"))?;
                Ok(Some(Target::Queue(queue)))
            }
            (false, true) => {
                let key = self.single(action, "AgentId").ok_or("AgentId is empty")?;
                let agent = self
                    .centre
                    .agent(&key)
                    .ok_or_else(|| format!("there is no agent {key:?}"))?;
                Ok(Some(Target::Agent(agent)))
            }
        }
    }

    /// `TransferContactToQueue`.
    pub(super) fn transfer_to_queue(&mut self) -> Done<'a> {
        let Some(target) = self.target else {
            return Done::failed("no queue has been set");
        };
        if self.line.is_some() {
            return Done::failed("the contact is in a queue already");
        }
        if self.agent.is_some() {
            return Done::failed("a second agent leg is not simulated");
        }
        self.enter(target)
    }

    /// `DequeueContactAndTransferToQueue`.
    pub(super) fn dequeue_and_transfer(&mut self, action: &'a Action) -> Done<'a> {
        if self.line.is_none() {
            return Done::failed("the contact is in no queue");
        }
        let target = match self.named_target(action) {
            Ok(target) => target.or(self.target),
            Err(why) => return Done::failed(why),
        };
        let Some(target) = target else {
            return Done::failed("no queue has been set");
        };
        if self.visits.len() > MOST_QUEUE_TRANSFERS {
            return Done::failed(format!(
                "more than {MOST_QUEUE_TRANSFERS} transfers from queue to queue"
            ));
        }
        self.enter(target)
    }

    /// Enters the queue, out of the present one if there is one.
    fn enter(&mut self, target: Target<'a>) -> Done<'a> {
        let (waiting, capacity) = match target {
            Target::Queue(queue) => (queue.contacts_waiting, queue.capacity),
            Target::Agent(agent) => (agent.contacts_waiting, Some(AGENT_QUEUE_CAPACITY)),
        };
        if capacity.is_some_and(|capacity| waiting >= capacity) {
            let why = format!("{waiting} contacts are waiting for {}", target.name());
            return Done::Failed("QueueAtCapacity", why);
        }
        self.leave_queue();
        let ahead = self.ahead(target, waiting);
        let (arn, name, personal) = match target {
            Target::Queue(queue) => (self.centre.queue_arn(&queue.id), Some(queue.name.clone()), false),
            Target::Agent(agent) => (self.centre.agent_queue_arn(&agent.id), None, true),
        };
        self.visits.push(QueueVisit {
            id: target.id().to_owned(),
            arn,
            name,
            personal,
            enqueued_at: self.now,
            dequeued_at: None,
        });
        self.target = Some(target);
        self.line = Some(Line {
            target,
            ahead,
            criteria: None,
        });
        self.note(What::Queued {
            queue: target.name(),
            ahead,
        });
        self.moment(Moment::Queued);
        Done::Exit(Exit::Queued)
    }

    /// How many of those who wait are served first: the others have the default priority and came earlier.
    fn ahead(&self, target: Target<'a>, waiting: u32) -> u32 {
        let oldest = match target {
            Target::Queue(queue) => i64::from(queue.oldest_contact_seconds),
            Target::Agent(_) => return waiting,
        };
        match self.priority.cmp(&DEFAULT_PRIORITY) {
            Ordering::Less => 0,
            Ordering::Equal if self.time_adjustment_seconds > oldest => 0,
            Ordering::Equal | Ordering::Greater => waiting,
        }
    }

    /// Leaves the queue, for whatever reason.
    pub(super) fn leave_queue(&mut self) {
        if self.line.is_none() {
            return;
        }
        self.replace_active_step();
        self.line = None;
        let now = self.now;
        if let Some(visit) = self.visits.last_mut() {
            visit.dequeued_at.get_or_insert(now);
        }
    }

    /// `UpdateContactRoutingBehavior`.
    pub(super) fn set_routing_behaviour(&mut self, action: &'a Action) -> Done<'a> {
        let priority = self.number(action, "QueuePriority");
        let adjustment = self.number(action, "QueueTimeAdjustmentSeconds");
        let note = match (priority, adjustment) {
            (Some(priority), None) if priority > 0 => {
                self.priority = priority;
                format!("sets the priority {priority}")
            }
            (None, Some(seconds)) => {
                self.time_adjustment_seconds = seconds;
                format!("adds {seconds} s to the time in the queue")
            }
            _ => return Done::failed("the block sets neither a priority nor a time, or both"),
        };
        self.note(What::Set { note });
        Done::Next
    }
}
