//! `ringback webhook play`: a simulated carrier posts the lives of calls.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use ringback_calls::{CallId, CallStore, EventId};
use ringback_local::sample_accounts::{SampleAccount, TENANT};
use ringback_local::simulated_carriers::{
    Account, CASES, CODES, Compared, Life, Name, Order, Play as Player, Played, calls_of_env_file, compare,
    place,
};
use ringback_local::stack::PUBLIC_BASE_URL;

use crate::cli::show;

/// The environment that `ringback serve` writes, where it is not told otherwise.
const ENV_FILE: &str = "local.env";
/// Where a secret is looked for when no file is named.
const SECRET_VARIABLE: &str = "RINGBACK_SECRET";
/// How many calls that are not as they should be are named.
const TOLD: usize = 20;
/// The largest number that fits into ids, with room for many calls after it.
const NUMBERS: u32 = 90_000_000;

#[derive(Debug, Args)]
#[command(after_long_help = "\
The lives are those of events/carriers. Each call gets ids of its own, and each
request a signature of its own, as the carrier makes it. Calls of e9 and hw,
which prove nothing of what they say, must have been placed; that is written
into the calls table of local.env before they are played.

Examples:
  A call, to a running `ringback serve`, which shows its record:
    ringback webhook play --carrier tx
  Every carrier and case, each request three times and in any order:
    ringback webhook play --case normal --case a-busy --case b-no-answer \\
        --case max-duration --case recording --repeat 3 --shuffle
  10 000 events of 500 calls, each three times, from 32 connections:
    ringback webhook play --carrier tw --carrier sw --together \\
        --case recording --calls 500 --repeat 3 --shuffle \\
        --connections 32 --verify
  The same calls again, after the server was killed:
    ringback webhook play --carrier tw --calls 500 --name monday --verify")]
pub(crate) struct Play {
    /// The carrier's code; more than once for more. All ten unless said.
    #[arg(long = "carrier", value_name = "CODE", value_parser = PossibleValuesParser::new(CODES), hide_possible_values = true)]
    carriers: Vec<String>,
    /// What happens in the call; more than once for more.
    #[arg(long = "case", value_name = "CASE", value_parser = PossibleValuesParser::new(CASES), default_value = "normal")]
    cases: Vec<String>,
    /// Where to post: the base of a server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8706")]
    to: String,
    /// How many calls of each carrier and case.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    calls: u32,
    /// How often each request is sent.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// Send everything in any order.
    #[arg(long)]
    shuffle: bool,
    /// Send the last first.
    #[arg(long, conflicts_with = "shuffle")]
    backwards: bool,
    /// Which of the orders of --shuffle.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many requests are under way at once.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// How often a request is tried that gets no answer, 429 or 5xx.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    attempts: u32,
    /// What the calls' ids begin with; the same name makes the same calls. Made of the time unless said.
    #[arg(long)]
    name: Option<String>,
    /// Let all carriers tell of the same calls, as when one refused a call and the next was asked.
    #[arg(long)]
    together: bool,
    /// Read the calls' records from the table afterwards, and compare each with the one made in order.
    #[arg(long, conflicts_with = "account")]
    verify: bool,
    /// The public base of the webhooks, which carriers sign.
    #[arg(long, value_name = "URL", default_value = PUBLIC_BASE_URL)]
    public_base: String,
    /// The environment of the calls table, as `ringback serve` writes it [default: local.env, if it is here].
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Another account than the sample one; its calls are not written down as placed.
    #[arg(long, value_name = "SLUG")]
    account: Option<String>,
    /// A file with what the carrier signs with for that account: its secret, and for hw `appKey:appSecret`. Otherwise
    /// `RINGBACK_SECRET` in the environment.
    #[arg(long, value_name = "FILE", requires = "account")]
    secret_file: Option<PathBuf>,
}

