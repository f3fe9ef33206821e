//! The `calls` table: one request puts an event, one request reads a call.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, ConditionCheck, Put, TransactWriteItem};
use jiff::Timestamp;
use ringback_lambda::error_code;
use tracing::warn;

use crate::event::Entry;
use crate::fold::fold;
use crate::id::CallId;
use crate::item::{self, CALL, EVENT, EXPIRES_AT, ID, Item, PART, POINTER, RECORD, RECORDING};
use crate::placed::{Asked, Placed};
use crate::record::CallRecord;

/// The code of an item that is not what we write, or of an event that cannot be written.
pub(crate) const SHAPE: &str = "item-of-another-shape";

/// How often a transaction that meets another on an item is tried: events of one call come together.
const ATTEMPTS: u32 = 8;

/// Second legs of one event, at most: a transaction takes 100 items.
const MOST_LEGS: usize = 90;

/// The `calls` table.
#[derive(Debug, Clone)]
pub struct CallStore {
    pub(crate) client: Client,
    pub(crate) table: String,
    /// In seconds.
    retention: i64,
}

/// The table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the calls table did not answer ({code})")]
pub struct StoreError {
    /// The service's error code, for example `ProvisionedThroughputExceededException`, or `timeout`, `unreachable` or
    /// `conflict`. Never a value of an item.
    pub code: String,
}

impl StoreError {
    /// Whether trying again is in vain: the table refuses what it is given.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ValidationException" | "ItemCollectionSizeLimitExceededException" | SHAPE
        )
    }

    /// Whether whoever sent it should send it again.
    pub fn is_passing(&self) -> bool {
        !self.is_permanent()
    }

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

/// An event, and what is stored with it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The call it belongs to.
    pub call: CallId,
    /// The event, with whose call it is and who told it.
    pub entry: Entry,
    /// The carrier's ids of second legs that the event ties to the call: [`CallStore::call_of_leg`] finds it by them.
    pub legs: Vec<String>,
    /// Whether it is taken only for a call that we asked this very account for, because nothing proves who sent it.
    pub placed_only: bool,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Stored,
    /// It was stored already; nothing has changed.
    Repeated,
    /// It is taken only for a call that we asked the account for, and we asked it for none of that id.
    NotPlaced,
}

/// One attempt's end: done, or somebody was on the same items.
enum Attempt {
    Done(Kept),
    Conflict,
}

/// What a call's partition holds.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    /// Its events.
    pub(crate) entries: Vec<Entry>,
    /// The parts of events that cannot be read.
    pub(crate) unreadable: Vec<String>,
    /// The parts of events and of recordings, each with its expiry.
    pub(crate) expiries: Vec<(String, i64)>,
    /// The parts of recordings that are to be archived, where they were asked for.
    pub(crate) recordings: BTreeSet<String>,
    /// The item of the record, where it was asked for and is there.
    pub(crate) record: Option<Item>,
}

impl Partition {
    fn add(&mut self, found: Item) {
        let part = item::text_of(&found, PART).unwrap_or_default().to_owned();
        if part == RECORD {
            self.record = Some(found);
            return;
        }
        let (is_event, is_recording) = (part.starts_with(EVENT), part.starts_with(RECORDING));
        if !is_event && !is_recording {
            return;
        }
        if let Some(expires) = item::number_of(&found, EXPIRES_AT) {
            self.expiries.push((part.clone(), expires));
        }
        if is_recording {
            self.recordings.insert(part);
            return;
        }
        match item::entry(&found) {
            Some(entry) => self.entries.push(entry),
            None => self.unreadable.push(part),
        }
    }

    /// When all of it may go: the earliest expiry there is.
    pub(crate) fn expires(&self) -> Option<i64> {
        let record = self
            .record
            .as_ref()
            .and_then(|record| item::number_of(record, EXPIRES_AT));
        let events = self.expiries.iter().map(|(_, expires)| *expires);
        events.chain(record).min()
    }

    /// Whether it counts as gone.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.expires().is_some_and(|expires| expires <= now.as_second())
    }
}

impl CallStore {
    /// The table of that name; a call is kept for `retention` after the day on which it was first heard of.
    pub fn new(client: Client, table: String, retention: Duration) -> Self {
        Self {
            client,
            table,
            retention: i64::try_from(retention.as_secs()).unwrap_or(i64::MAX),
        }
    }

