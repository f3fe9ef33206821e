//! CloudWatch metrics as lines of the embedded metric format (EMF).

use std::io::Write;

use metrique::emf::Emf;
use metrique::writer::sink::FlushImmediately;
use metrique::writer::{BoxEntrySink, FormatExt};

/// Where a function's metrics go; one entry per invocation, appended when it is dropped.
pub type MetricsSink = BoxEntrySink;

/// The CloudWatch namespace of every metric of this project.
const NAMESPACE: &str = "Ringback";

/// Metrics on standard output, where Lambda's log carries them to CloudWatch.
///
/// Every entry is written at once: Lambda freezes the process after the answer, so nothing may wait in a queue.
pub fn stdout_metrics() -> MetricsSink {
    emf_sink(std::io::stdout())
}

/// Metrics to any writer, as EMF lines.
pub fn emf_sink(output: impl Write + Send + Sync + 'static) -> MetricsSink {
    FlushImmediately::new_boxed(
        Emf::builder(NAMESPACE.to_owned(), vec![vec![]])
            .build()
            .output_to(output),
    )
}
