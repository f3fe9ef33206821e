//! Runs a contact through flows, deterministically and in virtual time.
//!
//! [`run`] takes a [`CallCentre`], a [`Contact`] and what its [`Caller`] does, and walks the blocks as Amazon Connect
//! would, Lambda functions included, up to the end of after-contact work. The same input gives the same [`Run`].
//!
//! What is simpler than in Connect:
//! - A prompt takes as long as its words at 150 a minute, always plays to its end, and each key takes half a second.
//! - A free agent accepts at once, and handles one contact at a time, whatever its channel.
//! - Contacts that were waiting first are served first, without routing criteria of their own.
//! - A transfer from queue to queue keeps the contact's id, where Connect makes a new contact of it.
//! - Blocks about bots, profiles, cases and views are passed by, by their error branch.

mod agent;
mod attributes;
mod clock;
mod compare;
mod contact;
mod control;
mod created;
mod criteria;
mod display;
mod event;
mod finished;
mod hours;
mod input;
mod interpreter;
mod journey;
mod lambda;
mod lambdas;
mod lookup;
mod metrics;
mod parameters;
mod prompts;
mod queue;
mod references;
mod state;
mod substitute;
mod third_party;
mod transcript;
mod world;

use jiff::Timestamp;

pub use agent::{Agent, AgentState, Proficiency, StateChange};
pub use contact::{Caller, Channel, Contact, Conversation, Endpoint, Party, Reference};
pub use finished::{
    AgentLeg, CreatedContact, Ending, FinishedContact, Moment, QueueVisit, RoutingCriteria, RoutingStep, Run,
    RunError, StepStatus,
};
pub use hours::{Hours, Interval};
pub use lambdas::{LambdaCall, LambdaOutcome, Lambdas};
pub use substitute::{MissingPlaceholder, substitute};
pub use transcript::{DialFact, Entry, LambdaFact, Place, Scope, StepFact, What};
pub use world::{CallCentre, ExternalNumber, Limits, NamedFlow, Prompt, Queue};

/// Runs a contact that comes in at `at` through the flow of that id or ARN.
///
/// # Errors
/// When the flow does not exist, leads to a block that does not, uses a type that the Flow language does not have, or
/// goes round in circles. Everything else that can go wrong is part of the [`Run`].
pub async fn run(
    centre: &CallCentre,
    start_flow: &str,
    contact: Contact,
    caller: &Caller,
    at: Timestamp,
    lambdas: &mut impl Lambdas,
) -> Result<Run, RunError> {
    let Some(flow) = centre.flow(start_flow) else {
        return Err(RunError::UnknownFlow(start_flow.to_owned()));
    };
    journey::travel(state::State::new(centre, contact, caller, at), flow, lambdas).await
}
