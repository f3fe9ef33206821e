//! The URLs at which carriers reach us.

use std::collections::BTreeMap;
use std::fmt;

use ringback_calls::CallId;

use crate::account::Account;

/// What all public URLs begin with: scheme, host, and the base path mapping of the custom domain, if it has one. The
/// `Host` header is never asked, because anybody can send any.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicBase {
    /// Without a `/` at its end.
    origin: String,
    /// Empty, or `/` and a name, without a `/` at its end.
    mapping: String,
    /// Paths whose public URL is another: nothing in production, published vectors in tests.
    others: BTreeMap<String, String>,
}

impl PublicBase {
    /// Reads `https://calls.example.com` or `https://api.example.com/calls`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        let rest = text.strip_prefix("https://")?;
        let (host, mapping) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (name, port) = host.split_once(':').unwrap_or((host, "443"));
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let good_host = !name.is_empty()
            && name.bytes().all(in_name)
            && (1..=5).contains(&port.len())
            && port.bytes().all(|byte| byte.is_ascii_digit());
        let good_mapping = mapping
            .split('/')
            .skip(1)
            .all(|part| !part.is_empty() && is_unreserved(part));
        (good_host && good_mapping).then(|| Self {
            origin: format!("https://{host}"),
            mapping: mapping.to_owned(),
            others: BTreeMap::new(),
        })
    }

    /// The same, but for some paths: their public URL is that one, query and all. Signatures that a carrier has
    /// published are over URLs of its choice; with this they can be posted to a path of ours.
    #[must_use]
    pub fn with(mut self, others: impl IntoIterator<Item = (String, String)>) -> Self {
        self.others.extend(others);
        self
    }

    /// The path after the base path mapping. API Gateway hands a path over with the mapping in it.
    pub fn inner<'a>(&self, raw_path: &'a str) -> &'a str {
        let within = raw_path.strip_prefix(self.mapping.as_str());
        within.filter(|rest| rest.starts_with('/')).unwrap_or(raw_path)
    }

    /// The public URL to which a carrier posts the events of a call of that account.
    pub fn events_of(&self, account: &Account, call: &CallId) -> String {
        let Account { carrier, slug, .. } = account;
        let slug = slug.as_str();
        self.url(&format!("/carriers/{carrier}/{slug}/calls/{call}/events"), "")
    }

    /// The public URL of a path after the mapping.
    pub fn url(&self, path: &str, query: &str) -> String {
        if let Some(other) = self.others.get(path) {
            return other.clone();
        }
        let Self { origin, mapping, .. } = self;
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{origin}{mapping}{path}{mark}{query}")
    }
}

impl fmt::Debug for PublicBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.mapping)
    }
}

/// Whether a part of a path consists of RFC 3986's unreserved characters: nothing that one side escapes and the other
/// does not, so that both sign the same.
pub fn is_unreserved(part: &str) -> bool {
    part.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_the_base_and_the_path_after_the_mapping() {
        for (base, raw_path, url) in [
            (
                "https://calls.example.com",
                "/carriers/tw/a/events",
                "https://calls.example.com/carriers/tw/a/events",
            ),
            (
                "https://calls.example.com/",
                "/carriers/tw/a/events",
                "https://calls.example.com/carriers/tw/a/events",
            ),
            (
                "https://api.example.com:8443/voice/v1",
                "/voice/v1/carriers/tw/a/events",
                "https://api.example.com:8443/voice/v1/carriers/tw/a/events",
            ),
            // The mapping was taken off on the way.
            (
                "https://api.example.com/voice",
                "/carriers/tw/a/events",
                "https://api.example.com/voice/carriers/tw/a/events",
            ),
            (
                "https://api.example.com/voice",
                "/voicemail/carriers",
                "https://api.example.com/voice/voicemail/carriers",
            ),
        ] {
            let base = PublicBase::parse(base).unwrap();
            assert_eq!(base.url(base.inner(raw_path), ""), url);
            assert_eq!(base.url(base.inner(raw_path), "a=1"), format!("{url}?a=1"));
        }
    }

    #[test]
    fn a_base_that_no_carrier_could_be_given_is_refused() {
        for base in [
            "",
            "calls.example.com",
            "http://calls.example.com",
            "https://",
            "https://user@calls.example.com",
            "https://calls.example.com:port",
            "https://calls.example.com//voice",
            "https://calls.example.com/a b",
            "https://calls.example.com/?a=1",
            "https://calls.example.com/#a",
        ] {
            assert_eq!(PublicBase::parse(base), None, "{base}");
        }
    }
}
