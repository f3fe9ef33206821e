#![doc = include_str!("../README.md")]

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// The header that carries the signature.
pub const HEADER: &str = "Ringback-Signature";

/// Longer headers are not ours; nobody signs with more than a few keys at a time.
const LONGEST_HEADER: usize = 1024;

/// Why a request is not to be trusted. None of them carries anything of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no header, or an empty one.
    #[error("the request is not signed")]
    Missing,
    /// The header has another form, or came more than once.
    #[error("the signature has another form")]
    Malformed,
    /// It was signed longer ago than is tolerated.
    #[error("the signature is too old")]
    TooOld,
    /// It was signed further in the future than is tolerated.
    #[error("the signature is from the future")]
    TooNew,
    /// No signature matches the body under any of the keys.
    #[error("the signature does not match")]
    DoesNotMatch,
}

/// The header's value for a body, signed with one key.
pub fn sign(key: impl AsRef<[u8]>, at: Timestamp, body: &[u8]) -> String {
    sign_with_all(&[key], at, body)
}

/// The header's value for a body, signed with each of the keys: while keys change, a receiver may know any of them.
///
/// Empty keys sign nothing, and without a key the value is one that [`verify`] refuses.
pub fn sign_with_all(keys: &[impl AsRef<[u8]>], at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_second().to_string();
    let mut value = format!("t={seconds}");
    for mac in keys.iter().filter_map(|key| mac(key.as_ref(), &seconds, body)) {
        value.push_str(",v1=");
        for byte in mac.finalize().into_bytes() {
            let digits = [byte >> 4, byte & 15];
            value.extend(
                digits
                    .iter()
                    .filter_map(|digit| char::from_digit((*digit).into(), 16)),
            );
        }
    }
    value
}

/// Checks a request's signature: `header` as it came, `body` as it came, any of `keys`, signed at most `tolerance`
/// before or after `now`.
///
/// # Errors
/// Says why the request is not to be trusted.
pub fn verify(
    header: Option<&str>,
    body: &[u8],
    keys: &[impl AsRef<[u8]>],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), SignatureError> {
    let header = header.map(str::trim).filter(|header| !header.is_empty());
    let (seconds, signatures) = parse(header.ok_or(SignatureError::Missing)?)?;
    let signed_at: i64 = seconds.parse().map_err(|_| SignatureError::Malformed)?;
    let age = i128::from(now.as_second()) - i128::from(signed_at);
    let tolerance = i128::from(tolerance.as_secs());
    if age > tolerance {
        return Err(SignatureError::TooOld);
    }
    if age < -tolerance {
        return Err(SignatureError::TooNew);
    }
    // Every pair is tried, so that the time taken does not tell which key it was.
    let mut matches = false;
    for key in keys {
        for signature in &signatures {
            let mac = mac(key.as_ref(), seconds, body);
            matches |= mac.is_some_and(|mac| mac.verify_slice(signature).is_ok());
        }
    }
    if matches {
        Ok(())
    } else {
        Err(SignatureError::DoesNotMatch)
    }
}

/// The MAC before it is read or compared. An empty key would make every sender trusted, so it is none.
fn mac(key: &[u8], seconds: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    if key.is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// The one time, as text, and all signatures of a header.
fn parse(header: &str) -> Result<(&str, Vec<[u8; 32]>), SignatureError> {
    if header.len() > LONGEST_HEADER {
        return Err(SignatureError::Malformed);
    }
    let (mut time, mut signatures) = (None, Vec::new());
    for field in header.split(',') {
        let (name, value) = field.trim().split_once('=').ok_or(SignatureError::Malformed)?;
        match name {
            "t" if time.is_some() || !is_whole_number(value) => return Err(SignatureError::Malformed),
            "t" => time = Some(value),
            "v1" => signatures.push(digest(value).ok_or(SignatureError::Malformed)?),
            _ => {}
        }
    }
    match time {
        Some(time) if !signatures.is_empty() => Ok((time, signatures)),
        _ => Err(SignatureError::Malformed),
    }
}

/// One form for each number, as the text itself is signed.
fn is_whole_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

fn digest(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        for digit in pair {
            *byte = *byte << 4 | u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
        }
    }
    Some(bytes)
}
