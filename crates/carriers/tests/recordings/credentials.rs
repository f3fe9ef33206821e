//! Who hears who we are: the carrier, and nobody whom an event or an account names.

use ringback_carriers::{CARRIERS, CannotFetch, Carrier, Kept, Keys, Mapped, Settings, Source};
use secrecy::SecretString;

use super::account::{Account, asked, kept, now, written};

/// Places that an account adds, and that look like a carrier's.
const MORE: &str = "media.example.com, http://plain.example.com, s3.amazonaws.com/sample";

/// Recordings that are not at the carrier, each with a query that opens it; how they are asked for.
const ELSEWHERE: [(&str, &str); 5] = [
    (
        "https://media.example.com/a/1.mp3?X-Amz-Signature=1",
        "GET https://media.example.com/a/1.mp3?X-Amz-Signature=1",
    ),
    (
        "https://s3.amazonaws.com/sample/1.wav?Signature=a%2Bb",
        "GET https://s3.amazonaws.com/sample/1.wav?Signature=a%2Bb",
    ),
    ("https://evil.example/1", "GET https://evil.example/1"),
    (
        "https://media.plivo.com.evil.example/1",
        "GET https://media.plivo.com.evil.example/1",
    ),
    (
        "https://api.twilio.com:8443/1",
        "GET https://api.twilio.com:8443/1",
    ),
];

#[test]
fn whatever_the_event_names_only_the_carriers_own_places_hear_who_we_are() {
    for carrier in CARRIERS.iter().filter(|carrier| carrier.code() != "si") {
        let code = carrier.code();
        let account = Account::sample(code)
            .with("recordingHosts", MORE)
            .with("secureStorage", "on");
        for (url, expected) in ELSEWHERE {
            let elsewhere = Kept {
                // Telnyx is asked by id, unless it has named none.
                id: "event-1",
                at_carrier: Some(url),
                channels: Some(2),
                ..Kept::default()
            };
            let fetch = asked(&account, &elsewhere);
            assert_eq!(
                written(&fetch),
                expected,
                "{code}: as it was told, and with nothing"
            );
            let added = url.starts_with("https://media.example.com/") || url.starts_with("https://s3.");
            assert_eq!(account.allows(&fetch.url), added, "{code} {url}");
            match account.delete(&elsewhere) {
                // By the recording's id, at the carrier.
                Ok(fetch) => assert!(
                    code == "pl" && fetch.url.starts_with("https://api.plivo.com/"),
                    "{code}"
                ),
                Err(problem) => assert_eq!(problem, CannotFetch::NoDelete, "{code}"),
            }
        }
        // And at the carrier itself they hear it as before.
        let own = asked(&account, &kept(code));
        assert!(!own.headers.is_empty() || own.url.contains("auth="), "{code}");
    }
}

#[test]
fn a_host_without_tls_is_the_carriers_own_to_name() {
    for (code, mut account) in CARRIERS
        .iter()
        .map(|carrier| (carrier.code(), Account::sample(carrier.code())))
    {
        account = account.with("recordingHosts", MORE);
        assert!(!account.allows("http://plain.example.com/1.mp3"), "{code}");
    }
    let jiuyun = Account::sample("e9").with("recordingHosts", MORE);
    let plain = Kept {
        at_carrier: Some("http://plain.example.com/1.mp3"),
        ..kept("e9")
    };
    assert_eq!(
        written(&asked(&jiuyun, &plain)),
        "GET http://plain.example.com/1.mp3"
    );
}

#[test]
fn a_described_carriers_media_hosts_are_told_nothing() {
    let description = include_str!("../../../../infra/carriers/jy.toml");
    let (before, rest) = description.split_once("hosts = ").unwrap();
    let (_, after) = rest.split_once("[close]").unwrap();
    let hosts = "hosts = [\"records.example.com\"]\nmedia-hosts = [\"*.storage.example.com\", \"http://plain.example.com\"]";
    let settings = Settings([("recordingHosts".to_owned(), "media.example.com".to_owned())].into());
    let secrets = [SecretString::from("user:secret")];
    let keys = Keys {
        secrets: &secrets,
        settings: &settings,
    };
    for auth in [
        "kind = \"basic\"",
        "kind = \"bearer\"",
        "kind = \"query\"\nparameter = \"key\"",
    ] {
        let delete = "[recording.delete]\nmethod = \"POST\"";
        let text = format!("{before}{hosts}\n[recording.auth]\n{auth}\n{delete}\n\n[close]{after}");
        let carrier = Mapped::parse(&text).unwrap();
        let ask = |url: &str| {
            let kept = Kept {
                id: "1",
                at_carrier: Some(url),
                ..Kept::default()
            };
            let Source::Http(fetch) = carrier.recording(&kept, &keys, now()).unwrap() else {
                panic!("is had by HTTP");
            };
            let url = fetch.url.parse().unwrap();
            let allowed = carrier.places(&keys).iter().any(|place| place.allows(&url));
            (
                written(&fetch),
                allowed,
                carrier.delete(&kept, &keys, now()).map(|fetch| fetch.method),
            )
        };
        for (url, allowed) in [
            ("https://a.storage.example.com/1?a=1", true),
            ("http://plain.example.com/1", true),
            ("https://media.example.com/1", true),
            ("https://evil.example/1", false),
        ] {
            let expected = (format!("GET {url}"), allowed, Err(CannotFetch::NoDelete));
            assert_eq!(ask(url), expected, "{auth}");
        }
        let (own, allowed, deleted) = ask("https://records.example.com/1");
        assert!(own.contains("authorization: ") || own.contains("?key="), "{own}");
        assert_eq!((allowed, deleted), (true, Ok("POST")));
    }
    let bad = description.replacen("hosts = ", "media-hosts = [\"10.0.0.1\"]\nhosts = ", 1);
    let problem = Mapped::parse(&bad).unwrap_err();
    assert_eq!(problem.path, "recording.media-hosts[0]");
}

#[test]
fn sinch_stores_into_the_accounts_own_place_and_nothing_is_taken_from_beside_it() {
    let account = Account::sample("si");
    let source = |url: &str| {
        account.recording(&Kept {
            at_carrier: Some(url),
            ..kept("si")
        })
    };
    let taken = source("s3://sample-recordings/main/2026/1.mp3").unwrap();
    assert!(matches!(taken, Source::Object { key, .. } if key == "main/2026/1.mp3"));
    for url in [
        "s3://connect-recordings/main/1.wav",
        "s3://connect-recordings/connect/alias/CallRecordings/2026/11/20/1.wav",
        "s3://sample-recordings/1.mp3",
        "s3://sample-recordings/other/1.mp3",
        "s3://sample-recordings/main-of-another/1.mp3",
        "s3://sample-recordings/main",
        "s3://sample-recordings/main/",
        "s3://sample-recordings/main//1.mp3",
        "s3://sample-recordings/main/../other/1.mp3",
        "s3://sample-recordings/main/./1.mp3",
        "s3://sample-recordings/main/%2e%2e/other/1.mp3",
        "s3://sample-recordings/main/%252e%252e%252fother/1.mp3",
        "s3://sample-recordings/main\\..\\other/1.mp3",
        "s3://Sample-recordings/main/1.mp3",
    ] {
        let refused = source(url).unwrap_err();
        assert_eq!(
            (refused.reason(), refused.is_final()),
            ("bad-place", true),
            "{url}"
        );
    }
}
