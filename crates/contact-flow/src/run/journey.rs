//! A contact's way: flow, queue, whispers, conversation, disconnect flow.

use super::agent::AgentState;
use super::contact::Party;
use super::finished::{AgentLeg, Ending, FinishedContact, Moment, Run, RunError, StepStatus};
use super::interpreter::play;
use super::lambdas::Lambdas;
use super::state::{Done, Exit, Stage, State, Stop, Target, later};
use super::transcript::What;
use super::world::NamedFlow;

/// From the first flow to the end.
pub(super) async fn travel<'a, L: Lambdas>(
    mut state: State<'a>,
    flow: &'a NamedFlow,
    lambdas: &mut L,
) -> Result<Run, RunError> {
    let exit = play(&mut state, flow, Stage::Inbound, lambdas).await;
    let ending = match go_on(&mut state, exit, lambdas).await {
        Ok(ending) => ending,
        Err(stop) => state.stopped(stop)?,
    };
    Ok(state.finish(ending))
}

async fn go_on<L: Lambdas>(
    state: &mut State<'_>,
    mut exit: Result<Exit, Stop>,
    lambdas: &mut L,
) -> Result<Ending, Stop> {
    loop {
        match exit {
            Ok(Exit::Queued) => exit = wait_in_queue(state, lambdas).await,
            Ok(Exit::ToAgent(agent)) | Err(Stop::Joined(agent)) => return talk(state, agent, lambdas).await,
            Ok(Exit::TransferredOut(number)) => {
                state.disconnect_reason = "THIRD_PARTY_DISCONNECT";
                return Ok(Ending::TransferredOut { number });
            }
            Ok(Exit::Ended | Exit::Disconnected) => {
                state.leave_queue();
                return Ok(Ending::DisconnectedByFlow { place: state.place() });
            }
            Err(stop) => return Err(stop),
        }
    }
}

/// Waits until something ends the waiting; a queue flow that ends leaves the caller in silence.
async fn wait_in_queue<L: Lambdas>(state: &mut State<'_>, lambdas: &mut L) -> Result<Exit, Stop> {
    state.frames.clear();
    state.activate_criteria();
    state.settle()?;
    if let Some(flow) = state.hooks.get("CustomerQueue").copied() {
        let exit = play(state, flow, Stage::Queue, lambdas).await?;
        if exit != Exit::Ended || state.line.is_none() {
            return Ok(exit);
        }
        state.frames.clear();
    }
    // Longer than any limit: the queue ends it.
    state.pass_seconds(u32::MAX)?;
    Ok(Exit::Disconnected)
}

/// An agent takes the contact.
async fn talk<L: Lambdas>(state: &mut State<'_>, index: usize, lambdas: &mut L) -> Result<Ending, Stop> {
    let Some(agent) = state.centre.agents.get(index) else {
        return Err(Stop::HungUp);
    };
    state.end_step(StepStatus::Joined);
    state.leave_queue();
    state.agent = Some(agent);
    for (hook, stage) in [
        ("AgentWhisper", Stage::AgentWhisper),
        ("CustomerWhisper", Stage::CustomerWhisper),
    ] {
        if let Some(flow) = state.hooks.get(hook).copied() {
            play(state, flow, stage, lambdas).await?;
        }
    }
    state.frames.clear();
    let conversation = state.caller.conversation;
    let connected_at = state.now;
    state.hangs_up_at = None;
    state.moment(Moment::ConnectedToAgent);
    state.note_outside(What::Connected {
        agent: agent.full_name(),
    });
    state.now = later(state.now, conversation.seconds);
    state.note_outside(What::ConversationEnded {
        by: conversation.ended_by,
        seconds: conversation.seconds,
    });
    let work = conversation.after_contact_work_seconds;
    let work = (work > 0).then(|| (state.now, later(state.now, work)));
    state.leg = Some(AgentLeg {
        id: agent.id.clone(),
        arn: state.centre.agent_arn(&agent.id),
        user_name: agent.user_name.clone(),
        connected_at,
        interaction_seconds: conversation.seconds,
        after_contact_work_started_at: work.map(|(start, _)| start),
        after_contact_work_ended_at: work.map(|(_, end)| end),
    });
    match conversation.ended_by {
        Party::Customer => state.disconnect_reason = "CUSTOMER_DISCONNECT",
        Party::Agent => {
            state.disconnect_reason = "AGENT_DISCONNECT";
            if let Some(flow) = state.hooks.get("CustomerRemaining").copied() {
                // The customer is still there: the survey, for example.
                match play(state, flow, Stage::Disconnect, lambdas).await? {
                    Exit::TransferredOut(_) => state.disconnect_reason = "THIRD_PARTY_DISCONNECT",
                    _ => state.disconnect_reason = "CONTACT_FLOW_DISCONNECT",
                }
                state.frames.clear();
            }
        }
    }
    Ok(Ending::AgentConversation {
        agent: agent.id.clone(),
        ended_by: conversation.ended_by,
    })
}

