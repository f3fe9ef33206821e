//! The real binary, started the way Lambda starts it, against a Runtime API on loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;

/// The binary with an environment of that and nothing else.
fn binary(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_last-agent"));
    command
        .env_clear()
        .envs(environment.iter().copied())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_wrong_setting_stops_the_cold_start_and_is_named() {
    for (environment, said) in [
        (vec![], "CONTACTS_TABLE"),
        (
            vec![("CONTACTS_TABLE", "contacts"), ("STICKY_MODE", "+14155550100")],
            "STICKY_MODE",
        ),
    ] {
        let output = binary(&environment).output().await.unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(said), "{text}");
        assert!(!text.contains("4155550100"), "{text}");
    }
}

/// One invocation, then silence.
#[derive(Clone)]
struct RuntimeApi {
    event: Arc<Mutex<Option<String>>>,
    answers: mpsc::UnboundedSender<Value>,
}

async fn next(State(api): State<RuntimeApi>) -> (HeaderMap, String) {
    let event = api.event.lock().unwrap().take();
    let Some(event) = event else {
        return std::future::pending().await;
    };
    let deadline = std::time::SystemTime::now() + Duration::from_secs(8);
    let deadline = deadline
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis()
        .to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", "request-1"),
        ("lambda-runtime-deadline-ms", deadline.as_str()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-2:111122223333:function:last-agent",
        ),
    ]
    .map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    });
    (headers.into_iter().collect(), event)
}

async fn response(State(api): State<RuntimeApi>, body: String) -> StatusCode {
    api.answers.send(serde_json::from_str(&body).unwrap()).unwrap();
    StatusCode::ACCEPTED
}

#[tokio::test]
async fn with_nothing_behind_it_the_binary_still_answers_the_flow() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // A port that was free a moment ago, and at which nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../events/connect/flow/voice-inbound.json"
    );
    let (answers, mut answered) = mpsc::unbounded_channel();
    let event = Arc::new(Mutex::new(Some(std::fs::read_to_string(sample).unwrap())));
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .with_state(RuntimeApi { event, answers });
    let serving = tokio::spawn(async move { axum::serve(listener, api).await });

    let nobody = format!("http://{nobody}");
    let mut function = binary(&[
        ("AWS_LAMBDA_RUNTIME_API", &address),
        ("AWS_LAMBDA_FUNCTION_NAME", "last-agent"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", "eu-west-2"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL", &nobody),
        ("CONTACTS_TABLE", "contacts"),
    ])
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();

    let answer = tokio::time::timeout(Duration::from_secs(20), answered.recv())
        .await
        .unwrap()
        .unwrap();
    function.kill().await.unwrap();
    serving.abort();
    let output = function.wait_with_output().await.unwrap();
    let logs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answer["status"], "unavailable");
    assert_eq!(answer["reason"], "index-unavailable");
    assert!(
        logs.contains("\"Reason\":\"index-unavailable\""),
        "no metric in {logs}"
    );
    assert!(!logs.contains("4155550100"), "the caller's number in {logs}");
}
