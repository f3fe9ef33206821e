//! `ringback calls`: callbacks, many at once.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use ringback_local::burst::{self, Outcome};
use ringback_local::simulated_carriers::Mixture;

use super::show;
use super::tables::{Served, Simulated};

/// How many calls that are not as they should be are named.
const TOLD: usize = 20;

#[derive(Debug, Subcommand)]
pub(crate) enum Calls {
    /// Ask a running `ringback serve` for many callbacks, break its carriers meanwhile, and count what became of them.
    ///
    /// Ends with status 0 when every request ended in one call that is over, or in a clear refusal, and nobody was rung
    /// twice; 1 when not; 2 when the command itself is wrong.
    Burst(Burst),
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Each callback has a line and an idempotency key of its own. Carriers are asked in
the order of their accounts; what is refused is asked of the next, and what is
not answered of nobody else.

Example, with a `ringback serve` running:
  ringback calls burst --calls 1000 --rate 50 --refused 20 --unsure 5 --dies tw")]
pub(crate) struct Burst {
    /// How many callbacks.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    calls: u32,
    /// How many a second.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Of a hundred requests to carriers, how many are refused.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    refused: u8,
    /// Of a hundred, how many are taken on and never answered.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    unsure: u8,
    /// Of a hundred, how many are neither taken on nor answered. It takes more than six minutes until such a call is closed.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    lost: u8,
    /// Of a hundred callbacks, how many are asked for by two clients at once.
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    twice: u8,
    /// The carrier that cannot be reached any more after half of the callbacks.
    #[arg(long, value_name = "CODE")]
    dies: Option<String>,
    /// Which of the requests go wrong.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long to wait for calls to be over, in seconds.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=36_000))]
    patience: u64,
    #[command(flatten)]
    served: Served,
    #[command(flatten)]
    simulated: Simulated,
}

impl Calls {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Burst(burst) => burst.run().await,
        }
    }
}

impl Burst {
    async fn run(self) -> Result<ExitCode> {
        let shares = u32::from(self.refused) + u32::from(self.unsure) + u32::from(self.lost);
        ensure!(
            shares <= 100,
            "--refused, --unsure and --lost are more than 100 % together"
        );
        let carriers = self.simulated.carriers()?;
        let burst = burst::Burst {
            api: self.served.to.trim_end_matches('/').to_owned(),
            token: self.served.token,
            name: format!("burst-{}", Timestamp::now().as_millisecond()),
            calls: self.calls,
            per_second: self.rate,
            twice: self.twice,
            mixture: Mixture {
                refused: self.refused,
                unsure: self.unsure,
                lost: self.lost,
                seed: self.seed,
            },
            dies: self.dies,
        };
        let sent = burst.ask(&carriers).await?;
        let patience = Duration::from_secs(self.patience);
        let outcome = sent.finish(&carriers, patience).await?;
        print(self.calls, &outcome);
        Ok(ExitCode::from(u8::from(!outcome.is_good())))
    }
}

fn print(calls: u32, outcome: &Outcome) {
    let seconds = outcome.took.as_secs_f64().max(0.001);
    anstream::println!(
        "{calls} callbacks in {seconds:.1} s: {:.0} a second, half answered within {}, 99 of 100 within {}.",
        f64::from(calls) / seconds,
        milliseconds(outcome.median),
        milliseconds(outcome.slowest),
    );
    let refused: Vec<_> = outcome
        .refused
        .iter()
        .map(|(why, times)| format!("{times} {why}"))
        .collect();
    let refused = match refused.is_empty() {
        true => String::new(),
        false => format!(" ({})", refused.join(", ")),
    };
    for (times, what) in [
        (outcome.placed, "placed".to_owned()),
        (outcome.doubtful, "in doubt at first".to_owned()),
        (outcome.refusals(), format!("refused{refused}")),
        (outcome.twice, "asked for by two clients at once".to_owned()),
    ] {
        anstream::println!("  {times:>6} {what}");
    }
    let counted = |counts: &std::collections::BTreeMap<String, u32>| {
        let counts: Vec<_> = counts
            .iter()
            .map(|(what, times)| format!("{what} {times}"))
            .collect();
        counts.join(", ")
    };
    anstream::println!(
        "Over after {:.1} s, by carrier: {}.",
        outcome.resolved.as_secs_f64(),
        counted(&outcome.by_carrier)
    );
    anstream::println!("By cause: {}.", counted(&outcome.by_cause));
    bad(outcome);
    if outcome.is_good() {
        show::record("Nobody was rung twice, no call is lost, none is open.");
    }
}

fn bad(outcome: &Outcome) {
    let count = |times: u32, what: &str| {
        if times > 0 {
            anstream::eprintln!("{}{times} {what}{:#}", show::BAD, show::BAD);
        }
    };
    count(outcome.failed, "got no answer");
    count(outcome.two_calls, "were asked for twice and became two calls");
    for (calls, what) in [
        (&outcome.rung_twice, "rang somebody twice"),
        (&outcome.unknown, "is at a carrier, and nobody was told of it"),
        (&outcome.open, "is not over"),
    ] {
        for call in calls.iter().take(TOLD) {
            anstream::eprintln!("{}{call}{:#} {what}", show::BAD, show::BAD);
        }
        if calls.len() > TOLD {
            anstream::eprintln!("… {} in all", calls.len());
        }
    }
}

fn milliseconds(took: Duration) -> String {
    format!("{:.0} ms", took.as_secs_f64() * 1000.0)
}
