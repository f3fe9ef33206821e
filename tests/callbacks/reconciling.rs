//! Calls of which nobody told the end: what `reconcile-calls` does about them.

mod ended;
mod found;
mod watch;

use reconcile_calls::Report;
use ringback_accounts::Slug;
use ringback_calls::{
    Asked, CallEvent, CallId, CloseCause, EventId, Evidence, Facts, Kind, RecordingFacts, RecordingState,
    State, When, refused,
};
use ringback_local::centre::INSTANCE_ARN;
use ringback_local::sample_accounts::TENANT;
use ringback_placing::{Outcome, public_id};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use self::watch::{Watch, at, slug};

const HOUR: i64 = 3600;

/// Both ring for half a minute, talk for ten and five are given on top.
const LIFE: i64 = 30 + 30 + 600 + 300;

/// The history of sessions of Voximplant, with the call's session in it.
fn history(call: &CallId) -> Value {
    let order = json!({"call_id": call}).to_string();
    json!({"total_count": 1, "count": 1, "result": [{
        "call_session_history_id": 700_001, "start_date": "2026-11-20 09:00:01", "duration": 60,
        "finish_reason": "Normal termination", "custom_data": order, "records": [],
        "calls": [
            {"call_id": 1, "start_time": "2026-11-20 09:00:02", "duration": 50, "remote_number": "14155550101",
             "incoming": false, "successful": true},
            {"call_id": 2, "start_time": "2026-11-20 09:00:10", "duration": 40, "remote_number": "14155550102",
             "incoming": false, "successful": true},
        ],
    }]})
}

#[tokio::test]
async fn an_ambiguous_call_is_resolved_by_asking_its_carrier() {
    let mut watch = Watch::start().await;
    watch.answers("GetCallHistory", 200, history(&watch.call)).await;
    watch.decide(false).await;
    watch.ask("vx").await;
    watch.unsure("vx").await;
    watch.pass(119).await;
    assert_eq!(
        watch.run().await,
        Report::default(),
        "it may still tell by itself"
    );
    watch.pass(1).await;
    let report = watch.run().await;
    assert_eq!((report.due, report.asked, report.closed), (1, 1, 1), "{report:?}");
    let record = watch.record().await;
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    watch.pass(HOUR).await;
    assert_eq!(watch.run().await, Report::default(), "it is not due any more");
    assert_eq!(watch.requests().await.len(), 1);
}

#[tokio::test]
async fn an_ambiguous_call_is_resolved_by_its_events_and_nobody_is_asked() {
    let mut watch = Watch::start().await;
    watch.decide(false).await;
    watch.ask("hw").await;
    watch.unsure("hw").await;
    watch.pass(130).await;
    let report = watch.run().await;
    assert_eq!((report.due, report.asked, report.waiting), (1, 0, 1));
    watch
        .told("hw", Kind::Ended, |facts| facts.ended = Some(When::At(at(140))))
        .await;
    watch.pass(HOUR).await;
    assert_eq!(watch.run().await.due, 0);
    assert!(watch.requests().await.is_empty());
}

#[tokio::test]
async fn an_orphan_is_closed_after_its_longest_life_and_a_late_record_takes_its_place() {
    let mut watch = Watch::start().await;
    watch.decide(false).await;
    watch.ask("tw").await;
    watch.unsure("tw").await;
    let closed = watch.run_until_closed(60, 2 * HOUR).await;
    assert!((LIFE..=LIFE + 60).contains(&closed), "{closed}");
    let record = watch.record().await;
    assert_eq!(record.close_cause, Some(CloseCause::Other));
    assert!(watch.kinds().await.contains(&Kind::Orphaned));
    watch.pass(2 * HOUR).await;
    let cdr = CallEvent {
        at: Some(at(400)),
        facts: Facts {
            bridged: Some(When::At(at(30))),
            ended: Some(When::At(at(400))),
            verdict: Some(ringback_calls::Verdict {
                cause: ringback_calls::Cause::of(ringback_calls::Class::Ok),
                leg: None,
            }),
            ..Facts::default()
        },
        ..CallEvent::new(EventId::of(&["story", "cdr"]), Kind::Cdr, Evidence::Cdr)
    };
    watch.put("tw", cdr).await;
    let record = watch.record().await;
    let said = (record.close_cause, record.ended_at);
    assert_eq!(said, (Some(CloseCause::Normal), Some(at(400))));
}

