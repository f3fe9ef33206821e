//! What requests for recordings are made of.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use url::Url;

use super::{CannotFetch, Fetch, Kept, Place};
use crate::hex;
use crate::settings::Keys;

/// The account's setting with more places, for what a carrier's module cannot know: a Region, a bucket of one's own.
const MORE: &str = "recordingHosts";

/// What a segment of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secret with which the carrier is asked.
pub(crate) fn api_secret<'a>(keys: &Keys<'a>) -> Result<&'a str, CannotFetch> {
    let secrets = keys.secrets.iter().map(|secret| secret.expose_secret().trim());
    secrets
        .into_iter()
        .find(|secret| !secret.is_empty())
        .ok_or(CannotFetch::Missing("an API secret"))
}

/// A setting that must be there.
pub(crate) fn setting<'a>(keys: &Keys<'a>, name: &'static str) -> Result<&'a str, CannotFetch> {
    keys.settings.get(name).ok_or(CannotFetch::Missing(name))
}

/// An API secret that is `user:password`.
pub(crate) fn user_and_password<'a>(keys: &Keys<'a>) -> Result<(&'a str, &'a str), CannotFetch> {
    let both = api_secret(keys)?.split_once(':');
    both.filter(|(user, password)| !user.is_empty() && !password.is_empty())
        .ok_or(CannotFetch::Wrong {
            what: "API secret",
            problem: "is not <user>:<password>",
        })
}

/// The header `authorization` with a user and a password.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// The header `authorization` with a token.
pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Where the carrier has the recording, as it was told.
pub(crate) fn url(kept: &Kept<'_>) -> Result<Url, CannotFetch> {
    parsed(kept.at_carrier.ok_or(CannotFetch::NoPlace)?).ok_or(CannotFetch::BadPlace("is no URL of the web"))
}

/// The same over TLS, whatever was told: some carriers still write `http`.
pub(crate) fn secure_url(kept: &Kept<'_>) -> Result<Url, CannotFetch> {
    url(kept).map(secured)
}

/// The same over TLS.
pub(crate) fn secured(mut url: Url) -> Url {
    if url.scheme() == "http" && url.port().is_none() {
        // It can be done: both have a host.
        _ = url.set_scheme("https");
    }
    url
}

/// A URL of the web, without the fragment that no server sees.
pub(crate) fn parsed(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok()?;
    url.set_fragment(None);
    (url.has_host() && matches!(url.scheme(), "http" | "https")).then_some(url)
}

/// An id as a segment of a path.
pub(crate) fn segment(id: &str) -> Result<String, CannotFetch> {
    if id.is_empty() || id.bytes().all(|byte| byte == b'.') {
        return Err(CannotFetch::BadPlace("has an id that is none"));
    }
    Ok(utf8_percent_encode(id, SEGMENT).to_string())
}

/// A number used once, 32 hexadecimal digits, that nobody need draw: it is another for each recording and moment. Whoever
/// does not know the secret cannot use it, whether or not they guess it.
pub(crate) fn once(id: &str, now: Timestamp) -> String {
    let mut hash = Sha256::new();
    hash.update(now.as_nanosecond().to_be_bytes());
    hash.update(id.as_bytes());
    let mut digits = hex::lower(&hash.finalize());
    digits.truncate(32);
    digits
}

/// These places, and those that the account adds: always over TLS, because nobody but a carrier's own module says which
/// host of the carrier has none.
pub(crate) fn and_more(own: Vec<Place>, keys: &Keys<'_>) -> Vec<Place> {
    let more = keys.settings.get(MORE).unwrap_or_default().split(',');
    let more = more
        .filter_map(|text| Place::parse(text).ok())
        .filter(Place::has_tls);
    own.into_iter().chain(more).collect()
}

/// Whether the URL is of one of the carrier's own places. Only there may anybody hear who we are: URLs come out of events,
/// and what an account or a description adds is storage.
pub(crate) fn is_own(url: &Url, own: &[Place]) -> bool {
    own.iter().any(|place| place.allows(url))
}

/// The request with who we are, if it goes to one of the carrier's own places; else as it is.
pub(crate) fn identified(fetch: Fetch, own: &[Place], authorization: String) -> Fetch {
    if parsed(&fetch.url).is_some_and(|url| is_own(&url, own)) {
        fetch.with("authorization", authorization)
    } else {
        fetch
    }
}
