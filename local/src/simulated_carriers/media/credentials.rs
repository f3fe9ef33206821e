//! Whom carriers give their recordings to, from their documentation and from nothing of `crates/carriers`.

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use md5::{Digest, Md5};
use serde_json::Value;
use sha2::Sha256;

use super::hosts::{Asked, Wanted};

/// The key with which the application of the sample account at Vonage signs, and the service account at Voximplant.
pub(crate) const SAMPLE_KEY: &str = include_str!("../sample_key.pem");
const SAMPLE_PUBLIC_KEY: &[u8] = include_bytes!("../sample_key.pub.pem");

/// What the sample accounts ask with. They are written down here, so they guard nothing.
pub(crate) const SIGNALWIRE_PROJECT: &str = "00000000-0000-4000-8000-000000000001";
pub(crate) const SIGNALWIRE_TOKEN: &str = "PT-sample-api-token-sw";
pub(crate) const TELNYX_KEY: &str = "KEY-sample-api-key-tx";
pub(crate) const VONAGE_APPLICATION: &str = "00000000-0000-4000-8000-000000000001";
pub(crate) const JIUYUN_SID: &str = "sample-account-sid-e9";
pub(crate) const JIUYUN_TOKEN: &str = "sample-auth-token-e9";
const SINCH_KEY_AND_SECRET: &str = "00000000-0000-4000-8000-000000000009:c2FtcGxlLXNlY3JldC1zaQ==";
pub(crate) const BANDWIDTH_USER_AND_PASSWORD: &str = "sample-api-user-bw:sample-api-password-bw";

pub(crate) const TWILIO_ACCOUNT: &str = "AC00000000000000000000000000000001";
const TWILIO_TOKEN: &str = "sample-auth-token-tw";
pub(crate) const PLIVO_ACCOUNT: &str = "MA000000000000000001";
const PLIVO_TOKEN: &str = "sample-auth-token-pl";
const HUAWEI_KEY: &str = "sample-app-key-hw";
const HUAWEI_SECRET: &str = "sample-app-secret-hw";

/// Whether a request may have what it wants. `secret` is in place of the account's own, where the carrier has changed it.
pub(super) fn check(
    carrier: &str,
    asked: &Asked,
    wanted: Wanted,
    secret: Option<&str>,
) -> Result<(), StatusCode> {
    let or = |own: &'static str| secret.unwrap_or(own).to_owned();
    let allowed = match (carrier, wanted) {
        ("tw", _) => {
            asked.path.contains(TWILIO_ACCOUNT) && is_basic(asked, TWILIO_ACCOUNT, &or(TWILIO_TOKEN))
        }
        ("sw", _) => is_basic(asked, SIGNALWIRE_PROJECT, &or(SIGNALWIRE_TOKEN)),
        // What Telnyx links to is signed by its query.
        ("tx", Wanted::Media) | ("hw", Wanted::Media) => return no_credentials(asked),
        ("tx", _) => asked.header("authorization") == Some(&format!("Bearer {}", or(TELNYX_KEY))),
        ("vg", _) => is_vonage(asked),
        ("pl", _) => is_basic(asked, PLIVO_ACCOUNT, &or(PLIVO_TOKEN)),
        // Jiuyun says 403 where others say 401.
        ("e9", _) => {
            let right = asked.parameter("auth") == Some(&jiuyun(&or(JIUYUN_TOKEN)));
            return if right { Ok(()) } else { Err(StatusCode::FORBIDDEN) };
        }
        ("hw", _) => is_huawei(asked, &or(HUAWEI_SECRET)),
        ("vx", Wanted::Media) => return no_credentials(asked),
        ("vx", _) => is_voximplant(asked),
        ("bw", _) => {
            let expected = BASE64_STANDARD.encode(or(BANDWIDTH_USER_AND_PASSWORD));
            asked.header("authorization") == Some(&format!("Basic {expected}"))
        }
        _ => true,
    };
    if allowed {
        Ok(())
    } else {
        Err(StatusCode::UNAUTHORIZED)
    }
}

