//! Recordings that are to be archived: found by `project-calls`, written down once each, and claimed by one at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ringback_calls::item::{EXPIRES_AT, Item, PART, RECORDING};
use ringback_calls::{
    Archived, CallId, Claimed, Kind, Lease, NewEvent, RecordingFacts, RecordingState, Upload, Wanted,
    archived, given_up,
};
use ringback_local::gate::Fault;
use ringback_tests::{CallBook, TENANT, call, event, morning, placed};
use serde_json::{Value, json};

const LEASE: Duration = Duration::from_secs(90);

/// A carrier's word about a recording.
fn told(id: &CallId, recording: &str, second: i64, state: Option<RecordingState>) -> NewEvent {
    let mut new = event(id, &format!("{recording}-{second}"), second, Kind::Recording);
    let facts = RecordingFacts {
        state,
        ..RecordingFacts::default()
    };
    new.entry.event.facts.recordings = BTreeMap::from([(recording.to_owned(), facts)]);
    new
}

fn ready(id: &CallId, recording: &str, second: i64) -> NewEvent {
    told(id, recording, second, Some(RecordingState::Ready))
}

fn wanted(id: &CallId, recording: &str) -> Wanted {
    Wanted {
        tenant: TENANT.to_owned(),
        call_id: id.clone(),
        recording_id: recording.to_owned(),
        version: 1,
    }
}

fn is_archived(id: &CallId, recording: &str, second: i64) -> NewEvent {
    let wanted = wanted(id, recording);
    let object = Archived {
        bucket: "recordings".to_owned(),
        key: "key".to_owned(),
        bytes: 44,
        sha256: "0a".repeat(32),
        content_type: "audio/wav".to_owned(),
    };
    let event = archived(&wanted, object, None, morning(second));
    NewEvent::of_recording(&wanted, event, morning(second))
}

/// The items of a call's recordings.
async fn recordings(book: &CallBook, id: &CallId) -> Vec<Item> {
    let mut items = book.items(TENANT, id).await.unwrap();
    items.retain(|item| item[PART].as_s().unwrap().starts_with(RECORDING));
    items
}

/// What the message about a recording says: four attributes of its item.
fn message(item: &Item) -> Value {
    let names = ["tenant", "callId", "recordingId", "version"];
    let fields = names.map(|name| {
        let value = match &item[name] {
            AttributeValue::N(number) => json!(number),
            other => json!(other.as_s().unwrap()),
        };
        (name.to_owned(), value)
    });
    Value::Object(fields.into_iter().collect())
}

/// A call with a recording that is ready and has its item.
async fn found() -> (CallBook, Wanted) {
    let mut book = CallBook::open().await.unwrap();
    let id = call("found").unwrap();
    book.put(&[ready(&id, "RE1", 70)]).await.unwrap();
    book.settle().await.unwrap();
    book.requests();
    (book, wanted(&id, "RE1"))
}

async fn claim(book: &CallBook, wanted: &Wanted, holder: &str, second: i64) -> Claimed {
    let claimed = book.store.claim(wanted, holder, LEASE, morning(second)).await;
    claimed.unwrap()
}

fn mine(claimed: Claimed) -> Lease {
    match claimed {
        Claimed::Mine(lease) => lease,
        other => panic!("it is mine: {other:?}"),
    }
}

fn busy(until: i64, same_holder: bool) -> Claimed {
    let until = morning(until);
    Claimed::Busy { until, same_holder }
}

fn upload(id: &str) -> Upload {
    Upload {
        key: "t-1/2026/11/20/call-found/RE1.wav".to_owned(),
        id: id.to_owned(),
    }
}

