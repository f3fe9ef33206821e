//! One request to somebody else's server.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url, redirect};
use ringback_lambda::retry_after;

/// What of an answer is read: Slack says in a word why it refuses.
const ANSWER_BYTES: usize = 4096;

/// How long to wait after a 429 that does not say.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(30);

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The receiver has it.
    Taken,
    /// The receiver wants no more for that long.
    Throttled(Duration),
    /// It may be taken later: why not now.
    Later(String),
    /// It will never be taken as it is: why.
    Refused(String),
}

/// The HTTP client.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    client: Client,
}

impl Sender {
    pub(crate) fn new(timeout: Duration, allow_http: bool) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .https_only(!allow_http)
            // Where a redirect leads nobody has allowed, and the address is a secret.
            .redirect(redirect::Policy::none())
            .referer(false)
            // The environment is read in one place, and not by the client.
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .timeout(timeout)
            .user_agent("ringback-notify")
            .build()?;
        Ok(Self { client })
    }

    pub(crate) async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Delivery {
        let request = self.client.post(url.clone()).headers(headers).body(body);
        let mut answer = match request.header(CONTENT_TYPE, "application/json").send().await {
            Ok(answer) => answer,
            // The error's text holds the address.
            Err(error) if error.is_timeout() => return Delivery::Later("timeout".to_owned()),
            Err(error) if error.is_builder() => return Delivery::Refused("unsendable".to_owned()),
            Err(_) => return Delivery::Later("unreachable".to_owned()),
        };
        let status = answer.status();
        if status.is_success() {
            return Delivery::Taken;
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = answer.headers().get(RETRY_AFTER);
            let wait = wait.and_then(|wait| retry_after(wait.to_str().ok()?, now));
            return Delivery::Throttled(wait.unwrap_or(RETRY_AFTER_DEFAULT));
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Delivery::Later(status.as_str().to_owned());
        }
        let mut text = Vec::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            text.extend_from_slice(&chunk);
            if text.len() > ANSWER_BYTES {
                break;
            }
        }
        Delivery::Refused(match word(&text) {
            Some(word) => format!("{} {word}", status.as_str()),
            None => status.as_str().to_owned(),
        })
    }
}

/// A receiver's word for why it refuses, like Slack's `no_service`; anything else stays out of logs and letters.
fn word(answer: &[u8]) -> Option<&str> {
    let word = std::str::from_utf8(answer).ok()?.trim();
    let known = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (known && (1..=40).contains(&word.len())).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_of_an_answer_is_repeated() {
        assert_eq!(word(b"no_service\n"), Some("no_service"));
        for text in [&b"+14155550100"[..], b"Customer A", b"", b"\xff", &[b'a'; 41]] {
            assert_eq!(word(text), None);
        }
    }
}
