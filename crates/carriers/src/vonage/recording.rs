//! Vonage's recordings: files that the application which made the call may fetch.

use jiff::Timestamp;

use super::application;
use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// `api.nexmo.com` and the hosts of the Regions, `api-us-3.vonage.com`.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(), keys)
}

fn own() -> Vec<Place> {
    let own = ["*.nexmo.com", "*.vonage.com"].map(|host| Place::https(host).below("/v1/files"));
    own.into()
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Fetch, CannotFetch> {
    let url = ask::secure_url(kept)?;
    let authorization = application::authorization(keys, kept.id, now)?;
    Ok(ask::identified(Fetch::media(url), &own(), authorization))
}
