//! `ringback serve`: everything that the functions talk to stays up.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use ringback_lambda::emf_sink;
use ringback_local::centre::Centre;
use ringback_local::functions::Functions;
use ringback_local::stack::{Addresses, Stack};
use ringback_local::world::{Call, World};

use super::show;

#[derive(Debug, Args)]
#[command(after_long_help = "\
With it running, in another terminal, from the root of the repository:
  python3 -m venv .venv && .venv/bin/pip install cargo-lambda \\
      && PATH=$PWD/.venv/bin:$PATH
  cargo lambda watch --invoke-address 127.0.0.1 --invoke-port 9101 \\
      --ignore-changes --env-file local.env
and in a third:
  cargo lambda invoke last-agent --invoke-address 127.0.0.1 \\
      --invoke-port 9101 \\
      --data-file events/connect/flow/voice-inbound.json")]
pub(crate) struct Serve {
    /// The first of three ports on 127.0.0.1: DynamoDB, Amazon Connect, SQS; 0 for free ones.
    #[arg(long, default_value_t = 8700, value_parser = clap::value_parser!(u16).range(0..=65533))]
    port: u16,
    /// Where to write the environment, for `cargo lambda watch --env-file`.
    #[arg(long, value_name = "FILE", default_value = "local.env")]
    env_file: PathBuf,
    /// Begin without the sample caller's earlier call.
    #[arg(long)]
    empty: bool,
}

impl Serve {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let stack = Stack::start(&Addresses::from_port(self.port)).await?;
        if !self.empty {
            remember_sample_caller(&stack).await?;
        }
        let environment: String = stack
            .environment()
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        std::fs::write(&self.env_file, &environment)
            .with_context(|| format!("writing {}", self.env_file.display()))?;
        show::heading("Ringback is up; Ctrl-C ends it");
        anstream::print!("{environment}");
        show::note(&format!("This environment is in {}.", self.env_file.display()));
        if !self.empty {
            show::note(
                "+14155550100 spoke with agent-a an hour ago: events/connect/flow/voice-inbound.json finds them.",
            );
        }
        tokio::signal::ctrl_c().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// An hour ago the caller of the samples spoke with an agent: a call through the flow, and what Connect said of it.
async fn remember_sample_caller(stack: &Stack) -> Result<()> {
    let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
    let mut past = World::start(Centre::load(None)?, &[]).await?;
    let mut call = Call::new("+14155550100", hour_ago);
    // Whatever the hour is here, the call centre was open.
    past.centre.centre.hours.iter_mut().for_each(|hours| {
        hours
            .open
            .iter_mut()
            .for_each(|interval| interval.to = interval.from);
    });
    call.caller.conversation.seconds = 240;
    let run = past.spoke(&call, "agent-a", Some(5)).await?;
    let here = Functions::new(stack, &[], &emf_sink(std::io::sink())).await?;
    here.settle(&run.finished).await
}
