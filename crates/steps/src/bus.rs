//! The way onto the bus.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_eventbridge::types::builders::PutEventsRequestEntryBuilder;
use ringback_connect::ids::InstanceArn;
use ringback_lambda::error_code;

use crate::event::{DETAIL_TYPE, SOURCE, StepEvent};
use crate::health::{HEALTH_DETAIL_TYPE, HealthEvent};

/// The event bus on which steps travel.
#[derive(Debug, Clone)]
pub struct StepBus {
    client: Client,
    name: String,
}

/// The bus did not take the step, so whoever tells it must tell it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event bus did not take the step ({code})")]
pub struct BusError {
    /// The service's error code, for example `ThrottlingException`, or `timeout` or `unreachable`.
    pub code: String,
}

impl StepBus {
    /// The bus of that name (or ARN).
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts one step on the bus; `instance` becomes the envelope's resource.
    ///
    /// # Errors
    /// When the bus does not answer, or answers that it did not take the entry.
    pub async fn send(&self, step: &StepEvent, instance: &InstanceArn) -> Result<(), BusError> {
        let detail = serde_json::to_string(step).map_err(|_| coded("unwritable"))?;
        let entry = entry(DETAIL_TYPE, detail).resources(instance.as_str());
        self.put(entry).await
    }

    /// Puts a switch of a carrier account's health on the bus.
    ///
    /// # Errors
    /// When the bus does not answer, or answers that it did not take the entry.
    pub async fn send_health(&self, event: &HealthEvent) -> Result<(), BusError> {
        let detail = serde_json::to_string(event).map_err(|_| coded("unwritable"))?;
        self.put(entry(HEALTH_DETAIL_TYPE, detail)).await
    }

    async fn put(&self, entry: PutEventsRequestEntryBuilder) -> Result<(), BusError> {
        let entry = entry.event_bus_name(&self.name).build();
        let request = self.client.put_events().entries(entry);
        let answer = request.send().await.map_err(|error| coded(&error_code(&error)))?;
        if answer.failed_entry_count() == 0 {
            return Ok(());
        }
        // An answer of success may say of each entry that it failed.
        let refused = answer.entries().iter().find_map(|entry| entry.error_code());
        Err(coded(refused.unwrap_or("unknown")))
    }
}

fn entry(detail_type: &str, detail: String) -> PutEventsRequestEntryBuilder {
    let entry = PutEventsRequestEntry::builder().source(SOURCE);
    entry.detail_type(detail_type).detail(detail)
}

fn coded(code: &str) -> BusError {
    BusError {
        code: code.to_owned(),
    }
}
