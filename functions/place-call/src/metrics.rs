//! What CloudWatch counts. No dimension ever names a tenant, an account, a call or who asked.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One request.
#[metrics(emf::dimension_sets = [["Function"], ["Function", "Outcome"]], rename_all = "PascalCase")]
pub(crate) struct RequestMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) requests: u64,
    /// Calls that a carrier took on.
    pub(crate) placed: u64,
    /// Calls of which nobody knows whether a carrier took them on.
    pub(crate) unsure: u64,
    /// Calls that no carrier took.
    pub(crate) unplaced: u64,
    /// Requests to carriers that they refused, or that did not reach them.
    pub(crate) refusals: u64,
    /// Calls that were refused because the destination is not allowed, does not want to be called, or not now.
    pub(crate) not_allowed: u64,
    /// Switches of accounts' health that this request found.
    pub(crate) switches: u64,
    /// Calls that were asked to end.
    pub(crate) hang_ups: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        Self {
            timestamp: SystemTime::now(),
            function: "place-call",
            outcome: "answered",
            requests: 1,
            placed: 0,
            unsure: 0,
            unplaced: 0,
            refusals: 0,
            not_allowed: 0,
            switches: 0,
            hang_ups: 0,
            latency: Duration::ZERO,
        }
    }

    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
