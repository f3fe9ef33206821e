//! `ringback import` of people, over 1 000 to 1 000 000 rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use ringback_callers::Directory;
use ringback_connect::ids::InstanceArn;
use ringback_lambda::Patience;
use ringback_local::centre::INSTANCE_ARN;
use ringback_local::dynamo::CALLERS_TABLE;
use ringback_local::import::{Counts, Destination, Import, Place, Start, Watcher};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::curve::{Curve, Drawing, Measure, median};
use crate::dynamo::{Dynamo, Sent, client, sdk};
use crate::{Size, say};

/// An import that takes longer is cut off there, and stands with as many rows as were done.
const LIMIT: Duration = Duration::from_secs(14 * 60);

/// An import in a process of its own, whose memory is nobody else's.
#[derive(Debug, Args)]
pub(crate) struct Importer {
    file: PathBuf,
    /// The DynamoDB to import into; without one the file is only checked.
    #[arg(long)]
    endpoint: Option<String>,
}

impl Importer {
    pub(crate) async fn run(self) -> Result<()> {
        let import = Import::new(&self.file);
        let to = match self.endpoint {
            None => None,
            Some(endpoint) => {
                let client = client(&sdk(Patience::Stream, &endpoint).await, &Sent::default());
                let tenant = InstanceArn::parse(INSTANCE_ARN)?.id;
                let directory = Directory::new(client, CALLERS_TABLE.to_owned(), tenant);
                Some(Destination {
                    directory,
                    table: CALLERS_TABLE.to_owned(),
                    place: endpoint,
                })
            }
        };
        let mut done = Done::default();
        let ended = tokio::time::timeout(LIMIT, import.run(to.as_ref(), &mut done)).await;
        let took = match ended {
            Ok(summary) => summary?.took,
            Err(_) => LIMIT,
        };
        let told = json!({
            "rows": done.0.stored + done.0.checked,
            "seconds": took.as_secs_f64(),
            "kilobytes": most_memory(),
        });
        println!("{told}");
        Ok(())
    }
}

/// What became of the rows so far.
#[derive(Default)]
struct Done(Counts);

impl Watcher for Done {
    fn begun(&mut self, _: &Start) {}
    fn rejected(&mut self, _: u64, _: &str) {}
    fn moved(&mut self, _: Place, counts: &Counts) {
        self.0 = *counts;
    }
    fn waiting(&mut self, line: u64, code: &str) {
        eprintln!("import: line {line} waits ({code})");
    }
}

/// The most memory that this process had resident, in kB, where Linux tells.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// A file of so many people, none of whom can be reached: every name and address is made from a number.
fn people(folder: &Path, many: u32) -> Result<PathBuf> {
    let file = folder.join(format!("{many}.csv"));
    let mut to = BufWriter::new(File::create(&file)?);
    writeln!(to, "customerId,name,email,chat,language,tags")?;
    for nth in 1..=many {
        writeln!(to, "c-{nth},Customer {nth},c-{nth}@example.com,c-{nth},en-GB,a|b")?;
    }
    to.flush()?;
    Ok(file)
}

/// Rows a second, and megabytes.
#[derive(Default)]
struct Times {
    /// How many rows were done.
    rows: f64,
    speeds: Vec<f64>,
    memory: Vec<f64>,
}

impl Times {
    /// Runs an import of a file of so many people.
    async fn add(&mut self, file: &Path, many: u32, to: Option<&Dynamo>) -> Result<()> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("importer").arg(file).kill_on_drop(true);
        if let Some(dynamo) = to {
            command.arg("--endpoint").arg(dynamo.endpoint());
        }
        let output = command.stderr(std::process::Stdio::inherit()).output().await?;
        ensure!(output.status.success(), "the import of {many} people failed");
        let told: Value = serde_json::from_slice(&output.stdout)?;
        let number = |name: &str| told.get(name).and_then(Value::as_f64);
        let rows = number("rows").context("an import without rows")?;
        let seconds = number("seconds").context("an import without a time")?;
        let cut_off = rows > 0.0 && seconds >= LIMIT.as_secs_f64();
        let complete = rows.total_cmp(&many.into()).is_eq();
        ensure!(complete || cut_off, "not all of {many} people were taken: {told}");
        self.rows = rows;
        self.speeds.push(rows / seconds);
        self.memory
            .extend(number("kilobytes").map(|kilobytes| kilobytes / 1024.0));
        Ok(())
    }
}

pub(crate) async fn curve(size: Size) -> Result<Curve> {
    let checked: &[u32] = size.of(
        &[100, 300, 1000],
        &[1_000, 10_000, 100_000, 1_000_000],
        &[1_000, 10_000, 100_000, 1_000_000],
    );
    let written: &[u32] = size.of(
        &[100, 300, 1000],
        &[1_000, 3_000, 10_000, 30_000],
        &[1_000, 10_000, 100_000, 1_000_000],
    );
    let folder = TempDir::new()?;
    let mut measured: BTreeMap<u32, (Times, Times)> = BTreeMap::new();
    for many in checked.iter().chain(written) {
        measured.entry(*many).or_default();
    }
    for round in 0..size.of(1, 3, 3) {
        for (many, (check, write)) in &mut measured {
            let file = people(folder.path(), *many)?;
            if checked.contains(many) {
                check.add(&file, *many, None).await?;
            }
            // The long ones once: they take minutes, and what is slow for a moment hardly counts.
            if written.contains(many) && (round == 0 || *many <= 10_000) {
                write.add(&file, *many, Some(&Dynamo::start().await?)).await?;
                say(&format!(
                    "import: {many} people, {:.0} a second",
                    median(&write.speeds)
                ));
            }
            std::fs::remove_file(&file)?;
        }
    }
    let points = |way: fn(&(Times, Times)) -> &Times, of: fn(&Times) -> &Vec<f64>| {
        let some = measured.values().map(way).filter(|times| !of(times).is_empty());
        some.map(|times| (times.rows, median(of(times)))).collect()
    };
    let measure = |name, unit, points| Measure {
        name,
        unit,
        points,
        growth_from: Some(1.0),
    };
    Ok(Curve {
        title: "`ringback import` of people",
        x: "people in the file",
        about: format!(
            "A CSV file with a mail address and a chat id for everybody (numbers that nobody has are too few), 16 changes at a \
            time, in a process of its own: its memory is the importer's alone.\nInto the embedded DynamoDB in memory, which works on the \
            same cores and takes one transaction at a time; and only checked, as with `--dry-run`.\nA row that is written is a read and a \
            transaction.\nPeak memory is what Linux counts as the most that was resident.\nThree rounds over all points in turn, \
            files of more than 10 000 people written once; the medians.\nWhat is not written after {} minutes is \
            cut off, and stands with as many rows as were.",
            LIMIT.as_secs() / 60
        ),
        measures: vec![
            measure("written", "rows/s", points(|both| &both.1, |times| &times.speeds)),
            measure("checked", "rows/s", points(|both| &both.0, |times| &times.speeds)),
            measure(
                "peak memory, written",
                "MB",
                points(|both| &both.1, |times| &times.memory),
            ),
            measure(
                "peak memory, checked",
                "MB",
                points(|both| &both.0, |times| &times.memory),
            ),
        ],
        drawings: vec![
            Drawing::logarithmic(
                "import-speed",
                "ringback import: rows a second over the rows of the file",
                "rows/s",
                &["written", "checked"],
            ),
            Drawing::linear(
                "import-memory",
                "ringback import: peak memory over the rows of the file",
                "MB",
                &["peak memory, written", "peak memory, checked"],
            ),
        ],
    })
}
