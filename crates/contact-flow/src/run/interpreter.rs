//! One block after the other.

use super::finished::RunError;
use super::lambda;
use super::lambdas::Lambdas;
use super::state::{Done, Exit, Frame, Stage, State, Stop};
use super::transcript::What;
use super::world::NamedFlow;
use crate::Action;

/// Types that the service takes without a branch for errors, and that exports often have without one: what fails
/// there is no reason to cut a caller off.
const ERRORS_OPTIONAL: &[&str] = &[
    "Loop",
    "MessageParticipant",
    "MessageParticipantIteratively",
    "UpdateContactRoutingBehavior",
    "UpdateContactTextToSpeechVoice",
];

/// Runs a flow from its start until it is left.
pub(super) async fn play<'a, L: Lambdas>(
    state: &mut State<'a>,
    flow: &'a NamedFlow,
    stage: Stage,
    lambdas: &mut L,
) -> Result<Exit, Stop> {
    state.stage = stage;
    state.frames = vec![Frame::start(flow)];
    state.check_start()?;
    loop {
        let Some(action) = state.action() else {
            return Ok(Exit::Ended);
        };
        state.count_block()?;
        let first_entry = state.transcript.len();
        let done = if action.kind == "InvokeLambdaFunction" {
            lambda::invoke(state, action, lambdas).await?
        } else {
            state.perform(action)?
        };
        if let Some(exit) = state.leave(action, done, first_entry)? {
            return Ok(exit);
        }
    }
}

impl<'a> State<'a> {
    /// Counts a block, so that a flow that goes round in circles is found out.
    fn count_block(&mut self) -> Result<(), Stop> {
        if self.now.duration_since(self.counted_from).as_secs() >= 1 {
            self.counted_from = self.now;
            self.blocks_at_once = 0;
        }
        self.blocks = self.blocks.saturating_add(1);
        self.blocks_at_once = self.blocks_at_once.saturating_add(1);
        let limits = self.centre.limits;
        if self.blocks <= limits.blocks && self.blocks_at_once <= limits.blocks_at_once {
            return Ok(());
        }
        let place = self.place();
        let (flow, block) = place.map(|place| (place.flow, place.block)).unwrap_or_default();
        Err(Stop::Impossible(RunError::Endless { flow, block }))
    }

    fn perform(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        Ok(match action.kind.as_str() {
            "UpdateFlowLoggingBehavior" | "UpdatePreviousContactParticipantState" => {
                self.note(What::Set {
                    note: "changes nothing that the caller notices".to_owned(),
                });
                Done::Next
            }
            "UpdateContactRecordingBehavior" => self.set_recording(action),
            "UpdateContactRecordingAndAnalyticsBehavior" => self.set_recording_and_analytics(action),
            "UpdateContactTextToSpeechVoice" => self.set_voice(action),
            "MessageParticipant" => self.say(action)?,
            "MessageParticipantIteratively" => self.say_over_and_over(action)?,
            "GetParticipantInput" => self.ask(action)?,
            "Compare" => self.compare(action),
            "UpdateContactAttributes" => self.set_attributes(action),
            "UpdateFlowAttributes" => self.set_flow_attributes(action),
            "UpdateContactData" => self.set_contact_data(action),
            "UpdateContactEventHooks" => self.set_hooks(action),
            "UpdateContactCallbackNumber" => self.set_callback_number(action),
            "TagContact" => self.tag(action),
            "UntagContact" => self.untag(action),
            "UpdateContactTargetQueue" => self.set_target_queue(action),
            "UpdateContactRoutingBehavior" => self.set_routing_behaviour(action),
            "UpdateContactRoutingCriteria" => self.set_routing_criteria(action)?,
            "CheckMetricData" => self.check_metric(action),
            "GetMetricData" => self.get_metrics(action),
            "CheckHoursOfOperation" => self.check_hours(action),
            "CheckOutboundCallStatus" => self.check_outbound_call(action),
            "DistributeByPercentage" => self.distribute(action),
            "Loop" => self.go_round(action),
            "Wait" => self.wait(action)?,
            "CreateTask" => self.create_task(action),
            "CreateCallbackContact" => self.create_callback(action),
            "TransferToFlow" => self.transfer_to_flow(action),
            "InvokeFlowModule" => self.enter_module(action),
            "TransferContactToQueue" => self.transfer_to_queue(),
            "DequeueContactAndTransferToQueue" => self.dequeue_and_transfer(action),
            "TransferContactToAgent" => self.transfer_to_agent(),
            "TransferParticipantToThirdParty" => self.dial_out(action)?,
            "EndFlowModuleExecution" => self.leave_module(),
            "EndFlowExecution" => {
                self.note(What::FlowEnded);
                Done::Exit(Exit::Ended)
            }
            "DisconnectParticipant" => {
                self.note(What::Disconnected {
                    why: "the flow says so".to_owned(),
                });
                Done::Exit(Exit::Disconnected)
            }
            // Everything else that the service knows is passed without anything happening here.
            kind if crate::check::knows(kind) => self.pass_by(action),
            _ => return Err(self.unknown_type(action)),
        })
    }

