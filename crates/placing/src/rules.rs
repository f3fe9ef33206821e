//! What operators say: policies, pins, numbers that are not to be called.

use ringback_calls::Number;

use crate::item::{self, ALONE, ID, PIN, POLICY};
use crate::pin::Pin;
use crate::policy::Policy;
use crate::store::{PlacingStore, SHAPE, StoreError};

impl PlacingStore {
    /// A tenant's policy; where none was set, the one by which nobody may be called.
    ///
    /// # Errors
    /// When the table does not answer, or the policy cannot be read: then nobody may be called either.
    pub async fn policy(&self, tenant: &str) -> Result<Policy, StoreError> {
        let Some(item) = self.get(item::policy_id(tenant), ALONE).await? else {
            return Ok(Policy::default());
        };
        let policy = item.get(POLICY).and_then(item::read);
        policy.ok_or_else(|| StoreError::with(SHAPE))
    }

    /// Sets a tenant's policy, in place of an older one. Whoever calls this looks at [`Policy::problems`] first.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn set_policy(&self, tenant: &str, policy: &Policy) -> Result<(), StoreError> {
        let mut item = item::keyed(item::policy_id(tenant), ALONE);
        let policy = item::written(policy).ok_or_else(|| StoreError::with(SHAPE))?;
        item.insert(POLICY.to_owned(), policy);
        self.put(item).await
    }

    /// A user's pin.
    ///
    /// # Errors
    /// When the table does not answer, or the pin cannot be read.
    pub async fn pin(&self, tenant: &str, user: &str) -> Result<Option<Pin>, StoreError> {
        let item = self.get(item::pins_id(tenant), user).await?;
        item.as_ref().map(pin).transpose()
    }

    /// Sets a user's pin, in place of an older one.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn set_pin(&self, tenant: &str, pin: &Pin) -> Result<(), StoreError> {
        let mut item = item::keyed(item::pins_id(tenant), &pin.user);
        let pin = item::written(pin).ok_or_else(|| StoreError::with(SHAPE))?;
        item.insert(PIN.to_owned(), pin);
        self.put(item).await
    }

    /// Removes a user's pin; whether there was one.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn remove_pin(&self, tenant: &str, user: &str) -> Result<bool, StoreError> {
        self.remove(item::pins_id(tenant), user).await
    }

    /// A tenant's pins, in the order of the users.
    ///
    /// # Errors
    /// When the table does not answer, or a pin cannot be read.
    pub async fn pins(&self, tenant: &str) -> Result<Vec<Pin>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#id = :id")
            .expression_attribute_names("#id", ID)
            .expression_attribute_values(":id", item::text(item::pins_id(tenant)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut pins = Vec::new();
        while let Some(item) = items.next().await {
            pins.push(pin(&item.map_err(|error| StoreError::of(&error))?)?);
        }
        Ok(pins)
    }

    /// Whether a number is on the tenant's list of those that are not to be called.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn may_not_be_called(&self, tenant: &str, number: &Number) -> Result<bool, StoreError> {
        let id = item::do_not_call_id(tenant, number.as_str());
        Ok(self.get(id, ALONE).await?.is_some())
    }

    /// Puts a number on that list.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn add_do_not_call(&self, tenant: &str, number: &Number) -> Result<(), StoreError> {
        let id = item::do_not_call_id(tenant, number.as_str());
        self.put(item::keyed(id, ALONE)).await
    }

    /// Takes a number off that list; whether it was on it.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn remove_do_not_call(&self, tenant: &str, number: &Number) -> Result<bool, StoreError> {
        let id = item::do_not_call_id(tenant, number.as_str());
        self.remove(id, ALONE).await
    }
}

fn pin(item: &item::Item) -> Result<Pin, StoreError> {
    let pin = item.get(PIN).and_then(item::read);
    pin.ok_or_else(|| StoreError::with(SHAPE))
}
