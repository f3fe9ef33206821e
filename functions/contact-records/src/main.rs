//! Wires `contact-records` to Lambda.

use std::sync::Arc;

use aws_lambda_events::event::kinesis::KinesisEvent;
use contact_records::{App, Config};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use ringback_lambda::{Patience, Vars, aws_config, init_logs, stdout_metrics};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    let aws = aws_config(Patience::Stream).await;
    let (dynamo, queues) = (
        aws_sdk_dynamodb::Client::new(&aws),
        aws_sdk_sqs::Client::new(&aws),
    );
    let app = Arc::new(App::new(config, dynamo, queues, stdout_metrics()));
    run_concurrent(service_fn(move |event: LambdaEvent<KinesisEvent>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Error>(app.take(&event.payload, Timestamp::now()).await) }
    }))
    .await
}
