//! Samples of carriers, signed as the carriers sign.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use ringback_carriers::{Capture, Headers, Line};
use secrecy::SecretString;
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// When the carriers sign, and when we hear it.
pub(crate) const SIGNED_AT: &str = "2026-11-20T09:00:10Z";
const SECRET: &str = "a sample secret of no account";

/// A carrier's request, and what proves it.
pub(crate) struct Signed {
    pub(crate) capture: Capture,
    pub(crate) headers: Headers,
    pub(crate) secret: SecretString,
}

/// The requests of a sample life.
///
/// # Errors
/// When a line cannot be read.
pub(crate) fn requests(life: &str) -> Result<Vec<Capture>> {
    let mut requests = Vec::new();
    for line in life.lines() {
        if let Line::Request(capture) = Line::read(line)? {
            requests.push(*capture);
        }
    }
    Ok(requests)
}

/// A request with its carrier's signature: Twilio's, Telnyx's or Vonage's.
///
/// # Errors
/// When the carrier is another.
pub(crate) fn signed(capture: Capture) -> Result<Signed> {
    let body = capture.body.clone().unwrap_or_default();
    let (secret, more) = match capture.carrier.as_str() {
        "tw" => (SECRET.to_owned(), twilio(&capture.url, body.as_bytes())?),
        "tx" => telnyx(body.as_bytes())?,
        "vg" => (SECRET.to_owned(), vonage(body.as_bytes())?),
        _ => anyhow::bail!("nobody signs for that carrier here"),
    };
    let sent = [("content-type", capture.headers().content_type())];
    Ok(Signed {
        headers: Headers::new(sent.into_iter().chain(more)),
        capture,
        secret: secret.into(),
    })
}

type More = Vec<(&'static str, String)>;

fn twilio(url: &str, body: &[u8]) -> Result<More> {
    let fields: BTreeSet<_> = form_urlencoded::parse(body).into_owned().collect();
    let message: String = fields.into_iter().map(|(name, value)| name + &value).collect();
    let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).context("HMAC takes any key")?;
    let mac = mac.chain_update(url).chain_update(message).finalize();
    Ok(vec![(
        "x-twilio-signature",
        BASE64_STANDARD.encode(mac.into_bytes()),
    )])
}

fn telnyx(body: &[u8]) -> Result<(String, More)> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let at = SIGNED_AT.parse::<Timestamp>()?.as_second().to_string();
    let signature = key.sign(&[at.as_bytes(), b"|", body].concat());
    let headers = vec![
        (
            "telnyx-signature-ed25519",
            BASE64_STANDARD.encode(signature.to_bytes()),
        ),
        ("telnyx-timestamp", at),
    ];
    Ok((BASE64_STANDARD.encode(key.verifying_key().as_bytes()), headers))
}

fn vonage(body: &[u8]) -> Result<More> {
    let hash: String = Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let claims = json!({
        "iat": SIGNED_AT.parse::<Timestamp>()?.as_second(),
        "jti": "00000000-0000-4000-8000-000000000001",
        "iss": "Vonage",
        "payload_hash": hash,
        "api_key": "sample",
        "application_id": "00000000-0000-4000-8000-000000000002",
    });
    let part = |value: String| BASE64_URL_SAFE_NO_PAD.encode(value);
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let message = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).context("HMAC takes any key")?;
    let mac = mac.chain_update(&message).finalize();
    let signature = BASE64_URL_SAFE_NO_PAD.encode(mac.into_bytes());
    Ok(vec![("authorization", format!("Bearer {message}.{signature}"))])
}
