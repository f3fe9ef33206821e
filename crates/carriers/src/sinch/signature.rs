//! Base64 of HMAC-SHA256 over method, body, content type, time and path.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use jiff::Timestamp;
use md5::{Digest, Md5};
use secrecy::ExposeSecret;

use crate::mac::is_hmac_sha256;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use crate::times;

const AUTHORIZATION: &str = "authorization";
const TIMESTAMP: &str = "x-timestamp";

/// How far the signed time may be from now, in seconds.
const WINDOW: u64 = 300;

/// Base64 as Sinch's own library reads secrets: either alphabet, with or without padding, and with bits left over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whether the request is Sinch's, for this application, and new.
pub(super) fn verify(request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
    let (key, digest) = authorization(request)?;
    let timestamp = request.headers.single(TIMESTAMP)?;
    // The library's own tests put the name of the header into its value; what is signed is the same.
    let timestamp = timestamp.strip_prefix("x-timestamp:").unwrap_or(timestamp);
    let signed_at = times::rfc3339(timestamp).ok_or(Refusal::HeaderMalformed {
        name: TIMESTAMP,
        problem: "is no time",
    })?;
    let signed = signed(request, timestamp);
    let mut refusal = Refusal::Secret {
        problem: "is not <application key>:<base64>",
    };
    for secret in keys.secrets {
        let Some((ours, secret)) = secret.expose_secret().split_once(':') else {
            continue;
        };
        let Some(secret) = decoded(secret) else {
            continue;
        };
        if ours.trim() != key {
            // A key of ours that does not fit says more than one that is not meant.
            if !matches!(refusal, Refusal::Mismatch { .. }) {
                refusal = Refusal::OtherAccount {
                    what: "application key",
                };
            }
        } else if is_hmac_sha256(&secret, &[signed.as_bytes()], &digest) {
            return times::near(signed_at, now, WINDOW);
        } else {
            refusal = Refusal::Mismatch {
                hint: Some("the path may differ from the one Sinch was given"),
            };
        }
    }
    Err(refusal)
}

/// `application <key>:<signature>`.
fn authorization<'a>(request: &Request<'a>) -> Result<(&'a str, Vec<u8>), Refusal> {
    let malformed = |problem| Refusal::HeaderMalformed {
        name: AUTHORIZATION,
        problem,
    };
    let value = request.headers.single(AUTHORIZATION)?;
    let (key, signature) = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("application"))
        .and_then(|(_, rest)| rest.trim().split_once(':'))
        .ok_or(malformed("is not application <key>:<signature>"))?;
    let signature = STANDARD
        .decode(signature)
        .map_err(|_| malformed("holds no base64"))?;
    Ok((key, signature))
}

fn decoded(secret: &str) -> Option<Vec<u8>> {
    let standard = secret.trim().replace('-', "+").replace('_', "/");
    LENIENT.decode(standard).ok().filter(|bytes| !bytes.is_empty())
}

fn signed(request: &Request<'_>, timestamp: &str) -> String {
    let body = match request.body {
        [] => String::new(),
        body => STANDARD.encode(Md5::digest(body)),
    };
    let content_type = request.headers.get("content-type").unwrap_or_default();
    let method = request.method.to_ascii_uppercase();
    let path = request.path();
    format!("{method}\n{body}\n{content_type}\nx-timestamp:{timestamp}\n{path}")
}
