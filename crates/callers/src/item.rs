//! The items of the `callers` table: names of keys and attributes, and reading an item back.
//!
//! | `id` | `part` | attributes |
//! | --- | --- | --- |
//! | `<tenant>#<kind>#<value>`, a contact point | `customer#<id>` | `doc`: a person whose home this is |
//! | | `order#<id>` | `doc`: an open order of somebody here |
//! | | `alias#<owner>` | `to`: the contact point where the person is |
//! | `<tenant>#customer#<id>` | `record` | `to` (home), `contacts`, `aliases`, `moving` |
//! | `<tenant>#order#<id>` | `record` | `to` (where it is kept) |
//! | `<tenant>#alias#<id>` | `record` | `doc` |
//! | `<tenant>#shop#<id>` | `record` | `doc` |
//! | `<tenant>#rules` | `record` | `doc` |
//!
//! A record also has a `version`, with which changes are compared, and a `revision`, which counts writes; everything
//! else follows from records in the same transactions. A `gone` record is a tombstone: it remembers the version until
//! `expiresAt`, and of a customer whose orders are still open, that they are under the customer's id. The record of a customer whom nobody has told of yet has the version 0.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use ringback_connect::CallerPoint;
use serde_json::Value;
use tracing::warn;

use crate::document::{Document, read_leniently};

/// The table's partition key.
pub const ID: &str = "id";
/// The table's sort key.
pub const PART: &str = "part";
/// When DynamoDB may delete the item: seconds since 1970.
pub const EXPIRES_AT: &str = "expiresAt";

pub(crate) const RECORD: &str = "record";
pub(crate) const DOC: &str = "doc";
pub(crate) const VERSION: &str = "version";
pub(crate) const REVISION: &str = "revision";
pub(crate) const TO: &str = "to";
pub(crate) const CONTACTS: &str = "contacts";
pub(crate) const ALIASES: &str = "aliases";
pub(crate) const MOVING: &str = "moving";
pub(crate) const GONE: &str = "gone";

pub(crate) const CUSTOMER: &str = "customer#";
pub(crate) const ORDER: &str = "order#";
pub(crate) const ALIAS: &str = "alias#";

/// An item as the SDK hands it over.
pub type Item = HashMap<String, AttributeValue>;

pub(crate) fn part(item: &Item) -> &str {
    item.get(PART)
        .and_then(|part| part.as_s().ok())
        .map_or("", String::as_str)
}

/// A whole number; 0 where there is none.
pub(crate) fn count(item: &Item, name: &str) -> u64 {
    let number = item.get(name).and_then(|number| number.as_n().ok());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

pub(crate) fn is_gone(item: &Item) -> bool {
    item.get(GONE)
        .and_then(|gone| gone.as_bool().ok())
        .copied()
        .unwrap_or(false)
}

pub(crate) fn point(item: &Item, name: &str) -> Option<CallerPoint> {
    let text = item.get(name)?.as_s().ok()?;
    CallerPoint::parse(text).ok()
}

pub(crate) fn points(item: &Item, name: &str) -> Vec<CallerPoint> {
    let list = item.get(name).and_then(|list| list.as_l().ok());
    let texts = list.into_iter().flatten().filter_map(|value| value.as_s().ok());
    texts.filter_map(|text| CallerPoint::parse(text).ok()).collect()
}

/// A customer's aliases that are documents of their own: their contact points by their ids.
pub(crate) fn aliases(item: &Item) -> BTreeMap<String, CallerPoint> {
    let map = item.get(ALIASES).and_then(|map| map.as_m().ok());
    let entries = map.into_iter().flatten();
    entries
        .filter_map(|(id, point)| Some((id.clone(), CallerPoint::parse(point.as_s().ok()?).ok()?)))
        .collect()
}

/// The document of an item. What cannot be read of it is left out and said by name: one bad field must not hide the
/// rest of a customer.
pub(crate) fn document<T: Document>(item: &Item) -> Option<T> {
    let what = part(item).split('#').next().unwrap_or_default();
    let value: Option<Value> = item
        .get(DOC)
        .and_then(|doc| serde_dynamo::from_attribute_value(doc.clone()).ok());
    let Some((document, lost)) = value.and_then(read_leniently::<T>) else {
        warn!(
            item = what,
            "Left out an item of the callers table that cannot be read"
        );
        return None;
    };
    if !lost.is_empty() {
        warn!(item = what, fields = ?lost, "Left out fields of an item of the callers table that cannot be read");
    }
    Some(document)
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn list(points: &[CallerPoint]) -> AttributeValue {
    AttributeValue::L(points.iter().map(|point| text(point.written())).collect())
}
