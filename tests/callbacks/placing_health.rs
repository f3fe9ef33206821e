//! What several instances share when calls are placed: rates that nobody exceeds, and the health of accounts, of which
//! each switch is told once.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ringback_accounts::Slug;
use ringback_carriers::Fault as Whose;
use ringback_local::dynamo::CARRIERS_TABLE;
use ringback_local::gate::Fault;
use ringback_placing::{Bucket, HealthState, OPEN_FOR, Outcome, PlacingStore, Switch, Taken};
use ringback_tests::{CallBook, TENANT, morning};

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

fn slug() -> Slug {
    Slug::parse("sample-account").unwrap()
}

/// The times, in milliseconds, at which one was taken by somebody who asks at those times.
async fn taken(store: &PlacingStore, bucket: &Bucket, times: &[i64]) -> Vec<i64> {
    let mut taken = Vec::new();
    for at in times {
        let now = morning(0) + SignedDuration::from_millis(*at);
        match store.take(bucket, now).await.unwrap() {
            Taken::Yes => taken.push(*at),
            Taken::After(wait) => {
                assert!(!wait.is_zero() && wait <= bucket.per, "{wait:?}");
            }
        }
    }
    taken
}

#[test]
fn a_bucket_never_gives_more_than_its_burst_and_its_rate() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let desk = runtime.block_on(desk());
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let steps = prop::collection::vec(0..400_i64, 1..40);
    let number = std::cell::Cell::new(0);
    let all = runner.run(&(1..6_u32, 1..300_u64, steps), |(burst, per, steps)| {
        number.set(number.get() + 1);
        let bucket = Bucket {
            name: format!("test#{}", number.get()),
            per: Duration::from_millis(per),
            burst,
        };
        let mut now = 0;
        let times: Vec<_> = steps
            .iter()
            .map(|step| {
                now += step;
                now
            })
            .collect();
        let taken = runtime.block_on(taken(&desk.store, &bucket, &times));
        let per = i64::try_from(per).unwrap();
        prop_assert_eq!(taken.first(), times.first(), "the first is always given");
        for (at, from) in taken.iter().enumerate() {
            for (count, to) in taken[at..].iter().enumerate() {
                let most = i64::from(burst) + (to - from) / per;
                prop_assert!(i64::try_from(count + 1).unwrap() <= most, "{taken:?}");
            }
        }
        Ok(())
    });
    all.unwrap();
}

#[tokio::test]
async fn many_at_once_share_a_bucket_and_the_others_are_told_when_to_come() {
    let desk = desk().await;
    let bucket = Bucket {
        name: "shared".to_owned(),
        per: Duration::from_secs(2),
        burst: 5,
    };
    let takes = join_all((0..12).map(|_| desk.store.take(&bucket, morning(0)))).await;
    let (given, refused): (Vec<_>, Vec<_>) = takes
        .into_iter()
        .map(Result::unwrap)
        .partition(|taken| *taken == Taken::Yes);
    assert_eq!(given.len(), 5);
    assert!(
        refused
            .iter()
            .all(|taken| *taken == Taken::After(Duration::from_secs(2)))
    );
    assert_eq!(
        desk.store.take(&bucket, morning(1)).await.unwrap(),
        Taken::After(Duration::from_secs(1))
    );
    assert_eq!(desk.store.take(&bucket, morning(2)).await.unwrap(), Taken::Yes);
    // What a carrier says of itself is kept to.
    for (bucket, per, burst) in [
        (Bucket::calls_of_account(&slug(), 1), 1000, 1),
        (Bucket::calls_of_account(&slug(), 50), 20, 10),
        (Bucket::calls_of_account(&slug(), 0), 1000, 1),
        (Bucket::inquiries(&slug(), 8), 7500, 1),
        (Bucket::inquiries(&slug(), 60), 1000, 10),
        (Bucket::calls_of_tenant(TENANT, 6), 10_000, 1),
        (Bucket::calls_of_tenant(TENANT, 11), 6000, 2),
    ] {
        assert_eq!((bucket.per, bucket.burst), (Duration::from_millis(per), burst));
        assert!(!format!("{bucket:?}").contains("sample-account"));
    }
}

impl Desk {
    async fn count(&self, outcome: Outcome, times: usize, second: i64) {
        for _ in 0..times {
            self.store.count(&slug(), outcome, morning(second)).await.unwrap();
        }
    }

    async fn state(&self, second: i64) -> (HealthState, Option<&'static str>) {
        let health = self.store.health(&slug(), morning(second)).await.unwrap();
        (health.state, health.reason)
    }

    /// Eight who look at the account at once; the one switch that they make, if they make one.
    async fn settle(&self, second: i64) -> Option<Switch> {
        let health = self.store.health(&slug(), morning(second)).await.unwrap();
        let slug = slug();
        let settling = (0..8).map(|_| self.store.settle(&slug, &health, morning(second)));
        let switches: Vec<_> = join_all(settling)
            .await
            .into_iter()
            .filter_map(Result::unwrap)
            .collect();
        assert!(switches.len() <= 1, "{switches:?}");
        switches.first().copied()
    }
}

fn switch(from: HealthState, to: HealthState, reason: Option<&'static str>) -> Option<Switch> {
    Some(Switch { from, to, reason })
}

