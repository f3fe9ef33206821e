//! What CloudWatch counts. No dimension ever names a tenant, an account or a call.

use std::time::{Duration, SystemTime};

use metrique::unit::{Millisecond, Second};
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One sweep.
#[metrics(emf::dimension_sets = [["Function"]], rename_all = "PascalCase")]
pub(crate) struct SweepMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    /// Calls that were due and looked at.
    pub(crate) due: u64,
    /// Requests to carriers that asked about calls.
    pub(crate) asked: u64,
    /// Calls that are closed now.
    pub(crate) closed: u64,
    /// Calls that must be looked at again.
    pub(crate) waiting: u64,
    /// Calls that could not be looked at; they stay due.
    pub(crate) failed: u64,
    /// Agents' legs that were ended because nobody came.
    pub(crate) hung_up: u64,
    /// Messages about recordings that were sent again.
    pub(crate) resent: u64,
    /// Recordings that were given up.
    pub(crate) given_up: u64,
    /// Carrier accounts that became healthy or unhealthy.
    pub(crate) switches: u64,
    /// Calls that were due and for which no time was left.
    pub(crate) left_over: u64,
    /// How long the oldest of the calls has been due.
    #[metrics(unit = Second)]
    pub(crate) oldest: Duration,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
}

impl SweepMetrics {
    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
