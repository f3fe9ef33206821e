//! What CloudWatch counts. No dimension ever names an agent or a caller.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One event.
#[metrics(emf::dimension_sets = [["Function"], ["Function", "Outcome"]], rename_all = "PascalCase")]
pub(crate) struct EventMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) events: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
    /// The last agent took the caller within the routing step.
    pub(crate) sticky_hit: u64,
    /// The routing step expired first.
    pub(crate) sticky_miss: u64,
    pub(crate) dead_letters: u64,
    /// Steps that the bus took.
    pub(crate) steps_sent: u64,
    /// Of those, the ones whose agent's name could not be found out.
    pub(crate) names_missing: u64,
}

impl EventMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
