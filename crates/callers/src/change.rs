//! What can be done to the directory, whichever way it is asked for: the API, an event of the bus, a line of an import.

use jiff::Timestamp;
use serde_json::Value;

use crate::directory::{Directory, DirectoryError};
use crate::document::{Problem, is_version, opaque, read, read_rules};
use crate::keep::Kept;
use crate::model::{Alias, Order, Person, Shop};
use crate::rules::Rules;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// People, by their customer id.
    People,
    /// Open orders.
    Orders,
    /// Shops.
    Shops,
    /// Second contact points.
    Aliases,
    /// The rules, of which there is one document.
    Rules,
}

/// A change that is in order and can be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// This person is new, or has changed.
    Person(Box<Person>),
    /// This order is open.
    Order(Box<Order>),
    /// This shop is new, or has changed.
    Shop(Box<Shop>),
    /// This contact point leads there.
    Alias(Box<Alias>),
    /// These are the rules.
    Rules(Box<Rules>),
    /// Something is no more: a person is forgotten, an order is closed.
    Gone {
        /// The kind of document that ends.
        kind: Kind,
        /// The operator's id of it; rules have none.
        id: String,
        /// The version of its end; without one, whatever is stored goes.
        version: Option<u64>,
    },
}

/// The names of changes on the bus, with what they do.
const EVENTS: [(&str, Kind, bool); 10] = [
    ("customer.updated", Kind::People, true),
    ("customer.deleted", Kind::People, false),
    ("order.placed", Kind::Orders, true),
    ("order.updated", Kind::Orders, true),
    ("order.closed", Kind::Orders, false),
    ("shop.updated", Kind::Shops, true),
    ("shop.deleted", Kind::Shops, false),
    ("alias.updated", Kind::Aliases, true),
    ("alias.deleted", Kind::Aliases, false),
    ("rules.updated", Kind::Rules, true),
];

impl Kind {
    /// The field that holds a document's id; rules have none.
    pub fn id_field(self) -> &'static str {
        match self {
            Self::People => "customerId",
            Self::Orders => "orderId",
            Self::Shops => "shopId",
            Self::Aliases => "aliasId",
            Self::Rules => "",
        }
    }
}

impl Change {
    /// Reads a document to be kept. Where it has no version, it gets `version`.
    ///
    /// # Errors
    /// Every problem there is, each with its field.
    pub fn put(kind: Kind, document: &Value, version: u64) -> Result<Self, Vec<Problem>> {
        Ok(match kind {
            Kind::People => Self::Person(Box::new(read(document, version)?)),
            Kind::Orders => Self::Order(Box::new(read(document, version)?)),
            Kind::Shops => Self::Shop(Box::new(read(document, version)?)),
            Kind::Aliases => Self::Alias(Box::new(read(document, version)?)),
            Kind::Rules => Self::Rules(Box::new(read_rules(document, version)?)),
        })
    }

    /// Reads what says which document goes: its id, and maybe a version. Where it has none, `version` is its.
    ///
    /// # Errors
    /// When the id is missing or can be no document's, or the version is none.
    pub fn gone(kind: Kind, document: &Value, version: Option<u64>) -> Result<Self, Vec<Problem>> {
        let field = kind.id_field();
        let id = document.get(field).and_then(Value::as_str).unwrap_or_default();
        if id.is_empty() && kind != Kind::Rules {
            return Err(vec![Problem::new(field, "is missing")]);
        }
        if let Some(problem) = opaque(field, id).filter(|_| kind != Kind::Rules) {
            return Err(vec![problem]);
        }
        let version = match document.get("version") {
            None | Some(Value::Null) => version,
            Some(given) => {
                let given = given.as_u64().filter(|given| is_version(*given));
                Some(given.ok_or_else(|| vec![Problem::new("version", "must be a whole number from 1")])?)
            }
        };
        Ok(Self::Gone {
            kind,
            id: id.to_owned(),
            version,
        })
    }

    /// Reads an event of EventBridge, or as much of one as tells the change: `detail-type` and `detail`. Where it has no
    /// version, its `time` is one.
    ///
    /// # Errors
    /// Every problem there is, each with its field.
    pub fn of_event(event: &Value) -> Result<Self, Vec<Problem>> {
        let name = event
            .get("detail-type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some((_, kind, put)) = EVENTS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<_> = EVENTS.iter().map(|(name, ..)| *name).collect();
            return Err(vec![Problem::new(
                "detail-type",
                format!("is none of {}", known.join(", ")),
            )]);
        };
        let detail = event.get("detail").unwrap_or(&Value::Null);
        let time = event.get("time").and_then(Value::as_str);
        let version = time.and_then(|time| time.parse().ok()).map(version_of);
        if !put {
            return Self::gone(*kind, detail, version);
        }
        let has_version = detail.get("version").is_some_and(|version| !version.is_null());
        match version {
            None if !has_version => Err(vec![Problem::new(
                "version",
                "is missing, and the event has no time",
            )]),
            _ => Self::put(*kind, detail, version.unwrap_or(1)),
        }
    }

    /// Makes the change.
    ///
    /// # Errors
    /// When the table does not answer; the same change may then be made again.
    pub async fn make(&self, directory: &Directory, now: Timestamp) -> Result<Kept, DirectoryError> {
        match self {
            Self::Person(person) => directory.put_person(person, now).await,
            Self::Order(order) => directory.put_order(order, now).await,
            Self::Shop(shop) => directory.put_shop(shop).await,
            Self::Alias(alias) => directory.put_alias(alias, now).await,
            Self::Rules(rules) => directory.put_rules(rules).await,
            Self::Gone { kind, id, version } => match kind {
                Kind::People => directory.delete_person(id, *version, now).await,
                Kind::Orders => directory.close_order(id, *version, now).await,
                Kind::Shops => directory.delete_shop(id, *version, now).await,
                Kind::Aliases => directory.delete_alias(id, *version, now).await,
                Kind::Rules => directory.delete_rules().await,
            },
        }
    }
}

/// The version of a change that names none: the time, in milliseconds since 1970.
pub fn version_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(1).max(1)
}
