//! A lookup is one Query, however long the caller's history.

use std::collections::HashMap;
use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::Timestamp;
use ringback_connect::ids::InstanceArn;
use ringback_connect::{CallerKey, CallerKind};
use ringback_contacts::Facts;
use ringback_local::dynamo::CONTACTS_TABLE;
use ringback_tests::{INSTANCE_ARN, Leg, Story, agent_arn, at};

/// As many contacts of one caller as asked, the newest an hour before `at(0)`, a second between any two.
async fn load(story: &Story, number: &str, contacts: i64) {
    let tenant = InstanceArn::parse(INSTANCE_ARN).unwrap().id;
    let caller = CallerKey::new(tenant, CallerKind::Phone, number)
        .unwrap()
        .index_key();
    let client = story.stack.dynamo_client().await;
    let item = |nth: i64| -> HashMap<String, AttributeValue> {
        let connected: Timestamp = at(-3600 - nth);
        let facts = Facts {
            agent: Some(agent_arn(if nth == 0 { "newest" } else { "older" })),
            connected_at: Some(connected),
            ended_at: Some(at(-3400 - nth)),
            ..Facts::default()
        };
        HashMap::from([
            (
                "id".to_owned(),
                AttributeValue::S(format!("contact#{number}-{nth}")),
            ),
            ("caller".to_owned(), AttributeValue::S(caller.clone())),
            (
                "agentAt".to_owned(),
                AttributeValue::S(connected.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ),
            (
                format!("connected#{number}-{nth}"),
                serde_json_to_attribute(&facts),
            ),
        ])
    };
    let all: Vec<i64> = (0..contacts).collect();
    for some in all.chunks(25) {
        let writes = some.iter().map(|nth| {
            let put = PutRequest::builder().set_item(Some(item(*nth))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let answer = client
            .batch_write_item()
            .request_items(CONTACTS_TABLE, writes.collect())
            .send()
            .await
            .unwrap();
        assert!(answer.unprocessed_items().is_none_or(HashMap::is_empty));
    }
}

/// Facts as the store writes them.
fn serde_json_to_attribute(facts: &Facts) -> AttributeValue {
    match serde_json::to_value(facts).unwrap() {
        serde_json::Value::Object(map) => AttributeValue::M(
            map.into_iter()
                .map(|(name, value)| (name, AttributeValue::S(value.as_str().unwrap().to_owned())))
                .collect(),
        ),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_is_one_query_for_a_caller_with_one_a_thousand_and_a_hundred_thousand_contacts() {
    // The embedded engine in a debug build needs longer for a large partition than DynamoDB does.
    let patient = [
        ("SEARCH_CONTACTS", "off"),
        ("ANSWER_BUDGET_MS", "7500"),
        ("ATTEMPT_TIMEOUT_MS", "2000"),
    ];
    let story = Story::with(&patient).await.unwrap();
    for (number, contacts) in [
        ("+14155550101", 1),
        ("+14155550102", 1_000),
        ("+14155550103", 100_000),
    ] {
        load(&story, number, contacts).await;
        story.stack.gate().unwrap().take_counts();

        let started = Instant::now();
        let answer = story
            .asks(&Leg::inbound(&format!("asks-{contacts}"), 0).from(number))
            .await;

        assert_eq!(answer["agentId"], "newest", "{contacts} contacts: {answer}");
        let counts = story.stack.gate().unwrap().take_counts();
        let expected = [("Query".to_owned(), 1), ("TransactWriteItems".to_owned(), 1)];
        assert_eq!(counts, expected.into(), "{contacts} contacts");
        println!("{contacts} contacts: {:?}", started.elapsed());
    }
}
