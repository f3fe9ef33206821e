//! What CloudWatch counts. No dimension ever names an account or a number.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One request.
#[metrics(
    emf::dimension_sets = [["Function"], ["Function", "Carrier", "Outcome"], ["Function", "Reason"]],
    rename_all = "PascalCase"
)]
pub(crate) struct RequestMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    /// The carrier's code; `mapped` for those that are described, `none` where no account was found.
    pub(crate) carrier: String,
    pub(crate) outcome: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) requests: u64,
    pub(crate) events: u64,
    pub(crate) repeated: u64,
    pub(crate) refused: u64,
    pub(crate) failed: u64,
    pub(crate) dead_letters: u64,
    pub(crate) another_call: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl RequestMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
