//! `project-calls`: from the table's stream to the records that lists read.

use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_dynamodb::types::AttributeValue;
use ringback_calls::item::{ID, Item, PART, RECORD, call_id};
use ringback_calls::{
    Ask, CallId, Change, Kind, LONGEST_RECORDING_ID, List, RecordingFacts, RecordingState, When,
};
use ringback_local::dynamo::CALLS_TABLE;
use ringback_local::gate::{Fault, Gate};
use ringback_tests::{CallBook, TENANT, call, event, morning, placed};
use serde_json::{Value, json};

/// A batch of new events: the calls' names and the events'.
fn batch(events: &[(&str, &str)]) -> Event {
    let records: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(index, (id, part))| {
            json!({
                "eventID": index.to_string(),
                "eventName": "INSERT",
                "awsRegion": "eu-west-2",
                "dynamodb": {
                    "Keys": {"id": {"S": id}, "part": {"S": part}},
                    "SequenceNumber": (index + 1).to_string(),
                    "SizeBytes": 1,
                },
            })
        })
        .collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}

/// The sequence numbers that come again.
async fn failures(book: &CallBook, batch: &Event) -> Vec<String> {
    let answer = book.project_calls.take(batch, morning(3600)).await;
    let failures = answer.batch_item_failures.into_iter();
    failures.filter_map(|failure| failure.item_identifier).collect()
}

async fn record(book: &CallBook, id: &CallId) -> Option<Item> {
    let items = book.items(TENANT, id).await.unwrap();
    items
        .into_iter()
        .find(|item| item[PART].as_s().unwrap() == RECORD)
}

fn version(record: &Item) -> &str {
    record["version"].as_n().unwrap()
}

async fn write(book: &CallBook, item: Item) {
    let client = book.stack.dynamo_client().await;
    let put = client.put_item().table_name(CALLS_TABLE).set_item(Some(item));
    put.send().await.unwrap();
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

#[tokio::test]
async fn each_call_of_a_batch_is_folded_once_and_its_record_is_what_reading_gives() {
    let mut book = CallBook::open().await.unwrap();
    let (first, second) = (call("first").unwrap(), call("second").unwrap());
    let mut ringing = event(&first, "ringing", 1, Kind::Ringing);
    ringing.entry.event.facts.a.ringing = Some(When::At(morning(1)));
    let events = [placed(&first, 0).unwrap(), placed(&second, 0).unwrap(), ringing];
    book.put(&events).await.unwrap();
    book.requests();

    assert_eq!(book.settle().await.unwrap(), 3);
    assert_eq!(book.requests(), "PutItem 2, Query 2");
    for id in [&first, &second] {
        let stored = record(&book, id).await.unwrap();
        let stored = serde_dynamo::from_attribute_value(stored["call"].clone()).unwrap();
        assert_eq!(book.read(id).await.unwrap(), Some(stored));
    }
    // The records that were written are in the stream too, and tell nothing.
    assert_eq!(book.settle().await.unwrap(), 0);
}

#[tokio::test]
async fn the_same_batch_again_writes_nothing() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    book.settle().await.unwrap();
    let before = record(&book, &id).await;
    book.requests();
    let again = batch(&[(&call_id(TENANT, &id), "event#any")]);
    assert!(failures(&book, &again).await.is_empty());
    assert_eq!(book.requests(), "Query 1");
    assert_eq!(record(&book, &id).await, before);
}

#[tokio::test]
async fn a_record_of_fewer_events_never_replaces_one_of_more() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    book.settle().await.unwrap();
    // Somebody who had read more was faster.
    let mut newer = record(&book, &id).await.unwrap();
    newer.insert("version".to_owned(), AttributeValue::N("9".to_owned()));
    write(&book, newer).await;
    let projected = book.store.project(TENANT, &id, morning(60)).await.unwrap();
    assert_eq!(projected.change, Change::Older);
    assert_eq!(version(&record(&book, &id).await.unwrap()), "9");
}

