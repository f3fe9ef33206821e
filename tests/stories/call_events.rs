//! Events of calls: put once, for one tenant, in one request; read back with one.

use ringback_calls::{Evidence, Kept, Kind, Number, State, StoreError, When};
use ringback_local::gate::{Fault, Gate};
use ringback_tests::{CallBook, TENANT, asked, call, event, morning, placed};

#[tokio::test]
async fn an_event_costs_one_write_and_no_read_and_the_second_time_changes_nothing() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    let mut answered = event(&id, "in-progress", 5, Kind::Answered);
    answered.entry.event.facts.a.answered = Some(When::At(morning(5)));

    assert_eq!(book.store.put(&answered).await, Ok(Kept::Stored));
    assert_eq!(book.requests(), "PutItem 1");
    let before = book.items(TENANT, &id).await.unwrap();

    // The carrier sends it again, and we hear it at another time.
    answered.entry.received_at = morning(65);
    assert_eq!(book.store.put(&answered).await, Ok(Kept::Repeated));
    assert_eq!(book.requests(), "PutItem 1");
    assert_eq!(book.items(TENANT, &id).await.unwrap(), before);
}

#[tokio::test]
async fn a_call_is_read_with_one_request_as_it_was_written_last() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    assert_eq!(book.read(&id).await.unwrap(), None);
    book.requests();
    let mut ringing = event(&id, "ringing", 1, Kind::Ringing);
    ringing.entry.event.facts.a.ringing = Some(When::At(morning(1)));
    book.put(&[placed(&id, 0).unwrap(), ringing]).await.unwrap();
    book.requests();

    let record = book.read(&id).await.unwrap().unwrap();
    assert_eq!(book.requests(), "Query 1");
    assert_eq!((record.state, record.version), (State::Init, 2));
    assert_eq!(record.agent.as_deref(), Some("agent-a"));
    assert_eq!(record.a.ringing_at, Some(morning(1)));
}

#[tokio::test]
async fn a_call_of_more_than_a_page_is_read_whole() {
    let book = CallBook::open().await.unwrap();
    let id = call("long").unwrap();
    for index in 0..30 {
        let mut wordy = event(&id, &format!("part-{index}"), index, Kind::Progress);
        wordy.entry.event.facts.ivr_text = Some("x".repeat(50_000));
        book.store.put(&wordy).await.unwrap();
    }
    book.requests();
    assert_eq!(book.read(&id).await.unwrap().unwrap().version, 30);
    assert_eq!(book.requests(), "Query 2");
}

#[tokio::test]
async fn two_first_events_of_a_call_that_nobody_knew_are_one_call() {
    let book = CallBook::open().await.unwrap();
    let id = call("unknown").unwrap();
    let mut a = event(&id, "a-rings", 1, Kind::Ringing);
    a.entry.event.facts.a.ringing = Some(When::At(morning(1)));
    let mut b = event(&id, "b-rings", 8, Kind::Ringing);
    b.entry.event.facts.b.ringing = Some(When::At(morning(8)));

    let (first, second) = tokio::join!(book.store.put(&a), book.store.put(&b));
    assert_eq!((first, second), (Ok(Kept::Stored), Ok(Kept::Stored)));
    let record = book.read(&id).await.unwrap().unwrap();
    assert_eq!(
        (record.a.ringing_at, record.b.ringing_at),
        (Some(morning(1)), Some(morning(8)))
    );
}

#[tokio::test]
async fn of_many_who_tell_the_same_at_once_one_is_stored() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    for legs in [vec![], vec!["CA2".to_owned()]] {
        let mut told = event(&id, &format!("told-{}", legs.len()), 1, Kind::Ringing);
        told.legs = legs;
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (store, told) = (book.store.clone(), told.clone());
                tokio::spawn(async move { store.put(&told).await.unwrap() })
            })
            .collect();
        let mut stored = 0;
        for task in tasks {
            stored += usize::from(task.await.unwrap() == Kept::Stored);
        }
        assert_eq!(stored, 1);
    }
}

