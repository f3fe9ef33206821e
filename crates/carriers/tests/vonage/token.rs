//! Whether a request is from Vonage.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::prelude::*;
use ringback_carriers::{Headers, Refusal, Request, Settings};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::URL;
use super::support::headers::{self, Needed};
use super::support::requests::{self, settings};
use super::support::{vectors, verify};

const SECRET: &str = "a-signature-secret-of-the-account";
const BODY: &str = r#"{"status":"answered","uuid":"a","conversation_uuid":"CON-1"}"#;
const NOW: i64 = 1_700_000_000;

fn hash(body: &[u8]) -> String {
    Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn claims(body: &[u8]) -> Value {
    json!({
        "iat": NOW, "jti": "1", "iss": "Vonage", "payload_hash": hash(body),
        "api_key": "a1b2c3d", "application_id": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    })
}

fn token(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}

fn bearer(claims: &Value) -> String {
    format!("Bearer {}", token(Algorithm::HS256, claims, SECRET))
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn check(values: &[&str], body: &[u8], secrets: &[&str], settings: &Settings) -> Result<(), Refusal> {
    let headers = Headers::new(values.iter().map(|value| ("Authorization", *value)));
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
    };
    verify("vg", &request, secrets, settings, now())
}

fn simply(authorization: &str, body: &str) -> Result<(), Refusal> {
    check(&[authorization], body.as_bytes(), &[SECRET], &Settings::default())
}

/// The token says more than the published tests check: the body it was made for is not published. So the refusal of a
/// good one must be about the body, which is what is looked at last.
#[test]
fn published_vectors_verify_or_are_refused() {
    let mut good = 0;
    for vector in vectors("vonage") {
        let only_token = vector.text("check") == "jwt-only";
        let now = if only_token {
            Timestamp::from_second(1_587_494_962).unwrap()
        } else {
            vector.now()
        };
        let verified = vector.verify("vg", &Settings::default(), now);
        let source = vector.text("source");
        match (vector.valid(), only_token) {
            (true, false) => assert_eq!(verified, Ok(()), "{source}"),
            (true, true) => {
                let refusal = verified.unwrap_err().to_string();
                assert!(refusal.contains("the token is good"), "{refusal}: {source}");
            }
            (false, _) => {
                let refusal = verified.unwrap_err().to_string();
                assert!(!refusal.contains("the token is good"), "{refusal}: {source}");
            }
        }
        good += usize::from(vector.valid());
    }
    assert_eq!(good, 2);
}

#[test]
fn a_token_of_this_body_is_good_until_it_is_five_minutes_old() {
    headers::five_minutes_away_are_near_enough(|seconds| {
        let mut claims = claims(BODY.as_bytes());
        claims["iat"] = json!(NOW + seconds);
        simply(&bearer(&claims), BODY)
    });
    let mut claims = claims(BODY.as_bytes());
    claims["exp"] = json!(NOW);
    assert_eq!(simply(&bearer(&claims), BODY), Ok(()));
    claims["exp"] = json!(NOW - 1);
    assert_eq!(simply(&bearer(&claims), BODY).unwrap_err().reason(), "stale");
}

#[test]
fn one_of_two_secrets_is_enough_and_another_accounts_is_not() {
    let authorization = bearer(&claims(BODY.as_bytes()));
    let none = Settings::default();
    let check = |secrets: &[&str]| check(&[&authorization], BODY.as_bytes(), secrets, &none);
    let refused = headers::either_of_two_secrets_is_good(SECRET, "another", check);
    assert_eq!(refused, Refusal::Mismatch { hint: None });
    headers::useless_secrets_are_told(&[""], check);
}

#[test]
fn a_token_of_another_account_or_application_is_refused() {
    let authorization = bearer(&claims(BODY.as_bytes()));
    let verified = |pairs: &[(&str, &str)]| {
        check(&[&authorization], BODY.as_bytes(), &[SECRET], &settings(pairs)).map_err(|error| error.reason())
    };
    let application = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
    assert_eq!(
        verified(&[("apiKey", "a1b2c3d"), ("applicationId", application)]),
        Ok(())
    );
    assert_eq!(verified(&[("apiKey", "")]), Ok(()));
    assert_eq!(verified(&[("apiKey", "other")]), Err("other-account"));
    assert_eq!(verified(&[("applicationId", "other")]), Err("other-account"));
    let mut nameless = claims(BODY.as_bytes());
    nameless["api_key"] = Value::Null;
    let refused = check(
        &[&bearer(&nameless)],
        BODY.as_bytes(),
        &[SECRET],
        &settings(&[("apiKey", "a1b2c3d")]),
    );
    assert_eq!(refused.unwrap_err().reason(), "other-account");
}

#[test]
fn only_hs256_is_taken() {
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = token(algorithm, &claims(BODY.as_bytes()), SECRET);
        let refused = simply(&format!("Bearer {token}"), BODY).unwrap_err();
        assert_eq!(refused.reason(), "header-malformed");
    }
}

#[test]
fn headers_that_cannot_be_right_are_refused_for_what_they_are() {
    let good = bearer(&claims(BODY.as_bytes()));
    let mut timeless = claims(BODY.as_bytes());
    timeless["iat"] = Value::Null;
    let needed = Needed {
        scheme: "Bearer ",
        odd: &[
            "Bearer",
            "Bearer ",
            "Bearer a.b.c",
            "Basic dTpw",
            "Bearer ..",
            &good.replace("Bearer ", ""),
            &bearer(&timeless),
        ],
        ..Needed::new("Authorization", &good)
    };
    headers::refused_for_what_they_are(&[needed], |pairs| {
        let headers = Headers::new(pairs.iter().copied());
        requests::check("vg", URL, &headers, BODY.as_bytes(), &[SECRET], now())
    });
    assert_eq!(
        simply(&good.replace("Bearer", "bearer"), BODY),
        Ok(()),
        "the scheme has no case"
    );
}

#[test]
fn a_body_needs_its_hash_and_only_a_request_without_one_does_not() {
    let mut without = claims(b"");
    without["payload_hash"] = Value::Null;
    assert_eq!(simply(&bearer(&without), ""), Ok(()));
    assert_eq!(simply(&bearer(&claims(b"")), ""), Ok(()));
    assert_eq!(simply(&bearer(&without), BODY).unwrap_err().reason(), "mismatch");
    assert_eq!(
        simply(&bearer(&claims(BODY.as_bytes())), "")
            .unwrap_err()
            .reason(),
        "mismatch"
    );
}

proptest! {
    #[test]
    fn another_byte_anywhere_in_the_body_is_refused((body, other) in headers::changed_bodies()) {
        let authorization = bearer(&claims(&body));
        let none = Settings::default();
        prop_assert_eq!(check(&[&authorization], &body, &[SECRET], &none), Ok(()));
        let refused = check(&[&authorization], &other, &[SECRET], &none).unwrap_err();
        prop_assert_eq!(refused.reason(), "mismatch");
    }

    #[test]
    fn another_character_anywhere_in_the_token_is_refused(place in any::<prop::sample::Index>(), new in "[A-Za-z0-9_.-]") {
        let token = token(Algorithm::HS256, &claims(BODY.as_bytes()), SECRET);
        let place = place.index(token.len());
        let mut other = token.clone();
        other.replace_range(place..=place, &new);
        prop_assume!(other != token);
        let refused = simply(&format!("Bearer {other}"), BODY).is_err();
        prop_assert!(refused);
    }
}
