//! What a request to Jiuyun's own API is signed with. Its webhooks are not signed.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};

use crate::hex;

/// The parameter `sig` of a request: `timestamp` is `yyyyMMddHHmmss` in Beijing, the same as in [`authorization`].
pub fn request_signature(account_sid: &str, auth_token: &str, timestamp: &str) -> String {
    md5_upper(&[account_sid, auth_token, timestamp])
}

/// The header `Authorization` of a request. It is no `Basic` one.
pub fn authorization(account_sid: &str, timestamp: &str) -> String {
    BASE64_STANDARD.encode(format!("{account_sid}:{timestamp}"))
}

/// The parameter `auth` with which a recording is fetched.
pub fn recording_auth(account_sid: &str, auth_token: &str) -> String {
    md5_upper(&[account_sid, ":", auth_token])
}

fn md5_upper(parts: &[&str]) -> String {
    let mut hash = Md5::new();
    parts.iter().for_each(|part| hash.update(part.as_bytes()));
    hex::upper(&hash.finalize())
}
