//! The hosts where carriers keep recordings, in one server: which of them is meant stands in `x-forwarded-host`. It checks
//! what the carriers check, gives links where they do, and breaks in every way that a test asks for.

mod answer;
mod audio;
pub(super) mod credentials;
pub(super) mod hosts;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::api::SimulatedCarriers;
use crate::server::Server;

pub use audio::{mp3, wav};
pub(crate) use credentials::{
    BANDWIDTH_USER_AND_PASSWORD, JIUYUN_SID, JIUYUN_TOKEN, PLIVO_ACCOUNT, SAMPLE_KEY, SIGNALWIRE_PROJECT,
    SIGNALWIRE_TOKEN, TELNYX_KEY, TWILIO_ACCOUNT, VONAGE_APPLICATION,
};

/// How long the samples' recordings are: bytes of 58 seconds.
const SAMPLE_BYTES: usize = 232_000;

/// How a carrier answers when it is asked for a recording and does not just give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaFault {
    /// Not there yet: 404.
    NotYet,
    /// Too much was asked: 429, with `Retry-After` in seconds where one is given.
    Throttled(Option<u64>),
    /// That status, and a few words.
    Status(u16),
    /// The link is too old: 403, where a fresh one would do.
    LinkExpired,
    /// All is promised by `Content-Length`, and the connection ends after so many bytes.
    CutAfter(usize),
    /// Nothing is promised, and the connection ends after so many bytes.
    CutWithoutLength(usize),
    /// All comes, and no `Content-Length` says how much that is.
    NoLength,
    /// All comes, and nothing but the end of the connection says that it is all: HTTP/1.0 without `Content-Length`.
    Closed,
    /// So many bytes at a time, with that pause after each.
    Drip(usize, Duration),
    /// A page of HTML with status 200.
    Html,
    /// 302 to that URL.
    Redirect(String),
}

/// One request for a recording or for its deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRequest {
    /// The carrier's code.
    pub carrier: String,
    /// `GET`, `DELETE`.
    pub method: String,
    /// The host that was meant.
    pub host: String,
    /// The names of the headers that it brought, in lower case.
    pub headers: Vec<String>,
    /// The range that it asked for.
    pub range: Option<String>,
}

#[derive(Debug)]
struct Inner {
    /// The recordings by carrier, each its only one.
    media: BTreeMap<String, Bytes>,
    faults: BTreeMap<String, VecDeque<MediaFault>>,
    always: BTreeMap<String, MediaFault>,
    hosts: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    requests: Vec<MediaRequest>,
    ranges: bool,
    deletion: Option<StatusCode>,
    /// Whether what is answered to a deletion, or says where a recording is, never ends.
    dripping: bool,
    /// Links are numbered; older ones than the last are worth nothing once they have expired.
    links: u64,
    expired_links: u64,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            media: BTreeMap::new(),
            faults: BTreeMap::new(),
            always: BTreeMap::new(),
            hosts: BTreeMap::new(),
            secrets: BTreeMap::new(),
            requests: Vec::new(),
            ranges: true,
            deletion: None,
            dripping: false,
            links: 0,
            expired_links: 0,
        }
    }
}

/// The simulated hosts.
#[derive(Debug, Clone, Default)]
pub struct SimulatedMedia(Arc<Mutex<Inner>>);

