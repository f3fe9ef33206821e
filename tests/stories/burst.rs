//! Many calls at once, in any order, each event more than once, over 32 connections; and a front that dies meanwhile.
//!
//! The size here is one that a slow machine does in seconds. All of it, 10 000 events of 500 calls, each three times,
//! against a running `ringback serve`:
//!
//! ```sh
//! ringback webhook play --carrier tw --carrier sw --together --case recording \
//!     --calls 500 --repeat 3 --shuffle --connections 32 --verify
//! ```

use jiff::Timestamp;
use ringback_calls::{Ask, List, State};
use ringback_lambda::emf_sink;
use ringback_local::call_stream::CallStream;
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::{
    Account, CASES, CODES, Compared, Life, Order, Play, Played, compare, place,
};

use crate::carriers::{Webhook, front, life};

/// So many calls of each carrier and case.
const CALLS: u32 = 2;
const CONNECTIONS: usize = 32;

fn many(carriers: &[&str], cases: &[&str], calls: u32) -> Vec<(Life, Account)> {
    let mut lives = Vec::new();
    for carrier in carriers {
        for case in cases {
            for _ in 0..calls {
                let number = u32::try_from(lives.len()).unwrap();
                lives.push(life(carrier, case, number + 1));
            }
        }
    }
    lives
}

async fn play(here: &Webhook, lives: &[(Life, Account)], play: Play) -> Played {
    let placed: Vec<_> = lives.iter().map(|(life, _)| life.clone()).collect();
    place(&here.calls, TENANT, &placed).await.unwrap();
    let pairs: Vec<_> = lives.iter().map(|(life, account)| (life, account)).collect();
    play.run_all(&pairs).await.unwrap()
}

async fn compared(here: &Webhook, lives: &[(Life, Account)]) -> Compared {
    let lives: Vec<_> = lives.iter().map(|(life, _)| life.clone()).collect();
    compare(&here.calls, TENANT, &lives).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_in_any_order_and_repeated_loses_nothing_and_every_record_is_as_made_in_order() {
    let here = Webhook::start().await;
    let lives = many(&CODES, &CASES, CALLS);
    let burst = Play {
        repeat: 3,
        order: Order::Shuffled(4),
        connections: CONNECTIONS,
        ..Play::to(&here.api.url())
    };

    let played = play(&here, &lives, burst).await;

    assert!(played.is_complete(), "{:?}", played.refused);
    let compared = compared(&here, &lives).await;
    assert!(compared.is_good(), "{compared:?}");
    assert_eq!(compared.equal, lives.len() as u64);

    // And the lists have all of them, once the stream has been read.
    let project_calls = here
        .stack
        .project_calls(&[], emf_sink(std::io::sink()))
        .await
        .unwrap();
    let mut stream = CallStream::open(&here.stack).await.unwrap();
    stream.catch_up(&project_calls, Timestamp::now()).await.unwrap();
    assert_eq!(listed(&here).await, lives.len());
}

/// How many calls the agent's list has; all of them have ended.
async fn listed(here: &Webhook) -> usize {
    let mut ask = Ask {
        tenant: TENANT.to_owned(),
        list: List::Agent("agent-a".to_owned()),
        from: None,
        until: None,
        limit: 100,
        after: None,
    };
    let mut calls = 0;
    loop {
        let page = here.calls.list(&ask, Timestamp::now()).await.unwrap();
        assert!(page.items.iter().all(|call| call.state == State::Close));
        calls += page.items.len();
        ask.after = page.next;
        if ask.after.is_none() {
            return calls;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_that_dies_in_a_burst_loses_nothing_that_it_took_and_the_rest_comes_again() {
    let mut here = Webhook::start().await;
    let lives = many(&["tw", "tx"], &["recording"], 30);
    let burst = Play {
        connections: CONNECTIONS,
        ..Play::to(&here.api.url())
    };
    let sending = tokio::spawn({
        let (lives, burst) = (lives.clone(), burst.clone());
        async move {
            let pairs: Vec<_> = lives.iter().map(|(life, account)| (life, account)).collect();
            burst.run_all(&pairs).await.unwrap()
        }
    });
    let middle = &lives[lives.len() / 2].0.call;
    while here
        .calls
        .read(TENANT, middle, Timestamp::now())
        .await
        .unwrap()
        .is_none()
    {}

    // The database stays.
    here.api = front(&here.stack).await;
    let cut_off = sending.await.unwrap();

    assert!(cut_off.taken > 0 && !cut_off.is_complete(), "{cut_off:?}");
    let mut stored = 0;
    for (life, _) in &lives {
        let record = here
            .calls
            .read(TENANT, &life.call, Timestamp::now())
            .await
            .unwrap();
        stored += record.map_or(0, |record| record.version);
    }
    assert!(
        stored >= cut_off.taken,
        "{stored} events of {} that were taken",
        cut_off.taken
    );

    let again = Play {
        order: Order::Shuffled(5),
        connections: CONNECTIONS,
        ..Play::to(&here.api.url())
    };
    assert!(play(&here, &lives, again).await.is_complete());
    let compared = compared(&here, &lives).await;
    assert!(compared.is_good(), "{compared:?}");
}
