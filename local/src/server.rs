//! A server on loopback that ends when it is dropped.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    /// Dropping the sender ends the server.
    _stop: oneshot::Sender<()>,
}

impl Server {
    /// Runs `serve` on the listener until the [`Server`] is dropped.
    pub(crate) fn run<F, S>(listener: TcpListener, serve: S) -> Result<Self>
    where
        S: FnOnce(TcpListener, Stopped) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, Box::pin(async move { drop(stopped.await) })));
        Ok(Self { address, _stop: stop })
    }

    /// Serves an axum router.
    pub(crate) async fn http(address: &str, router: axum::Router) -> Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("listening on {address}"))?;
        Self::run(listener, |listener, stopped| async move {
            use axum::serve::ListenerExt;
            // Delayed acknowledgements would add 40 ms to every small answer.
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
            {
                tracing::error!(%error, "A local server stopped");
            }
        })
    }

    /// Where it listens, as a URL without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Resolves when the server is to stop.
pub(crate) type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
