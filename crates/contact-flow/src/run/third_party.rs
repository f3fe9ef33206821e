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
                self.ring(&number, *after_seconds)?;
                DialFact::Answered {
                    rang_seconds: *after_seconds,
                    talk_seconds: *talk_seconds,
                }
            }
            Some(ExternalNumber::Answers { .. } | ExternalNumber::RingsOut) => {
                self.ring(&number, limit)?;
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
            DialFact::Answered { talk_seconds, .. } => {
                // Whoever talks to somebody is not waiting any more: no agent joins and no patience ends.
                self.leave_queue();
                self.hangs_up_at = None;
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
            // The run is over, or goes on with an agent: `ring` has seen to that.
            DialFact::Interrupted { .. } => Done::failed("nobody waits for an answer any more"),
            DialFact::Busy => failed("CallFailed", "the number is busy".to_owned()),
            DialFact::Unreachable => failed("CallFailed", format!("there is no number {number}")),
        })
    }
    /// Lets it ring. Whoever hangs up meanwhile has been rung up for all that.
    fn ring(&mut self, number: &str, seconds: u32) -> Result<(), Stop> {
        let began = self.now;
        self.pass_seconds(seconds).inspect_err(|_stop| {
            let rang = self.now.duration_since(began).as_secs();
            self.note(What::Transferred {
                number: number.to_owned(),
                outcome: DialFact::Interrupted {
                    seconds: u32::try_from(rang).unwrap_or(seconds),
                },
            });
        })
    }
}
