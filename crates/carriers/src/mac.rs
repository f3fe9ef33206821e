//! Message authentication codes, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::Sha256;

/// Whether `digest` is the HMAC-SHA1 of the parts, one after the other.
pub(crate) fn is_hmac_sha1(key: &[u8], parts: &[&[u8]], digest: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else {
        return false;
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(digest).is_ok()
}

/// Whether `digest` is the HMAC-SHA256 of the parts, one after the other.
pub(crate) fn is_hmac_sha256(key: &[u8], parts: &[&[u8]], digest: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return false;
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(digest).is_ok()
}

/// Whether any of the secrets is the right one. An empty secret is never.
pub(crate) fn any_secret(secrets: &[SecretString], is_right: impl FnMut(&str) -> bool) -> bool {
    secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .filter(|secret| !secret.is_empty())
        .any(is_right)
}
