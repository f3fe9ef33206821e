//! Whom `place-call` may call, when, how often and over what: policies, rates, pins.

use jiff::Timestamp;
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::CarrierFault;
use ringback_placing::{Pin, Policy};
use ringback_tests::{Dialler, Wanted, customer, number};
use serde_json::{Value, json};

#[tokio::test]
async fn a_policy_says_who_is_called_when_and_how_much() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    let allowed = dialler.placing.policy(TENANT).await.unwrap();
    let at = |hours: i64| Timestamp::from_second(1_795_165_200 + hours * 3600).unwrap(); // Friday, nine o'clock in London
    let hours = json!([{"prefix": "+44", "hours": {"timeZone": "Europe/London", "weekly": {"friday": [["09:00", "20:00"]]}}}]);
    let with_hours = Policy {
        hours: serde_json::from_value(hours).unwrap(),
        ..allowed.clone()
    };
    let only = |prefix: &str| Policy {
        prefixes: vec![prefix.to_owned()],
        ..allowed.clone()
    };
    let short = Policy {
        longest_seconds: 300,
        ..allowed.clone()
    };
    let wanted = || Wanted::call(&customer(1)).at(at(1));
    for (which, (policy, wanted, status, problem)) in [
        (Policy::default(), wanted(), 403, "destination-not-allowed"),
        (only("+1"), wanted(), 403, "destination-not-allowed"),
        (only("+44"), wanted(), 403, "destination-not-allowed"),
        (allowed.clone(), wanted(), 201, ""),
        (with_hours.clone(), wanted(), 201, ""),
        (
            with_hours.clone(),
            wanted().at(at(12)),
            403,
            "outside-calling-hours",
        ),
        (
            with_hours,
            Wanted::call("+14155550102").at(at(1)),
            403,
            "outside-calling-hours",
        ),
        (short.clone(), wanted().with("maxSeconds", 301), 400, "invalid"),
        (short, wanted().with("maxSeconds", 300), 201, ""),
        (
            allowed.clone(),
            wanted().with("callerIds", json!({"customer": "+14155550100"})),
            201,
            "",
        ),
        (
            allowed.clone(),
            wanted().with("callerIds", json!({"customer": "+14155550109"})),
            422,
            "caller-id-not-allowed",
        ),
        (
            allowed.clone(),
            wanted().with("callerIds", json!({"agent": "+14155550109"})),
            422,
            "caller-id-not-allowed",
        ),
        (allowed.clone(), wanted().with("carrier", "vg"), 422, "no-carrier"),
        (
            allowed.clone(),
            wanted().of("t-2"),
            403,
            "destination-not-allowed",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        dialler.placing.set_policy(TENANT, &policy).await.unwrap();
        let reply = dialler
            .ask(&wanted.with("line", format!("desk-{which}")))
            .await
            .unwrap();
        assert_eq!(
            (reply.status, reply.problem()),
            (status, problem),
            "{which}: {reply:?}"
        );
    }
    dialler.placing.set_policy(TENANT, &allowed).await.unwrap();
    dialler
        .placing
        .add_do_not_call(TENANT, &number(&customer(1)).unwrap())
        .await
        .unwrap();
    let reply = dialler.ask(&wanted()).await.unwrap();
    assert_eq!((reply.status, reply.problem()), (403, "do-not-call"));
    dialler
        .placing
        .remove_do_not_call(TENANT, &number(&customer(1)).unwrap())
        .await
        .unwrap();
    assert_eq!(dialler.ask(&wanted()).await.unwrap().status, 201);
}

#[tokio::test]
async fn more_calls_than_a_tenant_or_an_account_may_place_wait() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    dialler.carriers().always("tw", [CarrierFault::Silent]);
    let allowed = dialler.placing.policy(TENANT).await.unwrap();
    let (now, mut which) = (Timestamp::now(), 0);
    let mut next = || {
        which += 1;
        Wanted::call(&customer(which))
            .with("line", format!("desk-{which}"))
            .at(now)
    };
    let two_open = Policy {
        open_calls: 2,
        ..allowed.clone()
    };
    dialler.placing.set_policy(TENANT, &two_open).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let reply = dialler.ask(&next()).await.unwrap();
        statuses.push((reply.status, reply.retry_after()));
    }
    assert_eq!(statuses, [(201, None), (201, None), (429, Some(10))]);
    let rate = Policy {
        calls_per_minute: 6,
        ..allowed.clone()
    };
    dialler.placing.set_policy(TENANT, &rate).await.unwrap();
    // What was placed before counts on: the bucket is the same.
    let replies = [
        dialler.ask(&next()).await.unwrap(),
        dialler.ask(&next()).await.unwrap(),
    ];
    assert_eq!(replies[1].status, 429, "{replies:?}");
    assert_eq!(replies[1].problem(), "too-many-calls");
    assert!(replies[1].retry_after() >= Some(1));
    // An account's calls a second: the next account takes what is beyond, and then nobody.
    let dialler = Dialler::with(&[]).await.unwrap();
    for (priority, carrier) in ["tw", "vg"].into_iter().enumerate() {
        let one = |account: &mut ringback_accounts::Account| {
            account
                .settings
                .0
                .insert("callsPerSecond".to_owned(), "1".to_owned());
        };
        dialler
            .add(carrier, u32::try_from(priority).unwrap(), one)
            .await
            .unwrap();
    }
    let mut carriers = Vec::new();
    for _ in 0..3 {
        let reply = dialler.ask(&next()).await.unwrap();
        carriers.push((reply.status, reply.body["carrier"].clone(), reply.retry_after()));
    }
    let expected = [
        (201, json!("tw"), None),
        (201, json!("vg"), None),
        (429, Value::Null, Some(1)),
    ];
    assert_eq!(carriers, expected);
}

#[tokio::test]
async fn a_pin_says_which_carrier_and_which_line() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    let pin = Pin {
        user: "agent-a".to_owned(),
        carrier: Some("vg".to_owned()),
        account: None,
        line: Some("desk-7".to_owned()),
    };
    dialler.placing.set_pin(TENANT, &pin).await.unwrap();
    let wanted = Wanted::call(&customer(1)).with("user", "agent-a");
    let reply = dialler.ask(&wanted).await.unwrap();
    assert_eq!(reply.body["carrier"], "vg");
    assert_eq!(
        dialler.record(reply.call()).await.unwrap().line.as_deref(),
        Some("desk-7")
    );
    let other = dialler
        .ask(&Wanted::call(&customer(2)).with("user", "agent-b"))
        .await
        .unwrap();
    assert_eq!(other.body["carrier"], "tw");
    // A pin is a wish and not a condition.
    dialler.carriers().settled().await;
    dialler.carriers().next("vg", [CarrierFault::Dead]);
    let third = Wanted::call(&customer(3))
        .with("user", "agent-a")
        .with("line", "desk-8");
    let third = dialler.ask(&third).await.unwrap();
    assert_eq!((third.status, &third.body["carrier"]), (201, &json!("tw")));
}
