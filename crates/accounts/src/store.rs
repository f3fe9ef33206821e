//! The `carriers` table.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use ringback_lambda::error_code;

use crate::account::{Account, Problem, is_code};
use crate::slug::Slug;

/// The names in the table.
pub mod item {
    /// The table's partition key.
    pub const ID: &str = "id";
    /// The table's sort key.
    pub const PART: &str = "part";
    /// When DynamoDB may delete the item: seconds since 1970. Accounts never expire.
    pub const EXPIRES_AT: &str = "expiresAt";

    pub(crate) const ALONE: &str = "-";
    /// Counts writes of an account, so that no change is made on top of one that was not read.
    pub(crate) const REVISION: &str = "revision";
    pub(crate) const TOML: &str = "toml";
}

type Item = HashMap<String, AttributeValue>;

/// The accounts in their table.
#[derive(Debug, Clone)]
pub struct AccountStore {
    client: Client,
    table: String,
}

/// The table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the carriers table did not answer ({code})")]
pub struct StoreError {
    /// The service's error code, for example `ProvisionedThroughputExceededException`, or `timeout`, `unreachable` or
    /// `unreadable-item`. Never a value of an item.
    pub code: String,
}

/// An account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is none with that slug.
    #[error("there is no account with that slug")]
    NotFound,
    /// It may not become so.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// Somebody else changed it in between.
    #[error("somebody else has just changed it: look at it and try again")]
    Changed,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreError {
    fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        Self {
            code: error_code(error),
        }
    }

    fn with(code: &str) -> Self {
        Self {
            code: code.to_owned(),
        }
    }
}

impl AccountStore {
    /// The accounts in that table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds an account.
    ///
    /// # Errors
    /// When something is wrong with it, there is one with its slug, or the table does not answer.
    pub async fn add(&self, account: &Account) -> Result<(), ChangeError> {
        if let Some(problem) = account.problems().into_iter().next() {
            return Err(problem.into());
        }
        let puts = items(account, 1)?.map(|item| {
            let put = Put::builder().condition_expression("attribute_not_exists(id)");
            put.table_name(&self.table).set_item(Some(item))
        });
        self.write(puts.map(|put| Ok(TransactWriteItem::builder().put(put.build()?).build())))
            .await
    }

    /// The account with that slug, as it is or was within the last second.
    ///
    /// # Errors
    /// When the table does not answer, or its item cannot be read.
    pub async fn read(&self, slug: &Slug) -> Result<Option<Account>, StoreError> {
        let item = self.get(account_id(slug), false).await?;
        item.map(account).transpose()
    }

