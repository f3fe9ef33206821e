//! The bytes of a recording as they come, resumed where the connection breaks.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
    TRANSFER_ENCODING,
};
use reqwest::{Response, StatusCode};
use ringback_carriers::Fetch;
use tokio::time::{Instant, sleep, timeout};

use crate::outside::{Asking, Outside, Target, good};
use crate::trouble::{Kind, Trouble};

/// How often a broken download is resumed.
const MOST_RESUMES: u32 = 5;

/// The first pause before a download is resumed; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(200);

/// The least that a server must send on average while we wait for it, in bytes a second: a telephone call in MP3 has
/// twice as many, and one who sends less is not serious.
const FLOOR: u64 = 1024;

const TOO_SLOW: &str = "too-slow";

/// A recording that is being fetched.
pub(crate) struct Download<'a> {
    outside: &'a Outside,
    asking: Asking,
    target: Target,
    response: Response,
    /// What proves that a later range is of the same bytes: a strong `ETag`, else the date.
    validator: Option<HeaderValue>,
    /// The whole size, where the server says it.
    total: Option<u64>,
    received: u64,
    limit: u64,
    resumes: u32,
    /// Whether the server itself says where the end is, or TLS does: else it is only where the connection ends.
    told: bool,
    /// How long we waited for bytes, and how many came, since the floor was last looked at.
    waited: Duration,
    came: u64,
    /// How long all of it may take, and how long we have waited for it; none once its speed was looked at.
    pace: Option<(Duration, Duration)>,
}

impl<'a> Download<'a> {
    /// Asks for a recording of at most `limit` bytes, which is to be had in that time.
    pub(crate) async fn begin(
        outside: &'a Outside,
        fetch: &Fetch,
        asking: Asking,
        limit: u64,
        time: Duration,
    ) -> Result<Self, Trouble> {
        let (target, response) = outside.ask(fetch, &asking).await?;
        let total = number(response.headers().get(CONTENT_LENGTH));
        if total.is_some_and(|total| total > limit) {
            return Err(too_large());
        }
        let chunked = response.headers().contains_key(TRANSFER_ENCODING);
        Ok(Self {
            outside,
            asking,
            told: total.is_some() || chunked || !target.is_plain(),
            target,
            validator: validator(response.headers()),
            response,
            total,
            received: 0,
            limit,
            resumes: 0,
            waited: Duration::ZERO,
            came: 0,
            pace: Some((time, Duration::ZERO)),
        })
    }

    /// Whether the end is the end, and not just where the connection broke.
    pub(crate) fn is_told(&self) -> bool {
        self.told
    }

