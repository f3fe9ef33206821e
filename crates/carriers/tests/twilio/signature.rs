//! Whether a request is from Twilio.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::Kind;
use ringback_carriers::{Headers, Keys, Refusal, Request, Settings, carrier};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::support::{vectors, verify};
use super::{BODY, FORM, URL, try_read};

const TOKEN: &str = "token-of-the-account";

/// Signs as the carrier does, written from its documentation and not from our code.
fn signature(token: &str, url: &str, body: &str) -> String {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs.dedup();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    for (name, value) in pairs {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

fn signed(token: &str, url: &str, body: &str) -> Headers {
    Headers::new([
        ("Content-Type", FORM.to_owned()),
        ("X-Twilio-Signature", signature(token, url, body)),
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
        "tw",
        &request,
        secrets,
        &Settings::default(),
        Timestamp::UNIX_EPOCH,
    )
}

fn hint(result: Result<(), Refusal>) -> &'static str {
    match result {
        Err(Refusal::Mismatch { hint: Some(hint) }) => hint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn published_vectors_verify_or_are_refused() {
    for vector in vectors("twilio") {
        let headers = vector.headers();
        let request = Request {
            method: vector.text("method"),
            url: vector.text("url"),
            headers: &headers,
            body: vector.text("body").as_bytes(),
        };
        let secret = vector.text("secret_or_public_key");
        let result = verify("tw", &request, &[secret], &Settings::default(), vector.now());
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
fn the_urls_port_user_fragment_and_apostrophe_may_be_written_either_way() {
    let signed_as = [
        ("https://a.example/x", "https://a.example:443/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("http://a.example/x?y=1", "http://a.example:80/x?y=1"),
        (
            "https://user:pass@a.example/x",
            "https://user:pass@a.example:443/x",
        ),
        ("https://a.example/x#rc=5&rp=all", "https://a.example/x"),
        ("https://a.example/x?n=o'b", "https://a.example/x?n=o%27b"),
        ("https://a.example/x?n=o%27b", "https://a.example:443/x?n=o'b"),
    ];
    for (ours, theirs) in signed_as {
        let result = check(ours, &signed(TOKEN, theirs, BODY), BODY.as_bytes(), &[TOKEN]);
        assert_eq!(result, Ok(()), "{ours} signed as {theirs}");
    }
}

#[test]
fn a_get_is_signed_by_its_url_alone() {
    let url = format!("{URL}?{BODY}");
    let headers = Headers::new([("x-twilio-signature", signature(TOKEN, &url, ""))]);
    let mut request = Request {
        method: "GET",
        url: &url,
        headers: &headers,
        body: b"",
    };
    let check = |request: &Request<'_>| {
        verify(
            "tw",
            request,
            &[TOKEN],
            &Settings::default(),
            Timestamp::UNIX_EPOCH,
        )
    };
    assert_eq!(check(&request), Ok(()));
    let settings = Settings::default();
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    let reading = carrier("tw").unwrap().read(&request, &keys).unwrap();
    assert_eq!(reading.heard[0].event.kind, Kind::Ringing);
    // The same signature does not serve a POST, whose body it would leave open.
    request.method = "POST";
    request.body = b"CallSid=CA1&CallStatus=completed";
    assert!(check(&request).is_err());
}

#[test]
fn json_is_covered_by_the_hash_in_the_query() {
    let body = r#"{"CallSid":"CA1"}"#;
    let hash: String = Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let url = format!("{URL}?bodySHA256={hash}");
    let headers = |url: &str| {
        Headers::new([
            ("content-type", "application/json".to_owned()),
            ("x-twilio-signature", signature(TOKEN, url, "")),
        ])
    };
    assert_eq!(check(&url, &headers(&url), body.as_bytes(), &[TOKEN]), Ok(()));
    let changed = check(&url, &headers(&url), br#"{"CallSid":"CA2"}"#, &[TOKEN]);
    assert!(hint(changed).contains("bodySHA256"));
    let uncovered = check(URL, &headers(URL), body.as_bytes(), &[TOKEN]);
    assert!(hint(uncovered).contains("bodySHA256"));
}

#[test]
fn either_secret_is_good_while_one_replaces_the_other() {
    for token in ["old", "new"] {
        let headers = signed(token, URL, BODY);
        assert_eq!(check(URL, &headers, BODY.as_bytes(), &["old", "new"]), Ok(()));
    }
    let headers = signed("another account's", URL, BODY);
    assert!(check(URL, &headers, BODY.as_bytes(), &["old", "new"]).is_err());
}

#[test]
fn no_secret_verifies_nothing() {
    for secrets in [&[][..], &[""][..]] {
        let result = check(URL, &signed("", URL, BODY), BODY.as_bytes(), secrets);
        assert_eq!(result.unwrap_err().reason(), "secret");
    }
}

#[test]
fn headers_that_are_missing_repeated_joined_or_oversized_are_refused() {
    let good = signature(TOKEN, URL, BODY);
    let reason = |values: &[String]| {
        let pairs = values.iter().map(|value| ("X-Twilio-Signature", value.clone()));
        let headers = Headers::new(pairs.chain([("content-type", FORM.to_owned())]));
        check(URL, &headers, BODY.as_bytes(), &[TOKEN]).map_err(|refusal| refusal.reason())
    };
    assert_eq!(reason(std::slice::from_ref(&good)), Ok(()));
    assert_eq!(reason(&[]), Err("header-missing"));
    assert_eq!(reason(&[String::new()]), Err("header-missing"));
    assert_eq!(reason(&[good.clone(), good.clone()]), Err("header-repeated"));
    assert_eq!(reason(&[format!("{good},{good}")]), Err("header-repeated"));
    assert_eq!(reason(&["A".repeat(9_000)]), Err("header-malformed"));
    assert_eq!(reason(&[good.replace('=', "")]), Err("header-malformed"));
    assert_eq!(reason(&["no Base64".to_owned()]), Err("header-malformed"));
}

#[test]
fn a_refusal_says_what_the_signature_would_have_fitted() {
    let refused =
        |url: &str, body: &str| hint(check(URL, &signed(TOKEN, url, body), BODY.as_bytes(), &[TOKEN]));
    assert!(refused(&URL.replace("https", "http"), BODY).contains("http://"));
    assert!(refused(&format!("{URL}/"), BODY).contains("slash"));
    assert!(refused(URL, "").contains("without the body"));
    assert!(refused("https://elsewhere.example/", BODY).contains("may differ"));
}

#[test]
fn a_request_for_another_account_is_refused_where_the_account_is_set() {
    let headers = signed(TOKEN, URL, BODY);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: BODY.as_bytes(),
    };
    let with = |sid: &str| {
        let settings = Settings([("accountSid".to_owned(), sid.to_owned())].into());
        verify("tw", &request, &[TOKEN], &settings, Timestamp::UNIX_EPOCH)
    };
    assert_eq!(with("AC00000000000000000000000000000001"), Ok(()));
    assert_eq!(
        with("AC00000000000000000000000000000002").unwrap_err().reason(),
        "other-account"
    );
}

/// What a body says, whatever the spelling.
fn meaning(body: &[u8]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

proptest! {
    #[test]
    fn a_changed_byte_of_the_body_is_refused(at in 0..BODY.len(), byte in any::<u8>()) {
        let mut body = BODY.as_bytes().to_vec();
        body[at] = byte;
        let taken = check(URL, &signed(TOKEN, URL, BODY), &body, &[TOKEN]).is_ok();
        // `%2B` and `%2b` are the same letter; everything else is a change.
        prop_assert!(!taken || meaning(&body) == meaning(BODY.as_bytes()));
    }

    #[test]
    fn a_shortened_or_lengthened_body_is_refused(keep in 0..BODY.len(), more in "[A-Za-z]{1,8}=[a-z]{1,8}") {
        let headers = signed(TOKEN, URL, BODY);
        let short = &BODY.as_bytes()[..keep];
        let taken = check(URL, &headers, short, &[TOKEN]).is_ok();
        prop_assert!(!taken || meaning(short) == meaning(BODY.as_bytes()));
        let long = format!("{BODY}&{more}");
        prop_assert!(check(URL, &headers, long.as_bytes(), &[TOKEN]).is_err());
    }

    #[test]
    fn a_changed_letter_of_the_url_is_refused(at in 0..URL.len(), letter in "[a-zA-Z0-9/?&=-]") {
        let url = format!("{}{letter}{}", &URL[..at], &URL[at + 1..]);
        let taken = check(&url, &signed(TOKEN, URL, BODY), BODY.as_bytes(), &[TOKEN]).is_ok();
        prop_assert_eq!(taken, url == URL);
    }

    #[test]
    fn whatever_form_is_signed_verifies(pairs in prop::collection::vec(("[A-Za-z]{0,6}", ".{0,12}"), 0..12)) {
        // The sign for what is no UTF-8 is refused as such.
        let pairs = pairs.iter().map(|(name, value)| (name, value.replace('\u{FFFD}', "?")));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        prop_assert_eq!(check(URL, &signed(TOKEN, URL, &body), body.as_bytes(), &[TOKEN]), Ok(()));
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..300), header in ".{0,60}") {
        let headers = Headers::new([("content-type", FORM), ("x-twilio-signature", &header)]);
        let _refused = check(URL, &headers, &body, &[TOKEN]);
        let _read = try_read(FORM, &body);
    }
}