impl SimulatedMedia {
    /// Serves the media, and the APIs at the same hosts.
    pub(crate) async fn start(&self, address: &str, carriers: &SimulatedCarriers) -> Result<Server> {
        let both = (self.clone(), carriers.clone());
        let router = Router::new().fallback(take).with_state(both);
        Server::http(address, router).await
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recording that a carrier gives, whichever is asked for: one of its own, as long as the samples say and in the
    /// format that they say, unless another was set.
    pub fn recording(&self, carrier: &str) -> Bytes {
        let mut inner = self.inner();
        let made = inner.media.entry(carrier.to_owned()).or_insert_with(|| {
            let seed = carrier.bytes().map(u64::from).sum();
            Bytes::from(match hosts::format_of(carrier) {
                "wav" => wav(SAMPLE_BYTES, seed),
                _ => mp3(SAMPLE_BYTES, seed),
            })
        });
        made.clone()
    }

    /// Sets a carrier's recording.
    pub fn set_recording(&self, carrier: &str, recording: impl Into<Bytes>) {
        self.inner().media.insert(carrier.to_owned(), recording.into());
    }

    /// Has a host's requests answered as that carrier answers; for carriers that are described by a file.
    pub fn add_host(&self, host: &str, carrier: &str) {
        self.inner().hosts.insert(host.to_owned(), carrier.to_owned());
    }

    /// The carrier asks for another secret (a token, a password) of its account's from now on.
    pub fn set_secret(&self, carrier: &str, secret: &str) {
        self.inner().secrets.insert(carrier.to_owned(), secret.to_owned());
    }

    /// How a carrier answers its next requests for media, one fault each; after them it gives what it has.
    pub fn next(&self, carrier: &str, faults: impl IntoIterator<Item = MediaFault>) {
        let mut inner = self.inner();
        inner.faults.entry(carrier.to_owned()).or_default().extend(faults);
    }

    /// How a carrier answers every request for media from now on.
    pub fn always(&self, carrier: &str, fault: MediaFault) {
        self.inner().always.insert(carrier.to_owned(), fault);
    }

    /// No carrier fails any more.
    pub fn heal(&self) {
        let mut inner = self.inner();
        inner.faults.clear();
        inner.always.clear();
        inner.deletion = None;
        inner.dripping = false;
        inner.ranges = true;
    }

    /// Whether parts of a recording can be asked for.
    pub fn set_ranges(&self, ranges: bool) {
        self.inner().ranges = ranges;
    }

    /// What a deletion is answered with, instead of being done.
    pub fn refuse_deletion(&self, status: u16) {
        self.inner().deletion = StatusCode::from_u16(status).ok();
    }

    /// Answers to deletions, and those that say where a recording is, come a byte at a time and never end.
    pub fn drip_answers(&self) {
        self.inner().dripping = true;
    }

    /// The requests since the last call of this.
    pub fn take_requests(&self) -> Vec<MediaRequest> {
        std::mem::take(&mut self.inner().requests)
    }

    /// How many deletions were asked for since the requests were last taken.
    pub fn deletions(&self) -> usize {
        let inner = self.inner();
        let deletions = inner.requests.iter().filter(|request| request.method == "DELETE");
        deletions.count()
    }

    fn fault(&self, carrier: &str) -> Option<MediaFault> {
        let mut inner = self.inner();
        let next = inner.faults.get_mut(carrier).and_then(VecDeque::pop_front);
        next.or_else(|| inner.always.get(carrier).cloned())
    }

    /// The number of a fresh link.
    fn new_link(&self) -> u64 {
        let mut inner = self.inner();
        inner.links += 1;
        inner.links
    }

    fn expire_links(&self) {
        let mut inner = self.inner();
        inner.expired_links = inner.links;
    }

    fn is_fresh(&self, link: u64) -> bool {
        let inner = self.inner();
        (inner.expired_links + 1..=inner.links).contains(&link)
    }
}

type Both = (SimulatedMedia, SimulatedCarriers);

async fn take(State((media, carriers)): State<Both>, request: Request<Body>) -> Response {
    let Ok(asked) = hosts::Asked::of(request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if let Some(answer) = carriers.control(&asked) {
        return answer;
    }
    let Some(carrier) = media.carrier_of(&asked.host) else {
        return (StatusCode::BAD_GATEWAY, "no carrier has this host").into_response();
    };
    if let Some(answer) = carriers.answer(&carrier, &asked).await {
        return answer;
    }
    media.inner().requests.push(MediaRequest {
        carrier: carrier.clone(),
        method: asked.method.clone(),
        host: asked.host.clone(),
        headers: asked
            .headers
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect(),
        range: asked.header("range").map(str::to_owned),
    });
    media.answer(&carrier, &asked)
}