#[tokio::test]
async fn a_recording_that_is_ready_gets_its_item_in_the_pass_that_writes_the_record_and_never_another() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    let odd = "RE/2 \"#ü";
    book.put(&[placed(&id, 0).unwrap(), ready(&id, "RE1", 70)])
        .await
        .unwrap();
    book.requests();
    book.settle().await.unwrap();
    assert_eq!(book.requests(), "PutItem 2, Query 1");
    let items = recordings(&book, &id).await;
    let [first] = items.as_slice() else {
        panic!("one item: {items:?}")
    };
    let said = json!({"tenant": TENANT, "callId": id, "recordingId": "RE1", "version": "2"});
    assert_eq!(message(first), said);
    // The message reads as it is, its number written as the stream writes it.
    let read: Wanted = serde_json::from_value(said).unwrap();
    assert_eq!((read.recording_id.as_str(), read.version), ("RE1", 2));

    // The same word again, another word about it, another recording.
    let kept = book
        .put(&[ready(&id, "RE1", 70), ready(&id, "RE1", 71), ready(&id, odd, 72)])
        .await
        .unwrap();
    assert_eq!(kept.len(), 3);
    book.settle().await.unwrap();
    let items = recordings(&book, &id).await;
    assert_eq!(items.len(), 2);
    assert_eq!(items.iter().filter(|item| *item == first).count(), 1);
    assert!(
        items
            .iter()
            .any(|item| message(item)["recordingId"] == json!(odd))
    );
    // The item is no event: the record is folded from the others alone, and the stream tells of nothing new.
    assert_eq!(book.read(&id).await.unwrap().unwrap().version, 4);
    assert_eq!(book.settle().await.unwrap(), 0);

    let metrics = book.metrics.text();
    let counted: u64 = metrics
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok()?["Recordings"].as_u64())
        .sum();
    assert_eq!(counted, 2);
}

#[tokio::test]
async fn the_items_are_the_same_in_whatever_order_the_events_come() {
    let id = call("shuffled").unwrap();
    let life = |id: &CallId| {
        vec![
            told(id, "RE1", 60, Some(RecordingState::Running)),
            ready(id, "RE1", 70),
            told(id, "RE2", 71, Some(RecordingState::Failed)),
            ready(id, "RE3", 72),
        ]
    };
    for turn in 0..4 {
        let mut book = CallBook::open().await.unwrap();
        let mut events = life(&id);
        events.rotate_left(turn);
        for event in events {
            book.put(&[event]).await.unwrap();
            book.settle().await.unwrap();
        }
        let parts: Vec<_> = recordings(&book, &id)
            .await
            .iter()
            .map(|item| item[PART].as_s().unwrap().clone())
            .collect();
        assert_eq!(parts, ["recording#RE1", "recording#RE3"], "{turn}");
    }
}

#[tokio::test]
async fn what_cannot_or_need_not_be_fetched_gets_no_item() {
    let id = call("none").unwrap();
    let gives_up = {
        let event = given_up(&wanted(&id, "RE1"), "too-large", morning(90));
        NewEvent::of_recording(&wanted(&id, "RE1"), event, morning(90))
    };
    let cases = [
        ("it failed", told(&id, "RE1", 70, Some(RecordingState::Failed))),
        (
            "there is none",
            told(&id, "RE1", 70, Some(RecordingState::Absent)),
        ),
        (
            "it is being made",
            told(&id, "RE1", 70, Some(RecordingState::Running)),
        ),
        ("nobody says what it is", told(&id, "RE1", 70, None)),
        ("it is archived", is_archived(&id, "RE1", 90)),
        ("it is given up", gives_up),
    ];
    for (case, event) in cases {
        let mut book = CallBook::open().await.unwrap();
        let ours = event.entry.carrier == "own";
        let mut events = vec![event];
        if ours {
            events.push(ready(&id, "RE1", 80));
        }
        book.put(&events).await.unwrap();
        book.settle().await.unwrap();
        assert!(recordings(&book, &id).await.is_empty(), "{case}");
        assert!(book.read(&id).await.unwrap().is_some(), "{case}");
    }
}

