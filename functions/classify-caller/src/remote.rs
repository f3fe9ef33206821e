//! The operator's own backend: asked with a signed request, believed only with a signed answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::{Client, StatusCode, redirect};
use ringback_callers::{Behind, Order, Person, Point, Shop};
use ringback_connect::CallerPoint;
use ringback_lambda::Secrets;
use ringback_signature::{HEADER, sign_with_all, verify};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::breaker::Breaker;
use crate::config::Lookup;

/// A customer with five hundred orders fits in; what is larger is no answer about one caller.
const LARGEST_ANSWER: usize = 256 * 1024;
/// How far the backend's clock may be from ours.
const TOLERANCE: Duration = Duration::from_secs(300);

/// The backend.
#[derive(Debug)]
pub(crate) struct Remote {
    client: Client,
    lookup: Lookup,
    keys: Secrets,
    /// An answer was not signed by any key we know: they may have been changed.
    doubted: AtomicBool,
    breaker: Breaker,
}

/// What the backend knows of a caller.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) behind: Behind,
    pub(crate) shop: Option<Shop>,
}

/// Why the directory answers in the backend's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It has failed too often, and is left alone for a while.
    Open,
    /// The keys cannot be read.
    NoKeys,
    /// It took too long.
    Slow,
    /// It could not be reached.
    Down,
    /// It answered with a status that says nothing about the caller.
    Status,
    /// Its answer is too large.
    TooLarge,
    /// Its answer is not signed, or not by it.
    Unsigned,
    /// Its answer cannot be read.
    Malformed,
}

impl Trouble {
    /// The word that is counted.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NoKeys => "no-keys",
            Self::Slow => "slow",
            Self::Down => "down",
            Self::Status => "status",
            Self::TooLarge => "too-large",
            Self::Unsigned => "unsigned",
            Self::Malformed => "malformed",
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    schema: &'static str,
    tenant: &'a str,
    contact_id: &'a str,
    caller: Point,
    verified: bool,
    channel: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    #[serde(default)]
    people: Vec<Person>,
    #[serde(default)]
    orders: Vec<Order>,
    #[serde(default)]
    shop: Option<Shop>,
}

/// Who is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) contact: &'a str,
    pub(crate) point: &'a CallerPoint,
    pub(crate) verified: bool,
    pub(crate) channel: &'a str,
}

impl Remote {
    /// The backend of those settings.
    pub(crate) fn new(lookup: Lookup, keys: Secrets) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            // A redirect would carry a caller's number to somewhere nobody has configured.
            .redirect(redirect::Policy::none())
            .connect_timeout(lookup.timeout)
            .timeout(lookup.timeout)
            .build()?;
        Ok(Self {
            client,
            lookup,
            keys,
            doubted: AtomicBool::new(false),
            breaker: Breaker::default(),
        })
    }

    /// What the backend knows; none where it knows nobody. It takes the configured time at most, and `patience` if that
    /// is less.
    pub(crate) async fn ask(
        &self,
        about: About<'_>,
        patience: Duration,
        now: Timestamp,
    ) -> Result<Option<Told>, Trouble> {
        if !self.breaker.admits(Instant::now()) {
            return Err(Trouble::Open);
        }
        let call = self.breaker.call();
        // The time limit also holds for reading the secret and the body, which the client's own does not cover alike.
        let patience = patience.min(self.lookup.timeout);
        let asked = tokio::time::timeout(patience, self.exchange(about, now)).await;
        let told = asked.unwrap_or(Err(Trouble::Slow));
        match &told {
            Ok(_) => call.worked(),
            Err(Trouble::Unsigned) => self.doubted.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        told
    }

    async fn exchange(&self, about: About<'_>, now: Timestamp) -> Result<Option<Told>, Trouble> {
        let secret = if self.doubted.swap(false, Ordering::Relaxed) {
            self.keys.refresh().await
        } else {
            self.keys.get().await
        };
        let secret = secret.map_err(|_| Trouble::NoKeys)?;
        let keys: Vec<_> = secret.expose_secret().split_whitespace().collect();
        if keys.is_empty() {
            return Err(Trouble::NoKeys);
        }
        let question = Question {
            schema: "ringback.lookup/1",
            tenant: about.tenant,
            contact_id: about.contact,
            caller: Point(about.point.clone()),
            verified: about.verified,
            channel: about.channel,
        };
        let body = serde_json::to_vec(&question).map_err(|_| Trouble::Malformed)?;
        let request = self
            .client
            .post(&self.lookup.url)
            .header("content-type", "application/json")
            .header(HEADER, sign_with_all(&keys, now, &body))
            .body(body);
        let mut answer = request.send().await.map_err(|error| trouble(&error))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => return Ok(None),
            _ => return Err(Trouble::Status),
        }
        let signature = answer
            .headers()
            .get_all(HEADER)
            .iter()
            .map(|value| value.to_str());
        let signature = signature
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Trouble::Unsigned)?
            .join(",");
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| trouble(&error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Trouble::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        verify(Some(&signature), &body, &keys, now, TOLERANCE).map_err(|_| Trouble::Unsigned)?;
        let reply: Reply = serde_json::from_slice(&body).map_err(|_| Trouble::Malformed)?;
        Ok(Some(Told {
            behind: Behind {
                people: reply.people,
                orders: reply.orders,
                ..Behind::default()
            },
            shop: reply.shop,
        }))
    }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() {
        Trouble::Slow
    } else {
        Trouble::Down
    }
}
