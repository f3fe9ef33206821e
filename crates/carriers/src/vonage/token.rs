//! The token that comes with a callback: a JWT over the hash of its body.

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use crate::times;

const AUTHORIZATION: &str = "authorization";

/// How far the signed time may be from now, in seconds.
const WINDOW: u64 = 300;

#[derive(Deserialize)]
struct Claims {
    iat: Option<f64>,
    exp: Option<f64>,
    payload_hash: Option<String>,
    api_key: Option<String>,
    application_id: Option<String>,
}

/// Whether the token is Vonage's, for this account, new, and of this body. In this order, so that the refusal names the
/// first thing that is wrong.
pub(super) fn verify(request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
    let claims = claims(bearer(request)?, keys)?;
    let signed_at = claims
        .iat
        .and_then(seconds)
        .ok_or(malformed("holds a token that does not say when it was made"))?;
    times::near(signed_at, now, WINDOW)?;
    if let Some(expires) = claims.exp.and_then(seconds)
        && expires < now
    {
        return Err(Refusal::Stale {
            seconds: now.duration_since(expires).as_secs(),
            window: 0,
        });
    }
    same(&claims.api_key, keys.settings.get("apiKey"), "API key")?;
    same(
        &claims.application_id,
        keys.settings.get("applicationId"),
        "application id",
    )?;
    same_body(request.body, claims.payload_hash.as_deref())
}

fn malformed(problem: &'static str) -> Refusal {
    Refusal::HeaderMalformed {
        name: AUTHORIZATION,
        problem,
    }
}

fn bearer<'a>(request: &Request<'a>) -> Result<&'a str, Refusal> {
    let value = request.headers.single(AUTHORIZATION)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(malformed("is no bearer token")),
    }
}

fn claims(token: &str, keys: &Keys<'_>) -> Result<Claims, Refusal> {
    let header = decode_header(token).map_err(|_| malformed("holds no token that can be read"))?;
    if header.alg != Algorithm::HS256 {
        return Err(malformed("holds a token that is not signed with HS256"));
    }
    // The library would compare with its own clock. Times are compared above, with the clock that comes in.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let secrets = keys
        .secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .filter(|secret| !secret.is_empty());
    let mut refusal = Refusal::Secret {
        problem: "is missing",
    };
    for secret in secrets {
        let key = DecodingKey::from_secret(secret.as_bytes());
        refusal = match decode::<Claims>(token, &key, &validation) {
            Ok(token) => return Ok(token.claims),
            Err(error) => match error.kind() {
                ErrorKind::InvalidSignature => Refusal::Mismatch { hint: None },
                _ => malformed("holds no token that can be read"),
            },
        };
    }
    Err(refusal)
}

fn seconds(claim: f64) -> Option<Timestamp> {
    claim
        .is_finite()
        .then(|| Timestamp::from_second(claim as i64).ok())
        .flatten()
}

fn same(claimed: &Option<String>, ours: Option<&str>, what: &'static str) -> Result<(), Refusal> {
    match ours {
        Some(ours) if claimed.as_deref() != Some(ours) => Err(Refusal::OtherAccount { what }),
        _ => Ok(()),
    }
}

/// A request without a body, a GET, may do without its hash: then nothing but the token proves it.
fn same_body(body: &[u8], hash: Option<&str>) -> Result<(), Refusal> {
    let Some(hash) = hash else {
        return match body {
            [] => Ok(()),
            _ => Err(Refusal::Mismatch {
                hint: Some("the token holds no hash of the body"),
            }),
        };
    };
    let digest = Sha256::digest(body);
    let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if bool::from(expected.as_bytes().ct_eq(hash.to_ascii_lowercase().as_bytes())) {
        return Ok(());
    }
    Err(Refusal::Mismatch {
        hint: Some("the token is good, and the body is not the one whose hash it holds"),
    })
}
