//! Carriers and `carrier-webhook`: requests over HTTP to the real routes, signed as the carriers sign.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use ringback_accounts::{AccountStore, Slug};
use ringback_calls::{Asked, CallId, CallRecord, CallStore, Entry, Kept, NewEvent, Placed};
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock};
use ringback_local::dynamo::CALLS_TABLE;
use ringback_local::sample_accounts::{self, SampleAccount, TENANT};
use ringback_local::simulated_carriers::{Life, Name, Unsigned, sign};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use ringback_local::world::Lines;

/// The function behind its routes, with an account at every carrier.
#[derive(Debug)]
pub struct Exchange {
    /// What the function talks to.
    pub stack: Stack,
    /// The calls.
    pub calls: CallStore,
    /// The accounts.
    pub accounts: AccountStore,
    /// The function's metrics, as EMF lines.
    pub metrics: Lines,
    api: Api,
    client: Client,
    now: Arc<Mutex<Timestamp>>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Post {
    /// The carrier's code.
    pub carrier: String,
    /// `POST`.
    pub method: String,
    /// The path it is sent to, and the query.
    pub path: String,
    /// The content type, which is one of the signed things of some carriers.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// The headers besides the content type; signatures are among them.
    pub headers: Vec<(String, String)>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The content type, if there is one.
    pub content_type: Option<String>,
    /// The body.
    pub body: String,
}

/// When the samples happen.
pub fn sample_time() -> Timestamp {
    // Constant and whole seconds, so it is a time: 2026-11-20T09:00:00Z.
    Timestamp::from_second(1_795_165_200).unwrap_or_default()
}

impl Exchange {
    /// The function with the sample accounts.
    pub async fn start() -> Result<Self> {
        Self::with(&[]).await
    }

    /// The function with changes to its environment.
    pub async fn with(changes: &[(&str, &str)]) -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?.gated().await?;
        sample_accounts::add(&stack).await?;
        let metrics = Lines::default();
        let app = stack.carrier_webhook(changes, emf_sink(metrics.clone())).await?;
        Self::of(stack, app, metrics).await
    }

    /// That function over that stack.
    pub async fn of(stack: Stack, app: carrier_webhook::App, metrics: Lines) -> Result<Self> {
        let now = Arc::new(Mutex::new(sample_time()));
        let clock = Arc::clone(&now);
        let clock = Clock::of(move || *clock.lock().unwrap_or_else(PoisonError::into_inner));
        let year = std::time::Duration::from_secs(365 * 24 * 3600);
        Ok(Self {
            calls: CallStore::new(stack.dynamo_client().await, CALLS_TABLE.to_owned(), year),
            accounts: sample_accounts::store(&stack).await,
            metrics,
            api: Api::of_carriers(Arc::new(app), clock).await?,
            client: Client::builder().no_proxy().build()?,
            now,
            stack,
        })
    }

    /// Takes a setting away from a carrier's account; before the first request, as accounts are kept for a minute.
    pub async fn without_setting(&self, carrier: &str, name: &str) -> Result<()> {
        let sample = SampleAccount::of(carrier).context("there is no such sample account")?;
        let slug = Slug::parse(sample.slug)?;
        let change = self.accounts.change(&slug, |account| {
            account.settings.0.remove(name);
            Ok(())
        });
        change.await.map(drop).map_err(Into::into)
    }

    /// The time that the function has.
    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the function's clock.
    pub fn set_now(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Lets seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.set_now(self.now() + SignedDuration::from_secs(seconds));
    }

