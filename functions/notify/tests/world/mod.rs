//! The function with a real table, a Slack-shaped receiver, and the little of SQS and Secrets Manager that it needs.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::Timestamp;
use notify::{App, Config};
use ringback_lambda::{Patience, Secrets, Vars, aws_loader, emf_sink};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A step's time unless a test says otherwise: a Friday.
pub(crate) const AT: &str = "2026-11-20T17:00:00Z";

/// What the simulated AWS services were asked, and what they answer.
#[derive(Default)]
pub(crate) struct Aws {
    /// Bodies and reasons of dead letters.
    pub(crate) letters: Vec<(String, String)>,
    /// Receipts and seconds of hidden messages.
    pub(crate) hidden: Vec<(String, i64)>,
    pub(crate) secret: String,
    pub(crate) secret_reads: usize,
    pub(crate) down: bool,
}

/// Bytes that somebody else writes.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

pub(crate) struct World {
    pub(crate) app: App,
    /// Slack; every channel is a path.
    pub(crate) slack: MockServer,
    pub(crate) aws: Arc<Mutex<Aws>>,
    pub(crate) dynamo: aws_sdk_dynamodb::Client,
    pub(crate) metrics: Lines,
}

impl World {
    /// Slack takes everything, and two channels and nothing else are known.
    pub(crate) async fn new(changes: &[(&str, &str)]) -> Self {
        let world = Self::silent(changes).await;
        world.slack_answers("team", &[200]).await;
        world.slack_answers("shop-1", &[200]).await;
        world
    }

