//! What an account tells of itself: secrets, and the few things in which accounts of one carrier differ.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The settings of an account, by name: what a carrier needs beyond its secret, none of it secret. Each carrier's module
/// says which it knows. A carrier without a setting uses its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub BTreeMap<String, String>);

impl Settings {
    /// A setting; empty counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A setting that is a whole number; the default where it is missing or none.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        self.get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    }
}

/// What a request is verified and read with.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// The account's secrets: the current one, and while it is being replaced the next.
    pub secrets: &'a [SecretString],
    /// Its settings.
    pub settings: &'a Settings,
}
