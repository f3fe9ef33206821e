//! Changing the directory. Every change carries a version: an older one never wins, and the same one twice changes
//! nothing.
//!
//! A change reads the record of what it changes, works out what follows, and writes all of it in one transaction that
//! holds only while the record is as it was read. Whoever loses that race reads again.

mod aliases;

mod orders;
mod people;
mod shops;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use ringback_connect::{CallerKind, CallerPoint};
use serde::Serialize;

use crate::directory::{Directory, DirectoryError};
use crate::item::{
    self, ALIAS, ALIASES, EXPIRES_AT, GONE, ID, Item, MOVING, PART, RECORD, REVISION, TO, VERSION,
};

/// How long a tombstone is kept, in seconds: an event older than this is not believed to come any more.
const TOMBSTONE: i64 = 30 * 24 * 3600;
/// Aliases of one customer: a move writes all of them in one transaction, which takes 100 items.
const MOST_ALIASES: usize = 30;
/// How often a change that meets others is tried.
const ATTEMPTS: u32 = 12;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Stored,
    /// This version is stored already.
    Repeated,
    /// A newer version is stored.
    Older,
}

/// One attempt's end: done, or somebody was faster.
enum Attempt {
    Done(Kept),
    Again,
}

impl Directory {
    /// The version of an end: the one given, else one more than is stored. None where there is nothing to end.
    async fn end_of(&self, key: &str, version: Option<u64>) -> Result<Option<u64>, DirectoryError> {
        if version.is_some() {
            return Ok(version);
        }
        let stored = self.record(key, true).await?;
        Ok(stored
            .filter(|stored| !item::is_gone(stored))
            .map(|stored| item::count(&stored, VERSION).saturating_add(1)))
    }

    async fn repeatedly<F, A>(&self, attempt: F) -> Result<Kept, DirectoryError>
    where
        F: Fn() -> A,
        A: Future<Output = Result<Attempt, DirectoryError>>,
    {
        for tried in 1..=ATTEMPTS {
            if let Attempt::Done(kept) = Box::pin(attempt()).await? {
                return Ok(kept);
            }
            pause(tried).await;
        }
        Err(DirectoryError::with("conflict"))
    }

    /// Whether the transaction was made; not if a condition did not hold or another was on the same items.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<bool, DirectoryError> {
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let Err(error) = sent else { return Ok(true) };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
        else {
            return Err(DirectoryError::of(&error));
        };
        let codes = canceled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code());
        let grave = codes
            .filter(|code| !matches!(*code, "None" | "ConditionalCheckFailed" | "TransactionConflict"))
            .map(|code| {
                if code == "ValidationError" {
                    "ValidationException"
                } else {
                    code
                }
            })
            .next();
        grave.map_or(Ok(false), |code| Err(DirectoryError::with(code)))
    }

    fn item_at(&self, point: &CallerPoint, part: &str) -> Item {
        HashMap::from([
            (ID.to_owned(), item::text(self.point_key(point))),
            (PART.to_owned(), item::text(part)),
        ])
    }

    fn delete(&self, key: &str, part: &str) -> Result<TransactWriteItem, DirectoryError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key(ID, item::text(key))
            .key(PART, item::text(part))
            .build()
            .map_err(|_| DirectoryError::with("invalid-delete"))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn check(&self, key: &str, condition: Condition) -> Result<TransactWriteItem, DirectoryError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key(ID, item::text(key))
            .key(PART, item::text(RECORD))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|_| DirectoryError::with("invalid-check"))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// What a record must be like for a transaction to hold.
struct Condition {
    expression: &'static str,
    names: HashMap<String, String>,
    values: Option<HashMap<String, AttributeValue>>,
}

/// The record is as it was read.
fn unchanged(old: Option<&Item>) -> Condition {
    match old {
        None => Condition {
            expression: "attribute_not_exists(#id)",
            names: HashMap::from([("#id".to_owned(), ID.to_owned())]),
            values: None,
        },
        Some(old) => Condition {
            expression: "#revision = :revision",
            names: HashMap::from([("#revision".to_owned(), REVISION.to_owned())]),
            values: Some(HashMap::from([(
                ":revision".to_owned(),
                item::number(item::count(old, REVISION)),
            )])),
        },
    }
}

/// The record points to the same place, whatever else of it has changed.
fn same_place(record: &Item) -> Condition {
    Condition {
        expression: "#to = :to",
        names: HashMap::from([("#to".to_owned(), TO.to_owned())]),
        values: record
            .get(TO)
            .map(|to| HashMap::from([(":to".to_owned(), to.clone())])),
    }
}

/// Whether a stored record is as new as a change, or newer.
fn outdated(old: Option<&Item>, version: u64) -> Option<Kept> {
    match item::count(old?, VERSION) {
        stored if stored == version => Some(Kept::Repeated),
        stored if stored > version => Some(Kept::Older),
        _ => None,
    }
}

/// The record after `old`: of that version, still with the aliases and the moves that are under way.
fn successor(key: &str, old: Option<&Item>, version: u64) -> Item {
    let revision = old.map_or(0, |old| item::count(old, REVISION)).saturating_add(1);
    let mut record = HashMap::from([
        (ID.to_owned(), item::text(key)),
        (PART.to_owned(), item::text(RECORD)),
        (VERSION.to_owned(), item::number(version)),
        (REVISION.to_owned(), item::number(revision)),
    ]);
    for carried in [ALIASES, MOVING] {
        if let Some(value) = old.and_then(|old| old.get(carried)) {
            record.insert(carried.to_owned(), value.clone());
        }
    }
    record
}

/// Those who met wait differently long, so that they do not meet again.
async fn pause(tried: u32) {
    let spread = RandomState::new().build_hasher().finish() % (u64::from(tried) * 5);
    tokio::time::sleep(Duration::from_millis(5 + spread)).await;
}

/// The customer whom a contact point names by id.
fn customer_of(point: &CallerPoint) -> Option<&str> {
    (point.kind() == CallerKind::Customer).then(|| point.value())
}

fn bury(record: &mut Item, now: Timestamp) {
    record.insert(GONE.to_owned(), AttributeValue::Bool(true));
    record.insert(
        EXPIRES_AT.to_owned(),
        item::number(now.as_second().saturating_add(TOMBSTONE)),
    );
}

fn owner_of(customer: &str) -> String {
    format!("{ALIAS}customer:{customer}")
}

fn customer_point(id: &str) -> Result<CallerPoint, DirectoryError> {
    CallerPoint::new(CallerKind::Customer, id).map_err(|_| DirectoryError::with("ValidationException"))
}

fn put(table: &str, item: Item, condition: Option<Condition>) -> Result<TransactWriteItem, DirectoryError> {
    let mut put = Put::builder().table_name(table).set_item(Some(item));
    if let Some(condition) = condition {
        put = put
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values);
    }
    let put = put.build().map_err(|_| DirectoryError::with("invalid-put"))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn written(document: &impl Serialize) -> Result<AttributeValue, DirectoryError> {
    serde_dynamo::to_attribute_value(document).map_err(|_| DirectoryError::with("ValidationException"))
}
