//! What `place-call` counts, for whom, and what it asks of the tables: nothing is spent on a call that does not begin, and
//! no minute has more calls than the policy allows.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ringback_accounts::{Account, Slug};
use ringback_calls::{CallId, CloseCause, Kind, NewEvent, Requester, State, hang_up_asked, orphaned};
use ringback_local::dynamo::CARRIERS_TABLE;
use ringback_local::gate::Fault;
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::CarrierFault;
use ringback_placing::{Bucket, IdempotencyKey, Outcome, PlacingStore, Policy, Token};
use ringback_tests::{CallBook, Dialler, Reply, Wanted, customer, morning};
use serde_json::json;

/// A dialler of that carrier, which takes calls on and says nothing, and a policy that is changed.
async fn quiet(carriers: &[&str], change: impl FnOnce(&mut Policy)) -> Dialler {
    let dialler = Dialler::with(carriers).await.unwrap();
    for carrier in carriers {
        dialler.carriers().always(carrier, [CarrierFault::Silent]);
    }
    set(&dialler, change).await;
    dialler
}

async fn set(dialler: &Dialler, change: impl FnOnce(&mut Policy)) {
    let mut policy = dialler.placing.policy(TENANT).await.unwrap();
    change(&mut policy);
    dialler.placing.set_policy(TENANT, &policy).await.unwrap();
}

fn on_line(which: usize, line: &str, at: Timestamp) -> Wanted {
    Wanted::call(&customer(which)).with("line", line).at(at)
}

