//! The story of callbacks over carriers that break.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use ringback_calls::{CallId, CallRecord, CallStore};
use ringback_lambda::emf_sink;
use ringback_local::api::Api;
use ringback_local::call_stream::CallStream;
use ringback_local::functions::Functions;
use ringback_local::sample_accounts::{self, TENANT};
use ringback_local::simulated_carriers::{CarrierFault, calls};
use ringback_local::stack::{Addresses, Stack};
use serde_json::{Value, json};

use crate::cli::{records, show};

/// The token of the story's API.
const TOKEN: &str = "demo";
/// With so many calls that fail a carrier is taken for broken.
const UNTIL_BROKEN: usize = 6;
/// What the carrier that does not answer is given: it is not to make the story long.
const PLACE_TIMEOUT: &str = "1000";
/// After that, nothing is heard any more of a call that nobody has placed.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(30);

/// A house of its own: tables, the API, the webhook, and three carriers.
struct House {
    stack: Stack,
    functions: Arc<Functions>,
    api: Api,
    calls: CallStore,
    stream: CallStream,
    client: Client,
    json: bool,
    told: Vec<Value>,
}

impl House {
    async fn start(json: bool) -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?;
        sample_accounts::add(&stack).await?;
        sample_accounts::allow_calls(&stack).await?;
        let changes = [("PLACE_TIMEOUT_MS", PLACE_TIMEOUT)];
        let functions = Functions::new(&stack, &changes, &emf_sink(std::io::sink())).await?;
        let api = Api::start(&Addresses::any(), &functions, TOKEN).await?;
        stack.simulated_carriers.connect_webhook(&api.url());
        Ok(Self {
            calls: calls(&stack).await,
            stream: CallStream::open(&stack).await?,
            functions: Arc::new(functions),
            api,
            stack,
            // The API is in this process.
            client: Client::builder().no_proxy().build()?,
            json,
            told: Vec::new(),
        })
    }

    /// Asks for a callback; the call's id, or none if nobody takes it.
    async fn ask(&mut self, customer: usize, key: &str) -> Result<Option<CallId>> {
        let body = json!({
            "agent": "+14155550101",
            "customer": format!("+14155550{}", 110 + customer),
            "line": format!("seat-{customer}"),
            "businessRef": "order-17",
            "maxSeconds": 60,
        });
        let request = self.client.post(format!("{}/calls", self.api.url()));
        let request = request
            .bearer_auth(TOKEN)
            .header("idempotency-key", key)
            .json(&body);
        let answer = request.send().await?;
        let (status, body): (u16, Value) = (answer.status().as_u16(), answer.json().await?);
        let field = |name: &str| body.get(name).and_then(Value::as_str);
        let what = match status {
            201 => format!("carrier {} takes it", field("carrier").unwrap_or_default()),
            202 => format!(
                "carrier {} does not answer: nobody knows",
                field("carrier").unwrap_or_default()
            ),
            _ => field("title").unwrap_or_default().to_owned(),
        };
        self.line("POST /calls", &format!("{status}  {what}"));
        let call = field("callId").map(CallId::parse).transpose()?;
        self.told.push(body);
        Ok(call)
    }

    /// Lets all calls end, and everything be told that there is to tell.
    async fn settle(&mut self) -> Result<()> {
        self.stack.simulated_carriers.settled().await;
        self.stream
            .catch_up(&self.functions.project_calls, Timestamp::now())
            .await?;
        self.functions.deliver().await?;
        for switch in self.functions.take_switches() {
            if !self.json {
                show::switch(&switch);
            }
            self.told.push(switch);
        }
        Ok(())
    }

    async fn record(&self, call: &CallId) -> Result<CallRecord> {
        let record = self.calls.read(TENANT, call, Timestamp::now()).await?;
        record.context("the call is not there")
    }

    fn line(&self, what: &str, text: &str) {
        if !self.json {
            anstream::println!("  {what:<14} {text}");
        }
    }

    fn heading(&self, text: &str, note: &str) {
        if !self.json {
            show::heading(text);
            show::note(note);
        }
    }

    fn show(&self, record: &CallRecord) {
        if !self.json {
            records::print([record]);
        }
    }
}

/// Tells the story.
pub(super) async fn tell(json: bool) -> Result<()> {
    let mut house = House::start(json).await?;
    house.heading(
        "The callbacks over carriers that break",
        "An application asks for calls: the agent's telephone rings first, then the customer's. Twilio is asked first, then \
         Telnyx,\nthen Vonage; their APIs are simulated, and tell the real webhook of their calls.",
    );
    house.heading(
        "All is well",
        "One call, and the same request again: the key makes it the same call.",
    );
    let call = house.ask(0, "first").await?.context("nobody took the call")?;
    let again = house.ask(0, "first").await?;
    ensure!(again.as_ref() == Some(&call), "the same key made another call");
    house.settle().await?;
    let record = house.record(&call).await?;
    house.show(&record);

    house.heading(
        "Twilio cannot be reached",
        "Nothing was sent, so the next is asked at once. After some calls nobody asks Twilio any more.",
    );
    house.stack.simulated_carriers.always("tw", [CarrierFault::Dead]);
    for number in 1..=UNTIL_BROKEN {
        house.ask(number, &format!("second-{number}")).await?;
        house.settle().await?;
    }

    house.heading(
        "Telnyx takes a call on, and its answer is lost",
        "Whether it rings nobody knows, so nobody else is asked. What Telnyx tells of it decides.",
    );
    house
        .stack
        .simulated_carriers
        .next("tx", [CarrierFault::Hang { placed: true }]);
    let call = house.ask(20, "third").await?.context("nobody took the call")?;
    house.settle().await?;
    let record = house.record(&call).await?;
    house.show(&record);

    house.heading(
        "Telnyx neither takes a call on nor says so",
        "Half an hour later reconcile-calls closes it: 255, and the line is free again.",
    );
    house
        .stack
        .simulated_carriers
        .next("tx", [CarrierFault::Hang { placed: false }]);
    let call = house.ask(21, "fourth").await?.context("nobody took the call")?;
    house.settle().await?;
    house
        .functions
        .reconcile_calls
        .run(Timestamp::now() + LONGEST_LIFE, None)
        .await?;
    house.settle().await?;
    let record = house.record(&call).await?;
    house.show(&record);

    let tally = house.stack.simulated_carriers.tally();
    ensure!(tally.rung_twice().is_empty(), "somebody was rung twice");
    if json {
        for told in &house.told {
            anstream::println!("{told}");
        }
    } else {
        show::note(&format!("{} calls; nobody was rung twice.", tally.calls.len()));
    }
    Ok(())
}
