//! How hand-written `Debug` shows what must not be shown.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Shows that something is there, and how much, but not what.
pub(crate) enum Hidden {
    Absent,
    Present,
    Entries(usize),
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("None"),
            Self::Present => f.write_str("<hidden>"),
            Self::Entries(1) => f.write_str("<1 entry>"),
            Self::Entries(count) => write!(f, "<{count} entries>"),
        }
    }
}

impl<T> From<&Option<T>> for Hidden {
    fn from(value: &Option<T>) -> Self {
        if value.is_some() {
            Self::Present
        } else {
            Self::Absent
        }
    }
}

impl<V> From<&BTreeMap<String, V>> for Hidden {
    fn from(map: &BTreeMap<String, V>) -> Self {
        Self::Entries(map.len())
    }
}

impl From<&Value> for Hidden {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Absent,
            Value::Object(map) => Self::Entries(map.len()),
            Value::Array(list) => Self::Entries(list.len()),
            _ => Self::Present,
        }
    }
}
