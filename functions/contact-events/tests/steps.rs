//! Contact events that are steps of a call, with their agents' names, onto the bus.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use contact_events::{App, Config, Outcome};
use dynoxide::Database;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use ringback_contacts::item::ID;
use ringback_lambda::{Patience, Vars, aws_loader, emf_sink};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// EventBridge and Amazon Connect at one address.
#[derive(Default)]
struct Services {
    steps: Vec<Value>,
    bus_down: bool,
    name_requests: u32,
    names_refused: Option<(StatusCode, &'static str)>,
}

type Shared = Arc<Mutex<Services>>;

async fn put_events(
    State(services): State<Shared>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    assert_eq!(headers["x-amz-target"], "AWSEvents.PutEvents");
    let mut services = services.lock().unwrap();
    if services.bus_down {
        let problem = json!({"__type": "InternalException"});
        return (StatusCode::INTERNAL_SERVER_ERROR, problem.to_string());
    }
    let request: Value = serde_json::from_str(&body).unwrap();
    let detail = request["Entries"][0]["Detail"].as_str().unwrap();
    services.steps.push(serde_json::from_str(detail).unwrap());
    let answer = json!({"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]});
    (StatusCode::OK, answer.to_string())
}

async fn describe_user(
    State(services): State<Shared>,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let mut services = services.lock().unwrap();
    services.name_requests += 1;
    if let Some((status, code)) = services.names_refused {
        return (status, [("x-amzn-errortype", code)], "{}".to_owned());
    }
    let identity = json!({"FirstName": "Agent", "LastName": "\"A\" 📞"});
    let user = json!({"User": {"Username": "agent-a", "IdentityInfo": identity}});
    (StatusCode::OK, [("x-amzn-errortype", "")], user.to_string())
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

/// The function over an embedded DynamoDB and those services.
struct World {
    app: App,
    dynamo: aws_sdk_dynamodb::Client,
    services: Shared,
    metrics: Lines,
}

impl World {
    async fn start(changes: &[(&'static str, &'static str)]) -> Self {
        let services = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/", post(put_events))
            .route("/users/{instance}/{user}", get(describe_user))
            .with_state(Arc::clone(&services));
        tokio::spawn(async move { axum::serve(listener, router).await });

        let database = Database::memory().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tables = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            std::future::pending(),
        ));
        let loader = || {
            aws_loader(Patience::Stream)
                .region(Region::from_static("eu-west-2"))
                .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        };
        let dynamo = aws_sdk_dynamodb::Client::new(&loader().endpoint_url(tables).load().await);
        let key = KeySchemaElement::builder()
            .attribute_name(ID)
            .key_type(KeyType::Hash);
        let id = AttributeDefinition::builder()
            .attribute_name(ID)
            .attribute_type(ScalarAttributeType::S);
        dynamo
            .create_table()
            .table_name("contacts")
            .key_schema(key.build().unwrap())
            .attribute_definitions(id.build().unwrap())
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();

        let mut vars = std::collections::HashMap::from([
            ("CONTACTS_TABLE", "contacts"),
            ("DEAD_LETTER_QUEUE_URL", "http://127.0.0.1:9/dead-letters"),
            ("EVENT_BUS_NAME", "ringback"),
        ]);
        vars.extend(changes.iter().copied());
        let vars: std::collections::HashMap<String, String> = vars
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let aws = loader().endpoint_url(url).load().await;
        let metrics = Lines::default();
        let app = App::new(
            Config::from_vars(&Vars::from(vars)).unwrap(),
            dynamo.clone(),
            aws_sdk_sqs::Client::new(&aws),
            aws_sdk_eventbridge::Client::new(&aws),
            aws_sdk_connect::Client::new(&aws),
            emf_sink(metrics.clone()),
        );
        Self {
            app,
            dynamo,
            services,
            metrics,
        }
    }

    /// The contact of an event was offered the agent whom its routing step names.
    async fn offered(&self, detail: &Value) {
        let contact = detail["ContactId"].as_str().unwrap();
        let agent = &detail["RoutingCriteria"][0]["Steps"][0]["Expression"]["AttributeCondition"]["MatchCriteria"]
            ["AgentsCriteria"]["AgentIds"][0];
        let item = json!({
            ID: format!("contact#{contact}"),
            (format!("answer#{contact}")): {
                "reason": "last-agent", "source": "index", "mode": "same-first",
                "offer": {"agentId": agent, "agentArn": "-", "contactId": "c-1", "contactAgeSeconds": 60, "channel": "VOICE"},
            },
        });
        let item = serde_dynamo::to_item(item).unwrap();
        let put = self.dynamo.put_item().table_name("contacts").set_item(Some(item));
        put.send().await.unwrap();
    }

    fn steps(&self) -> Vec<Value> {
        self.services.lock().unwrap().steps.clone()
    }

    fn name_requests(&self) -> u32 {
        self.services.lock().unwrap().name_requests
    }
}

fn event(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/connect/contact-events");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap()).unwrap()
}

fn now() -> Timestamp {
    "2026-06-01T10:06:00Z".parse().unwrap()
}

#[tokio::test]
async fn an_agents_name_is_looked_up_once_for_many_events() {
    let world = World::start(&[]).await;
    for name in [
        "connected-to-agent-voice",
        "disconnected-voice",
        "disconnected-voice",
    ] {
        let outcome = world.app.take(&event(name), now()).await.unwrap();
        assert!(matches!(outcome, Outcome::Observed(_)), "{name}: {outcome:?}");
    }
    let steps = world.steps();
    let told: Vec<_> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(told, ["agent-answered", "ended", "ended"]);
    assert!(steps.iter().all(|step| step["agent"]["name"] == "Agent \"A\" 📞"));
    assert_eq!(
        steps[1]["id"], steps[2]["id"],
        "a repeated event is the same happening"
    );
    assert_eq!(world.name_requests(), 1);
}

#[tokio::test]
async fn without_a_name_a_step_goes_all_the_same_and_the_log_says_why_once() {
    for (status, code) in [
        (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
        (StatusCode::FORBIDDEN, "AccessDeniedException"),
    ] {
        let world = World::start(&[]).await;
        world.services.lock().unwrap().names_refused = Some((status, code));
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
        let mut another = event("connected-to-agent-voice");
        another["detail"]["agentInfo"]["agentArn"] = json!(
            "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001/agent/agent-b"
        );
        for event in [
            event("connected-to-agent-voice"),
            event("disconnected-voice"),
            another,
        ] {
            world.app.take(&event, now()).await.unwrap();
        }
        drop(logging);
        let steps = world.steps();
        assert_eq!(steps.len(), 3);
        assert!(
            steps.iter().all(|step| step["agent"].get("name").is_none()),
            "{steps:?}"
        );
        assert_eq!(world.name_requests(), 2, "one for each agent, and none again");
        assert_eq!(logs.text().matches(code).count(), 1, "{}", logs.text());
        let metrics = world.metrics.text();
        assert_eq!(metrics.matches("\"NamesMissing\":1").count(), 3, "{metrics}");
    }
}

#[tokio::test]
async fn with_names_off_nobody_is_asked() {
    let world = World::start(&[("AGENT_NAMES", "off")]).await;
    world
        .app
        .take(&event("connected-to-agent-voice"), now())
        .await
        .unwrap();
    assert_eq!(world.steps()[0]["agent"].get("name"), None);
    assert_eq!(world.name_requests(), 0);
    assert!(world.metrics.text().contains("\"NamesMissing\":0"));
}

#[tokio::test]
async fn what_the_bus_does_not_take_comes_again_and_an_offers_end_counts_once() {
    let world = World::start(&[]).await;
    world.services.lock().unwrap().bus_down = true;
    let joined = event("connected-to-agent-step-joined-capitalised");
    world.offered(&joined["detail"]).await;
    let error = world.app.take(&joined, now()).await.unwrap_err();
    assert_eq!(Diagnostic::from(error).error_type, "EventBusUnavailable");
    world.services.lock().unwrap().bus_down = false;
    world.app.take(&joined, now()).await.unwrap();
    assert_eq!(world.steps().len(), 1);
    let metrics = world.metrics.text();
    assert_eq!(metrics.matches("\"StickyHit\":1").count(), 1, "{metrics}");
    assert_eq!(metrics.matches("\"StepsSent\":1").count(), 1, "{metrics}");
}

#[tokio::test]
async fn what_is_no_customers_call_is_remembered_and_not_told() {
    let world = World::start(&[]).await;
    for name in [
        "connected-to-agent-monitor",
        "disconnected-outbound-documentation-example",
        "completed-after-contact-work",
        "queued-voice",
    ] {
        world.app.take(&event(name), now()).await.unwrap();
    }
    assert_eq!(world.steps(), Vec::<Value>::new());
    assert_eq!(world.name_requests(), 0);
}
