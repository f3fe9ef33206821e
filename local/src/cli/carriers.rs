//! `ringback carriers`: how the carriers do, and what breaks the simulated ones.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::{Client, Method};
use ringback_local::simulated_carriers::CarrierFault;
use serde::Deserialize;
use serde_json::Value;

use super::show;
use super::tables::{Served, Simulated};

#[derive(Debug, Subcommand)]
pub(crate) enum Carriers {
    /// Show a running API's carrier accounts: in which order they are asked, how they do, when they were last heard.
    List(List),
    /// Break a simulated carrier of a running `ringback serve`.
    Break(Break),
    /// Make a simulated carrier well again.
    Heal(Heal),
    /// Take an account out of use: no call is placed with it until it is enabled.
    Disable(Switch),
    /// Put an account back into use.
    Enable(Switch),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    served: Served,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ringback carriers break tw --how dead
  ringback carriers break tx --how refuse --status 429
  ringback carriers break vg --how slow --milliseconds 3000
A carrier stays broken until `ringback carriers heal`.")]
pub(crate) struct Break {
    /// The carrier's code: tw, sw, tx, vg, pl, e9, hw, vx, bw, si.
    carrier: String,
    /// What is wrong with it; may be given more than once.
    #[arg(long, value_name = "HOW", required = true)]
    how: Vec<How>,
    /// The status with which it refuses; a server error leaves open whether it took the call on.
    #[arg(long, value_name = "STATUS", default_value_t = 429, value_parser = clap::value_parser!(u16).range(400..=599))]
    status: u16,
    /// How long it takes to answer where it is slow.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    milliseconds: u64,
    #[command(flatten)]
    simulated: Simulated,
}

/// What can be wrong with a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum How {
    /// It cannot be reached.
    Dead,
    /// It refuses every call.
    Refuse,
    /// It answers 200 and says in the body that it refuses.
    ErrorInside,
    /// It takes calls on and never answers.
    Hang,
    /// It neither takes calls on nor answers.
    Lost,
    /// It takes calls on and ends the connection.
    Reset,
    /// It takes calls on and answers 500.
    ErrorAfter,
    /// It takes calls on and tells nothing of them.
    Silent,
    /// It tells of calls before it answers.
    Early,
    /// It tells everything twice.
    Twice,
    /// It takes its time to answer.
    Slow,
}

#[derive(Debug, Args)]
pub(crate) struct Heal {
    /// The carrier's code.
    carrier: String,
    #[command(flatten)]
    simulated: Simulated,
}

#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// The account's id, as `ringback carriers list` shows it.
    account: String,
    #[command(flatten)]
    served: Served,
}

impl Carriers {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await,
            Self::Break(broken) => broken.run().await,
            Self::Heal(heal) => heal.run().await,
            Self::Disable(switch) => {
                switch
                    .run(Method::PUT, "disabled", "no call is placed with it")
                    .await
            }
            Self::Enable(switch) => {
                switch
                    .run(Method::DELETE, "enabled", "calls are placed with it again")
                    .await
            }
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// An account as `GET /carriers` shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    account_id: String,
    carrier: String,
    name: Option<String>,
    priority: u32,
    places_calls: bool,
    state: String,
    reason: Option<String>,
    error_rate: f64,
    attempts: u64,
    last_event_age_seconds: Option<i64>,
}

const COLUMNS: [&str; 7] = [
    "carrier",
    "account",
    "priority",
    "state",
    "errors",
    "last event",
    "name",
];

impl Shown {
    fn row(self) -> [String; COLUMNS.len()] {
        let state = match (self.places_calls, self.reason) {
            (false, _) => "places no calls".to_owned(),
            (true, Some(reason)) => format!("{} ({reason})", self.state),
            (true, None) => self.state,
        };
        let errors = match self.attempts {
            0 => "-".to_owned(),
            attempts => format!("{:.0} % of {attempts}", self.error_rate * 100.0),
        };
        let heard = self.last_event_age_seconds;
        [
            self.carrier,
            self.account_id,
            self.priority.to_string(),
            state,
            errors,
            heard.map_or_else(|| "-".to_owned(), |age| format!("{age} s ago")),
            self.name.unwrap_or_default(),
        ]
    }
}

