//! The functions behind a flow, behind a trait: the runner itself does no input or output.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// Whoever runs the Lambda functions that flows invoke.
pub trait Lambdas {
    /// Runs one function once. The runner does the retrying and watches the time limit.
    fn invoke(&mut self, call: &LambdaCall) -> impl Future<Output = LambdaOutcome>;
}

/// One invocation, as Connect makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct LambdaCall {
    /// The function, as the flow names it: an ARN.
    pub function_arn: String,
    /// The event: `{"Details": {"ContactData": …, "Parameters": …}, "Name": "ContactFlowEvent"}`.
    pub event: Value,
    /// The virtual time of the invocation.
    pub at: Timestamp,
    /// What is left of the block's time limit. A synchronous answer that takes longer is not heard.
    pub time_limit: Duration,
    /// Whether nobody waits for the answer.
    pub asynchronous: bool,
    /// 1 for the first try, at most 3.
    pub attempt: u8,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LambdaOutcome {
    /// How long the function took; the virtual clock moves by as much.
    pub took: Duration,
    /// The function's answer, or its error.
    pub result: Result<Value, String>,
}

impl LambdaOutcome {
    /// An answer.
    pub fn answer(took: Duration, value: Value) -> Self {
        Self {
            took,
            result: Ok(value),
        }
    }

    /// An error of the function.
    pub fn error(took: Duration, message: impl Into<String>) -> Self {
        Self {
            took,
            result: Err(message.into()),
        }
    }
}
