//! Logs through Lambda's log controls: `AWS_LAMBDA_LOG_FORMAT` (`JSON`) and `AWS_LAMBDA_LOG_LEVEL`.

use lambda_runtime::tracing::{init_default_subscriber, init_default_subscriber_with_writer};

/// Logs to standard output, as Lambda wants them.
pub fn init_logs() {
    init_default_subscriber();
}

/// Logs beside the output of a command.
pub fn init_logs_to_stderr() {
    init_default_subscriber_with_writer(std::io::stderr);
}
