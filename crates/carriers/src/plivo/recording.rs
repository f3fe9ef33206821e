//! Plivo's recordings: media at a host of its own, the rest at the API.

use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// Documents of years ago show links to S3 instead: the setting `recordingHosts` adds such a bucket.
const HOSTS: [&str; 3] = ["media.plivo.com", "*.media.plivo.com", "api.plivo.com"];

pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(), keys)
}

fn own() -> Vec<Place> {
    let own = HOSTS.iter().map(|host| Place::https(host).below("/v1/Account"));
    own.collect()
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let url = ask::secure_url(kept)?;
    Ok(ask::identified(Fetch::media(url), &own(), authorization(keys)?))
}

pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let account = ask::segment(ask::setting(keys, "authId")?)?;
    let id = ask::segment(kept.id)?;
    let url = format!("https://api.plivo.com/v1/Account/{account}/Recording/{id}/");
    Ok(ask::identified(Fetch::delete(url), &own(), authorization(keys)?))
}

pub(super) fn authorization(keys: &Keys<'_>) -> Result<String, CannotFetch> {
    let account = ask::setting(keys, "authId")?;
    Ok(ask::basic(account, ask::api_secret(keys)?))
}
