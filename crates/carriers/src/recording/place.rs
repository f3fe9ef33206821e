//! From where a carrier's recordings may come.

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Somewhere a carrier keeps recordings: a scheme, a host on its default port, and where others share the host, what the
/// path must begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    scheme: &'static str,
    /// In lower case; with a leading dot where it is what hosts end with.
    host: String,
    /// With a `/` at both ends.
    path: String,
}

impl Place {
    /// All of a host, over TLS: `api.example.com`, or `*.example.com` for every host below that one, however far.
    pub fn https(host: &str) -> Self {
        Self {
            scheme: "https",
            host: host.strip_prefix('*').unwrap_or(host).to_ascii_lowercase(),
            path: "/".to_owned(),
        }
    }

    /// A host that speaks no TLS. Anybody on the way can hear and change what it sends.
    pub fn plain_http(host: &str) -> Self {
        Self {
            scheme: "http",
            ..Self::https(host)
        }
    }

    /// Only what is below that path: `/bucket`, of a host that keeps others' buckets too.
    #[must_use]
    pub fn below(mut self, path: &str) -> Self {
        let path = path.trim_matches('/');
        self.path = if path.is_empty() {
            "/".to_owned()
        } else {
            format!("/{path}/")
        };
        self
    }

    /// A place as people write it: `media.example.com`, `*.example.com`, `storage.example.com/bucket`, with `http://`
    /// before it where the host speaks no TLS.
    ///
    /// # Errors
    /// With what it must be, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const PROBLEM: &str = "must be a host such as media.example.com or *.example.com, with a path such as /bucket \
                               where others share it";
        let text = text.trim();
        let (plain, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => (false, text),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let name = host.strip_prefix("*.").unwrap_or(host);
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let is_name = name.bytes().all(letter)
            && name.split('.').all(|label| !label.is_empty())
            && name.contains('.')
            && matches!(Host::parse(name), Ok(Host::Domain(_)));
        let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
        if !is_name || !path.bytes().all(in_path) || climbs(path) {
            return Err(PROBLEM);
        }
        let place = if plain {
            Self::plain_http(host)
        } else {
            Self::https(host)
        };
        Ok(place.below(path))
    }

    /// Whether it is over TLS.
    pub fn has_tls(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether the URL is of this place: the scheme, the host by name, its default port, no user, and a path that does
    /// not lead out again.
    pub fn allows(&self, url: &Url) -> bool {
        let Some(Host::Domain(host)) = url.host() else {
            return false;
        };
        url.scheme() == self.scheme
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && self.is_host(host)
            && url.path().starts_with(&self.path)
            && !climbs(url.path())
    }

    fn is_host(&self, host: &str) -> bool {
        if self.host.starts_with('.') {
            host.len() > self.host.len() && host.ends_with(&self.host)
        } else {
            host == self.host
        }
    }
}

/// So often may a path be encoded. Nobody does it more than twice, and each time costs a pass over the path.
const MOST_ENCODED: usize = 8;

/// Whether some server on the way may take the path for one that goes up. What is written out is gone already; here is
/// what is encoded, however often, and what has parameters: some servers take `..;x` for `..`.
pub(super) fn climbs(path: &str) -> bool {
    let up = |segment: &str| segment.split(';').next() == Some("..");
    let mut path = path.to_owned();
    for _ in 0..MOST_ENCODED {
        if path.split(['/', '\\']).any(up) {
            return true;
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    true
}
