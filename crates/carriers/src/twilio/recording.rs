//! Recordings of Twilio's language: a resource of the account, with its media beside it under an extension.

use url::Url;

use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// The API itself, and its edges in other Regions: `api.dublin.ie1.twilio.com`.
const HOSTS: [&str; 4] = [
    "api.twilio.com",
    "*.us1.twilio.com",
    "*.ie1.twilio.com",
    "*.au1.twilio.com",
];

const EXTENSIONS: [&str; 3] = ["wav", "mp3", "json"];

pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(keys), keys)
}

pub(super) fn own(keys: &Keys<'_>) -> Vec<Place> {
    let account = keys.settings.get("accountSid").unwrap_or_default();
    let path = format!("/2010-04-01/Accounts/{account}");
    let api = HOSTS.iter().map(|host| Place::https(host).below(&path));
    api.collect()
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let (authorization, own) = (authorization(keys)?, own(keys));
    let mut url = media(kept, keys, &own)?;
    // Of a recording with one channel it would be an error.
    if kept.channels == Some(2) && ask::is_own(&url, &own) {
        url.set_query(Some("RequestedChannels=2"));
    }
    Ok(ask::identified(Fetch::media(url), &own, authorization))
}

pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let (authorization, own) = (authorization(keys)?, own(keys));
    let url = resource(kept, &own)?;
    Ok(ask::identified(Fetch::delete(url), &own, authorization))
}

/// The Auth Token is the account's password; an API key brings its own user.
pub(super) fn authorization(keys: &Keys<'_>) -> Result<String, CannotFetch> {
    let account = ask::setting(keys, "accountSid")?;
    let secret = ask::api_secret(keys)?;
    let (user, password) = secret.split_once(':').unwrap_or((account, secret));
    Ok(ask::basic(user, password))
}

/// The media, in the format that the account wants, else the one that its URL names, else as it was recorded. Elsewhere
/// than at the carrier's own places a URL is nothing to build on: it is taken as it was told.
pub(crate) fn media(kept: &Kept<'_>, keys: &Keys<'_>, own: &[Place]) -> Result<Url, CannotFetch> {
    let told = ask::secure_url(kept)?;
    if !ask::is_own(&told, own) {
        return Ok(told);
    }
    let (mut url, named) = bare(told);
    let format = match keys.settings.get("recordingFormat") {
        Some("mp3") => "mp3",
        Some("wav") => "wav",
        Some(_) => {
            return Err(CannotFetch::Wrong {
                what: "recordingFormat",
                problem: "is neither wav nor mp3",
            });
        }
        None => named.filter(|format| *format != "json").unwrap_or("wav"),
    };
    let path = format!("{}.{format}", url.path());
    url.set_path(&path);
    Ok(url)
}

/// What is deleted: at the carrier, and nowhere else.
pub(crate) fn resource(kept: &Kept<'_>, own: &[Place]) -> Result<Url, CannotFetch> {
    let told = ask::secure_url(kept)?;
    if !ask::is_own(&told, own) {
        return Err(CannotFetch::NoDelete);
    }
    let (mut url, _) = bare(told);
    let path = format!("{}.json", url.path());
    url.set_path(&path);
    Ok(url)
}

/// The URL without query and extension, and the extension.
fn bare(mut url: Url) -> (Url, Option<&'static str>) {
    url.set_query(None);
    let path = url.path().trim_end_matches('/');
    let extension = |extension: &&str| {
        path.strip_suffix(*extension)
            .and_then(|path| path.strip_suffix('.'))
    };
    let found = EXTENSIONS
        .into_iter()
        .find_map(|name| Some((extension(&name)?, name)));
    let (path, extension) = found.map_or((path, None), |(path, name)| (path, Some(name)));
    let path = path.to_owned();
    url.set_path(&path);
    (url, extension)
}