#[tokio::test]
async fn an_account_that_fails_is_left_alone_then_tried_and_each_switch_is_told_once() {
    use HealthState::{Closed, HalfOpen, Open};
    let desk = desk().await;
    let opened = OPEN_FOR.as_secs();
    desk.count(Outcome::Accepted, 2, 0).await;
    desk.count(Outcome::Refused(Whose::Call), 9, 1).await;
    desk.count(Outcome::Unsure, 2, 2).await;
    assert_eq!(
        (desk.state(2).await, desk.settle(2).await),
        ((Closed, None), None)
    );
    desk.count(Outcome::Refused(Whose::Carrier), 3, 3).await;
    desk.count(Outcome::Refused(Whose::Account), 3, 3).await;
    desk.count(Outcome::NotSent, 3, 3).await;
    let health = desk.store.health(&slug(), morning(3)).await.unwrap();
    assert_eq!(
        (health.attempts, health.error_rate, health.since),
        (22, 0.5, None)
    );
    assert_eq!(desk.settle(4).await, switch(Closed, Open, Some("errors")));
    assert_eq!(
        (desk.state(5).await, desk.settle(5).await),
        ((Open, Some("errors")), None)
    );
    // It is tried, one call in ten seconds, and fails; tried again, and works.
    let half = 4 + opened;
    assert_eq!(desk.settle(half).await, switch(Open, HalfOpen, Some("errors")));
    for (second, may) in [(half, true), (half, false), (half + 9, false), (half + 10, true)] {
        assert_eq!(
            desk.store
                .probe(&slug(), morning(second))
                .await
                .unwrap()
                .is_some(),
            may,
            "{second}"
        );
    }
    let slug_1 = slug();
    let probes = join_all((0..8).map(|_| desk.store.probe(&slug_1, morning(half + 30)))).await;
    let probes: Vec<_> = probes.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(probes.len(), 1);
    // Whoever has it and tries nobody gives it back.
    desk.store.give_back(&probes[0]).await.unwrap();
    let at_once = desk.store.probe(&slug(), morning(half + 30)).await.unwrap();
    assert!(at_once.is_some());
    desk.count(Outcome::NotSent, 1, half + 11).await;
    assert_eq!(
        desk.settle(half + 11).await,
        switch(HalfOpen, Open, Some("errors"))
    );
    let half = half + 11 + opened;
    assert_eq!(desk.settle(half).await, switch(Open, HalfOpen, Some("errors")));
    desk.count(Outcome::Accepted, 1, half + 1).await;
    assert_eq!(desk.settle(half + 1).await, switch(HalfOpen, Closed, None));
    assert_eq!(desk.state(half + 2).await, (Closed, None));
    // Other accounts have nothing to do with it.
    let other = Slug::parse("another-account").unwrap();
    let health = desk.store.health(&other, morning(3)).await.unwrap();
    assert_eq!(
        (health.state, health.attempts, health.last_heard),
        (Closed, 0, None)
    );
}

#[tokio::test]
async fn a_carrier_that_takes_calls_on_and_tells_nothing_of_them_is_left_alone_until_it_tells() {
    use HealthState::{Closed, HalfOpen, Open};
    let desk = desk().await;
    let slug = slug();
    for second in [10, 5] {
        desk.store.heard(&slug, morning(second)).await.unwrap();
    }
    let health = desk.store.health(&slug, morning(11)).await.unwrap();
    assert_eq!(health.last_heard, Some(morning(10)), "never backwards");
    desk.count(Outcome::AcceptedQuietly, 9, 130).await;
    desk.count(Outcome::Accepted, 3, 131).await;
    assert_eq!(desk.state(190).await, (Closed, None));
    assert_eq!(desk.settle(191).await, switch(Closed, Open, Some("silent")));
    assert_eq!(desk.settle(221).await, switch(Open, HalfOpen, Some("silent")));
    // That it takes calls on is nothing new.
    desk.count(Outcome::Accepted, 1, 222).await;
    assert_eq!(desk.settle(223).await, None);
    assert_eq!(desk.settle(282).await, switch(HalfOpen, Open, Some("silent")));
    assert_eq!(desk.settle(312).await, switch(Open, HalfOpen, Some("silent")));
    desk.store.heard(&slug, morning(313)).await.unwrap();
    assert_eq!(desk.settle(314).await, switch(HalfOpen, Closed, None));
}

#[tokio::test]
async fn an_account_is_disabled_and_enabled_by_hand_alone_and_begins_anew() {
    use HealthState::{Closed, Disabled, Open};
    let desk = desk().await;
    let slug = slug();
    let disable = |second| desk.store.disable(&slug, "operator-1", morning(second));
    let enable = |second| desk.store.enable(&slug, "operator-1", morning(second));
    desk.count(Outcome::Unsure, 9, 0).await;
    assert_eq!(desk.settle(1).await, switch(Closed, Open, Some("errors")));
    assert_eq!(enable(2).await.unwrap(), None, "it was not disabled");
    let switches = join_all((0..4).map(|_| disable(3))).await;
    let switches: Vec<_> = switches.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(switches, [switch(Open, Disabled, Some("manual")).unwrap()]);
    desk.count(Outcome::Accepted, 9, 4).await;
    assert_eq!(
        (desk.state(400).await, desk.settle(400).await),
        ((Disabled, Some("manual")), None)
    );
    desk.count(Outcome::Unsure, 9, 401).await;
    assert_eq!(enable(402).await.unwrap(), switch(Disabled, Closed, None));
    assert_eq!(
        desk.state(403).await,
        (Closed, None),
        "what was before counts no more"
    );
    // The answer is lost, and the switch is told all the same.
    let gate = desk.book.stack.gate().unwrap();
    gate.fail("PutItem", Fault::LostOnce);
    assert_eq!(
        disable(500).await.unwrap(),
        switch(Closed, Disabled, Some("manual"))
    );
}
