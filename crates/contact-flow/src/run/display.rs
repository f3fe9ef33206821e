//! The transcript as lines to read.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::contact::Party;
use super::finished::{Ending, StepStatus};
use super::transcript::{DialFact, Entry, LambdaFact, Place, Scope, StepFact, What};

/// One line: the time of day in UTC, the block, what happened and where the contact goes next.
impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.strftime("%H:%M:%S"))?;
        if let Some(place) = &self.place {
            write!(f, "  {place}:")?;
        }
        // Prompts may have several lines; an entry has one.
        write!(f, "  {}", self.what.to_string().replace(['\r', '\n'], " "))?;
        match &self.next {
            Some(next) => write!(f, " → {next}"),
            None => Ok(()),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} › {}", self.flow, self.block)
    }
}

impl Display for What {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { text } => write!(f, "says “{text}”"),
            Self::Whispered { to, text } => write!(f, "whispers to the {to}: “{text}”"),
            Self::Asked { text, key } => asked(f, text, key.as_deref()),
            Self::Lambda {
                function,
                parameters,
                attempt,
                took_milliseconds,
                outcome,
            } => {
                let name = function
                    .split_once(":function:")
                    .map_or(function.as_str(), |(_, name)| name);
                write!(f, "invokes {name}")?;
                if parameters
                    .as_object()
                    .is_none_or(|parameters| !parameters.is_empty())
                {
                    write!(f, " with {parameters}")?;
                }
                if *attempt > 1 {
                    write!(f, " (try {attempt})")?;
                }
                write!(f, ": {outcome}")?;
                if matches!(outcome, LambdaFact::Started { .. }) {
                    return Ok(());
                }
                write!(f, " after {took_milliseconds} ms")
            }
            Self::AttributesSet { scope, values } => write!(f, "sets {scope} {}", Pairs(values)),
            Self::Compared { value, branch } => {
                match value {
                    Some(value) => write!(f, "looks at “{value}”: ")?,
                    None => write!(f, "looks at nothing: ")?,
                }
                f.write_str(branch.as_deref().unwrap_or("no condition holds"))
            }
            Self::Hours { hours, open } => write!(f, "{hours}: {}", if *open { "open" } else { "closed" }),
            Self::Metric {
                name,
                scope,
                value,
                branch,
            } => {
                let branch = branch.as_deref().unwrap_or("no condition holds");
                write!(f, "{name} of {scope} is {value}: {branch}")
            }
            Self::Metrics { values } => write!(f, "fetches metrics {values}"),
            Self::TargetQueue { id, name } => write!(f, "aims at {name} ({id})"),
            Self::Queued { queue, ahead: 0 } => write!(f, "enters the queue {queue}"),
            Self::Queued { queue, ahead } => write!(f, "enters the queue {queue} behind {ahead} others"),
            Self::MovedUp { agent, ahead } => write!(f, "{agent} takes another contact, {ahead} still ahead"),
            Self::RoutingCriteriaSet { steps } => criteria(f, steps),
            Self::RoutingStep {
                index,
                agents,
                status,
            } => step(f, *index, agents, *status),
            Self::Connected { agent } => write!(f, "talks to {agent}"),
            Self::ConversationEnded { by, seconds } => write!(f, "the {by} hangs up after {seconds} s"),
            Self::AfterContactWork { seconds } => write!(f, "the agent finishes off after {seconds} s"),
            Self::Transferred { number, outcome } => write!(f, "dials {number}: {outcome}"),
            Self::HookSet { hook, flow } => write!(f, "sets the flow {flow} for {hook}"),
            Self::Entered { flow } => write!(f, "enters {flow}"),
            Self::Looped {
                round: Some(round),
                of,
            } => write!(f, "round {round} of {of}"),
            Self::Looped { round: None, of } => write!(f, "done after {of} rounds"),
            Self::Waited { seconds } => write!(f, "waits {seconds} s"),
            Self::Drawn { draw } => write!(f, "draws {draw} of 100"),
            Self::Created { kind, contact_id } => write!(f, "creates the {kind} {contact_id}"),
            Self::Set { note } => f.write_str(note),
            Self::NotSimulated { note } => write!(f, "is not simulated: {note}"),
            Self::Error { error_type, why } => write!(f, "{error_type}: {why}"),
            Self::FlowEnded => f.write_str("the flow ends"),
            Self::HungUp { why } => write!(f, "the customer hangs up: {why}"),
            Self::Disconnected { why } => write!(f, "disconnected: {why}"),
        }
    }
}

