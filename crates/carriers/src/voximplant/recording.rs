//! Voximplant's recordings: at its storage, open to whoever knows the URL unless the storage is a secure one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::jwt;
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, ask};
use crate::settings::Keys;

const DELETE: &str = "https://api.voximplant.com/platform_api/DeleteRecord/";

/// How long a token is good, in seconds: as long as a function may run; an hour is the most that Voximplant takes.
const GOOD: i64 = 900;

/// The storage gateways, `storage-gw-com-02.voximplant.com`, and the API. A storage of the account's own is added by the
/// setting `recordingHosts`.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(), keys)
}

fn own() -> Vec<Place> {
    vec![Place::https("*.voximplant.com")]
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Fetch, CannotFetch> {
    let url = ask::secure_url(kept)?;
    let secure = keys.settings.get("secureStorage") == Some("on") && ask::is_own(&url, &own());
    let fetch = Fetch::media(url);
    if !secure {
        return Ok(fetch);
    }
    Ok(ask::identified(fetch, &own(), ask::bearer(&token(keys, now)?)))
}

pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Fetch, CannotFetch> {
    let record = ask::secure_url(kept)?;
    if !ask::is_own(&record, &own()) {
        return Err(CannotFetch::NoDelete);
    }
    let mut url = Url::parse(DELETE).map_err(|_| CannotFetch::NoDelete)?;
    url.query_pairs_mut()
        .append_pair("record_url", kept.at_carrier.unwrap_or_default());
    let fetch = Fetch {
        method: "POST",
        ..Fetch::delete(url)
    };
    Ok(ask::identified(fetch, &own(), ask::bearer(&token(keys, now)?)))
}

/// The API says with status 200 that it has not done what it was asked.
pub(super) fn deleted(answer: &LinkAnswer<'_>) -> bool {
    let said = serde_json::from_slice::<Value>(answer.body);
    answer.status == 200 && said.is_ok_and(|said| said.get("result").and_then(Value::as_i64) == Some(1))
}

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

fn token(keys: &Keys<'_>, now: Timestamp) -> Result<String, CannotFetch> {
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
    jwt::rs256(&key.private_key, Some(&key.key_id), &claims)
}
