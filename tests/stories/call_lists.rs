//! Lists of calls, a page at a time.

use ringback_calls::{Ask, CallId, Kind, List, ListError, Number, SHARDS, When, shard};
use ringback_tests::{CallBook, TENANT, call, event, morning, placed};

fn of_agent(tenant: &str) -> Ask {
    Ask::new(tenant, List::Agent("agent-a".to_owned()))
}

/// So many calls of `agent-a`, one a minute, folded.
async fn calls(many: i64) -> CallBook {
    let mut book = CallBook::open().await.unwrap();
    for minute in 0..many {
        let id = call(&format!("no-{minute}")).unwrap();
        book.put(&[placed(&id, minute * 60).unwrap()]).await.unwrap();
    }
    book.settle().await.unwrap();
    book
}

/// Every page of a list; the calls' names, a page each.
async fn pages(book: &CallBook, mut ask: Ask) -> Vec<String> {
    let mut pages = Vec::new();
    loop {
        let page = book.store.list(&ask, morning(3600)).await.unwrap();
        let names: Vec<_> = page
            .items
            .iter()
            .map(|line| line.id.as_str().replace("call-no-", ""))
            .collect();
        pages.push(names.join(" "));
        if page.next.is_none() {
            return pages;
        }
        ask.after = page.next;
    }
}

#[tokio::test]
async fn a_list_comes_newest_first_in_pages_without_gap_or_repetition() {
    let book = calls(7).await;
    let ask = Ask {
        limit: 3,
        ..of_agent(TENANT)
    };
    assert_eq!(pages(&book, ask.clone()).await, ["6 5 4", "3 2 1", "0"]);
    // From the first minute on, and before the fifth.
    let ranged = Ask {
        from: Some(morning(60)),
        until: Some(morning(300)),
        ..ask
    };
    assert_eq!(pages(&book, ranged.clone()).await, ["4 3 2", "1"]);
    let backwards = Ask {
        until: Some(morning(0)),
        ..ranged
    };
    assert_eq!(pages(&book, backwards).await, [""]);
}

#[tokio::test]
async fn a_call_is_listed_by_everything_it_is_about_with_what_a_line_shows() {
    let mut book = CallBook::open().await.unwrap();
    let id = call("first").unwrap();
    let mut ended = event(&id, "completed", 72, Kind::Ended);
    ended.entry.event.facts.carrier_call_id = Some("CA1".to_owned());
    ended.entry.event.facts.talk_seconds = Some(58);
    ended.entry.event.facts.ended = Some(When::At(morning(72)));
    book.put(&[placed(&id, 0).unwrap(), ended]).await.unwrap();
    book.settle().await.unwrap();
    book.requests();
    let carrier_call = |carrier: &str, id: &str| List::CarrierCall {
        carrier: carrier.to_owned(),
        id: id.to_owned(),
    };
    for list in [
        List::Agent("agent-a".to_owned()),
        List::Customer(Number::raw("+14155550102").unwrap()),
        List::Reference("order-17".to_owned()),
        carrier_call("tw", "CA1"),
    ] {
        let page = book
            .store
            .list(&Ask::new(TENANT, list), morning(3600))
            .await
            .unwrap();
        let [line] = page.items.as_slice() else {
            panic!("one call: {page:?}")
        };
        assert_eq!((&line.id, line.talk_seconds), (&id, Some(58)));
        assert_eq!((line.created_at, line.ended_at), (morning(0), Some(morning(72))));
        assert_eq!(book.requests(), "Query 1");
    }
    for list in [
        List::Agent("agent-b".to_owned()),
        List::Customer(Number::raw("+14155550101").unwrap()),
        List::Reference("order-1".to_owned()),
        carrier_call("sw", "CA1"),
    ] {
        let page = book
            .store
            .list(&Ask::new(TENANT, list), morning(3600))
            .await
            .unwrap();
        assert!(page.items.is_empty(), "{page:?}");
    }
}

