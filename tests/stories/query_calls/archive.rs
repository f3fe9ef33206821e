//! A call with recordings, the bucket they lie in, and those who ask for them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    Archived, CallId, Facts, Kind, NewEvent, RecordingFacts, RecordingState, Wanted, archived, given_up,
};
use ringback_lambda::emf_sink;
use ringback_local::gate::Fault;
use ringback_local::simulated_s3::RECORDINGS_BUCKET;
use ringback_tests::{CallBook, TENANT, call, event, morning, placed};
use serde_json::{Value, json};

pub(super) const RECORDING: &str = "RE00000000000000000000000000000001";
pub(super) const GIVEN_UP: &str = "RE00000000000000000000000000000002";
pub(super) const KEY: &str = "t-1/2026/11/20/call-sample/RE00000000000000000000000000000001.wav";
pub(super) const AUDIO: &[u8] = b"RIFF sample audio";
pub(super) const AUDITOR: &str = "auditor-0001";

/// A call with an archived recording, one that was given up, and one that is not there yet.
pub(super) struct Archive {
    pub(super) book: CallBook,
    pub(super) app: query_calls::App,
    pub(super) call: CallId,
    /// When the requests come.
    pub(super) now: Timestamp,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u64,
    pub(super) headers: Value,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn of(answer: &Value) -> Self {
        let body = answer["body"].as_str().unwrap();
        Self {
            status: answer["statusCode"].as_u64().unwrap(),
            headers: answer["headers"].clone(),
            body: serde_json::from_str(body).unwrap_or_default(),
        }
    }

    /// The problem that it is.
    pub(super) fn problem(&self) -> &str {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], self.status);
        let kind = self.body["type"].as_str().unwrap();
        kind.strip_prefix("urn:ringback:problem:").unwrap()
    }
}

pub(super) fn token(tenant: &str, subject: Option<&str>) -> Value {
    json!({"jwt": {"claims": {"tenant": tenant, "sub": subject}}})
}

pub(super) fn request(method: &str, path: &str, authoriser: Value) -> Value {
    json!({
        "version": "2.0",
        "rawPath": path,
        "headers": {},
        "requestContext": {"http": {"method": method, "path": path}, "authorizer": authoriser},
        "isBase64Encoded": false,
    })
}

fn facts(id: &str, facts: RecordingFacts) -> Facts {
    Facts {
        recordings: BTreeMap::from([(id.to_owned(), facts)]),
        ..Facts::default()
    }
}

pub(super) fn ready(id: &CallId, recording: &str, seconds: i64) -> NewEvent {
    let mut new = event(id, recording, seconds, Kind::Recording);
    new.entry.event.word = None;
    new.entry.event.facts = facts(
        recording,
        RecordingFacts {
            state: Some(RecordingState::Ready),
            at_carrier: Some(format!("https://api.example.com/Recordings/{recording}")),
            ..RecordingFacts::default()
        },
    );
    new
}

pub(super) fn wanted(id: &CallId, recording: &str) -> Wanted {
    Wanted {
        tenant: TENANT.to_owned(),
        call_id: id.clone(),
        recording_id: recording.to_owned(),
        version: 1,
    }
}

pub(super) fn object(bucket: &str) -> Archived {
    Archived {
        bucket: bucket.to_owned(),
        key: KEY.to_owned(),
        bytes: 928_044,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        content_type: "audio/wav".to_owned(),
    }
}

pub(super) fn is_archived(id: &CallId, bucket: &str, seconds: i64) -> NewEvent {
    let wanted = wanted(id, RECORDING);
    let event = archived(&wanted, object(bucket), None, morning(seconds));
    NewEvent::of_recording(&wanted, event, morning(seconds))
}

impl Archive {
    pub(super) async fn open() -> Self {
        Self::with(&[("TENANT_CLAIM", "tenant")]).await
    }

