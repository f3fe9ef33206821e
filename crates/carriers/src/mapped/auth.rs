//! How a described carrier's requests are verified.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::mac::any_secret;
use crate::mapped::clock::Clock;
use crate::mapped::document::parameters;
use crate::mapped::file::{self, AuthKind, DigestKind, Encoding, Format, Hash};
use crate::mapped::template::{Part, template};
use crate::refusal::Refusal;
use crate::request::{Headers, Request};
use crate::settings::Keys;
use crate::{hex, times};

/// How the sender proves itself.
#[derive(Debug)]
pub(super) enum Auth {
    Nothing,
    Token { header: String, prefix: Option<String> },
    Basic,
    Signature(Box<Signature>),
}

/// A signature of what a template makes of the request.
#[derive(Debug)]
pub(super) struct Signature {
    place: Place,
    digest: DigestKind,
    hash: Hash,
    encoding: Encoding,
    signed: Vec<Part>,
    time: Option<(String, Clock)>,
    window: u64,
    nonce: Option<String>,
}

/// Where the signature is.
#[derive(Debug)]
enum Place {
    Header(String),
    Parameter(String),
}

/// Longer values prove nothing.
const LONGEST: usize = 8 * 1024;

/// A value that must come once and alone. A refusal names the place in the description, which names the header.
fn single<'a>(headers: &'a Headers, name: &str, place: &'static str) -> Result<&'a str, Refusal> {
    match headers.all(&name.to_ascii_lowercase()).as_slice() {
        [] | [""] => Err(Refusal::HeaderMissing(place)),
        [value] if value.contains(',') => Err(Refusal::HeaderRepeated(place)),
        [value] if value.len() > LONGEST => Err(Refusal::HeaderMalformed {
            name: place,
            problem: "is too long",
        }),
        [value] => Ok(*value),
        _ => Err(Refusal::HeaderRepeated(place)),
    }
}

fn equal(expected: &[u8], given: &[u8]) -> bool {
    expected.ct_eq(given).into()
}

impl Auth {
    /// Reads the description.
    ///
    /// # Errors
    /// With the field and what is wrong with it.
    pub(super) fn of(file: file::Auth, zone: Option<&str>) -> Result<Self, (&'static str, String)> {
        let needless = |there: bool, field: &'static str| {
            if there {
                Err((field, "does not belong to this kind of auth".to_owned()))
            } else {
                Ok(())
            }
        };
        let signs = file.kind == AuthKind::Hmac;
        let has_header = signs || file.kind == AuthKind::HeaderToken;
        needless(!has_header && file.header.is_some(), "header")?;
        needless(
            file.kind != AuthKind::HeaderToken && file.prefix.is_some(),
            "prefix",
        )?;
        for (there, field) in [
            (file.parameter.is_some(), "parameter"),
            (file.digest.is_some(), "digest"),
            (file.hash.is_some(), "hash"),
            (file.encoding.is_some(), "encoding"),
            (file.signed.is_some(), "signed"),
            (file.timestamp_header.is_some(), "timestamp-header"),
            (file.timestamp_format.is_some(), "timestamp-format"),
            (file.window.is_some(), "window"),
            (file.nonce_header.is_some(), "nonce-header"),
        ] {
            needless(!signs && there, field)?;
        }
        Ok(match file.kind {
            AuthKind::None => Self::Nothing,
            AuthKind::Basic => Self::Basic,
            AuthKind::HeaderToken => Self::Token {
                header: file.header.ok_or_else(|| missing("header"))?,
                prefix: file.prefix,
            },
            AuthKind::Hmac => Self::Signature(Box::new(Signature::of(file, zone)?)),
        })
    }

    /// Whether it proves what the body says.
    pub(super) fn proves_the_body(&self, format: Format) -> bool {
        match self {
            Self::Nothing => false,
            // Over TLS, from somebody who knows it.
            Self::Token { .. } | Self::Basic => true,
            Self::Signature(signature) => signature.covers_the_body(format),
        }
    }

    pub(super) fn verify(
        &self,
        request: &Request<'_>,
        format: Format,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let known = |is_right: &dyn Fn(&str) -> bool| {
            if keys.secrets.is_empty() {
                Err(Refusal::Secret {
                    problem: "is missing",
                })
            } else if any_secret(keys.secrets, is_right) {
                Ok(())
            } else {
                Err(Refusal::Mismatch { hint: None })
            }
        };
        match self {
            Self::Nothing => Ok(()),
            Self::Token { header, prefix } => {
                let given = single(request.headers, header, "auth.header")?;
                let token = match prefix {
                    None => given,
                    Some(prefix) => given.strip_prefix(prefix.as_str()).map(str::trim).ok_or(
                        Refusal::HeaderMalformed {
                            name: "auth.header",
                            problem: "lacks its prefix",
                        },
                    )?,
                };
                known(&|secret| equal(secret.as_bytes(), token.as_bytes()))
            }
            Self::Basic => {
                let given = request.headers.single("authorization")?;
                let bytes = given
                    .strip_prefix("Basic ")
                    .and_then(|text| BASE64_STANDARD.decode(text.trim()).ok())
                    .ok_or(Refusal::HeaderMalformed {
                        name: "authorization",
                        problem: "is no Basic one",
                    })?;
                known(&|secret| equal(secret.as_bytes(), &bytes))
            }
            Self::Signature(signature) => {
                let given = signature.given(request, format)?;
                known(&|secret| {
                    equal(
                        given.expected(signature, secret).as_bytes(),
                        given.signature.as_bytes(),
                    )
                })?;
                match given.at {
                    Some(at) => times::near(at, now, keys.settings.number("window", signature.window)),
                    None => Ok(()),
                }
            }
        }
    }
}

