//! Every way in which a described carrier proves itself.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use ringback_carriers::{Carrier, Headers, Keys, Mapped, Refusal, Request, Settings, Trust};
use secrecy::SecretString;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{FORM, NOW, URL, at, settings, with_auth};

/// A request to be verified.
struct Sent<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<(&'a str, String)>,
    body: &'a str,
}

impl Sent<'_> {
    fn verified(
        &self,
        mapped: &Mapped,
        secrets: &[&str],
        settings: &Settings,
        now: &str,
    ) -> Result<(), Refusal> {
        let secrets: Vec<_> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        let headers = Headers::new(self.headers.iter().cloned());
        let request = Request {
            method: self.method,
            url: self.url,
            headers: &headers,
            body: self.body.as_bytes(),
        };
        let keys = Keys {
            secrets: &secrets,
            settings,
        };
        mapped.verify(&request, &keys, at(now))
    }

    fn reason(&self, mapped: &Mapped) -> &'static str {
        let result = self.verified(mapped, &["another", "sample-secret"], &Settings::default(), NOW);
        result.map_or_else(|error| error.reason(), |()| "good")
    }
}

fn post<'a>(headers: &[(&'a str, &str)], body: &'a str) -> Sent<'a> {
    Sent {
        method: "POST",
        url: URL,
        headers: headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        body,
    }
}

fn trust(mapped: &Mapped) -> Trust {
    mapped.trust(&Keys {
        secrets: &[],
        settings: &Settings::default(),
    })
}

#[test]
fn a_token_in_a_header() {
    let mapped = with_auth("kind = \"header-token\"\nheader = \"X-Token\"").unwrap();
    assert_eq!(trust(&mapped), Trust::Sender);
    for (headers, reason) in [
        (vec![("x-token", "sample-secret")], "good"),
        (vec![("X-Token", "another")], "good"),
        (vec![("X-Token", "sample-secre")], "mismatch"),
        (
            vec![("X-Token", "sample-secret, sample-secret")],
            "header-repeated",
        ),
        (
            vec![("X-Token", "sample-secret"), ("X-Token", "sample-secret")],
            "header-repeated",
        ),
        (vec![("X-Token", "")], "header-missing"),
        (vec![], "header-missing"),
    ] {
        assert_eq!(post(&headers, "").reason(&mapped), reason, "{headers:?}");
    }
    let long = "s".repeat(9000);
    assert_eq!(
        post(&[("X-Token", &long)], "").reason(&mapped),
        "header-malformed"
    );
    let bearer = "kind = \"header-token\"\nheader = \"Authorization\"\nprefix = \"Bearer\"";
    let bearer = with_auth(bearer).unwrap();
    assert_eq!(
        post(&[("Authorization", "Bearer sample-secret")], "").reason(&bearer),
        "good"
    );
    assert_eq!(
        post(&[("Authorization", "sample-secret")], "").reason(&bearer),
        "header-malformed"
    );
    let sent = post(&[("X-Token", "sample-secret")], "");
    let none = sent
        .verified(&mapped, &[], &Settings::default(), NOW)
        .unwrap_err();
    assert_eq!(none.reason(), "secret");
    assert!(sent.verified(&mapped, &[""], &Settings::default(), NOW).is_err());
}

