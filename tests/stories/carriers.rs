//! Ten carriers tell of the same call in ten ways, through the real routes and with real signatures: the records are
//! the same but for what a carrier does not tell.

use std::sync::Arc;

use jiff::Timestamp;
use ringback_calls::{CallId, CallRecord, CallStore, LegRecord, Number};
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock};
use ringback_local::sample_accounts::{self, SampleAccount, TENANT};
use ringback_local::simulated_carriers::{
    Account, CASES, CODES, Life, Name, Order, Play, as_told, calls, place, record_in_order,
};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};

/// The webhook over tables of its own, with an account at every carrier.
pub(crate) struct Webhook {
    pub(crate) stack: Stack,
    pub(crate) api: Api,
    pub(crate) calls: CallStore,
}

impl Webhook {
    pub(crate) async fn start() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        sample_accounts::add(&stack).await.unwrap();
        Self {
            api: front(&stack).await,
            calls: calls(&stack).await,
            stack,
        }
    }

    pub(crate) async fn record(&self, life: &Life) -> CallRecord {
        let record = self.calls.read(TENANT, &life.call, Timestamp::now()).await;
        record.unwrap().expect("the call is there")
    }
}

/// The HTTP front over a stack.
pub(crate) async fn front(stack: &Stack) -> Api {
    let webhook = stack.carrier_webhook(&[], emf_sink(std::io::sink())).await;
    let webhook = Arc::new(webhook.unwrap());
    Api::of_carriers(webhook, Clock::system()).await.unwrap()
}

/// A call of its own with that life.
pub(crate) fn life(carrier: &str, case: &str, number: u32) -> (Life, Account) {
    let account = SampleAccount::of(carrier).unwrap().at_carrier();
    let life = Life::sample(carrier, case).unwrap().named(&Name {
        call: CallId::parse(&format!("{carrier}-{case}-{number:06}")).unwrap(),
        account: account.slug.clone(),
        base: PUBLIC_BASE_URL.to_owned(),
        number,
    });
    (life, account)
}

/// Every carrier's call of that case.
fn lives(case: &str) -> Vec<(Life, Account)> {
    let numbered = CODES.iter().zip(1..);
    numbered
        .map(|(carrier, number)| life(carrier, case, number))
        .collect()
}

/// The records of lives that are played, each also compared with the one made in order and without a table.
async fn records(lives: &[(Life, Account)], order: Order, repeat: u32) -> Vec<CallRecord> {
    let here = Webhook::start().await;
    let placed: Vec<_> = lives.iter().map(|(life, _)| life.clone()).collect();
    place(&here.calls, TENANT, &placed).await.unwrap();
    let play = Play {
        order,
        repeat,
        connections: 4,
        ..Play::to(&here.api.url())
    };
    let pairs: Vec<_> = lives.iter().map(|(life, account)| (life, account)).collect();
    let played = play.run_all(&pairs).await.unwrap();
    assert!(played.is_complete(), "{order:?}: {:?}", played.refused);
    let mut records = Vec::new();
    for (life, _) in lives {
        let record = as_told(here.record(life).await);
        let expected = as_told(record_in_order(&[life], TENANT).unwrap());
        assert_eq!(record, expected, "{order:?}, each {repeat} times");
        records.push(record);
    }
    records
}

/// Seconds since the call began; `~` where no carrier told the time, `-` where it did not happen.
fn seconds(record: &CallRecord, name: &str, at: Option<Timestamp>) -> String {
    match at {
        _ if record.inferred.contains(name) => "~".to_owned(),
        None => "-".to_owned(),
        Some(at) => at.duration_since(record.created_at).as_secs().to_string(),
    }
}

fn leg(record: &CallRecord, name: &str, leg: &LegRecord) -> String {
    let times = [
        ("dialledAt", leg.dialled_at),
        ("ringingAt", leg.ringing_at),
        ("answeredAt", leg.answered_at),
        ("endedAt", leg.ended_at),
    ];
    let times = times.map(|(time, at)| seconds(record, &format!("{name}.{time}"), at));
    let number = leg.number.as_ref().map_or("-".to_owned(), Number::masked);
    let [dialled, rings, answers, ends] = times;
    format!("{number:<5} {dialled:>7} {rings:>5} {answers:>7} {ends:>4}")
}

/// Records as a table, with masked numbers and without ids.
fn table(records: &[CallRecord]) -> String {
    let mut table =
        "carrier  state cause  A     dialled rings answers ends  B     dialled rings answers ends  bridged ended talk  recording\n"
            .to_owned();
    for record in records {
        let state = format!("{:?}", record.state).to_lowercase();
        let cause = record.close_cause.unwrap();
        let talk = record
            .talk_seconds
            .map_or("-".to_owned(), |talk| talk.to_string());
        let bridged = seconds(record, "bridgedAt", record.bridged_at);
        let ended = seconds(record, "endedAt", record.ended_at);
        let recordings = record.recordings.values().map(|recording| {
            let state = recording.state.map(|state| format!("{state:?}").to_lowercase());
            let channels = recording.channels.map(|channels| format!("{channels} channels"));
            let seconds = recording.seconds.map(|seconds| format!("{seconds} s"));
            let told = [state, recording.format.clone(), channels, seconds];
            told.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        let recordings: Vec<_> = recordings.collect();
        let line = format!(
            "{:<8} {state:<5} {cause:>5}  {}  {}  {bridged:>7} {ended:>5} {talk:>4}  {}",
            record.carrier.as_deref().unwrap(),
            leg(record, "a", &record.a),
            leg(record, "b", &record.b),
            recordings.join(", "),
        );
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_carriers_give_ten_equal_shaped_records() {
    for case in CASES {
        let lives = lives(case);
        let records = records(&lives, Order::Natural, 1).await;
        insta::assert_snapshot!(case, table(&records));
        for record in &records {
            let first = &records[0];
            assert_eq!(
                (
                    record.state,
                    record.close_cause,
                    record.direction,
                    &record.customer
                ),
                (first.state, first.close_cause, first.direction, &first.customer),
            );
            assert_eq!(
                (&record.agent, &record.business_reference, record.created_at),
                (&first.agent, &first.business_reference, first.created_at),
            );
            assert_eq!(
                (&record.a.number, &record.b.number),
                (&first.a.number, &first.b.number)
            );
            assert_eq!(
                record.talk_seconds, first.talk_seconds,
                "{case} {:?}",
                record.carrier
            );
            let ready = |record: &CallRecord| {
                record
                    .recordings
                    .values()
                    .any(|recording| recording.state.is_some())
            };
            assert_eq!(ready(record), case == "recording", "{case} {:?}", record.carrier);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_backwards_and_more_than_once_give_the_same_records() {
    let lives: Vec<_> = CASES.iter().flat_map(|case| lives(case)).collect();
    let backwards = records(&lives, Order::Backwards, 2).await;
    for seed in 1..=3 {
        assert_eq!(
            records(&lives, Order::Shuffled(seed), 3).await,
            backwards,
            "{seed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_account_may_be_told_of_many_calls_at_once_and_mixes_none_of_them_up() {
    let lives: Vec<_> = (1..=6).map(|number| life("tw", "recording", number)).collect();
    let records = records(&lives, Order::Shuffled(7), 2).await;
    let mut ids: Vec<_> = records
        .iter()
        .map(|record| record.carrier_call_id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), lives.len());
}
