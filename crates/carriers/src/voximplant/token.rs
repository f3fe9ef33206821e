//! The token with which Voximplant's API is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jwt;
use crate::recording::{CannotFetch, ask};
use crate::settings::Keys;

/// How long a token is good, in seconds: as long as a function may run; an hour is the most that Voximplant takes.
const GOOD: i64 = 900;

/// The key of a service account, in the form in which it is handed out.
#[derive(Deserialize)]
struct Key {
    account_id: i64,
    key_id: String,
    private_key: String,
}

#[derive(Serialize)]
struct Claims {
    iss: i64,
    iat: i64,
    exp: i64,
}

/// The header `authorization`.
pub(super) fn authorization(keys: &Keys<'_>, now: Timestamp) -> Result<String, CannotFetch> {
    let key: Key = serde_json::from_str(ask::api_secret(keys)?).map_err(|_| CannotFetch::Wrong {
        what: "API secret",
        problem: "is not the JSON of a service account's key",
    })?;
    // A clock that is a little ahead of theirs.
    let since = now.as_second() - 5;
    let claims = Claims {
        iss: key.account_id,
        iat: since,
        exp: since + GOOD,
    };
    jwt::rs256(&key.private_key, Some(&key.key_id), &claims).map(|token| ask::bearer(&token))
}
