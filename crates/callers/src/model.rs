//! What the directory holds: people, their open orders, shops, aliases. The documents of the API, of bus events, of
//! imports and of the table are the same.

use std::fmt;

use jiff::Timestamp;
use ringback_connect::CallerPoint;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hours::Hours;

/// A contact point inside a document: `phone:+14155550100`, `email:…`, `customer:…`, `chat:…`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point(pub CallerPoint);

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.written())
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The message must not repeat the text: it may be somebody's number mistyped.
        let text = String::deserialize(deserializer)?;
        CallerPoint::parse(&text).map(Self).map_err(|_| {
            serde::de::Error::custom(
                "is no contact point such as phone:+14155550100, email:…, customer:… or chat:…",
            )
        })
    }
}

/// What somebody is to the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonKind {
    /// Somebody who buys: the default.
    #[default]
    Customer,
    /// Sells: the people of a shop.
    Partner,
}

/// Somebody who calls. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The operator's own id, opaque.
    pub customer_id: String,
    /// Grows with every change; an older one never wins.
    pub version: u64,
    /// What the person is called, at most 500 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What they are to the business.
    #[serde(default)]
    pub kind: PersonKind,
    /// Their language as a BCP 47 tag, for example `de-DE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Words that rules ask for: `vip`, `blocked`, a skill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A partner's shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop_id: Option<String>,
    /// Where they call from. The first is their home: their orders are kept there, the others point to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Point>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Person");
        shown
            .field("customer_id", &self.customer_id)
            .field("version", &self.version);
        shown.finish_non_exhaustive()
    }
}

/// An open order. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The operator's own id, opaque.
    pub order_id: String,
    /// Grows with every change; an older one never wins.
    pub version: u64,
    /// Whose it is; this or `contact` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Where its customer calls from, where nothing else is known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Point>,
    /// Who delivers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop_id: Option<String>,
    /// When it was placed; of several open orders the newest counts.
    #[serde(default, deserialize_with = "moment")]
    pub placed_at: Timestamp,
    /// What it is, in a few words, for the agent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What rules may ask for: the kind of business it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_type: Option<String>,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Order");
        shown
            .field("order_id", &self.order_id)
            .field("version", &self.version);
        shown.finish_non_exhaustive()
    }
}

/// A time, with words of our own where it is none: those of others quote what was sent.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| serde::de::Error::custom("is no time such as 2026-11-20T10:00:00Z"))
}

/// A partner's shop. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    /// The operator's own id, opaque.
    pub shop_id: String,
    /// Grows with every change; an older one never wins.
    pub version: u64,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its number in E.164; a shop without one is never rung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The name of its chat channel, where `notify` tells it who is calling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What rules may ask for: food, flowers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_type: Option<String>,
    /// When it may be rung. A shop without hours is never rung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Shop");
        shown
            .field("shop_id", &self.shop_id)
            .field("version", &self.version);
        shown.finish_non_exhaustive()
    }
}

/// Another contact point of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alias {
    /// The operator's own id, opaque.
    pub alias_id: String,
    /// Grows with every change; an older one never wins.
    pub version: u64,
    /// The point that points elsewhere.
    pub contact: Point,
    /// Where to: `customer:<customer id>`, or the person's own contact point.
    pub to: Point,
}