    /// Stores an event: one request, and nothing is read. The same event again changes nothing, so whoever is not sure
    /// whether it was stored may send it again.
    ///
    /// # Errors
    /// When the table does not take it.
    pub async fn put(&self, new: &NewEvent) -> Result<Kept, StoreError> {
        let (tenant, entry) = (&new.entry.tenant, &new.entry);
        let expires = item::expiry(entry.received_at, self.retention);
        let event = item::of_entry(tenant, &new.call, entry, expires);
        let event = event.ok_or_else(|| StoreError::with(SHAPE))?;
        if !new.placed_only && new.legs.is_empty() {
            return self.put_alone(event).await;
        }
        // What shows that a call was placed, or became of its recordings, is nothing that an unproven sender may say.
        if new.placed_only && is_reserved(entry) {
            return Ok(Kept::NotPlaced);
        }
        let writes = self.writes(new, event, expires)?;
        for tried in 1..=ATTEMPTS {
            if let Attempt::Done(kept) = self.transact(writes.clone()).await? {
                return Ok(kept);
            }
            pause(tried).await;
        }
        Err(StoreError::with("conflict"))
    }

    /// The event as a part of a transaction that writes other things too. It holds only where the event is new; on its own,
    /// [`put`](Self::put) stores it.
    ///
    /// # Errors
    /// When the event cannot be written.
    pub fn part_of_transaction(&self, new: &NewEvent) -> Result<TransactWriteItem, StoreError> {
        let expires = item::expiry(new.entry.received_at, self.retention);
        let event = item::of_entry(&new.entry.tenant, &new.call, &new.entry, expires);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(event.ok_or_else(|| StoreError::with(SHAPE))?))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", ID)
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The call that a second leg belongs to, where an event has told.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn call_of_leg(
        &self,
        tenant: &str,
        carrier: &str,
        account: &str,
        leg: &str,
        now: Timestamp,
    ) -> Result<Option<CallId>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(ID, item::text(item::leg_id(tenant, carrier, account, leg)))
            .key(PART, item::text(POINTER))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        let pointer = answer
            .item
            .filter(|pointer| item::number_of(pointer, EXPIRES_AT).is_none_or(|at| at > now.as_second()));
        Ok(pointer.and_then(|pointer| CallId::parse(item::text_of(&pointer, CALL)?).ok()))
    }

    /// Whether we asked that account for the call.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn was_asked(
        &self,
        tenant: &str,
        call: &CallId,
        asked: Asked<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let part = item::event_part(&asked.event_id());
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(ID, item::text(item::call_id(tenant, call)))
            .key(PART, item::text(part))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        let gone = |found: &Item| item::number_of(found, EXPIRES_AT).is_some_and(|at| at <= now.as_second());
        Ok(answer.item.is_some_and(|found| !gone(&found)))
    }

    /// A call, from its events, with what was stored a moment ago. None if nothing is known of it, or not any more.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn read(
        &self,
        tenant: &str,
        call: &CallId,
        now: Timestamp,
    ) -> Result<Option<CallRecord>, StoreError> {
        Ok(fold(call, &self.events(tenant, call, now).await?))
    }

    /// A call as [`read`](Self::read) has it, and until when it is kept: the earliest expiry of its events.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn read_kept(
        &self,
        tenant: &str,
        call: &CallId,
        now: Timestamp,
    ) -> Result<Option<(CallRecord, Timestamp)>, StoreError> {
        let partition = self.events_of(tenant, call, now).await?;
        let until = partition.expires().and_then(|at| Timestamp::from_second(at).ok());
        let record = fold(call, &partition.entries);
        Ok(record.map(|record| (record, until.unwrap_or(Timestamp::MAX))))
    }

    /// The events of a call, with what was stored a moment ago: what [`read`](Self::read) folds.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn events(
        &self,
        tenant: &str,
        call: &CallId,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        Ok(self.events_of(tenant, call, now).await?.entries)
    }

    /// The part of a call that is its events; nothing where it has expired.
    async fn events_of(&self, tenant: &str, call: &CallId, now: Timestamp) -> Result<Partition, StoreError> {
        let partition = self.partition(tenant, call, Some(EVENT)).await?;
        if !partition.unreadable.is_empty() {
            let events = partition.unreadable.len();
            warn!(call.id = %call, events, "Left out events of a call that cannot be read");
        }
        if partition.is_gone(now) {
            return Ok(Partition::default());
        }
        Ok(partition)
    }

    /// What a call's partition holds, as it is now; of the parts that begin so. Some thousand events are one request.
    pub(crate) async fn partition(
        &self,
        tenant: &str,
        call: &CallId,
        parts: Option<&str>,
    ) -> Result<Partition, StoreError> {
        let mut partition = Partition::default();
        let mut from = None;
        loop {
            let mut page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#id = :id")
                .expression_attribute_names("#id", ID)
                .expression_attribute_values(":id", item::text(item::call_id(tenant, call)))
                .consistent_read(true)
                .set_exclusive_start_key(from);
            if let Some(start) = parts {
                page = page
                    .key_condition_expression("#id = :id AND begins_with(#part, :start)")
                    .expression_attribute_names("#part", PART)
                    .expression_attribute_values(":start", item::text(start));
            }
            let page = page.send().await.map_err(|error| StoreError::of(&error))?;
            for found in page.items.unwrap_or_default() {
                partition.add(found);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(partition);
            }
        }
    }

    /// Puts an item that is written once and never again.
    pub(crate) async fn put_alone(&self, event: Item) -> Result<Kept, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(event))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", ID)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Kept::Stored),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Kept::Repeated),
                _ => Err(StoreError::of(&error)),
            },
        }
    }

    /// The event first, then whether the account was asked for the call, then the second legs.
    fn writes(
        &self,
        new: &NewEvent,
        event: Item,
        expires: i64,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let entry = &new.entry;
        let event = Put::builder()
            .table_name(&self.table)
            .set_item(Some(event))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", ID)
            .build()?;
        let mut writes = vec![TransactWriteItem::builder().put(event).build()];
        if new.placed_only {
            let asked = asked_of(entry).event_id();
            let asked = ConditionCheck::builder()
                .table_name(&self.table)
                .key(ID, item::text(item::call_id(&entry.tenant, &new.call)))
                .key(PART, item::text(item::event_part(&asked)))
                .condition_expression("attribute_exists(#id)")
                .expression_attribute_names("#id", ID)
                .build()?;
            writes.push(TransactWriteItem::builder().condition_check(asked).build());
        }
        let legs: BTreeSet<_> = new.legs.iter().filter(|leg| !leg.is_empty()).collect();
        for leg in legs.into_iter().take(MOST_LEGS) {
            let id = item::leg_id(&entry.tenant, &entry.carrier, &entry.account, leg);
            let pointer = Put::builder()
                .table_name(&self.table)
                .item(ID, item::text(id))
                .item(PART, item::text(POINTER))
                .item(CALL, item::text(new.call.as_str()))
                .item(EXPIRES_AT, item::number(expires))
                .build()?;
            writes.push(TransactWriteItem::builder().put(pointer).build());
        }
        Ok(writes)
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Attempt, StoreError> {
        let request = self.client.transact_write_items();
        let sent = request.set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else {
            return Ok(Attempt::Done(Kept::Stored));
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
        else {
            return Err(StoreError::of(&error));
        };
        let codes: Vec<_> = canceled
            .cancellation_reasons()
            .iter()
            .map(|reason: &CancellationReason| reason.code().unwrap_or("None"))
            .collect();
        match codes.as_slice() {
            // The legs were written together with the event.
            ["ConditionalCheckFailed", ..] => return Ok(Attempt::Done(Kept::Repeated)),
            [_, "ConditionalCheckFailed", ..] => return Ok(Attempt::Done(Kept::NotPlaced)),
            _ => {}
        }
        let grave = codes
            .into_iter()
            .find(|code| !matches!(*code, "None" | "TransactionConflict"));
        match grave {
            None => Ok(Attempt::Conflict),
            Some("ValidationError") => Err(StoreError::with("ValidationException")),
            Some("ItemCollectionSizeLimitExceeded") => {
                Err(StoreError::with("ItemCollectionSizeLimitExceededException"))
            }
            Some(code) => Err(StoreError::with(code)),
        }
    }
}

/// The account that an event is of.
fn asked_of(entry: &Entry) -> Asked<'_> {
    Asked {
        carrier: &entry.carrier,
        account: &entry.account,
    }
}

/// Whether an event says what only we may say.
fn is_reserved(entry: &Entry) -> bool {
    let id = &entry.event.id;
    entry.event.kind.is_ours() || *id == Placed::event_id() || *id == asked_of(entry).event_id()
}

/// Those who met wait differently long, so that they do not meet again.
async fn pause(tried: u32) {
    let spread = RandomState::new().build_hasher().finish() % (u64::from(tried) * 10);
    tokio::time::sleep(Duration::from_millis(5 + spread)).await;
}
