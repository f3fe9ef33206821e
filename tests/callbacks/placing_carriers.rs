//! The carriers behind `place-call`: how healthy they are, who may use and disable them, how a call is ended.

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::Slug;
use ringback_calls::{Kind, State};
use ringback_local::sample_accounts::{SampleAccount, TENANT};
use ringback_local::simulated_carriers::{CarrierFault, Pace};
use ringback_placing::public_id;
use ringback_tests::{Dialler, Wanted, customer};
use serde_json::{Value, json};

async fn carriers(dialler: &Dialler, now: Timestamp) -> Vec<Value> {
    let reply = dialler
        .ask(&Wanted::request("GET", "/carriers").at(now))
        .await
        .unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["carriers"].as_array().unwrap().clone()
}

fn states(carriers: &[Value]) -> Vec<(&str, &str)> {
    let text = |carrier: &'_ Value, field: &str| carrier[field].as_str().map(str::len);
    assert!(
        carriers
            .iter()
            .all(|carrier| text(carrier, "accountId") == Some(12))
    );
    carriers
        .iter()
        .map(|carrier| {
            (
                carrier["carrier"].as_str().unwrap(),
                carrier["state"].as_str().unwrap(),
            )
        })
        .collect()
}

/// What the bus was told of carriers' health since the last time.
fn switches(dialler: &Dialler) -> Vec<String> {
    let told = dialler.stack.simulated_bus.take();
    let one = |envelope: Value| {
        assert_eq!(
            (&envelope["source"], &envelope["detail-type"]),
            (&json!("ringback"), &json!("Carrier Health"))
        );
        let detail = &envelope["detail"];
        assert_eq!(detail["tenant"], TENANT);
        let word = |field: &str| detail[field].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {}",
            word("carrier"),
            word("from"),
            word("to"),
            word("reason")
        )
    };
    told.into_iter().map(one).collect()
}

#[tokio::test]
async fn a_carrier_that_breaks_is_left_alone_then_tried_and_every_switch_is_told_once() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    let (start, mut which) = (Timestamp::now(), 0);
    let mut call = |seconds: i64| {
        which += 1;
        let line = format!("desk-{which}");
        Wanted::call(&customer(which))
            .with("line", line)
            .at(start + SignedDuration::from_secs(seconds))
    };
    dialler.carriers().always("tw", [CarrierFault::Dead]);
    for second in 0..5 {
        let reply = dialler.ask(&call(second)).await.unwrap();
        assert_eq!((reply.status, &reply.body["carrier"]), (201, &json!("vg")));
    }
    dialler.carriers().take_requests();
    let reply = dialler.ask(&call(6)).await.unwrap();
    assert_eq!(reply.body["carrier"], "vg");
    let asked = dialler.carriers().take_requests();
    let asked: Vec<_> = asked.iter().filter(|request| request.what == "place").collect();
    assert!(
        asked.iter().all(|request| request.carrier == "vg"),
        "it is not asked any more: {asked:?}"
    );
    assert_eq!(switches(&dialler), ["tw closed open errors"]);
    let now = start + SignedDuration::from_secs(7);
    let shown = carriers(&dialler, now).await;
    assert_eq!(states(&shown), [("tw", "open"), ("vg", "closed")]);
    assert_eq!(
        (&shown[0]["reason"], &shown[0]["errorRate"]),
        (&json!("errors"), &json!(1.0))
    );
    assert_eq!(
        (&shown[0]["attempts"], &shown[1]["errorRate"]),
        (&json!(5), &json!(0.0))
    );
    assert!(
        !shown[0].to_string().contains("sample-account"),
        "a slug is a credential"
    );
    // Half a minute later it is tried, after those that work, and only where they do not take the call.
    dialler.carriers().heal("tw");
    let reply = dialler.ask(&call(40)).await.unwrap();
    assert_eq!(reply.body["carrier"], "vg", "who works comes first");
    assert_eq!(switches(&dialler), ["tw open half-open errors"]);
    dialler
        .carriers()
        .next("vg", [CarrierFault::refuse(429), CarrierFault::refuse(429)]);
    let reply = dialler.ask(&call(41)).await.unwrap();
    assert_eq!((reply.status, &reply.body["carrier"]), (201, &json!("tw")));
    let reply = dialler.ask(&call(42)).await.unwrap();
    assert_eq!(
        (reply.status, &reply.body["carrier"]),
        (201, &json!("tw")),
        "taken on, it is well again"
    );
    assert_eq!(switches(&dialler), ["tw half-open closed -"]);
    dialler.carriers().settled().await;
    for which in 1..=9 {
        assert!(dialler.carriers().times_rung(&customer(which)) <= 1);
    }
}

