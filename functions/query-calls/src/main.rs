//! Wires `query-calls` to Lambda.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use query_calls::{App, Config};
use ringback_lambda::{Patience, Vars, aws_config, init_logs, stdout_metrics};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    // Eight requests at most, of a hold that others take away. Each is tried twice, so all take 14 seconds at most, and the
    // function's 15 do not end it between two of them.
    let attempt = Duration::from_millis(800);
    let aws = aws_config(Patience::Caller { attempt }).await;
    let (dynamo, s3) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_s3::Client::new(&aws));
    let app = Arc::new(App::new(config, dynamo, s3, stdout_metrics()));
    run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Error>(app.respond(&event.payload, Timestamp::now()).await) }
    }))
    .await
}
