//! Calls whose id their carrier never told, looked for in its list.

use jiff::{SignedDuration, Timestamp};
use reconcile_calls::Report;
use ringback_calls::{CallId, CloseCause, Kind, State};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::CallStream;
use ringback_local::simulated_carriers::CarrierFault;
use ringback_tests::{Dialler, Wanted, customer};
use serde_json::{Value, json};

use super::watch::{Watch, at};

/// A call as Twilio lists it, taken on so many seconds after nine.
fn listed(sid: &str, seconds: i64) -> Value {
    let created = at(seconds).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    json!({
        "sid": sid, "parent_call_sid": null, "direction": "outbound-api", "status": "in-progress",
        "to": "+14155550101", "from": "+14155550100", "date_created": created,
    })
}

/// A call that Twilio may have, and its list.
async fn lost(calls: Value) -> Watch {
    let mut watch = Watch::start().await;
    watch
        .answers(
            "/Calls.json$",
            200,
            json!({"calls": calls, "next_page_uri": null}),
        )
        .await;
    watch.decide(false).await;
    watch.ask("tw").await;
    watch.unsure("tw").await;
    watch.pass(120).await;
    watch
}

#[tokio::test]
async fn a_call_whose_id_was_never_told_is_found_in_its_carriers_list_and_closed_as_it_ended() {
    for code in ["tw", "sw", "bw"] {
        let dialler = Dialler::changed(&[code], &[("PLACE_TIMEOUT_MS", "1000")])
            .await
            .unwrap();
        let metrics = || emf_sink(std::io::sink());
        let reconcile = dialler.stack.reconcile_calls(&[], metrics()).await.unwrap();
        let project = dialler.stack.project_calls(&[], metrics()).await.unwrap();
        let mut stream = CallStream::open(&dialler.stack).await.unwrap();
        // It has the call, and says so neither in its answer nor by an event.
        let carriers = dialler.carriers();
        carriers.always(code, [CarrierFault::Silent]);
        carriers.next(code, [CarrierFault::Hang { placed: true }]);
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        assert_eq!(reply.status, 202, "{code}");
        carriers.settled().await;
        let before = dialler.record(reply.call()).await.unwrap();
        assert_eq!(
            (before.state, before.carrier_call_id),
            (State::Init, None),
            "{code}"
        );
        let later = Timestamp::now() + SignedDuration::from_secs(130);
        stream.catch_up(&project, later).await.unwrap();
        let report = reconcile.run(later, None).await.unwrap();
        assert_eq!((report.due, report.closed), (1, 1), "{code}: {report:?}");
        let record = dialler.record(reply.call()).await.unwrap();
        assert!(record.carrier_call_id.is_some(), "{code}");
        let asked = carriers.take_requests();
        let listings = asked.iter().filter(|request| request.what == "inquire").count();
        assert!((2..=3).contains(&listings), "{code}: {asked:?}");
        // Bandwidth asks us for the second leg, and nobody could hear it.
        let expected = if code == "bw" { 0 } else { 1 };
        assert_eq!(carriers.times_rung(&customer(1)), expected, "{code}");
        assert_eq!(record.close_cause.is_some(), record.state == State::Close);
    }
}

#[tokio::test]
async fn of_two_calls_that_may_be_it_none_is_taken_and_the_line_is_held_until_it_must_be_over() {
    let two = json!([listed("CA1", 1), listed("CA2", 20)]);
    let mut watch = lost(two).await;
    let report = watch.run().await;
    assert_eq!(
        (report.asked, report.closed, report.waiting),
        (1, 0, 1),
        "{report:?}"
    );
    watch.pass(300).await;
    watch.run().await;
    let record = watch.record().await;
    assert_eq!((record.state, record.carrier_call_id), (State::Init, None));
    let paths = watch.requests().await;
    assert!(
        paths.iter().all(|path| path.ends_with("/Calls.json")),
        "{paths:?}"
    );
}

#[tokio::test]
async fn calls_of_another_time_or_number_are_not_it_and_a_list_without_it_closes_the_call_after_five_minutes()
{
    let mut other = listed("CA3", 2);
    other["from"] = json!("+14155550199");
    let mut inbound = listed("CA4", 2);
    inbound["direction"] = json!("inbound");
    let mut child = listed("CA5", 2);
    child["parent_call_sid"] = json!("CA6");
    let none = json!([listed("CA1", -31), listed("CA2", 61), other, inbound, child]);
    let mut watch = lost(none).await;
    let closed = watch.run_until_closed(60, 600).await;
    assert_eq!(closed, 300);
    assert_eq!(watch.record().await.close_cause, Some(CloseCause::Other));
}

#[tokio::test]
async fn a_list_that_does_not_go_back_far_enough_or_is_not_given_closes_nothing() {
    let long = json!({"calls": [listed("CA1", 200)], "next_page_uri": "/more"});
    for (status, list) in [(200, long), (503, json!({})), (200, json!("no list"))] {
        let mut watch = Watch::start().await;
        watch.answers("/Calls.json$", status, list).await;
        watch.decide(false).await;
        watch.ask("tw").await;
        watch.unsure("tw").await;
        watch.pass(400).await;
        let report = watch.run().await;
        assert_eq!((report.asked, report.waiting), (1, 1), "{status}: {report:?}");
    }
}

#[tokio::test]
async fn a_call_that_another_of_ours_has_is_not_it() {
    let mut watch = lost(json!([listed("CA1", 1)])).await;
    let (ours, other) = (
        watch.call.clone(),
        CallId::parse("01900000-0000-7000-8000-00000000000b").unwrap(),
    );
    watch.call = other;
    watch.decide(false).await;
    watch.ask("tw").await;
    watch.accept("tw", "CA1").await;
    watch.call = ours;
    watch.pass(179).await;
    let report = watch.run().await;
    assert_eq!(watch.record().await.carrier_call_id, None, "{report:?}");
    watch.pass(60).await;
    watch.run().await;
    let record = watch.record().await;
    assert_eq!((record.state, record.carrier_call_id), (State::Close, None));
}

#[tokio::test]
async fn where_two_calls_of_ours_may_be_the_listed_one_neither_takes_it() {
    let mut watch = Watch::start().await;
    let list = json!({"calls": [listed("CA1", 1)], "next_page_uri": null});
    watch.answers("/Calls.json$", 200, list).await;
    let calls = [
        "01900000-0000-7000-8000-00000000000a",
        "01900000-0000-7000-8000-00000000000b",
    ];
    let calls = calls.map(|call| CallId::parse(call).unwrap());
    for call in &calls {
        watch.call = call.clone();
        watch.decide(false).await;
        watch.ask("tw").await;
        watch.unsure("tw").await;
    }
    watch.pass(400).await;
    let report: Report = watch.run().await;
    assert_eq!((report.due, report.closed), (2, 0), "{report:?}");
    for call in calls {
        watch.call = call;
        let kinds = watch.kinds().await;
        assert!(
            !kinds.contains(&Kind::Accepted) && !kinds.contains(&Kind::Orphaned),
            "{kinds:?}"
        );
    }
}