#[tokio::test]
async fn events_of_b_that_come_before_those_of_a_make_the_same_record() {
    let life = |id: &ringback_calls::CallId| {
        let mut events = vec![placed(id, 0).unwrap()];
        for (name, second, kind) in [
            ("a-answered", 5, Kind::Answered),
            ("b-dialled", 6, Kind::Dialled),
            ("b-answered", 14, Kind::Answered),
            ("b-ended", 72, Kind::Ended),
            ("a-ended", 72, Kind::Ended),
        ] {
            let mut new = event(id, name, second, kind);
            let when = Some(When::At(morning(second)));
            let facts = &mut new.entry.event.facts;
            match name {
                "a-answered" => facts.a.answered = when,
                "b-dialled" => facts.b.dialled = when,
                "b-answered" => facts.b.answered = when,
                "b-ended" => facts.b.ended = when,
                _ => facts.a.ended = when,
            }
            events.push(new);
        }
        events
    };
    let (first, second) = (CallBook::open().await.unwrap(), CallBook::open().await.unwrap());
    let id = call("first").unwrap();
    first.put(&life(&id)).await.unwrap();
    let mut backwards = life(&id);
    backwards.reverse();
    second.put(&backwards).await.unwrap();
    let record = second.read(&id).await.unwrap().unwrap();
    assert_eq!(Some(&record), first.read(&id).await.unwrap().as_ref());
    assert_eq!((record.state, record.talk_seconds), (State::Close, Some(58)));
}

#[tokio::test]
async fn a_second_leg_leads_to_its_call_for_the_account_that_told_of_it_alone() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    let mut dialled = event(&id, "b-dialled", 6, Kind::Dialled);
    dialled.legs = vec!["CA#2".to_owned(), "CA3".to_owned(), "CA3".to_owned()];

    assert_eq!(book.store.put(&dialled).await, Ok(Kept::Stored));
    assert_eq!(book.requests(), "TransactWriteItems 1");
    assert_eq!(book.store.put(&dialled).await, Ok(Kept::Repeated));
    book.requests();

    let of = async |tenant: &str, carrier: &str, account: &str, leg: &str, at: i64| {
        let found = book
            .store
            .call_of_leg(tenant, carrier, account, leg, morning(at))
            .await;
        found.unwrap()
    };
    for leg in ["CA#2", "CA3"] {
        assert_eq!(of(TENANT, "tw", "slug-1", leg, 60).await, Some(id.clone()));
        assert_eq!(book.requests(), "GetItem 1");
    }
    for (tenant, carrier, account, leg) in [
        ("t-2", "tw", "slug-1", "CA3"),
        (TENANT, "sw", "slug-1", "CA3"),
        (TENANT, "tw", "slug-2", "CA3"),
        (TENANT, "tw", "slug-1", "CA4"),
    ] {
        assert_eq!(of(tenant, carrier, account, leg, 60).await, None);
    }
    // It goes with the call, also where DynamoDB has not deleted it yet.
    assert_eq!(of(TENANT, "tw", "slug-1", "CA3", 32 * 24 * 3600).await, None);
}

