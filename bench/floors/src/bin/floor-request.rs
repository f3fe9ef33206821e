//! A function that sends DynamoDB one request: the Query of `last-agent`.

use floors::{Ask, DynamoDb};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::Value;
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let dynamo = Mutex::new(DynamoDb::from_env()?);
    run(service_fn(async |event: LambdaEvent<Value>| {
        dynamo.lock().await.query(&Ask::of(&event.payload)?).await
    }))
    .await
}
