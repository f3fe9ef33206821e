//! What to try when a request does not verify: first by trying what most often went wrong, then by saying it.

use jiff::{SignedDuration, Timestamp};
use ringback_carriers::{Carrier, Headers, Keys, Refusal, Request};
use ringback_local::replay::visible;
use secrecy::{ExposeSecret, SecretString};

/// What to try next, most likely first.
pub(super) fn advice(
    carrier: &dyn Carrier,
    request: &Request<'_>,
    keys: &Keys<'_>,
    now: Timestamp,
    refusal: &Refusal,
) -> Vec<String> {
    let code = carrier.code();
    match refusal {
        Refusal::Mismatch { .. } => mismatch(carrier, request, keys, now),
        Refusal::HeaderMissing(_) => header_missing(code, request),
        Refusal::HeaderRepeated(name) => vec![format!(
            "{name} must come once: a proxy may have added its own, and API Gateway joins repeated headers with a comma."
        )],
        Refusal::HeaderMalformed { name, .. } => {
            vec![format!("Give the value of {name} whole and as it came.")]
        }
        Refusal::Stale { seconds, .. } => stale(now, *seconds),
        Refusal::OtherAccount { .. } => vec![other_account(code)],
        Refusal::Secret { .. } => vec![format!("{} {}", secret_form(code), HOW_TO_GIVE_A_SECRET)],
    }
}

const HOW_TO_GIVE_A_SECRET: &str =
    "Give it with --secret-file, with RINGBACK_SECRET in the environment, or with --secret.";

/// A request that differs from the one given, and in what.
struct Variant {
    method: String,
    url: String,
    headers: Headers,
    body: Vec<u8>,
    secrets: Vec<SecretString>,
    differs: Vec<&'static str>,
}

