//! The `carriers` table, as far as placing calls goes.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use ringback_lambda::error_code;

use crate::item::{self, ID, Item, PART};

/// The code of an item that is not what we write.
pub(crate) const SHAPE: &str = "item-of-another-shape";
/// The code of items that others wrote each time we tried.
pub(crate) const CONFLICT: &str = "conflict";

/// What is kept for placing calls, in the `carriers` table.
#[derive(Debug, Clone)]
pub struct PlacingStore {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// The table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the carriers table did not answer ({code})")]
pub struct StoreError {
    /// The service's error code, for example `ProvisionedThroughputExceededException`, or `timeout`, `unreachable`,
    /// `conflict` or `item-of-another-shape`. Never a value of an item.
    pub code: String,
}

impl StoreError {
    pub(crate) fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        Self {
            code: error_code(error),
        }
    }

    pub(crate) fn with(code: &str) -> Self {
        Self {
            code: code.to_owned(),
        }
    }
}

/// A request that lacks a field; ours never do.
impl From<BuildError> for StoreError {
    fn from(_: BuildError) -> Self {
        Self::with(SHAPE)
    }
}

impl From<ringback_calls::StoreError> for StoreError {
    fn from(error: ringback_calls::StoreError) -> Self {
        Self { code: error.code }
    }
}

impl PlacingStore {
    /// The table of that name: the one of the carrier accounts.
    pub fn new(client: Client, carriers_table: String) -> Self {
        Self {
            client,
            table: carriers_table,
        }
    }

    pub(crate) async fn get(&self, id: String, part: &str) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(ID, item::text(id))
            .key(PART, item::text(part))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        Ok(answer.item)
    }

    pub(crate) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table);
        let sent = put.set_item(Some(item)).send().await;
        sent.map(|_| ()).map_err(|error| StoreError::of(&error))
    }

    /// Removes an item; whether there was one.
    pub(crate) async fn remove(&self, id: String, part: &str) -> Result<bool, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let sent = delete
            .key(ID, item::text(id))
            .key(PART, item::text(part))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        Ok(sent.attributes.is_some_and(|old| !old.is_empty()))
    }

    pub(crate) fn update(&self, id: String, part: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(ID, item::text(id))
            .key(PART, item::text(part))
    }
}

/// What a change came to that holds only under a condition.
pub(crate) enum Changed {
    /// It is made.
    Done,
    /// The condition does not hold; the item, if there is one.
    Not(Option<Item>),
}

/// Sends a change that has a condition.
pub(crate) async fn change(update: UpdateItemFluentBuilder) -> Result<Changed, StoreError> {
    let changed = changed(update).await?;
    Ok(changed.map_or_else(Changed::Not, |_| Changed::Done))
}

/// The same: what it returns, or the item for which the condition does not hold, if there is one.
pub(crate) async fn changed(
    update: UpdateItemFluentBuilder,
) -> Result<Result<Item, Option<Item>>, StoreError> {
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
    use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
    let sent = update
        .return_values_on_condition_check_failure(AllOld)
        .send()
        .await;
    let error = match sent {
        Ok(answer) => return Ok(Ok(answer.attributes.unwrap_or_default())),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Err(failed.item.clone())),
        _ => Err(StoreError::of(&error)),
    }
}

/// Those who met wait differently long, so that they do not meet again.
pub(crate) async fn pause(tried: u32) {
    let spread = RandomState::new().build_hasher().finish() % (u64::from(tried) * 10);
    tokio::time::sleep(Duration::from_millis(5 + spread)).await;
}
