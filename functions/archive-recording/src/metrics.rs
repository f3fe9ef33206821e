//! What CloudWatch counts. No dimension ever names a tenant, an account or a call.

use std::time::{Duration, SystemTime};

use metrique::unit::{Byte, Millisecond, Second};
use metrique::unit_of_work::metrics;
use ringback_lambda::MetricsSink;

/// One message.
#[metrics(emf::dimension_sets = [["Function"], ["Function", "Carrier"]], rename_all = "PascalCase")]
pub(crate) struct MessageMetrics {
    #[metrics(timestamp)]
    pub(crate) timestamp: SystemTime,
    pub(crate) function: &'static str,
    /// The carrier's code; `mapped` for those that are described, `none` where it is not known.
    pub(crate) carrier: String,
    pub(crate) archived: u64,
    #[metrics(unit = Byte)]
    pub(crate) bytes: Option<u64>,
    /// Not there yet, or the carrier or the way to it is broken: it comes again.
    pub(crate) waiting: u64,
    /// The carrier wants to be asked less: it comes again.
    pub(crate) throttled: u64,
    /// Somebody has to mend the account: it comes again meanwhile.
    pub(crate) refused: u64,
    /// It will not be archived.
    pub(crate) given_up: u64,
    /// It is archived, and the carrier did not delete it.
    pub(crate) delete_refused: u64,
    /// It was archived before, or somebody else is at it.
    pub(crate) repeated: u64,
    /// A service of ours did not do what it was asked: it comes again.
    pub(crate) failed: u64,
    #[metrics(unit = Millisecond)]
    pub(crate) latency: Duration,
    /// From when it was ready at the carrier to when it was archived.
    #[metrics(unit = Second)]
    pub(crate) age: Option<Duration>,
}

impl MessageMetrics {
    pub(crate) fn new() -> Self {
        Self {
            timestamp: SystemTime::now(),
            function: "archive-recording",
            carrier: "none".to_owned(),
            archived: 0,
            bytes: None,
            waiting: 0,
            throttled: 0,
            refused: 0,
            given_up: 0,
            delete_refused: 0,
            repeated: 0,
            failed: 0,
            latency: Duration::ZERO,
            age: None,
        }
    }

    pub(crate) fn emit(self, sink: &MetricsSink) {
        drop(self.append_on_drop(sink.clone()));
    }
}
