//! Vonage's recordings: files that the application which made the call may fetch.

use jiff::Timestamp;
use serde::Serialize;

use crate::jwt;
use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// How long a token is good, in seconds: as long as a function may run.
const GOOD: i64 = 900;

/// `api.nexmo.com` and the hosts of the Regions, `api-us-3.vonage.com`.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(), keys)
}

fn own() -> Vec<Place> {
    let own = ["*.nexmo.com", "*.vonage.com"].map(|host| Place::https(host).below("/v1/files"));
    own.into()
}

#[derive(Serialize)]
struct Claims<'a> {
    application_id: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Fetch, CannotFetch> {
    let url = ask::secure_url(kept)?;
    let claims = Claims {
        application_id: ask::setting(keys, "applicationId")?,
        iat: now.as_second(),
        exp: now.as_second() + GOOD,
        jti: ask::once(kept.id, now),
    };
    let token = jwt::rs256(ask::api_secret(keys)?, None, &claims)?;
    Ok(ask::identified(Fetch::media(url), &own(), ask::bearer(&token)))
}
