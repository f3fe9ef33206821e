//! What breaks on the way: downloads, S3, the function itself, and messages that come more than once.

use std::time::Duration;

use futures_util::future::join_all;
use ringback_calls::{Claimed, Kind};
use ringback_local::gate::Fault;
use ringback_local::simulated_carriers::{MediaFault, mp3};
use ringback_local::simulated_s3::{S3Fault, SimulatedS3};
use ringback_tests::Archive;

/// What is sent to S3 at once, at most.
const PART: usize = 8 * 1024 * 1024;

/// A house where the recording of Voximplant has that many bytes.
async fn with_a_recording_of(bytes: usize) -> Archive {
    let house = Archive::open().await.unwrap();
    house.media().set_recording("vx", mp3(bytes, 3));
    house
}

#[tokio::test]
async fn a_large_recording_is_stored_in_parts() {
    let mut house = with_a_recording_of(2 * PART + 11).await;
    let call = house.take("vx").await.unwrap();
    let archived = house.archived("vx", &call).await.unwrap();
    assert!(archived.is_some(), "{}", house.metrics.text());
    let counts = house.s3().take_counts();
    assert_eq!(
        (counts["UploadPart"], counts["CompleteMultipartUpload"]),
        (3, 1),
        "{counts:?}"
    );
    let tags = house.s3().tags("recordings", &archived.unwrap().key).unwrap();
    assert_eq!(tags["retention"], "standard");
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn a_link_that_has_expired_is_replaced_by_a_fresh_one() {
    for carrier in ["tx", "hw"] {
        let mut house = Archive::open().await.unwrap();
        house.media().next(carrier, [MediaFault::LinkExpired]);
        let call = house.take(carrier).await.unwrap();
        assert!(
            house.archived(carrier, &call).await.unwrap().is_some(),
            "{carrier}"
        );
        let asked = house.media().take_requests();
        assert_eq!(
            asked.len(),
            4,
            "{carrier}: a link, its 403, another link, the recording"
        );
    }
    // Where no fresh one helps it waits, and does not ask on and on.
    let mut house = Archive::open().await.unwrap();
    house.media().always("tx", MediaFault::LinkExpired);
    let call = house.take("tx").await.unwrap();
    assert!(house.media().take_requests().len() <= 4);
    assert_eq!(house.metric("Refused"), 1);
    house.media().heal();
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("tx", &call).await.unwrap().is_some());
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke() {
    let mut house = Archive::open().await.unwrap();
    house.media().next(
        "tw",
        [MediaFault::CutAfter(100_000), MediaFault::CutAfter(50_000)],
    );
    let call = house.take("tw").await.unwrap();
    assert!(
        house.archived("tw", &call).await.unwrap().is_some(),
        "{:?}",
        house.media().take_requests()
    );
    let asked = house.media().take_requests();
    let ranges: Vec<_> = asked.iter().map(|request| request.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=100000-"), Some("bytes=150000-")]);
    assert_eq!(house.metric("Waiting"), 0);
}

#[tokio::test]
async fn less_than_was_promised_is_never_stored_where_it_cannot_go_on() {
    for fault in [
        MediaFault::CutAfter(100_000),
        MediaFault::CutWithoutLength(100_000),
    ] {
        let mut house = Archive::open().await.unwrap();
        house.media().set_ranges(false);
        house.media().next("tw", [fault.clone()]);
        let call = house.take("tw").await.unwrap();
        assert!(house.archived("tw", &call).await.unwrap().is_none(), "{fault:?}");
        assert_eq!(house.metric("Waiting"), 1, "{fault:?}");
        house.is_clean(0).unwrap();
        assert_eq!(house.be_patient(9).await.unwrap(), [30], "{fault:?}");
        assert!(house.archived("tw", &call).await.unwrap().is_some(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_recording_whose_length_nobody_tells_is_archived_all_the_same() {
    let mut house = Archive::open().await.unwrap();
    house.media().next("tw", [MediaFault::NoLength]);
    let call = house.take("tw").await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_that_sends_a_byte_now_and_then_is_left_and_asked_again_later() {
    for pause in [Duration::from_millis(200), Duration::from_secs(5)] {
        let mut house = Archive::open().await.unwrap();
        house.media().set_ranges(false);
        house.media().next("tw", [MediaFault::Drip(1, pause)]);
        let begun = std::time::Instant::now();
        let call = house.take("tw").await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(6), "{pause:?}");
        assert!(house.archived("tw", &call).await.unwrap().is_none(), "{pause:?}");
        assert_eq!(house.be_patient(9).await.unwrap(), [30], "{pause:?}");
        assert!(house.archived("tw", &call).await.unwrap().is_some(), "{pause:?}");
    }
}

#[tokio::test]
async fn s3_failing_in_the_middle_of_a_part_leaves_no_upload_and_the_next_attempt_archives() {
    let mut house = with_a_recording_of(PART + 100_000).await;
    // Once: the part is sent again, and nobody notices.
    house
        .s3()
        .fail("UploadPart", S3Fault::Breaks { after: 1, times: 1 });
    let call = house.take("vx").await.unwrap();
    assert!(
        house.archived("vx", &call).await.unwrap().is_some(),
        "{}",
        house.metrics.text()
    );
    house.is_clean(1).unwrap();

    // Again and again: the attempt is over, and its upload too.
    let mut house = with_a_recording_of(PART + 100_000).await;
    house
        .s3()
        .fail("UploadPart", S3Fault::Breaks { after: 1, times: 99 });
    let call = house.take("vx").await.unwrap();
    assert!(house.archived("vx", &call).await.unwrap().is_none());
    assert_eq!(house.metric("Failed"), 1);
    house.is_clean(0).unwrap();
    house.s3().heal();
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("vx", &call).await.unwrap().is_some());
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn s3_that_is_down_is_waited_for_and_the_carrier_deletes_nothing_meanwhile() {
    let mut house = Archive::open().await.unwrap();
    let setting = ("deleteAtCarrier".to_owned(), "yes".to_owned());
    house
        .set_account("tw", |account| account.settings.0.extend([setting]))
        .await
        .unwrap();
    house.start_anew().await.unwrap();
    house.s3().fail(SimulatedS3::EVERYTHING, S3Fault::Down);
    let call = house.take("tw").await.unwrap();
    assert_eq!((house.metric("Failed"), house.media().deletions()), (1, 0));
    assert_eq!(house.told(&call).await.unwrap(), []);
    house.s3().heal();
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert_eq!(house.media().deletions(), 1);
    assert_eq!(
        house.told(&call).await.unwrap(),
        [Kind::Archived, Kind::DeletedAtCarrier]
    );
}

#[tokio::test]
async fn an_attempt_that_lambda_ends_in_the_middle_leaves_an_upload_that_the_next_one_ends() {
    let mut house = with_a_recording_of(2 * PART + 11).await;
    let slowly = MediaFault::Drip(512 * 1024, Duration::from_millis(40));
    house.media().next("vx", [slowly]);
    let life = house.hear("vx").await.unwrap();
    house.settle().await.unwrap();
    let event = house.receive().unwrap();
    let part_is_there = async {
        while !house
            .s3()
            .left_over()
            .unwrap()
            .iter()
            .any(|name| name.contains(".part-"))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Whoever is first ends the other: Lambda, here.
    tokio::select! {
        answer = house.function.take(&event, house.exchange.now(), None) => panic!("too early: {answer:?}"),
        () = part_is_there => {}
    }
    assert!(!house.s3().left_over().unwrap().is_empty());

    // The queue shows the message again when nobody has said that it is done.
    let waits = house.be_patient(9).await.unwrap();
    assert!(
        waits.len() <= 2 && waits.iter().sum::<i64>() <= 20 * 60,
        "{waits:?}"
    );
    assert!(
        house.archived("vx", &life.call).await.unwrap().is_some(),
        "{}",
        house.metrics.text()
    );
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn an_attempt_that_has_no_time_left_ends_itself_and_comes_again() {
    let mut house = with_a_recording_of(2 * PART + 11).await;
    let slowly = MediaFault::Drip(512 * 1024, Duration::from_millis(40));
    house.media().next("vx", [slowly]);
    let life = house.hear("vx").await.unwrap();
    house.settle().await.unwrap();
    let event = house.receive().unwrap();
    let left = Some(Duration::from_millis(900));
    let answer = house.function.take(&event, house.exchange.now(), left).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    house.is_clean(0).unwrap();
    house.exchange.stack.recordings.settle(&event, &answer);
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("vx", &life.call).await.unwrap().is_some());
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn the_same_message_five_times_at_once_archives_once() {
    let mut house = Archive::open().await.unwrap();
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    let queue = &house.exchange.stack.recordings;
    let body = queue.bodies().remove(0);
    for _ in 0..4 {
        queue.send(&body, house.exchange.now());
    }
    let events: Vec<_> = (0..5).map(|_| house.receive().unwrap()).collect();
    let now = house.exchange.now();
    let answers = join_all(events.iter().map(|event| house.function.take(event, now, None))).await;
    for (event, answer) in events.iter().zip(&answers) {
        queue.settle(event, answer);
    }
    assert!(house.archived("tw", &life.call).await.unwrap().is_some());
    // Whoever finds it taken looks once more when it must be free: somebody might have died with it.
    let waits = house.be_patient(9).await.unwrap();
    assert!(waits.iter().sum::<i64>() <= 931, "{waits:?}");
    assert!(queue.bodies().is_empty());
    assert_eq!((house.metric("Archived"), house.metric("Repeated")), (1, 4));
    assert_eq!(house.told(&life.call).await.unwrap(), [Kind::Archived]);
    assert_eq!(house.media().take_requests().len(), 1);
    // And once more when all is done.
    queue.send(&body, house.exchange.now());
    house.deliver().await.unwrap();
    assert_eq!(house.metric("Repeated"), 5);
    assert!(house.media().take_requests().is_empty());
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn a_message_about_a_call_that_is_gone_is_done_with() {
    let house = Archive::open().await.unwrap();
    let body = r#"{"tenant":"t-1","callId":"call-nobody-knows","recordingId":"RE1","version":"3"}"#;
    house.exchange.stack.recordings.send(body, house.exchange.now());
    assert_eq!(house.deliver().await.unwrap(), 1);
    assert!(house.exchange.stack.recordings.bodies().is_empty());
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
    assert!(house.media().take_requests().is_empty());
}

#[tokio::test]
async fn what_is_no_message_goes_to_the_dead_letters() {
    let house = Archive::open().await.unwrap();
    house
        .exchange
        .stack
        .recordings
        .send("not JSON", house.exchange.now());
    house.deliver().await.unwrap();
    assert!(house.exchange.stack.recordings.bodies().is_empty());
    assert_eq!(house.exchange.stack.dead_letters.letters().len(), 1);
}

#[tokio::test]
async fn who_is_late_to_claim_what_another_has_archived_meanwhile_changes_nothing() {
    let mut house = Archive::open().await.unwrap();
    house.media().set_ranges(false);
    let slowly = MediaFault::Drip(64 * 1024, Duration::from_millis(150));
    house.media().next("tw", [slowly]);
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    let queue = &house.exchange.stack.recordings;
    let body = queue.bodies().remove(0);
    queue.send(&body, house.exchange.now());
    let (first, second) = (house.receive().unwrap(), house.receive().unwrap());
    let now = house.exchange.now();
    let late = async {
        // The first has claimed it and is asking the carrier; the second has come so far that it claims it, and is held
        // up there until the first is done.
        let mut asked = Vec::new();
        while asked.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            asked = house.media().take_requests();
        }
        let gate = house.exchange.stack.gate().unwrap();
        gate.fail("UpdateItem", Fault::LateOnce(Duration::from_millis(1500)));
        house.function.take(&second, now, None).await
    };
    let (early, late) = futures_util::future::join(house.function.take(&first, now, None), late).await;
    assert!(early.batch_item_failures.is_empty());
    assert!(late.batch_item_failures.is_empty(), "it was free");
    assert!(house.archived("tw", &life.call).await.unwrap().is_some());
    assert_eq!((house.metric("Archived"), house.metric("Repeated")), (1, 1));
    assert!(
        house.media().take_requests().is_empty(),
        "it is not fetched again"
    );
    assert_eq!(house.told(&life.call).await.unwrap(), [Kind::Archived]);
}

#[tokio::test]
async fn who_finds_a_lease_that_nobody_works_under_comes_again_once_it_is_over() {
    let mut house = Archive::open().await.unwrap();
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    let wanted = house.wanted().unwrap();
    let calls = &house.exchange.calls;
    let now = house.exchange.now();
    // It could not be given back, or its holder has died.
    let lease = Duration::from_secs(930);
    calls.claim(&wanted, "another-message", lease, now).await.unwrap();
    house.deliver().await.unwrap();
    assert!(house.archived("tw", &life.call).await.unwrap().is_none());
    let waits = house.be_patient(9).await.unwrap();
    assert!(matches!(waits[..], [930 | 931]), "{waits:?}");
    assert!(house.archived("tw", &life.call).await.unwrap().is_some());
}

#[tokio::test]
async fn who_has_lost_a_recording_comes_again_and_stores_nothing() {
    let mut house = with_a_recording_of(2 * PART + 11).await;
    let slowly = MediaFault::Drip(512 * 1024, Duration::from_millis(40));
    house.media().next("vx", [slowly]);
    house.hear("vx").await.unwrap();
    house.settle().await.unwrap();
    let (event, wanted) = (house.receive().unwrap(), house.wanted().unwrap());
    let now = house.exchange.now();
    let steal = async {
        while house.media().take_requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let later = now + jiff::SignedDuration::from_hours(1);
        let calls = &house.exchange.calls;
        let lease = Duration::from_secs(930);
        calls.claim(&wanted, "another-message", lease, later).await
    };
    let taking = house.function.take(&event, now, None);
    let (answer, stolen) = futures_util::future::join(taking, steal).await;
    assert!(matches!(stolen, Ok(Claimed::Mine(_))));
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(house.metric("Archived"), 0);
    house.is_clean(0).unwrap();
}

#[tokio::test]
async fn a_recording_whose_events_cannot_be_read_is_waited_for_and_not_forgotten() {
    let mut house = Archive::open().await.unwrap();
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    // As after a deployment of what writes events, and before that of what reads them.
    let events = house.hide_events(&life.call).await.unwrap();
    house.deliver().await.unwrap();
    assert_eq!(house.metric("Waiting"), 1);
    assert_eq!(house.be_patient(1).await.unwrap(), [30]);
    assert_eq!(house.metric("Waiting"), 2);
    house.show_events(events).await.unwrap();
    assert_eq!(house.be_patient(9).await.unwrap(), [60]);
    assert!(house.archived("tw", &life.call).await.unwrap().is_some());

    // For ever it is not waited for, and somebody hears of it.
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    house.hide_events(&life.call).await.unwrap();
    house.deliver().await.unwrap();
    house.be_patient(99).await.unwrap();
    let letters = house.exchange.stack.dead_letters.letters();
    assert!(letters[0].reason.contains("not-in-record"), "{letters:?}");
}

#[tokio::test]
async fn what_is_stored_is_told_as_soon_as_the_table_takes_it_and_is_not_fetched_again() {
    let mut house = Archive::open().await.unwrap();
    let life = house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    // More than the SDK tries by itself.
    let gate = house.exchange.stack.gate().unwrap();
    gate.fail("PutItem", Fault::DownFor(7));
    house.deliver().await.unwrap();
    assert!(house.archived("tw", &life.call).await.unwrap().is_some());
    assert_eq!(house.media().take_requests().len(), 1);
    assert_eq!(house.metric("Archived"), 1);
}
