//! The command line.

mod account;
mod archived;
mod call;
mod demo;
mod finished;
mod flow;
mod import;
mod records;
mod serve;
pub(crate) mod show;
mod webhook;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Gives an Amazon Connect call centre a memory: the whole system on one machine, and the operator's tool.
///
/// Without a command it tells four stories of calls, on real functions, real tables and the shipped flows.
#[derive(Debug, Parser)]
#[command(name = "ringback", version, arg_required_else_help = false)]
pub(crate) struct Arguments {
    /// Show what the functions log.
    #[arg(long, short, global = true)]
    verbose: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell the stories of a returning caller, of a customer with an open order, of a carrier whose events come twice and
    /// backwards, and of a recording that ends in the owner's bucket.
    Demo(demo::Demo),
    /// Make one call through a contact flow and show every block.
    Call(Box<call::Call>),
    /// Keep everything that the functions talk to running, for `cargo lambda watch`, with the directory's API and the
    /// carriers' webhooks.
    Serve(serve::Serve),
    /// Fill the directory of callers from a file.
    Import(Box<import::Import>),
    /// Check, replay and play what carriers send.
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Keep accounts at carriers.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Check, draw and bundle contact flows.
    #[command(subcommand)]
    Flow(flow::Flow),
}

impl Arguments {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        if self.verbose {
            ringback_lambda::init_logs_to_stderr();
        }
        match self.command.unwrap_or(Command::Demo(demo::Demo::default())) {
            Command::Demo(demo) => demo.run().await,
            Command::Call(call) => call.run().await,
            Command::Serve(serve) => serve.run().await,
            Command::Import(import) => import.run().await,
            Command::Webhook(webhook) => webhook.run().await,
            Command::Account(account) => account.run().await,
            Command::Flow(flow) => flow.run(),
        }
    }
}