impl<'a> State<'a> {
    /// `TransferContactToAgent`: the agent is free, or the contact is disconnected.
    pub(super) fn transfer_to_agent(&mut self) -> Done<'a> {
        let Some(Target::Agent(agent)) = self.target else {
            return Done::failed("no agent has been set");
        };
        let index = self.centre.agent_index(&agent.id);
        let free = agent.state_at(self.milliseconds_at(self.now)) == AgentState::Available;
        match index.filter(|_| free && self.agent.is_none()) {
            Some(index) => {
                self.note(What::TargetQueue {
                    id: agent.id.clone(),
                    name: agent.full_name(),
                });
                Done::Exit(Exit::ToAgent(index))
            }
            None => {
                self.note(What::Disconnected {
                    why: format!("{} is not free", agent.full_name()),
                });
                Done::Exit(Exit::Disconnected)
            }
        }
    }

    /// What ended the contact from outside.
    fn stopped(&mut self, stop: Stop) -> Result<Ending, RunError> {
        let queue = self.line.as_ref().map(|line| line.target);
        let id = queue.map(|target| target.id().to_owned());
        let name = queue.map(|target| target.name()).unwrap_or_default();
        let place = self.place();
        self.leave_queue();
        self.disconnect_reason = "CUSTOMER_DISCONNECT";
        match stop {
            Stop::Impossible(error) => Err(error),
            Stop::QueueTimeout => {
                let why = format!("nobody answered in the queue {name}");
                self.note(What::HungUp { why });
                Ok(Ending::QueueTimeout {
                    queue: id.unwrap_or_default(),
                })
            }
            // An agent who joins is no end; `go_on` has seen to that.
            Stop::HungUp | Stop::Joined(_) => {
                let why = if id.is_some() {
                    format!("tired of waiting in the queue {name}")
                } else {
                    "gives up".to_owned()
                };
                self.note(What::HungUp { why });
                Ok(Ending::HungUp { place, queue: id })
            }
        }
    }

    fn finish(mut self, ending: Ending) -> Run {
        let disconnected_at = self.now;
        self.moment(Moment::Disconnected);
        let work_ended_at = self.leg.as_ref().and_then(|leg| leg.after_contact_work_ended_at);
        let completed_at = work_ended_at.unwrap_or(disconnected_at).max(disconnected_at);
        self.now = completed_at;
        if let Some(leg) = self
            .leg
            .as_ref()
            .filter(|leg| leg.after_contact_work_ended_at.is_some())
        {
            let seconds = self.caller.conversation.after_contact_work_seconds;
            let at = leg.after_contact_work_ended_at.unwrap_or(completed_at);
            let what = What::AfterContactWork { seconds };
            self.transcript.push(super::transcript::Entry {
                at,
                place: None,
                what,
                next: None,
            });
        }
        self.moment(Moment::Completed);
        let contact = self.contact;
        let mut visits = self.visits;
        let queue = visits.pop();
        Run {
            transcript: self.transcript,
            ending,
            created: self.created,
            finished: FinishedContact {
                instance_arn: self.centre.instance_arn.clone(),
                contact_id: contact.contact_id,
                initial_contact_id: contact.initial_contact_id,
                previous_contact_id: contact.previous_contact_id,
                related_contact_id: contact.related_contact_id,
                channel: contact.channel,
                initiation_method: contact.initiation_method,
                customer_endpoint: contact.customer_endpoint,
                system_endpoint: contact.system_endpoint,
                customer_id: contact.customer_id,
                name: contact.name,
                description: contact.description,
                language: contact.language,
                attributes: contact.attributes,
                related_attributes: self.related_attributes,
                tags: contact.tags,
                references: contact.references,
                segment_attributes: contact.segment_attributes,
                callback_number: self.callback_number,
                queue,
                earlier_queues: visits,
                agent: self.leg,
                transferred_to: self.transferred_to,
                initiated_at: self.started_at,
                connected_to_system_at: self.started_at,
                disconnected_at,
                completed_at,
                disconnect_reason: self.disconnect_reason.to_owned(),
                routing: self.routing,
                moments: self.moments,
            },
        }
    }
}
