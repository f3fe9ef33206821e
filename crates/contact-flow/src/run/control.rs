//! Blocks that decide where the contact goes next.

use std::time::Duration;

use serde_json::Value;

use super::compare::{first_match, words};
use super::parameters::scalar;
use super::references;
use super::state::{Done, Frame, Stage, State, Stop};
use super::transcript::What;
use crate::Action;

/// Modules can be nested so deep (administrator guide, flow modules).
const MOST_MODULES: usize = 5;
/// What a draw is once the caller's draws are used up.
const ORDINARY_DRAW: u8 = 50;
/// A `Wait` block waits a week at most.
const LONGEST_WAIT_SECONDS: i64 = 604_800;
/// A `Loop` block goes round so often at most.
const MOST_ROUNDS: i64 = 100;

impl<'a> State<'a> {
    /// `Compare`.
    pub(super) fn compare(&mut self, action: &'a Action) -> Done<'a> {
        let compared = action
            .parameters
            .get("ComparisonValue")
            .and_then(scalar)
            .unwrap_or_default();
        let value = match references::whole(&compared) {
            Some(names) => self.look_up(&names),
            None => Some(Value::from(self.text(&compared))),
        };
        let branch = first_match(action, value.as_ref());
        self.note(What::Compared {
            value: value.as_ref().and_then(scalar),
            branch: branch.map(|branch| words(&branch.condition)),
        });
        branch.map_or(Done::NoMatch, |branch| Done::Goto(&branch.next_action))
    }

    /// `CheckHoursOfOperation`: the hours it names, else those of the queue that has been set.
    pub(super) fn check_hours(&mut self, action: &'a Action) -> Done<'a> {
        let key = if action.parameters.contains_key("HoursOfOperationId") {
            self.single(action, "HoursOfOperationId")
        } else {
            match self.target {
                Some(super::state::Target::Queue(queue)) => queue.hours.clone(),
                Some(super::state::Target::Agent(_)) | None => None,
            }
        };
        let Some(key) = key else {
            return Done::failed("neither the block nor a queue has hours of operation");
        };
        let Some(hours) = self.centre.hours_of_operation(&key) else {
            return Done::failed(format!("there are no hours of operation {key:?}"));
        };
        let open = hours.is_open(self.now);
        self.note(What::Hours {
            hours: hours.name.clone(),
            open,
        });
        goto_branch(action, if open { "True" } else { "False" })
    }

    /// `CheckOutboundCallStatus`.
    pub(super) fn check_outbound_call(&mut self, action: &'a Action) -> Done<'a> {
        let Some(status) = self.contact.outbound_call_status.clone() else {
            return Done::failed("the contact is no outbound call with answering-machine detection");
        };
        let branch = first_match(action, Some(&Value::from(status.as_str())));
        let condition = branch.map(|branch| words(&branch.condition));
        self.note(What::Compared {
            value: Some(status),
            branch: condition,
        });
        branch.map_or(Done::NoMatch, |branch| Done::Goto(&branch.next_action))
    }

    /// `DistributeByPercentage`.
    pub(super) fn distribute(&mut self, action: &'a Action) -> Done<'a> {
        let draw = self
            .caller
            .draws
            .get(self.draws_used)
            .copied()
            .unwrap_or(ORDINARY_DRAW);
        self.draws_used = self.draws_used.saturating_add(1);
        self.note(What::Drawn { draw });
        let branch = first_match(action, Some(&Value::from(draw)));
        branch.map_or(Done::NoMatch, |branch| Done::Goto(&branch.next_action))
    }

    /// `Loop`: so many rounds, then done, then from the start again.
    pub(super) fn go_round(&mut self, action: &'a Action) -> Done<'a> {
        let rounds = self
            .number(action, "LoopCount")
            .filter(|rounds| (0..=MOST_ROUNDS).contains(rounds));
        let Some(of) = rounds.and_then(|rounds| u32::try_from(rounds).ok()) else {
            return Done::failed(format!("LoopCount is no number from 0 to {MOST_ROUNDS}"));
        };
        let Some(frame) = self.frames.last_mut() else {
            return Done::failed("the contact is in no flow");
        };
        let done = frame.loops.entry(&action.identifier).or_insert(0);
        let round = if *done < of {
            *done = done.saturating_add(1);
            Some(*done)
        } else {
            *done = 0;
            None
        };
        self.note(What::Looped { round, of });
        goto_branch(
            action,
            if round.is_some() {
                "ContinueLooping"
            } else {
                "DoneLooping"
            },
        )
    }

    /// `Wait`. The events it can wait for belong to chats and never come.
    pub(super) fn wait(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        let seconds = self.number(action, "TimeLimitSeconds");
        let seconds = seconds.filter(|seconds| (1..=LONGEST_WAIT_SECONDS).contains(seconds));
        let Some(seconds) = seconds.and_then(|seconds| u64::try_from(seconds).ok()) else {
            return Ok(Done::failed(format!(
                "TimeLimitSeconds is no number from 1 to {LONGEST_WAIT_SECONDS}"
            )));
        };
        self.note(What::Waited { seconds });
        self.pass(Duration::from_secs(seconds))?;
        Ok(goto_branch(action, "WaitCompleted"))
    }

    /// `TransferToFlow`: the contact leaves this flow, and the modules it is in, for good.
    pub(super) fn transfer_to_flow(&mut self, action: &'a Action) -> Done<'a> {
        if self.stage == Stage::Queue || self.stage.is_whisper() {
            return Done::failed("queue and whisper flows cannot go on to another flow");
        }
        let key = self.single(action, "ContactFlowId").unwrap_or_default();
        let Some(flow) = self.centre.flow(&key) else {
            return Done::failed(format!("there is no flow {key:?}"));
        };
        self.note(What::Entered {
            flow: flow.name.clone(),
        });
        self.frames = vec![Frame::start(flow)];
        Done::Moved
    }

    /// `InvokeFlowModule`.
    pub(super) fn enter_module(&mut self, action: &'a Action) -> Done<'a> {
        let key = self.single(action, "FlowModuleId").unwrap_or_default();
        let Some(flow) = self.centre.flow(&key) else {
            return Done::failed(format!("there is no module {key:?}"));
        };
        if self.frames.len() > MOST_MODULES {
            return Done::failed(format!("modules are nested more than {MOST_MODULES} deep"));
        }
        let input = action.parameters.get("Input");
        let input = input.map(|input| self.resolve_deeply(input)).unwrap_or_default();
        self.note(What::Entered {
            flow: flow.name.clone(),
        });
        self.frames.push(Frame {
            input,
            ..Frame::start(flow)
        });
        Done::Moved
    }
}

fn goto_branch<'a>(action: &'a Action, outcome: &str) -> Done<'a> {
    // The console also points NextAction at one of these branches, so it serves flows written without conditions.
    first_match(action, Some(&Value::from(outcome)))
        .map_or(Done::Next, |branch| Done::Goto(&branch.next_action))
}
