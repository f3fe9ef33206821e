//! Bandwidth's recordings: resources of the call, their media below them.

use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

/// Whether media are ever handed out by a redirection is not documented; the setting `recordingHosts` allows where to.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    ask::and_more(own(keys), keys)
}

fn own(keys: &Keys<'_>) -> Vec<Place> {
    let account = keys.settings.get("accountId").unwrap_or_default();
    vec![Place::https("voice.bandwidth.com").below(&format!("/api/v2/accounts/{account}"))]
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let url = ask::secure_url(kept)?;
    Ok(ask::identified(
        Fetch::media(url),
        &own(keys),
        authorization(keys)?,
    ))
}

/// The recording, its media and what was transcribed of it; gone at once for whoever asks, on disk a day or two later.
pub(super) fn delete(kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
    let (authorization, own) = (authorization(keys)?, own(keys));
    let mut url = ask::secure_url(kept)?;
    if !ask::is_own(&url, &own) {
        return Err(CannotFetch::NoDelete);
    }
    let path = url.path().strip_suffix("/media").map(str::to_owned);
    url.set_path(&path.ok_or(CannotFetch::NoDelete)?);
    url.set_query(None);
    Ok(ask::identified(Fetch::delete(url), &own, authorization))
}

pub(super) fn authorization(keys: &Keys<'_>) -> Result<String, CannotFetch> {
    let (user, password) = ask::user_and_password(keys)?;
    Ok(ask::basic(user, password))
}