fn told(reply: &Reply) -> (u64, &str) {
    (reply.status, reply.problem())
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_call_that_does_not_begin_costs_nothing_of_the_tenants_rate() {
    // One call in ten seconds.
    let dialler = quiet(&["tw"], |policy| policy.calls_per_minute = 6).await;
    let now = Timestamp::now();
    let first = dialler
        .ask(&on_line(1, "desk-1", now).key("key-1"))
        .await
        .unwrap();
    assert_eq!(told(&first), (201, ""));
    let later = now + seconds(10);
    // The line is busy; the key is known; a number is not allowed; no account has the caller id.
    let busy = on_line(2, "desk-1", later);
    let known = on_line(1, "desk-1", later).key("key-1");
    let far = on_line(2, "desk-2", later).with("agent", "+12125550101");
    let unowned = on_line(2, "desk-2", later).with("callerIds", json!({"agent": "+14155550109"}));
    for (wanted, expected) in [
        (&busy, (409, "line-busy")),
        (&known, (201, "")),
        (&far, (403, "destination-not-allowed")),
        (&unowned, (422, "caller-id-not-allowed")),
        (&busy, (409, "line-busy")),
    ] {
        let reply = dialler.ask(wanted).await.unwrap();
        assert_eq!(told(&reply), expected, "{reply:?}");
    }
    // Nor one for which there is no slot.
    set(&dialler, |policy| policy.open_calls = 1).await;
    let full = dialler.ask(&on_line(3, "desk-3", later)).await.unwrap();
    assert_eq!(
        (told(&full), full.retry_after()),
        ((429, "too-many-calls"), Some(10))
    );
    set(&dialler, |policy| policy.open_calls = 9).await;
    let second = dialler.ask(&on_line(3, "desk-3", later)).await.unwrap();
    assert_eq!(told(&second), (201, ""), "{second:?}");
    let third = dialler.ask(&on_line(4, "desk-4", later)).await.unwrap();
    assert_eq!(
        (told(&third), third.retry_after()),
        ((429, "too-many-calls"), Some(10))
    );
}

#[tokio::test]
async fn what_no_account_can_take_now_costs_nothing_of_the_tenants_rate() {
    // Two calls at once, and then one in three seconds; the account places one a second.
    let dialler = quiet(&[], |policy| policy.calls_per_minute = 20).await;
    dialler.carriers().always("tw", [CarrierFault::Silent]);
    let one = |account: &mut Account| {
        let settings = &mut account.settings.0;
        settings.insert("callsPerSecond".to_owned(), "1".to_owned());
    };
    dialler.add("tw", 0, one).await.unwrap();
    let now = Timestamp::now();
    for (which, (at, expected)) in [(0, (201, "")), (0, (429, "too-many-calls")), (1, (201, ""))]
        .into_iter()
        .enumerate()
    {
        let wanted = on_line(which, &format!("desk-{which}"), now + seconds(at));
        let reply = dialler.ask(&wanted).await.unwrap();
        assert_eq!(told(&reply), expected, "{which}: {reply:?}");
    }
}

#[tokio::test]
async fn a_busy_line_does_not_spend_the_one_call_that_is_tried_on_probation() {
    let dialler = quiet(&["tw"], |_| {}).await;
    let now = Timestamp::now();
    let first = dialler.ask(&on_line(1, "desk-1", now)).await.unwrap();
    assert_eq!(first.status, 201);
    let slug = slug(&dialler).await;
    for _ in 0..9 {
        dialler.placing.count(&slug, Outcome::NotSent, now).await.unwrap();
    }
    let opened = now + seconds(2);
    let open = dialler.ask(&on_line(2, "desk-2", opened)).await.unwrap();
    assert_eq!(told(&open), (503, "no-healthy-carrier"));
    assert!(
        open.retry_after().is_some(),
        "it was not begun, so its time is told"
    );
    let half_open = opened + seconds(31);
    let busy = dialler.ask(&on_line(2, "desk-1", half_open)).await.unwrap();
    assert_eq!(told(&busy), (409, "line-busy"));
    let tried = dialler.ask(&on_line(2, "desk-2", half_open)).await.unwrap();
    assert_eq!(told(&tried), (201, ""), "{tried:?}");
}

async fn slug(dialler: &Dialler) -> Slug {
    let accounts = dialler.accounts.list(TENANT).await.unwrap();
    accounts[0].slug.clone()
}

#[tokio::test]
async fn a_slot_is_taken_only_from_a_call_that_is_over_however_late_it_is() {
    let dialler = quiet(&["tw"], |policy| policy.open_calls = 1).await;
    let now = Timestamp::now();
    let first = dialler.ask(&on_line(1, "desk-1", now)).await.unwrap();
    assert_eq!(first.status, 201);
    let later = now + SignedDuration::from_hours(3);
    let wanted = on_line(2, "desk-2", later);
    let full = dialler.ask(&wanted).await.unwrap();
    assert_eq!(told(&full), (429, "too-many-calls"));
    let first = CallId::parse(first.call()).unwrap();
    let closed = NewEvent::own(TENANT, &first, orphaned(later), later);
    dialler.calls.put(&closed).await.unwrap();
    let second = dialler.ask(&wanted).await.unwrap();
    assert_eq!(told(&second), (201, ""), "{second:?}");
}

#[test]
fn no_minute_has_more_calls_than_the_policy_allows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(async {
        let book = CallBook::open().await.unwrap();
        let client = book.stack.gated_dynamo_client().await;
        (PlacingStore::new(client, CARRIERS_TABLE.to_owned()), book)
    });
    let (store, _book) = store;
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let number = std::cell::Cell::new(0);
    // Pauses in milliseconds, from none to longer than a minute, and whether what was taken is given back at once, or
    // after others.
    let pause = prop_oneof![8 => 0..300_i64, 4 => 0..4000_i64, 1 => 30_000..90_000_i64];
    let steps = prop::collection::vec((pause, 0..8_u8), 20..160);
    let all = runner.run(&(1..40_u32, steps), |(per_minute, steps)| {
        number.set(number.get() + 1);
        let bucket = Bucket::calls_of_tenant(&format!("t-{}", number.get()), per_minute);
        let begun = runtime.block_on(begun(&store, &bucket, &steps));
        prop_assert!(!begun.is_empty());
        for (at, from) in begun.iter().enumerate() {
            let in_minute = begun[at..].iter().take_while(|to| *to - from < 60_000).count();
            prop_assert!(
                in_minute <= usize::try_from(per_minute).unwrap(),
                "{per_minute}: {begun:?}"
            );
        }
        Ok(())
    });
    all.unwrap();
}

/// The times, in milliseconds, of the calls that began: those whose token was not given back.
async fn begun(store: &PlacingStore, bucket: &Bucket, steps: &[(i64, u8)]) -> Vec<i64> {
    let (mut now, mut begun, mut unneeded) = (0, Vec::new(), None::<(i64, Token)>);
    for (pause, what) in steps {
        now += pause;
        let at = morning(0) + SignedDuration::from_millis(now);
        let token = match store.token(bucket, at).await.unwrap() {
            Ok(token) => token,
            Err(wait) => {
                assert!(!wait.is_zero() && wait <= bucket.per, "{wait:?}");
                continue;
            }
        };
        match what {
            0 => store.give_back(&token).await.unwrap(),
            1 => unneeded = Some((now, token)),
            _ => begun.push(now),
        }
        if let (2, Some((_, token))) = (what, unneeded.take()) {
            store.give_back(&token).await.unwrap();
        }
    }
    begun
}

