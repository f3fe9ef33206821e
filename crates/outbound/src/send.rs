//! One request to a carrier, and what is known afterwards.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, Response, redirect};
use ringback_carriers::Ask;
use ringback_lambda::retry_after;
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::address::is_global;
use crate::public::{PublicOnly, is_private};

/// What is read of an answer, and the rest of what came with its end.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Name, connection and TLS. Shorter than any time that is given to a whole request, so that what was not sent is known
/// as such.
const CONNECT: Duration = Duration::from_millis(2500);

/// Where a request goes when carriers are simulated it finds the real host here.
const REAL_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// With this header, of any value, simulated carriers play a host that cannot be reached. From real ones it means nothing.
const PLAYS_NOT_SENT: &str = "x-simulated-not-sent";

/// The way to the APIs of carriers.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: Client,
    /// Where every request goes instead.
    simulated: Option<Url>,
}

/// The client for requests could not be made: the machine has no TLS to offer.
#[derive(Debug, thiserror::Error)]
#[error("the client for requests to carriers could not be made")]
pub struct BuildError(#[source] reqwest::Error);

/// What is known of a request. `Debug` does not show the body.
#[derive(Clone, PartialEq, Eq)]
pub enum Sent {
    /// The carrier answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// How long the carrier wants to be left alone.
        retry_after: Option<Duration>,
        /// The body, up to some 64 KiB.
        body: Vec<u8>,
    },
    /// Nothing of it left this machine but, at most, a greeting: the carrier has not seen it. `dns-or-connect` (TLS
    /// included), `not-https`, `private-address`, `other`.
    NotSent(&'static str),
    /// The carrier may have seen it. `timeout`, `reset`.
    Unsure(&'static str),
}

impl Outbound {
    /// The way out, under that name; with `simulated` every request goes there instead, and tells the host that it was
    /// for in `x-forwarded-host`.
    ///
    /// # Errors
    /// When the machine has no TLS to offer.
    pub fn new(user_agent: &'static str, simulated: Option<Url>) -> Result<Self, BuildError> {
        let client = Client::builder()
            .dns_resolver(Arc::new(PublicOnly))
            // A redirection would take credentials, or an order to dial, to somebody else.
            .redirect(redirect::Policy::none())
            .referer(false)
            // The environment is read in one place, and not by the client.
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(CONNECT)
            // A connection that was kept while the function stood still may be dead, which is noticed only after the
            // request went into it: nobody would know whether the carrier saw it. A new one costs a handshake.
            .pool_max_idle_per_host(0)
            // Nothing that was sent is ever sent again by itself.
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .user_agent(user_agent)
            .build()
            .map_err(BuildError)?;
        Ok(Self { client, simulated })
    }

    /// Sends a request, once, and reads the answer, all of it within that time. Only over TLS, only to the public
    /// internet, and no redirection is followed: it is the answer.
    pub async fn send(&self, ask: &Ask, within: Duration) -> Sent {
        let deadline = Instant::now() + within;
        let request = match self.request(ask) {
            Ok(request) => request,
            Err(why) => return Sent::NotSent(why),
        };
        let response = match timeout_at(deadline, self.client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return without_answer(&error),
            Err(_) => return Sent::Unsure("timeout"),
        };
        if self.simulated.is_some() && response.headers().contains_key(PLAYS_NOT_SENT) {
            return Sent::NotSent("dns-or-connect");
        }
        answer(response, deadline).await
    }

    /// The request, after all checks but that of the name's addresses.
    fn request(&self, ask: &Ask) -> Result<Request, &'static str> {
        let url = Url::parse(&ask.url).map_err(|_| "other")?;
        check(&url)?;
        let method = Method::from_bytes(ask.method.as_bytes()).map_err(|_| "other")?;
        let mut request = self
            .client
            .request(method, self.real(&url))
            .headers(headers(ask)?);
        if self.simulated.is_some() {
            request = request.header(REAL_HOST, url.host_str().unwrap_or_default());
        }
        if let Some(body) = &ask.body {
            request = request.body(body.expose_secret().to_owned());
        }
        request.build().map_err(|_| "other")
    }

    /// Where the request really goes.
    fn real(&self, url: &Url) -> Url {
        let Some(simulated) = &self.simulated else {
            return url.clone();
        };
        let mut real = simulated.clone();
        real.set_path(url.path());
        real.set_query(url.query());
        real
    }
}

/// Whether a URL may be asked. Some carriers name the host for commands to a call themselves, and nobody shall lead us
/// into a private network by that. The addresses that a name leads to are looked at when it is looked up.
fn check(url: &Url) -> Result<(), &'static str> {
    if url.scheme() != "https" {
        return Err("not-https");
    }
    let public = match url.host() {
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(address)) => is_global(address.into()),
        Some(Host::Ipv6(address)) => is_global(address.into()),
        None => false,
    };
    match (public, url.username().is_empty() && url.password().is_none()) {
        (true, true) => Ok(()),
        (false, _) => Err("private-address"),
        (true, false) => Err("other"),
    }
}

fn headers(ask: &Ask) -> Result<HeaderMap, &'static str> {
    let mut headers = HeaderMap::new();
    for (name, value) in &ask.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "other")?;
        // What cannot stand in a header comes from the account's secret or settings.
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| "other")?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// What is known where no answer came. The error's text holds the URL, so it goes no further.
fn without_answer(error: &reqwest::Error) -> Sent {
    if is_private(error) {
        return Sent::NotSent("private-address");
    }
    // First this: a connection that takes too long is a time-out too, but nothing was sent.
    if error.is_connect() {
        return Sent::NotSent("dns-or-connect");
    }
    if error.is_builder() {
        return Sent::NotSent("other");
    }
    Sent::Unsure(if error.is_timeout() { "timeout" } else { "reset" })
}

async fn answer(mut response: Response, deadline: Instant) -> Sent {
    let status = response.status().as_u16();
    let wish = response.headers().get(RETRY_AFTER);
    let retry_after = wish.and_then(|wish| retry_after(wish.to_str().ok()?, Timestamp::now()));
    let mut body = Vec::new();
    while body.len() < LONGEST_ANSWER {
        let broken = match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                body.extend_from_slice(&bytes);
                continue;
            }
            Ok(Ok(None)) => break,
            Ok(Err(_)) => "reset",
            Err(_) => "timeout",
        };
        // Half of an answer that says yes may lack the error inside. One that says no has said it with its status.
        if response.status().is_success() {
            return Sent::Unsure(broken);
        }
        break;
    }
    Sent::Answered {
        status,
        retry_after,
        body,
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, .. } => f.debug_tuple("Answered").field(status).finish(),
            Self::NotSent(why) => f.debug_tuple("NotSent").field(why).finish(),
            Self::Unsure(why) => f.debug_tuple("Unsure").field(why).finish(),
        }
    }
}
