//! The items of the `carriers` table that placing calls needs, beside those of the accounts (`ringback-accounts`).
//!
//! | `id` | `part` | attributes |
//! | --- | --- | --- |
//! | `policy#<tenant>` | `-` | `policy`: whom the tenant may call, when, how much |
//! | `pins#<tenant>` | `<user>` | `pin`: the user's carrier, account, line |
//! | `do-not-call#<tenant>#<number>` | `-` | nothing more |
//! | `bucket#<name>` | `-` | `nextUs`: when the bucket will be full again; `expiresAt` |
//! | `open#<tenant>` | `-` | `calls`: a map of open calls, each with the time when it must be over, in milliseconds |
//! | `line#<tenant>#<line>` | `-` | `call`: which has the line, `untilMs`: when it must be over; `expiresAt`: when the line is free in any case |
//! | `idempotency#<tenant>#<digest>` | `-` | `call`, `fingerprint` of the request; once it is answered `status`, `body`, `retryAtMs`; `expiresAt` |
//! | `health#<slug>` | `<minute>` | `accepted`, `told`, `failed`, `other`: counters; `firstMs`, `lastMs`: the first and last call taken on; `expiresAt` |
//! | | `heard` | `atMs`: when its carrier last told anything |
//! | | `probe` | `nextMs`: when the next call may be tried on probation |
//! | | `state` | `state`, `reason`, `sinceMs`, `by`; `revision`, `token`: who wrote it; `base…`: what was counted when it was written |
//!
//! Tenants have no `#`, so no tenant's key is another's. Minutes are counted since 1970, in ten digits, so that they sort
//! before the words, and one Query reads the last of them together with what is not of a minute.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use ringback_accounts::item::{EXPIRES_AT, ID, PART};

pub(crate) const ALONE: &str = "-";
pub(crate) const POLICY: &str = "policy";
pub(crate) const PIN: &str = "pin";
pub(crate) const NEXT_US: &str = "nextUs";
pub(crate) const CALLS: &str = "calls";
pub(crate) const CALL: &str = "call";
pub(crate) const UNTIL_MS: &str = "untilMs";
pub(crate) const FINGERPRINT: &str = "fingerprint";
pub(crate) const STATUS: &str = "status";
pub(crate) const BODY: &str = "body";
pub(crate) const RETRY_AT_MS: &str = "retryAtMs";
pub(crate) const ACCEPTED: &str = "accepted";
pub(crate) const TOLD: &str = "told";
pub(crate) const FAILED: &str = "failed";
pub(crate) const OTHER: &str = "other";
pub(crate) const FIRST_MS: &str = "firstMs";
pub(crate) const LAST_MS: &str = "lastMs";
pub(crate) const HEARD: &str = "heard";
pub(crate) const AT_MS: &str = "atMs";
pub(crate) const PROBE: &str = "probe";
pub(crate) const NEXT_MS: &str = "nextMs";
pub(crate) const STATE: &str = "state";
pub(crate) const REASON: &str = "reason";
pub(crate) const SINCE_MS: &str = "sinceMs";
pub(crate) const BY: &str = "by";
pub(crate) const REVISION: &str = "revision";
pub(crate) const TOKEN: &str = "token";
pub(crate) const BASE_MINUTE: &str = "baseMinute";
pub(crate) const BASE_ACCEPTED: &str = "baseAccepted";
pub(crate) const BASE_TOLD: &str = "baseTold";
pub(crate) const BASE_FAILED: &str = "baseFailed";
pub(crate) const BASE_OTHER: &str = "baseOther";

/// An item as the SDK hands it over.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn policy_id(tenant: &str) -> String {
    format!("policy#{tenant}")
}

pub(crate) fn pins_id(tenant: &str) -> String {
    format!("pins#{tenant}")
}

pub(crate) fn do_not_call_id(tenant: &str, number: &str) -> String {
    format!("do-not-call#{tenant}#{number}")
}

pub(crate) fn bucket_id(name: &str) -> String {
    format!("bucket#{name}")
}

pub(crate) fn open_id(tenant: &str) -> String {
    format!("open#{tenant}")
}

pub(crate) fn line_id(tenant: &str, line: &str) -> String {
    format!("line#{tenant}#{line}")
}

pub(crate) fn idempotency_id(tenant: &str, digest: &str) -> String {
    format!("idempotency#{tenant}#{digest}")
}

pub(crate) fn health_id(slug: &str) -> String {
    format!("health#{slug}")
}

pub(crate) fn minute_part(minute: i64) -> String {
    format!("{minute:010}")
}

/// An item with nothing but its key.
pub(crate) fn keyed(id: String, part: &str) -> Item {
    HashMap::from([(ID.to_owned(), text(id)), (PART.to_owned(), text(part))])
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

/// A counter; what nobody has counted is 0.
pub(crate) fn count_of(item: &Item, name: &str) -> u64 {
    number_of(item, name)
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0)
}

pub(crate) fn time_of(item: &Item, name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(number_of(item, name)?).ok()
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
