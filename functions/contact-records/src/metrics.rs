//! What CloudWatch counts. No dimension ever names an agent or a caller.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One batch.
#[metrics(emf::dimension_sets = [["Function"]], rename_all = "PascalCase")]
pub(crate) struct BatchMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    /// Records that were stored, or were there already.
    pub(crate) records: u64,
    /// Records that carry a customer's rating.
    pub(crate) rated: u64,
    pub(crate) dead_letters: u64,
    /// Batches that Kinesis will send again, from the first record that failed.
    pub(crate) failed_batches: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl BatchMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