    pub(super) async fn with(settings: &[(&str, &str)]) -> Self {
        let book = CallBook::open().await.unwrap();
        let call = call("sample").unwrap();
        let waiting = ready(&call, "a/b", 62);
        let given = wanted(&call, GIVEN_UP);
        let gone = given_up(&given, "not-there", morning(90));
        book.put(&[
            placed(&call, 0).unwrap(),
            ready(&call, RECORDING, 61),
            is_archived(&call, RECORDINGS_BUCKET, 100),
            ready(&call, GIVEN_UP, 62),
            NewEvent::of_recording(&given, gone, morning(90)),
            waiting,
        ])
        .await
        .unwrap();
        let put = book.stack.s3_client().await.put_object();
        let put = put.bucket(RECORDINGS_BUCKET).key(KEY).content_type("audio/wav");
        let put = put.tagging("retention=standard&team=sales");
        put.body(ByteStream::from_static(AUDIO)).send().await.unwrap();
        let metrics = emf_sink(book.metrics.clone());
        Self {
            app: book.stack.query_calls(settings, metrics).await.unwrap(),
            call,
            now: morning(600),
            book,
        }
    }

    pub(super) async fn send(&self, event: &Value) -> Answer {
        Answer::of(&self.app.respond(event, self.now).await)
    }

    /// What the auditor of the tenant is answered.
    pub(super) async fn ask(&self, method: &str, path: &str) -> Answer {
        self.send(&request(method, path, token(TENANT, Some(AUDITOR))))
            .await
    }

    pub(super) async fn step(&self, method: &str, recording: &str, step: &str) -> Answer {
        let path = format!("/calls/{}/recordings/{recording}/{step}", self.call);
        self.ask(method, &path).await
    }

    /// So many seconds from now.
    pub(super) fn after(&self, seconds: i64) -> Timestamp {
        self.now + SignedDuration::from_secs(seconds)
    }

    /// The auditor's request to hold the recording, or to end the hold.
    pub(super) fn hold_request(&self, method: &str) -> Value {
        let path = format!("/calls/{}/recordings/{RECORDING}/hold", self.call);
        request(method, &path, token(TENANT, Some(AUDITOR)))
    }

    /// What a request is answered whose event comes late to the table.
    pub(super) async fn late_to_write(&self, event: &Value, at: Timestamp) -> Answer {
        let late = Fault::LateOnce(Duration::from_millis(500));
        self.book.stack.gate().unwrap().fail("PutItem", late);
        self.book.requests();
        Answer::of(&self.app.respond(event, at).await)
    }

    /// Does this once such a request is about to write.
    pub(super) async fn while_it_writes(&self, what: impl Future<Output = ()>) {
        while !self.book.requests().contains("PutItem") {
            tokio::task::yield_now().await;
        }
        what.await;
    }

    pub(super) async fn record(&self) -> Value {
        self.ask("GET", &format!("/calls/{}", self.call)).await.body
    }

    pub(super) async fn held(&self) -> Value {
        self.record().await["recordings"][RECORDING]["held"].take()
    }

    /// The earliest expiry of the call's events.
    pub(super) async fn kept_until(&self) -> Timestamp {
        let items = self.book.items(TENANT, &self.call).await.unwrap();
        let expiries = items.iter().map(|item| item["expiresAt"].as_n().unwrap());
        let earliest = expiries.map(|seconds| seconds.parse().unwrap()).min().unwrap();
        Timestamp::from_second(earliest).unwrap()
    }

    /// What the call's events say was asked for, and by whom, in the order of time.
    pub(super) async fn audited(&self) -> Vec<(Kind, String)> {
        let now = morning(3600);
        let mut entries = self.book.store.events(TENANT, &self.call, now).await.unwrap();
        entries.retain(|entry| entry.event.by.is_some());
        entries.sort_by_key(|entry| entry.event.at);
        let mut found = Vec::new();
        for entry in entries {
            assert!(entry.event.facts.recordings.contains_key(RECORDING));
            found.push((entry.event.kind, entry.event.by.unwrap()));
        }
        found
    }

    pub(super) fn tags(&self) -> Vec<String> {
        let tags = self.book.stack.simulated_s3.tags(RECORDINGS_BUCKET, KEY).unwrap();
        tags.iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }
}