fn mismatch(carrier: &dyn Carrier, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Vec<String> {
    if let Some(found) = found(carrier, request, keys, now) {
        let differs = found.differs.join(" and ");
        let mut advice = vec![format!("It is good {differs}.")];
        if found.url != request.url {
            advice.push(format!(
                "The carrier was given {}: the public base that is configured must be the same.",
                visible(&found.url)
            ));
        }
        return advice;
    }
    let mut advice: Vec<String> = what_is_signed(carrier.code())
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    advice.push(format!(
        "{} Another account's is a mismatch too.",
        secret_form(carrier.code())
    ));
    if !keys
        .secrets
        .iter()
        .any(|secret| !secret.expose_secret().is_empty())
    {
        advice.push(format!("No secret was given. {HOW_TO_GIVE_A_SECRET}"));
    }
    advice
}

/// The nearest request that verifies.
fn found(carrier: &dyn Carrier, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Option<Variant> {
    let given = || Variant {
        method: request.method.to_owned(),
        url: request.url.to_owned(),
        headers: request.headers.clone(),
        body: request.body.to_vec(),
        secrets: keys.secrets.to_vec(),
        differs: Vec::new(),
    };
    let mut ways: Vec<Variant> = Vec::new();
    for (url, differs) in urls(request.url) {
        ways.push(Variant {
            url,
            differs: vec![differs],
            ..given()
        });
    }
    for (body, differs) in bodies(request.body) {
        ways.push(Variant {
            body,
            differs: vec![differs],
            ..given()
        });
        for (url, other) in urls(request.url) {
            let body = bodies(request.body)
                .into_iter()
                .find(|(_, name)| *name == differs);
            ways.push(Variant {
                url,
                body: body.map(|(body, _)| body).unwrap_or_default(),
                differs: vec![other, differs],
                ..given()
            });
        }
    }
    let trimmed: Vec<SecretString> = keys
        .secrets
        .iter()
        .map(|secret| secret.expose_secret().trim().trim_matches(['"', '\'']).into())
        .collect();
    ways.push(Variant {
        secrets: trimmed,
        differs: vec!["with the secret without the blanks or quotes around it"],
        ..given()
    });
    let other = if request.method.eq_ignore_ascii_case("GET") {
        ("POST", "as --method POST")
    } else {
        ("GET", "as --method GET")
    };
    ways.push(Variant {
        method: other.0.to_owned(),
        differs: vec![other.1],
        ..given()
    });
    if request.headers.content_type().is_empty() {
        for (value, differs) in [
            (
                "application/x-www-form-urlencoded",
                "with --header 'Content-Type: application/x-www-form-urlencoded'",
            ),
            (
                "application/json",
                "with --header 'Content-Type: application/json'",
            ),
        ] {
            ways.push(Variant {
                headers: with_content_type(request.headers, value),
                differs: vec![differs],
                ..given()
            });
        }
    }
    ways.into_iter().find(|way| {
        let request = Request {
            method: &way.method,
            url: &way.url,
            headers: &way.headers,
            body: &way.body,
        };
        let keys = Keys {
            secrets: &way.secrets,
            settings: keys.settings,
        };
        carrier.verify(&request, &keys, now).is_ok()
    })
}

/// URLs that a carrier may have been given instead, nearest first.
fn urls(url: &str) -> Vec<(String, &'static str)> {
    let mut ways = Vec::new();
    let Some((scheme, rest)) = url.split_once("://") else {
        return vec![(format!("https://{url}"), "with https:// before the URL")];
    };
    let swapped = if scheme == "https" { "http" } else { "https" };
    let said = if scheme == "https" {
        "with http:// in the URL, not https://"
    } else {
        "with https:// in the URL, not http://: something in between ends TLS"
    };
    ways.push((format!("{swapped}://{rest}"), said));
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let tail = query.map(|query| format!("?{query}")).unwrap_or_default();
    let slashed = match place.strip_suffix('/') {
        Some(place) => (
            format!("{scheme}://{place}{tail}"),
            "without the / at the end of the path",
        ),
        None => (
            format!("{scheme}://{place}/{tail}"),
            "with a / at the end of the path",
        ),
    };
    ways.push(slashed);
    if query.is_some() {
        ways.push((format!("{scheme}://{place}"), "without the query"));
    }
    let (authority, path) = match place.split_once('/') {
        Some((authority, path)) => (authority, path),
        None => (place, ""),
    };
    if let Some((_, path)) = path.split_once('/') {
        ways.push((
            format!("{scheme}://{authority}/{path}{tail}"),
            "without the first part of the path: an API's stage or a base path mapping",
        ));
    }
    if let Some((host, _)) = authority.rsplit_once(':') {
        ways.push((
            format!("{scheme}://{host}/{path}{tail}"),
            "without the port in the URL",
        ));
        ways.push((
            format!("{swapped}://{host}/{path}{tail}"),
            "with the other scheme and without the port in the URL",
        ));
    }
    let lower = authority.to_ascii_lowercase();
    if lower != authority {
        ways.push((
            format!("{scheme}://{lower}/{path}{tail}"),
            "with the host in lower case",
        ));
    }
    ways
}

/// Bodies that may have been sent instead: editors end files with a line, and tools turn its end into two bytes.
fn bodies(body: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut ways = Vec::new();
    if let Some(rest) = body.strip_suffix(b"\n") {
        let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        ways.push((rest.to_vec(), "without the end of line after the body"));
    } else if !body.is_empty() {
        let mut longer = body.to_vec();
        longer.push(b'\n');
        ways.push((longer, "with an end of line after the body"));
    }
    if let Some(rest) = body.strip_prefix("\u{FEFF}".as_bytes()) {
        ways.push((rest.to_vec(), "without the byte order mark before the body"));
    }
    if body.windows(2).any(|two| two == b"\r\n") {
        let mut plain = Vec::with_capacity(body.len());
        let mut bytes = body.iter().peekable();
        while let Some(byte) = bytes.next() {
            if *byte != b'\r' || bytes.peek() != Some(&&b'\n') {
                plain.push(*byte);
            }
        }
        ways.push((plain, "with lines of the body that end with LF, not CRLF"));
    }
    ways
}

fn with_content_type(headers: &Headers, value: &str) -> Headers {
    // A header list cannot be read whole; what verification asks for is known by name.
    let names = [
        "authorization",
        "x-twilio-signature",
        "x-signalwire-signature",
        "telnyx-signature-ed25519",
        "telnyx-timestamp",
        "x-plivo-signature-v3",
        "x-plivo-signature-v3-nonce",
        "x-plivo-signature-v2",
        "x-plivo-signature-v2-nonce",
        "x-aksk",
        "x-vx-timestamp",
        "x-vx-signature",
        "x-timestamp",
    ];
    let known = names
        .into_iter()
        .flat_map(|name| headers.all(name).into_iter().map(move |value| (name, value)));
    Headers::new(known.chain([("content-type", value)]))
}

fn what_is_signed(code: &str) -> &'static [&'static str] {
    match code {
        "tw" | "sw" => &[
            "The signature covers the URL and every field of the form. Give the URL exactly as the carrier was given it: \
             scheme, host, port, path and query; behind a proxy it is not the one that the server sees.",
            "The body must be the form as it came; fields that a framework has decoded, added or left out make another \
             signature.",
        ],
        "tx" => &[
            "The signature covers the time and the bytes of the body: JSON that was read and written again is another body.",
        ],
        "vg" => &[
            "The token is signed with the account's signature secret, not with an application's private key, and holds a \
             hash of the body: JSON that was read and written again is another body.",
        ],
        "pl" => &[
            "The signature covers the URL with its query, every field of the form, and the nonce. Give the URL exactly as \
             the carrier was given it.",
        ],
        "hw" => &[
            "The digest covers the URL as the carrier was given it, the nonce and the time; --setting schemes=… takes older \
             ways of making it.",
        ],
        "vx" => &["The signature covers the time, a full stop, and the bytes of the body."],
        "si" => &[
            "The signature covers the method, the bytes of the body, the Content-Type as it came (with its charset), the \
             x-timestamp and the path.",
        ],
        "bw" => &["The user name and the password are those that were given with the call."],
        _ => &["Give the method, the URL, the headers and the bytes of the body exactly as they came."],
    }
}

fn secret_form(code: &str) -> &'static str {
    match code {
        "tw" => {
            "The secret is the auth token of the account that owns the call: a sub-account has its own, and an API key's \
             secret signs nothing."
        }
        "sw" => "The secret is the project's signing key (PSK…), not the API token.",
        "tx" => "The secret is the account's public key in base64, 32 bytes: API keys, Public key.",
        "vg" => "The secret is the account's signature secret, from the API settings.",
        "pl" => "The secret is the auth token of the account, or of the sub-account that owns the call.",
        "hw" => "The secret is the app secret.",
        "vx" => "The secret is the one that the scenario signs with.",
        "bw" => "The secret is user:password.",
        "si" => "The secret is applicationKey:secret, the secret in base64.",
        "e9" => "Jiuyun signs nothing and has no secret.",
        _ => "The secret is in the form that the carrier's description says.",
    }
}

