//! A small call centre and the words that the stories are told in.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use ringback_contact_flow::run::{
    Agent, AgentState, CallCentre, Caller, Contact, Entry, LambdaCall, LambdaOutcome, Lambdas, Queue, Run,
    RunError, What,
};
use ringback_contact_flow::{Flow, read};
use serde_json::{Value, json};

pub(crate) const INSTANCE: &str =
    "arn:aws:connect:eu-central-1:111122223333:instance/00000000-0000-4000-8000-000000000000";
pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-central-1:111122223333:function:last-agent";
pub(crate) const CALLER: &str = "+14155550100";

/// A Saturday.
pub(crate) fn start() -> Timestamp {
    "2026-11-21T17:00:00Z".parse().unwrap()
}

/// Seconds from the start.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.duration_since(start()).as_secs()
}

/// A block to be completed with its ways out.
pub(crate) struct Block(Value);

pub(crate) fn block(identifier: &str, kind: &str, parameters: Value) -> Block {
    Block(json!({
        "Identifier": identifier,
        "Type": kind,
        "Parameters": parameters,
        "Transitions": { "Conditions": [], "Errors": [] },
    }))
}

impl Block {
    pub(crate) fn next(mut self, next: &str) -> Self {
        self.0["Transitions"]["NextAction"] = json!(next);
        self
    }

    pub(crate) fn when(mut self, operator: &str, operand: &str, next: &str) -> Self {
        let condition = json!({
            "NextAction": next,
            "Condition": { "Operator": operator, "Operands": [operand] },
        });
        self.0["Transitions"]["Conditions"]
            .as_array_mut()
            .unwrap()
            .push(condition);
        self
    }

    pub(crate) fn on(self, value: &str, next: &str) -> Self {
        self.when("Equals", value, next)
    }

    pub(crate) fn error(mut self, error_type: &str, next: &str) -> Self {
        let branch = json!({ "NextAction": next, "ErrorType": error_type });
        self.0["Transitions"]["Errors"]
            .as_array_mut()
            .unwrap()
            .push(branch);
        self
    }
}

pub(crate) fn say(identifier: &str, text: &str, next: &str) -> Block {
    block(identifier, "MessageParticipant", json!({ "Text": text })).next(next)
}

pub(crate) fn hang_up(identifier: &str) -> Block {
    block(identifier, "DisconnectParticipant", json!({}))
}

pub(crate) fn end(identifier: &str) -> Block {
    block(identifier, "EndFlowExecution", json!({}))
}

pub(crate) fn aim(identifier: &str, queue: &str, next: &str) -> Block {
    block(
        identifier,
        "UpdateContactTargetQueue",
        json!({ "QueueId": queue }),
    )
    .next(next)
    .error("NoMatchingError", "bye")
}

pub(crate) fn hook(identifier: &str, hook: &str, flow: &str, next: &str) -> Block {
    block(
        identifier,
        "UpdateContactEventHooks",
        json!({ "EventHooks": { hook: flow } }),
    )
    .next(next)
    .error("NoMatchingError", "bye")
}

pub(crate) fn transfer(identifier: &str) -> Block {
    block(identifier, "TransferContactToQueue", json!({}))
        .next("bye")
        .error("QueueAtCapacity", "full")
        .error("NoMatchingError", "bye")
}

pub(crate) fn lambda(identifier: &str, response: &str, next: &str) -> Block {
    let parameters = json!({
        "LambdaFunctionARN": FUNCTION,
        "InvocationTimeLimitSeconds": "8",
        "ResponseValidation": { "ResponseType": response },
    });
    block(identifier, "InvokeLambdaFunction", parameters)
        .next(next)
        .error("NoMatchingError", "failed")
}

/// A flow that begins at its first block. Blocks `bye`, `full` and `failed` say their name and hang up, unless given.
pub(crate) fn flow<const N: usize>(blocks: [Block; N]) -> Flow {
    let mut actions: Vec<Value> = blocks.into_iter().map(|block| block.0).collect();
    let first = actions[0]["Identifier"].clone();
    for name in ["bye", "full", "failed"] {
        if !actions.iter().any(|action| action["Identifier"] == name) {
            let said = format!("{name} hang up");
            actions.push(say(name, name, &said).0);
            actions.push(hang_up(&said).0);
        }
    }
    let document = json!({ "Version": "2019-10-30", "StartAction": first, "Actions": actions });
    read(&document.to_string()).unwrap()
}

/// A call centre with the flow `main`, the queue `support` and nobody in it.
pub(crate) fn centre<const N: usize>(blocks: [Block; N]) -> CallCentre {
    CallCentre::new(INSTANCE)
        .with_flow("main", "main", flow(blocks))
        .with_queue(Queue::new("support", "Support"))
}

/// Somebody who serves the queue `support`.
pub(crate) fn agent(name: &str, state: AgentState) -> Agent {
    Agent {
        first_name: name.to_owned(),
        ..Agent::new(name.to_lowercase(), name.to_lowercase())
    }
    .in_queue("support")
    .who_is(state)
}

pub(crate) fn contact() -> Contact {
    Contact::call("11111111-1111-4111-8111-111111111111", CALLER, "+14155550199")
}

/// Functions that answer what they were told to, in order, and remember what they were asked.
#[derive(Default)]
pub(crate) struct Fakes {
    pub(crate) outcomes: VecDeque<LambdaOutcome>,
    pub(crate) calls: Vec<LambdaCall>,
}

impl Fakes {
    pub(crate) fn that<const N: usize>(outcomes: [LambdaOutcome; N]) -> Self {
        Self {
            outcomes: outcomes.into(),
            calls: Vec::new(),
        }
    }
}

impl Lambdas for Fakes {
    async fn invoke(&mut self, call: &LambdaCall) -> LambdaOutcome {
        self.calls.push(call.clone());
        let nothing = LambdaOutcome::error(Duration::ZERO, "no such function");
        self.outcomes.pop_front().unwrap_or(nothing)
    }
}

pub(crate) fn answers(milliseconds: u64, value: Value) -> LambdaOutcome {
    LambdaOutcome::answer(Duration::from_millis(milliseconds), value)
}

pub(crate) fn fails(milliseconds: u64) -> LambdaOutcome {
    LambdaOutcome::error(Duration::from_millis(milliseconds), "throttled")
}

pub(crate) fn try_run(
    centre: &CallCentre,
    contact: Contact,
    caller: &Caller,
    lambdas: &mut Fakes,
) -> Result<Run, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(ringback_contact_flow::run::run(
        centre,
        "main",
        contact,
        caller,
        start(),
        lambdas,
    ))
}

/// A call that invokes no functions.
pub(crate) fn call(centre: &CallCentre, caller: &Caller) -> Run {
    try_run(centre, contact(), caller, &mut Fakes::default()).unwrap()
}

/// What the customer heard.
pub(crate) fn said(run: &Run) -> Vec<&str> {
    run.transcript
        .iter()
        .filter_map(|entry| said_in(&entry.what))
        .collect()
}

fn said_in(what: &What) -> Option<&str> {
    match what {
        What::Said { text } => Some(text),
        _ => None,
    }
}

/// The first entry that matches.
pub(crate) fn entry(run: &Run, matches: impl Fn(&What) -> bool) -> &Entry {
    let found = run.transcript.iter().find(|entry| matches(&entry.what));
    found.unwrap_or_else(|| panic!("no such entry in\n{}", lines(run)))
}

pub(crate) fn lines(run: &Run) -> String {
    run.transcript.iter().map(|entry| format!("{entry}\n")).collect()
}
