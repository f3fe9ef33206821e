//! What carriers tell becomes records, over the real routes.

use ringback_calls::{CallId, CloseCause, Evidence, Kind, State};
use ringback_local::sample_accounts::{SAMPLE_ACCOUNTS, TENANT};
use ringback_local::simulated_carriers::CASES;
use ringback_tests::{Exchange, Post, sample_time};

/// Twilio's session when it is not ours.
const SESSION: &str = "CA00000000000000000000000000000077";
const SECOND: &str = "CA00000000000000000000000000000078";

/// What Twilio posts of a step of leg A.
fn step<'a>(status: &'a str, sequence: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("CallSid", SESSION),
        ("CallStatus", status),
        ("Direction", "outbound-api"),
        ("From", "+14155550100"),
        ("To", "+14155550101"),
        ("SequenceNumber", sequence),
        ("Timestamp", "Fri, 20 Nov 2026 09:00:05 +0000"),
        ("CallbackSource", "call-progress-events"),
    ]
}

/// What it posts when A has answered and it asks what to do with them.
fn question() -> Vec<(&'static str, &'static str)> {
    vec![
        ("CallSid", SESSION),
        ("CallStatus", "in-progress"),
        ("Direction", "outbound-api"),
        ("From", "+14155550100"),
        ("To", "+14155550101"),
    ]
}

/// A step of leg B.
fn second_leg(status: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("CallSid", SECOND),
        ("ParentCallSid", SESSION),
        ("CallStatus", status),
        ("Direction", "outbound-dial"),
        ("From", "+14155550100"),
        ("To", "+14155550102"),
        ("SequenceNumber", "0"),
        ("Timestamp", "Fri, 20 Nov 2026 09:00:06 +0000"),
    ]
}

fn unplaced() -> String {
    CallId::of_session("tw", "sample-account-tw", SESSION)
        .as_str()
        .to_owned()
}

#[tokio::test]
async fn every_life_of_every_carrier_is_taken_and_becomes_its_record_whatever_comes_twice() {
    let exchange = Exchange::start().await.unwrap();
    for carrier in SAMPLE_ACCOUNTS.map(|account| account.carrier) {
        for case in CASES {
            let what = format!("{carrier}, {case}");
            let life = exchange.life(carrier, case).unwrap();
            exchange.set_now(life.at);
            exchange.place(&life).await.unwrap();
            for (request, capture) in exchange.requests(&life).unwrap().into_iter().zip(&life.requests) {
                exchange.set_now(capture.received_at.unwrap());
                let answer = exchange.post(&exchange.signed(request).unwrap()).await.unwrap();
                assert!((200..300).contains(&answer.status), "{what}: {answer:?}");
            }
            let record = exchange.record(life.call.as_str()).await.unwrap().unwrap();
            let cause = match case {
                "a-busy" => CloseCause::ABusy,
                "b-no-answer" => CloseCause::BUnreachable,
                "max-duration" => CloseCause::MaxDuration,
                _ => CloseCause::Normal,
            };
            assert_eq!(
                (record.state, record.close_cause),
                (State::Close, Some(cause)),
                "{what}"
            );
            assert_eq!(record.recordings.is_empty(), case != "recording", "{what}");
            assert_eq!(record.tenant, TENANT);
            assert_eq!(
                record.account.as_deref(),
                Some(format!("sample-account-{carrier}").as_str())
            );

            // Everything again, backwards, half an hour later.
            exchange.pass(1800);
            for request in exchange.requests(&life).unwrap().into_iter().rev() {
                assert!(
                    (200..300).contains(&exchange.send(request).await.unwrap()),
                    "{what}"
                );
            }
            let again = exchange.record(life.call.as_str()).await.unwrap().unwrap();
            assert_eq!((&again, again.version), (&record, record.version), "{what}");
        }
    }
    assert_eq!(exchange.stack.dead_letters.letters(), []);
}

