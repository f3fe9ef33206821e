//! `place-call`: an agent calls a customer back over whichever carrier is healthy, and nobody is rung twice.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallId, CloseCause, Direction, Kind, NewEvent, State, orphaned};
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::{CarrierFault, Fate};
use ringback_tests::{AGENT, Dialler, Wanted, customer, number};
use serde_json::{Value, json};

#[tokio::test]
async fn a_callback_rings_the_agent_and_the_customer_once_over_every_carrier() {
    let codes = ["tw", "sw", "tx", "vg", "pl", "e9", "hw", "vx", "bw", "si"];
    let dialler = Dialler::with(&codes).await.unwrap();
    for (which, code) in codes.into_iter().enumerate() {
        let customer = customer(which);
        let wanted = Wanted::call(&customer).with("carrier", code).with("user", code);
        let reply = dialler.ask(&wanted).await.unwrap();
        assert_eq!(reply.status, 201, "{code}: {reply:?}");
        assert_eq!(
            (&reply.body["carrier"], &reply.body["state"]),
            (&json!(code), &json!("init"))
        );
        assert_eq!(reply.headers["location"], format!("/calls/{}", reply.call()));
        dialler.carriers().settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(record.state, State::Close, "{code}: {record:?}");
        assert_eq!(record.close_cause, Some(CloseCause::Normal), "{code}: {record:?}");
        assert!(record.bridged_at.is_some(), "{code}");
        assert_eq!(record.carrier.as_deref(), Some(code));
        assert_eq!(dialler.carriers().times_rung(&customer), 1, "{code}");
    }
    assert_eq!(dialler.carriers().times_rung(AGENT), codes.len());
    assert_eq!(dialler.carriers().tally().rung_twice(), Vec::<&str>::new());
}

#[tokio::test]
async fn the_record_says_what_was_asked_for_and_who_asked() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    let wanted = Wanted::call(&customer(1))
        .with("user", "agent-a")
        .with("businessRef", "order-17")
        .with("businessData", json!({"shop": "shop-1"}))
        .with("mainNumber", "+14155550100")
        .with("extension", "12")
        .with("announcement", json!({"text": "Order <17> & \"more\""}))
        .with("maxSeconds", 600)
        .with("record", true)
        .with("mask", true);
    let reply = dialler.ask(&wanted).await.unwrap();
    assert_eq!(reply.status, 201, "{reply:?}");
    dialler.carriers().settled().await;
    let record = dialler.record(reply.call()).await.unwrap();
    assert_eq!(record.direction, Some(Direction::Callback));
    assert_eq!(record.agent.as_deref(), Some("agent-a"));
    assert_eq!(record.customer, number(&customer(1)).ok());
    assert_eq!(record.business_reference.as_deref(), Some("order-17"));
    assert_eq!(
        record.business_data.get("shop").map(String::as_str),
        Some("shop-1")
    );
    assert_eq!(record.main_number, number("+14155550100").ok());
    assert_eq!(record.extension.as_deref(), Some("12"));
    assert_eq!(record.line.as_deref(), Some("user:agent-a"));
    assert_eq!((record.limit_seconds, record.record), (Some(600), Some(true)));
    assert_eq!(record.b.shown, number("+14155550100").ok());
    let events = dialler.events(reply.call()).await.unwrap();
    let by = |kind| events.iter().find(|entry| entry.event.kind == kind).unwrap();
    let who = "https://login.example.com/|agent-a";
    assert_eq!(by(Kind::Placed).event.by.as_deref(), Some(who));
    assert_eq!(
        by(Kind::Accepted).event.facts.carrier_call_id,
        record.carrier_call_id
    );
}