fn header_missing(code: &str, request: &Request<'_>) -> Vec<String> {
    let mut advice = vec![
        "Case does not matter, the name does: was the header captured, or does a proxy leave it out?"
            .to_owned(),
    ];
    let given = |name: &str| !request.headers.all(name).is_empty();
    let clue = match code {
        "vg" => Some("Vonage signs only for applications whose voice capability has signed_callbacks on."),
        "pl" if given("x-plivo-signature-v2") => Some(
            "There is a signature of version 2, which covers neither body nor query; --setting allowV2=on takes it.",
        ),
        "hw" => Some("Applications of an older kind send no X-AKSK; Huawei's support turns it on."),
        "tw" if given("x-signalwire-signature") => {
            Some("It looks like a request of SignalWire: --carrier sw.")
        }
        "vx" => Some("The scenario signs: is its secret stored with the application at Voximplant?"),
        "bw" => Some("Bandwidth sends a user name and a password only where the call was placed with them."),
        _ => None,
    };
    advice.extend(clue.map(str::to_owned));
    advice
}

fn stale(now: Timestamp, seconds: i64) -> Vec<String> {
    let signed = now.checked_sub(SignedDuration::from_secs(seconds)).ok();
    let mut advice = Vec::new();
    if let Some(signed) = signed {
        advice.push(format!(
            "For a request that was captured then, --now {} checks it as of that time.",
            signed.as_second()
        ));
    }
    advice.push("For one that came just now, compare this machine's clock.".to_owned());
    advice
}

fn other_account(code: &str) -> String {
    let setting = match code {
        "vg" => "apiKey or applicationId",
        "hw" => "appKey",
        "e9" => "appId",
        "tw" => "accountSid",
        _ => "of the account",
    };
    format!(
        "Compare --setting {setting} with what the carrier's console shows; without it that is not checked."
    )
}

#[cfg(test)]
mod tests {
    use super::urls;

    #[test]
    fn the_urls_that_are_tried_differ_in_what_is_said() {
        let tried = urls("http://Calls.example.com:8080/prod/carriers/tw/x/events?a=1");
        let tried: Vec<_> = tried.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(
            tried,
            [
                "https://Calls.example.com:8080/prod/carriers/tw/x/events?a=1",
                "http://Calls.example.com:8080/prod/carriers/tw/x/events/?a=1",
                "http://Calls.example.com:8080/prod/carriers/tw/x/events",
                "http://Calls.example.com:8080/carriers/tw/x/events?a=1",
                "http://Calls.example.com/prod/carriers/tw/x/events?a=1",
                "https://Calls.example.com/prod/carriers/tw/x/events?a=1",
                "http://calls.example.com:8080/prod/carriers/tw/x/events?a=1",
            ]
        );
    }
}