fn missing(field: &'static str) -> (&'static str, String) {
    (field, "is missing".to_owned())
}

impl Signature {
    fn of(file: file::Auth, zone: Option<&str>) -> Result<Self, (&'static str, String)> {
        let place = match (file.header, file.parameter) {
            (Some(header), None) => Place::Header(header),
            (None, Some(parameter)) => Place::Parameter(parameter),
            (None, None) => return Err(missing("header")),
            (Some(_), Some(_)) => return Err(("parameter", "is needless beside a header".to_owned())),
        };
        let signed = template(file.signed.as_deref().ok_or_else(|| missing("signed"))?);
        let signed = signed.map_err(|problem| ("signed", problem))?;
        let has = |part: &Part| signed.contains(part);
        let digest = file.digest.unwrap_or(DigestKind::Hmac);
        let bad = |field, problem: &str| Err((field, problem.to_owned()));
        match digest {
            DigestKind::Hmac if has(&Part::Secret) => {
                return bad("signed", "holds the secret, which is the key");
            }
            DigestKind::Plain if !has(&Part::Secret) => return bad("signed", "leaves the secret out"),
            _ => {}
        }
        if matches!(place, Place::Parameter(_)) && has(&Part::Body) {
            return bad("signed", "holds the body, and the body holds the signature");
        }
        for (header, part, field) in [
            (&file.timestamp_header, Part::Timestamp, "timestamp-header"),
            (&file.nonce_header, Part::Nonce, "nonce-header"),
        ] {
            match (header.is_some(), has(&part)) {
                (true, false) => return bad(field, "is not part of what is signed"),
                (false, true) => return Err(missing(field)),
                _ => {}
            }
        }
        let time = match file.timestamp_header {
            None if file.timestamp_format.is_some() => {
                return bad("timestamp-format", "is needless without a timestamp-header");
            }
            None => None,
            Some(header) => {
                let format = file.timestamp_format.as_deref().unwrap_or("unix");
                let zone = zone.filter(|_| !matches!(format, "unix" | "unix-ms" | "rfc3339"));
                let clock = Clock::of(format, zone)
                    .map_err(|(_, problem)| ("timestamp-format", problem.to_owned()))?;
                Some((header, clock))
            }
        };
        Ok(Self {
            place,
            digest,
            hash: file.hash.ok_or_else(|| missing("hash"))?,
            encoding: file.encoding.ok_or_else(|| missing("encoding"))?,
            signed,
            time,
            window: file.window.unwrap_or(300),
            nonce: file.nonce_header,
        })
    }

