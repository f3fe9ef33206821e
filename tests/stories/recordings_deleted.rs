//! Deleting at the carrier what is archived: when, when not, and what comes of it.

use std::time::Duration;

use ringback_calls::Kind;
use ringback_local::gate::Fault;
use ringback_local::simulated_carriers::{MediaFault, mp3, wav};
use ringback_tests::Archive;

/// A house whose account at that carrier wants recordings deleted there.
async fn deleting(carrier: &str) -> Archive {
    let mut house = Archive::open().await.unwrap();
    let setting = ("deleteAtCarrier".to_owned(), "yes".to_owned());
    house
        .set_account(carrier, |account| account.settings.0.extend([setting]))
        .await
        .unwrap();
    house.start_anew().await.unwrap();
    house
}

#[tokio::test]
async fn a_carrier_that_refuses_to_delete_does_not_undo_the_archiving() {
    for (carrier, status, waits) in [("tw", 403, 30), ("tw", 400, 0), ("vx", 200, 0)] {
        let mut house = Archive::open().await.unwrap();
        let setting = ("deleteAtCarrier".to_owned(), "yes".to_owned());
        house
            .set_account(carrier, |account| account.settings.0.extend([setting]))
            .await
            .unwrap();
        house.start_anew().await.unwrap();
        house.media().refuse_deletion(status);
        let call = house.take(carrier).await.unwrap();
        assert!(
            house.archived(carrier, &call).await.unwrap().is_some(),
            "{carrier}"
        );
        assert_eq!(
            house.be_patient(99).await.unwrap().len(),
            waits,
            "{carrier} {status}"
        );
        let told = house.told(&call).await.unwrap();
        assert_eq!(told, [Kind::Archived, Kind::DeleteRefused], "{carrier}");
        assert_eq!(house.metric("DeleteRefused"), 1, "{carrier}");
        assert!(house.exchange.stack.recordings.bodies().is_empty(), "{carrier}");
        assert!(
            house.exchange.stack.dead_letters.letters().is_empty(),
            "{carrier}"
        );
    }
}

#[tokio::test]
async fn what_archived_recordings_still_owe_does_not_give_them_up() {
    let mut house = deleting("tw").await;
    house.media().refuse_deletion(500);
    let call = house.take("tw").await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    // The table of accounts does not answer any more.
    house.start_anew().await.unwrap();
    let gate = house.exchange.stack.gate().unwrap();
    gate.fail("GetItem", Fault::Down);
    house.be_patient(99).await.unwrap();
    assert_eq!(
        house.told(&call).await.unwrap(),
        [Kind::Archived, Kind::DeleteRefused]
    );
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
    assert_eq!((house.metric("GivenUp"), house.metric("DeleteRefused")), (0, 1));
}

#[tokio::test]
async fn an_answer_that_drips_for_ever_ends_neither_the_deletion_nor_the_function() {
    let mut house = deleting("tw").await;
    house.media().drip_answers();
    let begun = std::time::Instant::now();
    let call = house.take("tw").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(6));
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert_eq!((house.metric("Archived"), house.metric("Waiting")), (1, 1));
    house.media().heal();
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    let told = house.told(&call).await.unwrap();
    assert_eq!(told, [Kind::Archived, Kind::DeletedAtCarrier]);

    // The same where it should say where the recording is.
    let mut house = Archive::open().await.unwrap();
    house.media().drip_answers();
    let begun = std::time::Instant::now();
    let call = house.take("tx").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(6));
    house.media().heal();
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("tx", &call).await.unwrap().is_some());
}

#[tokio::test]
async fn a_deletion_is_not_begun_with_little_time_left() {
    let mut house = deleting("tw").await;
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    let event = house.receive().unwrap();
    let left = Some(Duration::from_secs(25));
    let answer = house.function.take(&event, house.exchange.now(), left).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!((house.metric("Archived"), house.media().deletions()), (1, 0));
    house.exchange.stack.recordings.settle(&event, &answer);
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert_eq!(house.media().deletions(), 1);
    let told = house.told(&life.call).await.unwrap();
    assert_eq!(told, [Kind::Archived, Kind::DeletedAtCarrier]);
}

