//! Who archives a recording: a lease in the recording's own item, beside the call.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::CallEvent;
use crate::item::{
    self, ATTEMPTS, EXPIRES_AT, FIRST_TRIED_MS, HOLDER, ID, Item, LEASE_UNTIL_MS, PART, TOKEN, TRIES, UPLOAD,
};
use crate::recording::Wanted;
use crate::store::{CallStore, NewEvent, SHAPE, StoreError};

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The recording is the claimer's, until the lease ends.
    Mine(Lease),
    /// Somebody has it.
    Busy {
        /// Until when, if he does not release it before.
        until: Timestamp,
        /// Whether he has the claimer's name: an earlier attempt at the same message.
        same_holder: bool,
    },
    /// Nobody wants the recording, or not any more.
    Gone,
}

/// The right to archive a recording, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who has it.
    pub holder: String,
    /// Until when, in whole milliseconds.
    pub until: Timestamp,
    /// How many attempts there were, this one included. No two leases of a recording have the same.
    pub attempts: u64,
    /// How many attempts there were since the recording was last [closed](CallStore::close), this one included.
    pub tries: u64,
    /// When the first of these began, in whole milliseconds.
    pub first_tried_at: Timestamp,
    /// The upload that an attempt before has left behind.
    pub upload: Option<Upload>,
}

/// A multipart upload that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The object's key.
    pub key: String,
    /// The upload's id.
    pub id: String,
}

impl NewEvent {
    /// An event of ours about a recording.
    pub fn of_recording(wanted: &Wanted, event: CallEvent, received_at: Timestamp) -> Self {
        Self {
            call: wanted.call_id.clone(),
            entry: wanted.entry(event, received_at),
            legs: Vec::new(),
            placed_only: false,
        }
    }
}

impl CallStore {
    /// Takes the recording for so long, if nobody has it: one request. Of any number who claim it at once one gets it.
    /// A lease that has ended is nobody's, and what it has left behind is handed on. Where the answer is lost and the SDK
    /// asks again, the claim finds its own lease, and has it.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn claim(
        &self,
        wanted: &Wanted,
        holder: &str,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let length = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let until = now.as_millisecond().saturating_add(length);
        let token = getrandom::u64().map_err(|_| StoreError::with("no-randomness"))?;
        let token = format!("{token:016x}");
        let sent = self
            .update(wanted)
            .update_expression(
                "SET #holder = :holder, #until = :until, #token = :token, #first = if_not_exists(#first, :now), \
                 #tries = if_not_exists(#tries, :none) + :one, #attempts = if_not_exists(#attempts, :none) + :one",
            )
            // What is not there has no expiry, so a claim makes no item.
            .condition_expression("#expires > :seconds AND (attribute_not_exists(#until) OR #until <= :now)")
            .expression_attribute_names("#holder", HOLDER)
            .expression_attribute_names("#until", LEASE_UNTIL_MS)
            .expression_attribute_names("#token", TOKEN)
            .expression_attribute_names("#first", FIRST_TRIED_MS)
            .expression_attribute_names("#tries", TRIES)
            .expression_attribute_names("#attempts", ATTEMPTS)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":holder", item::text(holder))
            .expression_attribute_values(":until", item::number(until))
            .expression_attribute_values(":token", item::text(&token))
            .expression_attribute_values(":now", item::number(now.as_millisecond()))
            .expression_attribute_values(":seconds", item::number(now.as_second()))
            .expression_attribute_values(":none", item::number(0))
            .expression_attribute_values(":one", item::number(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match sent {
            Ok(done) => {
                let lease = done.attributes.as_ref().and_then(lease_of);
                return lease.map(Claimed::Mine).ok_or_else(|| StoreError::with(SHAPE));
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let own = failed
                    .item
                    .as_ref()
                    .filter(|item| item::text_of(item, TOKEN) == Some(&token));
                match own.and_then(lease_of) {
                    Some(lease) => Ok(Claimed::Mine(lease)),
                    None => Ok(refused(failed.item.as_ref(), holder, now)),
                }
            }
            _ => Err(StoreError::of(&error)),
        }
    }

    /// Writes down the upload that the holder of the lease has begun, so that whoever comes after can end it; or that
    /// there is none any more. False if the lease is somebody else's now, and nothing is written.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn keep_upload(
        &self,
        wanted: &Wanted,
        lease: &Lease,
        upload: Option<&Upload>,
    ) -> Result<bool, StoreError> {
        let request = self.update(wanted).expression_attribute_names("#upload", UPLOAD);
        let request = match upload {
            Some(upload) => {
                let upload = item::written(upload).ok_or_else(|| StoreError::with(SHAPE))?;
                request
                    .update_expression("SET #upload = :upload")
                    .expression_attribute_values(":upload", upload)
            }
            None => request.update_expression("REMOVE #upload"),
        };
        while_held(request, lease).await
    }

    /// Ends the lease at once. The attempt stays counted, and the upload written down. Nothing happens to a lease that is
    /// somebody else's now.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn release(&self, wanted: &Wanted, lease: &Lease) -> Result<(), StoreError> {
        let request = self
            .update(wanted)
            .update_expression("REMOVE #holder, #until, #token");
        while_held(no_longer_held(request), lease).await.map(|_| ())
    }

    /// Ends the lease at once because the recording is done with, for better or worse. Whoever claims it later begins
    /// anew: his is the first try.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn close(&self, wanted: &Wanted, lease: &Lease) -> Result<(), StoreError> {
        let request = self
            .update(wanted)
            .update_expression("REMOVE #holder, #until, #token, #first, #tries")
            .expression_attribute_names("#first", FIRST_TRIED_MS)
            .expression_attribute_names("#tries", TRIES);
        while_held(no_longer_held(request), lease).await.map(|_| ())
    }

    fn update(&self, wanted: &Wanted) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(ID, item::text(item::call_id(&wanted.tenant, &wanted.call_id)))
            .key(PART, item::text(item::recording_part(&wanted.recording_id)))
    }
}

