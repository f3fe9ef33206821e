//! Whether a request is from Telnyx.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_carriers::{Headers, Refusal};

use super::URL;
use super::support::headers::{self, Needed, Pair};
use super::support::requests;
use super::support::vectors_verify_or_are_refused;

const BODY: &str = r#"{"data":{"id":"1","event_type":"call.answered","payload":{}}}"#;
const NOW: i64 = 1_700_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(key: &SigningKey) -> String {
    STANDARD.encode(key.verifying_key().to_bytes())
}

fn sign(key: &SigningKey, timestamp: &str, body: &[u8]) -> String {
    let signed = [timestamp.as_bytes(), b"|", body].concat();
    STANDARD.encode(key.sign(&signed).to_bytes())
}

fn check(pairs: &[Pair<'_>], body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    let headers = Headers::new(pairs.iter().copied());
    requests::check("tx", URL, &headers, body, secrets, now())
}

#[test]
fn published_vectors_verify_or_are_refused() {
    vectors_verify_or_are_refused("telnyx", "tx");
}

#[test]
fn forms_of_texml_are_signed_alike() {
    let body = b"CallSid=v3%3Asample-leg-a&CallStatus=completed";
    let signature = sign(&key(1), "1700000000", body);
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Telnyx-Signature-Ed25519", signature.as_str()),
        ("Telnyx-Timestamp", "1700000000"),
    ];
    assert_eq!(check(&headers, body, &[&public(&key(1))]), Ok(()));
}

#[test]
fn one_of_two_keys_is_enough_and_another_accounts_is_not() {
    let (old, new, other) = (public(&key(1)), public(&key(2)), public(&key(3)));
    for signer in [1, 2] {
        let signature = sign(&key(signer), "1700000000", BODY.as_bytes());
        let headers = [
            ("telnyx-signature-ed25519", signature.as_str()),
            ("telnyx-timestamp", "1700000000"),
        ];
        let check = |secrets: &[&str]| check(&headers, BODY.as_bytes(), secrets);
        assert_eq!(check(&[&old, &new]), Ok(()));
        assert_eq!(check(&["no key", &old, &new]), Ok(()));
        let refused = headers::either_of_two_secrets_is_good(&public(&key(signer)), &other, check);
        assert_eq!(refused, Refusal::Mismatch { hint: None });
        headers::useless_secrets_are_told(&["no key", ""], check);
    }
}

#[test]
fn headers_that_cannot_be_right_are_refused_for_what_they_are() {
    let secret = public(&key(1));
    let good = sign(&key(1), "1700000000", BODY.as_bytes());
    let short = STANDARD.encode([0; 63]);
    let signature = Needed {
        odd: &[&short],
        ..Needed::new("telnyx-signature-ed25519", &good)
    };
    let timestamp = Needed {
        odd: &[
            "soon",
            "-1700000000",
            "+1700000000",
            "1.7e9",
            "99999999999999999999",
        ],
        ..Needed::new("telnyx-timestamp", "1700000000")
    };
    let check = |pairs: &[Pair<'_>]| check(pairs, BODY.as_bytes(), &[&secret]);
    headers::refused_for_what_they_are(&[signature, timestamp], check);
    let other = [(signature.name, signature.good), (timestamp.name, "01700000000")];
    assert_eq!(check(&other).unwrap_err().reason(), "mismatch");
}

#[test]
fn a_signed_time_may_be_five_minutes_away_and_no_more() {
    headers::five_minutes_away_are_near_enough(|seconds| {
        let timestamp = (NOW + seconds).to_string();
        let signature = sign(&key(1), &timestamp, BODY.as_bytes());
        let headers = [
            ("telnyx-signature-ed25519", signature.as_str()),
            ("telnyx-timestamp", timestamp.as_str()),
        ];
        check(&headers, BODY.as_bytes(), &[&public(&key(1))])
    });
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    // The neutral element as key, and as R with S = 0: the equation holds for every body.
    let neutral = {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        bytes
    };
    let signature = STANDARD.encode([neutral, [0; 32]].concat());
    let headers = [
        ("telnyx-signature-ed25519", signature.as_str()),
        ("telnyx-timestamp", "1700000000"),
    ];
    assert!(check(&headers, BODY.as_bytes(), &[&STANDARD.encode(neutral)]).is_err());
}

proptest! {
    // Signing is slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn another_byte_anywhere_in_the_body_is_refused((body, other) in headers::changed_bodies()) {
        let secret = public(&key(1));
        let signature = sign(&key(1), "1700000000", &body);
        let headers = [("telnyx-signature-ed25519", signature.as_str()), ("telnyx-timestamp", "1700000000")];
        prop_assert_eq!(check(&headers, &body, &[&secret]), Ok(()));
        prop_assert_eq!(check(&headers, &other, &[&secret]), Err(Refusal::Mismatch { hint: None }));
    }
}
