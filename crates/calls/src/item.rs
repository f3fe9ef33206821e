//! The items of the `calls` table: names of keys and attributes, and reading an item back.
//!
//! | `id` | `part` | attributes |
//! | --- | --- | --- |
//! | `call#<tenant>#<call>` | `event#<event>` | `tenant`, `carrier`, `account`, `receivedAt`, `event` |
//! | | `record` | `call` (the whole record, if it fits), `summary`, `version`; for the indexes `agentKey`, `customerKey`, `referenceKey`, `carrierCallKey`, `openKey`, `createdMs`, `due`, `nextCheckAt` |
//! | | `recording#<recording>` | `tenant`, `callId`, `recordingId`, `version`; while and since somebody archives it `holder`, `leaseUntilMs`, `leaseToken`, `firstTriedMs`, `tries`, `attempts`, `upload` |
//! | `leg#<tenant>#<carrier>#<account>#<leg>` | `-` | `call`: the id of the call that the leg belongs to |
//!
//! All of them have `expiresAt`. The tenant is in every key, and comes from the account that an event was posted for: no
//! account can write into another tenant's call, whatever id it names.
//!
//! **One expiry for a call, fixed at its creation.** DynamoDB deletes items one by one, some hours or days after they
//! have expired. If each event of a call had an expiry of its own, the first would be gone while later ones still fold
//! to half a record. So an event expires a number of days after the *end of the UTC day* on which it was heard, which is
//! the same for nearly all events of a call; whoever folds the call moves those of later days to the earliest; and
//! reading takes a call whose earliest expiry has passed for gone, whatever is still lying there.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::due::{next_check, shard};
use crate::event::Entry;
use crate::id::{CallId, EventId};
use crate::list::Summary;
use crate::record::{CallRecord, State};
use crate::recording::Wanted;

/// The table's partition key.
pub const ID: &str = "id";
/// The table's sort key.
pub const PART: &str = "part";
/// When DynamoDB may delete the item: seconds since 1970.
pub const EXPIRES_AT: &str = "expiresAt";
/// The part of a call's record.
pub const RECORD: &str = "record";
/// What the parts of a call's events begin with.
pub const EVENT: &str = "event#";
/// What the parts of recordings that are to be archived begin with.
pub const RECORDING: &str = "recording#";

/// The sparse index of an agent's calls.
pub const BY_AGENT: &str = "by-agent";
/// Its partition key: `<tenant>#<agent>`.
pub const AGENT_KEY: &str = "agentKey";
/// The sparse index of a customer's calls.
pub const BY_CUSTOMER: &str = "by-customer";
/// Its partition key: `<tenant>#<number>`.
pub const CUSTOMER_KEY: &str = "customerKey";
/// The sparse index of the calls about something in the owner's own systems.
pub const BY_REFERENCE: &str = "by-reference";
/// Its partition key: `<tenant>#<reference>`.
pub const REFERENCE_KEY: &str = "referenceKey";
/// The sparse index of calls by the carrier's own id.
pub const BY_CARRIER_CALL: &str = "by-carrier-call";
/// Its partition key: `<tenant>#<carrier>#<id>`.
pub const CARRIER_CALL_KEY: &str = "carrierCallKey";
/// The sparse index of the calls that are not over.
pub const BY_OPEN: &str = "by-open";
/// Its partition key: `<tenant>`, there until the call is closed. A tenant's open calls are as many as it has lines, so one
/// partition is enough.
pub const OPEN_KEY: &str = "openKey";
/// The sort key of these five: when the call began, in milliseconds since 1970. A number, because text with fractions of
/// a second does not sort.
pub const CREATED_MS: &str = "createdMs";
/// What these five hold of a record besides its keys: enough for a line of a list.
pub const SUMMARY: &str = "summary";
/// The sparse index of the calls that somebody must look at.
pub const BY_DUE: &str = "by-due";
/// Its partition key: `due#0` to `due#15`.
pub const DUE: &str = "due";
/// Its sort key: when, in seconds since 1970.
pub const NEXT_CHECK_AT: &str = "nextCheckAt";