    /// A block that is not simulated is left by its error branch, since nothing was done.
    fn pass_by(&mut self, action: &'a Action) -> Done<'a> {
        let errors = &action.transitions.errors;
        let branch = errors
            .iter()
            .find(|branch| branch.error_type == "NoMatchingError");
        let note = if branch.is_some() {
            "goes on by NoMatchingError"
        } else {
            "goes on by NextAction"
        };
        self.note(What::NotSimulated {
            note: note.to_owned(),
        });
        branch.map_or(Done::Next, |branch| Done::Goto(&branch.next_action))
    }

    fn leave_module(&mut self) -> Done<'a> {
        self.note(What::FlowEnded);
        if self.frames.len() < 2 {
            return Done::Exit(Exit::Ended);
        }
        self.frames.pop();
        // The frame below still stands at the block that invoked the module.
        Done::Next
    }

    fn unknown_type(&self, action: &Action) -> Stop {
        let flow = self
            .frames
            .last()
            .map(|frame| frame.flow.name.clone())
            .unwrap_or_default();
        let (block, kind) = (action.identifier.clone(), action.kind.clone());
        Stop::Impossible(RunError::UnknownType { flow, block, kind })
    }

    /// Finds the way out of a block and takes it.
    fn leave(
        &mut self,
        action: &'a Action,
        done: Done<'a>,
        first_entry: usize,
    ) -> Result<Option<Exit>, Stop> {
        // A module that has ended goes on behind the block that invoked it.
        let action = self
            .action()
            .filter(|_| matches!(done, Done::Next))
            .unwrap_or(action);
        let transitions = &action.transitions;
        let branch = |error_type: &str| {
            let errors = &transitions.errors;
            let exact = errors.iter().find(|branch| branch.error_type == error_type);
            let branch = exact.or_else(|| {
                errors
                    .iter()
                    .find(|branch| branch.error_type == "NoMatchingError")
            });
            branch.map(|branch| branch.next_action.as_str())
        };
        let next = transitions.next_action.as_deref();
        let (way_out, missing) = match done {
            Done::Exit(exit) => return Ok(Some(exit)),
            Done::Moved => return self.check_start().map(|()| None),
            Done::Goto(block) => (Some(block), ""),
            Done::Next => (next, "NextAction"),
            Done::NoMatch => (branch("NoMatchingCondition").or(next), "NoMatchingCondition"),
            Done::Failed(error_type, why) => {
                self.note(What::Error {
                    error_type: error_type.to_owned(),
                    why,
                });
                let anyway = next.filter(|_| ERRORS_OPTIONAL.contains(&action.kind.as_str()));
                (branch(error_type).or(anyway), error_type)
            }
        };
        let Some(block) = way_out else {
            self.note(What::Disconnected {
                why: format!("the block has no branch for {missing}"),
            });
            return Ok(Some(Exit::Disconnected));
        };
        self.note_next(first_entry, block);
        self.go_to(block)?;
        Ok(None)
    }

    fn note_next(&mut self, first_entry: usize, next: &str) {
        let entries = self.transcript.iter_mut().skip(first_entry);
        if let Some(entry) = entries.rev().find(|entry| entry.place.is_some()) {
            entry.next = Some(next.to_owned());
        }
    }

    fn go_to(&mut self, block: &'a str) -> Result<(), Stop> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        if frame.flow.flow.action(block).is_none() {
            let (flow, from) = (frame.flow.name.clone(), frame.block.to_owned());
            let next = block.to_owned();
            return Err(Stop::Impossible(RunError::NoSuchBlock {
                flow,
                block: from,
                next,
            }));
        }
        frame.block = block;
        Ok(())
    }

    fn check_start(&mut self) -> Result<(), Stop> {
        let Some(frame) = self.frames.last() else {
            return Ok(());
        };
        if frame.flow.flow.action(frame.block).is_some() {
            return Ok(());
        }
        let (flow, next) = (frame.flow.name.clone(), frame.block.to_owned());
        Err(Stop::Impossible(RunError::NoSuchBlock {
            flow,
            block: "StartAction".to_owned(),
            next,
        }))
    }
}
