//! Base64 of HMAC-SHA256 over the URL, the fields and a nonce.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use crate::form::Form;
use crate::mac::{any_secret, is_hmac_sha256};
use crate::mistakes::{NO_CLUE, nearly};
use crate::reading::Unreadable;
use crate::refusal::Refusal;
use crate::request::Request;

const V3: &str = "x-plivo-signature-v3";
const V3_NONCE: &str = "x-plivo-signature-v3-nonce";
const V2: &str = "x-plivo-signature-v2";
const V2_NONCE: &str = "x-plivo-signature-v2-nonce";

/// Larger bodies are not hashed again just to find a hint.
const LARGEST_FOR_HINTS: usize = 64 * 1024;

type Pairs = Vec<(String, String)>;

/// The form of a request; a request without a content type is taken for one.
///
/// # Errors
/// When it is none.
pub(super) fn fields(request: &Request<'_>) -> Result<Form, Unreadable> {
    if is_get(request) {
        return Form::read(request.query().as_bytes());
    }
    let content_type = request.headers.content_type();
    let may_be_form = matches!(content_type.as_str(), "" | "application/x-www-form-urlencoded");
    if request.body.is_empty() || may_be_form {
        return Form::read(request.body);
    }
    Err(Unreadable::ContentType {
        expected: "application/x-www-form-urlencoded",
    })
}

fn is_get(request: &Request<'_>) -> bool {
    request.method.eq_ignore_ascii_case("GET")
}

/// Whether a header is the signature of the request, by any of the secrets.
///
/// # Errors
/// When none is.
pub(super) fn verify(request: &Request<'_>, secrets: &[SecretString], allow_v2: bool) -> Result<(), Refusal> {
    if !any_secret(secrets, |_| true) {
        return Err(Refusal::Secret {
            problem: "is missing",
        });
    }
    let has = |name: &str| !request.headers.all(name).is_empty();
    // Whoever leaves the better signature out must not get by with the worse.
    if has(V3) || !has(V2) {
        return verify_v3(request, secrets);
    }
    if !allow_v2 {
        return Err(Refusal::Mismatch {
            hint: Some("it has a signature of version 2 only, which leaves the body open"),
        });
    }
    let digests = digests(V2, request.headers.single(V2)?)?;
    let nonce = request.headers.single(V2_NONCE)?;
    let base = base(request.url);
    if fits(&[base.as_bytes(), nonce.as_bytes()], secrets, &digests) {
        Ok(())
    } else {
        Err(Refusal::Mismatch { hint: Some(NO_CLUE) })
    }
}

fn verify_v3(request: &Request<'_>, secrets: &[SecretString]) -> Result<(), Refusal> {
    // While the token is replaced there are several in one header, with commas between them.
    let digests = digests(V3, request.headers.once(V3)?)?;
    let nonce = request.headers.single(V3_NONCE)?;
    let form = if is_get(request) {
        Ok(Form::default())
    } else {
        fields(request)
    };
    let form = form.map_err(|_| Refusal::Mismatch {
        hint: Some("the body is no form, and nothing else is covered by the signature"),
    })?;
    let any_fits = |url: &str| {
        let texts = texts(is_get(request), url, &form);
        texts
            .iter()
            .any(|text| fits(&[text.as_bytes(), b".", nonce.as_bytes()], secrets, &digests))
    };
    if any_fits(request.url) {
        return Ok(());
    }
    let hint = if request.body.len() > LARGEST_FOR_HINTS {
        None
    } else {
        nearly(request.url).into_iter().find(|(other, _)| any_fits(other))
    };
    Err(Refusal::Mismatch {
        hint: Some(hint.map_or(NO_CLUE, |(_, hint)| hint)),
    })
}

fn fits(parts: &[&[u8]], secrets: &[SecretString], digests: &[Vec<u8>]) -> bool {
    digests
        .iter()
        .any(|digest| any_secret(secrets, |secret| is_hmac_sha256(secret.as_bytes(), parts, digest)))
}

fn digests(name: &'static str, value: &str) -> Result<Vec<Vec<u8>>, Refusal> {
    let digests: Vec<_> = value
        .split(',')
        .filter_map(|one| STANDARD.decode(one.trim()).ok())
        .filter(|bytes| bytes.len() == 32)
        .collect();
    if digests.is_empty() {
        return Err(Refusal::HeaderMalformed {
            name,
            problem: "is no Base64 of 32 bytes",
        });
    }
    Ok(digests)
}

/// The URL without query and fragment.
fn base(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// What may be signed before the nonce: Plivo's own libraries disagree whether the query counts decoded or as it stands.
fn texts(get: bool, url: &str, form: &Form) -> Vec<String> {
    let before_fragment = url.split('#').next().unwrap_or_default();
    let query = before_fragment.split_once('?').map_or("", |(_, query)| query);
    let decoded = match Form::read(query.as_bytes()) {
        Ok(query) => pairs(&query),
        Err(_) => Vec::new(),
    };
    let mut raw: Pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    raw.sort();
    let fields = pairs(form);
    let mut texts = vec![text(get, base(url), &decoded, &fields)];
    if raw != decoded {
        texts.push(text(get, base(url), &raw, &fields));
    }
    texts
}

fn pairs(form: &Form) -> Pairs {
    let mut pairs: Pairs = form
        .fields()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    pairs.sort();
    pairs
}

/// The URL, the sorted query behind a `?`, and the sorted fields of a body behind a `.`. The `?` is there for fields
/// without a query too, and the `.` only between the two.
fn text(get: bool, base: &str, query: &Pairs, fields: &Pairs) -> String {
    let mut text = base.to_owned();
    if !query.is_empty() || !fields.is_empty() {
        text.push('?');
    }
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    text.push_str(&query.join("&"));
    if get {
        return text;
    }
    if !query.is_empty() && !fields.is_empty() {
        text.push('.');
    }
    for (name, value) in fields {
        text.push_str(name);
        text.push_str(value);
    }
    text
}
