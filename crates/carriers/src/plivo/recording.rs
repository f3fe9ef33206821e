//! Plivo's recordings: media at a host of its own, the rest at the API.

use url::Url;

use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// Documents of years ago show links to S3 instead: the setting `recordingHosts` adds such a bucket.
const HOSTS: [&str; 3] = ["media.plivo.com", "*.media.plivo.com", "api.plivo.com"];

pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    let own = HOSTS.iter().map(|host| Place::https(host).below("/v1/Account"));
    own.chain(ask::more_places(keys, false)).collect()
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let url = ask::secure_url(kept)?;
    let authorization = authorization(keys)?;
    let own = is_plivos(&url);
    let fetch = Fetch::media(url);
    Ok(if own {
        fetch.with("authorization", authorization)
    } else {
        fetch
    })
}

pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let account = ask::segment(ask::setting(keys, "authId")?)?;
    let id = ask::segment(kept.id)?;
    let url = format!("https://api.plivo.com/v1/Account/{account}/Recording/{id}/");
    Ok(Fetch::delete(url).with("authorization", authorization(keys)?))
}

fn authorization(keys: &Keys<'_>) -> Result<String, CannotFetch> {
    let account = ask::setting(keys, "authId")?;
    Ok(ask::basic(account, ask::api_secret(keys)?))
}

/// Nobody else hears the token.
fn is_plivos(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.ends_with(".plivo.com"))
}
