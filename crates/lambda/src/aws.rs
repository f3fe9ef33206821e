//! The AWS SDK's settings: how long to wait, how often to try.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_sqs::config::SharedCredentialsProvider;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::retry::ReconnectMode;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::connector::SharedConnectors;
use crate::vars::variable;

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

/// The SDK's configuration, from the environment that Lambda gives: region, credentials, endpoints.
///
/// Lambda always gives them there, so nothing else is looked at: profiles, the machine's metadata and STS, which the
/// SDK's own chain would bring along, are a tenth of a package.
pub async fn aws_config(patience: Patience) -> SdkConfig {
    let on = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let (retry, timeout) = limits(patience);
    let connectors = SharedConnectors::made_for(&timeout);
    let mut config = SdkConfig::builder()
        .behavior_version(version())
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .http_client(connectors)
        .identity_cache(IdentityCache::lazy().build())
        .retry_config(retry)
        .timeout_config(timeout)
        .service_config(Endpoints)
        .use_fips(on("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(on("AWS_USE_DUALSTACK_ENDPOINT"));
    config.set_region(variable("AWS_REGION").map(Region::new));
    config.build()
}

/// The same limits with the SDK's own chain, still open for another region, other credentials and endpoints.
pub fn aws_loader(patience: Patience) -> ConfigLoader {
    let (retry, timeout) = limits(patience);
    aws_config::defaults(version())
        .http_client(SharedConnectors::made_for(&timeout))
        .retry_config(retry)
        .timeout_config(timeout)
}

/// For a request that need not be repeated, or must not be: a second try would count against a quota, or ring twice.
#[must_use]
pub fn one_try() -> RetryConfig {
    reusing(RetryConfig::disabled())
}

/// An answer such as a 503 leaves its connection usable, and `reqwest` lets nobody close one.
fn reusing(retry: RetryConfig) -> RetryConfig {
    retry.with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

fn version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn limits(patience: Patience) -> (RetryConfig, TimeoutConfig) {
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
    (reusing(retry), timeout)
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and its like, else `AWS_ENDPOINT_URL`.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        variable(&format!("{}_{service}", key.env())).or_else(|| variable(key.env()))
    }
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
