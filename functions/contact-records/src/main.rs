//! Wires `contact-records` to Lambda.

use std::sync::Arc;

use aws_lambda_events::event::kinesis::KinesisEvent;
use contact_records::{App, Config};
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use ringback_contacts::ContactStore;
use ringback_lambda::{DeadLetters, Patience, Vars, aws_config, init_logs, stdout_metrics};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::from_env())?;
    let aws = aws_config(Patience::Stream).await;
    let table = config.contacts_table.clone();
    let store = ContactStore::new(aws_sdk_dynamodb::Client::new(&aws), table, config.retention);
    let dead_letters = DeadLetters::connect(&aws, config.dead_letter_queue_url.clone(), "contact-records");
    let app = Arc::new(App::new(store, dead_letters, config, stdout_metrics()));
    run_concurrent(service_fn(move |event: LambdaEvent<KinesisEvent>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Error>(app.take(&event.payload).await) }
    }))
    .await
}
