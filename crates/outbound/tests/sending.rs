//! Requests to a server on this machine that does to the letter what a test says, also what no sound server does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback_carriers::Ask;
use ringback_outbound::{Outbound, Sent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

const WITHIN: Duration = Duration::from_secs(5);

/// A server that gives each connection the same bytes after its request, and then closes it, or says nothing more.
struct Server {
    url: Url,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(says: &str, closes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, says) = (Arc::clone(&requests), says.to_owned());
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let request = request(&mut connection).await;
                seen.lock().unwrap().push(request);
                connection.write_all(says.as_bytes()).await.unwrap();
                if !closes {
                    open.push(connection);
                }
            }
        });
        Self {
            url: url.parse().unwrap(),
            requests,
            task,
        }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request's head, and its body of a known length.
async fn request(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        match connection.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => return String::new(),
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
    }
}

fn ask(url: &str) -> Ask {
    Ask {
        method: "POST",
        headers: vec![
            ("authorization", "Bearer secret-1".into()),
            ("content-type", "application/json".into()),
        ],
        body: Some(r#"{"to":"+14155550101"}"#.into()),
        ..Ask::get(url)
    }
}

fn outbound(simulated: Option<&Url>) -> Outbound {
    Outbound::new("ringback-test", simulated.cloned()).unwrap()
}

async fn sent(says: &str, closes: bool, within: Duration) -> (Sent, Vec<String>) {
    let server = Server::start(says, closes).await;
    let sent = outbound(Some(&server.url))
        .send(&ask("https://api.example.com/calls?x=1"), within)
        .await;
    (sent, server.requests())
}

#[tokio::test]
async fn a_request_goes_out_once_as_it_is_and_its_answer_comes_back() {
    let says = "HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nbody";
    let (sent, requests) = sent(says, false, WITHIN).await;
    let answered = Sent::Answered {
        status: 201,
        retry_after: None,
        body: b"body".to_vec(),
    };
    assert!(sent == answered);
    assert_eq!(requests.len(), 1);
    for part in [
        "POST /calls?x=1 HTTP/1.1\r\n",
        "authorization: Bearer secret-1\r\n",
        "x-forwarded-host: api.example.com\r\n",
        "user-agent: ringback-test\r\n",
        "\r\n\r\n{\"to\":\"+14155550101\"}",
    ] {
        assert!(requests[0].contains(part), "{part}");
    }
    assert_eq!(format!("{sent:?}"), "Answered(201)");
}

#[tokio::test]
async fn what_is_known_follows_from_how_far_the_request_and_its_answer_came() {
    let answered = |status, retry_after, body: &str| Sent::Answered {
        status,
        retry_after,
        body: body.as_bytes().to_vec(),
    };
    let seconds = Duration::from_secs;
    for (says, closes, expected) in [
        // A redirection is an answer, and a wish to be left alone comes with it.
        (
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n",
            true,
            answered(307, None, ""),
        ),
        (
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            true,
            answered(429, Some(seconds(7)), ""),
        ),
        // Nothing, or nothing more.
        ("", true, Sent::Unsure("reset")),
        ("", false, Sent::Unsure("timeout")),
        ("HTTP/1.1 2", true, Sent::Unsure("reset")),
        ("no HTTP at all\r\n\r\n", true, Sent::Unsure("reset")),
        // Half of a yes may lack the error inside; half of a no is one.
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
            true,
            Sent::Unsure("reset"),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
            false,
            Sent::Unsure("timeout"),
        ),
        (
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\nhalf",
            true,
            answered(400, None, "half"),
        ),
        // Simulated carriers play a host that is not there.
        (
            "HTTP/1.1 503 Service Unavailable\r\nx-simulated-not-sent: 1\r\ncontent-length: 0\r\n\r\n",
            true,
            Sent::NotSent("dns-or-connect"),
        ),
    ] {
        let within = if closes {
            WITHIN
        } else {
            Duration::from_millis(300)
        };
        let (sent, requests) = sent(says, closes, within).await;
        assert!(sent == expected, "{says}: {sent:?}");
        assert_eq!(requests.len(), 1, "never sent again: {says}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let says = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n{}",
        "x".repeat(200_000)
    );
    let (sent, _) = sent(&says, true, WITHIN).await;
    match sent {
        Sent::Answered {
            status: 200, body, ..
        } => assert!((65_536..150_000).contains(&body.len())),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_connection_is_used_twice() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false).await;
    let outbound = outbound(Some(&server.url));
    for _ in 0..3 {
        let sent = outbound.send(&ask("https://api.example.com/"), WITHIN).await;
        assert!(matches!(sent, Sent::Answered { status: 200, .. }), "{sent:?}");
    }
    // The server reads one request of each connection.
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn who_cannot_be_reached_has_seen_nothing() {
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody: Url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(listener);
    let sent = outbound(Some(&nobody))
        .send(&ask("https://api.example.com/"), WITHIN)
        .await;
    assert!(sent == Sent::NotSent("dns-or-connect"), "{sent:?}");
    // Somebody does, but speaks no TLS.
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await;
    let mut tls = server.url.clone();
    tls.set_scheme("https").unwrap();
    let sent = outbound(Some(&tls))
        .send(&ask("https://api.example.com/"), Duration::from_secs(4))
        .await;
    assert!(sent == Sent::NotSent("dns-or-connect"), "{sent:?}");
}

#[tokio::test]
async fn only_the_public_internet_is_asked_and_only_over_tls() {
    let outbound = outbound(None);
    for (url, why) in [
        ("http://api.example.com/", "not-https"),
        ("ftp://api.example.com/", "not-https"),
        ("https://localhost/", "private-address"),
        ("https://127.0.0.1/", "private-address"),
        ("https://2130706433/", "private-address"),
        ("https://0x7f.1/", "private-address"),
        ("https://169.254.169.254/latest/meta-data/", "private-address"),
        ("https://[::1]/", "private-address"),
        ("https://[::ffff:169.254.169.254]/", "private-address"),
        ("https://user@api.example.com/", "other"),
        ("https://user:password@api.example.com/", "other"),
        ("no url", "other"),
    ] {
        let sent = outbound.send(&ask(url), WITHIN).await;
        assert!(sent == Sent::NotSent(why), "{url}: {sent:?}");
    }
    let broken = Ask {
        headers: vec![("authorization", "Bearer a\r\nx-more: b".into())],
        ..ask("https://api.example.com/")
    };
    assert!(outbound.send(&broken, WITHIN).await == Sent::NotSent("other"));
}
