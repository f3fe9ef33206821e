//! `ringback serve`: everything that the functions talk to stays up.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use ringback_lambda::emf_sink;
use ringback_local::api::Api;
use ringback_local::centre::Centre;
use ringback_local::functions::Functions;
use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_local::sample_accounts::{self, SAMPLE_ACCOUNTS};
use ringback_local::simulated_carriers::Pace;
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use ringback_local::world::{Call, World};

use super::archived::ArchivedRecordings;
use super::finished::Finished;
use super::show;

/// What the API here asks for; it guards nothing, and shows where a real identity goes.
const TOKEN: &str = "local";

/// Here one does not want to wait for a minute.
const RECONCILED_EVERY: Duration = Duration::from_secs(5);

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
    /// The first of nine ports on 127.0.0.1: DynamoDB, Amazon Connect, SQS, EventBridge, Secrets Manager, the chat, the
    /// API of directory, calls and webhooks, S3, and the hosts where carriers are asked for calls and keep recordings; 0 for
    /// free ones.
    #[arg(long, default_value_t = 8700, value_parser = clap::value_parser!(u16).range(0..=65527))]
    port: u16,
    /// Where to write the environment, for `cargo lambda watch --env-file`.
    #[arg(long, value_name = "FILE", default_value = "local.env")]
    env_file: PathBuf,
    /// Begin without the sample caller's earlier call, the marketplace and the carrier accounts.
    #[arg(long)]
    empty: bool,
}

impl Serve {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let addresses = Addresses::from_port(self.port);
        let stack = Stack::start(&addresses).await?;
        let functions = Functions::new(&stack, &[], &emf_sink(std::io::sink())).await?;
        if !self.empty {
            remember_sample_caller(&functions).await?;
            marketplace::fill(&stack, MARKETPLACE, Timestamp::now()).await?;
            sample_accounts::add(&stack).await?;
            sample_accounts::allow_calls(&stack).await?;
            stack.simulated_chat.take_posted();
        }
        let api = Api::start(&addresses, &functions, TOKEN).await?;
        stack.simulated_carriers.set_pace(Pace::to_watch());
        stack.simulated_carriers.connect_webhook(&api.url());
        let end = end()?;
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
        show::note(&format!(
            "The directory's API is at {0}/directory, that of calls at {0}/calls; send `Authorization: Bearer {TOKEN}`.",
            api.url()
        ));
        self.tell_of_webhooks(&api);
        let finished = Finished::of(&stack, Arc::clone(&functions.project_calls)).await?;
        let archived = ArchivedRecordings::of(&stack, Arc::clone(&functions.archive_recording)).await?;
        tokio::select! {
            ended = end => ended?,
            never = deliver(&stack, &functions) => match never {},
            never = reconcile(&functions) => match never {},
            never = finished.follow() => match never {},
            never = archived.follow() => match never {},
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Comes when whoever started the process wants it ended: by Ctrl-C, or as a shell, a container or a service does. It listens
/// from the moment that it is made.
#[cfg(unix)]
fn end() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn end() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}

impl Serve {
    fn tell_of_webhooks(&self, api: &Api) {
        let base = api.url();
        show::note(&format!(
            "Carriers' webhooks are at {base}/carriers/CARRIER/ACCOUNT/events; carriers sign {PUBLIC_BASE_URL}/…"
        ));
        if self.empty {
            show::note("There is no carrier account yet: `ringback account add` adds one.");
            return;
        }
        let slugs: Vec<_> = SAMPLE_ACCOUNTS.iter().map(|account| account.slug).collect();
        show::note(&format!("Accounts: {}.", slugs.join(", ")));
        let to = if self.port == 8700 {
            String::new()
        } else {
            format!(" --to {base}")
        };
        let env_file = if self.env_file == Path::new("local.env") {
            String::new()
        } else {
            format!(" --env-file {}", self.env_file.display())
        };
        show::note(&format!(
            "A callback: curl {base}/calls -H 'authorization: Bearer {TOKEN}' \\\n    --json \
             '{{\"agent\": \"+14155550101\", \"customer\": \"+14155550102\"}}'\n\
             `ringback carriers break tw --how dead{env_file}` breaks the carrier that is asked first."
        ));
        show::note(&format!(
            "`ringback webhook play{to}{env_file}` plays a call of every carrier; the record of each that ends is shown here."
        ));
    }
}

/// Finds out about calls of which nothing is heard, as each minute in the cloud.
async fn reconcile(functions: &Functions) -> Infallible {
    loop {
        tokio::time::sleep(RECONCILED_EVERY).await;
        if let Err(problem) = functions.reconcile_calls.run(Timestamp::now(), None).await {
            anstream::eprintln!("{problem:#}");
        }
    }
}

/// Delivers what functions put on the bus, and shows what the chat is told, and which carriers became worse or better.
async fn deliver(stack: &Stack, functions: &Functions) -> Infallible {
    loop {
        if let Err(problem) = functions.deliver().await {
            anstream::eprintln!("{problem:#}");
        }
        show::chat(&stack.simulated_chat.take_posted());
        for switch in functions.take_switches() {
            show::switch(&switch);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// An hour ago the caller of the samples spoke with an agent: a call through the flow, and what Connect said of it.
async fn remember_sample_caller(here: &Functions) -> Result<()> {
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
    here.settle(&run.finished).await
}
