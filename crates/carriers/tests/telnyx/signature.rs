//! Whether a request is from Telnyx.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_carriers::{Headers, Refusal, Request, Settings};

use super::URL;
use super::support::{vectors, verify};

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

fn check(headers: &[(&str, &str)], body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    let headers = Headers::new(headers.iter().copied());
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
    };
    verify("tx", &request, secrets, &Settings::default(), now())
}

#[test]
fn published_vectors_verify_or_are_refused() {
    for vector in vectors("telnyx") {
        let headers = vector.headers();
        let request = Request {
            method: vector.text("method"),
            url: vector.text("url"),
            headers: &headers,
            body: vector.text("body").as_bytes(),
        };
        let secret = vector.text("secret_or_public_key");
        let verified = verify("tx", &request, &[secret], &Settings::default(), vector.now());
        assert_eq!(
            verified.is_ok(),
            vector.valid(),
            "{verified:?}: {}",
            vector.text("source")
        );
    }
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
        assert_eq!(check(&headers, BODY.as_bytes(), &[&old, &new]), Ok(()));
        assert_eq!(check(&headers, BODY.as_bytes(), &["no key", &old, &new]), Ok(()));
        let refused = check(&headers, BODY.as_bytes(), &[&other]).unwrap_err();
        assert_eq!(refused, Refusal::Mismatch { hint: None });
        for useless in [&[][..], &["no key"][..], &[""][..]] {
            let refused = check(&headers, BODY.as_bytes(), useless).unwrap_err();
            assert_eq!(refused.reason(), "secret", "{useless:?}");
        }
    }
}

#[test]
fn headers_that_cannot_be_right_are_refused_for_what_they_are() {
    let secret = public(&key(1));
    let signature = sign(&key(1), "1700000000", BODY.as_bytes());
    let joined = format!("{signature},{signature}");
    let long = "A".repeat(9000);
    let short = STANDARD.encode([0; 63]);
    let refused = |pairs: &[(&str, &str)]| check(pairs, BODY.as_bytes(), &[&secret]).unwrap_err().reason();
    let (s, t) = ("telnyx-signature-ed25519", "telnyx-timestamp");
    let good = "1700000000";
    assert_eq!(refused(&[(t, good)]), "header-missing");
    assert_eq!(refused(&[(s, &signature)]), "header-missing");
    assert_eq!(refused(&[(s, ""), (t, good)]), "header-missing");
    assert_eq!(
        refused(&[(s, &signature), (s, &signature), (t, good)]),
        "header-repeated"
    );
    assert_eq!(refused(&[(s, &joined), (t, good)]), "header-repeated");
    assert_eq!(
        refused(&[(s, &signature), (t, good), (t, good)]),
        "header-repeated"
    );
    assert_eq!(refused(&[(s, &long), (t, good)]), "header-malformed");
    assert_eq!(refused(&[(s, &short), (t, good)]), "header-malformed");
    for time in [
        "soon",
        "-1700000000",
        "+1700000000",
        "1.7e9",
        "99999999999999999999",
    ] {
        assert_eq!(
            refused(&[(s, &signature), (t, time)]),
            "header-malformed",
            "{time}"
        );
    }
    assert_eq!(refused(&[(s, &signature), (t, "01700000000")]), "mismatch");
}

#[test]
fn a_signed_time_may_be_five_minutes_away_and_no_more() {
    let secret = public(&key(1));
    for (seconds, good) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
        let timestamp = (NOW + seconds).to_string();
        let signature = sign(&key(1), &timestamp, BODY.as_bytes());
        let headers = [
            ("telnyx-signature-ed25519", signature.as_str()),
            ("telnyx-timestamp", timestamp.as_str()),
        ];
        let verified = check(&headers, BODY.as_bytes(), &[&secret]);
        assert_eq!(verified.is_ok(), good, "{seconds}");
        assert!(good || verified.unwrap_err().reason() == "stale");
    }
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
    fn another_byte_anywhere_in_the_body_is_refused(
        body in proptest::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let secret = public(&key(1));
        let signature = sign(&key(1), "1700000000", &body);
        let headers = [("telnyx-signature-ed25519", signature.as_str()), ("telnyx-timestamp", "1700000000")];
        prop_assert_eq!(check(&headers, &body, &[&secret]), Ok(()));
        let mut other = body.clone();
        other[place.index(body.len())] ^= flip;
        prop_assert_eq!(check(&headers, &other, &[&secret]), Err(Refusal::Mismatch { hint: None }));
    }
}