impl Play {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let carriers: Vec<&str> = if self.carriers.is_empty() {
            CODES.to_vec()
        } else {
            self.carriers.iter().map(String::as_str).collect()
        };
        ensure!(
            self.account.is_none() || carriers.len() == 1,
            "--account is of one carrier: name it with --carrier"
        );
        let mut played = Vec::new();
        let (name, mut number) = self.name()?;
        for code in carriers {
            let account = self.account_at(code)?;
            for case in &self.cases {
                let sample = Life::sample(code, case)?;
                for index in 1..=self.calls {
                    let call = if self.together {
                        CallId::parse(&format!("{name}-{case}-{index}"))
                    } else {
                        CallId::parse(&format!("{name}-{code}-{case}-{index}"))
                    };
                    let call = call.with_context(|| format!("--name: {name}"))?;
                    played.push((
                        sample.named(&Name {
                            call,
                            account: account.slug.clone(),
                            base: self.public_base.trim_end_matches('/').to_owned(),
                            number,
                        }),
                        account.clone(),
                    ));
                    number += 1;
                }
            }
        }
        let store = self.calls().await?;
        let lives: Vec<_> = played.iter().map(|(life, _)| life.clone()).collect();
        match &store {
            Some(calls) => place(calls, TENANT, &lives).await?,
            None if self.account.is_none() => show::note(&format!(
                "There is no {ENV_FILE} here, so the calls are not written down as placed: e9 and hw are refused."
            )),
            None => {}
        }
        let player = Player {
            repeat: self.repeat,
            order: match (self.backwards, self.shuffle) {
                (true, _) => Order::Backwards,
                (false, true) => Order::Shuffled(self.seed),
                (false, false) => Order::Natural,
            },
            connections: usize::from(self.connections),
            attempts: self.attempts,
            ..Player::to(&self.to)
        };
        let pairs: Vec<_> = played.iter().map(|(life, account)| (life, account)).collect();
        let outcome = player.run_all(&pairs).await?;
        let calls: BTreeSet<_> = lives.iter().map(|life| &life.call).collect();
        let events: usize = lives.iter().map(|life| life.requests.len()).sum();
        anstream::println!(
            "{events} events of {} calls; their ids begin with {name}.",
            calls.len()
        );
        self.print(&outcome);
        let mut good = outcome.is_complete();
        if let (true, Some(store)) = (self.verify, &store) {
            let compared = compare(store, TENANT, &lives).await?;
            good &= compared.is_good();
            tell(&compared);
        }
        Ok(ExitCode::from(u8::from(!good)))
    }

    /// What ids begin with, and the first number in the carriers' ids.
    fn name(&self) -> Result<(String, u32)> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => format!("play-{}", Timestamp::now().as_millisecond()),
        };
        let digest = EventId::of(&[&name]);
        let digits = digest.as_str().get(..8).unwrap_or_default();
        Ok((name, u32::from_str_radix(digits, 16)? % NUMBERS))
    }

    fn account_at(&self, code: &str) -> Result<Account> {
        let Some(slug) = &self.account else {
            let sample =
                SampleAccount::of(code).with_context(|| format!("there is no sample account of {code}"))?;
            return Ok(sample.at_carrier());
        };
        let secret = match &self.secret_file {
            Some(file) => {
                let text = std::fs::read_to_string(file);
                let text = text.with_context(|| format!("--secret-file: reading {}", file.display()))?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
            None => std::env::var(SECRET_VARIABLE).unwrap_or_default(),
        };
        ensure!(
            !secret.is_empty() || code == "e9",
            "what does {code} sign with? --secret-file names a file with it, or {SECRET_VARIABLE} holds it"
        );
        Ok(Account {
            slug: slug.clone(),
            secret,
        })
    }

    /// The table in which calls are placed and looked up; none for another's account, or where nobody says where it is.
    async fn calls(&self) -> Result<Option<CallStore>> {
        let file = match &self.env_file {
            _ if self.account.is_some() => return Ok(None),
            Some(file) => file.as_path(),
            None if Path::new(ENV_FILE).exists() => Path::new(ENV_FILE),
            None => {
                ensure!(
                    !self.verify,
                    "--verify: where are the records? There is no {ENV_FILE} here: `ringback serve` writes one, --env-file \
                     names another"
                );
                return Ok(None);
            }
        };
        Ok(Some(calls_of_env_file(file).await?))
    }

    fn print(&self, played: &Played) {
        let Played {
            requests,
            taken,
            tried_again,
            took,
            ..
        } = *played;
        let seconds = took.as_secs_f64().max(0.001);
        let speed = f64::from(u32::try_from(requests).unwrap_or(u32::MAX)) / seconds;
        anstream::println!(
            "{taken} of {requests} requests taken in {seconds:.1} s: {speed:.0} a second, half within {}, 99 of 100 within \
             {}; {tried_again} tries more than one.",
            milliseconds(played.median),
            milliseconds(played.slowest),
        );
        for (status, times) in &played.refused {
            let why = match status {
                0 => format!("no answer; is anything listening at {}?", self.to),
                401 => "not authorised: another secret, another public base, or no such account".to_owned(),
                404 => "no such path, or a call that was not placed".to_owned(),
                _ => "see the function's log, `ringback serve --verbose`".to_owned(),
            };
            let word = if *status == 0 {
                String::new()
            } else {
                format!("{status}, ")
            };
            anstream::eprintln!("{}{times} not taken:{:#} {word}{why}", show::BAD, show::BAD);
        }
    }
}

fn tell(compared: &Compared) {
    anstream::println!(
        "{} records are equal to those made in order, {} are not, {} are missing.",
        compared.equal,
        compared.different.len(),
        compared.missing.len()
    );
    for (call, what) in compared
        .different
        .iter()
        .map(|call| (call, "is another"))
        .chain(compared.missing.iter().map(|call| (call, "is missing")))
        .take(TOLD)
    {
        anstream::eprintln!("{}{call}{:#} {what}", show::BAD, show::BAD);
    }
}

fn milliseconds(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}