#[tokio::test]
async fn what_is_given_back_can_be_taken_again_unless_somebody_took_another_meanwhile() {
    let book = CallBook::open().await.unwrap();
    let client = book.stack.gated_dynamo_client().await;
    let store = PlacingStore::new(client, CARRIERS_TABLE.to_owned());
    let bucket = Bucket {
        name: "given-back".to_owned(),
        per: Duration::from_secs(10),
        burst: 2,
    };
    let take = || async { store.token(&bucket, morning(0)).await.unwrap() };
    let (first, second) = (take().await.unwrap(), take().await.unwrap());
    assert_eq!(take().await, Err(Duration::from_secs(10)));
    for _ in 0..2 {
        store.give_back(&second).await.unwrap();
    }
    let third = take().await.unwrap();
    assert_eq!(take().await, Err(Duration::from_secs(10)));
    store.give_back(&first).await.unwrap();
    assert_eq!(take().await, Err(Duration::from_secs(10)));
    store.give_back(&third).await.unwrap();
    assert!(take().await.is_ok());
    assert!(!format!("{first:?}").contains("given-back"));
}

#[tokio::test]
async fn a_call_that_somebody_ends_while_carriers_refuse_it_is_asked_of_nobody_else() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    dialler.carriers().next("tw", [CarrierFault::refuse(429)]);
    let gate = dialler.stack.gate().unwrap();
    // That it refused is written down late.
    gate.fail("PutItem", Fault::LateOnce(Duration::from_millis(600)));
    let wanted = Wanted::call(&customer(1)).key("key-1");
    let ended = async {
        let key = IdempotencyKey::parse("key-1").unwrap();
        loop {
            let kept = dialler.placing.kept(TENANT, &key, wanted.now).await.unwrap();
            if let Some(kept) = kept {
                let by = Requester {
                    by: "agent-a",
                    request: "request-2",
                };
                let event = NewEvent::own(TENANT, &kept.call, hang_up_asked(by, wanted.now), wanted.now);
                dialler.calls.put(&event).await.unwrap();
                return kept.call;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (reply, call) = tokio::join!(dialler.ask(&wanted), ended);
    let reply = reply.unwrap();
    assert_eq!((told(&reply), reply.retry_after()), ((409, "call-ended"), None));
    let ours = dialler.ours(call.as_str()).await.unwrap();
    let asked: Vec<_> = ours.iter().filter(|(kind, _)| *kind == Kind::Asked).collect();
    // Who comes next is written down before it is looked, and was not asked.
    assert_eq!(
        asked,
        [&(Kind::Asked, "tw".to_owned()), &(Kind::Asked, "vg".to_owned())]
    );
    assert!(ours.contains(&(Kind::Refused, "vg".to_owned())));
    let record = dialler.record(call.as_str()).await.unwrap();
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Other))
    );
    let word = record.raw_cause.and_then(|cause| cause.word);
    assert_eq!(word.as_deref(), Some("hang-up-asked"));
    assert_eq!(dialler.open_calls().await.unwrap(), []);
    dialler.carriers().settled().await;
    assert_eq!(dialler.carriers().times_rung(&customer(1)), 0);
    // The same key again is told the same, also where the first answer was not kept.
    assert_eq!(dialler.ask(&wanted).await.unwrap(), reply);
}

#[tokio::test]
async fn a_call_asks_the_tables_no_more_than_it_must() {
    let carriers = ["tw", "sw", "tx", "vg", "pl", "e9", "vx", "bw", "si"];
    let dialler = quiet(&carriers, |_| {}).await;
    let gate = dialler.stack.gate().unwrap();
    let now = Timestamp::now();
    let call = |which: usize, at: Timestamp| {
        on_line(which, &format!("desk-{which}"), at)
            .with("user", "agent-a")
            .key(&format!("key-{which}"))
    };
    let mut counted = Vec::new();
    for (which, at) in [(1, now), (2, now), (3, now + seconds(1))] {
        gate.take_counts();
        let reply = dialler.ask(&call(which, at)).await.unwrap();
        assert_eq!(reply.status, 201, "{reply:?}");
        counted.push(gate.take_counts());
    }
    let sum = |counts: &BTreeMap<String, u32>| counts.values().sum::<u32>();
    // Nine accounts: after the first call of a second nobody's health is read. The others read policy, pin, list, key and
    // line, take from both rates (which take two requests each where they are not full), and write what is done.
    assert_eq!((counted[0]["Query"], counted[1]["Query"]), (10, 1));
    assert_eq!(counted[2]["Query"], 10);
    assert!(sum(&counted[1]) <= 16 && sum(&counted[2]) <= 23, "{counted:?}");
}

