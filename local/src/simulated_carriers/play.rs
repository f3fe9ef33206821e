//! Lives of calls, posted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use reqwest::{Client, Method};
use ringback_carriers::Capture;

use super::life::Life;
use super::sign::{Unsigned, sign};

/// A carrier account as its carrier knows it.
#[derive(Clone)]
pub struct Account {
    /// Its slug, in the webhook's path.
    pub slug: String,
    /// What the carrier signs with.
    pub secret: String,
}

/// In which order events are posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they happen.
    Natural,
    /// The last first.
    Backwards,
    /// In an order that the number decides.
    Shuffled(u64),
}

/// How lives are played.
#[derive(Debug, Clone)]
pub struct Play {
    /// Where the requests are sent: the base of a server, which need not be the public one.
    pub to: String,
    /// How often each is sent.
    pub repeat: u32,
    /// In which order, over all calls.
    pub order: Order,
    /// How many are under way at once.
    pub connections: usize,
    /// How often one is tried that was not taken: an answer of 429 or 5xx, or none.
    pub attempts: u32,
}

impl Play {
    /// Every event once, in order, one after the other.
    pub fn to(base: &str) -> Self {
        Self {
            to: base.trim_end_matches('/').to_owned(),
            repeat: 1,
            order: Order::Natural,
            connections: 1,
            attempts: 1,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    /// How many requests there were, repetitions of the play included, tries of one not.
    pub requests: u64,
    /// How many were taken.
    pub taken: u64,
    /// How many tries more than one each needed.
    pub tried_again: u64,
    /// The last answers of those that were not taken, by status; 0 where there was no answer.
    pub refused: BTreeMap<u16, u64>,
    /// How long it took.
    pub took: Duration,
    /// How long half of the requests took at most.
    pub median: Duration,
    /// How long 99 of 100 took at most.
    pub slowest: Duration,
}

/// A request that is sent again and again, signed anew each time.
struct Request {
    carrier: String,
    capture: Capture,
    content_type: String,
    secret: Arc<str>,
    at: String,
}

/// How one request went.
struct Sent {
    status: u16,
    tries: u32,
    took: Duration,
}

impl Play {
    /// Posts everything that the lives say, and waits for the answers.
    ///
    /// # Errors
    /// When a secret cannot sign. That a request is not taken is no error; [`Played`] tells.
    pub async fn run(&self, lives: &[Life], account: &Account) -> Result<Played> {
        self.run_all(&lives.iter().map(|life| (life, account)).collect::<Vec<_>>())
            .await
    }

    /// As [`run`](Self::run), for lives of several accounts.
    ///
    /// # Errors
    /// When a secret cannot sign.
    pub async fn run_all(&self, lives: &[(&Life, &Account)]) -> Result<Played> {
        let requests = Arc::new(self.requests(lives)?);
        let client = self.client()?;
        let (next, nonce) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let begun = Instant::now();
        let mut workers = Vec::new();
        for _ in 0..self.connections.max(1) {
            let (requests, client) = (Arc::clone(&requests), client.clone());
            let (next, nonce, attempts) = (Arc::clone(&next), Arc::clone(&nonce), self.attempts.max(1));
            workers.push(tokio::spawn(async move {
                let mut sent = Vec::new();
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sent.push(request.send(&client, &nonce, attempts).await?);
                }
                anyhow::Ok(sent)
            }));
        }
        let mut all = Vec::with_capacity(requests.len());
        for worker in workers {
            all.extend(worker.await??);
        }
        Ok(Played::of(&all, begun.elapsed()))
    }

    fn client(&self) -> Result<Client> {
        let builder = Client::builder()
            .timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(self.connections)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("ringback-simulated-carrier");
        let loopback = ["://127.", "://localhost", "://[::1]"];
        let builder = if loopback.iter().any(|here| self.to.contains(here)) {
            builder.no_proxy()
        } else {
            builder
        };
        builder.build().context("making an HTTP client")
    }

    /// Everything that is sent, in the order in which it is.
    fn requests(&self, lives: &[(&Life, &Account)]) -> Result<Vec<Arc<Request>>> {
        let mut once = Vec::new();
        for (life, account) in lives {
            let secret: Arc<str> = account.secret.as_str().into();
            for capture in &life.requests {
                let path = capture.url.split_once("://").map_or("", |(_, rest)| rest);
                let path = path
                    .find('/')
                    .and_then(|from| path.get(from..))
                    .unwrap_or_default();
                once.push(Arc::new(Request {
                    carrier: life.carrier.clone(),
                    content_type: capture
                        .headers()
                        .get("content-type")
                        .unwrap_or_default()
                        .to_owned(),
                    capture: capture.clone(),
                    secret: Arc::clone(&secret),
                    at: format!("{}{path}", self.to),
                }));
            }
        }
        // A secret that cannot sign is told before anything is sent.
        for request in &once {
            request.signed("0")?;
        }
        let mut all: Vec<_> = (0..self.repeat.max(1))
            .flat_map(|_| once.iter().cloned())
            .collect();
        match self.order {
            Order::Natural => {}
            Order::Backwards => all.reverse(),
            Order::Shuffled(seed) => shuffle(&mut all, seed),
        }
        Ok(all)
    }
}

/// Xorshift (Marsaglia 2003): the same seed, the same order.
fn shuffle<T>(things: &mut [T], seed: u64) {
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
    for last in (1..things.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (last as u64 + 1)).unwrap_or_default();
        things.swap(last, other);
    }
}

