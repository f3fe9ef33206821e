//! One way out for all clients of a function.
//!
//! The SDK makes a connector for each client, and another, which it throws away, while the client is made: each of them
//! goes through all TLS roots of the machine again. Here clients with the same time-outs share one, and it is made at the
//! start, when a function has a whole processor; when it answers it has a fraction.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// How long connecting and reading may take.
type Timeouts = (Option<Duration>, Option<Duration>);

/// Connectors by their time-outs.
#[derive(Debug)]
pub(crate) struct SharedConnectors(Mutex<HashMap<Timeouts, SharedHttpConnector>>);

impl SharedConnectors {
    /// With the one for these time-outs made already.
    pub(crate) fn made_for(timeout: &TimeoutConfig) -> Self {
        let key = (timeout.connect_timeout(), timeout.read_timeout());
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(key.0).set_read_timeout(key.1);
        let first = SharedHttpConnector::new(connector(&settings.build()));
        Self(Mutex::new(HashMap::from([(key, first)])))
    }
}

impl HttpClient for SharedConnectors {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let key = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = connectors
            .entry(key)
            .or_insert_with(|| SharedHttpConnector::new(connector(settings)));
        made.clone()
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

/// As the SDK makes it.
fn connector(settings: &HttpConnectorSettings) -> Connector {
    ConnectorBuilder::default()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .connector_settings(settings.clone())
        .proxy_config(ProxyConfig::from_env())
        .build()
}