pub(crate) const CALL: &str = "call";
pub(crate) const VERSION: &str = "version";
pub(crate) const POINTER: &str = "-";
/// Who archives a recording; none where nobody does.
pub(crate) const HOLDER: &str = "holder";
/// Until when, in milliseconds since 1970.
pub(crate) const LEASE_UNTIL_MS: &str = "leaseUntilMs";
/// What the claim that has the lease drew, and no other has.
pub(crate) const TOKEN: &str = "leaseToken";
/// When somebody tried first since it was last closed, in milliseconds since 1970.
pub(crate) const FIRST_TRIED_MS: &str = "firstTriedMs";
/// How often somebody tried since it was last closed.
pub(crate) const TRIES: &str = "tries";
/// How often somebody tried at all.
pub(crate) const ATTEMPTS: &str = "attempts";
/// The multipart upload that is under way or was left behind.
pub(crate) const UPLOAD: &str = "upload";

/// A key of an index must have fewer than 2 048 bytes; what is longer than this is not listed.
const LONGEST_KEY: usize = 1024;
/// A sort key must not have more than 1 024 bytes; a recording whose id is longer than this has a digest in its part.
const LONGEST_RECORDING: usize = 512;
const DAY: i64 = 24 * 3600;

/// An item as the SDK hands it over.
pub type Item = HashMap<String, AttributeValue>;

/// The partition of a call.
pub fn call_id(tenant: &str, call: &CallId) -> String {
    format!("call#{tenant}#{call}")
}

/// The part of an event.
pub fn event_part(event: &EventId) -> String {
    format!("{EVENT}{}", event.as_str())
}

/// The part of a recording that is to be archived. Its id is the carrier's own text: where it is long the part has a
/// digest of it, behind a second `#`. A short id that begins so gets a digest too, so no two recordings have one part.
pub fn recording_part(recording: &str) -> String {
    if recording.len() <= LONGEST_RECORDING && !recording.starts_with('#') {
        return format!("{RECORDING}{recording}");
    }
    let digest = Sha256::digest(recording);
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{RECORDING}#{digits}")
}

/// Whose call a partition is, and which; none if it is no call's. Ids of calls have no `#`, so tenants may.
pub fn call_of(id: &str) -> Option<(&str, CallId)> {
    let (tenant, call) = id.strip_prefix("call#")?.rsplit_once('#')?;
    Some((tenant, CallId::parse(call).ok()?))
}

/// The leg comes last, because it is the carrier's own text and may have any form.
pub(crate) fn leg_id(tenant: &str, carrier: &str, account: &str, leg: &str) -> String {
    format!("leg#{tenant}#{carrier}#{account}#{leg}")
}

/// When what was heard at a time may go: so many seconds after that UTC day.
pub(crate) fn expiry(heard: Timestamp, retention: i64) -> i64 {
    let days = heard.as_second().div_euclid(DAY).saturating_add(1);
    days.saturating_mul(DAY).saturating_add(retention)
}

/// The item of an event.
pub(crate) fn of_entry(tenant: &str, call: &CallId, entry: &Entry, expires: i64) -> Option<Item> {
    let mut item: Item = serde_dynamo::to_item(entry).ok()?;
    item.insert(ID.to_owned(), text(call_id(tenant, call)));
    item.insert(PART.to_owned(), text(event_part(&entry.event.id)));
    item.insert(EXPIRES_AT.to_owned(), number(expires));
    Some(item)
}

/// The event of an item; none if it is not what we write.
pub(crate) fn entry(item: &Item) -> Option<Entry> {
    serde_dynamo::from_item(item.clone()).ok()
}

/// The item of a record.
pub(crate) fn of_record(record: &CallRecord, expires: i64) -> Option<Item> {
    let mut item = of_listed(record, Summary::of(record), expires)?;
    item.insert(CALL.to_owned(), written(record)?);
    Some(item)
}

