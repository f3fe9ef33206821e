//! Requests to Huawei's own API.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::aksk::request_digest;
use crate::recording::{CannotFetch, ask};
use crate::settings::Keys;

/// The content type of every request.
pub(super) const JSON: &str = "application/json;charset=UTF-8";

/// The header `authorization`; who we are is in `x-aksk`.
pub(super) const AUTHORIZATION: &str = r#"AKSK realm="SDP",profile="UsernameToken",type="Appkey""#;

const BASE: CannotFetch = CannotFetch::Wrong {
    what: "apiBase",
    problem: "is not https:// and a host, on its default port",
};

/// Where the API is, without a path.
pub(super) fn base(keys: &Keys<'_>) -> Result<Url, CannotFetch> {
    let base = ask::setting(keys, "apiBase")?;
    let url = ask::parsed(base).ok_or(BASE)?;
    let plain = url.scheme() == "https" && url.port().is_none() && url.domain().is_some();
    let nobody = url.username().is_empty() && url.password().is_none();
    let root = url.path() == "/" && url.query().is_none();
    (plain && nobody && root).then_some(url).ok_or(BASE)
}

/// The header `x-aksk`. `id` is what is asked about: the number used once is made of it and of the time.
pub(super) fn token(id: &str, keys: &Keys<'_>, now: Timestamp) -> Result<String, CannotFetch> {
    let app = ask::setting(keys, "appKey")?;
    let nonce = ask::once(id, now);
    let created = created(keys, now)?;
    let digest = request_digest(ask::api_secret(keys)?, &nonce, &created);
    Ok(format!(
        r#"UsernameToken Username="{app}", PasswordDigest="{digest}", Nonce="{nonce}", Created="{created}""#
    ))
}

/// The documentation says Beijing's time in one place and UTC in its samples; both are written with a `Z`.
fn created(keys: &Keys<'_>, now: Timestamp) -> Result<String, CannotFetch> {
    let ahead = match keys.settings.get("requestZone") {
        None | Some("utc") => 0,
        Some("beijing") => 8,
        Some(_) => {
            return Err(CannotFetch::Wrong {
                what: "requestZone",
                problem: "is neither utc nor beijing",
            });
        }
    };
    let shown = now.checked_add(SignedDuration::from_hours(ahead)).unwrap_or(now);
    Ok(shown.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
