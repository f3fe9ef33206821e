//! `place-call` over carriers that ring people, and `carrier-webhook` that hears of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use ringback_accounts::{Account, AccountStore};
use ringback_calls::{CallId, CallRecord, CallStore, Entry, Kind, Number};
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock};
use ringback_local::dynamo::{CALLS_TABLE, CARRIERS_TABLE};
use ringback_local::sample_accounts::{self, SampleAccount, TENANT};
use ringback_local::simulated_carriers::SimulatedCarriers;
use ringback_local::stack::{Addresses, Stack};
use ringback_local::world::Lines;
use ringback_placing::{PlacingStore, Policy};
use serde_json::{Value, json};

/// The agent's number, in every wish that says no other.
pub const AGENT: &str = "+14155550101";

/// The function, its tables and the carriers.
#[derive(Debug)]
pub struct Dialler {
    /// What the functions talk to.
    pub stack: Stack,
    /// The function `place-call`.
    pub place_call: Arc<place_call::App>,
    /// The calls.
    pub calls: CallStore,
    /// Policies, pins, lines, health.
    pub placing: PlacingStore,
    /// The accounts.
    pub accounts: AccountStore,
    /// The function's metrics, as EMF lines.
    pub metrics: Lines,
    /// What carriers post to.
    webhook: Api,
}

/// A request of the API.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// `POST`.
    pub method: &'static str,
    /// `/calls`.
    pub path: String,
    /// The body.
    pub body: Value,
    /// The header `Idempotency-Key`.
    pub key: Option<String>,
    /// Whose token it is.
    pub tenant: String,
    /// What API Gateway has checked; a token of an agent of that tenant, unless said.
    pub authoriser: Option<Value>,
    /// What time it is.
    pub now: Timestamp,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: u64,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

impl Wanted {
    /// To call a customer.
    pub fn call(customer: &str) -> Self {
        Self::request("POST", "/calls")
            .with("customer", customer)
            .with("agent", AGENT)
    }

    /// A request by an agent of the sample accounts' tenant.
    pub fn request(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            body: Value::Null,
            key: None,
            tenant: TENANT.to_owned(),
            authoriser: None,
            now: Timestamp::now(),
        }
    }

    /// With a field of the body.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        if self.body.is_null() {
            self.body = json!({});
        }
        if let Some(fields) = self.body.as_object_mut() {
            fields.insert(field.to_owned(), value.into());
        }
        self
    }

    /// With an idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        let key = Some(key.to_owned());
        Self { key, ..self }
    }

    /// By somebody of another tenant.
    #[must_use]
    pub fn of(self, tenant: &str) -> Self {
        let tenant = tenant.to_owned();
        Self { tenant, ..self }
    }

    /// By whoever API Gateway has checked so.
    #[must_use]
    pub fn by(self, authoriser: Value) -> Self {
        let authoriser = Some(authoriser);
        Self { authoriser, ..self }
    }

    /// At another time.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// As API Gateway hands it over.
    pub fn event(&self) -> Value {
        let mut headers = json!({"content-type": "application/json"});
        if let (Some(key), Some(headers)) = (&self.key, headers.as_object_mut()) {
            headers.insert("idempotency-key".to_owned(), json!(key));
        }
        let claims = json!({"sub": "agent-a", "iss": "https://login.example.com/", "tenant": self.tenant});
        let token = || json!({"jwt": {"claims": claims}});
        let authoriser = self.authoriser.clone().unwrap_or_else(token);
        json!({
            "version": "2.0",
            "rawPath": self.path,
            "headers": headers,
            "requestContext": {
                "requestId": "request-1",
                "http": {"method": self.method, "path": self.path},
                "authorizer": authoriser,
            },
            "body": (!self.body.is_null()).then(|| self.body.to_string()),
            "isBase64Encoded": false,
        })
    }
}

impl Reply {
    fn read(answer: &Value) -> Result<Self> {
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
        let headers = answer.get("headers").context("no headers")?;
        Ok(Self {
            status: answer
                .get("statusCode")
                .and_then(Value::as_u64)
                .context("no status")?,
            headers: serde_json::from_value(headers.clone())?,
            body: serde_json::from_str(body).unwrap_or_default(),
        })
    }

    /// The last word of the problem's type; empty where it is none.
    pub fn problem(&self) -> &str {
        let kind = self.body.get("type").and_then(Value::as_str).unwrap_or_default();
        kind.rsplit(':').next().unwrap_or_default()
    }

    /// The call's id; empty where there is none.
    pub fn call(&self) -> &str {
        self.body
            .get("callId")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// When to come again, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get("retry-after")?.parse().ok()
    }
}

