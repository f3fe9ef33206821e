//! The three functions over a local stack.

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use contact_events::Outcome;
use jiff::Timestamp;
use ringback_contacts::item::{ID, Item};
use ringback_lambda::{MetricsSink, emf_sink};
use ringback_local::dynamo::CONTACTS_TABLE;
use ringback_local::kinesis::batch;
use ringback_local::stack::{Addresses, Stack};
use ringback_local::world::Lines;
use serde_json::Value;

use crate::{Leg, at};

/// The functions, their table, and what they wrote to CloudWatch.
#[derive(Debug)]
pub struct Story {
    /// What the functions talk to.
    pub stack: Stack,
    /// The function `last-agent`.
    pub last_agent: last_agent::App,
    /// The function `contact-events`.
    pub contact_events: contact_events::App,
    /// The function `contact-records`.
    pub contact_records: contact_records::App,
    /// The metrics of all functions, as EMF lines.
    pub metrics: Lines,
}

impl Story {
    /// A story without `SearchContacts`: what is not in the index is unknown.
    pub async fn start() -> Result<Self> {
        Self::with(&[("SEARCH_CONTACTS", "off")]).await
    }

    /// A story with changes to the environment of `last-agent`.
    pub async fn with(changes: &[(&str, &str)]) -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?.gated().await?;
        let metrics = Lines::default();
        let sink = || -> MetricsSink { emf_sink(metrics.clone()) };
        Ok(Self {
            last_agent: stack.last_agent(changes, sink()).await?,
            contact_events: stack.contact_events(&[], sink()).await?,
            contact_records: stack.contact_records(&[], sink()).await?,
            metrics,
            stack,
        })
    }

    /// `last-agent` again with other settings over the same table.
    pub async fn last_agent_with(&self, changes: &[(&str, &str)]) -> Result<last_agent::App> {
        self.stack
            .last_agent(changes, emf_sink(self.metrics.clone()))
            .await
    }

    /// What `last-agent` answers to the contact when it begins.
    pub async fn asks(&self, leg: &Leg) -> Value {
        self.last_agent
            .answer(&leg.flow_event(), at(leg.began), None)
            .await
    }

    /// What a contact event brings.
    pub async fn event(&self, event: &Value) -> Result<Outcome> {
        Ok(self.contact_events.take(event, Timestamp::UNIX_EPOCH).await?)
    }

    /// A batch of contact records; the sequence numbers that failed.
    pub async fn records(&self, records: &[Value]) -> Result<Vec<String>> {
        let bodies: Vec<_> = records
            .iter()
            .map(|record| record.to_string().into_bytes())
            .collect();
        self.raw_records(&bodies).await
    }

    /// A batch of anything; the sequence numbers that failed.
    pub async fn raw_records(&self, bodies: &[Vec<u8>]) -> Result<Vec<String>> {
        let answer = self.contact_records.take(&batch(bodies)?, Timestamp::now()).await;
        Ok(answer
            .batch_item_failures
            .into_iter()
            .filter_map(|failure| failure.item_identifier)
            .collect())
    }

    /// The whole life of a contact, in the order in which it happens; its record comes a minute after its end.
    pub async fn lives(&self, leg: &Leg) -> Result<()> {
        self.asks(leg).await;
        self.event(&leg.connected_event()).await?;
        self.event(&leg.ended_event()).await?;
        self.records(&[leg.record(leg.ended + 60)]).await?;
        Ok(())
    }

    /// An item of the table.
    pub async fn item(&self, id: &str) -> Result<Option<Item>> {
        let client = self.stack.dynamo_client().await;
        let answer = client
            .get_item()
            .table_name(CONTACTS_TABLE)
            .key(ID, AttributeValue::S(id.to_owned()))
            .send()
            .await?;
        Ok(answer.item)
    }

    /// Every item of the table.
    pub async fn items(&self) -> Result<Vec<Item>> {
        let client = self.stack.dynamo_client().await;
        Ok(client
            .scan()
            .table_name(CONTACTS_TABLE)
            .send()
            .await?
            .items
            .unwrap_or_default())
    }

    /// The sum of a metric over all lines.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.metrics.text();
        text.lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|line| line.get(name).and_then(Value::as_u64))
            .sum()
    }
}
