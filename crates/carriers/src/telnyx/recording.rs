//! Telnyx's recordings: links expire after ten minutes, so that a fresh one is asked for.

use serde::Deserialize;

use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, ask};
use crate::settings::Keys;

const API: &str = "https://api.telnyx.com/v2/recordings";

/// How the ids of recordings begin that Telnyx has not named; see `call_control`.
pub(super) const UNNAMED: &str = "event-";

/// The API, and the buckets that links lead to; the second one holds recordings of Europe. A live account in another
/// Region may show more: the setting `recordingHosts` adds them.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    let storage = [
        Place::https("s3.amazonaws.com").below("/telephony-recorder-prod"),
        Place::https("telephony-recorder-prod.s3.amazonaws.com"),
        Place::https("s3.eu-central-1.amazonaws.com").below("/telephony-recorder-prod-fr5"),
        Place::https("telephony-recorder-prod-fr5.s3.eu-central-1.amazonaws.com"),
    ];
    ask::and_more(own().into_iter().chain(storage).collect(), keys)
}

/// The buckets are no part of it: links into them are signed.
fn own() -> Vec<Place> {
    vec![Place::https("api.telnyx.com").below("/v2/recordings")]
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    // No id to ask with: the link of the event itself, while it is good.
    if kept.id.starts_with(UNNAMED) {
        return Ok(Fetch::media(ask::url(kept)?));
    }
    let url = format!("{API}/{}", ask::segment(kept.id)?);
    let key = ask::api_secret(keys)?;
    let fetch = ask::identified(Fetch::link(url), &own(), ask::bearer(key));
    Ok(fetch.with("accept", "application/json"))
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    download_urls: Option<Urls>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Urls {
    wav: Option<String>,
    mp3: Option<String>,
}

/// The answer is JSON, and holds a link for each format that there is.
pub(super) fn link(answer: &LinkAnswer<'_>, kept: &Kept<'_>) -> Result<Fetch, CannotFetch> {
    if answer.status != 200 {
        return Err(CannotFetch::Unreadable("is no document"));
    }
    let document: Answer = serde_json::from_slice(answer.body)
        .map_err(|_| CannotFetch::Unreadable("is no recording in JSON"))?;
    let urls = document.data.download_urls.unwrap_or_default();
    let url = match kept.format {
        Some("mp3") => urls.mp3.or(urls.wav),
        _ => urls.wav.or(urls.mp3),
    };
    let url = url.filter(|url| !url.is_empty()).ok_or(CannotFetch::NotThere)?;
    let url = ask::parsed(&url).ok_or(CannotFetch::Unreadable("holds a link that is no URL"))?;
    Ok(Fetch::media(url))
}

pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    if kept.id.starts_with(UNNAMED) {
        return Err(CannotFetch::NoDelete);
    }
    let url = format!("{API}/{}", ask::segment(kept.id)?);
    let key = ask::api_secret(keys)?;
    Ok(ask::identified(Fetch::delete(url), &own(), ask::bearer(key)))
}
