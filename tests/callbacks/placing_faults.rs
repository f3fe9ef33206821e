//! `place-call` dies between any two of its steps, or its tables do: nobody is rung twice, the same request again finds
//! what became of the first, and every call closes.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallId, State};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::CallStream;
use ringback_local::gate::{Fault, Gate};
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::CarrierFault;
use ringback_placing::IdempotencyKey;
use ringback_tests::{Dialler, Reply, Wanted, customer};

/// Where a process dies.
#[derive(Debug, Clone, Copy)]
enum Dies {
    /// As soon as it waits for the so-manieth time: what it has sent may not have arrived.
    Waiting(usize),
    /// When that wait is over: what it has sent is done, and it does not hear of it.
    Answered(usize),
}

/// What comes of a future whose process dies there; none if it died before the end.
async fn until<T>(dies: Dies, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut waits = 0;
    poll_fn(|context| {
        if matches!(dies, Dies::Answered(at) if waits == at) {
            return Poll::Ready(None);
        }
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => {
                waits += 1;
                match dies {
                    Dies::Waiting(at) if waits == at => Poll::Ready(None),
                    _ => Poll::Pending,
                }
            }
        }
    })
    .await
}

fn wanted(which: usize) -> Wanted {
    Wanted::call(&customer(which))
        .with("line", format!("desk-{which}"))
        .key(&format!("key-{which}"))
}

/// The call that a key has begun.
async fn begun(dialler: &Dialler, which: usize) -> Option<CallId> {
    let key = IdempotencyKey::parse(&format!("key-{which}")).unwrap();
    let kept = dialler
        .placing
        .kept(TENANT, &key, Timestamp::now())
        .await
        .unwrap();
    kept.map(|kept| kept.call)
}

/// Lets time pass until every call is closed, with `reconcile-calls` once in a while, and looks whether lines and slots
/// are free and nobody was rung twice.
async fn everything_ends(dialler: &Dialler, calls: &BTreeMap<usize, CallId>) {
    dialler.carriers().settled().await;
    let stack = &dialler.stack;
    let project = stack.project_calls(&[], emf_sink(std::io::sink())).await.unwrap();
    let reconcile = stack
        .reconcile_calls(&[], emf_sink(std::io::sink()))
        .await
        .unwrap();
    let mut stream = CallStream::open(stack).await.unwrap();
    let mut now = Timestamp::now();
    for step in [0, 5, 5, 10, 20, 40, 60, 60] {
        now += SignedDuration::from_mins(step);
        stream.catch_up(&project, now).await.unwrap();
        reconcile.run(now, None).await.unwrap();
        stream.catch_up(&project, now).await.unwrap();
    }
    for (which, call) in calls {
        let record = dialler.calls.read(TENANT, call, now).await.unwrap().unwrap();
        assert_eq!(record.state, State::Close, "{which}: {record:?}");
        let line = dialler
            .placing
            .line(TENANT, &format!("desk-{which}"))
            .await
            .unwrap();
        assert_eq!(line, None, "{which}");
    }
    let open = dialler.open_calls().await.unwrap();
    assert!(open.iter().all(|open| calls.values().all(|call| call != open)));
    assert_eq!(dialler.carriers().tally().rung_twice(), Vec::<&str>::new());
    for which in calls.keys() {
        assert!(dialler.carriers().times_rung(&customer(*which)) <= 1, "{which}");
    }
}

/// The same request again, once or twice, is about the call that the first one has begun, if it has; and answers alike.
async fn again(dialler: &Dialler, which: usize) -> CallId {
    let before = begun(dialler, which).await;
    let again = dialler.ask(&wanted(which)).await.unwrap();
    assert!(
        matches!(again.status, 201 | 202 | 502 | 503),
        "{which}: {again:?}"
    );
    let call = begun(dialler, which).await.unwrap();
    if let Some(before) = before {
        assert_eq!(before, call, "{which}");
    }
    if matches!(again.status, 201 | 202) {
        assert_eq!(again.call(), call.as_str(), "{which}");
    }
    let once_more = dialler.ask(&wanted(which)).await.unwrap();
    assert_eq!(once_more.call(), again.call());
    call
}