#[tokio::test]
async fn a_deletion_that_the_account_does_not_allow_waits_for_it_to_be_mended() {
    for status in [401, 403] {
        let mut house = deleting("tw").await;
        house.media().refuse_deletion(status);
        let call = house.take("tw").await.unwrap();
        assert_eq!(house.told(&call).await.unwrap(), [Kind::Archived], "{status}");
        house.media().heal();
        assert_eq!(house.be_patient(9).await.unwrap(), [30], "{status}");
        let told = house.told(&call).await.unwrap();
        assert_eq!(told, [Kind::Archived, Kind::DeletedAtCarrier], "{status}");
    }
}

#[tokio::test]
async fn what_may_be_cut_short_is_archived_and_never_deleted_at_the_carrier() {
    const HTTP: &str = "http://records.example.com/JY20261120000005.mp3";
    const TLS: &str = "hosts = [\"records.example.com\"]";
    const NO_TLS: &str = "delete = { method = \"DELETE\" }\nhosts = [\"http://records.example.com\"]";
    let whole = mp3(928_000, 5);
    // 58 seconds are announced. All of it has come; a third has; no length, and nobody can say how much it should be.
    let unknown = [b"OggS\0\x02\0\0".to_vec(), vec![7; 50_000]].concat();
    for (recording, cut, archived_at, deleted) in [
        (&whole, None, Some(0), true),
        (&whole, Some(300_000), Some(5), false),
        (&unknown, None, Some(0), false),
    ] {
        let mut house = Archive::open().await.unwrap();
        house.media().add_host("records.example.com", "jy");
        let given = recording[..cut.unwrap_or(recording.len())].to_vec();
        house.media().set_recording("jy", given.clone());
        house.media().always("jy", MediaFault::Closed);
        let settings = [("deleteAtCarrier", "yes")];
        let call = house
            .take_described_with(TLS, NO_TLS, HTTP, &settings)
            .await
            .unwrap();
        let waits = house.be_patient(99).await.unwrap();
        assert_eq!(Some(waits.len()), archived_at, "{waits:?}");
        assert!(house.archived_of(&given, &call).await.unwrap().is_some());
        assert_eq!(house.media().deletions() > 0, deleted, "{}", given.len());
        assert_eq!(house.metric("DeleteRefused"), u64::from(!deleted));
        // Nor by a later message.
        let body = serde_json::to_string(&house.wanted_of(&call).await.unwrap()).unwrap();
        house.exchange.stack.recordings.send(&body, house.exchange.now());
        house.deliver().await.unwrap();
        assert_eq!(house.media().deletions() > 0, deleted, "{}", given.len());
    }
}

#[tokio::test]
async fn a_wav_that_says_it_has_more_comes_again_and_is_archived_at_last_but_never_deleted() {
    let mut house = deleting("tw").await;
    let whole = house.media().recording("tw");
    house.media().set_recording("tw", whole.slice(..100_000));
    let call = house.take("tw").await.unwrap();
    assert_eq!(house.metric("Waiting"), 1);
    house.is_clean(0).unwrap();
    house.media().set_recording("tw", whole.clone());
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert_eq!(house.media().deletions(), 1);

    // Its server says that this is all, and says so again and again: in one part and in several.
    let large = wav(8 * 1024 * 1024 + 100_000, 7);
    let cut = [whole[..100_000].to_vec(), large[..large.len() - 50_000].to_vec()];
    for (index, given) in cut.into_iter().enumerate() {
        house.media().set_recording("tw", given.clone());
        let call = house.take("tw").await.unwrap();
        assert_eq!(house.be_patient(9).await.unwrap(), [30, 60, 120, 240, 480]);
        assert!(house.archived_of(&given, &call).await.unwrap().is_some());
        let (_, recording) = house.recording(&call).await.unwrap();
        assert_eq!(recording.delete_refused.as_deref(), Some("not-proven-whole"));
        assert_eq!(house.media().deletions(), 1);
        assert_eq!(house.metric("DeleteRefused"), index as u64 + 1);
    }
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
    house.is_clean(3).unwrap();

    // What was written as it was recorded leaves its size open, and is as whole as its server says.
    let mut unknown = whole.to_vec();
    unknown[4..8].copy_from_slice(&0x8000_0023_u32.to_le_bytes());
    house.media().set_recording("tw", unknown);
    let call = house.take("tw").await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert_eq!(house.media().deletions(), 2);
}
