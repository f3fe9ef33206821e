//! Jiuyun's recordings. Their host speaks no TLS: whoever is on the way can hear the recording, and fetch it again with
//! the digest in its URL. That digest opens every recording of the account and does not give away the token, unless it is
//! weak: MD5 is quickly tried.

use super::auth;
use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// The only host that documents and notices show.
const HOST: &str = "d1.33e9cloud.com";

pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(), keys)
}

fn own() -> Vec<Place> {
    vec![Place::plain_http(HOST), Place::https(HOST)]
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let mut url = ask::url(kept)?;
    let account = ask::setting(keys, "accountSid")?;
    let digest = auth::recording_auth(account, ask::api_secret(keys)?);
    if ask::is_own(&url, &own()) {
        url.query_pairs_mut().append_pair("auth", &digest);
    }
    Ok(Fetch::media(url))
}