#[tokio::test]
async fn where_all_are_down_or_disabled_the_answer_says_when_to_come_again() {
    let dialler = Dialler::with(&["tw", "vg", "tx"]).await.unwrap();
    let id = |carrier: &str| public_id(&Slug::parse(&format!("sample-account-{carrier}")).unwrap());
    let disable =
        |method, carrier: &str| Wanted::request(method, &format!("/carriers/{}/disabled", id(carrier)));
    for carrier in ["tw", "vg"] {
        let reply = dialler.ask(&disable("PUT", carrier)).await.unwrap();
        let expected =
            json!({"accountId": id(carrier), "carrier": carrier, "disabled": true, "changed": true});
        assert_eq!((reply.status, reply.body), (200, expected));
    }
    let again = dialler.ask(&disable("PUT", "tw")).await.unwrap();
    assert_eq!((again.status, &again.body["changed"]), (200, &json!(false)));
    assert_eq!(
        switches(&dialler),
        ["tw closed disabled manual", "vg closed disabled manual"]
    );
    // Two are disabled, the third serves.
    let reply = dialler
        .ask(&Wanted::call(&customer(1)).with("line", "desk-1"))
        .await
        .unwrap();
    assert_eq!((reply.status, &reply.body["carrier"]), (201, &json!("tx")));
    let pinned = dialler
        .ask(&Wanted::call(&customer(2)).with("carrier", "tw"))
        .await
        .unwrap();
    assert_eq!((pinned.status, pinned.problem()), (503, "no-healthy-carrier"));
    dialler.ask(&disable("PUT", "tx")).await.unwrap();
    let none = dialler
        .ask(&Wanted::call(&customer(2)).key("key-2"))
        .await
        .unwrap();
    assert_eq!(
        (none.status, none.problem(), none.retry_after()),
        (503, "no-healthy-carrier", Some(30))
    );
    dialler.carriers().settled().await;
    assert_eq!(dialler.carriers().times_rung(&customer(2)), 0);
    // What was refused before it began leaves no key: the same request goes through once somebody is well.
    let reply = dialler.ask(&disable("DELETE", "vg")).await.unwrap();
    assert_eq!(
        (&reply.body["disabled"], &reply.body["changed"]),
        (&json!(false), &json!(true))
    );
    let reply = dialler
        .ask(&Wanted::call(&customer(2)).key("key-2"))
        .await
        .unwrap();
    assert_eq!((reply.status, &reply.body["carrier"]), (201, &json!("vg")));
    // All that are left cannot be reached: the call is closed, and nobody was rung.
    dialler.carriers().settled().await;
    dialler.carriers().always("vg", [CarrierFault::Dead]);
    let down = dialler.ask(&Wanted::call(&customer(3))).await.unwrap();
    assert_eq!(
        (down.status, down.problem(), down.retry_after()),
        (503, "no-healthy-carrier", Some(30))
    );
    assert_eq!(dialler.carriers().times_rung(&customer(3)), 0);
}

#[tokio::test]
async fn a_bus_that_is_down_keeps_nobody_from_calling() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    dialler
        .stack
        .simulated_bus
        .behave(ringback_local::simulated_bus::BusBehaviour::EntriesFail);
    dialler.carriers().always("tw", [CarrierFault::Dead]);
    for which in 0..7 {
        let wanted = Wanted::call(&customer(which)).with("line", format!("desk-{which}"));
        assert_eq!(dialler.ask(&wanted).await.unwrap().status, 201);
    }
    assert_eq!(
        states(&carriers(&dialler, Timestamp::now()).await)[0],
        ("tw", "open")
    );
}