#[tokio::test]
async fn a_failure_that_passes_names_the_calls_first_event_and_the_repetition_heals_it() {
    let mut book = CallBook::open().await.unwrap();
    let ids = ["a", "b"].map(|name| call(&format!("no-{name}")).unwrap());
    for id in &ids {
        book.put(&[placed(id, 0).unwrap()]).await.unwrap();
    }
    let keys = ids.each_ref().map(|id| call_id(TENANT, id));
    let part = "event#any";
    // The first call is done, the second is not; its events are at 2 and 4.
    book.settle().await.unwrap();
    book.put(&[event(&ids[1], "ringing", 1, Kind::Ringing)])
        .await
        .unwrap();
    let told = batch(&[
        (&keys[0], part),
        (&keys[1], part),
        (&keys[0], "event#b"),
        (&keys[1], "event#b"),
    ]);
    let gate = book.stack.gate().unwrap();
    for fault in [Fault::Throttled, Fault::Down] {
        gate.fail("PutItem", fault);
        assert_eq!(failures(&book, &told).await, ["2"], "{fault:?}");
        gate.heal();
    }
    gate.fail(Gate::EVERYTHING, Fault::Throttled);
    assert_eq!(failures(&book, &told).await, ["1"]);
    gate.heal();
    assert!(failures(&book, &told).await.is_empty());
    assert_eq!(version(&record(&book, &ids[1]).await.unwrap()), "2");
    assert!(book.stack.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn a_stream_that_waits_for_the_table_goes_on_where_it_stopped() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    book.stack.gate().unwrap().fail("Query", Fault::Down);
    assert!(book.settle().await.is_err());
    assert!(book.settle().await.is_err());
    book.stack.gate().unwrap().heal();
    assert_eq!(book.settle().await.unwrap(), 1);
    assert!(record(&book, &id).await.is_some());
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_once_and_the_others_are_folded() {
    let mut book = CallBook::open().await.unwrap();
    let (id, other) = (call("odd").unwrap(), call("other").unwrap());
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    let odd = Item::from([
        (ID.to_owned(), text(&call_id(TENANT, &id))),
        (PART.to_owned(), text("event#odd")),
        ("event".to_owned(), text("+14155550102 is not what we write")),
    ]);
    write(&book, odd).await;
    book.put(&[placed(&other, 0).unwrap()]).await.unwrap();
    assert_eq!(book.settle().await.unwrap(), 3);

    let letters = book.stack.dead_letters.letters();
    let [letter] = letters.as_slice() else {
        panic!("one letter: {letters:?}")
    };
    let body: Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(body, json!({"tenant": TENANT, "callId": id, "events": ["odd"]}));
    assert_eq!(letter.reason, "events of the call cannot be read");
    for id in [&id, &other] {
        assert_eq!(version(&record(&book, id).await.unwrap()), "1");
    }
    assert_eq!(book.read(&id).await.unwrap().unwrap().version, 1);

    // The next event of the call folds without it, and says nothing again.
    book.put(&[event(&id, "ringing", 1, Kind::Ringing)])
        .await
        .unwrap();
    book.settle().await.unwrap();
    assert_eq!(version(&record(&book, &id).await.unwrap()), "2");
    assert_eq!(book.stack.dead_letters.letters().len(), 1);
}

#[tokio::test]
async fn a_call_whose_record_the_table_never_takes_does_not_hold_up_the_others() {
    let mut book = CallBook::open().await.unwrap();
    let (id, other) = (call("huge").unwrap(), call("other").unwrap());
    // Two events that fit and one record that does not.
    for (name, second) in [("a", 1), ("b", 2)] {
        let mut wordy = event(&id, name, second, Kind::Progress);
        let words = Some("x".repeat(300_000));
        match name {
            "a" => wordy.entry.event.facts.ivr_text = words,
            _ => wordy.entry.event.facts.ivr_recording = words,
        }
        book.put(&[wordy]).await.unwrap();
    }
    book.put(&[placed(&other, 0).unwrap()]).await.unwrap();
    book.settle().await.unwrap();
    let letters = book.stack.dead_letters.letters();
    assert_eq!(letters.len(), 1);
    let body: Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!(body["callId"], json!(id));
    assert!(
        letters[0].reason.contains("ValidationException"),
        "{}",
        letters[0].reason
    );
    assert!(record(&book, &other).await.is_some());
    // Reading the call needs no record.
    assert_eq!(book.read(&id).await.unwrap().unwrap().version, 2);
}

#[tokio::test]
async fn a_recording_whose_id_fits_no_message_gets_no_item_and_the_record_says_so() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("named").unwrap();
    // The whole id would be in the item, so in every message that the stream makes of it.
    let (long, longest) = ("x".repeat(300_000), "y".repeat(LONGEST_RECORDING_ID));
    for (recording, second) in [(&long, 1), (&longest, 2)] {
        let mut told = event(&id, &second.to_string(), second, Kind::Recording);
        let facts = RecordingFacts {
            state: Some(RecordingState::Ready),
            ..RecordingFacts::default()
        };
        told.entry.event.facts.recordings = [(recording.clone(), facts)].into();
        book.put(&[told]).await.unwrap();
        book.settle().await.unwrap();
    }
    let items = book.items(TENANT, &id).await.unwrap();
    let wanted = items
        .iter()
        .filter_map(|item| item.get("recordingId")?.as_s().ok());
    assert_eq!(wanted.collect::<Vec<_>>(), [&longest]);
    let record = book.read(&id).await.unwrap().unwrap();
    let given_up = |recording| record.recordings[recording].given_up.as_deref();
    assert_eq!((given_up(&long), given_up(&longest)), (Some("id-too-long"), None));
    let letters = book.stack.dead_letters.letters();
    assert_eq!(letters.len(), 1, "once, although the call was folded twice");
    assert_eq!(letters[0].reason, "a recording's id is too long to archive it");
    assert!(!letters[0].body.contains("xxx"));
}

#[tokio::test]
async fn what_is_of_no_call_is_put_aside_and_what_cannot_be_put_aside_comes_again() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    let told = batch(&[("call#t-1#?", "event#a"), (&call_id(TENANT, &id), "event#a")]);
    book.stack.dead_letters.set_down(true);
    assert_eq!(failures(&book, &told).await, ["1"]);
    assert!(record(&book, &id).await.is_none());
    book.stack.dead_letters.set_down(false);
    assert!(failures(&book, &told).await.is_empty());
    let letters = book.stack.dead_letters.letters();
    assert_eq!((letters.len(), letters[0].origin.as_str()), (1, "1"));
    assert!(record(&book, &id).await.is_some());
}

