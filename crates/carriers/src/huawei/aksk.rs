//! The digest in `X-AKSK`, by generation of the documentation.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::mac::{any_secret, is_hmac_sha256};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use crate::times;

const HEADER: &str = "x-aksk";

/// The CDR pushes are repeated for six hours; whether each is signed anew is not told.
const WINDOW: u64 = 25_200;

/// `PasswordDigest` of a request to Huawei's own API.
pub fn request_digest(app_secret: &str, nonce: &str, created: &str) -> String {
    // A key of any length will do: there is nothing to fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else {
        return String::new();
    };
    mac.update(nonce.as_bytes());
    mac.update(created.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// What is digested, and how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// HMAC of URL, nonce and time, a line each.
    Hw2026,
    /// HMAC of the same, joined.
    Hw2022,
    /// A hash of nonce, time and secret: the older products' `WSSE`.
    Wsse,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Hw2026, Self::Hw2022, Self::Wsse];

    fn name(self) -> &'static str {
        match self {
            Self::Hw2026 => "hw-2026",
            Self::Hw2022 => "hw-2022",
            Self::Wsse => "wsse",
        }
    }

    /// How far the clock of `Created` is ahead of UTC. The pages that describe the first digest give Beijing's time,
    /// which calls itself UTC by its `Z`; those of the others give UTC. The setting `zone` knows better.
    fn ahead(self, keys: &Keys<'_>) -> SignedDuration {
        let beijing = match keys.settings.get("zone") {
            Some("beijing") => true,
            Some("utc") => false,
            _ => self == Self::Hw2026,
        };
        SignedDuration::from_hours(if beijing { 8 } else { 0 })
    }

    /// The account's schemes, in its order; words that are none are left out.
    fn of(keys: &Keys<'_>) -> Vec<Self> {
        let Some(names) = keys.settings.get("schemes") else {
            return Self::ALL.to_vec();
        };
        let named = |name: &str| Self::ALL.into_iter().find(|scheme| scheme.name() == name.trim());
        names.split(',').filter_map(named).collect()
    }

    fn matches(self, secret: &str, url: &str, token: &Token<'_>) -> bool {
        let (key, url) = (secret.as_bytes(), url.as_bytes());
        let (nonce, created) = (token.nonce.as_bytes(), token.created.as_bytes());
        match self {
            Self::Hw2026 => is_hmac_sha256(key, &[url, b"\n", nonce, b"\n", created], &token.digest),
            Self::Hw2022 => is_hmac_sha256(key, &[url, nonce, created], &token.digest),
            Self::Wsse => {
                let mut hash = Sha256::new();
                [nonce, created, key].iter().for_each(|part| hash.update(part));
                hash.finalize().as_slice().ct_eq(&token.digest).into()
            }
        }
    }
}

/// What the header holds.
struct Token<'a> {
    username: &'a str,
    digest: Vec<u8>,
    nonce: &'a str,
    created: &'a str,
}

fn malformed(problem: &'static str) -> Refusal {
    Refusal::HeaderMalformed {
        name: HEADER,
        problem,
    }
}

impl<'a> Token<'a> {
    /// `UsernameToken Username="…", PasswordDigest="…", Nonce="…", Created="…"`. The commas are its own, so that a
    /// second header joined to it shows only by its fields coming twice.
    fn read(text: &'a str) -> Result<Self, Refusal> {
        let fields = text
            .strip_prefix("UsernameToken ")
            .ok_or_else(|| malformed("is no UsernameToken"))?;
        if fields.contains("UsernameToken ") {
            return Err(Refusal::HeaderRepeated(HEADER));
        }
        let (mut username, mut digest, mut nonce, mut created) = (None, None, None, None);
        for field in fields.split(',') {
            let (name, value) = field
                .split_once('=')
                .ok_or_else(|| malformed("holds what is no field"))?;
            let value = value
                .trim()
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'))
                .filter(|value| !value.is_empty() && !value.contains('"'))
                .ok_or_else(|| malformed("has a field without a quoted value"))?;
            let slot = match name.trim() {
                "Username" => &mut username,
                "PasswordDigest" => &mut digest,
                "Nonce" => &mut nonce,
                "Created" => &mut created,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(Refusal::HeaderRepeated(HEADER));
            }
        }
        let (Some(username), Some(digest), Some(nonce), Some(created)) = (username, digest, nonce, created)
        else {
            return Err(malformed("lacks one of Username, PasswordDigest, Nonce, Created"));
        };
        let digest = BASE64_STANDARD
            .decode(digest)
            .map_err(|_| malformed("has a digest that is no base64"))?;
        Ok(Self {
            username,
            digest,
            nonce,
            created,
        })
    }
}

/// Whether the request carries a digest of the account's secret. It covers the URL and a time, and not the body.
pub(super) fn verify(request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
    let header = match request.headers.once(HEADER) {
        Err(Refusal::HeaderMissing(_)) if keys.settings.get("unsigned") == Some("on") => return Ok(()),
        header => header?,
    };
    let token = Token::read(header)?;
    if keys
        .settings
        .get("appKey")
        .is_some_and(|key| key != token.username)
    {
        return Err(Refusal::OtherAccount { what: "app key" });
    }
    if keys.secrets.is_empty() {
        return Err(Refusal::Secret {
            problem: "is missing",
        });
    }
    let schemes = Scheme::of(keys);
    let by = |schemes: &[Scheme], url: &str| {
        let matches =
            |scheme: &Scheme| any_secret(keys.secrets, |secret| scheme.matches(secret, url, &token));
        schemes.iter().copied().find(matches)
    };
    let Some(scheme) = by(&schemes, request.url) else {
        let hint = if by(&Scheme::ALL, request.url).is_some() {
            Some("it is right by a scheme that the setting schemes leaves out")
        } else if likely(request.url).iter().any(|url| by(&schemes, url).is_some()) {
            Some(
                "it is of another form of the URL: another scheme, port or last slash than the carrier was given",
            )
        } else {
            None
        };
        return Err(Refusal::Mismatch { hint });
    };
    let unreadable = || malformed("has a time that cannot be read");
    let created = times::rfc3339(token.created).ok_or_else(unreadable)?;
    let created = created
        .checked_sub(scheme.ahead(keys))
        .map_err(|_| unreadable())?;
    times::near(created, now, keys.settings.number("window", WINDOW))
}

/// Other forms in which somebody may have given the URL to the carrier.
fn likely(url: &str) -> Vec<String> {
    let mut all = vec![format!("{url}/"), url.trim_end_matches('/').to_owned()];
    if let Some((host, path)) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')) {
        all.push(format!("http://{host}/{path}"));
        all.push(match host.strip_suffix(":443") {
            Some(host) => format!("https://{host}/{path}"),
            None => format!("https://{host}:443/{path}"),
        });
    }
    all
}
