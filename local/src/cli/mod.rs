//! The command line.

mod account;
mod archived;
mod call;
mod calls;
mod carriers;
mod demo;
mod do_not_call;
mod finished;
mod flow;
mod import;
mod pin;
mod policy;
mod records;
mod serve;
pub(crate) mod show;
mod tables;
mod webhook;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Gives an Amazon Connect call centre a memory: the whole system on one machine, and the operator's tool.
///
/// Without a command it tells five stories of calls, on real functions, real tables and the shipped flows.
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
    /// backwards, of a recording that ends in the owner's bucket, and of callbacks over carriers that break.
    Demo(demo::Demo),
    /// Make one call through a contact flow and show every block.
    Call(Box<call::Call>),
    /// Keep everything that the functions talk to running, for `cargo lambda watch`, with the API of directory and calls, the
    /// carriers' webhooks and simulated carriers.
    Serve(serve::Serve),
    /// Fill the directory of callers from a file.
    Import(Box<import::Import>),
    /// Check, replay and play what carriers send.
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Keep accounts at carriers.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// See how carriers do, and break simulated ones.
    #[command(subcommand)]
    Carriers(carriers::Carriers),
    /// Say whom a tenant may call, when, and how much.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Pin users to carriers and lines.
    #[command(subcommand)]
    Pin(pin::PinCommand),
    /// Keep the list of numbers that are never called.
    #[command(subcommand)]
    DoNotCall(do_not_call::DoNotCall),
    /// Ask for many callbacks at once.
    #[command(subcommand)]
    Calls(calls::Calls),
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
            Command::Carriers(carriers) => carriers.run().await,
            Command::Policy(policy) => policy.run().await,
            Command::Pin(pin) => pin.run().await,
            Command::DoNotCall(list) => list.run().await,
            Command::Calls(calls) => calls.run().await,
            Command::Flow(flow) => flow.run(),
        }
    }
}
