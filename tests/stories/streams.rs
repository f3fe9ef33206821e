//! What the stream functions do with what cannot be read, and with failures that pass.

use aws_sdk_dynamodb::types::AttributeValue;
use contact_events::Outcome;
use jiff::Timestamp;
use ringback_local::dynamo::CONTACTS_TABLE;
use ringback_local::gate::{Fault, Gate};
use ringback_tests::{Leg, Story, at};
use serde_json::{Value, json};

fn offered(answer: &Value) -> &str {
    answer["agentId"]
        .as_str()
        .unwrap_or_else(|| answer["reason"].as_str().unwrap())
}

#[tokio::test]
async fn a_record_that_cannot_be_read_lies_in_the_queue_and_the_batch_goes_on() {
    let story = Story::start().await.unwrap();
    let record = Leg::inbound("first", 0).record(300).to_string().into_bytes();
    let no_instance = json!({"ContactId": "x", "LastUpdateTimestamp": "2026-11-20T12:00:00Z"}).to_string();
    let bodies = [
        b"\xff\x00 not JSON".to_vec(),
        no_instance.clone().into_bytes(),
        record,
    ];

    assert!(story.raw_records(&bodies).await.unwrap().is_empty());

    let letters = story.stack.dead_letters.letters();
    let origins: Vec<_> = letters.iter().map(|letter| letter.origin.as_str()).collect();
    assert_eq!(origins, ["1", "2"]);
    assert_eq!(letters[1].body, no_instance);
    assert!(letters[1].reason.contains("InstanceARN"), "{}", letters[1].reason);
    assert_eq!(
        offered(&story.asks(&Leg::inbound("second", 3600)).await),
        "agent-a"
    );
    assert_eq!(story.metric("DeadLetters"), 2);
}

#[tokio::test]
async fn a_failure_that_passes_reports_the_lowest_sequence_number_and_the_repetition_changes_nothing() {
    let story = Story::start().await.unwrap();
    let leg = |id: &str, second| Leg::inbound(id, second);
    let records: Vec<_> = [("a", 0), ("b", 500), ("c", 1000)]
        .map(|(id, second)| leg(id, second).record(2000))
        .into();

    story.records(&records[..1]).await.unwrap();
    story.stack.gate().unwrap().fail("UpdateItem", Fault::Down);
    assert_eq!(story.records(&records).await.unwrap(), ["1"]);
    story.stack.gate().unwrap().heal();
    assert!(story.records(&records).await.unwrap().is_empty());

    let before = story.items().await.unwrap();
    assert!(story.records(&records).await.unwrap().is_empty());
    let mut after = story.items().await.unwrap();
    after.sort_by_key(|item| format!("{:?}", item["id"]));
    let mut sorted = before;
    sorted.sort_by_key(|item| format!("{:?}", item["id"]));
    assert_eq!(after, sorted);
}

#[tokio::test]
async fn what_can_neither_be_read_nor_put_into_the_queue_comes_again() {
    let story = Story::start().await.unwrap();
    story.stack.dead_letters.set_down(true);
    let good = Leg::inbound("first", 0).record(300).to_string().into_bytes();
    let bodies = [good, b"not JSON".to_vec()];
    assert_eq!(story.raw_records(&bodies).await.unwrap(), ["2"]);
    assert!(story.event(&json!({"detail": {}})).await.is_err());

    story.stack.dead_letters.set_down(false);
    assert!(story.raw_records(&bodies).await.unwrap().is_empty());
    assert_eq!(
        story.event(&json!({"detail": {}, "id": "odd"})).await.unwrap(),
        Outcome::DeadLettered
    );
    let origins: Vec<_> = story
        .stack
        .dead_letters
        .letters()
        .into_iter()
        .map(|letter| letter.origin)
        .collect();
    assert_eq!(origins, ["2", "odd"]);
}

#[tokio::test]
async fn an_event_that_the_table_does_not_take_is_an_error_that_names_its_kind() {
    let story = Story::start().await.unwrap();
    story
        .stack
        .gate()
        .unwrap()
        .fail(Gate::EVERYTHING, Fault::Throttled);
    let event = Leg::inbound("first", 0).connected_event();
    let error = story.contact_events.take(&event, at(0)).await.unwrap_err();
    let diagnostic = lambda_runtime::Diagnostic::from(error);
    assert_eq!(diagnostic.error_type, "ContactStoreUnavailable");
    assert_eq!(
        diagnostic.error_message,
        "the contacts table did not answer (ProvisionedThroughputExceededException)"
    );
}

#[tokio::test]
async fn events_that_say_nothing_about_an_agent_cost_no_write() {
    let story = Story::start().await.unwrap();
    let mut event = Leg::inbound("first", 0).connected_event();
    for kind in [
        "INITIATED",
        "CONNECTED_TO_SYSTEM",
        "QUEUED",
        "PAUSED",
        "SOMETHING_NEW",
    ] {
        event["detail"]["eventType"] = kind.into();
        assert_eq!(story.event(&event).await.unwrap(), Outcome::Ignored, "{kind}");
    }
    assert!(story.stack.gate().unwrap().take_counts().is_empty());
}

#[tokio::test]
async fn a_record_that_can_never_be_stored_does_not_hold_up_those_behind_it() {
    // An item that is not what we write, and one so full that DynamoDB takes no more into it.
    let text = |text: String| AttributeValue::S(text);
    let cases = [
        (
            "record#odd",
            text("not what we write".to_owned()),
            "item-of-another-shape",
        ),
        ("padding", text("x".repeat(409_400)), "ValidationException"),
    ];
    for (attribute, value, reason) in cases {
        let story = Story::start().await.unwrap();
        let client = story.stack.dynamo_client().await;
        let put = client
            .put_item()
            .table_name(CONTACTS_TABLE)
            .item("id", text("contact#odd".to_owned()));
        put.item(attribute, value).send().await.unwrap();

        let records = [
            Leg::inbound("odd", 0).record(300),
            Leg::inbound("first", 0).record(300),
        ];
        assert!(story.records(&records).await.unwrap().is_empty());

        let letters = story.stack.dead_letters.letters();
        assert_eq!((letters.len(), letters[0].origin.as_str()), (1, "1"));
        assert!(letters[0].reason.contains(reason), "{}", letters[0].reason);
        assert_eq!(
            offered(&story.asks(&Leg::inbound("second", 3600)).await),
            "agent-a"
        );
    }
}

#[tokio::test]
async fn the_sample_batch_for_cargo_lambda_is_taken() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../events/kinesis/contact-records.json"
    );
    let batch = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let story = Story::start().await.unwrap();
    assert!(
        story
            .contact_records
            .take(&batch, Timestamp::now())
            .await
            .batch_item_failures
            .is_empty()
    );
    assert_eq!(
        (
            story.metric("Records"),
            story.metric("Rated"),
            story.metric("DeadLetters")
        ),
        (2, 1, 0)
    );
}