#[tokio::test]
async fn a_carrier_that_refuses_or_is_not_there_is_passed_over_and_one_that_may_have_dialled_never() {
    use CarrierFault::{Dead, ErrorAfter, ErrorInside, Hang, Reset, Slow};
    let (tw, vg, e9) = ("tw", "vg", "e9");
    let carriers = [tw, vg];
    let passed_over = |by: &'static str| (201, by, vec!["placed", "asked", "refused", "asked", "accepted"]);
    let unsure = || (202, tw, vec!["placed", "asked", "unsure"]);
    for (which, (carriers, faults, expected)) in [
        (carriers, vec![CarrierFault::refuse(429)], passed_over(vg)),
        (carriers, vec![CarrierFault::refuse(401)], passed_over(vg)),
        (carriers, vec![CarrierFault::refuse(400)], passed_over(vg)),
        (carriers, vec![Dead], passed_over(vg)),
        // 200 with an error inside.
        ([e9, tw], vec![ErrorInside], passed_over(tw)),
        (carriers, vec![Hang { placed: true }], unsure()),
        (carriers, vec![Hang { placed: false }], unsure()),
        (carriers, vec![Reset { placed: true }], unsure()),
        (carriers, vec![Reset { placed: false }], unsure()),
        (carriers, vec![ErrorAfter], unsure()),
        (carriers, vec![CarrierFault::refuse(503)], unsure()),
        (
            carriers,
            vec![Slow { milliseconds: 100 }],
            (201, tw, vec!["placed", "asked", "accepted"]),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let dialler = Dialler::changed(&carriers, &[("PLACE_TIMEOUT_MS", "1000")])
            .await
            .unwrap();
        let placed = faults
            .iter()
            .all(|fault| !matches!(fault, Hang { placed: false } | Reset { placed: false }));
        dialler.carriers().next(carriers[0], faults.clone());
        let reply = dialler.ask(&Wanted::call(&customer(which))).await.unwrap();
        let (status, carrier, steps) = expected;
        assert_eq!(
            (reply.status, &reply.body["carrier"]),
            (status, &json!(carrier)),
            "{faults:?}"
        );
        assert_eq!(told(&dialler, reply.call()).await, steps, "{faults:?}");
        dialler.carriers().settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        let refused = matches!(faults[..], [CarrierFault::Refuse { status: 503, .. }]);
        let rung = usize::from(placed && !refused);
        assert_eq!(
            dialler.carriers().times_rung(&customer(which)),
            rung,
            "{faults:?}"
        );
        let expected = if rung == 1 { State::Close } else { State::Init };
        assert_eq!(record.state, expected, "{faults:?}");
        assert_eq!(record.carrier.as_deref(), Some(carrier), "{faults:?}");
    }
}

/// What we said of a call ourselves.
async fn told(dialler: &Dialler, call: &str) -> Vec<String> {
    let ours = dialler.ours(call).await.unwrap();
    let word = |kind: Kind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
    ours.into_iter().map(|(kind, _)| word(kind)).collect()
}

#[tokio::test]
async fn where_nobody_takes_the_call_it_is_closed_and_its_line_is_free() {
    for (faults, status, problem, retry_after, cause) in [
        ([400, 400], 502, "refused-by-carriers", None, CloseCause::Other),
        ([400, 429], 502, "refused-by-carriers", None, CloseCause::Other),
        (
            [429, 401],
            503,
            "no-healthy-carrier",
            Some(30),
            CloseCause::ServerError,
        ),
    ] {
        let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
        for (carrier, status) in ["tw", "vg"].into_iter().zip(faults) {
            dialler.carriers().next(carrier, [CarrierFault::refuse(status)]);
        }
        let wanted = Wanted::call(&customer(1)).with("line", "desk-1").key("once");
        let reply = dialler.ask(&wanted).await.unwrap();
        assert_eq!((reply.status, reply.problem()), (status, problem), "{reply:?}");
        assert_eq!(reply.retry_after(), retry_after);
        assert_eq!(dialler.open_calls().await.unwrap(), []);
        let line = dialler.placing.line(TENANT, "desk-1").await.unwrap();
        assert_eq!(line, None);
        let again = dialler.ask(&wanted).await.unwrap();
        assert_eq!(again.body, reply.body, "the same key, the same answer");
        assert_eq!(again.status, reply.status);
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(
            detail.ends_with("Its Idempotency-Key is spent: a new attempt needs a new key."),
            "{detail}"
        );
        // When to try again is said while it is to come, and not for the whole day that the key is kept.
        let seconds_later = |seconds| wanted.clone().at(wanted.now + SignedDuration::from_secs(seconds));
        let soon = dialler.ask(&seconds_later(20)).await.unwrap();
        let wait = soon.retry_after();
        assert!(
            wait.is_some() == retry_after.is_some() && wait <= Some(11),
            "{soon:?}"
        );
        let late = dialler.ask(&seconds_later(40)).await.unwrap();
        assert_eq!((late.status, late.retry_after()), (status, None));
        assert_eq!(late.body, reply.body);
        let key = ringback_placing::IdempotencyKey::parse("once").unwrap();
        let kept = dialler
            .placing
            .kept(TENANT, &key, Timestamp::now())
            .await
            .unwrap();
        let record = dialler.record(kept.unwrap().call.as_str()).await.unwrap();
        assert_eq!((record.state, record.close_cause), (State::Close, Some(cause)));
        assert_eq!(dialler.carriers().times_rung(AGENT), 0);
    }
}

#[tokio::test]
async fn events_that_come_early_or_twice_or_never_change_nothing_of_who_is_rung() {
    for (code, fault, state) in [
        ("tw", CarrierFault::Early, State::Close),
        ("vg", CarrierFault::Early, State::Close),
        ("tw", CarrierFault::Twice, State::Close),
        // B is ours to place: by a document, by a command.
        ("pl", CarrierFault::Twice, State::Close),
        ("bw", CarrierFault::Twice, State::Close),
        ("tx", CarrierFault::Twice, State::Close),
        ("si", CarrierFault::Twice, State::Close),
        ("tw", CarrierFault::Silent, State::Init),
    ] {
        let dialler = Dialler::with(&[code]).await.unwrap();
        dialler.carriers().next(code, [fault.clone()]);
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        assert_eq!(reply.status, 201, "{code} {fault:?} {reply:?}");
        dialler.carriers().settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(record.state, state, "{code} {fault:?} {record:?}");
        for number in [AGENT, &customer(1)] {
            assert_eq!(dialler.carriers().times_rung(number), 1, "{code} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_line_has_one_call_at_a_time_and_a_dead_call_does_not_keep_it() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    dialler
        .carriers()
        .next("tw", [CarrierFault::Silent, CarrierFault::Silent]);
    let wanted = |which: usize| Wanted::call(&customer(which)).with("line", "desk-1");
    let first = dialler.ask(&wanted(1)).await.unwrap();
    assert_eq!(first.status, 201);
    let second = dialler.ask(&wanted(2)).await.unwrap();
    assert_eq!((second.status, second.problem()), (409, "line-busy"));
    assert_eq!(second.retry_after(), Some(10));
    assert_eq!(
        dialler.open_calls().await.unwrap().len(),
        1,
        "a refusal keeps no slot"
    );
    // Another line is another matter.
    let other = dialler
        .ask(&Wanted::call(&customer(3)).with("line", "desk-2"))
        .await
        .unwrap();
    assert_eq!(other.status, 201);
    // The call must be over by now, but nobody has said so: the agent may still be on the line.
    let later = Timestamp::now() + SignedDuration::from_hours(2);
    let third = dialler.ask(&wanted(4).at(later)).await.unwrap();
    assert_eq!((third.status, third.problem()), (409, "line-busy"));
    // As `reconcile-calls` closes it.
    let first = CallId::parse(first.call()).unwrap();
    let closed = NewEvent::own(TENANT, &first, orphaned(later), later);
    dialler.calls.put(&closed).await.unwrap();
    let third = dialler.ask(&wanted(4).at(later)).await.unwrap();
    assert_eq!(third.status, 201, "{third:?}");
    // A call that is over does not keep its line, though nobody gave it back.
    dialler.carriers().settled().await;
    let record = dialler.record(third.call()).await.unwrap();
    assert_eq!(record.state, State::Close);
    let lease = dialler.placing.line(TENANT, "desk-1").await.unwrap().unwrap();
    assert_eq!(lease.call.as_str(), third.call());
    let fourth = dialler.ask(&wanted(5).at(later)).await.unwrap();
    assert_eq!(fourth.status, 201, "{fourth:?}");
    for which in [1, 3, 4, 5] {
        dialler.carriers().settled().await;
        assert_eq!(dialler.carriers().times_rung(&customer(which)), 1);
    }
    assert_eq!(dialler.carriers().times_rung(&customer(2)), 0);
}

#[tokio::test]
async fn a_key_is_one_call_for_one_tenant_and_one_body() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    dialler
        .add("vg", 1, |account| account.tenant = "t-2".to_owned())
        .await
        .unwrap();
    let policy = dialler.placing.policy(TENANT).await.unwrap();
    dialler.placing.set_policy("t-2", &policy).await.unwrap();
    let wanted = Wanted::call(&customer(1)).key("key-1");
    let first = dialler.ask(&wanted).await.unwrap();
    assert_eq!(first.status, 201);
    dialler.carriers().settled().await;
    let again = dialler.ask(&wanted).await.unwrap();
    assert_eq!(again, first, "the same answer, though the call is over");
    // Written otherwise it is the same wish.
    let otherwise = dialler
        .ask(&wanted.clone().with("record", false).with("user", Value::Null))
        .await
        .unwrap();
    assert_eq!(otherwise, first);
    let other = dialler
        .ask(&wanted.clone().with("businessRef", "order-2"))
        .await
        .unwrap();
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
    // Another tenant has keys of its own.
    let theirs = dialler.ask(&wanted.clone().of("t-2")).await.unwrap();
    assert_eq!(
        (theirs.status, &theirs.body["carrier"]),
        (201, &json!("vg")),
        "{theirs:?}"
    );
    assert_ne!(theirs.call(), first.call());
    dialler.carriers().settled().await;
    assert_eq!(
        dialler.carriers().times_rung(&customer(1)),
        2,
        "once for each tenant"
    );
    let bad = dialler
        .ask(&Wanted::call(&customer(2)).key("with space"))
        .await
        .unwrap();
    assert_eq!((bad.status, bad.problem()), (400, "invalid"));
    // After a day the key is forgotten.
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(25);
    let forgotten = dialler.ask(&wanted.at(tomorrow)).await.unwrap();
    assert_eq!(forgotten.status, 201);
    assert_ne!(forgotten.call(), first.call());
}

#[tokio::test]
async fn the_same_request_from_many_at_once_is_one_call() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    dialler
        .carriers()
        .next("tw", [CarrierFault::Slow { milliseconds: 100 }]);
    let wanted = Wanted::call(&customer(1)).key("key-1");
    let asked = (0..8).map(|_| dialler.ask(&wanted));
    let replies: Vec<_> = futures_util::future::join_all(asked).await;
    let replies: Vec<_> = replies.into_iter().map(Result::unwrap).collect();
    assert!(
        replies.iter().all(|reply| matches!(reply.status, 201 | 202)),
        "{replies:?}"
    );
    assert!(replies.iter().all(|reply| reply.call() == replies[0].call()));
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    // Without a key it is the line that knows.
    let wanted = Wanted::call(&customer(2)).with("user", "agent-b");
    let asked = (0..8).map(|_| dialler.ask(&wanted));
    let replies: Vec<_> = futures_util::future::join_all(asked).await;
    let mut statuses: Vec<_> = replies.into_iter().map(|reply| reply.unwrap().status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    dialler.carriers().settled().await;
    for which in [1, 2] {
        assert_eq!(dialler.carriers().times_rung(&customer(which)), 1);
    }
    // Every slot that was taken in vain was given back.
    assert_eq!(dialler.open_calls().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_number_that_is_busy_or_does_not_answer_closes_the_call_with_its_cause() {
    for (fate, of, cause) in [
        (Fate::Busy, AGENT.to_owned(), CloseCause::ABusy),
        (Fate::NoAnswer, AGENT.to_owned(), CloseCause::AUnreachable),
        (Fate::Busy, customer(1), CloseCause::BBusy),
        (Fate::NoAnswer, customer(1), CloseCause::BUnreachable),
    ] {
        let dialler = Dialler::with(&["tw"]).await.unwrap();
        dialler.carriers().set_fate(&of, fate);
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        assert_eq!(reply.status, 201);
        dialler.carriers().settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!((record.state, record.close_cause), (State::Close, Some(cause)));
    }
}
