//! That calls were placed, and with which carrier accounts: what carriers that sign nothing may tell of.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use ringback_calls::{Asked, CallId, CallRecord, CallStore, Entry, NewEvent, RecordingFacts};
use ringback_carriers::PlacedLine;

use super::life::Life;
use crate::reach::Settings;
use crate::replay::Replay;
use crate::stack::Stack;

/// How long calls are kept, as functions have it where nobody says otherwise.
const RETENTION: Duration = Duration::from_secs(365 * 24 * 3600);

/// The calls of a stack.
pub async fn calls(stack: &Stack) -> CallStore {
    let table = crate::dynamo::CALLS_TABLE.to_owned();
    CallStore::new(stack.dynamo_client().await, table, RETENTION)
}

/// The calls of an environment as `ringback serve` writes it.
///
/// # Errors
/// When the file cannot be read, or does not say where the table is.
pub async fn calls_of_env_file(file: &Path) -> Result<CallStore> {
    let settings = Settings::of_file(file)?;
    let table = settings.needed("CALLS_TABLE")?;
    Ok(CallStore::new(settings.reach().await?.client, table, RETENTION))
}

/// Writes down that the lives' calls were placed, each with the account to which its carrier posts.
///
/// # Errors
/// When the table does not take it.
pub async fn place(calls: &CallStore, tenant: &str, lives: &[Life]) -> Result<()> {
    for life in lives {
        let placed = Entry {
            tenant: tenant.to_owned(),
            carrier: "own".to_owned(),
            account: String::new(),
            received_at: Timestamp::now(),
            event: life.placed.event(life.at),
        };
        let asked = Asked {
            carrier: &life.carrier,
            account: life.account(),
        };
        let asked = Entry {
            received_at: placed.received_at,
            ..asked.entry(tenant, life.at)
        };
        for entry in [placed, asked] {
            let new = NewEvent {
                call: life.call.clone(),
                entry,
                legs: Vec::new(),
                placed_only: false,
            };
            calls.put(&new).await?;
        }
    }
    Ok(())
}

/// The record of a call whose events came once and in order, made without a table. The lives are one call's: several
/// where several carriers tell of it.
///
/// # Errors
/// When a carrier cannot read what it is said to send, or the lives are of several calls.
pub fn record_in_order(lives: &[&Life], tenant: &str) -> Result<CallRecord> {
    let mut replay = Replay::default();
    for life in lives {
        replay.placed(&PlacedLine {
            call_id: life.call.clone(),
            at: life.at,
            placed: life.placed.clone(),
        })?;
        for request in &life.requests {
            replay.request(request)?;
        }
    }
    let mut found = replay.finish();
    match (found.records.pop(), found.records.len()) {
        (Some(record), 0) => Ok(CallRecord {
            tenant: tenant.to_owned(),
            ..record
        }),
        _ => bail!("the lives are not one call's"),
    }
}

/// Calls in a table beside the same calls made in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many records are equal.
    pub equal: u64,
    /// The calls whose record is another.
    pub different: Vec<CallId>,
    /// The calls that are not there.
    pub missing: Vec<CallId>,
}

impl Compared {
    /// Whether all of them are equal.
    pub fn is_good(&self) -> bool {
        self.different.is_empty() && self.missing.is_empty()
    }
}

/// Compares what is in the table with what the lives make when they are told once and in order. Times that no carrier
/// tells are when we heard of them, so they do not count, and neither does what became of recordings since.
///
/// # Errors
/// When the table cannot be read, or a life not be made.
pub async fn compare(calls: &CallStore, tenant: &str, lives: &[Life]) -> Result<Compared> {
    let mut by_call: BTreeMap<&CallId, Vec<&Life>> = BTreeMap::new();
    for life in lives {
        by_call.entry(&life.call).or_default().push(life);
    }
    let mut compared = Compared::default();
    for (call, lives) in by_call {
        let expected = as_told(record_in_order(&lives, tenant)?);
        match calls.read(tenant, call, Timestamp::now()).await? {
            None => compared.missing.push(call.clone()),
            Some(record) if before_archiving(as_told(record.clone()), &expected) == expected => {
                compared.equal += 1
            }
            Some(_) => compared.different.push(call.clone()),
        }
    }
    Ok(compared)
}

/// A record without what we have done with its recordings.
fn before_archiving(mut record: CallRecord, expected: &CallRecord) -> CallRecord {
    // Where two carriers tell of a call, the recording of the one that came less far may have been archived before that
    // was known. The record keeps where it lies, and nothing of what that carrier said.
    record
        .recordings
        .retain(|_, recording| recording.state.is_some() || recording.at_carrier.is_some());
    for (id, recording) in &mut record.recordings {
        let told = expected
            .recordings
            .get(id)
            .and_then(|recording| recording.seconds);
        *recording = RecordingFacts {
            archived: None,
            archived_at: None,
            given_up: None,
            deleted_at_carrier: None,
            delete_refused: None,
            held: None,
            // Where no carrier tells it, the recording does.
            seconds: recording.seconds.filter(|_| told.is_some()),
            ..std::mem::take(recording)
        };
    }
    record
}

/// A record without the times that no carrier told, but with the note of which they are.
pub fn as_told(mut record: CallRecord) -> CallRecord {
    let CallRecord {
        inferred,
        a,
        b,
        bridged_at,
        ended_at,
        ..
    } = &mut record;
    for name in inferred.iter() {
        let slot = match name.as_str() {
            "bridgedAt" => &mut *bridged_at,
            "endedAt" => &mut *ended_at,
            "a.dialledAt" => &mut a.dialled_at,
            "a.ringingAt" => &mut a.ringing_at,
            "a.answeredAt" => &mut a.answered_at,
            "a.endedAt" => &mut a.ended_at,
            "b.dialledAt" => &mut b.dialled_at,
            "b.ringingAt" => &mut b.ringing_at,
            "b.answeredAt" => &mut b.answered_at,
            "b.endedAt" => &mut b.ended_at,
            _ => continue,
        };
        *slot = None;
    }
    record
}
