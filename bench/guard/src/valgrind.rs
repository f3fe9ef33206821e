//! Walks every path under callgrind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use crate::ROUNDS;
use crate::paths;

/// Instructions of one round, by the path's name.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// Counts all paths, each in a process of its own, so that none sees the heap that another has left behind.
///
/// # Errors
/// When valgrind is not there, or a path cannot be walked.
pub(crate) fn count_all() -> Result<Counts> {
    let folder = tempfile::tempdir()?;
    let waiting = Mutex::new(paths::all());
    let next = || waiting.lock().ok()?.pop();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let count = || {
            let mut counts = Vec::new();
            while let Some(path) = next() {
                counts.push((path.name, count(path.name, folder.path())?));
            }
            Ok(counts)
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(count)).collect();
        let mut all = Counts::new();
        for worker in workers {
            let Ok(counts) = worker.join() else {
                bail!("counting panicked")
            };
            let counts: Result<Vec<_>> = counts;
            all.extend(counts?);
        }
        Ok(all)
    })
}

fn count(name: &'static str, folder: &Path) -> Result<u64> {
    let out = folder.join(name.replace(['/', ' '], "-"));
    let mut option = std::ffi::OsString::from("--callgrind-out-file=");
    option.push(&out);
    let run = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--collect-atstart=no",
            "--read-inline-info=no",
        ])
        .arg("--toggle-collect=*counted_from_here*")
        .arg(option)
        .arg(std::env::current_exe()?)
        .args(["--walk", name])
        // The environment lies on the stack: the same everywhere, so that addresses are.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .context("valgrind does not run; is it installed?")?;
    let said = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success(), "walking {name} failed:\n{said}");
    let report = std::fs::read_to_string(&out)?;
    let total = report.lines().find_map(|line| line.strip_prefix("totals: "));
    let total: u64 = total.context("callgrind wrote no total")?.trim().parse()?;
    ensure!(
        total > 0,
        "callgrind counted nothing of {name}: its function has another name"
    );
    Ok(total / u64::try_from(ROUNDS)?)
}