fn asked(f: &mut Formatter<'_>, text: &str, key: Option<&str>) -> fmt::Result {
    match text {
        "" => f.write_str("waits for keys: ")?,
        text => write!(f, "asks “{text}”: ")?,
    }
    match key {
        Some(key) => write!(f, "keyed {key}"),
        None => f.write_str("silence"),
    }
}

fn names(agents: &[String]) -> String {
    if agents.is_empty() {
        "nobody".to_owned()
    } else {
        agents.join(", ")
    }
}

fn criteria(f: &mut Formatter<'_>, steps: &[StepFact]) -> fmt::Result {
    f.write_str("keeps the contact for ")?;
    for step in steps {
        f.write_str(&names(&step.agents))?;
        match step.expiry_seconds {
            Some(seconds) => write!(f, " ({seconds} s), then for ")?,
            // Whatever comes after a step without an end never counts.
            None => return f.write_str(" without an end"),
        }
    }
    f.write_str("anyone in the queue")
}

fn step(f: &mut Formatter<'_>, index: usize, agents: &[String], status: StepStatus) -> fmt::Result {
    let agents = names(agents);
    let what = match status {
        StepStatus::Inactive => "is yet to come",
        StepStatus::Active => "begins",
        StepStatus::Joined => "joined",
        StepStatus::Expired => "expired",
    };
    write!(f, "routing step {} ({agents}) {what}", index.saturating_add(1))
}

struct Pairs<'a>(&'a BTreeMap<String, String>);

impl Display for Pairs<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{key} = {value}")?;
        }
        Ok(())
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "attributes",
            Self::Related => "attributes of the related contact",
            Self::Flow => "flow attributes",
        })
    }
}

impl Display for Party {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
        })
    }
}

impl Display for LambdaFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { value } => write!(f, "answered {value}"),
            Self::Refused { why } => write!(f, "answer refused ({why})"),
            Self::Failed { message } => write!(f, "failed ({message})"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Started { invocation_id } => write!(f, "started as {invocation_id}"),
        }
    }
}

impl Display for DialFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered {
                rang_seconds,
                talk_seconds,
            } => write!(f, "answered after {rang_seconds} s, {talk_seconds} s of talk"),
            Self::RangOut { seconds } => write!(f, "no answer within {seconds} s"),
            Self::Interrupted { seconds } => write!(f, "it rings for {seconds} s only"),
            Self::Busy => f.write_str("busy"),
            Self::Unreachable => f.write_str("no such number"),
        }
    }
}

impl Display for Ending {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AgentConversation { agent, ended_by } => {
                write!(f, "talked to agent {agent}; the {ended_by} hung up")
            }
            Self::HungUp {
                place: None,
                queue: Some(queue),
            } => write!(f, "hung up in the queue {queue}"),
            Self::HungUp {
                place: Some(place), ..
            } => write!(f, "hung up at {place}"),
            Self::HungUp { .. } => f.write_str("hung up"),
            Self::DisconnectedByFlow { place: Some(place) } => write!(f, "disconnected at {place}"),
            Self::DisconnectedByFlow { place: None } => f.write_str("disconnected by the flow"),
            Self::TransferredOut { number } => write!(f, "transferred to {number}"),
            Self::QueueTimeout { queue } => write!(f, "nobody answered in the queue {queue}"),
        }
    }
}