#[tokio::test]
async fn huawei_is_waited_for_seven_hours_longer_because_it_cannot_be_asked() {
    let mut watch = Watch::start().await;
    watch.decide(false).await;
    watch.ask("hw").await;
    watch.accept("hw", "1200_1").await;
    let closed = watch.run_until_closed(300, 9 * HOUR).await;
    let due = LIFE + 7 * HOUR;
    assert!((due..=due + 300).contains(&closed), "{closed}");
    let looks = watch
        .kinds()
        .await
        .iter()
        .filter(|kind| **kind == Kind::Checked)
        .count();
    assert!(
        (25..50).contains(&looks),
        "{looks}: some ten minutes between them"
    );
    assert!(watch.requests().await.is_empty());
}

#[tokio::test]
async fn a_call_that_no_carrier_has_is_closed() {
    for (carriers, cause, word) in [
        (&[][..], CloseCause::Other, "not-asked"),
        (&["tw", "vg"], CloseCause::ServerError, "503"),
    ] {
        let mut watch = Watch::start().await;
        watch.decide(false).await;
        for carrier in carriers {
            watch.ask(carrier).await;
            let account = slug(carrier);
            let asked = Asked {
                carrier,
                account: &account,
            };
            watch.put(carrier, refused(asked, "503", at(watch.now))).await;
        }
        watch.pass(120).await;
        assert_eq!(watch.run().await.closed, 1, "{carriers:?}");
        let record = watch.record().await;
        let said = record.raw_cause.and_then(|cause| cause.word);
        assert_eq!((record.close_cause, said.as_deref()), (Some(cause), Some(word)));
    }
}

#[tokio::test]
async fn a_carrier_that_knows_no_such_call_closes_it() {
    let mut watch = Watch::start().await;
    watch.answers("/2010-04-01/", 404, json!({"code": 20404})).await;
    watch.decide(false).await;
    watch.ask("tw").await;
    watch.accept("tw", "CA00000000000000000000000000000001").await;
    watch.pass(120).await;
    let report = watch.run().await;
    assert_eq!((report.asked, report.closed), (2, 1), "a request for each leg");
    assert_eq!(watch.record().await.close_cause, Some(CloseCause::Other));
}

#[tokio::test]
async fn amazon_connect_is_asked_about_its_contact() {
    let mut watch = Watch::start().await;
    let instance = INSTANCE_ARN.rsplit('/').next().unwrap();
    watch.tenant = instance.to_owned();
    let contact = "00000000-0000-4000-8000-000000000900";
    watch.decide(false).await;
    watch.ask("ac").await;
    watch.accept("ac", contact).await;
    let begun = at(0).as_second();
    let mut described = json!({"Id": contact, "ConnectedToSystemTimestamp": begun + 10});
    let connect = watch.stack.simulated_connect.clone();
    connect.describe_contact(contact, described.clone());
    watch.pass(120).await;
    assert_eq!(watch.run().await.waiting, 1, "it goes on");
    described["DisconnectTimestamp"] = json!(begun + 130);
    described["DisconnectReason"] = json!("CUSTOMER_DISCONNECT");
    described["AgentInfo"] = json!({"ConnectedToAgentTimestamp": begun + 12});
    connect.describe_contact(contact, described);
    watch.pass(HOUR).await;
    let report = watch.run().await;
    assert_eq!((report.asked, report.closed), (1, 1), "{report:?}");
    let record = watch.record().await;
    let said = (record.close_cause, record.ended_at, record.bridged_at);
    assert_eq!(said, (Some(CloseCause::Normal), Some(at(130)), Some(at(12))));
}