#[test]
fn a_user_and_a_password() {
    let mapped = with_auth("kind = \"basic\"").unwrap();
    assert_eq!(trust(&mapped), Trust::Sender);
    let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    let reason = |value: &str| post(&[("Authorization", value)], "").reason(&mapped);
    assert_eq!(reason(&basic("sample-secret")), "good");
    assert_eq!(reason(&basic("sample:secret")), "mismatch");
    for odd in ["Basic !", "Bearer x", "Basic"] {
        assert_eq!(reason(odd), "header-malformed", "{odd}");
    }
    assert_eq!(post(&[], "").reason(&mapped), "header-missing");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keyed<M: Mac + KeyInit>(data: &str) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(b"sample-secret").unwrap();
    mac.update(data.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[test]
fn every_hash_in_every_encoding() {
    let body = "id=c-1";
    let data = format!("POST\n{URL}\n{body}");
    for (hash, plain, keyed) in [
        (
            "md5",
            Md5::digest(format!("{data}sample-secret")).to_vec(),
            keyed::<Hmac<Md5>>(&data),
        ),
        (
            "sha1",
            Sha1::digest(format!("{data}sample-secret")).to_vec(),
            keyed::<Hmac<Sha1>>(&data),
        ),
        (
            "sha256",
            Sha256::digest(format!("{data}sample-secret")).to_vec(),
            keyed::<Hmac<Sha256>>(&data),
        ),
    ] {
        for (digest, bytes, secret) in [("plain", plain, "{secret}"), ("hmac", keyed, "")] {
            for (encoding, text) in [
                ("hex-lower", hex(&bytes)),
                ("hex-upper", hex(&bytes).to_uppercase()),
                ("base64", BASE64_STANDARD.encode(&bytes)),
            ] {
                let lines = format!(
                    "kind = \"hmac\"\nheader = \"X-Sign\"\nhash = \"{hash}\"\ndigest = \"{digest}\"\n\
                     encoding = \"{encoding}\"\nsigned = \"{{method}}\\n{{url}}\\n{{body}}{secret}\""
                );
                let mapped = with_auth(&lines).unwrap();
                assert_eq!(trust(&mapped), Trust::Sender);
                let sent = post(&[("X-Sign", &text)], body);
                assert_eq!(sent.reason(&mapped), "good", "{lines}");
                assert_eq!(post(&[("X-Sign", &text)], "id=c-2").reason(&mapped), "mismatch");
                assert_eq!(post(&[("X-Sign", &text[1..])], body).reason(&mapped), "mismatch");
                let elsewhere = Sent {
                    url: "https://calls.example.com/",
                    ..post(&[("X-Sign", &text)], body)
                };
                assert_eq!(elsewhere.reason(&mapped), "mismatch");
                let stranger = sent.verified(&mapped, &["another"], &Settings::default(), NOW);
                assert_eq!(stranger.unwrap_err().reason(), "mismatch");
            }
        }
    }
}

#[test]
fn a_signed_time_and_nonce() {
    let lines = "kind = \"hmac\"\nheader = \"X-Sign\"\nhash = \"sha256\"\nencoding = \"hex-lower\"\nnonce-header = \"X-Nonce\"\n\
        timestamp-header = \"X-Time\"\nwindow = 60\nsigned = \"{timestamp}.{nonce}.{body}\"";
    let mapped = with_auth(lines).unwrap();
    let sign = |time: &str, nonce: &str| hex(&keyed::<Hmac<Sha256>>(&format!("{time}.{nonce}.id=c-1")));
    let headers = |time: &str, nonce: &str| {
        vec![
            ("X-Time", time.to_owned()),
            ("X-Nonce", nonce.to_owned()),
            ("X-Sign", sign(time, nonce)),
        ]
    };
    let sent = |time: &str, nonce: &str| Sent {
        headers: headers(time, nonce),
        ..post(&[], "id=c-1")
    };
    for (time, reason) in [
        ("1795165205", "good"),
        ("1795165145", "good"),
        ("1795165265", "good"),
        ("1795165144", "stale"),
        ("1795165266", "stale"),
        ("soon", "header-malformed"),
    ] {
        assert_eq!(sent(time, "n").reason(&mapped), reason, "{time}");
    }
    let longer = settings(&[("window", "3600")]);
    assert_eq!(
        sent("1795162000", "n").verified(&mapped, &["sample-secret"], &longer, NOW),
        Ok(())
    );
    let mut other = sent("1795165205", "n");
    other.headers[1].1 = "m".to_owned();
    assert_eq!(other.reason(&mapped), "mismatch");
    for missing in 0..3 {
        let mut sent = sent("1795165205", "n");
        sent.headers.remove(missing);
        assert_eq!(sent.reason(&mapped), "header-missing");
    }
    let civil = lines.replace("window = 60", "timestamp-format = \"%Y%m%d%H%M%S\"");
    let text = FORM.replace(
        "format = \"unix\"",
        "format = \"%Y%m%d%H%M%S\"\nzone = \"+08:00\"",
    );
    let mapped = Mapped::parse(&text.replace("kind = \"none\"", &civil)).unwrap();
    assert_eq!(sent("20261120170005", "n").reason(&mapped), "good");
    assert_eq!(sent("20261120090005", "n").reason(&mapped), "stale");
}

#[test]
fn sorted_parameters_with_the_signature_among_them() {
    let lines = "kind = \"hmac\"\nparameter = \"sign\"\nhash = \"md5\"\ndigest = \"plain\"\nencoding = \"hex-upper\"\n\
        signed = \"{sorted_params}&key={secret}\"";
    let mapped = with_auth(lines).unwrap();
    assert_eq!(trust(&mapped), Trust::Sender);
    let sign = hex(&Md5::digest("event=answered&id=c-1&key=sample-secret")).to_uppercase();
    let verified = |body: &str| {
        Sent {
            body,
            ..post(&[], "")
        }
        .reason(&mapped)
    };
    assert_eq!(
        verified(&format!("sign={sign}&id=c-1&event=answered&empty=")),
        "good"
    );
    assert_eq!(
        verified(&format!("sign={sign}&id=c-2&event=answered")),
        "mismatch"
    );
    assert_eq!(
        verified(&format!("sign={sign}&id=c-1&event=answered&more=1")),
        "mismatch"
    );
    assert_eq!(
        verified(&format!("sign={sign}&sign={sign}&id=c-1&event=answered")),
        "header-repeated"
    );
    assert_eq!(verified("id=c-1&event=answered"), "header-missing");
    assert_eq!(verified("id=%ff"), "mismatch");
    let url = format!("{URL}?id=c-1&event=answered&sign={sign}");
    let get = Sent {
        method: "GET",
        url: &url,
        ..post(&[], "")
    };
    assert_eq!(get.reason(&mapped), "good");
    // In JSON there may be more than parameters, so that their signature does not prove all of it.
    let json = FORM
        .replace("\"form\"", "\"json\"")
        .replace("kind = \"none\"", lines);
    let json = Mapped::parse(&json).unwrap();
    assert_eq!(trust(&json), Trust::PlacedCallsOnly);
    let body = format!(r#"{{"id":"c-1","sign":"{sign}","event":"answered","none":null,"list":[{{}}]}}"#);
    assert_eq!(post(&[], &body).reason(&json), "good");
    let sign = hex(&Md5::digest("n=7&yes=true&key=sample-secret")).to_uppercase();
    let body = format!(r#"{{"yes":true,"sign":"{sign}","n":7}}"#);
    assert_eq!(post(&[], &body).reason(&json), "good");
    let xml = FORM
        .replace("\"form\"", "\"xml\"")
        .replace("kind = \"none\"", lines);
    let body = format!("<req><yes>true</yes><sign>{sign}</sign><n>7</n></req>");
    assert_eq!(post(&[], &body).reason(&Mapped::parse(&xml).unwrap()), "good");
}

#[test]
fn a_signature_that_leaves_the_body_out_does_not_prove_it() {
    let trust = |digest: &str, signed: &str| {
        let lines = format!(
            "kind = \"hmac\"\nheader = \"X\"\nhash = \"md5\"\nencoding = \"base64\"\ndigest = \"{digest}\"\nsigned = \"{signed}\""
        );
        trust(&with_auth(&lines).unwrap())
    };
    assert_eq!(trust("hmac", "{url}"), Trust::PlacedCallsOnly);
    assert_eq!(trust("hmac", "{body}{url}"), Trust::Sender);
    assert_eq!(trust("plain", "{body}{secret}"), Trust::Sender);
    // Whoever has one such hash can add to the body.
    assert_eq!(trust("plain", "{secret}{body}"), Trust::PlacedCallsOnly);
    assert_eq!(self::trust(&Mapped::parse(FORM).unwrap()), Trust::PlacedCallsOnly);
}
