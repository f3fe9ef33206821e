//! Requests to servers of carriers: only where the carrier's own module allows, never into a private network, and with
//! credentials for nobody but whom they are for.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, Response, redirect};
use ringback_carriers::{Fetch, Gives, Place};
use ringback_lambda::retry_after;
use ringback_outbound::{PublicOnly, is_private};
use secrecy::ExposeSecret;
use tokio::time::timeout;
use url::{Host, Url};

use crate::trouble::{Kind, PLACE_NOT_ALLOWED, Trouble};

/// Redirections that are followed, of one request.
const MOST_REDIRECTS: u8 = 3;

/// What is read of an answer that says where a recording is: as much as this, and the rest of what came with its end.
const LONGEST_TEXT: usize = 64 * 1024;

const CONNECT: Duration = Duration::from_secs(5);

/// Where a request goes when carriers are simulated it finds the real host here.
const REAL_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The way out.
#[derive(Debug)]
pub(crate) struct Outside {
    client: Client,
    /// Where every request goes instead, after all checks but that of the name's addresses.
    simulated: Option<Url>,
    /// How long a server may say nothing.
    pub(crate) silence: Duration,
}

/// A request that may be repeated for another range of what it gives. No `Debug`: it holds a URL and credentials.
pub(crate) struct Target {
    method: Method,
    url: Url,
    headers: HeaderMap,
    /// Whether its headers are left out, because a redirection has led to somebody else.
    stranger: bool,
}

/// Where recordings of one account may come from.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) places: Vec<Place>,
    pub(crate) now: Timestamp,
}

impl Outside {
    /// The way out; with `simulated` every request goes there instead.
    pub(crate) fn new(silence: Duration, simulated: Option<Url>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .dns_resolver(Arc::new(PublicOnly))
            // Each redirection is looked at here before it is followed.
            .redirect(redirect::Policy::none())
            .referer(false)
            // The environment is read in one place, and not by the client.
            .no_proxy()
            // Bytes are kept as they are, and counted as they come.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .user_agent("ringback-archive-recording")
            .build()?;
        Ok(Self {
            client,
            simulated,
            silence,
        })
    }

    /// Asks for what a carrier's module has described. Redirections of a recording are followed, three at most; where a
    /// link is asked for, they are the answer. The answer's status is a good one, or that of a redirection.
    pub(crate) async fn ask(&self, fetch: &Fetch, asking: &Asking) -> Result<(Target, Response), Trouble> {
        let mut target = Target::new(fetch)?;
        let follows = fetch.gives == Gives::Media && target.method == Method::GET;
        for redirects in 0..=MOST_REDIRECTS {
            let response = self.send(&target, &HeaderMap::new(), asking).await;
            let response = response.map_err(|trouble| match redirects {
                0 => trouble,
                _ => trouble.led_astray(),
            })?;
            let status = response.status();
            if !status.is_redirection() {
                return good(&response, asking.now).map(|()| (target, response));
            }
            if fetch.gives == Gives::Link {
                return Ok((target, response));
            }
            if !follows {
                return Err(Trouble::new(Kind::Refused, status.as_str().to_owned()));
            }
            target = target.redirected(&response)?;
        }
        Err(Trouble::waiting("too-many-redirects"))
    }

    /// One request, after all checks; any answer.
    pub(crate) async fn send(
        &self,
        target: &Target,
        more: &HeaderMap,
        asking: &Asking,
    ) -> Result<Response, Trouble> {
        check(&target.url, &asking.places)?;
        let mut request = self.client.request(target.method.clone(), self.real(&target.url));
        if self.simulated.is_some() {
            let host = target.url.host_str().unwrap_or_default();
            request = request.header(REAL_HOST, host);
        }
        if !target.stranger {
            request = request.headers(target.headers.clone());
        }
        let request = request.header(ACCEPT_ENCODING, "identity").headers(more.clone());
        match timeout(self.silence + CONNECT, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(unsent(&error)),
            Err(_) => Err(Trouble::waiting("timeout")),
        }
    }

    /// The body of an answer that is short if it is a good one; what comes after some kilobytes is not read. All of it has
    /// the time that a server may be silent: a byte now and then is no answer.
    pub(crate) async fn text(&self, response: Response) -> Result<Vec<u8>, Trouble> {
        let text = timeout(self.silence, text(response)).await;
        text.unwrap_or_else(|_| Err(Trouble::waiting("stalled")))
    }

    /// Where the request really goes.
    fn real(&self, url: &Url) -> Url {
        let Some(simulated) = &self.simulated else {
            return url.clone();
        };
        let mut real = simulated.clone();
        real.set_path(url.path());
        real.set_query(url.query());
        real
    }
}

async fn text(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut text = Vec::new();
    while text.len() < LONGEST_TEXT {
        match response.chunk().await {
            Ok(Some(bytes)) => text.extend_from_slice(&bytes),
            Ok(None) => break,
            Err(_) => return Err(Trouble::waiting("truncated")),
        }
    }
    Ok(text)
}

