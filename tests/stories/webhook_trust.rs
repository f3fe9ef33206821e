//! How far a carrier is believed: which call it speaks of, and what of it is kept.

use ringback_accounts::Slug;
use ringback_calls::{CallId, State};
use ringback_local::sample_accounts::SampleAccount;
use ringback_tests::{Exchange, Post};
use serde_json::{Value, json};

const JSON: &str = "application/json";

/// An id as we give it to calls.
fn ours(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// What Bandwidth posts when A has answered a call that it was given that tag with.
fn answered(exchange: &Exchange, rest: &str, tag: &str) -> Post {
    let body = json!({
        "eventType": "answer", "eventTime": "2026-11-20T09:00:05.000Z", "accountId": "1000001",
        "applicationId": "00000000-0000-4000-8000-0000000000aa", "from": "+14155550100", "to": "+14155550101",
        "direction": "outbound", "callId": "c-1", "startTime": "2026-11-20T09:00:00.000Z", "tag": tag,
    });
    exchange.request("bw", rest, JSON, body.to_string())
}

/// A call detail record of Huawei.
fn fee(number: usize, own: &str) -> Value {
    json!({
        "direction": 0, "spId": "sp", "appKey": "sample-app-key-hw", "icid": format!("icid-{number}"),
        "bindNum": "+14155550100", "sessionId": format!("1200_{number}"),
        "callerNum": "+14155550100", "calleeNum": "+14155550101",
        "fwdDisplayNum": "+14155550100", "fwdDstNum": "+14155550102",
        "callOutStartTime": "2026-11-20 09:00:00", "callOutAnswerTime": "2026-11-20 09:00:05",
        "callOutUnaswRsn": 0, "fwdStartTime": "2026-11-20 09:00:06", "fwdAnswerTime": "2026-11-20 09:00:14",
        "fwdUnaswRsn": 0, "callEndTime": "2026-11-20 09:01:12", "failTime": "", "ulFailReason": 0,
        "sipStatusCode": 0, "recordFlag": 0, "userData": own,
    })
}

fn push(exchange: &Exchange, rest: &str, records: Vec<Value>) -> Post {
    let body = json!({"eventType": "fee", "feeLst": records});
    exchange.request("hw", rest, "application/json;charset=UTF-8", body.to_string())
}

#[tokio::test]
async fn our_id_in_an_event_counts_more_than_the_url_it_came_to() {
    let exchange = Exchange::start().await.unwrap();
    let rest = format!("calls/{}/events", ours(1));
    assert!((200..300).contains(&exchange.send(answered(&exchange, &rest, &ours(2))).await.unwrap()));
    assert!(exchange.record(&ours(1)).await.unwrap().is_none());
    assert!(exchange.record(&ours(2)).await.unwrap().is_some());
    assert!(exchange.metrics.text().contains(r#""AnotherCall":1"#));
    // What is no id of ours names no call.
    assert!(
        (200..300).contains(
            &exchange
                .send(answered(&exchange, &rest, "order-17"))
                .await
                .unwrap()
        )
    );
    assert!(exchange.record(&ours(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn call_detail_records_of_many_calls_at_the_url_of_one_find_each_its_own() {
    let exchange = Exchange::start().await.unwrap();
    let placed = exchange.life("hw", "normal").unwrap().placed;
    for number in 1..=3 {
        let call = CallId::parse(&ours(number)).unwrap();
        exchange.decide(&call, &placed).await.unwrap();
        exchange.ask(&call, "hw", "sample-account-hw").await.unwrap();
    }
    let records = (1..=3).map(|number| fee(number, &ours(number))).collect();
    let rest = format!("calls/{}/events", ours(1));
    assert_eq!(exchange.send(push(&exchange, &rest, records)).await.unwrap(), 200);
    for number in 1..=3 {
        let record = exchange.record(&ours(number)).await.unwrap().unwrap();
        assert_eq!((record.state, record.version), (State::Close, 3), "{number}");
    }
}

#[tokio::test]
async fn what_nothing_proves_is_believed_of_the_account_that_was_asked_and_of_no_other() {
    let exchange = Exchange::start().await.unwrap();
    let mut second = SampleAccount::of("e9").unwrap().account().unwrap();
    second.slug = Slug::parse("second-account-e9").unwrap();
    exchange.accounts.add(&second).await.unwrap();
    let life = exchange.life("e9", "normal").unwrap();
    exchange.decide(&life.call, &life.placed).await.unwrap();
    exchange.ask(&life.call, "e9", "second-account-e9").await.unwrap();
    let first = exchange.requests(&life).unwrap().remove(0);
    assert_eq!(exchange.send(first.clone()).await.unwrap(), 404);
    let mut of_second = first;
    of_second.path = of_second.path.replace("sample-account-e9", "second-account-e9");
    assert_eq!(exchange.send(of_second).await.unwrap(), 200);
}

#[tokio::test]
async fn who_proves_nothing_does_not_fill_the_dead_letter_queue() {
    let exchange = Exchange::start().await.unwrap();
    // With an application to compare, what names none is refused before it is read.
    exchange.without_setting("e9", "appId").await.unwrap();
    for (carrier, content_type, body) in [
        ("e9", "application/xml", "<req><action>Hangup"),
        ("hw", JSON, "{"),
    ] {
        let life = exchange.life(carrier, "normal").unwrap();
        let call = format!("calls/{}/events", life.call);
        let post = |rest: &str| exchange.request(carrier, rest, content_type, body);
        let letters = exchange.stack.dead_letters.letters().len();
        for rest in ["events", call.as_str()] {
            assert_eq!(exchange.send(post(rest)).await.unwrap(), 400, "{carrier}");
        }
        exchange.decide(&life.call, &life.placed).await.unwrap();
        exchange
            .ask(&life.call, carrier, "another-account")
            .await
            .unwrap();
        assert_eq!(exchange.send(post(&call)).await.unwrap(), 400, "{carrier}");
        assert_eq!(exchange.stack.dead_letters.letters().len(), letters, "{carrier}");
        // The URL of a call that the account was asked for is known to the carrier alone.
        exchange.place(&life).await.unwrap();
        assert_eq!(exchange.send(post(&call)).await.unwrap(), 400, "{carrier}");
        assert_eq!(
            exchange.stack.dead_letters.letters().len(),
            letters + 1,
            "{carrier}"
        );
    }
    let metrics = exchange.metrics.text();
    assert!(metrics.contains(r#""Outcome":"refused""#) && metrics.contains(r#""Reason":"body""#));
}

#[tokio::test]
async fn a_push_of_which_a_part_cannot_be_read_is_kept_for_an_engineer_and_the_rest_is_stored() {
    let exchange = Exchange::start().await.unwrap();
    let placed = exchange.life("hw", "normal").unwrap().placed;
    let call = CallId::parse(&ours(1)).unwrap();
    exchange.decide(&call, &placed).await.unwrap();
    exchange.ask(&call, "hw", "sample-account-hw").await.unwrap();
    let records = || vec![fee(1, &ours(1)), json!("no record"), json!(7)];
    // Not taken before both are in safety.
    exchange.stack.dead_letters.set_down(true);
    assert!(exchange.send(push(&exchange, "events", records())).await.unwrap() >= 500);
    exchange.stack.dead_letters.set_down(false);
    assert_eq!(
        exchange.send(push(&exchange, "events", records())).await.unwrap(),
        200
    );
    let record = exchange.record(&ours(1)).await.unwrap().unwrap();
    assert_eq!(record.state, State::Close);
    let letters = exchange.stack.dead_letters.letters();
    assert_eq!(letters.len(), 1);
    assert!(!letters[0].reason.contains("no record"), "{}", letters[0].reason);
    assert!(exchange.metrics.text().contains(r#""Outcome":"partial""#));
}

#[tokio::test]
async fn a_body_that_is_too_large_or_broken_says_nothing_of_which_accounts_there_are() {
    let exchange = Exchange::start().await.unwrap();
    let mut answers = Vec::new();
    for slug in ["sample-account-tx", "nobodys-account-tx"] {
        let mut large = exchange.request("tx", "events", JSON, vec![b' '; 1024 * 1024 + 1]);
        large.path = large.path.replace("sample-account-tx", slug);
        answers.push(exchange.post(&large).await.unwrap());
    }
    assert_eq!((answers[0].status, &answers[0]), (413, &answers[1]));
    let app = exchange
        .stack
        .carrier_webhook(&[], ringback_lambda::emf_sink(exchange.metrics.clone()))
        .await
        .unwrap();
    let mut broken = Vec::new();
    for slug in ["sample-account-tx", "nobodys-account-tx"] {
        let event = json!({
            "rawPath": format!("/carriers/tx/{slug}/events"), "isBase64Encoded": true, "body": "?",
            "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}},
        });
        broken.push(app.take(&event, exchange.now()).await);
    }
    assert_eq!(
        (broken[0]["statusCode"].as_u64(), &broken[0]),
        (Some(400), &broken[1])
    );
}

#[tokio::test]
async fn a_time_that_was_tampered_with_is_refused() {
    let exchange = Exchange::start().await.unwrap();
    for carrier in ["tx", "vx", "hw", "si"] {
        let life = exchange.life(carrier, "normal").unwrap();
        exchange.place(&life).await.unwrap();
        let first = exchange.requests(&life).unwrap().remove(0);
        let good = exchange.signed(first.clone()).unwrap();
        exchange.pass(1);
        let later = exchange.signed(first).unwrap();
        // The same request a second later differs in its time and its signature: the headers with the time are those in
        // which a digit of the time is all that differs.
        let mut changed = 0;
        for (at, (name, value)) in good.headers.iter().enumerate() {
            let other = &later.headers[at].1;
            let time_alone = other.len() == value.len()
                && other.bytes().zip(value.bytes()).filter(|(a, b)| a != b).count() <= 2;
            // Where the time stands beside the signature, its last digit is changed in place.
            let header = if time_alone && other != value {
                Some(other.clone())
            } else {
                in_place(value)
            };
            if let Some(header) = header {
                let mut tampered = good.clone();
                tampered.headers[at].1 = header;
                let status = exchange.post(&tampered).await.unwrap().status;
                assert_eq!(status, 401, "{carrier}: {name}");
                changed += 1;
            }
        }
        assert!(changed > 0, "{carrier} signs a time: {:?}", good.headers);
        assert!(
            (200..300).contains(&exchange.post(&good).await.unwrap().status),
            "{carrier}"
        );
    }
}

/// A header with another second in the time that stands in it.
fn in_place(value: &str) -> Option<String> {
    let (before, after) = value.split_once("Z\"")?;
    let (start, second) = before.split_at(before.len() - 1);
    second.parse::<u8>().ok()?;
    let other = if second == "1" { "2" } else { "1" };
    Some(format!("{start}{other}Z\"{after}"))
}
