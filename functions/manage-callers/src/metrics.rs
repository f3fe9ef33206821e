//! What CloudWatch counts. No dimension ever names a customer.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One request or event.
#[metrics(emf::dimension_sets = [["Function"], ["Function", "Outcome"]], rename_all = "PascalCase")]
pub(crate) struct ChangeMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) changes: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
    pub(crate) dead_letters: u64,
}

impl ChangeMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
