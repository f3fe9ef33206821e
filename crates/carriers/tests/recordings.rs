//! How each carrier's recordings are asked for, from where they may come, and how they are deleted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "recordings/account.rs"]
mod account;
#[path = "recordings/credentials.rs"]
mod credentials;
#[path = "recordings/described.rs"]
mod described;
#[path = "recordings/links.rs"]
mod links;
#[path = "recordings/places.rs"]
mod places;
#[path = "recordings/requests.rs"]
mod requests;
mod support;
#[path = "recordings/tokens.rs"]
mod tokens;

use ringback_carriers::{CARRIERS, CannotFetch, Fetch, Kept, Source, connect_object};
use secrecy::SecretString;

use account::{Account, kept};

#[test]
fn every_carrier_says_how_its_sample_recording_is_had_and_from_where() {
    for carrier in CARRIERS {
        let account = Account::sample(carrier.code());
        let recorded = kept(carrier.code());
        match account.recording(&recorded).unwrap() {
            Source::Http(fetch) => assert!(account.allows(&fetch.url), "{}", carrier.code()),
            Source::Object { bucket, key } => {
                assert_eq!(
                    (bucket.as_str(), key.as_str()),
                    ("sample-recordings", "main/sample-recording.mp3")
                );
            }
        }
        if let Ok(fetch) = account.delete(&recorded) {
            assert!(account.allows(&fetch.url), "{}", carrier.code());
        }
    }
}

#[test]
fn what_is_missing_is_named_and_waits_for_somebody_to_mend_it() {
    for (carrier, missing) in [
        ("tw", vec!["accountSid", "an API secret"]),
        ("sw", vec!["space", "projectId", "an API secret"]),
        ("tx", vec!["an API secret"]),
        ("vg", vec!["applicationId", "an API secret"]),
        ("pl", vec!["authId", "an API secret"]),
        ("e9", vec!["accountSid", "an API secret"]),
        ("hw", vec!["appKey", "apiBase", "recordBucket", "an API secret"]),
        ("vx", vec!["an API secret"]),
        ("bw", vec!["an API secret"]),
        ("si", vec!["recordBucket"]),
    ] {
        let recorded = kept(carrier);
        for missing in missing {
            let mut account = Account::sample(carrier);
            if missing == "an API secret" {
                account.secrets = vec![SecretString::from(" \n")];
            } else {
                account.settings.0.insert(missing.to_owned(), " ".to_owned());
            }
            // Of Voximplant only a secure storage asks who we are.
            account
                .settings
                .0
                .insert("secureStorage".to_owned(), "on".to_owned());
            let problem = account.recording(&recorded).unwrap_err();
            assert_eq!(problem, CannotFetch::Missing(missing), "{carrier}");
            assert!(!problem.is_final() && problem.reason() == "setting-missing");
        }
    }
}

#[test]
fn what_has_the_wrong_form_is_named_too() {
    for (carrier, setting, value, what) in [
        ("bw", None, "a-password-without-a-user", "API secret"),
        ("vg", None, "no key", "API secret"),
        ("vx", None, "no document", "API secret"),
        (
            "vx",
            None,
            r#"{"account_id":1,"key_id":"k","private_key":"no key"}"#,
            "API secret",
        ),
        (
            "hw",
            Some("apiBase"),
            "http://rtccall.cn-north-1.myhuaweicloud.cn",
            "apiBase",
        ),
        (
            "hw",
            Some("apiBase"),
            "https://rtccall.cn-north-1.myhuaweicloud.cn:10443",
            "apiBase",
        ),
        ("hw", Some("apiBase"), "https://169.254.169.254", "apiBase"),
        (
            "hw",
            Some("apiBase"),
            "https://me@rtccall.cn-north-1.myhuaweicloud.cn",
            "apiBase",
        ),
        ("hw", Some("requestZone"), "China", "requestZone"),
        (
            "sw",
            Some("space"),
            "example.signalwire.com.evil.example",
            "space",
        ),
        ("tw", Some("recordingFormat"), "ogg", "recordingFormat"),
        ("si", Some("recordBucket"), "sample-recordings", "recordBucket"),
        ("si", Some("recordBucket"), "sample-recordings/", "recordBucket"),
    ] {
        let mut account = Account::sample(carrier);
        account
            .settings
            .0
            .insert("secureStorage".to_owned(), "on".to_owned());
        match setting {
            Some(name) => drop(account.settings.0.insert(name.to_owned(), value.to_owned())),
            None => account.secrets = vec![SecretString::from(value)],
        }
        let recorded = kept(carrier);
        let problem = account.recording(&recorded).unwrap_err();
        assert!(
            matches!(problem, CannotFetch::Wrong { what: named, .. } if named == what),
            "{carrier} {value}: {problem}"
        );
        assert!(
            !problem.is_final() && !problem.to_string().contains(value),
            "{problem}"
        );
    }
}

#[test]
fn what_is_nowhere_or_no_url_cannot_be_asked_for_ever() {
    for carrier in CARRIERS.iter().filter(|carrier| carrier.code() != "tx") {
        let account = Account::sample(carrier.code());
        for (place, reason) in [
            (None, "no-place"),
            (Some("sample"), "bad-place"),
            (Some("file:///etc/passwd"), "bad-place"),
            (Some("data:audio-mpeg;base64,SUQz"), "bad-place"),
        ] {
            let recorded = Kept {
                id: "1",
                at_carrier: place,
                ..Kept::default()
            };
            let problem = account.recording(&recorded).unwrap_err();
            assert!(problem.is_final(), "{} {place:?}", carrier.code());
            assert_eq!(problem.reason(), reason, "{} {place:?}", carrier.code());
        }
    }
}

#[test]
fn amazon_connects_recordings_are_objects_and_its_streams_are_not() {
    let key = "connect/ringback/CallRecordings/2026/06/01/c_20260601T10:01_UTC.wav";
    for location in [
        format!("connect-recordings/{key}"),
        format!("connect-recordings/{}", key.replace(':', "%3A")),
    ] {
        let object = connect_object(&location).unwrap();
        assert_eq!(object, ("connect-recordings".to_owned(), key.to_owned()));
    }
    let stream = "arn:aws:kinesisvideo:eu-west-2:111122223333:stream/connect-c/1";
    let said = connect_object(stream).unwrap_err();
    assert!(
        said.is_final() && said.to_string().contains("Kinesis Video Streams"),
        "{said}"
    );
    for location in [
        "",
        "bucket",
        "bucket/",
        "/key",
        "Bucket/key",
        "b/key",
        "bucket/%ff",
        "bucket/a%0Ab",
    ] {
        assert_eq!(
            connect_object(location).unwrap_err().reason(),
            "bad-place",
            "{location}"
        );
    }
}

#[test]
fn neither_urls_nor_secrets_are_shown() {
    let account = Account::sample("bw");
    let recorded = kept("bw");
    let Source::Http(fetch) = account.recording(&recorded).unwrap() else {
        panic!("is had by HTTP");
    };
    let shown = format!(
        "{:?} {recorded:?} {:?}",
        Source::Http(fetch),
        Fetch::link("https://a.example.com/1")
    );
    for hidden in ["voice.bandwidth.com", "Basic", "c2Ft", "a.example.com"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    assert!(
        shown.contains("authorization") && shown.contains("GET"),
        "{shown}"
    );
}