#[tokio::test]
async fn in_no_minute_jiuyun_is_asked_more_than_eight_times() {
    let mut watch = Watch::start().await;
    // It goes on.
    watch
        .answers("/Records/query", 200, json!({"resp": {"statusCode": "000000"}}))
        .await;
    for number in 0..20 {
        watch.call = CallId::parse(&format!("01900000-0000-7000-8000-0000000000{number:02}")).unwrap();
        watch.decide(false).await;
        watch.ask("e9").await;
        watch.accept("e9", &format!("{number:032}")).await;
    }
    watch.pass(120).await;
    let mut asked = Vec::new();
    for _ in 0..24 {
        let report = watch.run().await;
        asked.push(report.asked);
        watch.pass(15).await;
    }
    assert!(
        asked.windows(4).all(|minute| minute.iter().sum::<u64>() <= 8),
        "{asked:?}"
    );
    let asked_in_all: u64 = asked.iter().sum();
    assert!(asked_in_all >= 20, "{asked:?}");
}

#[tokio::test]
async fn the_message_about_an_overdue_recording_is_sent_again_until_it_is_given_up() {
    let mut watch = Watch::start().await;
    watch.decide(true).await;
    watch.ask("tw").await;
    watch.accept("tw", "CA00000000000000000000000000000001").await;
    watch
        .told("tw", Kind::Ended, |facts| {
            facts.bridged = Some(When::At(at(0)));
            facts.ended = Some(When::At(at(0)));
            let ready = RecordingFacts {
                state: Some(RecordingState::Ready),
                ..RecordingFacts::default()
            };
            facts.recordings.insert("RE1".to_owned(), ready);
        })
        .await;
    watch.pass(HOUR - 1).await;
    assert_eq!(watch.run().await.due, 0);
    watch.pass(1).await;
    assert_eq!(watch.run().await.waiting, 1);
    let sent = watch.stack.recordings.bodies();
    let sent: Value = serde_json::from_str(&sent[0]).unwrap();
    assert_eq!(
        (&sent["callId"], &sent["recordingId"]),
        (&json!(watch.call), &json!("RE1"))
    );
    watch.run().await;
    assert_eq!(
        watch.stack.recordings.bodies().len(),
        1,
        "once, and then it has an hour"
    );
    watch.pass(7 * 24 * HOUR).await;
    watch.run().await;
    let record = watch.record().await;
    assert_eq!(record.recordings["RE1"].given_up.as_deref(), Some("overdue"));
    watch.pass(HOUR).await;
    assert_eq!(watch.run().await.due, 0);
}

#[tokio::test]
async fn a_recording_of_which_nobody_says_a_word_is_given_up_after_a_day() {
    let mut watch = Watch::start().await;
    watch.decide(true).await;
    watch.ask("tw").await;
    watch
        .told("tw", Kind::Ended, |facts| {
            facts.bridged = Some(When::At(at(0)));
            facts.ended = Some(When::At(at(0)));
        })
        .await;
    watch.pass(24 * HOUR - 60).await;
    assert_eq!(watch.run().await.waiting, 1);
    watch.pass(HOUR + 60).await;
    watch.run().await;
    let record = watch.record().await;
    assert_eq!(record.recordings["unknown"].given_up.as_deref(), Some("not-told"));
    watch.pass(HOUR).await;
    assert_eq!(watch.run().await.due, 0);
}