impl Request {
    fn signed(&self, nonce: &str) -> Result<Vec<(&'static str, String)>> {
        let unsigned = Unsigned {
            method: &self.capture.method,
            url: &self.capture.url,
            content_type: &self.content_type,
            body: self.capture.body.as_deref().unwrap_or_default().as_bytes(),
            now: Timestamp::now(),
            nonce,
        };
        sign(&self.carrier, &self.secret, &unsigned).with_context(|| format!("signing as {}", self.carrier))
    }

    async fn send(&self, client: &Client, nonce: &AtomicU64, attempts: u32) -> Result<Sent> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let nonce = format!("{:020}", nonce.fetch_add(1, Ordering::Relaxed));
            let method = Method::from_bytes(self.capture.method.as_bytes())?;
            let mut builder = client
                .request(method, &self.at)
                .header("content-type", &self.content_type)
                .body(self.capture.body.clone().unwrap_or_default());
            for (name, value) in self.signed(&nonce)? {
                builder = builder.header(name, value);
            }
            let status = builder.send().await.map_or(0, |answer| answer.status().as_u16());
            let passing = matches!(status, 0 | 429 | 500..);
            if !passing || tries >= attempts {
                let took = begun.elapsed();
                return Ok(Sent { status, tries, took });
            }
            tokio::time::sleep(Duration::from_millis(50 * u64::from(tries))).await;
        }
    }
}

impl Played {
    fn of(all: &[Sent], took: Duration) -> Self {
        let mut times: Vec<_> = all.iter().map(|sent| sent.took).collect();
        times.sort_unstable();
        let within = |of_hundred: usize| {
            let at = (times.len() * of_hundred).div_ceil(100).max(1) - 1;
            times.get(at).copied().unwrap_or_default()
        };
        let mut played = Self {
            requests: all.len() as u64,
            took,
            median: within(50),
            slowest: within(99),
            ..Self::default()
        };
        for sent in all {
            played.tried_again += u64::from(sent.tries - 1);
            if (200..300).contains(&sent.status) {
                played.taken += 1;
            } else {
                *played.refused.entry(sent.status).or_default() += 1;
            }
        }
        played
    }

    /// Whether everything was taken.
    pub fn is_complete(&self) -> bool {
        self.taken == self.requests
    }
}
