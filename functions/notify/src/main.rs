//! Wires `notify` to Lambda.

use std::sync::Arc;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use notify::{App, Config};
use ringback_lambda::{Patience, Secrets, Vars, aws_config, init_logs, stdout_metrics};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    let aws = aws_config(Patience::Stream).await;
    let (dynamo, queues) = (
        aws_sdk_dynamodb::Client::new(&aws),
        aws_sdk_sqs::Client::new(&aws),
    );
    let secrets = config.secret_arn.clone();
    let secrets = secrets.map(|arn| Secrets::new(aws_sdk_secretsmanager::Client::new(&aws), arn));
    let app = Arc::new(App::new(config, dynamo, secrets, queues, stdout_metrics())?);
    run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move { app.take(&event.payload, Timestamp::now()).await }
    }))
    .await
}
