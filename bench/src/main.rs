//! How fast the functions are, in ratios of one run.

mod scale;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures the functions beside what one would use instead.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Few starts and few calls, for a try: the figures say little
    #[arg(long, global = true)]
    quick: bool,
    /// Takes the functions in target/release as they are
    #[arg(long, global = true)]
    skip_build: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// How the figures grow with contacts, callers, connections and events
    Scale,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        None => anyhow::bail!("the table is not there yet"),
        Some(Command::Scale) => scale::run(cli.quick).await,
    }
}
