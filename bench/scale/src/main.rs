//! How the functions' figures grow with contacts, callers, connections, events and rows.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

mod curve;
mod dynamo;
mod fit;
mod import;
mod last_agent;
mod merge;
mod versions;
mod webhook;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use bench::machine::{self, Begun};
use clap::{Args, Parser, Subcommand};

use crate::curve::Curve;
use crate::import::Importer;

/// The curves, by which they are asked for.
const NAMES: [&str; 5] = [
    "last-agent-contacts",
    "last-agent-callers",
    "webhook",
    "merge",
    "import",
];

/// Measures how figures grow.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    scale: Scale,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(hide = true)]
    Importer(Importer),
}

#[derive(Debug, Args)]
struct Scale {
    /// Few and small sizes, for a try: the figures say little
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// The largest sizes too: a million callers and rows
    #[arg(long)]
    full: bool,
    /// One curve alone
    #[arg(long, value_name = "NAME", value_parser = NAMES)]
    only: Option<String>,
    /// Where SCALE.md and the plots are written [default: bench; for a try or one curve target/scale]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
enum Size {
    Quick,
    Usual,
    Full,
}

impl Size {
    /// One of three, by the size.
    fn of<T>(self, quick: T, usual: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Usual => usual,
            Self::Full => full,
        }
    }
}

impl Scale {
    fn size(&self) -> Size {
        match (self.quick, self.full) {
            (true, _) => Size::Quick,
            (_, true) => Size::Full,
            _ => Size::Usual,
        }
    }

    /// Where to write: a try does not take the place of what was measured in earnest.
    fn folder(&self) -> Result<PathBuf> {
        let earnest = !self.quick && self.only.is_none();
        let usual = if earnest { "bench" } else { "target/scale" };
        match &self.to {
            Some(folder) => Ok(folder.clone()),
            None => Ok(bench::root()?.join(usual)),
        }
    }

    fn command(&self) -> String {
        let only = self.only.iter().flat_map(|name| ["--only", name]);
        let flags = [(self.quick, "--quick"), (self.full, "--full")];
        let flags = flags
            .into_iter()
            .filter_map(|(given, flag)| given.then_some(flag));
        let words = ["cargo run --release -p bench -- scale"]
            .into_iter()
            .chain(flags)
            .chain(only);
        words.collect::<Vec<_>>().join(" ")
    }

    async fn run(&self) -> Result<()> {
        let (start, size, folder) = (Instant::now(), self.size(), self.folder()?);
        let begun = Begun::now(&bench::root()?)?;
        let mut sections = Vec::new();
        for name in NAMES {
            if self.only.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            let curve = measured(name, size).await?;
            draw(&curve, &folder)?;
            let section = curve.markdown();
            println!("{section}");
            sections.push(section);
        }
        let mut told = begun.told(&self.command())?;
        told.extend(versions::told());
        let minutes = start.elapsed().as_secs().div_ceil(60);
        told.push(("took", format!("at most {minutes} minutes")));
        let text = format!(
            "# How the figures grow\n\nWritten by the command below; what grows is named by the shape that the points fit best.\n\n\
             {}\n{}",
            machine::table(&told),
            sections.join("\n")
        );
        let file = folder.join("SCALE.md");
        fs::write(&file, text)?;
        say(&format!("written: {}", file.display()));
        Ok(())
    }
}

fn draw(curve: &Curve, folder: &Path) -> Result<()> {
    let folder = folder.join("plots");
    fs::create_dir_all(&folder)?;
    for drawing in &curve.drawings {
        fs::write(folder.join(format!("{}.svg", drawing.name)), drawing.svg(curve))?;
    }
    Ok(())
}

async fn measured(name: &str, size: Size) -> Result<Curve> {
    match name {
        "last-agent-contacts" => last_agent::contacts(size).await,
        "last-agent-callers" => last_agent::callers(size).await,
        "webhook" => webhook::curve(size).await,
        "merge" => merge::curve(size),
        "import" => import::curve(size).await,
        _ => bail!("there is no curve {name}"),
    }
}

/// Tells how far it has come.
fn say(text: &str) {
    eprintln!("{text}");
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Importer(importer)) => importer.run().await,
        None => cli.scale.run().await,
    }
}
