//! Whether a request is from Plivo.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_carriers::{Headers, Keys, Refusal, Request, Settings, Trust, carrier};
use sha2::Sha256;

use super::support::{Vector, vectors, verify};
use super::{BODY, FORM, URL, read_with, setting};

const TOKEN: &str = "token-of-the-account";
const NONCE: &str = "31627761595286130198";

fn mac(token: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Signs a POST without a query as the carrier does, written from its documentation and not from our code.
fn signature(token: &str, url: &str, body: &str) -> String {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    pairs.sort();
    let fields: String = pairs
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    mac(token, &format!("{url}{mark}{fields}.{NONCE}"))
}

fn headers(signature: &str) -> Headers {
    Headers::new([
        ("Content-Type", FORM),
        ("X-Plivo-Signature-V3", signature),
        ("X-Plivo-Signature-V3-Nonce", NONCE),
    ])
}

fn check(url: &str, headers: &Headers, body: &[u8], secrets: &[&str]) -> Result<(), Refusal> {
    let request = Request {
        method: "POST",
        url,
        headers,
        body,
    };
    verify(
        "pl",
        &request,
        secrets,
        &Settings::default(),
        Timestamp::UNIX_EPOCH,
    )
}

/// The URL of a vector, with what the carrier appended to a GET's query.
fn url(vector: &Vector) -> String {
    let Some(added) = vector.json["get_params"].as_object() else {
        return vector.text("url").to_owned();
    };
    let pairs = added.iter().map(|(name, value)| (name, value.as_str().unwrap()));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let url = vector.text("url");
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{query}")
}

fn check_vector(vector: &Vector, settings: &Settings) -> Result<(), Refusal> {
    let (headers, url) = (vector.headers(), url(vector));
    let request = Request {
        method: vector.text("method"),
        url: &url,
        headers: &headers,
        body: vector.text("body").as_bytes(),
    };
    verify(
        "pl",
        &request,
        &[vector.text("secret_or_public_key")],
        settings,
        vector.now(),
    )
}

#[test]
fn published_vectors_verify_or_are_refused() {
    for vector in vectors("plivo") {
        let result = check_vector(&vector, &Settings::default());
        assert_eq!(
            result.is_ok(),
            vector.valid(),
            "{} {}: {result:?}",
            vector.text("source"),
            vector.text("url")
        );
    }
}

#[test]
fn version_2_is_taken_only_where_it_is_allowed_and_then_proves_no_body() {
    // The published signature; the vector has it with a token that is one letter too long.
    let headers = Headers::new([
        (
            "x-plivo-signature-v2",
            "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=",
        ),
        ("x-plivo-signature-v2-nonce", "12345"),
    ]);
    let check = |token: &str, settings: &Settings| {
        let request = Request {
            method: "POST",
            url: "https://answer.url?not=covered",
            headers: &headers,
            body: b"nor=this",
        };
        verify("pl", &request, &[token], settings, Timestamp::UNIX_EPOCH)
    };
    let allowed = setting("allowV2", "true");
    assert!(check("my_auth_token", &Settings::default()).is_err());
    assert_eq!(check("my_auth_token", &allowed), Ok(()));
    assert!(check("my_auth_tokens", &allowed).is_err());
    let trust = |settings: &Settings| {
        carrier("pl").unwrap().trust(&Keys {
            secrets: &[],
            settings,
        })
    };
    assert_eq!(trust(&Settings::default()), Trust::Sender);
    assert_eq!(trust(&allowed), Trust::PlacedCallsOnly);
}

#[test]
fn a_good_version_2_does_not_make_up_for_a_bad_version_3() {
    let headers = Headers::new([
        ("x-plivo-signature-v2", mac(TOKEN, &format!("{URL}{NONCE}"))),
        ("x-plivo-signature-v2-nonce", NONCE.to_owned()),
        ("x-plivo-signature-v3", signature("another", URL, BODY)),
        ("x-plivo-signature-v3-nonce", NONCE.to_owned()),
    ]);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: BODY.as_bytes(),
    };
    let result = verify(
        "pl",
        &request,
        &[TOKEN],
        &setting("allowV2", "true"),
        Timestamp::UNIX_EPOCH,
    );
    assert_eq!(result.unwrap_err().reason(), "mismatch");
}

#[test]
fn what_is_signed_depends_on_query_and_fields() {
    let cases = [
        ("https://a.example/x", "", "https://a.example/x.N"),
        ("https://a.example/x", "b=2&a=1", "https://a.example/x?a1b2.N"),
        ("https://a.example/x?d=4&c=3", "", "https://a.example/x?c=3&d=4.N"),
        (
            "https://a.example/x?d=4&c=3",
            "b=2&a=1",
            "https://a.example/x?c=3&d=4.a1b2.N",
        ),
        (
            "https://a.example/x?c=%2B3",
            "a=1",
            "https://a.example/x?c=+3.a1.N",
        ),
        (
            "https://a.example/x?c=%2B3",
            "a=1",
            "https://a.example/x?c=%2B3.a1.N",
        ),
        (
            "https://a.example/x#rest",
            "a=2&a=1",
            "https://a.example/x?a1a2.N",
        ),
    ];
    for (url, body, text) in cases {
        let signature = mac(TOKEN, &text.replace(".N", &format!(".{NONCE}")));
        assert_eq!(
            check(url, &headers(&signature), body.as_bytes(), &[TOKEN]),
            Ok(()),
            "{text}"
        );
    }
}

