//! What CloudWatch counts. No dimension ever names a tenant, a call or who asked.

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
    /// Pages of lists that were handed over.
    pub(crate) lists: u64,
    /// Links that were handed over.
    pub(crate) links: u64,
    /// Recordings that came under legal hold.
    pub(crate) holds: u64,
    /// Recordings whose legal hold was ended.
    pub(crate) releases: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        Self {
            timestamp: SystemTime::now(),
            function: "query-calls",
            outcome: "answered",
            requests: 1,
            lists: 0,
            links: 0,
            holds: 0,
            releases: 0,
            latency: Duration::ZERO,
        }
    }

    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