    /// A world whose receivers answer what the test says.
    pub(crate) async fn silent(changes: &[(&str, &str)]) -> Self {
        let slack = MockServer::start().await;
        let aws = Arc::new(Mutex::new(Aws {
            secret: json!({"channels": {
                "team": format!("{}/team", slack.uri()),
                "shop-1": format!("{}/shop-1", slack.uri()),
            }})
            .to_string(),
            ..Aws::default()
        }));
        let database = dynoxide::Database::memory().unwrap();
        let (listener, table_url) = listen().await;
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            std::future::pending(),
        ));
        let (listener, aws_url) = listen().await;
        let router = Router::new().fallback(post(serve)).with_state(Arc::clone(&aws));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        let sdk = |url: String| {
            aws_loader(Patience::Stream)
                .region(Region::from_static("us-east-1"))
                .credentials_provider(Credentials::new("local", "local", None, None, "local"))
                .endpoint_url(url)
                .load()
        };
        let (table, other) = (sdk(table_url).await, sdk(aws_url).await);
        let dynamo = aws_sdk_dynamodb::Client::new(&table);
        create_table(&dynamo).await;

        let mut vars = std::collections::HashMap::from(
            [
                ("CONTACTS_TABLE", "contacts"),
                ("NOTIFY_SECRET_ARN", "the-secret"),
                ("NOTIFY_QUEUE_URL", "http://queue/steps"),
                ("DEAD_LETTER_QUEUE_URL", "http://queue/dead"),
                ("ORDER_LINK", "https://example.com/orders/{orderId}"),
                ("ALLOW_HTTP", "on"),
                ("SEND_TIMEOUT_MS", "500"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        vars.extend(
            changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let config = Config::from_vars(&Vars::from(vars)).unwrap();
        let secrets = config
            .secret_arn
            .clone()
            .map(|arn| Secrets::new(aws_sdk_secretsmanager::Client::new(&other), arn));
        let (queues, metrics) = (aws_sdk_sqs::Client::new(&other), Lines::default());
        let app = App::new(config, dynamo.clone(), secrets, queues, emf_sink(metrics.clone())).unwrap();
        Self {
            app,
            slack,
            aws,
            dynamo,
            metrics,
        }
    }

    /// The statuses a channel answers with, one after the other; the last one stays.
    pub(crate) async fn slack_answers(&self, channel: &str, statuses: &[u16]) {
        for (index, status) in statuses.iter().enumerate() {
            let answer = ResponseTemplate::new(*status);
            let answer = match status {
                429 => answer.insert_header("retry-after", "7"),
                404 => answer.set_body_string("no_service"),
                _ => answer.set_body_string("ok"),
            };
            let mock = Mock::given(method("POST"))
                .and(path(format!("/{channel}")))
                .respond_with(answer);
            let mock = match index + 1 == statuses.len() {
                true => mock,
                false => mock.up_to_n_times(1),
            };
            mock.with_priority(u8::try_from(index + 1).unwrap())
                .mount(&self.slack)
                .await;
        }
    }

    pub(crate) async fn requests(&self, channel: &str) -> Vec<wiremock::Request> {
        let all = self.slack.received_requests().await.unwrap();
        all.into_iter()
            .filter(|request| request.url.path() == format!("/{channel}"))
            .collect()
    }

    /// The bodies that came to a channel.
    pub(crate) async fn bodies(&self, channel: &str) -> Vec<Value> {
        let requests = self.requests(channel).await;
        requests
            .iter()
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .collect()
    }

    /// What a channel shows: the sections of a message on lines of their own, then an empty line.
    pub(crate) async fn shown(&self, channel: &str) -> String {
        let bodies = self.bodies(channel).await;
        let shown: Vec<_> = bodies
            .iter()
            .map(|body| {
                let blocks = body["blocks"].as_array().unwrap().iter();
                let lines: Vec<_> = blocks
                    .map(|block| block["text"]["text"].as_str().unwrap())
                    .collect();
                lines.join("\n")
            })
            .collect();
        shown.join("\n\n")
    }

    /// One step by itself.
    pub(crate) async fn take(&self, event: &Value) -> Result<Value, notify::Error> {
        self.app.take(event, now()).await
    }

    /// A batch; the answer is the ids that failed.
    pub(crate) async fn batch(&self, bodies: &[String], now: Timestamp) -> Vec<String> {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| {
                json!({"messageId": format!("m-{index}"), "receiptHandle": format!("r-{index}"), "body": body,
                    "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}})
            })
            .collect();
        let answer = self.app.take(&json!({"Records": records}), now).await.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures
            .iter()
            .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The sum of a metric.
    pub(crate) fn counted(&self, metric: &str) -> u64 {
        let text = self.metrics.text();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter_map(|line| line[metric].as_f64()).sum::<f64>() as u64
    }

    pub(crate) async fn items(&self) -> Vec<std::collections::HashMap<String, AttributeValue>> {
        let answer = self.dynamo.scan().table_name("contacts").send().await.unwrap();
        answer.items.unwrap_or_default()
    }
}

pub(crate) fn now() -> Timestamp {
    AT.parse().unwrap()
}

/// A step on the bus; `changes` are merged into its detail.
pub(crate) fn step(step: &str, changes: &Value) -> Value {
    let mut detail = json!({
        "schema": "ringback.call-step/1", "id": format!("c-1/{step}/-"), "at": AT,
        "tenant": "00000000-0000-0000-0000-000000000001", "contactId": "c-1", "initialContactId": "c-1",
        "channel": "VOICE", "step": step,
    });
    for (name, value) in changes.as_object().unwrap() {
        detail[name] = value.clone();
    }
    json!({"version": "0", "id": "e-1", "source": "ringback", "detail-type": "Call Step", "account": "111122223333",
        "time": AT, "region": "us-east-1", "resources": [], "detail": detail})
}

/// A flow's step: it knows the caller, the order and the shop.
pub(crate) fn flow_step(name: &str, changes: &Value) -> Value {
    let mut all = json!({
        "caller": {"class": "active-order", "customerId": "customer-1", "name": "Customer A", "number": "…0100"},
        "order": {"orderId": "A-17", "title": "Two lamps"},
        "shop": {"shopId": "shop-1", "name": "Shop One", "channel": "shop-1"},
    });
    for (field, value) in changes.as_object().unwrap() {
        all[field] = value.clone();
    }
    step(name, &all)
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

async fn create_table(dynamo: &aws_sdk_dynamodb::Client) {
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    dynamo
        .create_table()
        .table_name("contacts")
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key.build().unwrap())
        .attribute_definitions(attribute.build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn serve(State(aws): State<Arc<Mutex<Aws>>>, headers: HeaderMap, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let text = |pointer: &str| {
        request
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut aws = aws.lock().unwrap();
    let answer = match headers["x-amz-target"].to_str().unwrap() {
        _ if aws.down => {
            return (
                StatusCode::BAD_REQUEST,
                axum::Json(json!({"__type": "AccessDenied"})),
            )
                .into_response();
        }
        "AmazonSQS.SendMessage" if text("/QueueUrl") == "http://queue/dead" => {
            let letter = (
                text("/MessageBody"),
                text("/MessageAttributes/reason/StringValue"),
            );
            aws.letters.push(letter);
            json!({"MessageId": "letter"})
        }
        "AmazonSQS.ChangeMessageVisibility" if text("/QueueUrl") == "http://queue/steps" => {
            let seconds = request["VisibilityTimeout"].as_i64().unwrap();
            aws.hidden.push((text("/ReceiptHandle"), seconds));
            json!({})
        }
        "secretsmanager.GetSecretValue" if text("/SecretId") == "the-secret" => {
            aws.secret_reads += 1;
            json!({"SecretString": aws.secret})
        }
        other => panic!("{other}: {request}"),
    };
    axum::Json(answer).into_response()
}