#[tokio::test]
async fn a_continuation_is_of_one_list_of_one_tenant_and_range() {
    let book = calls(3).await;
    let ask = Ask {
        limit: 1,
        ..of_agent(TENANT)
    };
    let first = book.store.list(&ask, morning(3600)).await.unwrap();
    let after = first.next.unwrap();
    let again = Ask {
        after: Some(after.clone()),
        ..ask.clone()
    };
    assert_eq!(
        book.store.list(&again, morning(3600)).await.unwrap().items.len(),
        1
    );

    let others = [
        Ask {
            tenant: "t-2".to_owned(),
            ..again.clone()
        },
        Ask {
            list: List::Reference("order-17".to_owned()),
            ..again.clone()
        },
        Ask {
            list: List::Agent("agent-b".to_owned()),
            ..again.clone()
        },
        Ask {
            from: Some(morning(0)),
            ..again.clone()
        },
        Ask {
            after: Some(String::new()),
            ..again.clone()
        },
        Ask {
            after: Some("not ours".to_owned()),
            ..again.clone()
        },
        Ask {
            after: Some(format!("{after}A")),
            ..again.clone()
        },
    ];
    for other in others {
        let refused = book.store.list(&other, morning(3600)).await;
        assert_eq!(refused, Err(ListError::Continuation), "{other:?}");
    }
}

#[tokio::test]
async fn nobody_sees_another_tenants_calls_and_nobody_those_that_have_expired() {
    let book = calls(2).await;
    for (tenant, now, seen) in [
        (TENANT, morning(3600), 2),
        ("t-2", morning(3600), 0),
        ("", morning(3600), 0),
        (TENANT, morning(32 * 24 * 3600), 0),
    ] {
        let page = book.store.list(&of_agent(tenant), now).await.unwrap();
        assert_eq!(page.items.len(), seen, "{tenant} {now}");
    }
}

/// What is due at a time, in all shards.
async fn due(book: &CallBook, seconds: i64, limit: u16) -> Vec<String> {
    let mut all = Vec::new();
    for shard in 0..SHARDS {
        let mut after = None;
        loop {
            let until = morning(seconds);
            let page = book
                .store
                .due(shard, until, limit, after.as_deref())
                .await
                .unwrap();
            all.extend(page.items.iter().map(|due| {
                assert_eq!(
                    (due.tenant.as_str(), self::shard(TENANT, &due.call)),
                    (TENANT, shard)
                );
                due.call.to_string()
            }));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn a_call_is_due_when_it_was_silent_too_long_and_not_any_more_when_it_has_ended() {
    let mut book = CallBook::open().await.unwrap();
    let ids: Vec<CallId> = (0..40).map(|no| call(&format!("no-{no:02}")).unwrap()).collect();
    for id in &ids {
        book.put(&[placed(id, 0).unwrap()]).await.unwrap();
    }
    book.settle().await.unwrap();
    // Ten minutes after the last word, which came a quarter of a second after the hour.
    assert_eq!(due(&book, 599, 100).await, Vec::<String>::new());
    let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(due(&book, 600, 100).await, names);
    assert_eq!(due(&book, 600, 1).await, names);

    // The first has ended, the second is talking.
    let mut ended = event(&ids[0], "completed", 20, Kind::Ended);
    ended.entry.event.facts.ended = Some(When::At(morning(20)));
    let mut bridged = event(&ids[1], "bridged", 20, Kind::Bridged);
    bridged.entry.event.facts.bridged = Some(When::At(morning(20)));
    book.put(&[ended, bridged]).await.unwrap();
    book.settle().await.unwrap();
    assert_eq!(due(&book, 700, 7).await, names[2..]);
    // An hour's limit and thirty seconds' ring after its last word.
    assert_eq!(due(&book, 3649, 7).await, names[2..]);
    assert_eq!(due(&book, 3650, 7).await, names[1..]);
}

#[tokio::test]
async fn a_continuation_of_what_is_due_is_of_one_shard() {
    let mut book = CallBook::open().await.unwrap();
    let ids: Vec<_> = (0..40).map(|no| call(&format!("no-{no:02}")).unwrap()).collect();
    for id in &ids {
        book.put(&[placed(id, 0).unwrap()]).await.unwrap();
    }
    book.settle().await.unwrap();
    let busy = (0..SHARDS)
        .find(|wanted| ids.iter().filter(|id| shard(TENANT, id) == *wanted).count() > 1)
        .unwrap();
    let page = book.store.due(busy, morning(900), 1, None).await.unwrap();
    let after = page.next.unwrap();
    let other = (busy + 1) % SHARDS;
    let refused = book.store.due(other, morning(900), 1, Some(&after)).await;
    assert_eq!(refused, Err(ListError::Continuation));
}
