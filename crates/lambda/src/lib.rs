#![doc = include_str!("../README.md")]

mod aws;
mod connector;
mod dead_letter;
mod deadline;
mod logs;
mod metrics;
mod retry_after;
mod secrets;
mod vars;

pub use aws::{Patience, aws_config, aws_loader, error_code, one_try};
pub use dead_letter::{DeadLetterError, DeadLetters};
pub use deadline::{time_for_answer, time_left};
pub use logs::{init_logs, init_logs_to_stderr};
pub use metrics::{MetricsSink, emf_sink, stdout_metrics};
pub use retry_after::retry_after;
pub use secrets::{SecretError, Secrets};
pub use vars::{BadVariable, Vars};