#[tokio::test]
async fn an_agent_who_waits_for_nobody_is_hung_up() {
    let mut watch = Watch::start().await;
    let alive =
        json!({"data": {"call_control_id": "v3:first", "is_alive": true, "call_session_id": "session-1"}});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(alive))
        .mount(&watch.carriers)
        .await;
    Mock::given(path("/v2/calls/v3:first/actions/hangup"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": {"result": "ok"}})))
        .mount(&watch.carriers)
        .await;
    watch.decide(false).await;
    watch.ask("tx").await;
    watch.accept("tx", "v3:first").await;
    watch.pass(5).await;
    watch
        .told("tx", Kind::Answered, |facts| {
            facts.a.answered = Some(When::At(at(5)))
        })
        .await;
    let requested = EventId::of(&["second-leg-requested"]);
    watch
        .put(
            "tx",
            CallEvent::new(requested, Kind::SecondLegRequested, Evidence::Own),
        )
        .await;
    watch.pass(121).await;
    let report = watch.run().await;
    assert_eq!((report.asked, report.waiting), (1, 1), "{report:?}");
    let asked = watch.requests().await;
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].ends_with("/actions/hangup"), "{asked:?}");
    assert!(watch.kinds().await.contains(&Kind::HangUpAsked));
}

#[tokio::test]
async fn a_carrier_that_falls_silent_is_noticed_though_nobody_calls_and_told_of_once() {
    let mut watch = Watch::start().await;
    let account = Slug::parse(&slug("hw")).unwrap();
    for number in 0..3 {
        watch.call = CallId::parse(&format!("01900000-0000-7000-8000-00000000000{number}")).unwrap();
        watch.decide(false).await;
        watch.ask("hw").await;
        watch.accept("hw", &format!("1200_{number}")).await;
        watch
            .placing
            .count(&account, Outcome::Accepted, at(watch.now))
            .await
            .unwrap();
    }
    for _ in 0..3 {
        watch.pass(130).await;
        watch.run().await;
        if watch.now == 130 {
            let told = watch.stack.simulated_bus.envelopes();
            assert_eq!(told.len(), 1, "{told:?}");
            let mut detail = told[0]["detail"].clone();
            detail.as_object_mut().unwrap().remove("at").unwrap();
            let expected = json!({
                "schema": "ringback.carrier-health/1", "tenant": TENANT, "accountId": public_id(&account),
                "carrier": "hw", "from": "closed", "to": "open", "reason": "silent",
            });
            assert_eq!(detail, expected);
            assert_eq!(told[0]["detail-type"], "Carrier Health");
        }
    }
    let to = |told: &Value| told["detail"]["to"].as_str().map(str::to_owned);
    let told: Vec<_> = watch
        .stack
        .simulated_bus
        .envelopes()
        .iter()
        .filter_map(to)
        .collect();
    assert_eq!(told, ["open", "half-open"]);
}

#[tokio::test]
async fn a_closed_call_gives_its_line_back_and_a_carrier_that_tells_is_heard() {
    let mut watch = Watch::start().await;
    watch.decide(false).await;
    watch.ask("hw").await;
    let until = at(HOUR);
    assert!(
        watch
            .placing
            .open_slot(TENANT, &watch.call, until, 1, at(0))
            .await
            .unwrap()
    );
    watch
        .told("hw", Kind::Dialled, |facts| {
            facts.a.dialled = Some(When::At(at(0)))
        })
        .await;
    watch.pass(1).await;
    assert_eq!(
        watch.placing.open_calls(TENANT).await.unwrap(),
        [watch.call.clone()]
    );
    let account = Slug::parse(&slug("hw")).unwrap();
    let heard = |watch: &Watch| {
        let (placing, account) = (watch.placing.clone(), account.clone());
        async move { placing.health(&account, at(1)).await.unwrap().last_heard }
    };
    assert_eq!(heard(&watch).await, Some(at(0)));
    watch
        .told("hw", Kind::Ended, |facts| facts.ended = Some(When::At(at(1))))
        .await;
    watch.pass(1).await;
    assert!(watch.placing.open_calls(TENANT).await.unwrap().is_empty());
    assert_eq!(heard(&watch).await, Some(at(0)), "once a minute is enough");
}
