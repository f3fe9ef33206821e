//! Batches of the contact record stream.

use anyhow::Result;
use aws_lambda_events::encodings::Base64Data;
use aws_lambda_events::event::kinesis::KinesisEvent;
use serde_json::json;

/// A batch as Kinesis hands it to a function; the sequence numbers count from 1.
pub fn batch(bodies: &[Vec<u8>]) -> Result<KinesisEvent> {
    let records: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| {
            let mut data = Base64Data::default();
            data.0.clone_from(body);
            json!({
                "eventID": format!("shardId-000000000000:{}", index + 1),
                "eventName": "aws:kinesis:record",
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "kinesis": {
                    "approximateArrivalTimestamp": 1_795_176_000.0,
                    "data": data,
                    "partitionKey": "partition",
                    "sequenceNumber": (index + 1).to_string(),
                    "kinesisSchemaVersion": "1.0",
                },
            })
        })
        .collect();
    Ok(serde_json::from_value(json!({"Records": records}))?)
}
