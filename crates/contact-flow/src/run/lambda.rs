//! `InvokeLambdaFunction`: time limits, tries and what counts as an answer.

use std::time::Duration;

use serde_json::{Map, Value};

use super::lambdas::{LambdaCall, LambdaOutcome, Lambdas};
use super::state::{Done, State, Stop};
use super::transcript::{LambdaFact, What};
use crate::Action;

/// A function that is throttled or fails is tried so often within the time limit.
const MOST_TRIES: u8 = 3;
/// The longest time limits (administrator guide, `AWS Lambda function` block).
const LONGEST_SYNCHRONOUS: u64 = 8;
const LONGEST_ASYNCHRONOUS: u64 = 60;
/// Functions in a row, without a prompt in between, have so long in all.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);
/// The largest answer, as UTF-8.
const LARGEST_ANSWER: usize = 32 * 1024;

/// Runs the block.
pub(super) async fn invoke<'a, L: Lambdas>(
    state: &mut State<'a>,
    action: &'a Action,
    lambdas: &mut L,
) -> Result<Done<'a>, Stop> {
    let asynchronous =
        action.parameters.get("InvocationType").and_then(Value::as_str) == Some("ASYNCHRONOUS");
    // Whatever the last function answered is gone, whether or not this one answers; unless nobody waits for this one.
    if !asynchronous {
        state.external = Value::Null;
    }
    let Some(function) = state.single(action, "LambdaFunctionARN") else {
        return Ok(Done::failed("LambdaFunctionARN is empty"));
    };
    let longest = if asynchronous {
        LONGEST_ASYNCHRONOUS
    } else {
        LONGEST_SYNCHRONOUS
    };
    let limit = state
        .number(action, "InvocationTimeLimitSeconds")
        .and_then(|limit| u64::try_from(limit).ok());
    let Some(limit) = limit.filter(|limit| (1..=longest).contains(limit)) else {
        return Ok(Done::failed(format!(
            "InvocationTimeLimitSeconds is no number from 1 to {longest}"
        )));
    };
    let attributes = action
        .parameters
        .get("LambdaInvocationAttributes")
        .and_then(Value::as_object);
    let parameters: Map<String, Value> = attributes
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), state.resolve_deeply(value)))
        .collect();
    let block = Block {
        function,
        parameters: Value::Object(parameters),
        limit: Duration::from_secs(limit),
    };
    if asynchronous {
        return Ok(block.start(state, lambdas).await);
    }
    let response = action
        .parameters
        .get("ResponseValidation")
        .and_then(|it| it.get("ResponseType"));
    let json = response.and_then(Value::as_str) == Some("JSON");
    block.run(state, lambdas, json).await
}

struct Block {
    function: String,
    parameters: Value,
    limit: Duration,
}

impl Block {
    /// Nobody waits for the answer, and no time passes.
    async fn start<'a, L: Lambdas>(&self, state: &mut State<'a>, lambdas: &mut L) -> Done<'a> {
        let call = self.call(state, self.limit, 1, true);
        let _unheard = lambdas.invoke(&call).await;
        state.invocations = state.invocations.saturating_add(1);
        let invocation_id = format!("{}-invocation-{}", state.contact.contact_id, state.invocations);
        state.invocation_id = Some(invocation_id.clone());
        self.note(state, 1, Duration::ZERO, LambdaFact::Started { invocation_id });
        Done::Next
    }

    async fn run<'a, L: Lambdas>(
        &self,
        state: &mut State<'a>,
        lambdas: &mut L,
        json: bool,
    ) -> Result<Done<'a>, Stop> {
        let mut left = self
            .limit
            .min(LONGEST_SILENCE.saturating_sub(state.lambda_silence));
        if left.is_zero() {
            return Ok(Done::failed(
                "functions in a row have taken more than 20 s without a prompt",
            ));
        }
        let mut why = String::new();
        for attempt in 1..=MOST_TRIES {
            let call = self.call(state, left, attempt, false);
            let LambdaOutcome { took, result } = lambdas.invoke(&call).await;
            let (took, fact) = if took > left {
                (left, LambdaFact::TimedOut)
            } else {
                (took, fact_of(result, json))
            };
            left = left.saturating_sub(took);
            state.lambda_silence = state.lambda_silence.saturating_add(took);
            self.note(state, attempt, took, fact.clone());
            state.pass(took)?;
            match fact {
                LambdaFact::Answered { value } => {
                    state.external = value;
                    return Ok(Done::Next);
                }
                LambdaFact::Failed { message } => why = format!("the function failed: {message}"),
                // An answer that came is not asked for again, and no time is left after a timeout.
                LambdaFact::Refused { why } => return Ok(Done::failed(why)),
                LambdaFact::TimedOut | LambdaFact::Started { .. } => {
                    return Ok(Done::failed("the function took too long"));
                }
            }
            if left.is_zero() {
                break;
            }
        }
        Ok(Done::failed(why))
    }

    fn call(&self, state: &State<'_>, time_limit: Duration, attempt: u8, asynchronous: bool) -> LambdaCall {
        LambdaCall {
            function_arn: self.function.clone(),
            event: state.lambda_event(&self.parameters),
            at: state.now,
            time_limit,
            asynchronous,
            attempt,
        }
    }

    fn note(&self, state: &mut State<'_>, attempt: u8, took: Duration, outcome: LambdaFact) {
        state.note(What::Lambda {
            function: self.function.clone(),
            parameters: self.parameters.clone(),
            attempt,
            took_milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            outcome,
        });
    }
}

fn fact_of(result: Result<Value, String>, json: bool) -> LambdaFact {
    let value = match result {
        Ok(value) => value,
        Err(message) => return LambdaFact::Failed { message },
    };
    let refused = |why: &str| LambdaFact::Refused { why: why.to_owned() };
    if value.to_string().len() >= LARGEST_ANSWER {
        return refused("the answer exceeds 32 KB");
    }
    if json {
        return LambdaFact::Answered { value };
    }
    match &value {
        Value::Object(map) if !map.values().any(|value| value.is_array() || value.is_object()) => {
            LambdaFact::Answered { value }
        }
        Value::Object(_) => refused("the answer is not flat, as STRING_MAP asks for"),
        _ => refused("the answer is no map of strings"),
    }
}
