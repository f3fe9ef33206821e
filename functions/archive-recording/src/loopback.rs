//! Servers on this machine that do to the letter what a test says, also what no sound server does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use ringback_carriers::Place;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use url::Url;

use crate::outside::Asking;

/// What a server does next with a connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Say(Vec<u8>),
    /// A byte from time to time, for ever.
    Drip,
    /// Nothing for a while.
    Wait(Duration),
    /// Nothing, for ever.
    Hang,
    Close,
}

pub(crate) fn say(text: &str) -> Step {
    Step::Say(text.as_bytes().to_vec())
}

pub(crate) fn close() -> Step {
    Step::Close
}

/// The places of a carrier that is none.
pub(crate) fn asking() -> Asking {
    Asking {
        places: vec![
            Place::https("recordings.example.com"),
            Place::plain_http("plain.example.com"),
            Place::https("storage.example.com").below("/bucket-1"),
        ],
        now: Timestamp::UNIX_EPOCH,
    }
}

/// A server that plays one script a connection, and after the last hears nobody.
#[derive(Debug)]
pub(crate) struct Server {
    url: Url,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            for script in scripts {
                let (mut connection, _) = listener.accept().await.unwrap();
                let head = head(&mut connection).await;
                seen.lock().unwrap().push(head);
                play(&mut connection, script).await;
            }
        });
        Self {
            url: url.parse().unwrap(),
            requests,
            task,
        }
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn play(connection: &mut TcpStream, script: Vec<Step>) {
    for step in script {
        match step {
            Step::Say(bytes) => connection.write_all(&bytes).await.unwrap(),
            Step::Drip => {
                while connection.write_all(b"a").await.is_ok() {
                    sleep(Duration::from_millis(50)).await;
                }
            }
            Step::Wait(pause) => sleep(pause).await,
            Step::Hang => std::future::pending().await,
            Step::Close => return,
        }
    }
}
