//! A flow tells a step: onto the bus, into the dead-letter queue, or again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_sdk_sqs::config::{Credentials, Region};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use report_step::{App, Config};
use ringback_lambda::{Patience, Vars, aws_loader, emf_sink};
use serde_json::{Value, json};

/// SQS and EventBridge at one address: what they were sent, and what they answer to `PutEvents`.
#[derive(Clone, Default)]
struct Services {
    sent: Arc<Mutex<Vec<(String, Value)>>>,
    bus: Arc<Mutex<Option<(StatusCode, Value)>>>,
    queue_down: bool,
}

async fn serve(State(services): State<Services>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let (status, answer) = match target.as_str() {
        "AWSEvents.PutEvents" => services.bus.lock().unwrap().clone().unwrap_or((
            StatusCode::OK,
            json!({"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]}),
        )),
        _ if services.queue_down => (
            StatusCode::FORBIDDEN,
            json!({"__type": "com.amazonaws.sqs#AccessDenied"}),
        ),
        _ => (StatusCode::OK, json!({"MessageId": "letter-1"})),
    };
    let body = serde_json::from_str(&body).unwrap();
    services.sent.lock().unwrap().push((target, body));
    (status, answer.to_string())
}

impl Services {
    fn bus_answers(status: StatusCode, answer: Value) -> Self {
        let bus = Arc::new(Mutex::new(Some((status, answer))));
        Self {
            bus,
            ..Self::default()
        }
    }

    fn sent(&self) -> Vec<(String, Value)> {
        self.sent.lock().unwrap().clone()
    }

    /// The function over these services, and the metrics it writes.
    async fn app(&self) -> (App, Lines) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(post(serve)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let aws = aws_loader(Patience::Stream)
            .region(Region::from_static("eu-west-2"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(&url)
            .load()
            .await;
        let config = Config::from_vars(&Vars::from([
            ("EVENT_BUS_NAME", "ringback"),
            (
                "DEAD_LETTER_QUEUE_URL",
                &format!("{url}/111122223333/dead-letters"),
            ),
        ]))
        .unwrap();
        let (queues, bus) = (
            aws_sdk_sqs::Client::new(&aws),
            aws_sdk_eventbridge::Client::new(&aws),
        );
        let lines = Lines::default();
        (App::new(config, queues, bus, emf_sink(lines.clone())), lines)
    }
}

/// Lines that were written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn now() -> Timestamp {
    "2026-06-01T10:00:10Z".parse().unwrap()
}

fn event(parameters: Value) -> Value {
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../events/connect/flow/voice-inbound.json"
    );
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(sample).unwrap()).unwrap();
    event["Details"]["Parameters"] = parameters;
    event["Details"]["ContactData"]["Attributes"] =
        json!({"callerClass": "known-customer", "callerName": "Customer A 📞", "callerShopId": "shop-1"});
    event
}

fn rang_out() -> Value {
    event(json!({"step": "rang-out", "place": "shop", "kind": "external", "seconds": "15"}))
}

#[tokio::test]
async fn a_step_goes_on_the_bus_with_the_instance_as_its_resource_and_no_name_in_the_log() {
    let services = Services::default();
    let (app, metrics) = services.app().await;
    let logs = Lines::default();
    let writer = logs.clone();
    // With one subscriber only, another thread's "nobody listens" would count for this one too.
    let _another = tracing::Dispatch::new(
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::ERROR)
            .finish(),
    );
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let answer = app.report(&rang_out(), now()).await.unwrap();
    drop(logging);
    assert_eq!(answer, json!({"status": "reported", "reason": "on-the-bus"}));

    let sent = services.sent();
    let [(target, request)] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(target, "AWSEvents.PutEvents");
    let entry = &request["Entries"][0];
    assert_eq!(
        (&entry["EventBusName"], &entry["Source"], &entry["DetailType"]),
        (&json!("ringback"), &json!("ringback"), &json!("Call Step"))
    );
    assert_eq!(
        entry["Resources"],
        json!(["arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001"])
    );
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["step"], "rang-out");
    assert_eq!(detail["caller"]["name"], "Customer A 📞");
    assert_eq!(detail["caller"]["number"], "…0100");

    let (logs, metrics) = (logs.text(), metrics.text());
    assert!(logs.contains("Told a step of a call"), "{logs}");
    assert!(metrics.contains("\"StepsSent\":1"), "{metrics}");
    for personal in ["Customer A", "4155550100", "…0100"] {
        assert!(!logs.contains(personal), "{personal} in {logs}");
        assert!(!metrics.contains(personal), "{personal} in {metrics}");
    }
}

#[tokio::test]
async fn what_is_no_step_lies_in_the_dead_letter_queue_and_is_not_tried_again() {
    for (document, reason, why) in [
        (
            event(json!({"step": "sneezed"})),
            "bad-step",
            "Details.Parameters.step is no step of a flow",
        ),
        (
            event(json!({"step": "chose"})),
            "bad-step",
            "Details.Parameters.key is missing or no key of a menu",
        ),
        (
            json!({"Details": {}}),
            "bad-event",
            "Details.ContactData: is missing",
        ),
    ] {
        let services = Services::default();
        let (app, metrics) = services.app().await;
        let answer = app.report(&document, now()).await.unwrap();
        assert_eq!(answer, json!({"status": "dead-lettered", "reason": reason}));
        let sent = services.sent();
        let [(target, letter)] = sent.as_slice() else {
            panic!("{sent:?}")
        };
        assert_eq!(target, "AmazonSQS.SendMessage");
        assert_eq!(letter["MessageBody"], document.to_string());
        assert_eq!(letter["MessageAttributes"]["reason"]["StringValue"], why);
        assert!(metrics.text().contains("\"DeadLetters\":1"), "{}", metrics.text());
    }
}

#[tokio::test]
async fn a_bus_that_takes_nothing_is_an_error_by_its_code_and_the_repetition_has_the_same_id() {
    let throttled = || json!({"__type": "ThrottlingException"});
    let partial =
        json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "m"}]});
    for (status, answer, code) in [
        (StatusCode::BAD_REQUEST, throttled(), "ThrottlingException"),
        (StatusCode::OK, partial, "InternalFailure"),
    ] {
        let services = Services::bus_answers(status, answer);
        let (app, metrics) = services.app().await;
        let error = app.report(&rang_out(), now()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the event bus did not take the step ({code})")
        );
        assert_eq!(Diagnostic::from(error).error_type, "EventBusUnavailable");
        assert!(
            metrics.text().contains("\"Outcome\":\"failed\""),
            "{}",
            metrics.text()
        );
        *services.bus.lock().unwrap() = None;
        let later = "2026-06-01T10:02:10Z".parse().unwrap();
        app.report(&rang_out(), later).await.unwrap();
        let sent = services.sent();
        let ids: Vec<_> = sent
            .iter()
            .map(|(_, request)| request["Entries"][0]["Detail"].as_str().unwrap())
            .map(|detail| serde_json::from_str::<Value>(detail).unwrap()["id"].clone())
            .collect();
        assert!(
            ids.len() >= 2 && ids.windows(2).all(|pair| pair[0] == pair[1]),
            "{ids:?}"
        );
    }
}

#[tokio::test]
async fn an_event_that_neither_bus_nor_queue_takes_comes_again() {
    let services = Services {
        queue_down: true,
        ..Services::default()
    };
    let (app, _) = services.app().await;
    let error = app.report(&json!({}), now()).await.unwrap_err();
    assert_eq!(Diagnostic::from(error).error_type, "DeadLetterQueueUnavailable");
}
