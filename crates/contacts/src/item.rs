//! The items of the `contacts` table: names of keys and attributes, and reading an item back.
//!
//! | item | attributes |
//! | --- | --- |
//! | `contact#<root>` | `caller`, `agentAt`, `expiresAt`; for every leg `connected#<id>`, `ended#<id>`, `record#<id>`, `completed#<id>`, `search#<id>`, `answer#<id>`, `sticky#<id>#<agent>` |
//! | `cap#agent#<id>#<hour>`, `cap#caller#<key>#<day>` | `offers`, `expiresAt` |
//! | `bucket#search` | `nextAt` (milliseconds since 1970) |
//! | `searched#<key>` | `until` (seconds since 1970), `expiresAt` |

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ringback_connect::ids::ContactId;
use serde::de::DeserializeOwned;
use tracing::warn;

use crate::leg::{Facts, Interaction, Leg};
use crate::observe::Source;
use ringback_connect::CallerKey;

/// The table's partition key; it has no sort key.
pub const ID: &str = "id";
/// The sparse index: partition key `caller`, sort key `agentAt`, everything projected.
pub const BY_CALLER: &str = "by-caller";
/// The index's partition key: `<tenant>#<kind>#<value>`.
pub const CALLER: &str = "caller";
/// The index's sort key: when an agent was connected last, in whole UTC seconds (`2026-11-21T17:00:00Z`).
pub const AGENT_AT: &str = "agentAt";
/// When DynamoDB may delete the item: seconds since 1970.
pub const EXPIRES_AT: &str = "expiresAt";

pub(crate) const OFFERS: &str = "offers";

/// An item as the SDK hands it over.
pub type Item = HashMap<String, AttributeValue>;

/// The id of an interaction's item, by its first contact.
pub fn contact_id(root: &ContactId) -> String {
    format!("contact#{root}")
}

pub(crate) fn agent_cap_id(agent: &str, at: Timestamp) -> String {
    format!("cap#agent#{agent}#{}", at.strftime("%Y-%m-%dT%H"))
}

pub(crate) fn caller_cap_id(key: &CallerKey, at: Timestamp) -> String {
    format!("cap#caller#{}#{}", key.index_key(), at.strftime("%Y-%m-%d"))
}

pub(crate) fn answer_attribute(contact: &ContactId) -> String {
    format!("answer#{contact}")
}

/// Where the end of an offer of that agent is kept.
pub fn sticky_attribute(contact: &ContactId, agent: &str) -> String {
    format!("sticky#{contact}#{agent}")
}

/// Where one writer keeps what it knows of a contact.
pub fn facts_attribute(source: Source, contact: &ContactId) -> String {
    format!("{}#{contact}", source.attribute())
}

/// A time as the index sorts it. Whole seconds give every value the same length, so text sorts as time does.
pub fn sortable(at: Timestamp) -> AttributeValue {
    AttributeValue::S(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A number as the table takes it.
pub fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The interaction of an item. Whatever has another shape is left out and counted in the log: one bad attribute
/// must not hide the rest.
pub fn interaction(item: Item) -> Option<Interaction> {
    let root = item
        .get(ID)
        .and_then(|id| id.as_s().ok())
        .and_then(|id| id.strip_prefix("contact#"));
    let Some(root) = root.and_then(|root| ContactId::parse(root).ok()) else {
        warn!("Left out an item of the contacts table whose id is no contact");
        return None;
    };
    let mut legs: BTreeMap<String, BTreeMap<usize, Facts>> = BTreeMap::new();
    for (name, value) in item {
        let Some((prefix, contact)) = name.split_once('#') else {
            continue;
        };
        let Some(trust) = Source::BY_TRUST
            .iter()
            .position(|source| source.attribute() == prefix)
        else {
            continue;
        };
        match read::<Facts>(value) {
            Some(facts) => drop(legs.entry(contact.to_owned()).or_default().insert(trust, facts)),
            None => warn!(
                contact.id = contact,
                attribute = prefix,
                "Left out facts of another shape"
            ),
        }
    }
    let legs = legs
        .into_iter()
        .filter_map(|(id, by_trust)| Some(Leg::merged(ContactId::parse(&id).ok()?, by_trust.into_values())))
        .collect();
    Some(Interaction { root, legs })
}

pub(crate) fn read<T: DeserializeOwned>(value: AttributeValue) -> Option<T> {
    serde_dynamo::from_attribute_value(value).ok()
}
