//! One way out for all clients of a function: `reqwest`, over which the functions speak with everybody else as well.
//!
//! The SDK would bring an HTTP client of its own, with HTTP/2, which nothing here needs: a tenth of a package.
//! And it would make a connector for each client, and another, which it throws away, while the client is made: each of them
//! goes through all TLS roots of the machine again. Here clients with the same time-outs share one, and it is made at the
//! start, when a function has a whole processor; when it answers it has a fraction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use reqwest::{Body, Client, Request, redirect};

/// How long connecting and reading may take.
type Timeouts = (Option<Duration>, Option<Duration>);

/// Connectors by their time-outs.
#[derive(Debug)]
pub(crate) struct SharedConnectors(Mutex<HashMap<Timeouts, SharedHttpConnector>>);

impl SharedConnectors {
    /// With the one for these time-outs made already.
    pub(crate) fn made_for(timeout: &TimeoutConfig) -> Self {
        let key = (timeout.connect_timeout(), timeout.read_timeout());
        Self(Mutex::new(HashMap::from([(key, connector(key))])))
    }
}

impl HttpClient for SharedConnectors {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let key = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connectors.entry(key).or_insert_with(|| connector(key)).clone()
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("reqwest", None))
    }
}

fn connector((connect, read): Timeouts) -> SharedHttpConnector {
    // Redirects and retries are the SDK's to decide.
    let mut client = Client::builder()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never());
    if let Some(limit) = connect {
        client = client.connect_timeout(limit);
    }
    if let Some(limit) = read {
        client = client.read_timeout(limit);
    }
    SharedHttpConnector::new(Connector(client.build().map_err(Arc::new)))
}

/// A client, or why there is none: then every request says so.
#[derive(Debug)]
struct Connector(Result<Client, Arc<reqwest::Error>>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let client = client.map_err(|error| ConnectorError::user(error.into()))?;
            let response = client.execute(asked(request)?).await.map_err(unanswered)?;
            let response = http::Response::from(response).map(SdkBody::from_body_1_x::<Body, _>);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The request as `reqwest` takes it.
fn asked(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let signed = request.uri().clone();
    let request = Request::try_from(request.map(Body::wrap))
        .map_err(|error| ConnectorError::user(error.without_url().into()))?;
    // A URL is written anew, without `..` for example; what was signed must be what is sent.
    if request.url().path() != signed.path() || request.url().query() != signed.query() {
        return Err(ConnectorError::user(
            "the address cannot be sent as it was signed".into(),
        ));
    }
    Ok(request)
}

/// What the SDK should think of a request without an answer: a time-out or a broken connection is tried again.
fn unanswered(error: reqwest::Error) -> ConnectorError {
    // Addresses can name a caller.
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