    /// Parameters cover a form; in JSON and XML there may be more than parameters. And a plain hash that does not end in
    /// the secret can be made longer by anybody.
    fn covers_the_body(&self, format: Format) -> bool {
        let content = self.signed.iter().rposition(|part| match part {
            Part::Body => true,
            Part::SortedParams => format == Format::Form,
            _ => false,
        });
        let secret = self.signed.iter().rposition(|part| *part == Part::Secret);
        match self.digest {
            DigestKind::Hmac => content.is_some(),
            DigestKind::Plain => content.is_some_and(|content| secret.is_some_and(|secret| secret > content)),
        }
    }

    fn given<'a>(&self, request: &Request<'a>, format: Format) -> Result<Given<'a>, Refusal> {
        let headers = request.headers;
        let by_parameters =
            self.signed.contains(&Part::SortedParams) || matches!(self.place, Place::Parameter(_));
        let mut parameters = if by_parameters {
            let document = format.document(request).map_err(|_| Refusal::Mismatch {
                hint: Some("the body cannot be read, and its parameters are signed"),
            })?;
            parameters(&document, format)
        } else {
            Vec::new()
        };
        let signature = match &self.place {
            Place::Header(name) => single(headers, name, "auth.header")?.to_owned(),
            Place::Parameter(wanted) => {
                let (signatures, others): (Vec<_>, Vec<_>) =
                    parameters.into_iter().partition(|(name, _)| name == wanted);
                parameters = others;
                match signatures.as_slice() {
                    [] => return Err(Refusal::HeaderMissing("auth.parameter")),
                    [(_, signature)] => signature.clone(),
                    _ => return Err(Refusal::HeaderRepeated("auth.parameter")),
                }
            }
        };
        let (timestamp, at) = match &self.time {
            None => ("", None),
            Some((name, clock)) => {
                let text = single(headers, name, "auth.timestamp-header")?;
                let at = clock.read(text).ok_or(Refusal::HeaderMalformed {
                    name: "auth.timestamp-header",
                    problem: "is no time",
                })?;
                (text, Some(at))
            }
        };
        let nonce = match &self.nonce {
            None => "",
            Some(name) => single(headers, name, "auth.nonce-header")?,
        };
        let pairs: Vec<_> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Ok(Given {
            request: *request,
            signature,
            timestamp,
            at,
            nonce,
            sorted: pairs.join("&"),
        })
    }
}

/// What a request brings along for its signature.
struct Given<'a> {
    request: Request<'a>,
    signature: String,
    timestamp: &'a str,
    at: Option<Timestamp>,
    nonce: &'a str,
    sorted: String,
}

impl Given<'_> {
    /// The signature as it would be with that secret.
    fn expected(&self, signature: &Signature, secret: &str) -> String {
        let parts: Vec<&[u8]> = signature
            .signed
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_bytes(),
                Part::Body => self.request.body,
                Part::Url => self.request.url.as_bytes(),
                Part::Method => self.request.method.as_bytes(),
                Part::Nonce => self.nonce.as_bytes(),
                Part::Timestamp => self.timestamp.as_bytes(),
                Part::Secret => secret.as_bytes(),
                Part::SortedParams => self.sorted.as_bytes(),
            })
            .collect();
        let key = match signature.digest {
            DigestKind::Hmac => Some(secret.as_bytes()),
            DigestKind::Plain => None,
        };
        let bytes = match key {
            None => signature.hash.of(&parts),
            Some(key) => signature.hash.keyed(key, &parts),
        };
        signature.encoding.of(&bytes)
    }
}

impl Hash {
    /// The hash of the parts, one after the other.
    pub(super) fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => hashed::<Md5>(parts),
            Self::Sha1 => hashed::<Sha1>(parts),
            Self::Sha256 => hashed::<Sha256>(parts),
        }
    }

    /// The HMAC of the parts, one after the other.
    pub(super) fn keyed(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => keyed::<Hmac<Md5>>(key, parts),
            Self::Sha1 => keyed::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key, parts),
        }
    }
}

impl Encoding {
    /// The bytes, written out.
    pub(super) fn of(self, bytes: &[u8]) -> String {
        match self {
            Self::HexLower => hex::lower(bytes),
            Self::HexUpper => hex::upper(bytes),
            Self::Base64 => BASE64_STANDARD.encode(bytes),
        }
    }
}

fn hashed<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = D::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

/// Nothing where the key cannot be one, which no signature equals.
fn keyed<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}