#[tokio::test]
async fn nobody_sees_calls_through_or_ends_for_another_tenant() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    dialler.carriers().set_pace(Pace::to_watch());
    let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
    assert_eq!(reply.status, 201);
    let path = format!("/calls/{}", reply.call());
    let account = public_id(&Slug::parse("sample-account-tw").unwrap());
    let disable = format!("/carriers/{account}/disabled");
    let asked: Vec<(Wanted, u64, &str)> = vec![
        (Wanted::request("DELETE", &path).of("t-2"), 404, "no-such-call"),
        (Wanted::request("PUT", &disable).of("t-2"), 404, "no-such-account"),
        (
            Wanted::call(&customer(2)).of("t-2"),
            403,
            "destination-not-allowed",
        ),
        (Wanted::call(&customer(2)).of(""), 403, "forbidden"),
        (Wanted::request("GET", "/carriers").of("t 2"), 403, "forbidden"),
    ];
    for (wanted, status, problem) in asked {
        let reply = dialler.ask(&wanted).await.unwrap();
        assert_eq!((reply.status, reply.problem()), (status, problem), "{wanted:?}");
    }
    let theirs = dialler
        .ask(&Wanted::request("GET", "/carriers").of("t-2"))
        .await
        .unwrap();
    assert_eq!(theirs.body, json!({"carriers": []}));
    let mut event = Wanted::call(&customer(2)).event();
    event["requestContext"]
        .as_object_mut()
        .unwrap()
        .remove("authorizer");
    let answer = dialler.place_call.respond(&event, Timestamp::now()).await;
    assert_eq!(answer["statusCode"], 401);
    assert_eq!(dialler.carriers().times_rung(&customer(2)), 0);
}

#[tokio::test]
async fn a_call_that_was_placed_is_ended_and_who_asked_is_written_down() {
    for code in ["tw", "sw", "tx", "vg", "pl", "e9", "hw", "vx", "bw", "si"] {
        let dialler = Dialler::with(&[code]).await.unwrap();
        // Long enough to be ended.
        let pace = Pace {
            talk: std::time::Duration::from_secs(60),
            ..Pace::default()
        };
        dialler.carriers().set_pace(pace);
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        assert_eq!(reply.status, 201, "{code}: {reply:?}");
        while dialler.record(reply.call()).await.unwrap().state != State::Conn {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let hang_up = Wanted::request("DELETE", &format!("/calls/{}", reply.call()));
        let ended = dialler.ask(&hang_up).await.unwrap();
        assert_eq!(
            (ended.status, ended.call()),
            (202, reply.call()),
            "{code}: {ended:?}"
        );
        dialler.carriers().settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(record.state, State::Close, "{code}");
        let events = dialler.events(reply.call()).await.unwrap();
        let asked = events
            .iter()
            .find(|entry| entry.event.kind == Kind::HangUpAsked)
            .unwrap();
        assert_eq!(
            asked.event.by.as_deref(),
            Some("https://login.example.com/|agent-a")
        );
        let again = dialler.ask(&hang_up).await.unwrap();
        assert_eq!(
            (again.status, &again.body["state"]),
            (200, &json!("close")),
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_ended_says_why() {
    let dialler = Dialler::changed(&["tw"], &[("PLACE_TIMEOUT_MS", "1000")])
        .await
        .unwrap();
    let hang_up = |call: &str| Wanted::request("DELETE", &format!("/calls/{call}"));
    let unknown = dialler
        .ask(&hang_up("01900000-0000-7000-8000-00000000000a"))
        .await
        .unwrap();
    assert_eq!((unknown.status, unknown.problem()), (404, "no-such-call"));
    // Nobody knows the carrier's id of it.
    dialler
        .carriers()
        .next("tw", [CarrierFault::Hang { placed: false }]);
    let unsure = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
    assert_eq!(unsure.status, 202);
    let reply = dialler.ask(&hang_up(unsure.call())).await.unwrap();
    assert_eq!(
        (reply.status, reply.problem(), reply.retry_after()),
        (409, "cannot-hang-up", Some(2))
    );
    // A call that the carrier told of first is not ours to end.
    let call = ringback_tests::call("inbound").unwrap();
    let heard = ringback_tests::event(&call, "ringing", 0, Kind::Ringing);
    dialler.calls.put(&heard).await.unwrap();
    let now = ringback_tests::morning(60);
    let reply = dialler.ask(&hang_up(call.as_str()).at(now)).await.unwrap();
    assert_eq!((reply.status, reply.problem()), (409, "cannot-hang-up"));
}

#[tokio::test]
async fn a_secret_that_the_carrier_has_replaced_is_read_again_and_the_call_goes_through() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    let first = dialler
        .ask(&Wanted::call(&customer(1)).with("line", "desk-1"))
        .await
        .unwrap();
    assert_eq!(first.status, 201);
    let arn = SampleAccount::of("tw").unwrap().secret_arn();
    dialler.stack.simulated_secrets.set(&arn, "sample-new-token-tw");
    dialler.carriers().set_secret("tw", "sample-new-token-tw");
    let second = dialler
        .ask(&Wanted::call(&customer(2)).with("line", "desk-2"))
        .await
        .unwrap();
    assert_eq!(second.status, 201, "{second:?}");
    dialler.carriers().settled().await;
    assert_eq!(dialler.carriers().times_rung(&customer(2)), 1);
}
