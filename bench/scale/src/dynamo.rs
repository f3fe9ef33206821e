//! The embedded DynamoDB, filled past its API, and clients that count what they send.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Credentials, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use dynoxide::server::serve_with_shutdown;
use dynoxide::types::Item;
use dynoxide::{Database, ImportOptions};
use ringback_lambda::{Patience, aws_loader};
use ringback_local::dynamo::create_tables;
use ringback_local::stack::REGION;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;

/// How many items are written in one transaction of the engine.
const AT_ONCE: usize = 10_000;

/// The embedded DynamoDB in memory, with the tables of the project.
pub(crate) struct Dynamo {
    database: Database,
    endpoint: String,
    /// Dropping it ends the server.
    _stop: oneshot::Sender<()>,
}

impl Dynamo {
    pub(crate) async fn start() -> Result<Self> {
        let database = Database::memory().map_err(|error| anyhow!("{error}"))?;
        let socket = TcpSocket::new_v4()?;
        // What it accepts has it too; delayed acknowledgements would add 40 ms to an answer.
        socket.set_nodelay(true)?;
        socket.bind("127.0.0.1:0".parse()?)?;
        let listener = socket.listen(1024)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = serve_with_shutdown(listener, database.clone(), async move { drop(stopped.await) });
        tokio::spawn(async move {
            if let Err(error) = served.await {
                eprintln!("the embedded DynamoDB: {error}");
            }
        });
        create_tables(&Client::new(&sdk(Patience::Stream, &endpoint).await)).await?;
        Ok(Self {
            database,
            endpoint,
            _stop: stop,
        })
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The SDK's settings that lead here.
    pub(crate) async fn sdk(&self, patience: Patience) -> SdkConfig {
        sdk(patience, &self.endpoint).await
    }

    /// Fills a table past HTTP and the expressions of the API, many items in a transaction.
    pub(crate) fn fill(&self, table: &str, items: impl Iterator<Item = Item>) -> Result<()> {
        let mut items = items.peekable();
        while items.peek().is_some() {
            let some = items.by_ref().take(AT_ONCE).collect();
            let options = ImportOptions {
                record_streams: false,
                set_cached_at: false,
            };
            self.database
                .import_items(table, some, options)
                .map_err(|error| anyhow!("filling {table}: {error}"))?;
        }
        Ok(())
    }
}

/// The SDK's settings that lead to a DynamoDB.
pub(crate) async fn sdk(patience: Patience, endpoint: &str) -> SdkConfig {
    aws_loader(patience)
        .region(Region::from_static(REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(endpoint)
        .load()
        .await
}

/// A client that counts.
pub(crate) fn client(sdk: &SdkConfig, sent: &Sent) -> Client {
    Client::from_conf(Builder::from(sdk).interceptor(sent.clone()).build())
}

/// What a client has sent, by operation.
///
/// It leaves the tokens of transactions out: the engine looks through those of the last ten minutes with every
/// transaction, so that each would cost the more the more there were, which is not so in the cloud.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent(Arc<Mutex<BTreeMap<String, u32>>>);

impl Sent {
    /// What was sent since the last call of this.
    pub(crate) fn take(&self) -> BTreeMap<String, u32> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "Sent"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let text = request
            .body()
            .bytes()
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        let Some(without) = text.and_then(without_token) else {
            return Ok(());
        };
        if request.headers().get("content-length").is_some() {
            request
                .headers_mut()
                .insert("content-length", without.len().to_string());
        }
        *request.body_mut() = without.into();
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context
            .request()
            .headers()
            .get("x-amz-target")
            .context("a request without a target")?;
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(operation)
            .or_default() += 1;
        Ok(())
    }
}

/// A request without its token; none where it has none.
fn without_token(request: &str) -> Option<String> {
    const NAME: &str = "\"ClientRequestToken\":\"";
    let (before, rest) = request.split_once(NAME)?;
    let (_, after) = rest.split_once('"')?;
    // One of the commas that stood around it goes too.
    let (before, after) = match after.strip_prefix(',') {
        Some(after) => (before, after),
        None => (before.strip_suffix(',').unwrap_or(before), after),
    };
    Some(format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_cut_out_wherever_it_stands() {
        for request in [
            r#"{"ClientRequestToken":"a-1","TransactItems":[]}"#,
            r#"{"TransactItems":[],"ClientRequestToken":"a-1"}"#,
        ] {
            assert_eq!(without_token(request).unwrap(), r#"{"TransactItems":[]}"#);
        }
        assert_eq!(without_token("{}"), None);
    }
}
