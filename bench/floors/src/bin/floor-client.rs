//! A function that does nothing, with one client of the AWS SDK, made as its documentation makes it.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    run(service_fn(async |_: LambdaEvent<Value>| {
        Ok::<_, Error>(json!({"region": client.config().region().is_some()}))
    }))
    .await
}
