//! What CloudWatch counts. No dimension ever names a tenant, an agent or a customer.

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
    /// Events of calls in the batch.
    pub(crate) events: u64,
    /// Calls that were folded.
    pub(crate) calls: u64,
    /// Records that were written because they differed.
    pub(crate) written: u64,
    /// Of those, the ones of calls in which nobody talks yet.
    pub(crate) dialling: u64,
    /// Those of calls in which the two talk.
    pub(crate) connected: u64,
    /// Those of calls that are over.
    pub(crate) closed: u64,
    /// Recordings that were found ready and are to be archived.
    pub(crate) recordings: u64,
    /// Events and recordings that got their call's expiry in place of a later one.
    pub(crate) aligned: u64,
    /// Calls that are over and whose line and slot were given back; again for each batch that tells of them.
    pub(crate) released: u64,
    /// Accounts of which it was written down that their carrier tells of calls.
    pub(crate) heard: u64,
    /// Calls whose whole record, or a recording of which, the table refuses for ever.
    pub(crate) refused: u64,
    pub(crate) dead_letters: u64,
    /// Batches that the stream will send again, from the first call that failed.
    pub(crate) failed_batches: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl BatchMetrics {
    pub(crate) fn new() -> Self {
        Self {
            timestamp: SystemTime::now(),
            function: "project-calls",
            events: 0,
            calls: 0,
            written: 0,
            dialling: 0,
            connected: 0,
            closed: 0,
            recordings: 0,
            aligned: 0,
            released: 0,
            heard: 0,
            refused: 0,
            dead_letters: 0,
            failed_batches: 0,
            latency: Duration::ZERO,
        }
    }

    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
