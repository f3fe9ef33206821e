//! Wires `carrier-webhook` to Lambda.

use std::sync::Arc;

use carrier_webhook::{App, Config};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use ringback_lambda::{Patience, Vars, aws_config, init_logs, stdout_metrics};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    let aws = aws_config(Patience::Stream).await;
    let dynamo = aws_sdk_dynamodb::Client::new(&aws);
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let queues = aws_sdk_sqs::Client::new(&aws);
    let app = Arc::new(App::new(config, dynamo, secrets, queues, stdout_metrics())?);
    run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Error>(app.take(&event.payload, Timestamp::now()).await) }
    }))
    .await
}