impl Target {
    /// Whether nothing but the connection carries it: where there is no TLS, an end may be one that somebody else made.
    pub(crate) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    pub(crate) fn new(fetch: &Fetch) -> Result<Self, Trouble> {
        let mut headers = HeaderMap::new();
        for (name, value) in &fetch.headers {
            // What cannot stand in a header comes from the account's secret or settings.
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| Trouble::new(Kind::Refused, "setting-wrong"))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let url = Url::parse(&fetch.url).map_err(|_| Trouble::never("bad-url"))?;
        let method = Method::from_bytes(fetch.method.as_bytes());
        Ok(Self {
            method: method.map_err(|_| Trouble::never("bad-method"))?,
            url,
            headers,
            stranger: false,
        })
    }

    /// The same request to where the answer says. Credentials are for the first origin alone: who has led away from it
    /// once does not get them by leading back.
    fn redirected(self, response: &Response) -> Result<Self, Trouble> {
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        let url = location.and_then(|location| self.url.join(location).ok());
        let url = url.ok_or_else(|| Trouble::waiting("redirect-without-place"))?;
        Ok(Self {
            stranger: self.stranger || self.url.origin() != url.origin(),
            url,
            ..self
        })
    }
}

/// Whether a URL may be asked: one of the carrier's places, and in any case a name, on the scheme's own port, with no
/// user. Numbers in all their forms (decimal, octal, hexadecimal, IPv6) are no names.
fn check(url: &Url, places: &[Place]) -> Result<(), Trouble> {
    let named = matches!(url.host(), Some(Host::Domain(_)));
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let web = matches!(url.scheme(), "https" | "http");
    if named && plain && web && places.iter().any(|place| place.allows(url)) {
        return Ok(());
    }
    Err(Trouble::never(PLACE_NOT_ALLOWED))
}

/// What a status means that is none of success.
pub(crate) fn good(response: &Response, now: Timestamp) -> Result<(), Trouble> {
    let status = response.status();
    let kind = match status.as_u16() {
        // 206 nobody has asked for, and with the others there is nothing yet.
        202..=206 => Kind::Waiting,
        200..=299 => return Ok(()),
        401 | 402 | 403 | 407 => Kind::Refused,
        410 => Kind::Final,
        429 | 503 => Kind::Throttled,
        _ => Kind::Waiting,
    };
    let wish = response.headers().get(RETRY_AFTER);
    let wish = wish.and_then(|wish| retry_after(wish.to_str().ok()?, now));
    Err(Trouble {
        wish,
        ..Trouble::new(kind, status.as_str().to_owned())
    })
}

