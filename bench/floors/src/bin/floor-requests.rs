//! A function that sends DynamoDB two requests in turn: the Query and the transaction of `last-agent`.

use floors::{Ask, DynamoDb};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::Value;
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let dynamo = Mutex::new(DynamoDb::from_env()?);
    run(service_fn(async |event: LambdaEvent<Value>| {
        let (mut dynamo, ask) = (dynamo.lock().await, Ask::of(&event.payload)?);
        dynamo.query(&ask).await?;
        dynamo.write(&ask).await
    }))
    .await
}
