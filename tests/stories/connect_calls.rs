//! Calls of Amazon Connect, from its contact records.

use std::time::Duration;

use ringback_calls::{CallId, CallRecord, CallStore, CloseCause, Direction, State};
use ringback_local::centre::INSTANCE_ARN;
use ringback_local::dynamo::CALLS_TABLE;
use ringback_local::gate::Fault;
use ringback_tests::{Leg, Story, at};
use serde_json::{Value, json};

async fn call(story: &Story, first_contact: &str) -> Option<CallRecord> {
    let instance = INSTANCE_ARN.rsplit('/').next().unwrap();
    let store = CallStore::new(
        story.stack.dynamo_client().await,
        CALLS_TABLE.to_owned(),
        Duration::from_secs(24 * 3600),
    );
    let id = CallId::of_session("ac", instance, first_contact);
    // What is stored now expires a day from now.
    store.read(instance, &id, jiff::Timestamp::now()).await.unwrap()
}

/// A caller who speaks with agent-a, and after a transfer with agent-b.
fn transferred() -> (Leg, [Value; 2]) {
    let first = Leg::inbound("first", 0).with("agent-a");
    let second = first.then("second", "TRANSFER", "agent-b", 200, 400);
    let records = [first.record(500), second.record(510)];
    (first, records)
}

#[tokio::test]
async fn a_chain_of_contacts_is_one_call_in_whatever_order_its_records_come() {
    let (first, [a, b]) = transferred();
    let mut seen = Vec::new();
    for order in [vec![&a, &b], vec![&b, &a], vec![&b, &b, &a, &b, &a]] {
        let story = Story::start().await.unwrap();
        for record in order {
            assert!(
                story
                    .records(std::slice::from_ref(record))
                    .await
                    .unwrap()
                    .is_empty()
            );
        }
        seen.push(call(&story, &first.id).await.unwrap());
    }
    assert!(seen.iter().all(|record| *record == seen[0]), "{seen:?}");
    let record = &seen[0];
    assert_eq!(record.state, State::Close);
    assert_eq!(record.close_cause, Some(CloseCause::Normal));
    assert_eq!(record.direction, Some(Direction::Inbound));
    assert_eq!(record.customer.as_ref().unwrap().as_str(), "+14155550100");
    assert_eq!(record.ended_at, Some(at(400)));
    assert!(
        record.agent.as_ref().unwrap().contains("agent-b"),
        "{:?}",
        record.agent
    );
}

#[tokio::test]
async fn the_reason_of_the_end_becomes_a_close_cause() {
    for (reason, expected) in [
        ("TELECOM_BUSY", CloseCause::BBusy),
        ("TELECOM_UNANSWERED", CloseCause::BUnreachable),
        ("TELECOM_PROBLEM", CloseCause::NetworkError),
        ("SOMETHING_NEW", CloseCause::Other),
    ] {
        let story = Story::start().await.unwrap();
        let mut record: Value = serde_json::from_str(include_str!(
            "../../events/connect/contact-records/voice-outbound-unanswered.json"
        ))
        .unwrap();
        record["DisconnectReason"] = json!(reason);
        record["InstanceARN"] = json!(INSTANCE_ARN);
        assert!(
            story
                .records(std::slice::from_ref(&record))
                .await
                .unwrap()
                .is_empty()
        );
        let contact = record["ContactId"].as_str().unwrap();
        let record = call(&story, contact).await.unwrap();
        assert_eq!(record.close_cause, Some(expected), "{reason}");
        assert_eq!(
            record.raw_cause.unwrap().word.as_deref(),
            Some(reason),
            "the words stay"
        );
    }
}

#[tokio::test]
async fn a_record_whose_call_is_not_stored_comes_again() {
    let story = Story::start().await.unwrap();
    let (first, [record, _]) = transferred();
    let gate = story.stack.gate().unwrap();
    gate.fail("PutItem", Fault::Down);
    assert_eq!(
        story.records(std::slice::from_ref(&record)).await.unwrap().len(),
        1
    );
    assert!(call(&story, &first.id).await.is_none());
    gate.heal();
    assert!(story.records(&[record]).await.unwrap().is_empty());
    assert!(call(&story, &first.id).await.is_some());
}

#[tokio::test]
async fn chats_are_no_calls() {
    let story = Story::start().await.unwrap();
    let record: Value =
        serde_json::from_str(include_str!("../../events/connect/contact-records/chat.json")).unwrap();
    assert!(
        story
            .records(std::slice::from_ref(&record))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        call(&story, record["ContactId"].as_str().unwrap())
            .await
            .is_none()
    );
}