#[tokio::test]
async fn what_nobody_proves_is_taken_for_calls_that_we_placed_and_no_others() {
    let book = CallBook::open().await.unwrap();
    let id = call("placed").unwrap();
    let unproven = |name: &str| {
        let mut new = event(&id, name, 5, Kind::Answered);
        new.placed_only = true;
        new
    };
    assert_eq!(book.store.put(&unproven("answered")).await, Ok(Kept::NotPlaced));
    assert_eq!(book.requests(), "TransactWriteItems 1");
    assert_eq!(book.items(TENANT, &id).await.unwrap().len(), 0);

    // Neither another tenant's call of that id, nor a proven event of it, makes it ours.
    let mut foreign = placed(&id, 0).unwrap();
    foreign.entry.tenant = "t-2".to_owned();
    let proven = event(&id, "ringing", 1, Kind::Ringing);
    book.put(&[foreign, proven]).await.unwrap();
    assert_eq!(book.store.put(&unproven("answered")).await, Ok(Kept::NotPlaced));

    // Nor does that we placed it with another account.
    book.put(&[placed(&id, 0).unwrap(), asked(&id, "slug-2", 1)])
        .await
        .unwrap();
    assert_eq!(book.store.put(&unproven("answered")).await, Ok(Kept::NotPlaced));

    // And nobody unproven says that we placed it, or asked that account or another.
    for mut pretended in [
        placed(&id, 0).unwrap(),
        asked(&id, "slug-1", 1),
        asked(&id, "slug-3", 1),
    ] {
        pretended.placed_only = true;
        assert_eq!(book.store.put(&pretended).await, Ok(Kept::NotPlaced));
        // Also not as something else, under the same id.
        pretended.entry.event.kind = Kind::Answered;
        pretended.entry.carrier = "tw".to_owned();
        pretended.entry.account = "slug-1".to_owned();
        assert_eq!(book.store.put(&pretended).await, Ok(Kept::NotPlaced));
    }

    book.put(&[asked(&id, "slug-1", 2)]).await.unwrap();
    let mut with_leg = unproven("b-dialled");
    with_leg.legs = vec!["B2".to_owned()];
    assert_eq!(book.store.put(&unproven("answered")).await, Ok(Kept::Stored));
    assert_eq!(book.store.put(&unproven("answered")).await, Ok(Kept::Repeated));
    assert_eq!(book.store.put(&with_leg).await, Ok(Kept::Stored));
    let found = book
        .store
        .call_of_leg(TENANT, "tw", "slug-1", "B2", morning(60))
        .await;
    assert_eq!(found, Ok(Some(id)));
}

#[tokio::test]
async fn nobody_writes_into_another_tenants_call() {
    let book = CallBook::open().await.unwrap();
    let id = call("mine").unwrap();
    book.put(&[placed(&id, 0).unwrap()]).await.unwrap();
    // Also not with a name that looks like the key of mine.
    for tenant in ["t-2", "t-1#call-mine", ""] {
        let mut foreign = event(&id, "ended", 9, Kind::Ended);
        foreign.entry.tenant = tenant.to_owned();
        foreign.entry.event.evidence = Evidence::Cdr;
        foreign.entry.event.facts.ended = Some(When::At(morning(9)));
        assert_eq!(book.store.put(&foreign).await, Ok(Kept::Stored), "{tenant}");
    }
    let record = book.read(&id).await.unwrap().unwrap();
    assert_eq!((record.state, record.version), (State::Init, 1));
}

#[tokio::test]
async fn a_transaction_that_meets_others_is_made_again_and_again_but_not_for_ever() {
    let book = CallBook::open().await.unwrap();
    let gate = book.stack.gate().unwrap();
    let id = call("first").unwrap();
    let mut dialled = event(&id, "b-dialled", 6, Kind::Dialled);
    dialled.legs = vec!["CA2".to_owned()];
    gate.fail("TransactWriteItems", Fault::Conflict(3));
    assert_eq!(book.store.put(&dialled).await, Ok(Kept::Stored));
    assert_eq!(book.requests(), "TransactWriteItems 4");

    gate.fail("TransactWriteItems", Fault::Conflict(100));
    dialled.legs.push("CA3".to_owned());
    let problem = book.store.put(&dialled).await.unwrap_err();
    assert!(problem.is_passing(), "{problem}");
}

#[tokio::test]
async fn a_table_that_throttles_or_is_down_is_an_error_that_passes_and_sending_again_heals_it() {
    let book = CallBook::open().await.unwrap();
    let gate = book.stack.gate().unwrap();
    let id = call("first").unwrap();
    let alone = event(&id, "ringing", 1, Kind::Ringing);
    let mut with_leg = event(&id, "b-dialled", 6, Kind::Dialled);
    with_leg.legs = vec!["CA2".to_owned()];
    for (fault, code) in [
        (Fault::Throttled, "ProvisionedThroughputExceededException"),
        (Fault::Down, "InternalServerError"),
    ] {
        gate.fail(Gate::EVERYTHING, fault);
        let problem = StoreError {
            code: code.to_owned(),
        };
        assert!(problem.is_passing() && !problem.is_permanent());
        for new in [&alone, &with_leg] {
            assert_eq!(book.store.put(new).await, Err(problem.clone()));
        }
        let read = book.store.read(TENANT, &id, morning(60)).await;
        assert_eq!(read, Err(problem.clone()));
        let leg = book
            .store
            .call_of_leg(TENANT, "tw", "slug-1", "CA2", morning(60))
            .await;
        assert_eq!(leg, Err(problem));
    }
    gate.heal();
    let kept = book.put(&[alone, with_leg]).await.unwrap();
    assert_eq!(kept, [Kept::Stored, Kept::Stored]);
}

