//! What CloudWatch counts. No dimension ever names a channel, an agent or a caller.

use std::time::{Duration, SystemTime};

use metrique::unit::Millisecond;
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One batch of steps.
#[metrics(emf::dimension_sets = [["Function"]], rename_all = "PascalCase")]
pub(crate) struct BatchMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    /// Steps that came.
    pub(crate) steps: u64,
    /// Messages that a receiver took.
    pub(crate) sent: u64,
    /// Messages that a receiver did not take because there were too many.
    pub(crate) throttled: u64,
    /// Steps that come again.
    pub(crate) failed: u64,
    /// Steps that nobody is told of: not a step to tell, or outside the hours.
    pub(crate) filtered: u64,
    /// Messages that had been sent before.
    pub(crate) duplicates: u64,
    /// Steps that cannot be read, and messages that a receiver will never take.
    pub(crate) dead_letters: u64,
    /// Steps that nobody is told of, as there is no secret that says where to.
    pub(crate) unconfigured: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl BatchMetrics {
    pub(crate) fn new() -> Self {
        Self {
            timestamp: SystemTime::now(),
            function: "notify",
            steps: 0,
            sent: 0,
            throttled: 0,
            failed: 0,
            filtered: 0,
            duplicates: 0,
            dead_letters: 0,
            unconfigured: 0,
            latency: Duration::ZERO,
        }
    }

    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
