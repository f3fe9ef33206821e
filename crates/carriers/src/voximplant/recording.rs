//! Voximplant's recordings: at its storage, open to whoever knows the URL unless the storage is a secure one.

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::token;
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, ask};
use crate::settings::Keys;

const DELETE: &str = "https://api.voximplant.com/platform_api/DeleteRecord/";

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
    Ok(ask::identified(fetch, &own(), token::authorization(keys, now)?))
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
    Ok(ask::identified(fetch, &own(), token::authorization(keys, now)?))
}

/// The API says with status 200 that it has not done what it was asked.
pub(super) fn deleted(answer: &LinkAnswer<'_>) -> bool {
    let said = serde_json::from_slice::<Value>(answer.body);
    answer.status == 200 && said.is_ok_and(|said| said.get("result").and_then(Value::as_i64) == Some(1))
}
