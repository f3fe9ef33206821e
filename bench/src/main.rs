//! How fast the functions are, in ratios of one run.
#![allow(clippy::print_stdout, reason = "it is a tool")]

mod binaries;
mod carrier;
mod contenders;
mod dynamo;
mod host;
mod jobs;
mod measure;
mod objects;
mod report;
mod scale;
mod server;
mod services;
mod stats;
mod table;
mod targets;
mod usage;
mod world;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures the functions beside what one would use instead.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: table::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// How the figures grow with contacts, callers, connections and events
    Scale(scale::Scale),
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        // Processes end with what holds them, so an interrupt must not end this one at once.
        None => tokio::select! {
            done = table::run(&cli.options) => done,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                anyhow::bail!("interrupted")
            }
        },
        Some(Command::Scale(scale)) => scale::run(&scale, cli.options.quick).await,
    }
}
