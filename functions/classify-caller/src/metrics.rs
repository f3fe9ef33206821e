//! What CloudWatch counts. No dimension ever names a customer, nor a class: operators make those up.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One answer.
#[metrics(
    emf::dimension_sets = [["Function"], ["Function", "Status", "Reason"], ["Function", "Source"], ["Function", "Lookup"]],
    rename_all = "PascalCase"
)]
pub(crate) struct AnswerMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    pub(crate) status: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) source: &'static str,
    /// How the operator's backend did: `off`, `ok`, `unknown`, or what was wrong.
    pub(crate) lookup: &'static str,
    pub(crate) answers: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
    pub(crate) lookup_failures: u64,
    /// Times that the rules could not be read.
    pub(crate) stale_rules: u64,
    pub(crate) cold_starts: u64,
}

impl AnswerMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
