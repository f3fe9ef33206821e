//! Wires `place-call` to Lambda.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use place_call::{App, Config};
use ringback_lambda::{Patience, Vars, aws_config, init_logs, stdout_metrics};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    // Somebody waits at a telephone: what the tables do not do within two attempts of this is answered with 503.
    let attempt = Duration::from_millis(800);
    let aws = aws_config(Patience::Caller { attempt }).await;
    let app = Arc::new(App::new(
        config,
        aws_sdk_dynamodb::Client::new(&aws),
        aws_sdk_secretsmanager::Client::new(&aws),
        aws_sdk_eventbridge::Client::new(&aws),
        aws_sdk_connect::Client::new(&aws),
        stdout_metrics(),
    )?);
    run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Error>(app.respond(&event.payload, Timestamp::now()).await) }
    }))
    .await
}
