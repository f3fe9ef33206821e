//! The AWS SDK's settings: how long to wait, how often to try.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// Who is waiting for the answer decides how patient a client may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A caller hears silence: two attempts of at most this long each.
    Caller {
        /// The longest one attempt may take.
        attempt: Duration,
    },
    /// A stream or a queue waits, and what fails comes again: three attempts of two seconds.
    Stream,
}

/// The SDK's configuration, from the environment that Lambda gives (region, credentials, endpoints).
pub async fn aws_config(patience: Patience) -> SdkConfig {
    aws_loader(patience).load().await
}

/// The same, still open for another region, other credentials and endpoints.
pub fn aws_loader(patience: Patience) -> ConfigLoader {
    let (attempts, attempt, operation) = match patience {
        // The back-off between the attempts comes on top of them.
        Patience::Caller { attempt } => (2, attempt, attempt * 2 + Duration::from_millis(150)),
        Patience::Stream => (3, Duration::from_secs(2), Duration::from_secs(8)),
    };
    let retry = RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_millis(400));
    let timeout = TimeoutConfig::builder()
        .connect_timeout(attempt.min(Duration::from_millis(1000)))
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(retry)
        .timeout_config(timeout)
}

/// What kept a service from doing what it was asked, without a word of what it was asked: its error code, for example
/// `ProvisionedThroughputExceededException`, or `timeout`, `unreachable` or `unreadable-answer`.
pub fn error_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let code = match error {
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "unreachable",
        SdkError::ServiceError(service) => service.err().code().unwrap_or("unknown"),
        _ => "unreadable-answer",
    };
    code.to_owned()
}
