//! A user's carrier and line.

use std::fmt;

use ringback_accounts::Slug;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a user calls with: a carrier or an account of it first, and a line. `Debug` does not show the user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// The user.
    pub user: String,
    /// The carrier's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The account's public id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin")
            .field("carrier", &self.carrier)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// What people see of an account: the first twelve hexadecimal digits of the SHA-256 of its slug, which is a credential.
/// The slug has 130 random bits, so nobody finds it by trying.
pub fn public_id(slug: &Slug) -> String {
    let digest = Sha256::digest(slug.as_str());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