/// Whether a request about calls may be made. `secret` is in place of the account's own, where the carrier has changed it.
pub(crate) fn check_api(carrier: &str, asked: &Asked, secret: Option<&str>) -> Result<(), StatusCode> {
    match carrier {
        "e9" => {
            let allowed = is_jiuyun(asked, secret.unwrap_or(JIUYUN_TOKEN));
            allowed.then_some(()).ok_or(StatusCode::FORBIDDEN)
        }
        "si" => {
            let brought = asked.header("authorization").unwrap_or_default();
            let known = BASE64_STANDARD.encode(secret.unwrap_or(SINCH_KEY_AND_SECRET));
            let allowed = brought == format!("Basic {known}") || brought.starts_with("application ");
            allowed.then_some(()).ok_or(StatusCode::UNAUTHORIZED)
        }
        // Who knows a session's own URL may end it.
        "vx" if !asked.path.starts_with("/platform_api") => no_credentials(asked),
        _ => check(carrier, asked, Wanted::Deletion, secret),
    }
}

/// The signature over account and time; the time is not looked at, as the account's clock is a story's.
fn is_jiuyun(asked: &Asked, token: &str) -> bool {
    let header = asked.header("authorization").unwrap_or_default();
    let header = BASE64_STANDARD.decode(header).unwrap_or_default();
    let header = String::from_utf8(header).unwrap_or_default();
    let Some((JIUYUN_SID, timestamp)) = header.split_once(':') else {
        return false;
    };
    let digest = Md5::digest(format!("{JIUYUN_SID}{token}{timestamp}"));
    let digest: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    asked.parameter("sig") == Some(&digest)
}

/// Object storage refuses who brings two proofs of who they are, and a stranger should be told none.
fn no_credentials(asked: &Asked) -> Result<(), StatusCode> {
    let brought = asked.headers.contains_key("authorization") || asked.headers.contains_key("x-aksk");
    if brought {
        Err(StatusCode::BAD_REQUEST)
    } else {
        Ok(())
    }
}

fn is_basic(asked: &Asked, user: &str, password: &str) -> bool {
    let expected = BASE64_STANDARD.encode(format!("{user}:{password}"));
    asked.header("authorization") == Some(&format!("Basic {expected}"))
}

fn jiuyun(token: &str) -> String {
    let digest = Md5::digest(format!("{JIUYUN_SID}:{token}"));
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The header's digest over nonce and time; the time is not looked at, as the account's clock is a story's.
fn is_huawei(asked: &Asked, secret: &str) -> bool {
    let header = asked.header("x-aksk").unwrap_or_default();
    let field = |name: &str| {
        let from = header.split_once(&format!("{name}=\""))?.1;
        Some(from.split_once('"')?.0.to_owned())
    };
    let (Some(nonce), Some(created)) = (field("Nonce"), field("Created")) else {
        return false;
    };
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    let message = format!("{nonce}{created}");
    let digest = mac.chain_update(message.as_bytes()).finalize().into_bytes();
    let is_word = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) && (1..=128).contains(&nonce.len());
    let realm = "AKSK realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"";
    is_word
        && asked.header("authorization") == Some(realm)
        && field("Username").as_deref() == Some(HUAWEI_KEY)
        && field("PasswordDigest") == Some(BASE64_STANDARD.encode(digest))
}

/// The claims of a token that the sample key has signed. When it ends is for the story's clock.
fn claims(asked: &Asked) -> Option<Value> {
    let token = asked.header("authorization")?.strip_prefix("Bearer ")?;
    let key = DecodingKey::from_rsa_pem(SAMPLE_PUBLIC_KEY).ok()?;
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    decode::<Value>(token, &key, &rules)
        .ok()
        .map(|token| token.claims)
}

fn is_vonage(asked: &Asked) -> bool {
    claims(asked).is_some_and(|claims| {
        claims.get("application_id").and_then(Value::as_str) == Some(VONAGE_APPLICATION)
            && claims.get("jti").is_some_and(Value::is_string)
            && claims.get("iat").is_some_and(Value::is_i64)
    })
}

fn is_voximplant(asked: &Asked) -> bool {
    claims(asked).is_some_and(|claims| claims.get("iss").is_some())
}