#[tokio::test]
async fn a_call_leaves_a_list_when_it_is_another_agents() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    book.settle().await.unwrap();
    let mut taken_over = event(&id, "taken-over", 9, Kind::Progress);
    taken_over.entry.event.evidence = ringback_calls::Evidence::Own;
    taken_over.entry.event.facts.agent = Some("agent-b".to_owned());
    book.put(&[taken_over]).await.unwrap();
    book.settle().await.unwrap();
    for (agent, calls) in [("agent-a", 0), ("agent-b", 1)] {
        let ask = Ask::new(TENANT, List::Agent(agent.to_owned()));
        let page = book.store.list(&ask, morning(3600)).await.unwrap();
        assert_eq!(page.items.len(), calls, "{agent}");
    }
}

#[tokio::test]
async fn the_sample_for_cargo_lambda_is_taken() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../events/dynamodb/project-calls.json"
    );
    let sample: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let told: Event = serde_json::from_value(sample.clone()).unwrap();
    let book = CallBook::open().await.unwrap();
    // Its image is an item as we write them.
    let image = &sample["Records"][0]["dynamodb"]["NewImage"];
    let image: serde_dynamo::Item = serde_json::from_value(image.clone()).unwrap();
    write(&book, image.into()).await;
    assert!(failures(&book, &told).await.is_empty());
    assert!(book.stack.dead_letters.letters().is_empty());
    let id = CallId::parse("sample-normal").unwrap();
    let record = book
        .store
        .read("tenant-1", &id, morning(60))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.a.answered_at, Some(morning(5)));
}