#[tokio::test]
async fn an_item_that_could_not_be_written_is_written_when_the_events_come_again() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    book.put(&[ready(&id, "RE1", 70)]).await.unwrap();
    book.stack.gate().unwrap().fail("PutItem", Fault::Throttled);
    assert!(book.settle().await.is_err());
    assert!(recordings(&book, &id).await.is_empty());
    book.stack.gate().unwrap().heal();
    book.settle().await.unwrap();
    assert_eq!(recordings(&book, &id).await.len(), 1);
    assert!(book.stack.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn a_record_that_the_table_never_takes_does_not_keep_a_recording_from_being_archived() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("huge").unwrap();
    let mut events = vec![ready(&id, "RE1", 70)];
    for (name, second) in [("a", 1), ("b", 2)] {
        let mut wordy = event(&id, name, second, Kind::Progress);
        let words = Some("x".repeat(300_000));
        match name {
            "a" => wordy.entry.event.facts.ivr_text = words,
            _ => wordy.entry.event.facts.ivr_recording = words,
        }
        events.push(wordy);
    }
    book.put(&events).await.unwrap();
    book.settle().await.unwrap();
    assert_eq!(book.stack.dead_letters.letters().len(), 1);
    assert_eq!(recordings(&book, &id).await.len(), 1);
}

#[tokio::test]
async fn a_recordings_item_expires_with_its_call_and_is_written_for_no_call_that_has_expired() {
    const DAY: i64 = 24 * 3600;
    let mut book = CallBook::open().await.unwrap();
    let id = call("late").unwrap();
    // The first event that we hear is of the next day, and so is the item; then one comes in that was heard before.
    book.put(&[ready(&id, "RE1", DAY)]).await.unwrap();
    book.settle_at(morning(DAY + 60)).await.unwrap();
    assert_eq!(recordings(&book, &id).await.len(), 1);
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    book.settle_at(morning(DAY + 120)).await.unwrap();
    let midnight = morning(15 * 3600).as_second();
    let expiry = (midnight + 30 * DAY).to_string();
    assert_eq!(book.expiries(&id).await.unwrap(), vec![expiry.clone(); 4]);

    // Long after that another recording is told of: nothing is written that would outlive the call.
    book.put(&[ready(&id, "RE2", 40 * DAY)]).await.unwrap();
    book.settle_at(morning(40 * DAY)).await.unwrap();
    let items = recordings(&book, &id).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0][EXPIRES_AT], AttributeValue::N(expiry));
}

#[tokio::test]
async fn of_five_who_claim_at_once_one_gets_the_recording_whether_they_have_one_name_or_five() {
    for same_holder in [true, false] {
        let (book, wanted) = found().await;
        let tasks: Vec<_> = (0..5)
            .map(|number| {
                let (store, wanted) = (book.store.clone(), wanted.clone());
                let holder = format!("message-{}", if same_holder { 0 } else { number });
                tokio::spawn(async move {
                    let claimed = store.claim(&wanted, &holder, LEASE, morning(3600)).await;
                    claimed.unwrap()
                })
            })
            .collect();
        let mut leases = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Claimed::Mine(lease) => leases.push(lease),
                other => assert_eq!(other, busy(3690, same_holder)),
            }
        }
        assert_eq!(book.requests(), "UpdateItem 5");
        let [lease] = leases.as_slice() else {
            panic!("one lease: {leases:?}")
        };
        assert_eq!((lease.attempts, lease.until), (1, morning(3690)));
        assert_eq!((lease.first_tried_at, &lease.upload), (morning(3600), &None));
    }
}

#[tokio::test]
async fn a_lease_that_has_ended_is_nobodys_and_the_attempts_are_counted_from_the_first() {
    let (book, wanted) = found().await;
    mine(claim(&book, &wanted, "message-1", 100).await);
    assert_eq!(claim(&book, &wanted, "message-2", 189).await, busy(190, false));
    assert_eq!(claim(&book, &wanted, "message-1", 189).await, busy(190, true));
    let second = mine(claim(&book, &wanted, "message-2", 190).await);
    assert_eq!((second.attempts, second.first_tried_at), (2, morning(100)));
    assert_eq!(second.holder, "message-2");
    assert_eq!(claim(&book, &wanted, "message-1", 191).await, busy(280, false));

    // Who has released it has no lease, and everybody may have it at once.
    book.store.release(&wanted, &second).await.unwrap();
    let third = mine(claim(&book, &wanted, "message-2", 191).await);
    assert_eq!((third.attempts, third.first_tried_at), (3, morning(100)));
}

