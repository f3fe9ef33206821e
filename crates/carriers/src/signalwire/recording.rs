//! SignalWire's recordings: Twilio's, at the space of the project.

use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;
use crate::twilio::recording::{media, resource};

/// The space alone. Whether media are ever handed out by a redirection is not documented; the setting `recordingHosts`
/// allows where to.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(keys), keys)
}

fn own(keys: &Keys<'_>) -> Vec<Place> {
    let own = keys.settings.get("space").and_then(host).map(|host| {
        let project = keys.settings.get("projectId").unwrap_or_default();
        Place::https(&host).below(&format!("/api/laml/2010-04-01/Accounts/{project}"))
    });
    own.into_iter().collect()
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let (authorization, own) = (authorization(keys)?, own(keys));
    let url = media(kept, keys, &own)?;
    Ok(ask::identified(Fetch::media(url), &own, authorization))
}

pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let (authorization, own) = (authorization(keys)?, own(keys));
    let url = resource(kept, &own)?;
    Ok(ask::identified(Fetch::delete(url), &own, authorization))
}

/// The host of the project's space. Every customer has one below the same domain, so that the token is for this one alone.
pub(super) fn space(keys: &Keys<'_>) -> Result<String, CannotFetch> {
    host(ask::setting(keys, "space")?).ok_or(CannotFetch::Wrong {
        what: "space",
        problem: "is no name of a space: example, or example.signalwire.com",
    })
}

pub(super) fn authorization(keys: &Keys<'_>) -> Result<String, CannotFetch> {
    space(keys)?;
    let project = ask::setting(keys, "projectId")?;
    Ok(ask::basic(project, ask::api_secret(keys)?))
}

/// The host of a space, by its name or in full.
fn host(space: &str) -> Option<String> {
    let name = space.strip_suffix(".signalwire.com").unwrap_or(space);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!name.is_empty() && name.bytes().all(letter)).then(|| format!("{name}.signalwire.com"))
}
