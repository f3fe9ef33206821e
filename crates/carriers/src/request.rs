//! A request of a carrier, as far as it matters here.

use std::fmt;

use crate::refusal::Refusal;

/// Headers, in the order they came, names in lower case.
#[derive(Clone, Default)]
pub struct Headers(Vec<(String, String)>);

/// Longer values are no signature.
const LONGEST: usize = 8 * 1024;

impl Headers {
    /// The headers; names may have any case and may repeat.
    pub fn new<N: AsRef<str>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let lower = |(name, value): (N, V)| (name.as_ref().trim().to_ascii_lowercase(), value.into());
        Self(pairs.into_iter().map(lower).collect())
    }

    /// All values of a header; `name` in lower case.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.trim()).collect()
    }

    /// The first value of a header that proves nothing; `name` in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The value of a header that must come once; it may hold commas.
    ///
    /// # Errors
    /// When it is missing, empty, repeated or longer than 8 KB.
    pub fn once(&self, name: &'static str) -> Result<&str, Refusal> {
        let value = match self.all(name).as_slice() {
            [] | [""] => return Err(Refusal::HeaderMissing(name)),
            [value] => *value,
            _ => return Err(Refusal::HeaderRepeated(name)),
        };
        if value.len() > LONGEST {
            return Err(Refusal::HeaderMalformed {
                name,
                problem: "is too long",
            });
        }
        Ok(value)
    }

    /// The value of a header that must come once and holds one value: API Gateway joins repeated headers with a comma.
    ///
    /// # Errors
    /// As [`once`](Self::once), and when there is a comma in it.
    pub fn single(&self, name: &'static str) -> Result<&str, Refusal> {
        let value = self.once(name)?;
        if value.contains(',') {
            return Err(Refusal::HeaderRepeated(name));
        }
        Ok(value)
    }

    /// The content type without its parameters, in lower case; empty where there is none.
    pub fn content_type(&self) -> String {
        let value = self.get("content-type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }
}

/// Names only: values hold signatures and passwords.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// A request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `POST`, `GET`.
    pub method: &'a str,
    /// The public URL as the carrier was given it: rebuilt from the configured base, never from the `Host` header.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a Headers,
    /// The bytes of its body, as they came.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// The path of the URL, without host and query.
    pub fn path(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let from = after_scheme.find('/').unwrap_or(after_scheme.len());
        let path = after_scheme.get(from..).unwrap_or_default();
        path.split(['?', '#']).next().unwrap_or_default()
    }

    /// Whether the path names a call of ours, `…/calls/{callId}/events`: then we placed it.
    pub(crate) fn names_call(&self) -> bool {
        let mut parts = self.path().rsplit('/');
        parts.next() == Some("events") && parts.next().is_some() && parts.next() == Some("calls")
    }

    /// The query of the URL as it stands there, without its `?`; empty where there is none.
    pub fn query(&self) -> &str {
        let before_fragment = self.url.split('#').next().unwrap_or_default();
        before_fragment.split_once('?').map_or("", |(_, query)| query)
    }
}

/// Neither the URL, which holds the account's slug, nor the body.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
