//! What CloudWatch counts. No dimension ever names an agent or a caller.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One step.
#[metrics(
    emf::dimension_sets = [["Function"], ["Function", "Outcome"], ["Function", "Step"]],
    rename_all = "PascalCase"
)]
pub(crate) struct StepMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    pub(crate) outcome: &'static str,
    /// The step, or `none` where the event tells none.
    pub(crate) step: &'static str,
    pub(crate) events: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
    pub(crate) steps_sent: u64,
    pub(crate) dead_letters: u64,
}

impl StepMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
