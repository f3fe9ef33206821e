//! What whoever asked for a call is answered.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_api::{Problem, ProblemType, Response};
use ringback_calls::{CallId, CallRecord, State};
use ringback_placing::KeptAnswer;
use serde::Serialize;
use tracing::error;

/// A call, as far as the answer goes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    call_id: &'a CallId,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<&'a str>,
    state: State,
}

/// 201: a carrier places it. 202: nobody knows yet, or somebody else is about it.
pub(crate) fn call(status: u16, call: &CallId, carrier: Option<&str>, state: State) -> Response {
    let told = Told {
        call_id: call,
        carrier,
        state,
    };
    Response::json(status, &told).with("location", format!("/calls/{call}"))
}

/// A call that is known, as it is now.
pub(crate) fn known(status: u16, record: &CallRecord) -> Response {
    call(status, &record.id, record.carrier.as_deref(), record.state)
}

/// An answer, as it is kept with its idempotency key.
pub(crate) fn kept(response: &Response, retry_after: Option<u64>, now: Timestamp) -> KeptAnswer {
    let wait = retry_after.and_then(|seconds| i64::try_from(seconds).ok());
    let retry_at = wait.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    KeptAnswer {
        status: response.status,
        body: response.body().unwrap_or_default().to_owned(),
        retry_at,
    }
}

/// The same answer again. When to try again is said only as long as that is to come, for the key's answer stays.
pub(crate) fn again(kept: &KeptAnswer, of: &CallId, now: Timestamp) -> Response {
    let (content_type, is_call) = match kept.status {
        200..=299 => ("application/json", true),
        _ => ("application/problem+json", false),
    };
    let mut response = Response::written(kept.status, content_type, kept.body.clone());
    if is_call {
        response = response.with("location", format!("/calls/{of}"));
    }
    match kept.retry_at.and_then(|at| until(at, now)) {
        Some(seconds) => response.with("retry-after", seconds.to_string()),
        None => response,
    }
}

/// A table did not answer.
pub(crate) fn without_table(code: &str) -> Problem {
    error!(code, "A table did not answer the API");
    Problem::new(&ProblemType::UNAVAILABLE, "A table did not answer; try again.").after(1)
}

/// How many whole seconds it is until then; none where that is past.
pub(crate) fn until(at: Timestamp, now: Timestamp) -> Option<u64> {
    let wait = u64::try_from(at.duration_since(now).as_secs()).ok()?;
    (wait > 0).then_some(wait)
}

/// In whole seconds, for `Retry-After`: never too early.
pub(crate) fn seconds(wait: Duration) -> u64 {
    let whole = wait.as_secs();
    whole + u64::from(wait.subsec_nanos() > 0)
}