impl Dialler {
    /// With sample accounts at those carriers, asked in that order, and a policy that allows sample numbers.
    pub async fn with(carriers: &[&str]) -> Result<Self> {
        Self::changed(carriers, &[]).await
    }

    /// The same with changes to the function's environment.
    pub async fn changed(carriers: &[&str], changes: &[(&str, &str)]) -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?.gated().await?;
        let metrics = Lines::default();
        let changes: Vec<_> = [("TENANT_CLAIM", "tenant")]
            .iter()
            .chain(changes)
            .copied()
            .collect();
        let place_call = Arc::new(stack.place_call(&changes, emf_sink(metrics.clone())).await?);
        let webhook = stack.carrier_webhook(&[], emf_sink(std::io::sink())).await?;
        let webhook = Api::of_carriers(Arc::new(webhook), Clock::system()).await?;
        stack.simulated_carriers.connect_webhook(&webhook.url());
        let client = stack.dynamo_client().await;
        let kept = Duration::from_secs(30 * 24 * 3600);
        let dialler = Self {
            place_call,
            calls: CallStore::new(client.clone(), CALLS_TABLE.to_owned(), kept),
            placing: PlacingStore::new(client, CARRIERS_TABLE.to_owned()),
            accounts: sample_accounts::store(&stack).await,
            metrics,
            webhook,
            stack,
        };
        for (place, carrier) in carriers.iter().enumerate() {
            dialler.add(carrier, u32::try_from(place)?, |_| {}).await?;
        }
        let policy = Policy {
            prefixes: vec!["+1415555".to_owned(), "+447700900".to_owned()],
            calls_per_minute: 12_000,
            open_calls: 1000,
            ..Policy::default()
        };
        dialler.placing.set_policy(TENANT, &policy).await?;
        Ok(dialler)
    }

    /// Adds the sample account at a carrier, with changes.
    pub async fn add(&self, carrier: &str, priority: u32, change: impl FnOnce(&mut Account)) -> Result<()> {
        let sample = SampleAccount::of(carrier).context("no sample account")?;
        let secrets = &self.stack.simulated_secrets;
        if let Some(secret) = sample.secret()? {
            secrets.set(&sample.secret_arn(), &secret);
        }
        if let (Some(arn), Some(secret)) = (sample.api_secret_arn(), sample.api_secret()) {
            secrets.set(&arn, &secret);
        }
        let mut account = sample.account()?;
        account.priority = priority;
        change(&mut account);
        self.accounts.add(&account).await?;
        Ok(())
    }

    /// The carriers.
    pub fn carriers(&self) -> &SimulatedCarriers {
        &self.stack.simulated_carriers
    }

    /// Where carriers post to.
    pub fn webhook_url(&self) -> String {
        self.webhook.url()
    }

    /// What is answered.
    pub async fn ask(&self, wanted: &Wanted) -> Result<Reply> {
        Reply::read(&self.place_call.respond(&wanted.event(), wanted.now).await)
    }

    /// A call's record, with what was stored a moment ago.
    pub async fn record(&self, call: &str) -> Result<CallRecord> {
        let call = CallId::parse(call)?;
        let record = self.calls.read(TENANT, &call, Timestamp::now()).await?;
        record.context("no such call")
    }

    /// A call's events.
    pub async fn events(&self, call: &str) -> Result<Vec<Entry>> {
        let call = CallId::parse(call)?;
        Ok(self.calls.events(TENANT, &call, Timestamp::now()).await?)
    }

    /// What we said of a call ourselves, in the order in which we did, with the carrier it is about.
    pub async fn ours(&self, call: &str) -> Result<Vec<(Kind, String)>> {
        let mut entries = self.events(call).await?;
        entries.retain(|entry| entry.event.kind.is_ours());
        entries.sort_by_key(|entry| (entry.received_at, rank(entry.event.kind)));
        let told = entries.into_iter().map(|entry| (entry.event.kind, entry.carrier));
        Ok(told.collect())
    }

    /// The ids of all calls that began, by the slots that they have.
    pub async fn open_calls(&self) -> Result<Vec<CallId>> {
        Ok(self.placing.open_calls(TENANT).await?)
    }
}

/// Things of the same millisecond, in the order in which they are done.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Placed => 0,
        Kind::Refused => 1,
        Kind::Asked => 2,
        _ => 3,
    }
}

/// A sample number, of a thousand: `+447700900000` to `+447700900999`.
pub fn customer(which: usize) -> String {
    format!("+447700900{which:03}")
}

/// A number.
pub fn number(text: &str) -> Result<Number> {
    Number::raw(text).context("no number")
}