fn no_longer_held(request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
    request
        .expression_attribute_names("#until", LEASE_UNTIL_MS)
        .expression_attribute_names("#token", TOKEN)
}

/// Sends a change that only the holder of the lease may make; whether it was made.
async fn while_held(request: UpdateItemFluentBuilder, lease: &Lease) -> Result<bool, StoreError> {
    let sent = request
        .condition_expression("#holder = :holder AND #attempts = :attempts")
        .expression_attribute_names("#holder", HOLDER)
        .expression_attribute_names("#attempts", ATTEMPTS)
        .expression_attribute_values(":holder", item::text(&lease.holder))
        .expression_attribute_values(":attempts", item::number(lease.attempts))
        .send()
        .await;
    match sent {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(StoreError::of(&error)),
        },
    }
}

fn lease_of(item: &Item) -> Option<Lease> {
    Some(Lease {
        holder: item::text_of(item, HOLDER)?.to_owned(),
        until: time_of(item, LEASE_UNTIL_MS)?,
        attempts: u64::try_from(item::number_of(item, ATTEMPTS)?).ok()?,
        tries: u64::try_from(item::number_of(item, TRIES)?).ok()?,
        first_tried_at: time_of(item, FIRST_TRIED_MS)?,
        upload: item.get(UPLOAD).and_then(item::read),
    })
}

/// Why a claim was refused, from the item as it is.
fn refused(item: Option<&Item>, holder: &str, now: Timestamp) -> Claimed {
    let there = item
        .filter(|item| item::number_of(item, EXPIRES_AT).is_some_and(|expires| expires > now.as_second()));
    let until = there.and_then(|item| time_of(item, LEASE_UNTIL_MS));
    match until {
        Some(until) => Claimed::Busy {
            until,
            same_holder: there.and_then(|item| item::text_of(item, HOLDER)) == Some(holder),
        },
        None => Claimed::Gone,
    }
}

fn time_of(item: &Item, name: &str) -> Option<Timestamp> {
    let at = item::number_of(item, name)?;
    // A lease beyond all times lasts until the end of them.
    Some(Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX))
}
