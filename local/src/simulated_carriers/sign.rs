//! How each carrier signs, from its documentation and from nothing of `crates/carriers`: what one of the two gets wrong
//! the other does not forgive.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use serde_json::json;
use sha1::Sha1;
use sha2::Sha256;

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The public URL.
    pub url: &'a str,
    /// As it is sent, with its charset.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The carrier's clock.
    pub now: Timestamp,
    /// What is new in every request.
    pub nonce: &'a str,
}

/// The secret cannot sign, or the carrier is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotSign(&'static str);

type Signed = Result<Vec<(&'static str, String)>, CannotSign>;

/// The headers that the carrier adds to a request.
///
/// # Errors
/// When the secret has not the form that the carrier uses, or there is no such carrier.
pub fn sign(carrier: &str, secret: &str, request: &Unsigned<'_>) -> Signed {
    match carrier {
        "tw" => Ok(vec![("x-twilio-signature", twilio(secret, request))]),
        "sw" => Ok(vec![("x-signalwire-signature", signalwire(secret, request))]),
        "tx" => telnyx(secret, request),
        "vg" => Ok(vec![("authorization", vonage(secret, request))]),
        "pl" => Ok(vec![
            ("x-plivo-signature-v3", plivo(secret, request)),
            ("x-plivo-signature-v3-nonce", request.nonce.to_owned()),
        ]),
        // Jiuyun signs nothing.
        "e9" => Ok(Vec::new()),
        "hw" => huawei(secret, request),
        "vx" => Ok(voximplant(secret, request)),
        "bw" => Ok(vec![(
            "authorization",
            format!("Basic {}", BASE64_STANDARD.encode(secret)),
        )]),
        "si" => sinch(secret, request),
        _ => Err(CannotSign("no such carrier signs")),
    }
}

fn hmac_sha1(key: &str, message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    Hmac::<Sha1>::new_from_slice(key.as_bytes()).map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(message).finalize().into_bytes().to_vec(),
    )
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(message).finalize().into_bytes().to_vec(),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fields of a form by name, each followed by its value, nothing between.
fn run_together(body: &[u8]) -> String {
    let mut fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}

fn is_form(request: &Unsigned<'_>) -> bool {
    request
        .content_type
        .starts_with("application/x-www-form-urlencoded")
}

fn twilio(token: &str, request: &Unsigned<'_>) -> String {
    let mut message = request.url.to_owned();
    if request.method == "POST" && is_form(request) {
        message.push_str(&run_together(request.body));
    }
    BASE64_STANDARD.encode(hmac_sha1(token, message.as_bytes()))
}

fn signalwire(key: &str, request: &Unsigned<'_>) -> String {
    if is_form(request) {
        return twilio(key, request);
    }
    let message = [request.url.as_bytes(), request.body].concat();
    hex(&hmac_sha1(key, &message))
}

fn telnyx(seed: &str, request: &Unsigned<'_>) -> Signed {
    let seed = BASE64_STANDARD.decode(seed).unwrap_or_default();
    let seed: [u8; 32] = seed
        .try_into()
        .map_err(|_| CannotSign("the simulated Telnyx signs with 32 bytes in base64"))?;
    let seconds = request.now.as_second().to_string();
    let message = [seconds.as_bytes(), b"|", request.body].concat();
    let signature = SigningKey::from_bytes(&seed).sign(&message);
    Ok(vec![
        ("telnyx-timestamp", seconds),
        (
            "telnyx-signature-ed25519",
            BASE64_STANDARD.encode(signature.to_bytes()),
        ),
    ])
}

fn vonage(secret: &str, request: &Unsigned<'_>) -> String {
    let claims = json!({
        "iat": request.now.as_second(),
        "jti": request.nonce,
        "iss": "Vonage",
        "payload_hash": hex(&Sha256::digest(request.body)),
        "api_key": "a1b2c3d4",
        "application_id": "00000000-0000-4000-8000-000000000001",
    });
    let part = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let signature = hmac_sha256(secret.as_bytes(), signed.as_bytes());
    format!("Bearer {signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn plivo(token: &str, request: &Unsigned<'_>) -> String {
    let (base, query) = match request.url.split_once('?') {
        Some((base, query)) => (base, query),
        None => (request.url, ""),
    };
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    let query: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let fields = if request.method == "GET" {
        String::new()
    } else {
        run_together(request.body)
    };
    let mut message = base.to_owned();
    if !query.is_empty() || !fields.is_empty() {
        message.push('?');
    }
    message.push_str(&query.join("&"));
    if !query.is_empty() && !fields.is_empty() {
        message.push('.');
    }
    message.push_str(&fields);
    message.push('.');
    message.push_str(request.nonce);
    BASE64_STANDARD.encode(hmac_sha256(token.as_bytes(), message.as_bytes()))
}

/// `appKey:appSecret`: the key stands in the header. As the pages of 2026 have it, with their clock of UTC+8 that calls
/// itself UTC.
fn huawei(secret: &str, request: &Unsigned<'_>) -> Signed {
    let (key, secret) = secret
        .split_once(':')
        .ok_or(CannotSign("the simulated Huawei signs with appKey:appSecret"))?;
    let beijing = request.now + SignedDuration::from_hours(8);
    let created = beijing.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let nonce = request.nonce;
    let message = format!("{}\n{nonce}\n{created}", request.url);
    let digest = BASE64_STANDARD.encode(hmac_sha256(secret.as_bytes(), message.as_bytes()));
    Ok(vec![
        (
            "authorization",
            "AKSK realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"".to_owned(),
        ),
        (
            "x-aksk",
            format!(
                "UsernameToken Username=\"{key}\", PasswordDigest=\"{digest}\", Nonce=\"{nonce}\", Created=\"{created}\""
            ),
        ),
    ])
}

fn voximplant(secret: &str, request: &Unsigned<'_>) -> Vec<(&'static str, String)> {
    let seconds = request.now.as_second().to_string();
    let message = [seconds.as_bytes(), b".", request.body].concat();
    let signature = hex(&hmac_sha256(secret.as_bytes(), &message));
    vec![("x-vx-timestamp", seconds), ("x-vx-signature", signature)]
}

fn sinch(secret: &str, request: &Unsigned<'_>) -> Signed {
    const FORM: CannotSign =
        CannotSign("the simulated Sinch signs with applicationKey:secret, the secret in base64");
    let (key, secret) = secret.split_once(':').ok_or(FORM)?;
    let secret = BASE64_STANDARD.decode(secret).map_err(|_| FORM)?;
    let at = request.now.to_string();
    let of_body = if request.body.is_empty() {
        String::new()
    } else {
        BASE64_STANDARD.encode(Md5::digest(request.body))
    };
    let path = request
        .url
        .split_once("://")
        .map_or(request.url, |(_, rest)| rest);
    let path = path.find('/').and_then(|from| path.get(from..)).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let message = format!(
        "{}\n{of_body}\n{}\nx-timestamp:{at}\n{path}",
        request.method, request.content_type
    );
    let signature = BASE64_STANDARD.encode(hmac_sha256(&secret, message.as_bytes()));
    Ok(vec![
        ("x-timestamp", at),
        ("authorization", format!("application {key}:{signature}")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(signed: Vec<(&'static str, String)>, name: &str) -> String {
        let found = signed.into_iter().find(|(known, _)| *known == name);
        found.unwrap().1
    }

    /// The signatures that the carriers' own documentation and SDKs publish: see `crates/carriers/tests/vectors.json`.
    #[test]
    fn published_signatures_come_out() {
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../crates/carriers/tests/vectors.json")).unwrap();
        let mut good = std::collections::BTreeMap::new();
        for vector in vectors {
            let text = |field: &str| vector[field].as_str().unwrap_or_default();
            let headers: std::collections::BTreeMap<String, &str> = vector["headers"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap()))
                .collect();
            let given = |name: &str| headers.get(name).copied().unwrap_or_default();
            let code = match (text("carrier"), text("method")) {
                ("twilio", "POST") => "tw",
                ("signalwire", _) => "sw",
                ("plivo", "POST") => "pl",
                ("sinch", _) => "si",
                _ => continue,
            };
            if vector["valid"] != true || vector["official"] != true {
                continue;
            }
            let name = match code {
                "tw" => "x-twilio-signature",
                "sw" => "x-signalwire-signature",
                "pl" => "x-plivo-signature-v3",
                _ => "authorization",
            };
            let request = Unsigned {
                method: text("method"),
                url: text("url"),
                content_type: given("content-type"),
                body: text("body").as_bytes(),
                now: given("x-timestamp").parse().unwrap_or(Timestamp::UNIX_EPOCH),
                nonce: given("x-plivo-signature-v3-nonce"),
            };
            let signed = sign(code, text("secret_or_public_key"), &request);
            let signed = signed.map_or_else(|_| String::new(), |signed| header(signed, name));
            // Twilio's published ones are also of URLs with the port left out or put in, and Sinch's of a secret that is
            // no base64 and a header that repeats its own name: nothing that is done here.
            if signed == given(name) {
                *good.entry(code).or_insert(0) += 1;
            } else {
                assert!(["tw", "si"].contains(&code), "{}", text("source"));
            }
        }
        let good: Vec<_> = good.into_iter().collect();
        assert_eq!(good, [("pl", 2), ("si", 1), ("sw", 2), ("tw", 7)]);
    }

    #[test]
    fn a_secret_of_another_form_is_said_to_be_one() {
        let request = Unsigned {
            method: "POST",
            url: "https://calls.example.com/x",
            content_type: "application/json",
            body: b"{}",
            now: Timestamp::UNIX_EPOCH,
            nonce: "1",
        };
        for carrier in ["tx", "hw", "si", "zz"] {
            assert!(sign(carrier, "secret", &request).is_err(), "{carrier}");
        }
    }
}