    /// The next bytes; none when all are there. With a `Content-Length` that is when all of it came, without one when the
    /// server says so.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Trouble> {
        loop {
            let problem = match self.chunk().await {
                Ok(Some(bytes)) => {
                    self.received = self.received.saturating_add(bytes.len() as u64);
                    if self.received > self.limit {
                        return Err(too_large());
                    }
                    self.is_in_time()?;
                    return Ok(Some(bytes));
                }
                Ok(None) if self.total.is_none_or(|total| total == self.received) => return Ok(None),
                Ok(None) => Trouble::waiting("truncated"),
                // Who is slow on purpose would be as slow again.
                Err(problem) if problem.code == TOO_SLOW => return Err(problem),
                Err(problem) => problem,
            };
            self.resume(problem).await?;
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        let began = Instant::now();
        let chunk = timeout(self.outside.silence, self.response.chunk()).await;
        self.waited += began.elapsed();
        if let Some((_, waited)) = &mut self.pace {
            *waited += began.elapsed();
        }
        let chunk = match chunk {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(_)) => return Err(Trouble::waiting("truncated")),
            Err(_) => return Err(Trouble::waiting("stalled")),
        };
        self.came += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.waited >= self.outside.silence {
            let least = u128::from(FLOOR) * self.waited.as_millis() / 1000;
            if chunk.is_some() && u128::from(self.came) < least {
                return Err(Trouble::waiting(TOO_SLOW));
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(chunk)
    }

    /// Looks once, after half a minute, whether all of it can come in time at the speed that there is. What cannot would hold
    /// its place for a quarter of an hour, and then begin from the start.
    fn is_in_time(&mut self) -> Result<(), Trouble> {
        let Some((time, waited)) = self
            .pace
            .filter(|(_, waited)| *waited >= self.outside.silence * 3 / 2)
        else {
            return Ok(());
        };
        self.pace = None;
        let needed = |total: u64| u128::from(total) * waited.as_millis();
        let possible = u128::from(self.received) * time.as_millis();
        match self.total.is_some_and(|total| needed(total) > possible) {
            true => Err(Trouble::waiting(TOO_SLOW)),
            false => Ok(()),
        }
    }

    /// Asks for the rest, a few times; where that is in vain, the problem is what broke the download.
    async fn resume(&mut self, problem: Trouble) -> Result<(), Trouble> {
        let Some(validator) = self.validator.clone() else {
            return Err(problem);
        };
        while self.resumes < MOST_RESUMES {
            sleep(PAUSE * 2_u32.pow(self.resumes)).await;
            self.resumes += 1;
            let mut more = HeaderMap::new();
            let range = HeaderValue::from_str(&format!("bytes={}-", self.received));
            more.insert(RANGE, range.map_err(|_| problem.clone())?);
            more.insert(IF_RANGE, validator.clone());
            let answer = self.outside.send(&self.target, &more, &self.asking).await;
            let Ok(response) = answer else {
                continue;
            };
            match response.status() {
                StatusCode::PARTIAL_CONTENT if self.goes_on(&response) => {
                    self.response = response;
                    (self.waited, self.came) = (Duration::ZERO, 0);
                    return Ok(());
                }
                // Who wants to be left alone is, as long as it says.
                _ if let Err(wish) = good(&response, self.asking.now)
                    && wish.kind == Kind::Throttled =>
                {
                    return Err(wish);
                }
                status if status.is_server_error() => {}
                // Another recording, no ranges, or a link that has expired: from the start, the next time.
                _ => return Err(problem),
            }
        }
        Err(problem)
    }

    /// Whether a part is the rest of what we have.
    fn goes_on(&self, response: &Response) -> bool {
        let range = response.headers().get(CONTENT_RANGE);
        let range = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes "));
        let Some((range, total)) = range.and_then(|range| range.split_once('/')) else {
            return false;
        };
        let parsed = |text: &str| text.trim().parse::<u64>().ok();
        let Some((first, last)) = range.split_once('-') else {
            return false;
        };
        let (first, last, total) = (parsed(first), parsed(last), parsed(total));
        let whole = last
            .zip(total)
            .is_none_or(|(last, total)| last.checked_add(1) == Some(total));
        let same = self.total.is_none() || total.is_none() || total == self.total;
        first == Some(self.received) && last.is_some() && whole && same
    }
}

fn too_large() -> Trouble {
    Trouble::never("too-large")
}

fn number(value: Option<&HeaderValue>) -> Option<u64> {
    value?.to_str().ok()?.trim().parse().ok()
}

fn validator(headers: &HeaderMap) -> Option<HeaderValue> {
    let strong = headers
        .get(ETAG)
        .filter(|etag| etag.as_bytes().starts_with(b"\""));
    strong.or_else(|| headers.get(LAST_MODIFIED)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loopback::{Server, Step, close, say};

    const SILENCE: Duration = Duration::from_millis(400);
    const LIMIT: u64 = 1000;

    /// What a download from that server comes to, and the requests that the server has seen.
    async fn downloaded(server: Vec<Vec<Step>>) -> (Result<Vec<u8>, Trouble>, Vec<String>) {
        downloaded_within(LIMIT, Duration::from_secs(60), server).await
    }

    async fn downloaded_within(
        limit: u64,
        time: Duration,
        server: Vec<Vec<Step>>,
    ) -> (Result<Vec<u8>, Trouble>, Vec<String>) {
        let server = Server::start(server).await;
        let outside = Outside::new(SILENCE, Some(server.url())).unwrap();
        let fetch = Fetch::media("https://recordings.example.com/1.wav?key=value");
        let result = async {
            let mut download =
                Download::begin(&outside, &fetch, crate::loopback::asking(), limit, time).await?;
            let mut bytes = Vec::new();
            while let Some(chunk) = download.next().await? {
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        (result.await, server.requests())
    }

    async fn problem(server: Vec<Vec<Step>>) -> String {
        let (result, _) = downloaded(server).await;
        result.unwrap_err().code.into_owned()
    }

    #[tokio::test]
    async fn a_body_is_whole_when_the_server_says_so() {
        let bodies = [
            "content-length: 10\r\n\r\n0123456789",
            "connection: close\r\n\r\n0123456789",
            "transfer-encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n",
        ];
        for body in bodies {
            let (result, requests) =
                downloaded(vec![vec![say(&format!("HTTP/1.1 200 OK\r\n{body}")), close()]]).await;
            assert_eq!(result.unwrap(), b"0123456789", "{body}");
            assert!(requests[0].starts_with("GET /1.wav?key=value HTTP/1.1\r\n"));
            assert!(requests[0].contains("accept-encoding: identity\r\n"));
            assert!(requests[0].contains("x-forwarded-host: recordings.example.com\r\n"));
            assert!(!requests[0].contains("range: "));
        }
    }

    #[tokio::test]
    async fn what_breaks_off_is_never_whole() {
        let bodies = [
            "content-length: 10\r\n\r\n01234",
            "content-length: 10\r\nconnection: close\r\netag: W/\"1\"\r\n\r\n01234",
            "transfer-encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n45",
            "transfer-encoding: chunked\r\n\r\n4\r\n0123\r\n",
        ];
        for body in bodies {
            let code = problem(vec![vec![say(&format!("HTTP/1.1 200 OK\r\n{body}")), close()]]).await;
            assert_eq!(code, "truncated", "{body}");
        }
    }

    #[tokio::test]
    async fn what_breaks_off_is_resumed_where_the_server_can_prove_that_it_is_the_same() {
        for (validator, shown) in [
            ("etag: \"1\"", "\"1\""),
            (
                "last-modified: Sat, 21 Nov 2026 17:00:00 GMT",
                "Sat, 21 Nov 2026 17:00:00 GMT",
            ),
        ] {
            let first = format!("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n{validator}\r\n\r\n0123");
            let range = |from, body: &str| {
                let length = 10 - from;
                say(&format!(
                    "HTTP/1.1 206 Partial Content\r\ncontent-length: {length}\r\ncontent-range: bytes {from}-9/10\r\n\r\n{body}"
                ))
            };
            let (result, requests) = downloaded(vec![
                vec![say(&first), close()],
                vec![
                    say("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"),
                    close(),
                ],
                vec![range(4, "456"), close()],
                vec![range(7, "789"), close()],
            ])
            .await;
            assert_eq!(result.unwrap(), b"0123456789");
            assert_eq!(requests.len(), 4);
            for (request, from) in requests[1..].iter().zip([4, 4, 7]) {
                assert!(
                    request.contains(&format!("range: bytes={from}-\r\n")),
                    "{request}"
                );
                assert!(request.contains(&format!("if-range: {shown}\r\n")), "{request}");
            }
        }
    }

    #[tokio::test]
    async fn a_rest_of_something_else_is_not_taken() {
        let first = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"1\"\r\n\r\n0123";
        for rest in [
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"2\"\r\n\r\n0123456789",
            "HTTP/1.1 206 Partial Content\r\ncontent-length: 7\r\ncontent-range: bytes 3-9/10\r\n\r\n3456789",
            "HTTP/1.1 206 Partial Content\r\ncontent-length: 7\r\ncontent-range: bytes 4-10/11\r\n\r\n456789a",
            "HTTP/1.1 206 Partial Content\r\ncontent-length: 6\r\n\r\n456789",
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        ] {
            let code = problem(vec![vec![say(first), close()], vec![say(rest), close()]]).await;
            assert_eq!(code, "truncated", "{rest}");
        }
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_as_soon_as_it_is_known() {
        let said = "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".to_owned();
        let counted = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "a".repeat(1001));
        for answer in [said, counted] {
            assert_eq!(problem(vec![vec![say(&answer), Step::Hang]]).await, "too-large");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_or_next_to_nothing_is_left() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n";
        assert_eq!(problem(vec![vec![say(head), Step::Hang]]).await, "stalled");
        assert_eq!(problem(vec![vec![say(head), Step::Drip]]).await, "too-slow");
    }

    #[tokio::test]
    async fn who_wants_to_be_left_alone_in_the_middle_is_asked_again_when_it_says() {
        let first = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"1\"\r\n\r\n0123";
        for status in ["429 Too Many Requests", "503 Service Unavailable"] {
            let busy = format!("HTTP/1.1 {status}\r\nretry-after: 600\r\ncontent-length: 0\r\n\r\n");
            let (result, requests) =
                downloaded(vec![vec![say(first), close()], vec![say(&busy), close()]]).await;
            let trouble = result.unwrap_err();
            assert_eq!(
                (trouble.kind, trouble.wish),
                (Kind::Throttled, Some(Duration::from_secs(600)))
            );
            assert_eq!(requests.len(), 2, "{status}");
        }
    }

    #[tokio::test]
    async fn what_cannot_come_in_time_at_its_speed_is_left_before_the_time_is_over() {
        let slowly = || {
            let piece = [Step::Wait(Duration::from_millis(250)), say(&"a".repeat(3000))];
            let head = say("HTTP/1.1 200 OK\r\ncontent-length: 18000\r\n\r\n");
            let pieces = std::iter::repeat_n(piece, 6).flatten();
            vec![std::iter::once(head).chain(pieces).collect::<Vec<_>>()]
        };
        // Far above the floor, and a second and a half in all.
        let began = Instant::now();
        let (result, _) = downloaded_within(20_000, Duration::from_millis(1000), slowly()).await;
        assert_eq!(result.unwrap_err().code, "too-slow");
        assert!(began.elapsed() < Duration::from_millis(1400));
        let (result, _) = downloaded_within(20_000, Duration::from_secs(30), slowly()).await;
        assert_eq!(result.unwrap().len(), 18_000);
    }

    #[tokio::test]
    async fn an_end_is_told_by_the_server_or_by_tls_or_it_is_where_the_connection_ends() {
        for (url, head, told) in [
            ("https://recordings.example.com/1.wav", "connection: close", true),
            ("http://plain.example.com/1.wav", "connection: close", false),
            ("http://plain.example.com/1.wav", "content-length: 4", true),
            (
                "http://plain.example.com/1.wav",
                "transfer-encoding: chunked",
                true,
            ),
        ] {
            let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
            let server = Server::start(vec![vec![say(&head), Step::Hang]]).await;
            let outside = Outside::new(SILENCE, Some(server.url())).unwrap();
            let fetch = Fetch::media(url);
            let begun = Download::begin(
                &outside,
                &fetch,
                crate::loopback::asking(),
                LIMIT,
                Duration::from_secs(60),
            );
            assert_eq!(begun.await.unwrap().is_told(), told, "{url} {head}");
        }
    }
}