#[tokio::test]
async fn an_upload_is_handed_on_to_the_next_attempt_until_it_is_struck_out() {
    let (book, wanted) = found().await;
    let first = mine(claim(&book, &wanted, "message-1", 100).await);
    let kept = book
        .store
        .keep_upload(&wanted, &first, Some(&upload("u-1")))
        .await;
    assert_eq!(kept, Ok(true));
    book.store.release(&wanted, &first).await.unwrap();

    let second = mine(claim(&book, &wanted, "message-1", 130).await);
    assert_eq!(second.upload, Some(upload("u-1")));
    assert_eq!(book.store.keep_upload(&wanted, &second, None).await, Ok(true));
    // Also after its time, as long as nobody else has it; and the invocation that ends here releases nothing.
    let third = mine(claim(&book, &wanted, "message-1", 300).await);
    assert_eq!((third.attempts, &third.upload), (3, &None));
    let kept = book
        .store
        .keep_upload(&wanted, &third, Some(&upload("u-3")))
        .await;
    assert_eq!(kept, Ok(true));
    let fourth = mine(claim(&book, &wanted, "message-9", 400).await);
    assert_eq!(fourth.upload, Some(upload("u-3")));
}

#[tokio::test]
async fn who_has_lost_the_lease_writes_nothing_and_releases_nothing() {
    for successor in ["message-2", "message-1"] {
        let (book, wanted) = found().await;
        let lost = mine(claim(&book, &wanted, "message-1", 100).await);
        let new = mine(claim(&book, &wanted, successor, 200).await);
        let kept = book.store.keep_upload(&wanted, &new, Some(&upload("u-2"))).await;
        assert_eq!(kept, Ok(true));
        for upload in [Some(upload("u-1")), None] {
            let kept = book.store.keep_upload(&wanted, &lost, upload.as_ref()).await;
            assert_eq!(kept, Ok(false), "{successor}");
        }
        book.store.release(&wanted, &lost).await.unwrap();
        assert_eq!(claim(&book, &wanted, "message-3", 210).await, busy(290, false));
        book.store.release(&wanted, &new).await.unwrap();
        // And whoever has released it has it no more.
        assert_eq!(book.store.keep_upload(&wanted, &new, None).await, Ok(false));
        let next = mine(claim(&book, &wanted, "message-3", 220).await);
        assert_eq!(next.upload, Some(upload("u-2")));
    }
}

#[tokio::test]
async fn what_nobody_wants_or_has_expired_is_gone_and_a_claim_makes_nothing() {
    let (book, there) = found().await;
    let before = book.items(TENANT, &there.call_id).await.unwrap();
    let mut strangers = [there.clone(), there.clone(), there.clone()];
    strangers[0].recording_id = "RE2".to_owned();
    strangers[1].tenant = "t-2".to_owned();
    strangers[2].call_id = call("unknown").unwrap();
    for stranger in &strangers {
        assert_eq!(claim(&book, stranger, "message-1", 100).await, Claimed::Gone);
        assert_eq!(
            book.items(&stranger.tenant, &stranger.call_id)
                .await
                .unwrap()
                .len(),
            {
                let known = stranger.tenant == TENANT && stranger.call_id == there.call_id;
                if known { before.len() } else { 0 }
            }
        );
    }
    assert_eq!(book.items(TENANT, &there.call_id).await.unwrap(), before);

    // On the day of its expiry it is gone, although DynamoDB has not deleted it, whoever has it.
    const DAY: i64 = 24 * 3600;
    let expired = 15 * 3600 + 30 * DAY;
    let lease = mine(claim(&book, &there, "message-1", expired - 1).await);
    assert_eq!(lease.until, morning(expired + 89));
    for holder in ["message-1", "message-2"] {
        assert_eq!(claim(&book, &there, holder, expired).await, Claimed::Gone);
    }
}