#[tokio::test]
async fn a_process_may_die_at_any_await_and_nobody_is_rung_twice_and_every_call_closes() {
    // The first account refuses now and then, so that it also dies between two accounts.
    for (refused, first) in [(false, 0), (true, 500)] {
        let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
        let mut calls = BTreeMap::new();
        let (mut which, mut died) = (first, 0);
        for wait in 1.. {
            let mut done = true;
            for dies in [Dies::Waiting(wait), Dies::Answered(wait)] {
                if refused {
                    dialler.carriers().heal("tw");
                    dialler.carriers().next("tw", [CarrierFault::refuse(429)]);
                }
                which += 1;
                let reply = until(dies, dialler.ask(&wanted(which))).await;
                done &= reply.is_some();
                died += usize::from(reply.is_none());
                // What was under way when it died goes on or does not.
                tokio::time::sleep(Duration::from_millis(2)).await;
                dialler.carriers().heal("tw");
                calls.insert(which, again(&dialler, which).await);
            }
            if done {
                break;
            }
            assert!(wait < 240, "it waits for ever");
        }
        assert!(died >= 20, "it dies at {died} places only");
        everything_ends(&dialler, &calls).await;
    }
}

#[tokio::test]
async fn a_table_that_fails_at_any_step_rings_nobody_twice() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    let gate = dialler.stack.gate().unwrap();
    let operations = [
        "GetItem",
        "Query",
        "UpdateItem",
        "TransactWriteItems",
        "PutItem",
        Gate::EVERYTHING,
    ];
    let faults = [
        Fault::Down,
        Fault::DownFor(1),
        Fault::DownFor(2),
        Fault::LostOnce,
        Fault::Throttled,
        Fault::Conflict(1),
        Fault::LateOnce(Duration::from_millis(900)),
    ];
    let (mut calls, mut which) = (BTreeMap::new(), 0);
    for operation in operations {
        for fault in faults {
            let lasts = matches!(fault, Fault::Down | Fault::Throttled);
            let of_transactions = matches!(fault, Fault::Conflict(_));
            if (operation == Gate::EVERYTHING && !lasts)
                || (operation != "TransactWriteItems" && of_transactions)
            {
                continue;
            }
            which += 1;
            gate.fail(operation, fault);
            let reply: Reply = dialler.ask(&wanted(which)).await.unwrap();
            gate.heal();
            let expected = match reply.status {
                201 => "",
                503 => "unavailable",
                other => panic!("{operation} {fault:?}: {other}"),
            };
            assert_eq!(reply.problem(), expected, "{operation} {fault:?}");
            if reply.status == 503 {
                assert_eq!(reply.retry_after(), Some(1), "{operation} {fault:?}");
                // Nobody was asked, or it would have been told.
                dialler.carriers().settled().await;
                assert_eq!(
                    dialler.carriers().times_rung(&customer(which)),
                    0,
                    "{operation} {fault:?}"
                );
            }
            if matches!(fault, Fault::DownFor(1) | Fault::LostOnce | Fault::Conflict(_)) {
                assert_eq!(reply.status, 201, "{operation} {fault:?}: it is tried again");
            }
            calls.insert(which, again(&dialler, which).await);
        }
    }
    everything_ends(&dialler, &calls).await;
}

#[tokio::test]
async fn a_slot_that_a_dead_process_took_is_found_when_it_is_needed() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    let mut policy = dialler.placing.policy(TENANT).await.unwrap();
    policy.open_calls = 1;
    dialler.placing.set_policy(TENANT, &policy).await.unwrap();
    // It took the slot, and died before the transaction.
    let (now, dead) = (
        Timestamp::now(),
        CallId::parse("01900000-0000-7000-8000-00000000000a").unwrap(),
    );
    let until = now + SignedDuration::from_hours(1);
    assert!(
        dialler
            .placing
            .open_slot(TENANT, &dead, until, 1, now)
            .await
            .unwrap()
    );
    let reply = dialler.ask(&wanted(1)).await.unwrap();
    assert_eq!(reply.status, 201, "{reply:?}");
    let open = dialler.open_calls().await.unwrap();
    assert_eq!(
        open.iter().map(CallId::as_str).collect::<Vec<_>>(),
        [reply.call()]
    );
    // The slot of a call that is over, and was not given back, is none either; that of one that goes on is.
    dialler.carriers().settled().await;
    dialler.carriers().next("tw", [CarrierFault::Silent]);
    let later = Timestamp::now() + SignedDuration::from_mins(2);
    let second = dialler.ask(&wanted(2).at(later)).await.unwrap();
    assert_eq!(second.status, 201, "{second:?}");
    let third = dialler
        .ask(&wanted(3).at(later + SignedDuration::from_mins(2)))
        .await
        .unwrap();
    assert_eq!((third.status, third.problem()), (429, "too-many-calls"));
}
