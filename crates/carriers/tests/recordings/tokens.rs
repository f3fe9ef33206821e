//! Tokens that our own key signs.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use ringback_carriers::{Kept, Source};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::account::{Account, KEY, PUBLIC_KEY, asked, kept, now, written};

/// The claims of a request's token, if the public key says that it is genuine.
fn claims(request: &str) -> (Option<String>, Value) {
    let (_, token) = request.split_once("authorization: Bearer ").unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    // The clock is the test's.
    validation.validate_exp = false;
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).unwrap();
    let claims = decode::<Value>(token, &key, &validation).unwrap().claims;
    (decode_header(token).unwrap().kid, claims)
}

#[test]
fn vonage_hears_which_application_asks() {
    let fetch = asked(&Account::sample("vg"), &kept("vg"));
    assert_eq!(fetch.url, kept("vg").at_carrier.unwrap());
    let (_, claims) = claims(&written(&fetch));
    assert_eq!(
        claims,
        json!({
            "application_id": "00000000-0000-4000-8000-000000000002", "iat": 1_700_000_000,
            "exp": 1_700_000_900, "jti": "172fc271406f7fe2431cd83f04e188b0",
        })
    );
}

#[test]
fn a_token_is_used_for_one_recording_at_one_moment() {
    let account = Account::sample("vg");
    let token = |kept: &Kept<'_>, now: Timestamp| {
        let source = account.carrier.recording(kept, &account.keys(), now).unwrap();
        let Source::Http(fetch) = source else {
            panic!("is had by HTTP");
        };
        fetch.headers[0].1.expose_secret().to_owned()
    };
    let first = token(&kept("vg"), now());
    assert_eq!(first, token(&kept("vg"), now()));
    assert_ne!(first, token(&kept("vg"), now() + SignedDuration::from_millis(1)));
    let other = Kept {
        id: "other",
        ..kept("vg")
    };
    assert_ne!(first, token(&other, now()));
}

#[test]
fn voximplant_hears_which_service_account_asks() {
    let account = Account::sample("vx").with("secureStorage", "on");
    let deleted = account.delete(&kept("vx")).unwrap();
    for fetch in [asked(&account, &kept("vx")), deleted] {
        let (key, claims) = claims(&written(&fetch));
        assert_eq!(key.as_deref(), Some("sample-key-id"));
        let expected = json!({"iss": 1_000_001, "iat": 1_699_999_995, "exp": 1_700_000_895});
        assert_eq!(claims, expected);
    }
}

#[test]
fn a_key_is_taken_in_the_forms_in_which_people_store_it() {
    for key in [
        KEY.to_owned(),
        KEY.replace('\n', "\r\n"),
        KEY.trim().replace('\n', "\\n"),
    ] {
        let mut account = Account::sample("vg");
        account.secrets = vec![key.into()];
        claims(&written(&asked(&account, &kept("vg"))));
    }
}
