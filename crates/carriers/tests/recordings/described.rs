//! Recordings of carriers that a file describes.

use ringback_carriers::{CannotFetch, Carrier, Fetch, Kept, Keys, Mapped, Settings, Source};
use secrecy::SecretString;
use url::Url;

use super::account::{Account, asked, kept, now, written};

const JY: &str = include_str!("../../../../infra/carriers/jy.toml");
const E9: &str = include_str!("../../../../infra/carriers/e9.toml");

const KEPT: Kept<'static> = Kept {
    id: "R/5",
    at_carrier: Some("https://records.example.com/JY5.mp3?a=1"),
    format: Some("mp3"),
    channels: None,
    carrier_call_id: None,
};

/// The description with other words about recordings than the file's.
fn with(recording: &str) -> String {
    let (before, rest) = JY.split_once("hosts = ").unwrap();
    let (_, after) = rest.split_once("[close]").unwrap();
    format!("{before}{recording}\n\n[close]{after}")
}

fn request(toml: &str, secret: &str, settings: &Settings) -> Result<(Fetch, bool), CannotFetch> {
    let carrier = Mapped::parse(toml).unwrap();
    let secrets = [SecretString::from(secret)];
    let keys = Keys {
        secrets: &secrets,
        settings,
    };
    let Source::Http(fetch) = carrier.recording(&KEPT, &keys, now())? else {
        panic!("is had by HTTP");
    };
    let url = Url::parse(&fetch.url).unwrap();
    let allowed = carrier.places(&keys).iter().any(|place| place.allows(&url));
    Ok((fetch, allowed))
}

#[test]
fn it_says_who_we_are() {
    let hosts = "hosts = [\"records.example.com\"]\n[recording.auth]\nkind = ";
    let url = "GET https://records.example.com/JY5.mp3?a=1";
    for (auth, secret, expected) in [
        ("\"none\"", "", url.to_owned()),
        (
            "\"basic\"",
            "user:pass:word",
            format!("{url}\nauthorization: Basic dXNlcjpwYXNzOndvcmQ="),
        ),
        (
            "\"bearer\"",
            "a-token",
            format!("{url}\nauthorization: Bearer a-token"),
        ),
        (
            "\"query\"\nparameter = \"key\"",
            "a&b",
            format!("{url}&key=a%26b"),
        ),
        (
            "\"query\"\nparameter = \"key\"\nvalue = \"{sid}-{secret}\"",
            "a",
            format!("{url}&key=sample-a"),
        ),
    ] {
        let settings = Settings([("sid".to_owned(), "sample".to_owned())].into());
        let (fetch, allowed) = request(&with(&format!("{hosts}{auth}")), secret, &settings).unwrap();
        assert_eq!(written(&fetch), expected);
        assert!(allowed);
    }
}

#[test]
fn jiuyun_described_is_asked_as_jiuyun_is() {
    let built_in = Account::sample("e9");
    let described = Mapped::parse(E9).unwrap();
    let Ok(Source::Http(fetch)) = described.recording(&kept("e9"), &built_in.keys(), now()) else {
        panic!("is had by HTTP");
    };
    assert_eq!(written(&fetch), written(&asked(&built_in, &kept("e9"))));
    let places = described.places(&built_in.keys());
    assert_eq!(places, built_in.carrier.places(&built_in.keys()));
}

#[test]
fn without_hosts_or_what_the_url_is_made_with_it_waits() {
    let none = Settings::default();
    let missing = |toml: &str, secret| request(toml, secret, &none).unwrap_err();
    for (recording, secret) in [
        ("", "a"),
        (
            "hosts = [\"a.example.com\"]\n[recording.auth]\nkind = \"bearer\"",
            "",
        ),
        (
            "hosts = [\"a.example.com\"]\n[recording.auth]\nkind = \"query\"\nparameter = \"k\"\nvalue = \"{sid}{secret}\"",
            "a",
        ),
    ] {
        let problem = missing(&with(recording), secret);
        assert!(
            matches!(problem, CannotFetch::Missing(_)) && !problem.is_final(),
            "{problem}"
        );
    }
    // Somebody else's host is for whoever asks to refuse.
    assert!(
        !request(&with("hosts = [\"a.example.com\"]"), "", &none)
            .unwrap()
            .1
    );
    let own = Settings([("recordingHosts".to_owned(), "records.example.com".to_owned())].into());
    assert!(request(&with(""), "", &own).unwrap().1);
}

#[test]
fn it_is_deleted_where_the_description_says_how() {
    let hosts = "hosts = [\"records.example.com\"]\n[recording.auth]\nkind = \"bearer\"\n";
    for (delete, expected) in [
        ("", None),
        (
            "[recording.delete]",
            Some("DELETE https://records.example.com/JY5.mp3?a=1"),
        ),
        (
            "[recording.delete]\nmethod = \"POST\"\nurl = \"https://records.example.com/delete?id={id}\"",
            Some("POST https://records.example.com/delete?id=R%2F5"),
        ),
    ] {
        let carrier = Mapped::parse(&with(&format!("{hosts}{delete}"))).unwrap();
        let secrets = [SecretString::from("a-token")];
        let settings = Settings::default();
        let keys = Keys {
            secrets: &secrets,
            settings: &settings,
        };
        let deletion = carrier.delete(&KEPT, &keys, now());
        match expected {
            Some(expected) => assert_eq!(
                written(&deletion.unwrap()),
                format!("{expected}\nauthorization: Bearer a-token")
            ),
            None => assert_eq!(deletion.unwrap_err(), CannotFetch::NoDelete),
        }
    }
}

#[test]
fn a_description_that_cannot_be_used_is_refused_with_the_place() {
    let auth = |lines: &str| format!("hosts = [\"a.example.com\"]\n[recording.auth]\n{lines}");
    let delete = |url: &str| format!("hosts = [\"a.example.com\"]\n[recording.delete]\nurl = \"{url}\"");
    for (recording, path) in [
        (
            "hosts = [\"a.example.com\", \"10.0.0.1\"]".to_owned(),
            "recording.hosts[1]",
        ),
        (auth("kind = \"digest\""), "recording.auth.kind"),
        (
            auth("kind = \"basic\"\nparameter = \"k\""),
            "recording.auth.parameter",
        ),
        (auth("kind = \"query\""), "recording.auth.parameter"),
        (
            auth("kind = \"query\"\nparameter = \"k\"\nvalue = \"{sid}\""),
            "recording.auth.value",
        ),
        (
            auth("kind = \"query\"\nparameter = \"k\"\nvalue = \"{secret\""),
            "recording.auth.value",
        ),
        (
            auth("kind = \"query\"\nparameter = \"k\"\nhash = \"md5\""),
            "recording.auth.encoding",
        ),
        (delete("https://b.example.com/{id}"), "recording.delete.url"),
        (delete("https://{id}.example.com/"), "recording.delete.url"),
        (delete("https://a.example.com/{secret}"), "recording.delete.url"),
        (
            "hosts = []\n[recording.delete]\nmethod = \"PATCH\"".to_owned(),
            "recording.delete.method",
        ),
    ] {
        let problem = Mapped::parse(&with(&recording)).unwrap_err();
        assert_eq!(problem.path, path, "{recording}: {problem}");
    }
}
