//! Who asks Vonage: the application, by a token that its private key signs.

use jiff::Timestamp;
use serde::Serialize;

use crate::jwt;
use crate::recording::{CannotFetch, ask};
use crate::settings::Keys;

/// How long a token is good, in seconds: as long as a function may run.
const GOOD: i64 = 900;

#[derive(Serialize)]
struct Claims<'a> {
    application_id: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

/// The header `authorization` of a request about that, a recording or a call.
pub(super) fn authorization(keys: &Keys<'_>, about: &str, now: Timestamp) -> Result<String, CannotFetch> {
    let claims = Claims {
        application_id: ask::setting(keys, "applicationId")?,
        iat: now.as_second(),
        exp: now.as_second() + GOOD,
        jti: ask::once(about, now),
    };
    let token = jwt::rs256(ask::api_secret(keys)?, None, &claims)?;
    Ok(ask::bearer(&token))
}
