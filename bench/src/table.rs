//! The table: all jobs, all contenders.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench::machine::Begun;
use clap::{Args, ValueEnum};

use crate::binaries;
use crate::contenders::{Contender, Kind, Programs};
use crate::jobs::{ArchiveRecording, CarrierWebhook, Job, LastAgent, Lookup};
use crate::measure::{Amount, Figures, measure};
use crate::report;
use crate::world::World;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Few starts and few calls, for a try: the figures say little, and RESULTS.md stays
    #[arg(long, global = true)]
    pub(crate) quick: bool,
    /// Takes the functions in target/release, and the peers, as they are
    #[arg(long, global = true)]
    skip_build: bool,
    /// Measures only Rust; RESULTS.md stays
    #[arg(long)]
    without_peers: bool,
    /// Measures only this job; RESULTS.md stays
    #[arg(long)]
    job: Option<Which>,
    /// Another build of the job's function, to stand beside the one in target/release; RESULTS.md stays
    #[arg(long, requires = "job")]
    beside: Vec<PathBuf>,
}

/// A job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    LastAgentIndex,
    LastAgentSearch,
    CarrierWebhook,
    ArchiveRecording,
}

impl Which {
    const ALL: [Self; 4] = [
        Self::LastAgentIndex,
        Self::LastAgentSearch,
        Self::CarrierWebhook,
        Self::ArchiveRecording,
    ];

    /// The name of the peers' programs.
    fn name(self) -> &'static str {
        match self {
            Self::LastAgentIndex => "last-agent-index",
            Self::LastAgentSearch => "last-agent-search",
            Self::CarrierWebhook => "carrier-webhook",
            Self::ArchiveRecording => "archive-recording",
        }
    }

    /// What is done, in a few words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::LastAgentIndex => "`last-agent`: a caller calls again, and the index knows the agent",
            Self::LastAgentSearch => "`last-agent`: the index is empty, and `SearchContacts` knows the agent",
            Self::CarrierWebhook => "`carrier-webhook`: Twilio's signature is checked, and the event kept",
            Self::ArchiveRecording => "`archive-recording`: a recording goes from Twilio into S3",
        }
    }

    fn job(self, world: &World) -> Result<Box<dyn Job>> {
        Ok(match self {
            Self::LastAgentIndex => Box::new(LastAgent::new(world, Lookup::Index)?),
            Self::LastAgentSearch => Box::new(LastAgent::new(world, Lookup::Search)?),
            Self::CarrierWebhook => Box::new(CarrierWebhook::new(world)?),
            Self::ArchiveRecording => Box::new(ArchiveRecording::new(world)?),
        })
    }

    fn amount(self, quick: bool) -> Amount {
        let (rounds, starts) = match (self, quick) {
            (_, true) => (2, 3),
            // Its start is what most is said of; in short rounds the contenders are never far apart.
            (Self::LastAgentIndex, false) => (12, 5),
            (_, false) => (5, 5),
        };
        let (warm_up, calls) = match (self, quick) {
            (Self::LastAgentIndex | Self::CarrierWebhook, true) => (30, 100),
            (Self::LastAgentIndex, false) => (100, 170),
            (Self::CarrierWebhook, false) => (100, 400),
            (Self::LastAgentSearch, true) => (5, 20),
            (Self::LastAgentSearch, false) => (20, 80),
            (Self::ArchiveRecording, true) => (1, 2),
            (Self::ArchiveRecording, false) => (1, 4),
        };
        Amount {
            rounds,
            starts,
            warm_up,
            calls,
        }
    }
}

/// A job that was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) which: Which,
    pub(crate) amount: Amount,
    pub(crate) rows: Vec<Row>,
}

/// A contender in a job.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) contender: Contender,
    pub(crate) figures: Figures,
    /// What is deployed, in bytes.
    pub(crate) package: u64,
}

impl Measured {
    /// The row of the contender with that name.
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.contender.name == name)
    }

    /// This project's row.
    pub(crate) fn ours(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.contender.kind == Kind::Ours)
    }
}

/// Measures, prints the table, and writes `bench/RESULTS.md` when everything was measured.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let root = bench::root()?;
    let unpacked = tempfile::tempdir_in(binaries::release()?)?;
    let programs = programs(options, root, unpacked.path())?;
    let logs = tempfile::tempdir()?;
    let begun = Begun::now(&programs.root)?;
    let world = World::start(&programs.root)?;
    let mut measured = Vec::new();
    for which in Which::ALL {
        if options.job.is_some_and(|only| only != which) {
            continue;
        }
        let job = which.job(&world)?;
        let mut contenders = vec![programs.ours(job.function())?];
        for binary in &options.beside {
            contenders.push(programs.another(binary)?);
        }
        contenders.extend(programs.peers(which.name()));
        if which == Which::LastAgentIndex {
            contenders.extend(programs.floors()?);
        }
        let amount = which.amount(options.quick);
        let figures = measure(&world, job.as_ref(), &contenders, amount, logs.path()).await?;
        let rows = contenders.into_iter().zip(figures).map(|(contender, figures)| {
            let package = binaries::package_size(&contender.package)?;
            anyhow::Ok(Row {
                contender,
                figures,
                package,
            })
        });
        let rows = rows.collect::<Result<_>>()?;
        measured.push(Measured { which, amount, rows });
        if let Some(job) = measured.last() {
            println!("{}", report::text(job));
        }
    }
    let packages = packages(&programs)?;
    let targets = crate::targets::targets(&measured, &packages);
    println!("{}", report::reached(&targets));
    if options.job.is_none() && !options.without_peers && !options.quick {
        let mut told = begun.told("cargo run --release -p bench")?;
        told.extend(programs.peers_versions());
        report::write(&programs.root, &told, &measured, &packages, &targets)?;
        println!("written: bench/RESULTS.md");
    }
    Ok(())
}

fn programs(options: &Options, root: PathBuf, unpacked: &Path) -> Result<Programs> {
    if !options.skip_build {
        binaries::build(&root)?;
        if !options.without_peers {
            binaries::install_peers(&root)?;
        }
    }
    let node = match options.without_peers {
        true => None,
        false => {
            let node = binaries::on_path("node");
            Some(node.context("there is no Node.js; --without-peers measures without it")?)
        }
    };
    let release = binaries::release()?;
    Ok(Programs {
        root,
        release,
        unpacked: unpacked.to_owned(),
        node,
    })
}

/// Every function's package, by name.
fn packages(programs: &Programs) -> Result<Vec<(String, u64)>> {
    let names = binaries::functions(&programs.root)?.into_iter();
    names
        .map(|name| {
            let size = binaries::package_size(&programs.release.join(&name))?;
            Ok((name, size))
        })
        .collect()
}
