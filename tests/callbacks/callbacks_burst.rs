//! Many callbacks at once over three carriers: one of five requests is refused, some are never answered, and the carrier
//! that is asked first dies half way. Every request ends in one call, a clear refusal, or a doubt that is resolved, and
//! nobody is rung twice.
//!
//! The size here is one that a slow machine does in seconds. All of it, 1 000 callbacks at 50 a second, against a running
//! `ringback serve`:
//!
//! ```sh
//! ringback calls burst --calls 1000 --rate 50 --refused 20 --unsure 5 --dies tw
//! ```

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_lambda::emf_sink;
use ringback_local::api::Api;
use ringback_local::burst::{Burst, Outcome};
use ringback_local::call_stream::CallStream;
use ringback_local::dynamo::CARRIERS_TABLE;
use ringback_local::functions::Functions;
use ringback_local::sample_accounts::{self, TENANT};
use ringback_local::simulated_carriers::{Control, Mixture, calls};
use ringback_local::stack::{Addresses, Stack};
use ringback_placing::PlacingStore;

const CALLS: u32 = 100;
const TOKEN: &str = "test";

/// After that nothing is heard any more of a call that nobody has placed.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(30);

struct House {
    stack: Stack,
    functions: Arc<Functions>,
    api: Api,
}

impl House {
    async fn start() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        sample_accounts::add(&stack).await.unwrap();
        sample_accounts::allow_calls(&stack).await.unwrap();
        // Whoever is not answered is not waited for longer than this.
        let changes = [("PLACE_TIMEOUT_MS", "3000")];
        let functions = Functions::new(&stack, &changes, &emf_sink(std::io::sink()))
            .await
            .unwrap();
        let api = Api::start(&Addresses::any(), &functions, TOKEN).await.unwrap();
        stack.simulated_carriers.connect_webhook(&api.url());
        Self {
            stack,
            functions: Arc::new(functions),
            api,
        }
    }

    async fn run(&self, burst: &Burst) -> Outcome {
        let simulated = self.stack.vars(&[]).required("SIMULATED_CARRIERS").unwrap();
        let control = Control::of(&simulated).unwrap();
        let mut stream = CallStream::open(&self.stack).await.unwrap();
        let functions = Arc::clone(&self.functions);
        let projected = tokio::spawn(async move {
            loop {
                stream
                    .catch_up(&functions.project_calls, Timestamp::now())
                    .await
                    .unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let sent = burst.ask(&control).await.unwrap();
        self.stack.simulated_carriers.settled().await;
        // What nobody has told of by now is looked at as if that time had gone by, again and again: what is due is known
        // once it is projected.
        let functions = Arc::clone(&self.functions);
        let reconciled = tokio::spawn(async move {
            loop {
                let later = Timestamp::now() + LONGEST_LIFE;
                functions.reconcile_calls.run(later, None).await.unwrap();
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        let outcome = sent.finish(&control, Duration::from_secs(60)).await;
        reconciled.abort();
        // The last slots are free once the last records are projected. A slot whose call never began, as a table did not
        // answer in time, is free when it is needed.
        let placing = PlacingStore::new(self.stack.dynamo_client().await, CARRIERS_TABLE.to_owned());
        let calls = calls(&self.stack).await;
        let mut held = true;
        for _ in 0..100 {
            held = false;
            for call in placing.open_calls(TENANT).await.unwrap() {
                held |= calls
                    .read(TENANT, &call, Timestamp::now())
                    .await
                    .unwrap()
                    .is_some();
            }
            if !held {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        projected.abort();
        assert!(!held, "a call that is over holds its slot");
        outcome.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_callback_ends_in_one_call_a_refusal_or_a_doubt_that_is_resolved() {
    let house = House::start().await;
    let burst = Burst {
        api: house.api.url(),
        token: TOKEN.to_owned(),
        name: "burst".to_owned(),
        calls: CALLS,
        per_second: 10,
        twice: 10,
        mixture: Mixture {
            refused: 20,
            unsure: 5,
            lost: 3,
            seed: 1,
        },
        dies: Some("tw".to_owned()),
    };
    let outcome = house.run(&burst).await;
    assert!(outcome.is_good(), "{outcome:?}");
    let answered = outcome.placed + outcome.doubtful + outcome.refusals();
    assert_eq!(answered, CALLS, "{outcome:?}");
    assert!(outcome.doubtful > 0 && outcome.twice > 0, "{outcome:?}");
    let closed: u32 = outcome.by_carrier.values().sum();
    assert_eq!(closed, outcome.placed + outcome.doubtful, "{outcome:?}");
    // The one that died had calls before, and others took its place.
    assert!(
        outcome.by_carrier.contains_key("tw") && outcome.by_carrier.len() > 1,
        "{outcome:?}"
    );
}