#[tokio::test]
async fn a_warm_webhook_is_one_write_and_no_read() {
    let exchange = Exchange::start().await.unwrap();
    let call = "calls/our-call-1/events";
    let post = |fields: Vec<(&'static str, &str)>| exchange.twilio(call, &fields).unwrap();
    assert_eq!(
        exchange.post(&post(step("initiated", "0"))).await.unwrap().status,
        200
    );
    let cold = exchange.operations();
    assert_eq!(cold, [("GetItem".to_owned(), 1), ("PutItem".to_owned(), 1)]);

    for (status, sequence) in [("ringing", "1"), ("in-progress", "2"), ("completed", "3")] {
        exchange.post(&post(step(status, sequence))).await.unwrap();
        assert_eq!(exchange.operations(), [("PutItem".to_owned(), 1)], "{status}");
    }
    // What came before is also one write, which fails.
    exchange.post(&post(step("ringing", "1"))).await.unwrap();
    assert_eq!(exchange.operations(), [("PutItem".to_owned(), 1)]);
    // So is a second leg's where the path names the call.
    exchange.post(&post(second_leg("initiated"))).await.unwrap();
    assert_eq!(exchange.operations(), [("PutItem".to_owned(), 1)]);
    // Where nothing names it, a second leg is written together with the way back to its call.
    let unnamed = exchange.twilio("events", &second_leg("initiated")).unwrap();
    exchange.post(&unnamed).await.unwrap();
    assert_eq!(exchange.operations(), [("TransactWriteItems".to_owned(), 1)]);
}

#[tokio::test]
async fn two_first_events_of_a_call_that_nobody_placed_meet_in_one_record() {
    let exchange = Exchange::start().await.unwrap();
    let (first, second) = (
        exchange.twilio("events", &step("in-progress", "1")).unwrap(),
        exchange.twilio("events", &second_leg("initiated")).unwrap(),
    );
    let (first, second) = tokio::join!(exchange.post(&first), exchange.post(&second));
    assert_eq!((first.unwrap().status, second.unwrap().status), (200, 200));
    let record = exchange.record(&unplaced()).await.unwrap().unwrap();
    assert_eq!(record.version, 2);
    assert!(record.a.answered_at.is_some() && record.b.dialled_at.is_some());
}

#[tokio::test]
async fn an_event_that_names_the_second_leg_alone_finds_its_call() {
    let exchange = Exchange::start().await.unwrap();
    let events = |fields: &[(&str, &str)]| exchange.twilio("events", fields).unwrap();
    exchange.post(&events(&step("in-progress", "1"))).await.unwrap();
    exchange.post(&events(&second_leg("in-progress"))).await.unwrap();
    exchange.operations();
    let recording = events(&[
        ("CallSid", SECOND),
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingUrl", "https://api.twilio.com/recordings/RE1"),
        ("RecordingStatus", "completed"),
        ("RecordingSource", "StartCallRecordingAPI"),
    ]);
    assert_eq!(exchange.post(&recording).await.unwrap().status, 200);
    assert_eq!(
        exchange.operations(),
        [("GetItem".to_owned(), 1), ("PutItem".to_owned(), 1)]
    );
    let record = exchange.record(&unplaced()).await.unwrap().unwrap();
    assert_eq!(record.recordings.len(), 1);
}

#[tokio::test]
async fn when_a_has_answered_the_carrier_is_told_once_whom_to_put_them_through_to() {
    let exchange = Exchange::start().await.unwrap();
    let life = exchange.life("tw", "normal").unwrap();
    let call = life.call.as_str();
    let path = format!("calls/{call}/events");
    let post = |fields: &[(&str, &str)]| exchange.twilio(&path, fields).unwrap();
    let dials = |answer: &str| answer.contains("+14155550102") && answer.contains("<Dial");

    // Nobody placed it: nobody is rung.
    let answer = exchange.post(&post(&question())).await.unwrap();
    assert!(answer.status == 200 && !dials(&answer.body), "{answer:?}");

    exchange.place(&life).await.unwrap();
    let answer = exchange.post(&post(&question())).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(dials(&answer.body), "{}", answer.body);
    assert_eq!(answer.content_type.as_deref(), Some("text/xml"));
    let url = format!("https://calls.example.com/carriers/tw/sample-account-tw/calls/{call}/events");
    assert!(
        answer.body.contains(&url),
        "all callbacks of the call go to its own URL"
    );
    let requested = |events: &[ringback_calls::Entry]| {
        let requested = |entry: &&ringback_calls::Entry| entry.event.kind == Kind::SecondLegRequested;
        events.iter().filter(requested).count()
    };
    let events = exchange.events(call).await.unwrap();
    assert_eq!(requested(&events), 1, "it is written before the carrier is told");
    assert!(events.iter().any(|entry| entry.event.evidence == Evidence::Own));

    // The carrier did not hear it and asks again: the same document, and no second request.
    let again = exchange.post(&post(&question())).await.unwrap();
    assert_eq!(again, answer);
    assert_eq!(requested(&exchange.events(call).await.unwrap()), 1);

    // B is being dialled: whoever asks now, nobody else is rung.
    exchange.post(&post(&second_leg("initiated"))).await.unwrap();
    let late = exchange.post(&post(&question())).await.unwrap();
    assert!(late.status == 200 && !dials(&late.body), "{late:?}");
}

#[tokio::test]
async fn a_call_that_is_over_rings_nobody_any_more() {
    let exchange = Exchange::start().await.unwrap();
    let life = exchange.life("tw", "normal").unwrap();
    exchange.place(&life).await.unwrap();
    let path = format!("calls/{}/events", life.call);
    let ended = [step("completed", "3"), vec![("CallDuration", "3")]].concat();
    exchange
        .post(&exchange.twilio(&path, &ended).unwrap())
        .await
        .unwrap();
    let answer = exchange
        .post(&exchange.twilio(&path, &question()).unwrap())
        .await
        .unwrap();
    assert!(
        answer.status == 200 && !answer.body.contains("<Dial"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn the_second_leg_is_answered_only_when_the_question_is_stored() {
    use ringback_local::gate::Fault;
    let exchange = Exchange::start().await.unwrap();
    let life = exchange.life("tw", "normal").unwrap();
    exchange.place(&life).await.unwrap();
    let question = exchange
        .twilio(&format!("calls/{}/events", life.call), &question())
        .unwrap();
    let gate = exchange.stack.gate().unwrap();
    for operation in ["Query", "PutItem"] {
        gate.fail(operation, Fault::Down);
        let answer = exchange.post(&question).await.unwrap();
        assert_eq!(answer.status, 503, "{operation}: {answer:?}");
        gate.heal();
    }
    assert!(exchange.post(&question).await.unwrap().body.contains("<Dial"));
}

#[tokio::test]
async fn the_path_names_the_call_whatever_the_body_says() {
    let exchange = Exchange::start().await.unwrap();
    let post = exchange
        .twilio("calls/our-call-1/events", &step("ringing", "1"))
        .unwrap();
    assert_eq!(exchange.post(&post).await.unwrap().status, 200);
    assert!(exchange.record("our-call-1").await.unwrap().is_some());
    assert!(exchange.record(&unplaced()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_account_cannot_write_into_another_tenants_call() {
    let exchange = Exchange::start().await.unwrap();
    let other = CallId::parse("our-call-1").unwrap();
    let post = exchange
        .twilio("calls/our-call-1/events", &step("ringing", "1"))
        .unwrap();
    exchange.post(&post).await.unwrap();
    let of_another = exchange.calls.read("t-2", &other, sample_time()).await.unwrap();
    assert!(of_another.is_none());
    assert_eq!(
        exchange.record("our-call-1").await.unwrap().unwrap().tenant,
        TENANT
    );
}

/// An id as we give it to calls; only such a one is taken from a field in which anything may stand.
fn ours(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[tokio::test]
async fn fifty_call_detail_records_come_in_one_push_and_no_more() {
    let exchange = Exchange::start().await.unwrap();
    let records = |count: usize| -> Post {
        let one = |number: usize| {
            serde_json::json!({
                "direction": 0, "spId": "sp", "appKey": "sample-app-key-hw", "icid": format!("icid-{number}"),
                "bindNum": "+14155550100", "sessionId": format!("1200_{number}"),
                "callerNum": "+14155550100", "calleeNum": "+14155550101",
                "fwdDisplayNum": "+14155550100", "fwdDstNum": "+14155550102",
                "callOutStartTime": "2026-11-20 09:00:00", "callOutAnswerTime": "2026-11-20 09:00:05",
                "callOutUnaswRsn": 0, "fwdStartTime": "2026-11-20 09:00:06", "fwdAnswerTime": "2026-11-20 09:00:14",
                "fwdUnaswRsn": 0, "callEndTime": "2026-11-20 09:01:12", "failTime": "", "ulFailReason": 0,
                "sipStatusCode": 0, "recordFlag": 0, "userData": ours(number),
            })
        };
        let body = serde_json::json!({"eventType": "fee", "feeLst": (0..count).map(one).collect::<Vec<_>>()});
        exchange.request("hw", "events", "application/json;charset=UTF-8", body.to_string())
    };
    // More is none of Huawei's. Nothing proves the body, and its URL names no call that we placed: nobody keeps it.
    assert_eq!(exchange.send(records(51)).await.unwrap(), 400);
    assert_eq!(exchange.stack.dead_letters.letters().len(), 0);

    // None of them was placed.
    assert_eq!(exchange.send(records(50)).await.unwrap(), 404);
    let placed = exchange.life("hw", "normal").unwrap().placed;
    for number in 0..50 {
        let call = CallId::parse(&ours(number)).unwrap();
        exchange.decide(&call, &placed).await.unwrap();
        exchange.ask(&call, "hw", "sample-account-hw").await.unwrap();
    }
    // The table gives way in the middle: the carrier is told to come again, and nothing is lost or counted twice.
    exchange.operations();
    exchange
        .stack
        .gate()
        .unwrap()
        .fail("TransactWriteItems", ringback_local::gate::Fault::Throttled);
    let answer = exchange
        .post(&exchange.signed(records(50)).unwrap())
        .await
        .unwrap();
    assert!(answer.status >= 500, "{answer:?}");
    exchange.stack.gate().unwrap().heal();
    for _ in 0..2 {
        let answer = exchange
            .post(&exchange.signed(records(50)).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("\"resultcode\":\"0\""), "{}", answer.body);
    }
    for number in 0..50 {
        let record = exchange.record(&ours(number)).await.unwrap().unwrap();
        assert_eq!((record.state, record.version), (State::Close, 3), "{number}");
    }
}

#[tokio::test]
async fn a_carrier_that_is_described_by_a_file_is_one_like_the_others() {
    let exchange = Exchange::start().await.unwrap();
    let description = include_str!("../../infra/carriers/jy.toml");
    exchange.accounts.describe("jy", description).await.unwrap();
    let mut account = ringback_local::sample_accounts::SampleAccount::of("e9")
        .unwrap()
        .account()
        .unwrap();
    account.slug = ringback_accounts::Slug::parse("sample-account-jy").unwrap();
    account.carrier = "jy".to_owned();
    exchange.accounts.add(&account).await.unwrap();

    let body = serde_json::json!({"items": [{
        "callId": "jy-call-1", "userData": "placed-call-1", "status": "1", "time": "2026-11-20 17:00:00",
    }]});
    let post = exchange.request(
        "jy",
        "calls/placed-call-1/events",
        "application/json",
        body.to_string(),
    );
    assert_eq!(
        exchange.post(&post).await.unwrap().status,
        404,
        "nobody placed it"
    );
    let placed = exchange.life("e9", "normal").unwrap().placed;
    let call = CallId::parse("placed-call-1").unwrap();
    exchange.decide(&call, &placed).await.unwrap();
    exchange.ask(&call, "jy", "sample-account-jy").await.unwrap();
    assert!((200..300).contains(&exchange.post(&post).await.unwrap().status));
    let record = exchange.record("placed-call-1").await.unwrap().unwrap();
    assert_eq!(record.a.dialled_at, Some(sample_time()));
    assert_eq!(record.carrier.as_deref(), Some("jy"));
    assert!(exchange.metrics.text().contains(r#""Carrier":"mapped""#));
}
