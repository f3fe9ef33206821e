//! Amazon Connect as one of the carriers of `place-call`.

use jiff::Timestamp;
use ringback_accounts::{Account, SecretArns, Slug};
use ringback_calls::{CallId, Direction, State};
use ringback_carriers::Settings;
use ringback_lambda::emf_sink;
use ringback_local::kinesis::batch;
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_connect::OutboundFault;
use ringback_placing::Policy;
use ringback_tests::{AGENT, Dialler, INSTANCE_ARN, Leg, Wanted, customer, number};
use serde_json::json;

/// An account of Amazon Connect, of that tenant.
fn connect(tenant: &str) -> Account {
    let settings = [
        ("contactFlowId", "00000000-0000-4000-8000-0000000000f1"),
        ("callsPerSecond", "100"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Account {
        slug: Slug::parse("sample-account-ac").unwrap(),
        tenant: tenant.to_owned(),
        carrier: "ac".to_owned(),
        name: None,
        secret_arns: SecretArns::default(),
        numbers: vec![number("+14155550100").unwrap()],
        priority: 0,
        prefixes: vec!["+1415555".to_owned(), "+447700900".to_owned()],
        settings: Settings(settings.into()),
        allowed_ips: Vec::new(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn amazon_connect_dials_the_customer_once_and_its_records_are_the_calls() {
    let dialler = Dialler::with(&[]).await.unwrap();
    let instance = INSTANCE_ARN.rsplit('/').next().unwrap();
    let policy: Policy = dialler.placing.policy(TENANT).await.unwrap();
    dialler.placing.set_policy(instance, &policy).await.unwrap();
    dialler.accounts.add(&connect(instance)).await.unwrap();
    let wanted = Wanted::call(&customer(1))
        .of(instance)
        .with("user", "agent-a")
        .key("key-1");
    let reply = dialler.ask(&wanted).await.unwrap();
    assert_eq!(
        (reply.status, &reply.body["carrier"]),
        (201, &json!("ac")),
        "{reply:?}"
    );
    assert_eq!(dialler.ask(&wanted).await.unwrap(), reply);
    let started = dialler.stack.simulated_connect.started();
    assert_eq!((started.len(), started[0].asked), (1, 1));
    let expected = json!({
        "InstanceId": instance,
        "ContactFlowId": "00000000-0000-4000-8000-0000000000f1",
        "DestinationPhoneNumber": customer(1),
        "SourcePhoneNumber": "+14155550100",
        "ClientToken": reply.call(),
        "RingTimeoutInSeconds": 30,
        "Attributes": {"ringbackCallId": reply.call(), "ringbackAgent": AGENT, "ringbackUser": "agent-a"},
    });
    assert_eq!(started[0].request, expected);
    // Its record, later, is an event of that call.
    let mut leg = Leg::inbound(&started[0].id, 0)
        .from(&customer(1))
        .attribute("ringbackCallId", reply.call());
    leg.method = "API";
    let records = dialler
        .stack
        .contact_records(&[], emf_sink(std::io::sink()))
        .await
        .unwrap();
    let body = leg.record(500).to_string().into_bytes();
    let answer = records.take(&batch(&[body]).unwrap(), Timestamp::now()).await;
    assert!(answer.batch_item_failures.is_empty());
    let call = CallId::parse(reply.call()).unwrap();
    let record = dialler
        .calls
        .read(instance, &call, Timestamp::now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (record.state, record.direction),
        (State::Close, Some(Direction::Callback))
    );
    assert_eq!(record.carrier_call_id.as_deref(), Some(started[0].id.as_str()));
    assert_eq!(record.carrier.as_deref(), Some("ac"));
    // What anybody might write into that attribute brings no calls together.
    let other =
        Leg::inbound("00000000-0000-4000-8000-000000000777", 0).attribute("ringbackCallId", "order-17");
    let body = other.record(500).to_string().into_bytes();
    records.take(&batch(&[body]).unwrap(), Timestamp::now()).await;
    let own = CallId::of_session("ac", instance, "00000000-0000-4000-8000-000000000777");
    assert!(
        dialler
            .calls
            .read(instance, &own, Timestamp::now())
            .await
            .unwrap()
            .is_some()
    );
    // Another tenant's account of that kind places nothing.
    dialler
        .accounts
        .remove(&Slug::parse("sample-account-ac").unwrap())
        .await
        .unwrap();
    dialler.accounts.add(&connect(TENANT)).await.unwrap();
    let reply = dialler.ask(&Wanted::call(&customer(2))).await.unwrap();
    assert_eq!((reply.status, reply.problem()), (422, "no-carrier"));
    // And nobody posts to it.
    let url = format!("{}/carriers/ac/sample-account-ac/events", dialler.webhook_url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for url in [
        url.clone(),
        url.replace("/ac/", "/tw/"),
        url.replace("account-ac", "account-xx"),
    ] {
        let status = client.post(&url).body("{}").send().await.unwrap().status();
        assert_eq!(status, 401, "{url}");
    }
}

#[tokio::test]
async fn what_amazon_connect_refuses_is_placed_elsewhere_and_what_it_may_have_begun_is_not() {
    let instance = INSTANCE_ARN.rsplit('/').next().unwrap();
    for (fault, status, carrier) in [
        (
            OutboundFault::Refused(403, "DestinationNotAllowedException"),
            201,
            "tw",
        ),
        (OutboundFault::Refused(429, "ThrottlingException"), 201, "tw"),
        (OutboundFault::Refused(400, "LimitExceededException"), 201, "tw"),
        (
            OutboundFault::Refused(403, "OutboundContactNotPermittedException"),
            201,
            "tw",
        ),
        (OutboundFault::Refused(403, "AccessDeniedException"), 201, "tw"),
        (OutboundFault::Refused(500, "InternalServiceException"), 202, "ac"),
        (OutboundFault::Refused(400, "SomethingNewException"), 202, "ac"),
        (OutboundFault::Hanging, 202, "ac"),
    ] {
        let dialler = Dialler::changed(&[], &[("PLACE_TIMEOUT_MS", "1000")])
            .await
            .unwrap();
        let policy = dialler.placing.policy(TENANT).await.unwrap();
        dialler.placing.set_policy(instance, &policy).await.unwrap();
        dialler.accounts.add(&connect(instance)).await.unwrap();
        let of_instance = |account: &mut Account| account.tenant = instance.to_owned();
        dialler.add("tw", 5, of_instance).await.unwrap();
        dialler.stack.simulated_connect.fail_outbound(fault);
        let reply = dialler
            .ask(&Wanted::call(&customer(1)).of(instance))
            .await
            .unwrap();
        assert_eq!(
            (reply.status, &reply.body["carrier"]),
            (status, &json!(carrier)),
            "{fault:?} {reply:?}"
        );
        dialler.carriers().settled().await;
        let started = dialler.stack.simulated_connect.started();
        let rung = started.len() + dialler.carriers().times_rung(&customer(1));
        let expected = usize::from(!matches!(fault, OutboundFault::Refused(_, _)) || status == 201);
        assert_eq!(rung, expected, "{fault:?}");
        assert!(started.iter().all(|contact| contact.asked == 1), "{fault:?}");
        // An announcement is the flow's own: such a call goes elsewhere.
        let with = Wanted::call(&customer(2)).of(instance).with("line", "desk-2");
        let reply = dialler
            .ask(&with.with("announcement", json!({"text": "Hello."})))
            .await
            .unwrap();
        assert_eq!(reply.body["carrier"], "tw");
    }
}

#[tokio::test]
async fn a_contact_is_ended_and_one_that_is_over_too() {
    let dialler = Dialler::with(&[]).await.unwrap();
    let instance = INSTANCE_ARN.rsplit('/').next().unwrap();
    let policy = dialler.placing.policy(TENANT).await.unwrap();
    dialler.placing.set_policy(instance, &policy).await.unwrap();
    dialler.accounts.add(&connect(instance)).await.unwrap();
    let reply = dialler
        .ask(&Wanted::call(&customer(1)).of(instance))
        .await
        .unwrap();
    let hang_up = Wanted::request("DELETE", &format!("/calls/{}", reply.call())).of(instance);
    assert_eq!(dialler.ask(&hang_up).await.unwrap().status, 202);
    assert!(dialler.stack.simulated_connect.started()[0].stopped);
    assert_eq!(dialler.ask(&hang_up).await.unwrap().status, 202);
}
