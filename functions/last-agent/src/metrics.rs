//! What CloudWatch counts. No dimension ever names an agent or a caller.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One answer.
#[metrics(
    emf::dimension_sets = [["Function"], ["Function", "Status", "Reason"], ["Function", "Source"]],
    rename_all = "PascalCase"
)]
pub(crate) struct AnswerMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    pub(crate) status: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) source: &'static str,
    pub(crate) answers: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
    /// The contact had asked before.
    pub(crate) repeated: u64,
    /// Requests of `SearchContacts` that were sent.
    pub(crate) searches: u64,
    pub(crate) search_throttles: u64,
    /// Answers given but not stored.
    pub(crate) not_kept: u64,
    pub(crate) cold_starts: u64,
}

impl AnswerMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
