//! Huawei's recordings: asked for by domain and name, answered by a redirection to object storage.

use jiff::Timestamp;
use url::Url;

use super::api;
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, ask};
use crate::settings::Keys;

const PATH: &str = "/rest/provision/voice/record/v1.0";

/// The API, and the bucket that its records name. The storage is shared, so that the bucket belongs to the place. Where
/// links really lead is for a live account to show; whatever else it is, the setting `recordingHosts` has it.
pub(super) fn places(keys: &Keys<'_>) -> Vec<Place> {
    let base = api::base(keys).ok();
    let host = base.as_ref().and_then(Url::host_str);
    let api = host.map(|host| Place::https(host).below(PATH.rsplit_once('/').map_or(PATH, |(path, _)| path)));
    let storages = std::iter::once("ostor.huawei.com".to_owned()).chain(
        host.and_then(region)
            .into_iter()
            .flat_map(|region| ["com", "cn"].map(|end| format!("obs.{region}.myhuaweicloud.{end}"))),
    );
    let bucket = keys
        .settings
        .get("recordBucket")
        .filter(|bucket| is_bucket(bucket));
    let buckets = bucket.into_iter().flat_map(|bucket| {
        storages.clone().flat_map(move |storage| {
            [
                Place::https(&format!("{bucket}.{storage}")),
                Place::https(&storage).below(bucket),
            ]
        })
    });
    ask::and_more(api.into_iter().chain(buckets).collect(), keys)
}

/// The Region in a host such as `rtccall.cn-north-1.myhuaweicloud.cn`.
fn region(host: &str) -> Option<&str> {
    let mut labels = host.split('.');
    let region = labels.nth(1)?;
    (labels.next()? == "myhuaweicloud").then_some(region)
}

fn is_bucket(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&text.len()) && text.bytes().all(letter)
}

pub(super) fn recording(kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Fetch, CannotFetch> {
    let place = kept.at_carrier.ok_or(CannotFetch::NoPlace)?;
    if place.contains("://") {
        return ask::secure_url(kept).map(Fetch::media);
    }
    let (domain, name) = place
        .split_once('/')
        .ok_or(CannotFetch::BadPlace("is no domain and name"))?;
    // Without one of them every link would be refused, for good.
    if keys.settings.get("recordingHosts").is_none() {
        ask::setting(keys, "recordBucket")?;
    }
    let mut url = api::base(keys)?;
    url.set_path(PATH);
    url.query_pairs_mut()
        .append_pair("fileName", name)
        .append_pair("recordDomain", domain);
    let token = api::token(kept.id, keys, now)?;
    // To the API alone, which is a setting and in no event; what is behind its link hears none of it.
    Ok(Fetch::link(url)
        .with("authorization", api::AUTHORIZATION)
        .with("x-aksk", token)
        .with("content-type", api::JSON))
}

/// A redirection, whose target needs no credentials.
pub(super) fn link(answer: &LinkAnswer<'_>) -> Result<Fetch, CannotFetch> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Err(CannotFetch::Unreadable("is no redirection"));
    }
    let location = answer
        .location
        .ok_or(CannotFetch::Unreadable("names no location"))?;
    let url = ask::parsed(location).ok_or(CannotFetch::Unreadable("names a location that is no URL"))?;
    Ok(Fetch::media(ask::secured(url)))
}