#[tokio::test]
async fn what_the_table_never_takes_is_an_error_that_does_not_pass() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    let mut huge = event(&id, "ringing", 1, Kind::Ringing);
    huge.entry.event.facts.ivr_text = Some("x".repeat(410_000));
    assert!(book.store.put(&huge).await.unwrap_err().is_permanent());
    huge.legs = vec!["CA2".to_owned()];
    assert!(book.store.put(&huge).await.unwrap_err().is_permanent());
    let leg = book
        .store
        .call_of_leg(TENANT, "tw", "slug-1", "CA2", morning(60))
        .await;
    assert_eq!(leg, Ok(None));
}

#[tokio::test]
async fn a_call_detail_record_of_the_next_day_changes_the_record_and_not_when_it_expires() {
    const DAY: i64 = 24 * 3600;
    let mut book = CallBook::open().await.unwrap();
    let id = call("late").unwrap();
    // Half an hour before midnight; the record comes six hours later.
    let began = 14 * 3600 + 1800;
    let mut ended = event(&id, "ended", began + 60, Kind::Ended);
    ended.entry.event.facts.ended = Some(When::At(morning(began + 60)));
    let mut detail = event(&id, "cdr", began + 6 * 3600, Kind::Cdr);
    detail.entry.event.evidence = Evidence::Cdr;
    detail.entry.event.facts.talk_seconds = Some(41);
    book.put(&[placed(&id, began).unwrap(), ended]).await.unwrap();
    let now = morning(began + 120);
    book.settle_at(now).await.unwrap();
    let before = book.store.read(TENANT, &id, now).await.unwrap().unwrap();
    assert_eq!(before.talk_seconds, None);

    book.put(&[detail]).await.unwrap();
    book.settle_at(morning(began + 6 * 3600)).await.unwrap();
    let after = book.store.read(TENANT, &id, now).await.unwrap().unwrap();
    assert_eq!((after.state, after.talk_seconds), (State::Close, Some(41)));
    // All of it on one day: thirty days after the end of the 20th.
    let midnight = morning(15 * 3600).as_second();
    let expiry = (midnight + 30 * DAY).to_string();
    assert_eq!(book.expiries(&id).await.unwrap(), vec![expiry; 4]);

    // A moment before it is all there, and then all of it is gone, whatever still lies there.
    for (second, there) in [(-1, true), (0, false)] {
        let now = morning(15 * 3600 + 30 * DAY + second);
        let record = book.store.read(TENANT, &id, now).await.unwrap();
        assert_eq!(record.is_some(), there, "{second}");
    }
    // What comes after that does not bring half of the call back.
    let late = event(&id, "recording", began + 40 * DAY, Kind::Recording);
    book.put(&[late]).await.unwrap();
    let now = morning(began + 40 * DAY);
    book.settle_at(now).await.unwrap();
    assert_eq!(book.store.read(TENANT, &id, now).await.unwrap(), None);
    let expiries = book.expiries(&id).await.unwrap();
    assert!(expiries.iter().all(|at| *at == expiries[0]), "{expiries:?}");
}

#[tokio::test]
async fn errors_of_the_store_name_nobody() {
    let book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    let mut huge = event(&id, "ringing", 1, Kind::Ringing);
    huge.entry.event.facts.customer = Number::raw("+14155550102");
    huge.entry.event.facts.ivr_text = Some("x".repeat(410_000));
    let problem = book.store.put(&huge).await.unwrap_err();
    let said = format!("{problem} {problem:?}");
    assert!(!said.contains("0102") && !said.contains("xxx"), "{said}");
}
