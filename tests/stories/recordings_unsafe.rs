//! What somebody might make us fetch: other hosts, private networks, pages, and more than there should be.

use ringback_calls::{CallId, Kind};
use ringback_local::simulated_carriers::{MediaFault, mp3};
use ringback_tests::Archive;

const HOST: &str = "api.twilio.com";

/// The recording is given up, for that reason and at once, and lies among the dead letters; nothing is stored.
async fn is_given_up(house: &Archive, call: &CallId, why: &str, case: &str) {
    assert_eq!(
        house.given_up(call).await.unwrap().as_deref(),
        Some(why),
        "{case}"
    );
    assert_eq!(house.told(call).await.unwrap(), [Kind::GivenUp], "{case}");
    let letters = house.exchange.stack.dead_letters.take_letters();
    assert_eq!(letters.len(), 1, "{case}");
    assert!(!letters[0].reason.contains("example"), "{case}");
    house.is_clean(0).unwrap();
}

#[tokio::test]
async fn a_recording_at_a_host_that_is_not_the_carriers_is_never_asked_for() {
    let mut house = Archive::open().await.unwrap();
    let places = [
        "recordings.example.com",
        "api.twilio.com.example.com",
        "example.com%2Fapi.twilio.com",
        "169.254.169.254",
        "%5B%3A%3Affff%3A169.254.169.254%5D",
        "2852039166",
        "localhost",
        "api.twilio.com%3A8443",
        "user%40api.twilio.com",
        "api.twilio.com%40example.com",
    ];
    for place in places {
        let call = house.take_with("tw", HOST, place).await.unwrap();
        is_given_up(&house, &call, "place-not-allowed", place).await;
        assert!(house.media().take_requests().is_empty(), "{place}");
    }
    assert_eq!(house.metric("GivenUp"), places.len() as u64);
}

#[tokio::test]
async fn another_account_at_the_carriers_own_host_is_not_asked_for() {
    let mut house = Archive::open().await.unwrap();
    let (own, other) = (
        "AC00000000000000000000000000000001%2FRecordings",
        "AC9%2FRecordings",
    );
    let call = house.take_with("tw", own, other).await.unwrap();
    is_given_up(&house, &call, "place-not-allowed", other).await;
    assert!(house.media().take_requests().is_empty());
}

#[tokio::test]
async fn a_redirection_to_somewhere_else_is_not_followed() {
    let mut house = Archive::open().await.unwrap();
    for place in [
        "https://recordings.example.com/sample.wav",
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://127.0.0.1:8700/",
        "http://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE1.wav",
        "//recordings.example.com/sample.wav",
        "file:///etc/passwd",
    ] {
        house.media().always("tw", MediaFault::Redirect(place.to_owned()));
        let call = house.take("tw").await.unwrap();
        assert_eq!(house.media().take_requests().len(), 1, "{place}");
        // It may pass, and is given up when it does not.
        house.be_patient(99).await.unwrap();
        is_given_up(&house, &call, "place-not-allowed", place).await;
        assert_eq!(house.media().take_requests().len(), 5, "{place}");
    }
}

#[tokio::test]
async fn a_redirection_to_another_allowed_host_is_followed_without_credentials() {
    let mut house = Archive::open().await.unwrap();
    let setting = ("recordingHosts".to_owned(), "media.example.com".to_owned());
    house
        .set_account("tw", |account| account.settings.0.extend([setting]))
        .await
        .unwrap();
    house.start_anew().await.unwrap();
    house.media().add_host("media.example.com", "elsewhere");
    house
        .media()
        .set_recording("elsewhere", house.media().recording("tw"));
    let place = "https://media.example.com/sample.wav".to_owned();
    house.media().next("tw", [MediaFault::Redirect(place)]);
    let call = house.take("tw").await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_some());
    let asked = house.media().take_requests();
    let brought: Vec<_> = asked
        .iter()
        .map(|request| {
            (
                request.host.as_str(),
                request.headers.contains(&"authorization".to_owned()),
            )
        })
        .collect();
    assert_eq!(brought, [(HOST, true), ("media.example.com", false)]);
    for header in ["referer", "cookie", "x-amz-security-token"] {
        assert!(
            asked
                .iter()
                .all(|request| !request.headers.contains(&header.to_owned())),
            "{header}"
        );
    }
}

#[tokio::test]
async fn endless_redirections_come_to_an_end() {
    let mut house = Archive::open().await.unwrap();
    let place =
        format!("https://{HOST}/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE1.wav");
    house.media().always("tw", MediaFault::Redirect(place));
    let call = house.take("tw").await.unwrap();
    assert!(house.archived("tw", &call).await.unwrap().is_none());
    assert_eq!(house.media().take_requests().len(), 4);
    assert_eq!(house.metric("Waiting"), 1);
}

#[tokio::test]
async fn a_page_with_status_200_is_no_recording() {
    let mut house = Archive::open().await.unwrap();
    house.media().always("vx", MediaFault::Html);
    let call = house.take("vx").await.unwrap();
    house.be_patient(99).await.unwrap();
    is_given_up(&house, &call, "not-audio", "a page").await;
}

#[tokio::test]
async fn what_is_larger_than_allowed_is_not_stored_whether_its_size_is_told_or_not() {
    for fault in [None, Some(MediaFault::NoLength)] {
        let mut house = Archive::with(&[("MAX_RECORDING_MB", "1")]).await.unwrap();
        house.media().set_recording("vx", mp3(1_000_001, 7));
        house.media().next("vx", fault.clone());
        let call = house.take("vx").await.unwrap();
        is_given_up(&house, &call, "too-large", &format!("{fault:?}")).await;
    }
}
