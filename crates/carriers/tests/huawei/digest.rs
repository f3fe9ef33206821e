//! The digest in the header, of three generations.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use proptest::prelude::*;
use ringback_carriers::{Headers, Keys, Refusal, Request, Settings, Trust, carrier, huawei};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::support::{Vector, vectors, verify};
use super::{URL, at};

const SECRET: &str = "sample-app-secret";
const NONCE: &str = "66C92B11FF8A425FB8D4CCFE0ED9ED1F";
const CREATED: &str = "2026-11-20T09:01:12Z";
/// The same in Beijing's time: when `hw-2026` signs it.
const NOW: &str = "2026-11-20T01:01:12Z";

fn settings(pairs: &[(&str, &str)]) -> Settings {
    Settings(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

fn hmac(secret: &str, data: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(data.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

fn digest(scheme: &str, secret: &str, url: &str) -> String {
    match scheme {
        "hw-2026" => hmac(secret, &format!("{url}\n{NONCE}\n{CREATED}")),
        "hw-2022" => hmac(secret, &format!("{url}{NONCE}{CREATED}")),
        _ => BASE64_STANDARD.encode(Sha256::digest(format!("{NONCE}{CREATED}{secret}"))),
    }
}

fn token(digest: &str) -> String {
    format!(
        "UsernameToken Username=\"sample-app-key\", PasswordDigest=\"{digest}\", Nonce=\"{NONCE}\", Created=\"{CREATED}\""
    )
}

fn verified(headers: &[(&str, String)], url: &str, settings: &Settings, now: &str) -> Result<(), Refusal> {
    verified_with(&[SECRET], headers, url, settings, now)
}

fn verified_with(
    secrets: &[&str],
    headers: &[(&str, String)],
    url: &str,
    settings: &Settings,
    now: &str,
) -> Result<(), Refusal> {
    let headers = Headers::new(headers.iter().map(|(name, value)| (*name, value.clone())));
    let request = Request {
        method: "POST",
        url,
        headers: &headers,
        body: b"{}",
    };
    verify("hw", &request, secrets, settings, at(now))
}

#[test]
fn the_vectors_verify_and_the_bad_ones_do_not() {
    let (requests, pushes): (Vec<Vector>, Vec<Vector>) = vectors("huawei")
        .into_iter()
        .partition(|vector| vector.text("scheme").starts_with("request"));
    for vector in pushes {
        let headers = vector.headers();
        let request = Request {
            method: vector.text("method"),
            url: vector.text("url"),
            headers: &headers,
            body: vector.text("body").as_bytes(),
        };
        let named = settings(&[("appKey", "a1yourAppKey"), ("zone", "utc")]);
        let secret = vector.text("secret_or_public_key");
        let result = verify("hw", &request, &[secret], &named, at("2018-02-12T15:30:25Z"));
        assert_eq!(
            result.is_ok(),
            vector.valid(),
            "{}: {result:?}",
            vector.text("source")
        );
    }
    for vector in requests {
        let headers = vector.headers();
        let secret = vector.text("secret_or_public_key");
        let digest = huawei::request_digest(secret, NONCE, "2018-02-12T15:30:20Z");
        assert_eq!(headers.get("x-aksk").unwrap().contains(&digest), vector.valid());
    }
}

#[test]
fn each_scheme_is_good_where_the_account_has_it() {
    for scheme in ["hw-2026", "hw-2022", "wsse"] {
        let now = if scheme == "hw-2026" { NOW } else { CREATED };
        let headers = [("X-AKSK", token(&digest(scheme, SECRET, URL)))];
        assert_eq!(
            verified(&headers, URL, &Settings::default(), now),
            Ok(()),
            "{scheme}"
        );
        let only = settings(&[("schemes", scheme)]);
        assert_eq!(verified(&headers, URL, &only, now), Ok(()), "{scheme}");
        let others = ["hw-2026", "hw-2022", "wsse"].map(|name| if name == scheme { "" } else { name });
        let without = settings(&[("schemes", &others.join(", "))]);
        let error = verified(&headers, URL, &without, now).unwrap_err();
        assert!(error.to_string().contains("schemes"), "{error}");
    }
}

#[test]
fn another_url_secret_nonce_or_time_does_not_match() {
    let good = token(&digest("hw-2026", SECRET, URL));
    let none = Settings::default();
    let refused = |header: String, url: &str| verified(&[("X-AKSK", header)], url, &none, NOW).unwrap_err();
    assert_eq!(refused(good.clone(), &format!("{URL}/x")).reason(), "mismatch");
    assert_eq!(refused(good.replace(NONCE, "0"), URL).reason(), "mismatch");
    assert_eq!(
        refused(good.replace("09:01:12", "09:01:13"), URL).reason(),
        "mismatch"
    );
    let stranger = token(&digest("hw-2026", "another-secret", URL));
    assert_eq!(refused(stranger, URL).reason(), "mismatch");
    let slash = refused(good.clone(), &format!("{URL}/")).to_string();
    assert!(slash.contains("URL"), "{slash}");
    let port = token(&digest("hw-2022", SECRET, &URL.replace(".com/", ".com:443/")));
    let port = refused(port, URL).to_string();
    assert!(port.contains("port"), "{port}");
}

#[test]
fn both_secrets_are_good_while_one_replaces_the_other() {
    let headers = [("X-AKSK", token(&digest("hw-2026", SECRET, URL)))];
    let with = |secrets: &[&str]| verified_with(secrets, &headers, URL, &Settings::default(), NOW);
    assert_eq!(with(&["next-secret", SECRET]), Ok(()));
    assert_eq!(with(&[SECRET, "next-secret"]), Ok(()));
    assert_eq!(with(&["next-secret"]).unwrap_err().reason(), "mismatch");
    assert_eq!(with(&[]).unwrap_err().reason(), "secret");
    assert_eq!(with(&[""]).unwrap_err().reason(), "mismatch");
}

/// Seven hours from the signed time are near enough, and a second more is not.
fn signs_at(scheme: &str, pairs: &[(&str, &str)], signed: &str) {
    let headers = [("X-AKSK", token(&digest(scheme, SECRET, URL)))];
    for (hours, seconds, near) in [(0, 0, true), (7, 0, true), (7, 1, false), (24, 0, false)] {
        let away = SignedDuration::from_hours(hours) + SignedDuration::from_secs(seconds);
        for now in [at(signed) + away, at(signed) - away] {
            let result = verified(&headers, URL, &settings(pairs), &now.to_string());
            let reason = result.as_ref().err().map(Refusal::reason);
            assert_eq!(
                reason,
                (!near).then_some("stale"),
                "{scheme} {pairs:?} {now}: {result:?}"
            );
        }
    }
}

#[test]
fn the_signed_time_is_beijings_or_utc_by_the_scheme_and_by_the_setting() {
    signs_at("hw-2026", &[], NOW);
    signs_at("hw-2022", &[], CREATED);
    signs_at("wsse", &[], CREATED);
    for scheme in ["hw-2026", "hw-2022", "wsse"] {
        signs_at(scheme, &[("zone", "beijing")], NOW);
        signs_at(scheme, &[("zone", "utc")], CREATED);
    }
    // By the scheme that matched, not by the first one of the account.
    signs_at("hw-2022", &[("schemes", "hw-2026, hw-2022")], CREATED);
    signs_at("hw-2026", &[("zone", "somewhere")], NOW);
}

#[test]
fn the_window_is_as_the_account_has_it() {
    let headers = [("X-AKSK", token(&digest("hw-2026", SECRET, URL)))];
    let ten_minutes = settings(&[("window", "600")]);
    for now in ["2026-11-20T01:11:12Z", "2026-11-20T00:51:12Z"] {
        assert_eq!(verified(&headers, URL, &ten_minutes, now), Ok(()), "{now}");
    }
    for now in ["2026-11-20T01:11:13Z", "2026-11-20T00:51:11Z", CREATED] {
        let refused = verified(&headers, URL, &ten_minutes, now).unwrap_err();
        assert_eq!(refused.reason(), "stale", "{now}");
    }
}

#[test]
fn the_app_key_is_compared_where_it_is_set() {
    let headers = [("X-AKSK", token(&digest("hw-2026", SECRET, URL)))];
    let (same, other) = (
        settings(&[("appKey", "sample-app-key")]),
        settings(&[("appKey", "another")]),
    );
    assert_eq!(verified(&headers, URL, &same, NOW), Ok(()));
    let expected = Refusal::OtherAccount { what: "app key" };
    assert_eq!(verified(&headers, URL, &other, NOW), Err(expected));
}

#[test]
fn headers_that_are_missing_repeated_or_odd_are_refused() {
    let none = Settings::default();
    let good = token(&digest("hw-2026", SECRET, URL));
    let refused = |headers: &[(&str, String)]| verified(headers, URL, &none, NOW).unwrap_err().reason();
    assert_eq!(refused(&[]), "header-missing");
    assert_eq!(refused(&[("X-AKSK", String::new())]), "header-missing");
    assert_eq!(
        refused(&[("X-AKSK", good.clone()), ("x-aksk", good.clone())]),
        "header-repeated"
    );
    assert_eq!(
        refused(&[("X-AKSK", format!("{good}, {good}"))]),
        "header-repeated"
    );
    assert_eq!(
        refused(&[("X-AKSK", format!("{good},{good}"))]),
        "header-repeated"
    );
    assert_eq!(
        refused(&[("X-AKSK", format!("{good}, Nonce=\"1\""))]),
        "header-repeated"
    );
    assert_eq!(
        refused(&[("X-AKSK", format!("{good}{}", " ".repeat(9000) + "x"))]),
        "header-malformed"
    );
    for odd in [
        "Basic YTpi".to_owned(),
        good.replace("UsernameToken ", ""),
        good.replace("PasswordDigest", "Digest"),
        good.replace('"', ""),
        good.replace("\", Nonce", ", Nonce"),
        token("not base64!"),
    ] {
        assert_eq!(refused(&[("X-AKSK", odd.clone())]), "header-malformed", "{odd}");
    }
    let timeless = good.replace(CREATED, "soon").replace(
        &digest("hw-2026", SECRET, URL),
        &hmac(SECRET, &format!("{URL}\n{NONCE}\nsoon")),
    );
    assert_eq!(refused(&[("X-AKSK", timeless)]), "header-malformed");
}

#[test]
fn a_digest_may_be_missing_only_where_the_account_says_so() {
    let unsigned = settings(&[("unsigned", "on")]);
    assert_eq!(verified(&[], URL, &unsigned, NOW), Ok(()));
    let wrong = [("X-AKSK", token(&digest("hw-2026", "another", URL)))];
    assert_eq!(
        verified(&wrong, URL, &unsigned, NOW).unwrap_err().reason(),
        "mismatch"
    );
    let off = settings(&[("unsigned", "off")]);
    assert_eq!(
        verified(&[], URL, &off, NOW).unwrap_err().reason(),
        "header-missing"
    );
}

#[test]
fn nothing_proves_the_body_and_the_answers_are_the_documented_ones() {
    let huawei = carrier("hw").unwrap();
    let none = Settings::default();
    let keys = Keys {
        secrets: &[],
        settings: &none,
    };
    assert_eq!(huawei.trust(&keys), Trust::PlacedCallsOnly);
    let (done, again) = (huawei.acknowledgement(), huawei.again());
    assert_eq!((done.status, again.status), (200, 503));
    assert_eq!(done.body, r#"{"resultcode":"0","resultdesc":"Success"}"#);
    let code: Value = serde_json::from_str(&again.body).unwrap();
    assert_ne!(code["resultcode"], "0");
    assert_eq!(again.content_type.as_deref(), Some("application/json"));
}

proptest! {
    #[test]
    fn no_header_panics(text in ".{0,60}") {
        let whole = [("X-AKSK", text.clone())];
        let _ = verified(&whole, URL, &Settings::default(), NOW);
        let inside = [("X-AKSK", token(&text))];
        let _ = verified(&inside, URL, &Settings::default(), NOW);
    }
}
