//! Calls that are told to end, and legs that nobody is there for any more.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{Asked, CallEvent, CallId, CloseCause, Kind, NewEvent, State, TakenOn};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::CallStream;
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::{CarrierFault, Fate, Pace};
use ringback_tests::{AGENT, Dialler, Wanted, customer};

fn hang_up(call: &str) -> Wanted {
    Wanted::request("DELETE", &format!("/calls/{call}"))
}

#[tokio::test]
async fn the_agent_hangs_up_while_the_customers_telephone_rings_and_the_customers_call_is_ended() {
    for code in ["tx", "si"] {
        let dialler = Dialler::with(&[code]).await.unwrap();
        let carriers = dialler.carriers();
        // Longer than anybody waits here: only who ends the customer's leg ends the call.
        let hold = Duration::from_secs(600);
        carriers.set_pace(Pace {
            hold,
            ..Pace::default()
        });
        carriers.set_fate(AGENT, Fate::HangsUpEarly);
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        assert_eq!(reply.status, 201, "{code}: {reply:?}");
        carriers.settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(record.state, State::Close, "{code}");
        assert_eq!(record.b.answered_at, None, "{code}: nobody answered for nobody");
        assert!(record.b.ended_at.is_some(), "{code}");
        let asked = carriers.take_requests();
        assert!(
            asked.iter().any(|request| request.what == "hang-up"),
            "{code}: {asked:?}"
        );
        assert_eq!(carriers.times_rung(&customer(1)), 1, "{code}");
    }
}

#[tokio::test]
async fn a_call_whose_end_was_lost_and_that_somebody_ends_is_closed_as_soon_as_somebody_looks() {
    for (code, cause) in [("tw", CloseCause::Normal), ("tx", CloseCause::Normal)] {
        let dialler = Dialler::with(&[code]).await.unwrap();
        let metrics = || emf_sink(std::io::sink());
        let reconcile = dialler.stack.reconcile_calls(&[], metrics()).await.unwrap();
        let project = dialler.stack.project_calls(&[], metrics()).await.unwrap();
        let mut stream = CallStream::open(&dialler.stack).await.unwrap();
        let carriers = dialler.carriers();
        let talk = Duration::from_millis(1100);
        carriers.set_pace(Pace {
            talk,
            ..Pace::default()
        });
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        while dialler.record(reply.call()).await.unwrap().state != State::Conn {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // From here on nobody hears of it.
        carriers.always(code, [CarrierFault::Silent]);
        carriers.settled().await;
        let talking = dialler.record(reply.call()).await.unwrap();
        assert_eq!(talking.state, State::Conn, "{code}");
        let now = Timestamp::now() + SignedDuration::from_secs(150);
        for _ in 0..2 {
            let ended = dialler.ask(&hang_up(reply.call()).at(now)).await.unwrap();
            assert_eq!(ended.status, 202, "{code}: {ended:?}");
        }
        let ours = dialler.ours(reply.call()).await.unwrap();
        let count = |kind| ours.iter().filter(|(of, _)| *of == kind).count();
        assert_eq!(
            (count(Kind::HangUpAsked), count(Kind::SaidOver)),
            (1, 1),
            "{code}"
        );
        stream.catch_up(&project, now).await.unwrap();
        let report = reconcile.run(now, None).await.unwrap();
        assert_eq!((report.due, report.closed), (1, 1), "{code}: {report:?}");
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(
            (record.state, record.close_cause),
            (State::Close, Some(cause)),
            "{code}"
        );
    }
}

#[tokio::test]
async fn who_asks_for_an_end_again_and_again_leaves_one_event_in_ten_seconds_and_the_carrier_is_told() {
    let dialler = Dialler::changed(&["tw"], &[("PLACE_TIMEOUT_MS", "1000")])
        .await
        .unwrap();
    dialler
        .carriers()
        .next("tw", [CarrierFault::Hang { placed: false }]);
    let unsure = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
    let start = Timestamp::now();
    for second in [0, 1, 2, 9, 10, 11, 19] {
        let at = start + SignedDuration::from_secs(second);
        let mut event = hang_up(unsure.call()).event();
        event["requestContext"]["requestId"] = format!("request-{second}").into();
        let answer = dialler.place_call.respond(&event, at).await;
        assert_eq!(answer["statusCode"], 409, "{second}: {answer}");
    }
    let asked = dialler.ours(unsure.call()).await.unwrap();
    let asked = asked.iter().filter(|(kind, _)| *kind == Kind::HangUpAsked);
    assert_eq!(asked.count(), 2);
}

/// A call of which two accounts were asked: the first told its id and refused, and of the second nobody knows.
async fn refused_with_an_id(dialler: &Dialler, second: bool) -> CallId {
    let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
    let call = CallId::parse(reply.call()).unwrap();
    dialler.carriers().settled().await;
    let now = Timestamp::now();
    let put = |carrier: &'static str, event: CallEvent, call: CallId| async move {
        let account = format!("sample-account-{carrier}");
        let asked = Asked {
            carrier,
            account: &account,
        };
        let new = NewEvent::of_account(TENANT, &call, asked, event, now);
        dialler.calls.put(&new).await.unwrap();
    };
    let of = |carrier: &'static str| Asked {
        carrier,
        account: if carrier == "tw" {
            "sample-account-tw"
        } else {
            "sample-account-sw"
        },
    };
    let told = TakenOn {
        carrier_call_id: Some("CA00000000000000000000000000000001"),
        leg_a: Some("CA00000000000000000000000000000001"),
        ..TakenOn::default()
    };
    put("tw", ringback_calls::accepted(of("tw"), told, now), call.clone()).await;
    put("tw", ringback_calls::refused(of("tw"), "503", now), call.clone()).await;
    if second {
        put("sw", of("sw").event(now), call.clone()).await;
        put("sw", ringback_calls::unsure(of("sw"), now), call.clone()).await;
    }
    dialler.carriers().take_requests();
    call
}

#[tokio::test]
async fn what_a_refused_account_told_ends_no_call_at_another() {
    let dialler = Dialler::changed(&["tw", "sw"], &[("PLACE_TIMEOUT_MS", "1000")])
        .await
        .unwrap();
    dialler
        .carriers()
        .next("tw", [CarrierFault::Hang { placed: false }]);
    let call = refused_with_an_id(&dialler, true).await;
    let reply = dialler.ask(&hang_up(call.as_str())).await.unwrap();
    assert_eq!(
        (reply.status, reply.problem()),
        (409, "cannot-hang-up"),
        "{reply:?}"
    );
    assert!(dialler.carriers().take_requests().is_empty());
}

#[tokio::test]
async fn an_end_that_is_asked_for_while_nobody_has_the_call_is_written_down_for_who_asks_next() {
    let dialler = Dialler::changed(&["tw", "sw"], &[("PLACE_TIMEOUT_MS", "1000")])
        .await
        .unwrap();
    dialler
        .carriers()
        .next("tw", [CarrierFault::Hang { placed: false }]);
    let call = refused_with_an_id(&dialler, false).await;
    let reply = dialler.ask(&hang_up(call.as_str())).await.unwrap();
    assert_eq!(reply.status, 202, "{reply:?}");
    let entries = dialler.events(call.as_str()).await.unwrap();
    assert!(ringback_calls::is_end_asked(&entries));
    assert!(dialler.carriers().take_requests().is_empty());
}
