//! Wires `classify-caller` to Lambda.

use std::sync::Arc;
use std::time::SystemTime;

use classify_caller::{App, Config};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use ringback_lambda::{Patience, Vars, aws_config, init_logs, stdout_metrics, time_left};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    config.number_region.warm();
    let aws = aws_config(Patience::Caller {
        attempt: config.attempt_timeout,
    })
    .await;
    let (dynamo, secrets) = (
        aws_sdk_dynamodb::Client::new(&aws),
        aws_sdk_secretsmanager::Client::new(&aws),
    );
    let app = Arc::new(App::new(config, dynamo, secrets, stdout_metrics())?);
    run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move {
            let left = time_left(event.context.deadline, SystemTime::now());
            Ok::<_, Error>(app.answer(&event.payload, Timestamp::now(), left).await)
        }
    }))
    .await
}
