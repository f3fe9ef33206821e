//! Logs through Lambda's log controls: `AWS_LAMBDA_LOG_FORMAT` (`JSON`) and `AWS_LAMBDA_LOG_LEVEL`.

use std::io::{IsTerminal, stderr, stdout};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::vars::variable;

/// Logs to standard output, as Lambda wants them.
pub fn init_logs() {
    init(stdout, stdout().is_terminal());
}

/// Logs beside the output of a command.
pub fn init_logs_to_stderr() {
    init(stderr, stderr().is_terminal());
}

/// Without a time, for Lambda keeps its own. The runtime's own set-up also brings a language of filters, and with it a
/// machine for regular expressions, into every function.
fn init<W>(writer: W, coloured: bool)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let named = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|| variable("RUST_LOG"));
    let logs = tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .with_ansi(coloured)
        .with_max_level(level(named.as_deref()))
        .with_writer(writer);
    if variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        logs.json().init();
    } else {
        logs.init();
    }
}

/// The level of that name, `INFO` without one or with an unknown one. A release build knows nothing below `INFO`: there the
/// AWS SDK tells what it sends.
fn level(name: Option<&str>) -> LevelFilter {
    match name {
        // Lambda has a level above ours.
        Some(name) if name.eq_ignore_ascii_case("fatal") => LevelFilter::ERROR,
        Some(name) => name.parse().unwrap_or(LevelFilter::INFO),
        None => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_names_of_levels_are_understood_and_others_are_info() {
        for (name, expected) in [
            (Some("ERROR"), LevelFilter::ERROR),
            (Some("FATAL"), LevelFilter::ERROR),
            (Some("warn"), LevelFilter::WARN),
            (Some("aws_smithy_runtime=trace"), LevelFilter::INFO),
            (None, LevelFilter::INFO),
        ] {
            assert_eq!(level(name), expected, "{name:?}");
        }
    }
}