    /// A tenant's accounts, in the order of their slugs.
    ///
    /// # Errors
    /// When the table does not answer, or an item cannot be read.
    pub async fn list(&self, tenant: &str) -> Result<Vec<Account>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("id = :tenant AND begins_with(part, :account)")
            .expression_attribute_values(":tenant", text(tenant_id(tenant)))
            .expression_attribute_values(":account", text("account#"))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut accounts = Vec::new();
        while let Some(item) = pages.next().await {
            accounts.push(account(item.map_err(|error| StoreError::of(&error))?)?);
        }
        Ok(accounts)
    }

    /// Changes an account, unless somebody else does at the same time; answers with what it has become.
    ///
    /// # Errors
    /// When there is none, `change` refuses, something would be wrong with it, or the table does not answer.
    pub async fn change(
        &self,
        slug: &Slug,
        change: impl FnOnce(&mut Account) -> Result<(), Problem>,
    ) -> Result<Account, ChangeError> {
        let item = self
            .get(account_id(slug), true)
            .await?
            .ok_or(ChangeError::NotFound)?;
        let revision = revision(&item);
        let mut account = account(item)?;
        let tenant = account.tenant.clone();
        change(&mut account)?;
        if let Some(problem) = account.problems().into_iter().next() {
            return Err(problem.into());
        }
        if account.tenant != tenant || &account.slug != slug {
            return Err(Problem::new("tenant", "cannot be changed: calls are kept by it").into());
        }
        let puts = items(&account, revision + 1)?.map(|item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            put.condition_expression("revision = :read")
                .expression_attribute_values(":read", number(revision))
        });
        self.write(puts.map(|put| Ok(TransactWriteItem::builder().put(put.build()?).build())))
            .await?;
        Ok(account)
    }

    /// Removes an account: what its carrier still posts is refused from then on, a minute later at the latest.
    ///
    /// # Errors
    /// When there is none, somebody changes it at the same time, or the table does not answer.
    pub async fn remove(&self, slug: &Slug) -> Result<Account, ChangeError> {
        let item = self
            .get(account_id(slug), true)
            .await?
            .ok_or(ChangeError::NotFound)?;
        let revision = revision(&item);
        let account = account(item)?;
        let deletes = keys(&account).map(|key| {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key));
            delete
                .condition_expression("revision = :read")
                .expression_attribute_values(":read", number(revision))
        });
        self.write(deletes.map(|delete| Ok(TransactWriteItem::builder().delete(delete.build()?).build())))
            .await?;
        Ok(account)
    }

    /// Keeps the description of a carrier, in place of an older one.
    ///
    /// # Errors
    /// When the code is none or is built in, or the table does not answer.
    pub async fn describe(&self, code: &str, toml: &str) -> Result<(), ChangeError> {
        if !is_code(code) {
            let problem = "must be two lower-case letters or digits";
            return Err(Problem::new("code", problem).into());
        }
        if ringback_carriers::carrier(code).is_some() {
            let problem = "is that of a carrier that is built in: give the described one another";
            return Err(Problem::new("code", problem).into());
        }
        let put = self.client.put_item().table_name(&self.table);
        put.item(item::ID, text(carrier_id(code)))
            .item(item::PART, text(item::ALONE))
            .item(item::TOML, text(toml))
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        Ok(())
    }

    /// The description of a carrier, as TOML.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn description(&self, code: &str) -> Result<Option<String>, StoreError> {
        let item = self.get(carrier_id(code), false).await?;
        let toml = |item: Item| item.get(item::TOML).and_then(|toml| toml.as_s().ok()).cloned();
        Ok(item.and_then(toml))
    }

    async fn get(&self, id: String, consistent: bool) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(item::ID, text(id))
            .key(item::PART, text(item::ALONE))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        Ok(answer.item)
    }

    async fn write<const N: usize>(
        &self,
        parts: [Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError>; N],
    ) -> Result<(), ChangeError> {
        let mut request = self.client.transact_write_items();
        for part in parts {
            request = request.transact_items(part.map_err(|_| StoreError::with("incomplete-request"))?);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(refused))
                if matches!(
                    refused.err(),
                    TransactWriteItemsError::TransactionCanceledException(_)
                ) =>
            {
                Err(ChangeError::Changed)
            }
            Err(error) => Err(StoreError::of(&error).into()),
        }
    }
}

fn account_id(slug: &Slug) -> String {
    format!("account#{}", slug.as_str())
}

fn tenant_id(tenant: &str) -> String {
    format!("tenant#{tenant}")
}

fn carrier_id(code: &str) -> String {
    format!("carrier#{code}")
}

fn keys(account: &Account) -> [Item; 2] {
    let key = |id: String, part: String| {
        Item::from([
            (item::ID.to_owned(), text(id)),
            (item::PART.to_owned(), text(part)),
        ])
    };
    let by_slug = account_id(&account.slug);
    [
        key(by_slug.clone(), item::ALONE.to_owned()),
        key(tenant_id(&account.tenant), by_slug),
    ]
}

fn items(account: &Account, revision: u64) -> Result<[Item; 2], StoreError> {
    let mut fields: Item = serde_dynamo::to_item(account).map_err(|_| StoreError::with("unwritable-item"))?;
    fields.insert(item::REVISION.to_owned(), number(revision));
    Ok(keys(account).map(|key| fields.clone().into_iter().chain(key).collect()))
}

fn account(item: Item) -> Result<Account, StoreError> {
    serde_dynamo::from_item(item).map_err(|_| StoreError::with("unreadable-item"))
}

fn revision(item: &Item) -> u64 {
    let number = item.get(item::REVISION).and_then(|number| number.as_n().ok());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