#[tokio::test]
async fn a_claim_that_the_table_does_not_take_is_an_error_that_passes_and_no_attempt() {
    let (book, wanted) = found().await;
    let gate = book.stack.gate().unwrap();
    for fault in [Fault::Throttled, Fault::Down] {
        gate.fail("UpdateItem", fault);
        let claimed = book.store.claim(&wanted, "message-1", LEASE, morning(100)).await;
        assert!(claimed.unwrap_err().is_passing());
    }
    gate.heal();
    assert_eq!(mine(claim(&book, &wanted, "message-1", 101).await).attempts, 1);
}

#[tokio::test]
async fn a_recording_whose_id_is_longer_than_a_key_is_found_and_claimed_like_any_other() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("long").unwrap();
    let names = ["x".repeat(1000), format!("{}y", "x".repeat(999))];
    for (name, second) in names.iter().zip(70..) {
        book.put(&[ready(&id, name, second)]).await.unwrap();
    }
    book.settle().await.unwrap();
    let items = recordings(&book, &id).await;
    let mut found: Vec<_> = items
        .iter()
        .map(|item| item["recordingId"].as_s().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, names.iter().collect::<Vec<_>>());
    for name in &names {
        mine(claim(&book, &wanted(&id, name), "message-1", 100).await);
    }
}

#[tokio::test]
async fn an_unproven_sender_says_nothing_of_what_became_of_a_recording() {
    let book = CallBook::open().await.unwrap();
    let id = call("placed").unwrap();
    book.put(&[placed(&id, 0).unwrap(), ringback_tests::asked(&id, "slug-1", 1)])
        .await
        .unwrap();
    let mut pretended = is_archived(&id, "RE1", 9);
    pretended.entry.carrier = "tw".to_owned();
    pretended.entry.account = "slug-1".to_owned();
    pretended.placed_only = true;
    assert_eq!(
        book.store.put(&pretended).await,
        Ok(ringback_calls::Kept::NotPlaced)
    );
}

#[tokio::test]
async fn a_lease_of_any_length_ends_with_time_itself() {
    let (book, wanted) = found().await;
    let claimed = book
        .store
        .claim(&wanted, "message-1", Duration::MAX, morning(100))
        .await;
    assert_eq!(mine(claimed.unwrap()).until, Timestamp::MAX);
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_finds_its_own_lease_when_it_is_sent_again() {
    let (book, wanted) = found().await;
    book.stack.gate().unwrap().fail("UpdateItem", Fault::LostOnce);
    let lease = mine(claim(&book, &wanted, "message-1", 100).await);
    assert_eq!(book.requests(), "UpdateItem 2");
    assert_eq!((lease.attempts, lease.tries, lease.until), (1, 1, morning(190)));
    // Another claim under the same name is another one.
    assert_eq!(claim(&book, &wanted, "message-1", 101).await, busy(190, true));
    book.store.release(&wanted, &lease).await.unwrap();
    assert_eq!(mine(claim(&book, &wanted, "message-2", 102).await).attempts, 2);
}

#[tokio::test]
async fn a_recording_that_is_closed_is_tried_anew_by_whoever_claims_it_later_and_no_two_leases_are_one() {
    let (book, wanted) = found().await;
    let first = mine(claim(&book, &wanted, "message-1", 100).await);
    book.store.release(&wanted, &first).await.unwrap();
    let second = mine(claim(&book, &wanted, "message-1", 130).await);
    assert_eq!((second.tries, second.first_tried_at), (2, morning(100)));
    // Only who has it can close it.
    book.store.close(&wanted, &first).await.unwrap();
    assert_eq!(claim(&book, &wanted, "message-2", 131).await, busy(220, false));
    book.store.close(&wanted, &second).await.unwrap();

    let third = mine(claim(&book, &wanted, "message-2", 5000).await);
    assert_eq!((third.tries, third.first_tried_at), (1, morning(5000)));
    assert_eq!(third.attempts, 3);
    assert_eq!(book.store.keep_upload(&wanted, &second, None).await, Ok(false));
}