impl List {
    async fn run(self) -> Result<()> {
        let answer = self.served.send(Method::GET, "/carriers").await?;
        let carriers = answer.get("carriers").cloned().unwrap_or_default();
        let carriers: Vec<Shown> = serde_json::from_value(carriers).context("the API shows no accounts")?;
        let rows: Vec<_> = carriers.into_iter().map(Shown::row).collect();
        let mut lines = show::columns(&COLUMNS, &rows).into_iter();
        if let Some(heading) = lines.next() {
            show::note(&heading);
        }
        lines.for_each(|line| anstream::println!("{line}"));
        Ok(())
    }
}

impl Break {
    async fn run(self) -> Result<()> {
        let faults: Vec<_> = self.how.iter().map(|how| self.fault(*how)).collect();
        self.simulated.carriers()?.always(&self.carrier, &faults).await?;
        let words: Vec<_> = self.how.iter().filter_map(How::to_possible_value).collect();
        let words: Vec<_> = words.iter().map(clap::builder::PossibleValue::get_name).collect();
        anstream::println!("{} is broken: {}.", self.carrier, words.join(", "));
        show::note(&format!(
            "`ringback carriers heal {}` makes it well again.",
            self.carrier
        ));
        Ok(())
    }

    fn fault(&self, how: How) -> CarrierFault {
        match how {
            How::Dead => CarrierFault::Dead,
            How::Refuse => CarrierFault::refuse(self.status),
            How::ErrorInside => CarrierFault::ErrorInside,
            How::Hang => CarrierFault::Hang { placed: true },
            How::Lost => CarrierFault::Hang { placed: false },
            How::Reset => CarrierFault::Reset { placed: true },
            How::ErrorAfter => CarrierFault::ErrorAfter,
            How::Silent => CarrierFault::Silent,
            How::Early => CarrierFault::Early,
            How::Twice => CarrierFault::Twice,
            How::Slow => CarrierFault::Slow {
                milliseconds: self.milliseconds,
            },
        }
    }
}

impl Heal {
    async fn run(self) -> Result<()> {
        self.simulated.carriers()?.always(&self.carrier, &[]).await?;
        anstream::println!("{} is well again.", self.carrier);
        Ok(())
    }
}

impl Switch {
    async fn run(self, method: Method, word: &str, consequence: &str) -> Result<()> {
        let plain = |char: char| char.is_ascii_alphanumeric();
        if !self.account.chars().all(plain) {
            bail!("ACCOUNT is no account's id: `ringback carriers list` shows them");
        }
        let path = format!("/carriers/{}/disabled", self.account);
        let answer = self.served.send(method, &path).await?;
        let changed = answer.get("changed").and_then(Value::as_bool).unwrap_or_default();
        let was = if changed { "is" } else { "was already" };
        anstream::println!("{} {was} {word}: {consequence}.", self.account);
        Ok(())
    }
}

impl Served {
    /// Asks the API; its answer, or what it says is wrong.
    pub(crate) async fn send(&self, method: Method, path: &str) -> Result<Value> {
        let client = Client::builder().build()?;
        let url = format!("{}{path}", self.to.trim_end_matches('/'));
        let request = client.request(method, &url).bearer_auth(&self.token);
        let answer = request.send().await.with_context(|| {
            format!(
                "is anything listening at {}? `ringback serve` is an API, --to names another",
                self.to
            )
        })?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        if !status.is_success() {
            let detail = body.get("detail").or_else(|| body.get("message"));
            bail!(
                "the API answered {}: {}",
                status.as_u16(),
                detail.and_then(Value::as_str).unwrap_or("no reason")
            );
        }
        Ok(body)
    }
}