/// Why there is no answer. The error's text holds the URL.
fn unsent(error: &reqwest::Error) -> Trouble {
    if is_private(error) {
        return Trouble::doubtful("private-address");
    }
    if error.is_timeout() {
        return Trouble::waiting("timeout");
    }
    if error.is_builder() {
        return Trouble::never("bad-url");
    }
    Trouble::waiting(if error.is_connect() {
        "unreachable"
    } else {
        "reset"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loopback::{Server, Step, asking, close, say};

    fn outside(simulated: Option<Url>) -> Outside {
        Outside::new(Duration::from_secs(2), simulated).unwrap()
    }

    async fn refused(url: &str, places: Vec<Place>) -> Trouble {
        let now = Timestamp::UNIX_EPOCH;
        let asking = Asking { places, now };
        let answer = outside(None).ask(&Fetch::media(url), &asking).await;
        answer.err().unwrap_or_else(|| panic!("{url}"))
    }

    #[tokio::test]
    async fn only_names_of_the_carrier_are_asked() {
        let places = || {
            let names = [
                "recordings.example.com",
                "localhost",
                "127.0.0.1",
                "169.254.169.254",
                "[::1]",
            ];
            names.map(Place::https).to_vec()
        };
        for url in [
            "https://169.254.169.254/latest/meta-data/",
            "https://127.0.0.1/1.wav",
            "https://2130706433/1.wav",
            "https://0x7f000001/1.wav",
            "https://0177.0.0.1/1.wav",
            "https://127.1/1.wav",
            "https://[::1]/1.wav",
            "https://[::ffff:169.254.169.254]/1.wav",
            "http://recordings.example.com/1.wav",
            "https://recordings.example.com:8443/1.wav",
            "https://user@recordings.example.com/1.wav",
            "https://recordings.example.com.evil.example/1.wav",
            "https://evil.example/recordings.example.com/1.wav",
            "https://recordings.example.com./1.wav",
            "ftp://recordings.example.com/1.wav",
            "file:///etc/passwd",
        ] {
            let trouble = refused(url, places()).await;
            assert_eq!(
                (trouble.kind, &*trouble.code),
                (Kind::Final, "place-not-allowed"),
                "{url}"
            );
        }
        assert_eq!(refused("no url", places()).await.code, "bad-url");
    }

    #[tokio::test]
    async fn a_name_that_leads_into_the_machine_is_not_asked() {
        let places = vec![Place::https("localhost"), Place::plain_http("localhost")];
        for url in ["https://localhost/1.wav", "http://localhost/1.wav"] {
            let trouble = refused(url, places.clone()).await;
            assert_eq!(
                (trouble.kind, &*trouble.code),
                (Kind::Doubtful, "private-address"),
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn an_answer_that_drips_has_no_more_time_than_one_that_is_silent() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n";
        let server = Server::start(vec![vec![say(head), Step::Drip]]).await;
        let outside = Outside::new(Duration::from_millis(300), Some(server.url())).unwrap();
        let fetch = Fetch::link("https://recordings.example.com/1");
        let (_, response) = outside.ask(&fetch, &asking()).await.unwrap();
        assert_eq!(outside.text(response).await.unwrap_err().code, "stalled");
    }

    /// What comes of asking a server that answers so, one answer a connection, with a header that is a secret.
    async fn asked(gives: Gives, answers: &[&str]) -> (Result<u16, Trouble>, Vec<String>) {
        let answers = answers.iter().map(|answer| {
            let empty = "connection: close\r\ncontent-length: 0\r\n\r\n";
            vec![say(&format!("HTTP/1.1 {answer}\r\n{empty}")), close()]
        });
        let server = Server::start(answers.collect()).await;
        let fetch = Fetch {
            headers: vec![("authorization", "Bearer secret-1".into())],
            gives,
            ..Fetch::media("https://recordings.example.com/1.wav")
        };
        let answer = outside(Some(server.url())).ask(&fetch, &asking()).await;
        (
            answer.map(|(_, response)| response.status().as_u16()),
            server.requests(),
        )
    }

    #[tokio::test]
    async fn credentials_go_to_the_first_origin_alone() {
        let (status, requests) = asked(
            Gives::Media,
            &[
                "302 Found\r\nlocation: /2.wav",
                "307 Temporary Redirect\r\nlocation: https://storage.example.com/bucket-1/3.wav?signature=1",
                "302 Found\r\nlocation: https://recordings.example.com/4.wav",
                "200 OK",
            ],
        )
        .await;
        assert_eq!(status.unwrap(), 200);
        let seen: Vec<_> = requests
            .iter()
            .map(|request| request.contains("secret-1"))
            .collect();
        assert_eq!(seen, [true, true, false, false]);
        assert!(requests[2].starts_with("GET /bucket-1/3.wav?signature=1 "));
        assert!(requests.iter().all(|request| !request.contains("referer:")));
    }

    #[tokio::test]
    async fn redirections_are_followed_to_the_carriers_places_and_three_times_at_most() {
        for (location, code) in [
            ("https://evil.example/1.wav", "place-not-allowed"),
            ("https://storage.example.com/bucket-2/1.wav", "place-not-allowed"),
            (
                "https://storage.example.com/bucket-1/%2e%2e/bucket-2/1.wav",
                "place-not-allowed",
            ),
            ("http://recordings.example.com/1.wav", "place-not-allowed"),
            ("http://169.254.169.254/latest/meta-data/", "place-not-allowed"),
            ("//169.254.169.254/", "place-not-allowed"),
            ("https://[", "redirect-without-place"),
        ] {
            let answer = format!("302 Found\r\nlocation: {location}");
            let (status, requests) = asked(Gives::Media, &[&answer, "200 OK"]).await;
            let trouble = status.unwrap_err();
            assert_eq!(trouble.code, code, "{location}");
            // The record has not named it: it may be a bad hour of the carrier's.
            assert_ne!(trouble.kind, Kind::Final, "{location}");
            assert_eq!(requests.len(), 1);
        }
        let (status, requests) = asked(Gives::Media, &["302 Found\r\nlocation: /again"; 5]).await;
        assert_eq!(status.unwrap_err().code, "too-many-redirects");
        assert_eq!(requests.len(), 4);
        let (status, requests) = asked(Gives::Link, &["302 Found\r\nlocation: https://evil.example/"]).await;
        assert_eq!((status.unwrap(), requests.len()), (302, 1));
    }

    #[tokio::test]
    async fn a_status_says_whether_and_when_to_come_again() {
        for (answer, kind, wish) in [
            ("202 Accepted", Kind::Waiting, None),
            ("204 No Content", Kind::Waiting, None),
            ("401 Unauthorized", Kind::Refused, None),
            ("403 Forbidden", Kind::Refused, None),
            ("404 Not Found", Kind::Waiting, None),
            ("410 Gone", Kind::Final, None),
            (
                "429 Too Many Requests\r\nretry-after: 7",
                Kind::Throttled,
                Some(7),
            ),
            (
                "503 Service Unavailable\r\nretry-after: Thu, 01 Jan 1970 00:02:00 GMT",
                Kind::Throttled,
                Some(120),
            ),
            ("500 Internal Server Error", Kind::Waiting, None),
        ] {
            let (status, _) = asked(Gives::Media, &[answer]).await;
            let trouble = status.unwrap_err();
            assert_eq!((trouble.kind, &*trouble.code), (kind, &answer[..3]));
            assert_eq!(trouble.wish, wish.map(Duration::from_secs), "{answer}");
        }
    }
}
