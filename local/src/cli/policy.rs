//! `ringback policy`: whom a tenant may call, when, and how much.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use ringback_placing::{CallingHours, Policy};

use super::show;
use super::tables::Where;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show a tenant's policy.
    Show(Show),
    /// Set what a tenant may call; what is not given stays as it is.
    Set(Box<Set>),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Whose policy.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Without a policy nobody may be called. Prefixes are the guard against toll fraud:
give those of the countries that you really call, and no more. They hold for
customers and for agents.

Hours are those of the destination, in its own zone, as in the directory:
  {\"timeZone\": \"Europe/London\",
   \"weekly\": {\"monday\": [[\"09:00\", \"18:00\"]]}, \"closed\": [\"2026-12-25\"]}
Once there are some, a number that none of them covers is not called.

Examples:
  ringback policy set --tenant t-1 --prefix +44 --prefix +1415 \\
      --calls-per-minute 120 --open-calls 40 --longest-seconds 1800
  ringback policy set --tenant t-1 --hours +44=london.json
  ringback policy set --tenant t-1 --any-time")]
pub(crate) struct Set {
    /// Whose policy.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    /// What numbers that may be called begin with, in place of those that were; may be given more than once.
    #[arg(long = "prefix", value_name = "+DIGITS", conflicts_with = "nobody")]
    prefixes: Vec<String>,
    /// Nobody may be called any more.
    #[arg(long)]
    nobody: bool,
    /// How many calls may be placed in a minute.
    #[arg(long, value_name = "N")]
    calls_per_minute: Option<u32>,
    /// How many calls may be open at once.
    #[arg(long, value_name = "N")]
    open_calls: Option<u32>,
    /// How long a conversation may last, in seconds.
    #[arg(long, value_name = "N")]
    longest_seconds: Option<u64>,
    /// When customers may be called whose numbers begin so, in place of all hours that were; may be given more than once.
    #[arg(long = "hours", value_name = "+DIGITS=FILE", value_parser = hours_of, conflicts_with = "any_time")]
    hours: Vec<(String, PathBuf)>,
    /// Customers may be called at any time.
    #[arg(long)]
    any_time: bool,
    #[command(flatten)]
    place: Where,
}

fn hours_of(text: &str) -> Result<(String, PathBuf), String> {
    let pair = text.split_once('=').filter(|(_, file)| !file.is_empty());
    let (prefix, file) = pair.ok_or("expected +DIGITS=FILE, as in +44=london.json")?;
    Ok((prefix.to_owned(), file.into()))
}

impl PolicyCommand {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Show(show) => show.run().await,
            Self::Set(set) => set.run().await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    async fn run(self) -> Result<()> {
        let table = self.place.accounts().await?;
        let policy = table.placing.policy(&self.tenant).await?;
        if self.json {
            anstream::println!("{}", serde_json::to_string_pretty(&policy)?);
        } else {
            anstream::println!("The policy of {}, in {table}:", self.tenant);
            shown(&policy)?;
        }
        Ok(())
    }
}

impl Set {
    async fn run(self) -> Result<()> {
        let numbers = [self.calls_per_minute, self.open_calls];
        let some = numbers.iter().any(Option::is_some) || self.longest_seconds.is_some();
        let lists = !self.prefixes.is_empty() || !self.hours.is_empty();
        if !some && !lists && !self.nobody && !self.any_time {
            bail!(
                "what is to be set? --prefix, --nobody, --calls-per-minute, --open-calls, --longest-seconds, --hours or \
                 --any-time"
            );
        }
        let table = self.place.accounts().await?;
        let mut policy = table.placing.policy(&self.tenant).await?;
        self.change(&mut policy)?;
        if let Some(problem) = policy.problems().into_iter().next() {
            return Err(anyhow!("{}: {problem}", option(&problem.field)));
        }
        table.placing.set_policy(&self.tenant, &policy).await?;
        anstream::println!("The policy of {}, in {table}:", self.tenant);
        shown(&policy)
    }

    fn change(&self, policy: &mut Policy) -> Result<()> {
        if self.nobody || !self.prefixes.is_empty() {
            policy.prefixes.clone_from(&self.prefixes);
        }
        policy.calls_per_minute = self.calls_per_minute.unwrap_or(policy.calls_per_minute);
        policy.open_calls = self.open_calls.unwrap_or(policy.open_calls);
        policy.longest_seconds = self.longest_seconds.unwrap_or(policy.longest_seconds);
        if self.any_time || !self.hours.is_empty() {
            let hours = self.hours.iter().map(|(prefix, file)| {
                let text = std::fs::read_to_string(file);
                let text = text.with_context(|| format!("--hours: reading {}", file.display()))?;
                let hours = serde_json::from_str(&text);
                let hours = hours.with_context(|| format!("--hours: {}", file.display()))?;
                let prefix = prefix.clone();
                Ok(CallingHours { prefix, hours })
            });
            policy.hours = hours.collect::<Result<_>>()?;
        }
        Ok(())
    }
}

/// The option with which a field is set.
fn option(field: &str) -> &'static str {
    match field.split(['[', '.']).next().unwrap_or_default() {
        "prefixes" => "--prefix",
        "callsPerMinute" => "--calls-per-minute",
        "openCalls" => "--open-calls",
        "longestSeconds" => "--longest-seconds",
        _ => "--hours",
    }
}

fn shown(policy: &Policy) -> Result<()> {
    let may_call = match policy.prefixes.is_empty() {
        true => "nobody".to_owned(),
        false => policy.prefixes.join(" "),
    };
    for (what, value) in [
        ("may call", may_call),
        ("calls a minute", policy.calls_per_minute.to_string()),
        ("open calls", policy.open_calls.to_string()),
        ("longest call", format!("{} s", policy.longest_seconds)),
    ] {
        anstream::println!("  {what:<15} {value}");
    }
    if policy.hours.is_empty() {
        anstream::println!("  {:<15} any time", "hours");
    }
    for hours in &policy.hours {
        let when = serde_json::to_string(&hours.hours)?;
        anstream::println!("  {:<15} {when}", format!("hours {}", hours.prefix));
    }
    if policy.prefixes.is_empty() {
        show::note("Without a prefix nobody may be called: `ringback policy set --prefix` gives some.");
    }
    Ok(())
}
