//! Base64 of HMAC-SHA1 over the URL and the form's fields.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::form::Form;
use crate::mac::{any_secret, is_hmac_sha1};
use crate::mistakes::{NO_CLUE, nearly};
use crate::reading::Unreadable;
use crate::refusal::Refusal;
use crate::request::Request;

/// How often a value counts that comes more than once under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// Once, and the values of a name are sorted.
    Once,
    /// So, or each time and in the order they came: SignalWire's own library reads it that way.
    OnceOrEach,
}

/// Larger bodies are not hashed again just to find a hint.
const LARGEST_FOR_HINTS: usize = 64 * 1024;

/// The form of a request; a request without a content type is taken for one.
///
/// # Errors
/// When it is none.
pub(crate) fn fields(request: &Request<'_>) -> Result<Form, Unreadable> {
    if request.method.eq_ignore_ascii_case("GET") {
        return Form::read(request.query().as_bytes());
    }
    if !may_be_form(request) {
        return Err(Unreadable::ContentType {
            expected: "application/x-www-form-urlencoded",
        });
    }
    Form::read(request.body)
}

fn may_be_form(request: &Request<'_>) -> bool {
    let content_type = request.headers.content_type();
    request.body.is_empty() || matches!(content_type.as_str(), "" | "application/x-www-form-urlencoded")
}

/// Whether the header is the signature of the request, by any of the secrets.
///
/// # Errors
/// When it is not.
pub(crate) fn verify(
    request: &Request<'_>,
    (name, value): (&'static str, &str),
    secrets: &[SecretString],
    repeated: Repeated,
) -> Result<(), Refusal> {
    if !any_secret(secrets, |_| true) {
        return Err(Refusal::Secret {
            problem: "is missing",
        });
    }
    let digest = STANDARD
        .decode(value)
        .ok()
        .filter(|bytes| bytes.len() == 20)
        .ok_or(Refusal::HeaderMalformed {
            name,
            problem: "is no Base64 of 20 bytes",
        })?;
    let url = request.url.split('#').next().unwrap_or_default();
    let tails = tails(request, repeated)?;
    let fits = |url: &str, tail: &str| {
        any_secret(secrets, |secret| {
            is_hmac_sha1(secret.as_bytes(), &[url.as_bytes(), tail.as_bytes()], &digest)
        })
    };
    let any_fits = |url: &str| {
        let urls = variants(url);
        tails.iter().any(|tail| urls.iter().any(|url| fits(url, tail)))
    };
    if any_fits(url) {
        return Ok(());
    }
    if request.body.len() > LARGEST_FOR_HINTS {
        return Err(mismatch(NO_CLUE));
    }
    let near = nearly(url).into_iter().find(|(other, _)| any_fits(other));
    Err(mismatch(match near {
        Some((_, hint)) => hint,
        None if variants(url).iter().any(|url| fits(url, "")) => {
            "it fits the URL without the body: the request was signed as a GET, or the body was lost on the way"
        }
        None => NO_CLUE,
    }))
}

fn mismatch(hint: &'static str) -> Refusal {
    Refusal::Mismatch { hint: Some(hint) }
}

/// Refuses what is signed, and says that it is for another account than the one that is set.
///
/// # Errors
/// When it is.
pub(crate) fn same_account(
    request: &Request<'_>,
    account: Option<&str>,
    what: &'static str,
) -> Result<(), Refusal> {
    let Some(account) = account else {
        return Ok(());
    };
    let form = fields(request).ok();
    match form.as_ref().and_then(|form| form.get("AccountSid")) {
        Some(other) if other != account => Err(Refusal::OtherAccount { what }),
        _ => Ok(()),
    }
}

/// What may be signed behind the URL; whichever it is, it covers the whole body.
fn tails(request: &Request<'_>, repeated: Repeated) -> Result<Vec<String>, Refusal> {
    if request.method.eq_ignore_ascii_case("GET") {
        return Ok(vec![String::new()]);
    }
    let hash = Form::read(request.query().as_bytes())
        .ok()
        .and_then(|query| query.get("bodySHA256").map(str::to_owned));
    let hash_fits = hash.as_deref().map(|hash| is_sha256(request.body, hash));
    if !may_be_form(request) {
        return match hash_fits {
            Some(true) => Ok(vec![String::new()]),
            Some(false) => Err(mismatch("the body is not the one that bodySHA256 was made of")),
            None => Err(mismatch(
                "the body is no form, and the URL has no bodySHA256 that would cover it",
            )),
        };
    }
    let form = Form::read(request.body).map_err(|_| mismatch("the body is no form"))?;
    let mut tails = vec![parameters(&form, true)];
    if repeated == Repeated::OnceOrEach {
        let each = parameters(&form, false);
        if !tails.contains(&each) {
            tails.push(each);
        }
    }
    if hash_fits == Some(true) {
        tails.push(String::new());
    }
    Ok(tails)
}

/// Every name with its value, in the order of the names' bytes.
fn parameters(form: &Form, once: bool) -> String {
    let mut pairs: Vec<(&str, &str)> = form.fields().collect();
    if once {
        let distinct: BTreeSet<_> = pairs.into_iter().collect();
        pairs = distinct.into_iter().collect();
    } else {
        pairs.sort_by_key(|(name, _)| *name);
    }
    pairs.iter().flat_map(|(name, value)| [*name, *value]).collect()
}

fn is_sha256(body: &[u8], hex: &str) -> bool {
    let digest = Sha256::digest(body);
    let ours: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ours.as_bytes().ct_eq(hex.to_ascii_lowercase().as_bytes()).into()
}

/// The URL as the carrier may have written it when it signed: with or without a port, and with either form of an
/// apostrophe in the query, for different parts of the carrier do it differently.
fn variants(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    all.extend(other_port(url));
    let apostrophes = |url: &String| {
        let (path, query) = url.split_once('?')?;
        let other = if query.contains('\'') {
            query.replace('\'', "%27")
        } else if query.contains("%27") {
            query.replace("%27", "'")
        } else {
            return None;
        };
        Some(format!("{path}?{other}"))
    };
    let more: Vec<_> = all.iter().filter_map(apostrophes).collect();
    all.extend(more);
    all
}

/// The URL without its port, or with the standard one where it has none.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = (rest.get(..end)?, rest.get(end..)?);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), authority),
    };
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let host = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name.to_owned(),
        _ => match scheme {
            "https" => format!("{host}:443"),
            "http" => format!("{host}:80"),
            _ => return None,
        },
    };
    Some(format!("{scheme}://{user}{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_tried_both_ways() {
        let other = |url| other_port(url).unwrap();
        assert_eq!(other("https://a.example/x?y=:1"), "https://a.example:443/x?y=:1");
        assert_eq!(other("http://a.example"), "http://a.example:80");
        assert_eq!(other("https://u:p@a.example:8443/x"), "https://u:p@a.example/x");
        assert_eq!(other("https://[::1]/x"), "https://[::1]:443/x");
        assert_eq!(other("https://[::1]:443/x"), "https://[::1]/x");
        assert_eq!(other_port("calls.example"), None);
    }

    #[test]
    fn an_apostrophe_in_the_query_is_tried_both_ways() {
        let all = variants("https://a.example/o'x?name=o'b");
        assert!(all.contains(&"https://a.example:443/o'x?name=o%27b".to_owned()));
        assert!(variants("https://a.example/?n=o%27b").contains(&"https://a.example/?n=o'b".to_owned()));
    }
}
