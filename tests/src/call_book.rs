//! `project-calls` and the calls table over a local stack, and events of calls to put into it.

use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use ringback_calls::item::{EXPIRES_AT, Item, call_id};
use ringback_calls::{
    Asked, CallEvent, CallId, CallRecord, CallStore, Entry, EventId, Evidence, Kept, Kind, NewEvent, Number,
    Placed,
};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::CallStream;
use ringback_local::dynamo::CALLS_TABLE;
use ringback_local::stack::{Addresses, Stack};
use ringback_local::world::Lines;

/// Whose calls they are, where nothing else is said.
pub const TENANT: &str = "t-1";

/// The calls table behind a gate, its stream, and the function that reads it.
#[derive(Debug)]
pub struct CallBook {
    /// What the function talks to.
    pub stack: Stack,
    /// The table, as functions see it.
    pub store: CallStore,
    /// The function `project-calls`.
    pub project_calls: project_calls::App,
    /// The stream, read up to where [`CallBook::settle`] came.
    pub stream: CallStream,
    /// The function's metrics, as EMF lines.
    pub metrics: Lines,
}

/// A moment of the story: seconds after nine o'clock (UTC) of 2026-11-20.
pub fn morning(seconds: i64) -> Timestamp {
    const NINE: i64 = 1_795_165_200;
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(NINE + seconds)
}

/// A call's id.
pub fn call(name: &str) -> Result<CallId> {
    Ok(CallId::parse(&format!("call-{name}"))?)
}

/// An event of a carrier, told a quarter of a second after it happened; what it tells is for the caller to say.
pub fn event(call: &CallId, name: &str, seconds: i64, kind: Kind) -> NewEvent {
    let mut event = CallEvent::new(EventId::of(&["story", name]), kind, Evidence::Event);
    event.at = Some(morning(seconds));
    event.word = Some(name.to_owned());
    let entry = Entry {
        tenant: TENANT.to_owned(),
        carrier: "tw".to_owned(),
        account: "slug-1".to_owned(),
        received_at: morning(seconds) + SignedDuration::from_millis(250),
        event,
    };
    NewEvent {
        call: call.clone(),
        entry,
        legs: Vec::new(),
        placed_only: false,
    }
}

/// That we place a call: `agent-a` to +1 415 555 0102, about `order-17`, for an hour at most.
pub fn placed(call: &CallId, seconds: i64) -> Result<NewEvent> {
    let number = |text| Number::raw(text).ok_or_else(|| anyhow!("no number"));
    let placed = Placed {
        a: number("+14155550101")?,
        b: number("+14155550102")?,
        a_shown: None,
        b_shown: None,
        agent: Some("agent-a".to_owned()),
        main_number: None,
        extension: None,
        business_reference: Some("order-17".to_owned()),
        business_data: std::collections::BTreeMap::new(),
        line: None,
        announcement: None,
        ring_seconds: Some(30),
        limit_seconds: Some(3600),
        record: false,
    };
    let mut new = event(call, "placed", seconds, Kind::Placed);
    new.entry.carrier = "own".to_owned();
    new.entry.account = String::new();
    new.entry.event = placed.event(morning(seconds));
    Ok(new)
}

/// That we ask an account of Twilio for a call.
pub fn asked(call: &CallId, account: &str, seconds: i64) -> NewEvent {
    let carrier = "tw";
    NewEvent {
        call: call.clone(),
        entry: Asked { carrier, account }.entry(TENANT, morning(seconds)),
        legs: Vec::new(),
        placed_only: false,
    }
}

impl CallBook {
    /// An empty table that keeps calls for thirty days.
    pub async fn open() -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?.gated().await?;
        let metrics = Lines::default();
        let retention = Duration::from_secs(30 * 24 * 3600);
        Ok(Self {
            store: CallStore::new(
                stack.gated_dynamo_client().await,
                CALLS_TABLE.to_owned(),
                retention,
            ),
            project_calls: stack.project_calls(&[], emf_sink(metrics.clone())).await?,
            stream: CallStream::open(&stack).await?,
            metrics,
            stack,
        })
    }

    /// Puts events, one after the other.
    pub async fn put(&self, events: &[NewEvent]) -> Result<Vec<Kept>> {
        let mut kept = Vec::new();
        for event in events {
            kept.push(self.store.put(event).await?);
        }
        Ok(kept)
    }

    /// The call as it is, an hour after nine.
    pub async fn read(&self, call: &CallId) -> Result<Option<CallRecord>> {
        Ok(self.store.read(TENANT, call, morning(3600)).await?)
    }

    /// Hands what is in the stream to `project-calls`, an hour after nine; how many events that were.
    pub async fn settle(&mut self) -> Result<usize> {
        self.settle_at(morning(3600)).await
    }

    /// The same at another time.
    pub async fn settle_at(&mut self, now: Timestamp) -> Result<usize> {
        self.stream.catch_up(&self.project_calls, now).await
    }

    /// How often each operation passed since the last call of this, as text: `PutItem 1, Query 2`.
    pub fn requests(&self) -> String {
        let counts = self.stack.gate().map(|gate| gate.take_counts());
        let counts = counts.into_iter().flatten();
        let words: Vec<_> = counts.map(|(name, count)| format!("{name} {count}")).collect();
        words.join(", ")
    }

    /// The items of a call's partition.
    pub async fn items(&self, tenant: &str, call: &CallId) -> Result<Vec<Item>> {
        let client = self.stack.dynamo_client().await;
        let answer = client
            .query()
            .table_name(CALLS_TABLE)
            .key_condition_expression("id = :id")
            .expression_attribute_values(":id", AttributeValue::S(call_id(tenant, call)))
            .send()
            .await?;
        Ok(answer.items.unwrap_or_default())
    }

    /// When the items of a call expire.
    pub async fn expiries(&self, call: &CallId) -> Result<Vec<String>> {
        let items = self.items(TENANT, call).await?;
        let expiries = items
            .iter()
            .filter_map(|item| item.get(EXPIRES_AT)?.as_n().ok().cloned());
        Ok(expiries.collect())
    }
}