#[tokio::test]
async fn who_is_disabled_or_fails_is_known_at_once_here_and_in_a_second_elsewhere() {
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    let now = Timestamp::now();
    let carrier = |reply: Reply| reply.body["carrier"].as_str().unwrap_or_default().to_owned();
    let mut which = 0;
    let mut call = |milliseconds: i64| {
        which += 1;
        let at = now + SignedDuration::from_millis(milliseconds);
        on_line(which, &format!("desk-{which}"), at)
    };
    assert_eq!(carrier(dialler.ask(&call(0)).await.unwrap()), "tw");
    // By this instance.
    let public = ringback_placing::public_id(&slug_of(&dialler, "tw").await);
    let disabled = format!("/carriers/{public}/disabled");
    let put = Wanted::request("PUT", &disabled).at(now);
    assert_eq!(dialler.ask(&put).await.unwrap().status, 200);
    assert_eq!(carrier(dialler.ask(&call(10)).await.unwrap()), "vg");
    let delete = Wanted::request("DELETE", &disabled).at(now);
    assert_eq!(dialler.ask(&delete).await.unwrap().status, 200);
    assert_eq!(carrier(dialler.ask(&call(20)).await.unwrap()), "tw");
    // By another one.
    let slug = slug_of(&dialler, "tw").await;
    let at = now + SignedDuration::from_millis(30);
    dialler.placing.disable(&slug, "operator-1", at).await.unwrap();
    assert_eq!(carrier(dialler.ask(&call(1020)).await.unwrap()), "vg");
    dialler.placing.enable(&slug, "operator-1", at).await.unwrap();
    // Failures that this instance has counted itself: after the fifth it is left alone, in the same moment.
    dialler.carriers().always("tw", [CarrierFault::Dead]);
    dialler.carriers().always("vg", [CarrierFault::Silent]);
    for _ in 0..5 {
        assert_eq!(carrier(dialler.ask(&call(3000)).await.unwrap()), "vg");
    }
    let health = dialler
        .ask(&Wanted::request("GET", "/carriers").at(now + seconds(3)))
        .await
        .unwrap();
    assert_eq!(health.body["carriers"][0]["state"], "open", "{health:?}");
}

async fn slug_of(dialler: &Dialler, carrier: &str) -> Slug {
    let accounts = dialler.accounts.list(TENANT).await.unwrap();
    let mut of = accounts.into_iter().filter(|account| account.carrier == carrier);
    of.next().unwrap().slug
}

#[tokio::test]
async fn a_number_in_another_spelling_does_not_evade_the_list() {
    let dialler = Dialler::with(&["tw"]).await.unwrap();
    let number = ringback_placing::dialled(&customer(124)).unwrap();
    dialler.placing.add_do_not_call(TENANT, &number).await.unwrap();
    set(&dialler, |policy| {
        policy.prefixes = vec!["+44".to_owned(), "+1".to_owned()]
    })
    .await;
    let listed = dialler.ask(&Wanted::call(&customer(124))).await.unwrap();
    assert_eq!(told(&listed), (403, "do-not-call"));
    let trunk = "+4407700900124";
    let caller_ids = |which: &str| json!({which: trunk});
    let call = || Wanted::call(&customer(1));
    for (wanted, field) in [
        (Wanted::call(trunk), "customer"),
        (Wanted::call("+114155550102"), "customer"),
        (Wanted::call("+1415555010299"), "customer"),
        (Wanted::call("+99912345678"), "customer"),
        (call().with("agent", trunk), "agent"),
        (call().with("mainNumber", trunk), "mainNumber"),
        (call().with("callerIds", caller_ids("agent")), "callerIds.agent"),
        (
            call().with("callerIds", caller_ids("customer")),
            "callerIds.customer",
        ),
    ] {
        let reply = dialler.ask(&wanted).await.unwrap();
        assert_eq!(told(&reply), (400, "invalid"), "{field}: {reply:?}");
        assert_eq!(reply.body["problems"][0]["path"], field);
        assert!(!reply.body.to_string().contains("7700900124"), "{reply:?}");
    }
    assert_eq!(dialler.carriers().times_rung(&customer(124)), 0);
}

#[tokio::test]
async fn no_carrier_lets_two_talk_longer_than_the_policy_allows() {
    for (code, policy, expected) in [
        // Whole minutes.
        ("hw", 90, Some(60)),
        ("hw", 60, Some(60)),
        ("hw", 59, None),
        // A minute at least.
        ("tx", 90, Some(90)),
        ("tx", 59, None),
        ("tw", 59, Some(59)),
    ] {
        let dialler = quiet(&[code], |changed| changed.longest_seconds = policy).await;
        let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
        let Some(limit) = expected else {
            assert_eq!(told(&reply), (422, "no-carrier"), "{code} {policy}");
            let detail = reply.body["detail"].as_str().unwrap();
            assert!(detail.contains("so short a limit"), "{detail}");
            continue;
        };
        assert_eq!(told(&reply), (201, ""), "{code} {policy}: {reply:?}");
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(record.limit_seconds, Some(limit), "{code} {policy}");
    }
    // Who keeps no limit as short is left out, and the next one asked.
    let dialler = quiet(&["tx", "tw"], |policy| policy.longest_seconds = 45).await;
    let reply = dialler.ask(&Wanted::call(&customer(1))).await.unwrap();
    assert_eq!(reply.body["carrier"], "tw", "{reply:?}");
}