    /// A request to a path of the sample account at a carrier: `events`, or `calls/…/events`.
    pub fn request(&self, carrier: &str, rest: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Post {
        Post {
            carrier: carrier.to_owned(),
            method: "POST".to_owned(),
            path: format!("/carriers/{carrier}/sample-account-{carrier}/{rest}"),
            content_type: content_type.to_owned(),
            body: body.into(),
            headers: Vec::new(),
        }
    }

    /// A status callback of Twilio, signed.
    pub fn twilio(&self, rest: &str, fields: &[(&str, &str)]) -> Result<Post> {
        let form = "application/x-www-form-urlencoded";
        self.signed(self.request("tw", rest, form, written(fields)))
    }

    /// The request as its carrier signs it now, with the sample account's secret.
    pub fn signed(&self, request: Post) -> Result<Post> {
        let account = SampleAccount::of(&request.carrier).context("no sample account")?;
        self.signed_with(request, account.signs_with)
    }

    /// The request as its carrier signs it now, with that secret.
    pub fn signed_with(&self, mut request: Post, secret: &str) -> Result<Post> {
        let url = format!("{PUBLIC_BASE_URL}{}", request.path);
        let unsigned = Unsigned {
            method: &request.method,
            url: &url,
            content_type: &request.content_type,
            body: &request.body,
            now: self.now(),
            nonce: "00000000000000000001",
        };
        let headers = sign(&request.carrier, secret, &unsigned)?;
        request.headers = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Ok(request)
    }

    /// Posts a request as it is.
    pub async fn post(&self, request: &Post) -> Result<Answered> {
        let method = Method::from_bytes(request.method.as_bytes())?;
        let mut sent = self
            .client
            .request(method, format!("{}{}", self.api.url(), request.path))
            .body(request.body.clone());
        if !request.content_type.is_empty() {
            sent = sent.header("content-type", &request.content_type);
        }
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        let answer = sent.send().await?;
        let content_type = answer.headers().get("content-type");
        Ok(Answered {
            status: answer.status().as_u16(),
            content_type: content_type
                .map(|value| value.to_str().map(str::to_owned))
                .transpose()?,
            body: answer.text().await?,
        })
    }

    /// Signs and posts; the status.
    pub async fn send(&self, request: Post) -> Result<u16> {
        Ok(self.post(&self.signed(request)?).await?.status)
    }

    /// Remembers that we placed a life's call, and asked the account to which its carrier posts.
    pub async fn place(&self, life: &Life) -> Result<()> {
        self.decide(&life.call, &life.placed).await?;
        self.ask(&life.call, &life.carrier, life.account()).await?;
        Ok(())
    }

    /// Remembers that we decided to place a call.
    pub async fn decide(&self, call: &CallId, placed: &Placed) -> Result<Kept> {
        let entry = Entry {
            tenant: TENANT.to_owned(),
            carrier: "own".to_owned(),
            account: String::new(),
            received_at: self.now(),
            event: placed.event(self.now()),
        };
        self.keep(call, entry).await
    }

    /// Remembers that we asked an account for a call.
    pub async fn ask(&self, call: &CallId, carrier: &str, account: &str) -> Result<Kept> {
        let asked = Asked { carrier, account };
        self.keep(call, asked.entry(TENANT, self.now())).await
    }

    async fn keep(&self, call: &CallId, entry: Entry) -> Result<Kept> {
        let new = NewEvent {
            call: call.clone(),
            entry,
            legs: Vec::new(),
            placed_only: false,
        };
        Ok(self.calls.put(&new).await?)
    }

    /// A call's record.
    pub async fn record(&self, call: &str) -> Result<Option<CallRecord>> {
        Ok(self.calls.read(TENANT, &CallId::parse(call)?, self.now()).await?)
    }

    /// How many events a call has.
    pub async fn events(&self, call: &str) -> Result<Vec<Entry>> {
        Ok(self
            .calls
            .events(TENANT, &CallId::parse(call)?, self.now())
            .await?)
    }

    /// A carrier's sample life, as posted to its sample account here.
    pub fn life(&self, carrier: &str, case: &str) -> Result<Life> {
        let name = Name {
            call: CallId::parse(&format!("call-{carrier}-{case}"))?,
            account: format!("sample-account-{carrier}"),
            base: PUBLIC_BASE_URL.to_owned(),
            number: 1,
        };
        Ok(Life::sample(carrier, case)?.named(&name))
    }

    /// The requests of a life, each signed when it is sent.
    pub fn requests(&self, life: &Life) -> Result<Vec<Post>> {
        let posts = life.requests.iter().map(|capture| {
            let path = capture
                .url
                .strip_prefix(PUBLIC_BASE_URL)
                .context("another base")?;
            let headers = capture.headers();
            Ok(Post {
                carrier: life.carrier.clone(),
                method: capture.method.clone(),
                path: path.to_owned(),
                content_type: headers.get("content-type").unwrap_or_default().to_owned(),
                body: capture.body.clone().unwrap_or_default().into_bytes(),
                headers: Vec::new(),
            })
        });
        posts.collect()
    }

    /// How often each operation reached DynamoDB since the last call of this.
    pub fn operations(&self) -> Vec<(String, u32)> {
        let counts = self.stack.gate().map(ringback_local::gate::Gate::take_counts);
        counts.into_iter().flatten().collect()
    }
}

/// A form's fields, written as a form.
pub fn written(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        let bytes = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        });
        bytes.collect()
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    pairs.join("&")
}
