//! A call's record, written beside its events so that lists find it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::Timestamp;

use crate::event::Entry;
use crate::fold::fold;
use crate::id::CallId;
use crate::item::{self, EVENT, EXPIRES_AT, ID, Item, PART, VERSION};
use crate::placed::Placed;
use crate::record::CallRecord;
use crate::recording::{LONGEST_RECORDING_ID, Wanted};
use crate::store::{CallStore, Kept, SHAPE, StoreError};

/// What became of a call's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is written.
    Written,
    /// It was there, and is the same.
    Same,
    /// A record of more events was there.
    Older,
    /// There is nothing to write: the call has expired, or none of its events can be read.
    None,
}

/// A call, folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Projected {
    /// The record.
    pub record: Option<CallRecord>,
    /// What became of it.
    pub change: Change,
    /// The ids of events that cannot be read, and are not in the record.
    pub unreadable: Vec<String>,
    /// The ids of events that tell of a recording whose id is too long to be archived.
    pub unnamable: Vec<String>,
    /// Recordings for which an item was written, so that they are archived.
    pub wanted: u64,
    /// Events and recordings that have got the call's expiry in place of a later one of their own.
    pub aligned: u64,
    /// Why the table does not take the whole record, or a recording's item, now or ever. In place of the record there is a
    /// shorter one then, so that lists know the call's state; the events have everything.
    pub refused: Option<StoreError>,
    /// Whether we placed the call, and so it may hold a line and a slot.
    pub placed: bool,
    /// The account whose carrier told of the call last, unasked, and when we heard that.
    pub heard: Option<(String, Timestamp)>,
}

/// Who told last, and when. What we say ourselves, or were told because we asked, does not show that a carrier tells; nor
/// does Amazon Connect, whose events are filed under its instance, which is the tenant.
fn heard(entries: &[Entry]) -> Option<(String, Timestamp)> {
    let unasked = |entry: &&Entry| {
        let ours = entry.event.kind.is_ours() || entry.event.by.is_some();
        !ours && !entry.account.is_empty() && entry.account != entry.tenant
    };
    let last = entries
        .iter()
        .filter(unasked)
        .max_by_key(|entry| entry.received_at)?;
    Some((last.account.clone(), last.received_at))
}

impl CallStore {
    /// Folds a call and writes its record, if it differs from what is there, and an item for each recording that is to be
    /// archived and has none. Repeating it changes nothing, and of two who do it at once the one who has seen more events
    /// wins. Where the table refuses the record for ever, as it does one that is too large, a shorter one is written, so
    /// that no list shows the call as it was before.
    ///
    /// # Errors
    /// When the table does not answer, or not even takes the shortest record.
    pub async fn project(
        &self,
        tenant: &str,
        call: &CallId,
        now: Timestamp,
    ) -> Result<Projected, StoreError> {
        let partition = self.partition(tenant, call, None).await?;
        let unreadable = partition
            .unreadable
            .iter()
            .map(|part| part.strip_prefix(EVENT).unwrap_or(part).to_owned());
        let mut projected = Projected {
            record: None,
            change: Change::None,
            unreadable: unreadable.collect(),
            unnamable: Vec::new(),
            wanted: 0,
            aligned: 0,
            refused: None,
            placed: partition
                .entries
                .iter()
                .any(|entry| entry.event.id == Placed::event_id()),
            heard: heard(&partition.entries),
        };
        let Some(expires) = partition.expires() else {
            return Ok(projected);
        };
        // Also where the call has expired: what came too late must not stay behind and be taken for a call of its own.
        for (part, own) in &partition.expiries {
            if *own > expires && self.align(tenant, call, part, expires).await? {
                projected.aligned += 1;
            }
        }
        if partition.is_gone(now) {
            return Ok(projected);
        }
        let unnamable = partition.entries.iter().filter(|entry| {
            let mut ids = entry.event.facts.recordings.keys();
            ids.any(|id| id.len() > LONGEST_RECORDING_ID)
        });
        projected.unnamable = unnamable
            .map(|entry| entry.event.id.as_str().to_owned())
            .collect();
        projected.record = fold(call, &partition.entries);
        if let Some(record) = &projected.record {
            // Neither keeps the other from being written: a call that cannot be archived is over all the same.
            let (wanted, unwanted) = self.want(record, &partition.recordings, expires).await?;
            projected.wanted = wanted;
            let old = partition.record.as_ref();
            let (change, refused) = self.write_what_it_takes(record, old, expires).await?;
            projected.change = change;
            projected.refused = refused.or(unwanted);
        }
        Ok(projected)
    }

    /// Writes the record: the whole, or what the table takes of it, and why it does not take more.
    async fn write_what_it_takes(
        &self,
        record: &CallRecord,
        old: Option<&Item>,
        expires: i64,
    ) -> Result<(Change, Option<StoreError>), StoreError> {
        let mut refused = None;
        for of_record in [item::of_record, item::of_short_record, item::of_shortest_record] {
            let written = match of_record(record, expires) {
                Some(new) if old == Some(&new) => Ok(Change::Same),
                Some(new) => self.write(record, new).await,
                None => Err(StoreError::with(SHAPE)),
            };
            match written {
                Ok(change) => return Ok((change, refused)),
                Err(problem) if problem.is_permanent() => refused = Some(refused.unwrap_or(problem)),
                Err(problem) => return Err(problem),
            }
        }
        Err(refused.unwrap_or_else(|| StoreError::with(SHAPE)))
    }

    /// Writes an item for each recording that can be fetched, is neither archived nor given up, and has none; how many, and
    /// why the table does not take one of them. The fold has given up those whose ids are too long for a message. The item
    /// stays until the call expires, so each recording gets one, once.
    async fn want(
        &self,
        record: &CallRecord,
        there: &BTreeSet<String>,
        expires: i64,
    ) -> Result<(u64, Option<StoreError>), StoreError> {
        let (mut written, mut refused) = (0, None);
        for (id, recording) in &record.recordings {
            if !recording.is_to_be_archived() || there.contains(&item::recording_part(id)) {
                continue;
            }
            let wanted = Wanted {
                tenant: record.tenant.clone(),
                call_id: record.id.clone(),
                recording_id: id.clone(),
                version: record.version,
            };
            let new = item::of_recording(&wanted, expires).ok_or_else(|| StoreError::with(SHAPE))?;
            match self.put_alone(new).await {
                Ok(kept) => written += u64::from(kept == Kept::Stored),
                Err(problem) if problem.is_permanent() => refused = Some(problem),
                Err(problem) => return Err(problem),
            }
        }
        Ok((written, refused))
    }

    /// Gives an event or a recording the call's expiry; not if somebody has, or it is gone.
    async fn align(&self, tenant: &str, call: &CallId, part: &str, expires: i64) -> Result<bool, StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(ID, item::text(item::call_id(tenant, call)))
            .key(PART, item::text(part))
            .update_expression("SET #expires = :expires")
            .condition_expression("#expires > :expires")
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":expires", item::number(expires))
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

    async fn write(&self, record: &CallRecord, new: Item) -> Result<Change, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(new))
            .condition_expression("attribute_not_exists(#id) OR #version <= :version")
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":version", item::number(record.version))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Change::Written),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Change::Older),
                _ => Err(StoreError::of(&error)),
            },
        }
    }
}
