//! What is kept for placing calls: one transaction begins a call, a line carries one at a time, a tenant has so many open,
//! and the rules are its own.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use ringback_calls::{Ask, CallId, Kind, List, Number, State, When};
use ringback_local::dynamo::CARRIERS_TABLE;
use ringback_local::gate::Fault;
use ringback_placing::{Begin, Begun, IdempotencyKey, KeptAnswer, LineLease, Pin, PlacingStore, Policy};
use ringback_tests::{CallBook, TENANT, asked, call, event, morning, placed};

const LINE: &str = "user:user-1";
const TWO_DAYS: i64 = 48 * 3600;

struct Desk {
    book: CallBook,
    store: PlacingStore,
}

async fn desk() -> Desk {
    let book = CallBook::open().await.unwrap();
    let client = book.stack.gated_dynamo_client().await;
    let store = PlacingStore::new(client, CARRIERS_TABLE.to_owned());
    Desk { book, store }
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

/// A call that is about to begin.
struct New {
    call: CallId,
    key: Option<IdempotencyKey>,
    line: String,
    taking_over: Option<CallId>,
    second: i64,
    tenant: &'static str,
}

fn new(name: &str) -> New {
    New {
        call: call(name).unwrap(),
        key: None,
        line: LINE.to_owned(),
        taking_over: None,
        second: 0,
        tenant: TENANT,
    }
}

impl Desk {
    /// Begins it, with a lease of ten minutes.
    async fn begin(&self, new: &New) -> Begun {
        let mut placed = placed(&new.call, new.second).unwrap();
        let mut asked = asked(&new.call, "slug-1", new.second);
        for event in [&mut placed, &mut asked] {
            event.entry.tenant = new.tenant.to_owned();
        }
        let begin = Begin {
            tenant: new.tenant,
            key: new.key.as_ref().map(|key| (key, "fingerprint-1")),
            call: &new.call,
            line: &new.line,
            line_until: morning(new.second + 600),
            taking_over: new.taking_over.as_ref(),
            events: [&placed, &asked],
            now: morning(new.second),
        };
        self.store.begin(&self.book.store, &begin).await.unwrap()
    }

    /// The states of the calls of a list.
    async fn listed(&self, list: List) -> Vec<State> {
        let ask = Ask::new(TENANT, list);
        let page = self.book.store.list(&ask, morning(3600)).await.unwrap();
        page.items.into_iter().map(|call| call.state).collect()
    }

    /// How many calls somebody has to look at, at the end of the day.
    async fn due(&self) -> usize {
        let mut due = 0;
        for shard in 0..16 {
            let page = self.book.store.due(shard, morning(36_000), 100, None).await;
            due += page.unwrap().items.len();
        }
        due
    }

    async fn events(&self, new: &New) -> usize {
        let events = self.book.store.events(new.tenant, &new.call, morning(0)).await;
        events.unwrap().len()
    }
}

#[tokio::test]
async fn of_many_who_begin_with_one_key_at_once_one_begins_and_all_learn_which() {
    let desk = desk().await;
    let calls: Vec<_> = (0..8)
        .map(|at| New {
            key: Some(key("order-17")),
            line: format!("line-{at}"),
            ..new(&format!("same-key-{at}"))
        })
        .collect();
    let begun = join_all(calls.iter().map(|call| desk.begin(call))).await;
    let winner = begun.iter().position(|begun| *begun == Begun::Begun).unwrap();
    for (at, (begun, new)) in begun.iter().zip(&calls).enumerate() {
        let line = desk.store.line(TENANT, &new.line).await.unwrap();
        if at == winner {
            assert_eq!(
                (desk.events(new).await, line.unwrap().call),
                (2, new.call.clone())
            );
            continue;
        }
        let Begun::KeyKnown(kept) = begun else {
            panic!("{begun:?}");
        };
        assert_eq!(kept.call, calls[winner].call);
        assert_eq!(
            (kept.fingerprint.as_str(), &kept.answer),
            ("fingerprint-1", &None)
        );
        assert_eq!((desk.events(new).await, line), (0, None), "all of it or nothing");
    }
    // Another tenant's key is another key.
    let other = New {
        key: Some(key("order-17")),
        tenant: "t-2",
        ..new("other-tenant")
    };
    assert_eq!(desk.begin(&other).await, Begun::Begun);
    assert_eq!(
        desk.store
            .kept("t-3", &key("order-17"), morning(0))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_key_gives_the_first_answer_for_a_day_and_then_begins_anew() {
    let desk = desk().await;
    let first = New {
        key: Some(key("order-17")),
        ..new("first")
    };
    let key = key("order-17");
    let answer = |status| KeptAnswer {
        status,
        body: r#"{"callId":"call-first"}"#.to_owned(),
        retry_at: (status == 503).then(|| morning(30)),
    };
    // Nobody has begun: there is nothing to answer to.
    desk.store.keep_answer(TENANT, &key, &answer(201)).await.unwrap();
    assert_eq!(desk.store.kept(TENANT, &key, morning(0)).await.unwrap(), None);
    assert_eq!(desk.begin(&first).await, Begun::Begun);
    for status in [503, 201] {
        desk.store
            .keep_answer(TENANT, &key, &answer(status))
            .await
            .unwrap();
    }
    let kept = desk
        .store
        .kept(TENANT, &key, morning(86_399))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((kept.call, kept.answer), (first.call.clone(), Some(answer(503))));
    assert_eq!(
        desk.store.kept(TENANT, &key, morning(86_400)).await.unwrap(),
        None
    );
    // The item may still lie there.
    let again = New {
        second: 86_400,
        key: Some(key),
        line: "another-line".to_owned(),
        ..new("a-day-later")
    };
    assert_eq!(desk.begin(&again).await, Begun::Begun);
    for text in ["", "a b", "ü", &"x".repeat(256)] {
        assert!(IdempotencyKey::parse(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_line_carries_one_call_at_a_time() {
    let desk = desk().await;
    let calls: Vec<_> = (0..8).map(|at| new(&format!("line-{at}"))).collect();
    let begun = join_all(calls.iter().map(|call| desk.begin(call))).await;
    let has = begun.iter().position(|begun| *begun == Begun::Begun).unwrap();
    let lease = LineLease {
        call: calls[has].call.clone(),
        until: morning(600),
    };
    for (at, begun) in begun.iter().enumerate().filter(|(at, _)| *at != has) {
        assert_eq!(*begun, Begun::LineBusy(lease.clone()), "{at}");
        assert_eq!(desk.events(&calls[at]).await, 0);
    }
    let next = |name: &str, second| New { second, ..new(name) };
    let busy = Begun::LineBusy(lease.clone());
    // Only the call that has it may release it, and who takes over must name the one that has it.
    desk.store
        .release(TENANT, &call("stranger").unwrap(), Some(LINE))
        .await
        .unwrap();
    assert_eq!(desk.begin(&next("second", 60)).await, busy);
    let wrong = New {
        taking_over: Some(call("stranger").unwrap()),
        ..next("second", 60)
    };
    assert_eq!(desk.begin(&wrong).await, busy);
    // The same line of another tenant is another line.
    let elsewhere = New {
        tenant: "t-2",
        ..next("elsewhere", 60)
    };
    assert_eq!(desk.begin(&elsewhere).await, Begun::Begun);
    // The call that has it is closed, and nobody got to releasing it.
    let second = New {
        taking_over: Some(lease.call.clone()),
        ..next("second", 60)
    };
    assert_eq!(desk.begin(&second).await, Begun::Begun);
    // What the first releases late is not its any more.
    desk.store.release(TENANT, &lease.call, Some(LINE)).await.unwrap();
    assert!(matches!(desk.begin(&next("third", 61)).await, Begun::LineBusy(by) if by.call == second.call));
    // Released, twice; and what time alone frees: not when the call must be over, for who is still rung or talks is not
    // rung again, but two days later.
    for _ in 0..2 {
        desk.store
            .release(TENANT, &second.call, Some(LINE))
            .await
            .unwrap();
    }
    assert_eq!(desk.store.line(TENANT, LINE).await.unwrap(), None);
    assert_eq!(desk.begin(&next("third", 62)).await, Begun::Begun);
    for second in [661, 662, 662 + TWO_DAYS - 1] {
        let begun = desk.begin(&next("fourth", second)).await;
        let Begun::LineBusy(lease) = begun else {
            panic!("{second}: {begun:?}");
        };
        assert!(!lease.has_lapsed(morning(second)), "{second}");
    }
    let lapsed = desk.store.line(TENANT, LINE).await.unwrap().unwrap();
    assert!(lapsed.has_lapsed(morning(662 + TWO_DAYS)));
    let fourth = next("fourth", 662 + TWO_DAYS);
    assert_eq!(desk.begin(&fourth).await, Begun::Begun);
}

#[tokio::test]
async fn a_call_whose_record_the_table_never_takes_is_over_for_its_line_and_in_every_list() {
    let mut desk = desk().await;
    let mine = new("huge");
    let mut begun = placed(&mine.call, 0).unwrap();
    begun.entry.event.facts.line = Some(LINE.to_owned());
    let begin = Begin {
        tenant: TENANT,
        key: None,
        call: &mine.call,
        line: LINE,
        line_until: morning(600),
        taking_over: None,
        events: [&begun, &asked(&mine.call, "slug-1", 0)],
        now: morning(0),
    };
    assert_eq!(
        desk.store.begin(&desk.book.store, &begin).await.unwrap(),
        Begun::Begun
    );
    desk.book.settle().await.unwrap();
    assert_eq!(desk.listed(List::Open).await, [State::Init]);
    assert_eq!(desk.due().await, 1);

    // Each event fits into the table, and a record of both does not.
    let mut wordy = event(&mine.call, "wordy", 1, Kind::Progress);
    wordy.entry.event.facts.ivr_text = Some("x".repeat(300_000));
    let mut last = event(&mine.call, "last", 9, Kind::Ended);
    last.entry.event.facts.ivr_recording = Some("x".repeat(300_000));
    last.entry.event.facts.ended = Some(When::At(morning(9)));
    desk.book.put(&[wordy, last]).await.unwrap();
    desk.book.settle().await.unwrap();
    assert_eq!(desk.store.line(TENANT, LINE).await.unwrap(), None);
    assert_eq!(desk.begin(&new("next")).await, Begun::Begun);
    assert_eq!(desk.listed(List::Open).await, []);
    assert_eq!(
        desk.listed(List::Agent("agent-a".to_owned())).await,
        [State::Close]
    );
    assert_eq!(desk.due().await, 0);
    let letters = desk.book.stack.dead_letters.letters();
    assert_eq!(letters.len(), 1);
    let reason = "the table refuses the whole record: ";
    assert!(letters[0].reason.starts_with(reason), "{}", letters[0].reason);
    assert!(letters[0].reason.contains("ValidationException"));
    assert!(desk.book.metrics.text().contains("\"Refused\":1"));
}

#[tokio::test]
async fn who_began_and_did_not_hear_of_it_has_begun_once() {
    for fault in [Fault::LostOnce, Fault::Conflict(3), Fault::DownFor(1)] {
        let desk = desk().await;
        let mine = New {
            key: Some(key("order-17")),
            ..new("mine")
        };
        let gate = desk.book.stack.gate().unwrap();
        gate.fail("TransactWriteItems", fault);
        assert_eq!(desk.begin(&mine).await, Begun::Begun, "{fault:?}");
        assert_eq!(desk.events(&mine).await, 2);
        // Killed after it, and begun again with the same call; with another it is told which.
        assert_eq!(desk.begin(&mine).await, Begun::Begun);
        let another = New {
            key: mine.key.clone(),
            ..new("another")
        };
        assert!(matches!(desk.begin(&another).await, Begun::KeyKnown(kept) if kept.call == mine.call));
        assert_eq!(desk.events(&mine).await, 2);
    }
    // Without a key it is the line that knows.
    let desk = desk().await;
    assert_eq!(desk.begin(&new("mine")).await, Begun::Begun);
    assert_eq!(desk.begin(&new("mine")).await, Begun::Begun);
    let gate = desk.book.stack.gate().unwrap();
    gate.fail("TransactWriteItems", Fault::Conflict(99));
    let other = New {
        line: "other".to_owned(),
        ..new("other")
    };
    let (placed, asked) = (placed(&other.call, 0).unwrap(), asked(&other.call, "slug-1", 0));
    let begin = Begin {
        tenant: TENANT,
        key: None,
        call: &other.call,
        line: &other.line,
        line_until: morning(600),
        taking_over: None,
        events: [&placed, &asked],
        now: morning(0),
    };
    let error = desk.store.begin(&desk.book.store, &begin).await.unwrap_err();
    assert_eq!(error.code, "conflict");
}

#[tokio::test]
async fn no_more_calls_are_open_than_may_be_whoever_opens_them_at_once() {
    let desk = desk().await;
    let calls: Vec<_> = (0..10).map(|at| call(&format!("slot-{at}")).unwrap()).collect();
    let open = |at: usize, second: i64| {
        let until = morning(second + 100);
        desk.store
            .open_slot(TENANT, &calls[at], until, 3, morning(second))
    };
    let opened: Vec<_> = join_all((0..10).map(|at| open(at, 0))).await;
    let opened: BTreeSet<_> = (0..10).filter(|at| *opened[*at].as_ref().unwrap()).collect();
    assert_eq!(opened.len(), 3);
    let (first, closed) = (
        *opened.first().unwrap(),
        (0..10).find(|at| !opened.contains(at)).unwrap(),
    );
    assert!(open(first, 10).await.unwrap(), "who has one gets it again");
    assert!(!open(closed, 10).await.unwrap());
    for _ in 0..2 {
        desk.store.release(TENANT, &calls[first], None).await.unwrap();
    }
    assert!(open(closed, 20).await.unwrap());
    assert!(!open(first, 99).await.unwrap());
    // That they must be over frees no slot, only two days more do: two have died, the third is younger.
    assert!(!open(first, 100).await.unwrap());
    assert!(!open(first, 99 + TWO_DAYS).await.unwrap());
    assert!(open(first, 100 + TWO_DAYS).await.unwrap());
    assert_eq!(
        desk.store.open_calls(TENANT).await.unwrap(),
        [calls[closed].clone(), calls[first].clone()],
        "the oldest first"
    );
    assert_eq!(desk.store.open_calls("t-2").await.unwrap(), []);
    let none = desk
        .store
        .open_slot("t-2", &calls[0], morning(100), 0, morning(0))
        .await;
    assert!(!none.unwrap());
    // A call that has none gives none back.
    desk.store.release("t-3", &calls[0], Some("line")).await.unwrap();
}

#[tokio::test]
async fn a_hundred_calls_at_once_get_a_hundred_slots() {
    let desk = desk().await;
    let calls: Vec<_> = (0..100).map(|at| call(&format!("slot-{at}")).unwrap()).collect();
    let slots = calls
        .iter()
        .map(|call| desk.store.open_slot(TENANT, call, morning(100), 100, morning(0)));
    let opened = join_all(slots).await;
    assert!(opened.iter().all(|opened| *opened == Ok(true)));
    let late = call("late").unwrap();
    let open = |until, most, now| {
        desk.store
            .open_slot(TENANT, &late, morning(until), most, morning(now))
    };
    assert_eq!(open(200, 100, 99).await, Ok(false));
    // Dead, all of them: they are freed in portions, also where fewer may be open now.
    assert_eq!(open(300 + TWO_DAYS, 1, 200 + TWO_DAYS).await, Ok(true));
    assert_eq!(desk.store.open_calls(TENANT).await.unwrap().len(), 1);
}

#[tokio::test]
async fn rules_are_a_tenants_own_and_without_a_policy_nobody_may_be_called() {
    let desk = desk().await;
    let store = &desk.store;
    let number = |text| Number::raw(text).unwrap();
    let customer = number("+14155550101");
    assert!(!store.policy(TENANT).await.unwrap().may_call(&customer));
    let policy: Policy = serde_json::from_str(
        r#"{"prefixes": ["+1415555"], "openCalls": 7, "hours": [
            {"prefix": "+1", "hours": {"timeZone": "America/New_York", "weekly": {"friday": [["09:00", "17:00"]]}}}]}"#,
    )
    .unwrap();
    store.set_policy(TENANT, &policy).await.unwrap();
    assert_eq!(store.policy(TENANT).await.unwrap(), policy);
    assert_eq!(store.policy("t-2").await.unwrap(), Policy::default());

    assert!(!store.may_not_be_called(TENANT, &customer).await.unwrap());
    store.add_do_not_call(TENANT, &customer).await.unwrap();
    for (tenant, text, is) in [
        (TENANT, "+14155550101", true),
        (TENANT, "+14155550102", false),
        ("t-2", "+14155550101", false),
    ] {
        assert_eq!(store.may_not_be_called(tenant, &number(text)).await.unwrap(), is);
    }
    assert!(store.remove_do_not_call(TENANT, &customer).await.unwrap());
    assert!(!store.remove_do_not_call(TENANT, &customer).await.unwrap());

    let pin = |user: &str, carrier: Option<&str>| Pin {
        user: user.to_owned(),
        carrier: carrier.map(str::to_owned),
        account: None,
        line: Some("line-1".to_owned()),
    };
    for pin in [
        pin("user-2", None),
        pin("user-1", Some("tw")),
        pin("user-1", Some("vg")),
    ] {
        store.set_pin(TENANT, &pin).await.unwrap();
    }
    assert_eq!(
        store.pin(TENANT, "user-1").await.unwrap(),
        Some(pin("user-1", Some("vg")))
    );
    assert_eq!(
        store.pins(TENANT).await.unwrap(),
        [pin("user-1", Some("vg")), pin("user-2", None)]
    );
    assert_eq!(
        (
            store.pin("t-2", "user-1").await.unwrap(),
            store.pins("t-2").await.unwrap()
        ),
        (None, vec![])
    );
    assert!(store.remove_pin(TENANT, "user-1").await.unwrap());
    assert!(!store.remove_pin(TENANT, "user-1").await.unwrap());
}

#[tokio::test]
async fn a_table_that_does_not_answer_is_told_by_its_code() {
    let desk = desk().await;
    let gate = desk.book.stack.gate().unwrap();
    gate.fail("GetItem", Fault::Down);
    let error = desk.store.policy(TENANT).await.unwrap_err();
    assert_eq!(error.code, "InternalServerError");
}