#[test]
fn any_of_several_signatures_with_either_secret_is_good() {
    let (old, new) = (signature("old", URL, BODY), signature("new", URL, BODY));
    let check = |value: &str, secrets: &[&str]| check(URL, &headers(value), BODY.as_bytes(), secrets);
    assert_eq!(check(&format!("{old},{new}"), &["new"]), Ok(()));
    assert_eq!(check(&format!("{old}, {new}"), &["old"]), Ok(()));
    assert_eq!(check(&new, &["old", "new"]), Ok(()));
    assert!(check(&format!("{old},{new}"), &["another account's"]).is_err());
    assert!(check(&old, &[]).is_err());
    let empty = signature("", URL, BODY);
    assert!(check(&empty, &[""]).is_err());
}

#[test]
fn headers_that_are_missing_repeated_joined_or_oversized_are_refused() {
    let good = signature(TOKEN, URL, BODY);
    let reason = |signatures: &[&str], nonces: &[&str]| {
        let signatures = signatures.iter().map(|value| ("X-Plivo-Signature-V3", *value));
        let nonces = nonces.iter().map(|value| ("X-Plivo-Signature-V3-Nonce", *value));
        let headers = Headers::new(signatures.chain(nonces).chain([("content-type", FORM)]));
        check(URL, &headers, BODY.as_bytes(), &[TOKEN]).map_err(|refusal| refusal.reason())
    };
    assert_eq!(reason(&[&good], &[NONCE]), Ok(()));
    assert_eq!(reason(&[], &[NONCE]), Err("header-missing"));
    assert_eq!(reason(&[&good], &[]), Err("header-missing"));
    assert_eq!(reason(&[&good, &good], &[NONCE]), Err("header-repeated"));
    assert_eq!(reason(&[&good], &[NONCE, NONCE]), Err("header-repeated"));
    assert_eq!(
        reason(&[&good], &[&format!("{NONCE},{NONCE}")]),
        Err("header-repeated")
    );
    assert_eq!(reason(&[&good], &["31627761595286130199"]), Err("mismatch"));
    assert_eq!(reason(&[&"A".repeat(9_000)], &[NONCE]), Err("header-malformed"));
    assert_eq!(reason(&["no Base64"], &[NONCE]), Err("header-malformed"));
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let signature = mac(TOKEN, &format!("{URL}.{NONCE}"));
    let headers = Headers::new([
        ("content-type", "application/json"),
        ("x-plivo-signature-v3", &signature),
        ("x-plivo-signature-v3-nonce", NONCE),
    ]);
    assert_eq!(
        check(URL, &headers, b"{}", &[TOKEN]).unwrap_err().reason(),
        "mismatch"
    );
}

#[test]
fn a_refusal_says_what_the_signature_would_have_fitted() {
    let hint = |url: &str| match check(
        URL,
        &headers(&signature(TOKEN, url, BODY)),
        BODY.as_bytes(),
        &[TOKEN],
    ) {
        Err(Refusal::Mismatch { hint: Some(hint) }) => hint,
        other => panic!("{other:?}"),
    };
    assert!(hint(&URL.replace("https", "http")).contains("http://"));
    assert!(hint(&format!("{URL}/")).contains("slash"));
    assert!(hint("https://elsewhere.example/").contains("may differ"));
}

/// What a body says, whatever the spelling.
fn meaning(body: &[u8]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    pairs.sort();
    pairs
}

proptest! {
    #[test]
    fn a_changed_byte_of_the_body_is_refused(at in 0..BODY.len(), byte in any::<u8>()) {
        let mut body = BODY.as_bytes().to_vec();
        body[at] = byte;
        let taken = check(URL, &headers(&signature(TOKEN, URL, BODY)), &body, &[TOKEN]).is_ok();
        prop_assert!(!taken || meaning(&body) == meaning(BODY.as_bytes()));
    }

    #[test]
    fn a_changed_letter_of_the_url_is_refused(at in 0..URL.len(), letter in "[a-zA-Z0-9/&=-]") {
        let url = format!("{}{letter}{}", &URL[..at], &URL[at + 1..]);
        let taken = check(&url, &headers(&signature(TOKEN, URL, BODY)), BODY.as_bytes(), &[TOKEN]).is_ok();
        prop_assert_eq!(taken, url == URL);
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..300), header in ".{0,60}") {
        let _refused = check(URL, &headers(&header), &body, &[TOKEN]);
        let _read = read_with(FORM, &body, &Settings::default());
    }

    #[test]
    fn no_times_panic(session in "[-0-9:. ]{0,26}", start in "[-0-9:. ]{0,26}", zone in "[-+:0-9A-Za-z/]{0,12}") {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("CallUUID", "a-1"), ("Event", "Hangup"), ("SessionStart", &session)])
            .extend_pairs([("StartTime", &start), ("EndTime", &start)])
            .finish();
        let _read = read_with(FORM, body.as_bytes(), &setting("zone", &zone));
    }
}
