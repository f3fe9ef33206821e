//! The hot paths: what a function does between an event and its answer, without the network.

mod call;
mod classify_caller;
mod contact_events;
mod last_agent;
mod place_call;
mod webhook;

use anyhow::{Context, Result, ensure};
use ringback_connect::flow_answer::{FlowAnswer, StringMap};
use serde_json::Value;

/// A path with its input, to be walked as often as one likes.
pub(crate) type Walk = Box<dyn FnMut()>;

/// How often a path is walked in all: once to see where it leads, and before and while it is counted.
const WALKS: usize = 1 + crate::WARM_UP + crate::ROUNDS;

/// A hot path.
pub(crate) struct HotPath {
    pub(crate) name: &'static str,
    /// Makes the input, which is not counted, and walks the path once to see that it leads where it should.
    pub(crate) prepare: Box<dyn Fn() -> Result<Walk> + Send>,
}

impl HotPath {
    fn new(name: &'static str, prepare: impl Fn() -> Result<Walk> + Send + 'static) -> Self {
        Self {
            name,
            prepare: Box::new(prepare),
        }
    }
}

/// All of them.
pub(crate) fn all() -> Vec<HotPath> {
    let mut all = Vec::new();
    all.extend(last_agent::paths());
    all.extend(webhook::paths());
    all.extend(call::paths());
    all.extend(classify_caller::paths());
    all.extend(contact_events::paths());
    all.extend(place_call::paths());
    all
}

/// A path whose steps may fail; that it does not is seen before anything is counted.
fn walk<T: 'static>(mut step: impl FnMut() -> Result<T> + 'static) -> Result<Walk> {
    drop(step()?);
    Ok(Box::new(move || drop(std::hint::black_box(step()))))
}

/// What a flow reads, as it goes over the wire.
fn answered(fields: Vec<(&'static str, String)>) -> Result<String> {
    let map: StringMap = fields.into_iter().collect();
    Ok(FlowAnswer::from(map).into_value()?.to_string())
}

/// An event as the runtime hands it over.
fn event(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("the sample is no JSON")
}

/// That the sample leads where it should.
fn says(answer: &str, expected: &str) -> Result<()> {
    ensure!(
        answer.contains(expected),
        "the sample does not lead to {expected}: {answer}"
    );
    Ok(())
}
