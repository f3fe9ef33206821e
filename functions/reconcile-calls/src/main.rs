//! Wires `reconcile-calls` to Lambda.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use reconcile_calls::{App, Config};
use ringback_lambda::{Patience, Vars, aws_config, init_logs, stdout_metrics, time_left};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    let aws = aws_config(Patience::Stream).await;
    let app = Arc::new(App::new(
        config,
        aws_sdk_dynamodb::Client::new(&aws),
        aws_sdk_secretsmanager::Client::new(&aws),
        aws_sdk_sqs::Client::new(&aws),
        aws_sdk_eventbridge::Client::new(&aws),
        aws_sdk_connect::Client::new(&aws),
        stdout_metrics(),
    )?);
    run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move {
            let left = time_left(event.context.deadline, SystemTime::now());
            Ok::<_, Error>(app.run(Timestamp::now(), left).await?)
        }
    }))
    .await
}
