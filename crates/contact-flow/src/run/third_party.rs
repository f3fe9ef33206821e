//! `TransferParticipantToThirdParty`: dialling outside numbers.

use super::parameters::is_true;
use super::state::{Done, Exit, State, Stop, later};
use super::transcript::{DialFact, What};
use super::world::ExternalNumber;
use crate::Action;

/// The longest ring that the block allows, in seconds.
const LONGEST_RING: i64 = 600;

impl<'a> State<'a> {
    pub(super) fn dial_out(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        if !self.is_voice() {
            return Ok(Done::failed("only calls can be transferred to a number"));
        }
        let Some(number) = self.single(action, "ThirdPartyPhoneNumber") else {
            return Ok(Done::failed("ThirdPartyPhoneNumber is empty"));
        };
        let limit = self.number(action, "ThirdPartyConnectionTimeLimitSeconds");
        let limit = limit.filter(|limit| (0..=LONGEST_RING).contains(limit));
        let Some(limit) = limit.and_then(|limit| u32::try_from(limit).ok()) else {
            return Ok(Done::failed(
                "ThirdPartyConnectionTimeLimitSeconds is no number from 0 to 600",
            ));
        };
        let returns = is_true(action.parameters.get("ContinueFlowExecution"));
        let outcome = match self.centre.numbers.get(&number) {
            Some(ExternalNumber::Answers {
                after_seconds,
                talk_seconds,
            }) if *after_seconds <= limit => {
                self.pass_seconds(*after_seconds)?;
                DialFact::Answered {
                    talk_seconds: *talk_seconds,
                }
            }
            Some(ExternalNumber::Answers { .. } | ExternalNumber::RingsOut) => {
                self.pass_seconds(limit)?;
                DialFact::RangOut { seconds: limit }
            }
            Some(ExternalNumber::Busy) => DialFact::Busy,
            None => DialFact::Unreachable,
        };
        self.note(What::Transferred {
            number: number.clone(),
            outcome,
        });
        // Only a flow that goes on afterwards can tell why it did not work: the other branches are refused without.
        let failed = |error, why: String| match returns {
            true => Done::Failed(error, why),
            false => Done::failed(why),
        };
        Ok(match outcome {
            DialFact::Answered { talk_seconds } => {
                // Whoever talks to somebody is not waiting any more: no agent joins and no patience ends.
                self.leave_queue();
                self.transferred_to = Some(number.clone());
                self.now = later(self.now, talk_seconds);
                if returns {
                    Done::Next
                } else {
                    Done::Exit(Exit::TransferredOut(number))
                }
            }
            DialFact::RangOut { seconds } => failed(
                "ConnectionTimeLimitExceeded",
                format!("nobody answered within {seconds} s"),
            ),
            DialFact::Busy => failed("CallFailed", "the number is busy".to_owned()),
            DialFact::Unreachable => failed("CallFailed", format!("there is no number {number}")),
        })
    }
}
