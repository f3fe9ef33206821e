//! `classify-caller` and `manage-callers` over a local stack.

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use ringback_callers::{Behind, Change, Directory, Kept};
use ringback_connect::CallerPoint;
use ringback_lambda::emf_sink;
use ringback_local::marketplace;
use ringback_local::stack::{Addresses, Stack};
use ringback_local::world::Lines;
use serde_json::{Value, json};

use crate::Leg;

/// The functions of the directory, and the directory itself.
#[derive(Debug)]
pub struct Desk {
    /// What the functions talk to.
    pub stack: Stack,
    /// The function `classify-caller`.
    pub classify_caller: classify_caller::App,
    /// The function `manage-callers`.
    pub manage_callers: manage_callers::App,
    /// The directory.
    pub directory: Directory,
    /// The metrics of both functions, as EMF lines.
    pub metrics: Lines,
}

/// Noon on a Friday, when everything happens.
pub fn noon() -> Timestamp {
    // Constant and whole seconds, so it is a time.
    Timestamp::from_second(1_795_176_000).unwrap_or_default()
}

impl Desk {
    /// An empty directory, with changes to the functions' environment.
    pub async fn with(changes: &[(&str, &str)]) -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?.gated().await?;
        let metrics = Lines::default();
        Ok(Self {
            classify_caller: stack.classify_caller(changes, emf_sink(metrics.clone())).await?,
            manage_callers: stack.manage_callers(changes, emf_sink(metrics.clone())).await?,
            directory: marketplace::directory(&stack).await?,
            metrics,
            stack,
        })
    }

    /// Makes a change, as an event of the bus asks for it.
    pub async fn change(&self, name: &str, detail: Value) -> Result<Kept> {
        change(&self.directory, name, detail).await
    }

    /// Everybody behind a contact point.
    pub async fn behind(&self, point: &str) -> Result<Behind> {
        Ok(self.directory.behind(&CallerPoint::parse(point)?).await?)
    }

    /// What a flow is told about a call from that number.
    pub async fn call(&self, number: &str) -> Value {
        let leg = Leg::inbound("call", 0).from(number);
        self.classify_caller.answer(&leg.flow_event(), noon(), None).await
    }

    /// What a flow is told, with a parameter of its own.
    pub async fn call_with(&self, number: &str, parameter: &str, value: &str) -> Value {
        let mut event = Leg::inbound("call", 0).from(number).flow_event();
        if let Some(parameters) = event.pointer_mut("/Details/Parameters") {
            *parameters = json!({parameter: value});
        }
        self.classify_caller.answer(&event, noon(), None).await
    }

    /// What the API answers: the status and the body.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u64, Value)> {
        let event = json!({
            "version": "2.0",
            "rawPath": path,
            "requestContext": {
                "http": {"method": method, "path": path},
                "authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:role/operator"}},
            },
            "body": body.map(|body| body.to_string()),
            "isBase64Encoded": false,
        });
        self.api_event(&event).await
    }

    /// What the API answers to an event of API Gateway.
    pub async fn api_event(&self, event: &Value) -> Result<(u64, Value)> {
        let answer = self.manage_callers.take(event, noon()).await?;
        let status = answer.get("statusCode").and_then(Value::as_u64);
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
        Ok((
            status.ok_or_else(|| anyhow!("no status"))?,
            serde_json::from_str(body)?,
        ))
    }
}

/// Makes a change in a directory, as an event of the bus asks for it.
pub async fn change(directory: &Directory, name: &str, detail: Value) -> Result<Kept> {
    let event = json!({"detail-type": name, "detail": detail});
    let change = Change::of_event(&event).map_err(|problems| anyhow!("{problems:?}"))?;
    Ok(change.make(directory, noon()).await?)
}