/// The same without the record itself, which nobody reads from there: for lists alone, which leave out long texts.
pub(crate) fn of_short_record(record: &CallRecord, expires: i64) -> Option<Item> {
    of_listed(record, Summary::of(record).shortened(LONGEST_KEY), expires)
}

/// What keeps a call that no list has any more from being taken for one that is open or due.
pub(crate) fn of_shortest_record(record: &CallRecord, expires: i64) -> Option<Item> {
    Some(HashMap::from([
        (ID.to_owned(), text(call_id(&record.tenant, &record.id))),
        (PART.to_owned(), text(RECORD)),
        (EXPIRES_AT.to_owned(), number(expires)),
        (VERSION.to_owned(), number(record.version)),
    ]))
}

fn of_listed(record: &CallRecord, summary: Summary, expires: i64) -> Option<Item> {
    let tenant = &record.tenant;
    let mut item = of_shortest_record(record, expires)?;
    item.insert(CREATED_MS.to_owned(), number(record.created_at.as_millisecond()));
    item.insert(SUMMARY.to_owned(), written(&summary)?);
    let carrier = record.carrier.as_deref().zip(record.carrier_call_id.as_deref());
    let keys = [
        (AGENT_KEY, record.agent.clone()),
        (
            CUSTOMER_KEY,
            record.customer.as_ref().map(|number| number.as_str().to_owned()),
        ),
        (REFERENCE_KEY, record.business_reference.clone()),
        (
            CARRIER_CALL_KEY,
            carrier.map(|(carrier, id)| format!("{carrier}#{id}")),
        ),
    ];
    for (name, value) in keys {
        if let Some(value) = value.filter(|value| (1..=LONGEST_KEY).contains(&value.len())) {
            item.insert(name.to_owned(), text(format!("{tenant}#{value}")));
        }
    }
    if record.state != State::Close {
        item.insert(OPEN_KEY.to_owned(), text(tenant));
    }
    if let Some(at) = next_check(record, record.updated_at) {
        item.insert(DUE.to_owned(), text(due(shard(tenant, &record.id))));
        item.insert(NEXT_CHECK_AT.to_owned(), number(at.as_second()));
    }
    Some(item)
}

/// The item of a recording that is to be archived: what the message about it says.
pub(crate) fn of_recording(wanted: &Wanted, expires: i64) -> Option<Item> {
    let mut item: Item = serde_dynamo::to_item(wanted).ok()?;
    item.insert(ID.to_owned(), text(call_id(&wanted.tenant, &wanted.call_id)));
    item.insert(PART.to_owned(), text(recording_part(&wanted.recording_id)));
    item.insert(EXPIRES_AT.to_owned(), number(expires));
    Some(item)
}

pub(crate) fn due(shard: u8) -> String {
    format!("due#{shard}")
}

pub(crate) fn written(value: &impl Serialize) -> Option<AttributeValue> {
    serde_dynamo::to_attribute_value(value).ok()
}

pub(crate) fn read<T: DeserializeOwned>(value: &AttributeValue) -> Option<T> {
    serde_dynamo::from_attribute_value(value.clone()).ok()
}

pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(crate) fn number_of(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recording_has_a_part_of_its_own_that_the_table_takes() {
        let long = "é".repeat(256);
        let digested = recording_part(&"x".repeat(513));
        let ids = [
            "RE1".to_owned(),
            String::new(),
            "#".to_owned(),
            long.clone(),
            format!("{long}a"),
            format!("{long}b"),
            "x".repeat(100_000),
            // What looks like the part of a long one.
            digested.trim_start_matches(RECORDING).to_owned(),
            "x".repeat(513),
        ];
        let parts: Vec<_> = ids.iter().map(|id| recording_part(id)).collect();
        for (index, part) in parts.iter().enumerate() {
            assert!(part.starts_with(RECORDING) && part.len() <= 1024, "{part}");
            assert!(!parts.iter().take(index).any(|other| other == part), "{part}");
        }
        assert_eq!(recording_part("RE 1/ü"), "recording#RE 1/ü");
    }
}
