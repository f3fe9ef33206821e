//! Recordings that are not there yet, carriers that want to be asked less, and what cannot be had at all.

use jiff::SignedDuration;
use ringback_calls::Kind;
use ringback_local::simulated_carriers::MediaFault;
use ringback_tests::Archive;
use serde_json::Value;

#[tokio::test]
async fn what_is_not_there_yet_is_asked_for_again_with_growing_delays() {
    let mut house = Archive::open().await.unwrap();
    // e9 needs about ten minutes.
    house.media().next("e9", vec![MediaFault::NotYet; 5]);
    let call = house.take("e9").await.unwrap();
    assert!(house.archived("e9", &call).await.unwrap().is_none());
    assert_eq!(house.be_patient(9).await.unwrap(), [30, 60, 120, 240, 480]);
    assert!(house.archived("e9", &call).await.unwrap().is_some());
    assert_eq!(house.metric("Waiting"), 5);
    assert_eq!(house.told(&call).await.unwrap(), [Kind::Archived]);
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn a_carrier_that_says_when_it_wants_to_be_asked_again_is_asked_then() {
    let mut house = Archive::open().await.unwrap();
    house.media().next(
        "tw",
        [
            MediaFault::Throttled(Some(600)),
            MediaFault::Throttled(Some(5)),
            MediaFault::Throttled(None),
        ],
    );
    let call = house.take("tw").await.unwrap();
    // What it asks for counts where it is longer than what we would wait anyhow.
    assert_eq!(house.be_patient(9).await.unwrap(), [600, 60, 120]);
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert_eq!(house.metric("Throttled"), 3);
}

#[tokio::test]
async fn after_a_day_it_is_given_up_and_what_is_sent_back_later_is_archived_all_the_same() {
    let mut house = Archive::open().await.unwrap();
    house.media().always("tw", MediaFault::NotYet);
    let call = house.take("tw").await.unwrap();
    let waits = house.be_patient(100).await.unwrap();
    let day = 24 * 3600;
    let waited: i64 = waits.iter().sum();
    assert!((day..day + 60).contains(&waited), "{waits:?}");
    assert!(
        waits.len() >= 28 && waits.iter().all(|wait| *wait <= 3600),
        "{waits:?}"
    );

    assert_eq!(house.told(&call).await.unwrap(), [Kind::GivenUp]);
    assert_eq!(house.given_up(&call).await.unwrap().as_deref(), Some("404"));
    assert_eq!(house.metric("GivenUp"), 1);
    assert!(house.exchange.stack.recordings.bodies().is_empty());
    let letters = house.exchange.stack.dead_letters.take_letters();
    let [letter] = letters.as_slice() else {
        panic!("one letter: {letters:?}")
    };
    let message: Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(message["callId"], call.as_str());
    assert!(letter.reason.contains("404"), "{}", letter.reason);

    // Somebody has found out what was wrong, and sends the message back to the queue.
    house
        .exchange
        .set_now(house.exchange.now() + SignedDuration::from_hours(48));
    house.media().heal();
    let now = house.exchange.now();
    house.exchange.stack.recordings.send(&letter.body, now);
    house.deliver().await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert_eq!(house.given_up(&call).await.unwrap(), None);
    assert_eq!(house.told(&call).await.unwrap(), [Kind::GivenUp, Kind::Archived]);
}

#[tokio::test]
async fn what_is_sent_back_has_all_the_patience_that_there_is_and_every_time() {
    let mut house = Archive::open().await.unwrap();
    house.media().always("tw", MediaFault::NotYet);
    let call = house.take("tw").await.unwrap();
    for _ in 0..2 {
        let waits = house.be_patient(100).await.unwrap();
        assert!(waits.len() >= 28, "{waits:?}");
        let letters = house.exchange.stack.dead_letters.take_letters();
        assert_eq!(letters.len(), 1);
        let now = house.exchange.now() + SignedDuration::from_mins(1);
        house.exchange.set_now(now);
        house.exchange.stack.recordings.send(&letters[0].body, now);
    }
    // Many are sent back at once, and the carrier is overrun.
    house.media().heal();
    house.media().next("tw", [MediaFault::Throttled(Some(600))]);
    house.deliver().await.unwrap();
    assert_eq!(house.be_patient(9).await.unwrap(), [600]);
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn two_messages_about_one_recording_have_one_patience_and_one_letter() {
    let mut house = Archive::open().await.unwrap();
    house.media().always("tw", MediaFault::NotYet);
    let begun = house.exchange.now();
    let call = house.take("tw").await.unwrap();
    let queue = &house.exchange.stack.recordings;
    let body = queue.bodies().remove(0);
    queue.send(&body, house.exchange.now());
    house.deliver().await.unwrap();
    house.be_patient(200).await.unwrap();
    assert!(queue.bodies().is_empty());
    let hours = house.exchange.now().duration_since(begun).as_hours();
    assert_eq!(
        (hours, house.metric("GivenUp"), house.metric("Repeated")),
        (24, 1, 1)
    );
    assert_eq!(house.exchange.stack.dead_letters.letters().len(), 1);
    assert_eq!(house.told(&call).await.unwrap(), [Kind::GivenUp]);
}

#[tokio::test]
async fn a_letter_that_could_not_be_sent_is_sent_as_soon_as_the_message_comes_again() {
    let mut house = Archive::open().await.unwrap();
    house.media().always("tw", MediaFault::NotYet);
    let call = house.take("tw").await.unwrap();
    let day = house.exchange.now() + SignedDuration::from_hours(25);
    house.exchange.set_now(day);
    let letters = &house.exchange.stack.dead_letters;
    letters.set_down(true);
    house.deliver().await.unwrap();
    assert_eq!(house.told(&call).await.unwrap(), [Kind::GivenUp]);
    assert_eq!((house.metric("Failed"), house.metric("GivenUp")), (1, 0));
    letters.set_down(false);
    // The queue shows it again by itself.
    let waits = house.be_patient(1).await.unwrap();
    assert!(waits[0] <= 20 * 60, "{waits:?}");
    assert_eq!((letters.letters().len(), house.metric("GivenUp")), (1, 1));
    assert!(house.exchange.stack.recordings.bodies().is_empty());
}

#[tokio::test]
async fn a_bad_hour_of_the_carriers_is_waited_for() {
    let elsewhere = MediaFault::Redirect("https://status.example.com/".to_owned());
    for fault in [MediaFault::Html, elsewhere] {
        let mut house = Archive::open().await.unwrap();
        house.media().next("tw", vec![fault.clone(); 5]);
        let call = house.take("tw").await.unwrap();
        let waits = house.be_patient(9).await.unwrap();
        assert_eq!(waits, [30, 60, 120, 240, 480], "{fault:?}");
        assert!(house.archived("tw", &call).await.unwrap().is_some(), "{fault:?}");
    }
}

#[tokio::test]
async fn what_will_never_be_had_is_given_up_at_once() {
    // A page may be one of maintenance, and passes; what it is after a quarter of an hour it stays.
    let page = vec![30, 60, 120, 240, 480];
    for (fault, why, waits) in [
        (MediaFault::Status(410), "410", vec![]),
        (MediaFault::Html, "not-audio", page),
    ] {
        let mut house = Archive::open().await.unwrap();
        house.media().always("tw", fault);
        let call = house.take("tw").await.unwrap();
        assert_eq!(house.be_patient(99).await.unwrap(), waits, "{why}");
        assert_eq!(house.given_up(&call).await.unwrap().as_deref(), Some(why));
        assert_eq!(house.told(&call).await.unwrap(), [Kind::GivenUp], "{why}");
        assert_eq!(house.exchange.stack.dead_letters.letters().len(), 1, "{why}");
        assert_eq!(house.metric("GivenUp"), 1, "{why}");
        house.is_clean(0).unwrap();
    }
}

#[tokio::test]
async fn a_carrier_that_does_not_let_us_is_asked_again_until_the_account_is_mended() {
    let mut house = Archive::open().await.unwrap();
    house.media().set_secret("tw", "another-token");
    let call = house.take("tw").await.unwrap();
    assert_eq!(house.metric("Refused"), 1);
    // The secret is put right; an instance that has not just looked reads it.
    let account = ringback_local::sample_accounts::SampleAccount::of("tw").unwrap();
    let secrets = &house.exchange.stack.simulated_secrets;
    secrets.set(&account.secret_arn(), "another-token");
    house.start_anew().await.unwrap();
    assert_eq!(house.be_patient(9).await.unwrap(), [30]);
    assert!(house.archived("tw", &call).await.unwrap().is_some());
}

#[tokio::test]
async fn a_secret_that_was_changed_at_both_ends_is_read_again_within_the_attempt() {
    let mut house = Archive::open().await.unwrap();
    let first = house.take("bw").await.unwrap();
    assert!(house.archived("bw", &first).await.unwrap().is_some());
    let account = ringback_local::sample_accounts::SampleAccount::of("bw").unwrap();
    let changed = "sample-api-user-bw:changed";
    let arn = account.api_secret_arn().unwrap();
    house.exchange.stack.simulated_secrets.set(&arn, changed);
    house.media().set_secret("bw", changed);

    let another = house.take("bw").await.unwrap();
    assert!(house.archived("bw", &another).await.unwrap().is_some());
    assert_eq!(house.metric("Refused"), 0);
}

#[tokio::test]
async fn an_account_that_lacks_a_setting_waits_for_it() {
    let mut house = Archive::open().await.unwrap();
    house
        .set_account("tw", |account| account.settings.0.clear())
        .await
        .unwrap();
    house.start_anew().await.unwrap();
    let call = house.take("tw").await.unwrap();
    assert_eq!(
        (house.metric("Refused"), house.media().take_requests().len()),
        (1, 0)
    );
    house.set_account("tw", |_| {}).await.unwrap();
    house.start_anew().await.unwrap();
    house.be_patient(9).await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_some());
}
