//! The clients of a function, against a service on loopback.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_secretsmanager::config::Credentials;
use axum::Router;
use axum::http::StatusCode;
use axum::serve::ListenerExt;
use ringback_lambda::{Patience, aws_config, error_code};
use tokio::net::TcpListener;

/// A service that answers everything with an empty object, its address, and how many connections it was asked for.
async fn service() -> Result<(String, Arc<AtomicU32>), Box<dyn Error>> {
    serve(Router::new().fallback(|| async { "{}" })).await
}

/// A service, its address, and how many connections it was asked for.
async fn serve(router: Router) -> Result<(String, Arc<AtomicU32>), Box<dyn Error>> {
    let connections = Arc::new(AtomicU32::new(0));
    let counted = connections.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok((url, connections))
}

/// What `aws_config` gives, with credentials and a Region for the test.
async fn config(patience: Patience) -> SdkConfig {
    let credentials = Credentials::new("an-id", "a-key", None, None, "test");
    aws_config(patience)
        .await
        .into_builder()
        .region(Region::new("eu-west-2"))
        .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(credentials))
        .build()
}

async fn asks_two_services(config: &SdkConfig, url: &str) -> Result<(), Box<dyn Error>> {
    let queues = aws_sdk_sqs::config::Builder::from(config)
        .endpoint_url(url)
        .build();
    let secrets = aws_sdk_secretsmanager::config::Builder::from(config)
        .endpoint_url(url)
        .build();
    for _ in 0..3 {
        let queue = aws_sdk_sqs::Client::from_conf(queues.clone()).get_queue_url();
        queue.queue_name("a-queue").send().await?;
        let secret = aws_sdk_secretsmanager::Client::from_conf(secrets.clone()).get_secret_value();
        secret.secret_id("a-secret").send().await?;
    }
    Ok(())
}

#[tokio::test]
async fn all_clients_of_a_function_go_out_by_one_connector_and_its_open_connections() {
    let (url, connections) = service().await.unwrap();
    asks_two_services(&config(Patience::Stream).await, &url)
        .await
        .unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_client_with_time_outs_of_its_own_has_a_connector_of_its_own() {
    let (url, connections) = service().await.unwrap();
    let config = config(Patience::Stream).await;
    asks_two_services(&config, &url).await.unwrap();
    let limits = config.timeout_config().unwrap().to_builder();
    let limits = limits.connect_timeout(Duration::from_millis(50)).build();
    asks_two_services(&config.into_builder().timeout_config(limits).build(), &url)
        .await
        .unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

/// The code of the error with which one request to that address ends.
async fn fails(config: &SdkConfig, url: &str) -> Result<String, Box<dyn Error>> {
    let config = aws_sdk_sqs::config::Builder::from(config)
        .endpoint_url(url)
        .build();
    let asked = aws_sdk_sqs::Client::from_conf(config).get_queue_url();
    let answer = asked.queue_name("a-queue").send().await;
    let error = answer.err().ok_or("an answer came")?;
    // Addresses can hold what identifies a caller.
    let told = format!("{error:?} {}", aws_sdk_sqs::error::DisplayErrorContext(&error));
    if told.contains("a-path") {
        return Err("the error tells the address".into());
    }
    Ok(error_code(&error))
}

#[tokio::test]
async fn an_answer_that_may_be_better_next_time_is_asked_for_again_over_the_same_connection() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = asked.clone();
    let router = Router::new().fallback(move || async move {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            (StatusCode::SERVICE_UNAVAILABLE, "{}")
        } else {
            (StatusCode::OK, "{}")
        }
    });
    let (url, connections) = serve(router).await.unwrap();
    let config = aws_sdk_sqs::config::Builder::from(&config(Patience::Stream).await)
        .endpoint_url(url)
        .build();
    let request = aws_sdk_sqs::Client::from_conf(config).get_queue_url();
    request.queue_name("a-queue").send().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_no_answer_in_time_a_time_out() {
    let config = config(Patience::Caller {
        attempt: Duration::from_millis(200),
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}/a-path", listener.local_addr().unwrap());
    assert_eq!(fails(&config, &silent).await.unwrap(), "timeout");
    drop(listener);
    assert_eq!(fails(&config, &silent).await.unwrap(), "unreachable");
}

#[tokio::test]
async fn a_request_that_would_be_sent_to_another_path_than_was_signed_is_not_sent() {
    let (url, connections) = service().await.unwrap();
    let config = config(Patience::Stream).await;
    let url = format!("{url}/a-path/../another");
    assert_eq!(fails(&config, &url).await.unwrap(), "unreachable");
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}
