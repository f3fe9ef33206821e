//! The function over a table, with a server in place of all carriers and a clock that the story sets.

use jiff::{SignedDuration, Timestamp};
use reconcile_calls::Report;
use ringback_calls::{
    Asked, CallEvent, CallId, CallRecord, CallStore, EventId, Evidence, Facts, Kind, NewEvent, Number,
    Placed, State, TakenOn, accepted, unsure,
};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::CallStream;
use ringback_local::dynamo::{CALLS_TABLE, CARRIERS_TABLE};
use ringback_local::sample_accounts::{self, TENANT};
use ringback_local::stack::{Addresses, Stack};
use ringback_placing::PlacingStore;
use ringback_tests::sample_time;
use serde_json::Value;
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The function over a table, its stream, and a server in place of all carriers.
pub(super) struct Watch {
    pub(super) stack: Stack,
    pub(super) calls: CallStore,
    pub(super) placing: PlacingStore,
    pub(super) carriers: MockServer,
    app: reconcile_calls::App,
    project_calls: project_calls::App,
    stream: CallStream,
    pub(super) call: CallId,
    /// Whose it is.
    pub(super) tenant: String,
    /// Seconds after nine.
    pub(super) now: i64,
}

pub(super) fn at(seconds: i64) -> Timestamp {
    sample_time() + SignedDuration::from_secs(seconds)
}

pub(super) fn slug(carrier: &str) -> String {
    format!("sample-account-{carrier}")
}

impl Watch {
    pub(super) async fn start() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        sample_accounts::add(&stack).await.unwrap();
        let carriers = MockServer::start().await;
        let year = std::time::Duration::from_secs(365 * 24 * 3600);
        let settings = [("SIMULATED_CARRIERS", carriers.uri())];
        let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
        let dynamo = stack.dynamo_client().await;
        Self {
            calls: CallStore::new(dynamo.clone(), CALLS_TABLE.to_owned(), year),
            placing: PlacingStore::new(dynamo, CARRIERS_TABLE.to_owned()),
            app: stack
                .reconcile_calls(&settings, emf_sink(std::io::sink()))
                .await
                .unwrap(),
            project_calls: stack.project_calls(&[], emf_sink(std::io::sink())).await.unwrap(),
            stream: CallStream::open(&stack).await.unwrap(),
            call: CallId::parse("01900000-0000-7000-8000-00000000000a").unwrap(),
            tenant: TENANT.to_owned(),
            carriers,
            stack,
            now: 0,
        }
    }

    /// Seconds pass, and what is new in the table is folded.
    pub(super) async fn pass(&mut self, seconds: i64) {
        self.now += seconds;
        self.stream
            .catch_up(&self.project_calls, at(self.now))
            .await
            .unwrap();
    }

    /// The function runs, and what it wrote is folded.
    pub(super) async fn run(&mut self) -> Report {
        let report = self.app.run(at(self.now), None).await.unwrap();
        self.pass(0).await;
        report
    }

    /// Runs as often as it must until somebody closes the call; when that was, in seconds after nine.
    pub(super) async fn run_until_closed(&mut self, every: i64, most: i64) -> i64 {
        while self.record().await.state != State::Close {
            assert!(self.now < most, "the call is still open");
            self.pass(every).await;
            self.run().await;
        }
        self.now
    }

    pub(super) async fn record(&self) -> CallRecord {
        let read = self
            .calls
            .read(&self.tenant, &self.call, at(self.now))
            .await
            .unwrap();
        read.unwrap()
    }

    pub(super) async fn kinds(&self) -> Vec<Kind> {
        let mut entries = self
            .calls
            .events(&self.tenant, &self.call, at(self.now))
            .await
            .unwrap();
        entries.sort_by_key(|entry| (entry.received_at, entry.event.kind));
        entries.into_iter().map(|entry| entry.event.kind).collect()
    }

    pub(super) async fn put(&self, carrier: &str, event: CallEvent) {
        let (account, now) = (slug(carrier), at(self.now));
        let asked = Asked {
            carrier,
            account: &account,
        };
        let new = match carrier {
            "own" => NewEvent::own(&self.tenant, &self.call, event, now),
            _ => NewEvent::of_account(&self.tenant, &self.call, asked, event, now),
        };
        self.calls.put(&new).await.unwrap();
    }

    /// Somebody decided to place the call, on a line: ten minutes at most.
    pub(super) async fn decide(&self, record: bool) {
        let number = |text| Number::raw(text).unwrap();
        let placed = Placed {
            a: number("+14155550101"),
            b: number("+14155550102"),
            a_shown: number("+14155550100").into(),
            b_shown: number("+14155550100").into(),
            agent: None,
            main_number: None,
            extension: None,
            business_reference: None,
            business_data: Default::default(),
            line: Some("line-1".to_owned()),
            announcement: None,
            ring_seconds: Some(30),
            limit_seconds: Some(600),
            record,
        };
        self.put("own", placed.event(at(self.now))).await;
    }

    /// And asked that carrier.
    pub(super) async fn ask(&self, carrier: &str) {
        let account = slug(carrier);
        let asked = Asked {
            carrier,
            account: &account,
        };
        self.put(carrier, asked.event(at(self.now))).await;
    }

    /// And the carrier took it on.
    pub(super) async fn accept(&self, carrier: &str, id: &str) {
        let account = slug(carrier);
        let asked = Asked {
            carrier,
            account: &account,
        };
        let told = TakenOn {
            carrier_call_id: Some(id),
            leg_a: Some(id),
            ..TakenOn::default()
        };
        self.put(carrier, accepted(asked, told, at(self.now))).await;
    }

    /// Or nobody knows.
    pub(super) async fn unsure(&self, carrier: &str) {
        let account = slug(carrier);
        let asked = Asked {
            carrier,
            account: &account,
        };
        self.put(carrier, unsure(asked, at(self.now))).await;
    }

    /// The carrier tells something by itself.
    pub(super) async fn told(&self, carrier: &str, kind: Kind, tell: impl FnOnce(&mut Facts)) {
        let id = EventId::of(&["story", &format!("{kind:?}"), &self.now.to_string()]);
        let mut event = CallEvent::new(id, kind, Evidence::Event);
        event.at = Some(at(self.now));
        tell(&mut event.facts);
        self.put(carrier, event).await;
    }

    pub(super) async fn answers(&self, to: &str, status: u16, body: Value) {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        let mock = Mock::given(path_regex(to)).respond_with(answer);
        mock.mount(&self.carriers).await;
    }

    /// The requests that carriers got, as method and path.
    pub(super) async fn requests(&self) -> Vec<String> {
        let requests = self.carriers.received_requests().await.unwrap();
        let line = |request: &wiremock::Request| format!("{} {}", request.method, request.url.path());
        requests.iter().map(line).collect()
    }
}
