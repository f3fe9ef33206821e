//! Who is told: the secret's content.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The channel that reads everything.
pub(crate) const TEAM: &str = "team";

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A channel of the chat, by its name in the secret.
    Channel(String),
    /// The operator's own endpoint.
    Webhook,
}

impl Destination {
    /// Its part of the key under which it is remembered that a message was sent.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Channel(name) => name,
            Self::Webhook => "@webhook",
        }
    }

    /// What the log calls it: the names of shops' channels stay out of it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Channel(name) if name == TEAM => "team",
            Self::Channel(_) => "shop",
            Self::Webhook => "webhook",
        }
    }
}

/// The addresses, each of which is a secret: whoever has one may write there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Receivers {
    channels: BTreeMap<String, Url>,
    webhook: Option<(Url, Vec<String>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    channels: BTreeMap<String, String>,
    webhook: Option<Webhook>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: String,
    keys: Vec<String>,
}

impl Receivers {
    /// Reads the secret; one bad address makes all of it bad, as nobody would notice a channel that stays silent.
    pub(crate) fn parse(secret: &SecretString, allow_http: bool) -> Option<Self> {
        let content: Content = serde_json::from_str(secret.expose_secret()).ok()?;
        let channels = content
            .channels
            .into_iter()
            .map(|(name, url)| Some((name, address(&url, allow_http)?)));
        let webhook = match content.webhook {
            None => None,
            Some(Webhook { keys, .. }) if keys.is_empty() || keys.iter().any(String::is_empty) => {
                return None;
            }
            Some(webhook) => Some((address(&webhook.url, allow_http)?, webhook.keys)),
        };
        Some(Self {
            channels: channels.collect::<Option<_>>()?,
            webhook,
        })
    }

    /// Whether there is such a destination.
    pub(crate) fn know(&self, destination: &Destination) -> bool {
        self.address(destination).is_some()
    }

    /// The destination's address.
    pub(crate) fn address(&self, destination: &Destination) -> Option<&Url> {
        match destination {
            Destination::Channel(name) => self.channels.get(name),
            Destination::Webhook => self.webhook.as_ref().map(|(url, _)| url),
        }
    }

    /// The keys that sign a destination's messages; a channel's are not signed.
    pub(crate) fn keys(&self, destination: &Destination) -> &[String] {
        match (destination, &self.webhook) {
            (Destination::Webhook, Some((_, keys))) => keys,
            _ => &[],
        }
    }
}

impl fmt::Debug for Receivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receivers")
            .field("channels", &self.channels.len())
            .field("webhook", &self.webhook.is_some())
            .finish()
    }
}

/// An address that is written to over TLS, or on this machine where tests allow it.
fn address(text: &str, allow_http: bool) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let loopback = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback && allow_http);
    (safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_where_allowed_on_this_machine() {
        let read = |url: &str, allow_http| {
            let secret = serde_json::json!({"channels": {"team": url}}).to_string();
            Receivers::parse(&secret.into(), allow_http).is_some()
        };
        for (url, safe, tests) in [
            ("https://example.com/services/a", true, true),
            ("http://example.com/services/a", false, false),
            ("http://127.0.0.1:9/a", false, true),
            ("http://[::1]:9/a", false, true),
            ("http://localhost:9/a", false, true),
            ("http://127.0.0.1.example.com/a", false, false),
            ("https://a:b@example.com/", false, false),
            ("ftp://127.0.0.1/a", false, false),
            ("nonsense", false, false),
        ] {
            assert_eq!((read(url, false), read(url, true)), (safe, tests), "{url}");
        }
    }

    #[test]
    fn a_secret_of_another_shape_is_no_receiver() {
        for secret in [
            "",
            "[]",
            r#"{"chanels": {}}"#,
            r#"{"webhook": {"url": "https://example.com/"}}"#,
            r#"{"webhook": {"url": "https://example.com/", "keys": []}}"#,
            r#"{"webhook": {"url": "https://example.com/", "keys": [""]}}"#,
        ] {
            assert_eq!(Receivers::parse(&secret.into(), true), None, "{secret}");
        }
        let secret = r#"{"channels": {"team": "https://example.com/very-secret"}, "webhook": {"url": "https://example.com/very-secret", "keys": ["very-secret"]}}"#;
        let receivers = Receivers::parse(&secret.into(), false).unwrap();
        assert!(!format!("{receivers:?}").contains("very-secret"));
    }
}
