//! What a process has used, as the kernel counts it.

use std::time::Duration;

use anyhow::{Context, Result};

/// Hundredths of a second, in which `/proc/<pid>/stat` counts on all of Linux's common platforms.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has had.
///
/// `utime` and `stime` are of all threads it ever had, in ticks, which are longer than ten calls take; the threads that it
/// has now are known to the nanosecond. Neither says too much.
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
    Ok(in_ticks(process)?.max(of_threads(process)?))
}

fn in_ticks(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, in which anything may stand.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .map(str::parse::<u32>)
        .sum::<Result<u32, _>>();
    Ok(TICK * ticks.context("the kernel does not say how long the process ran")?)
}

fn of_threads(process: u32) -> Result<Duration> {
    let mut total = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between the two looks.
        let Ok(line) = std::fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let running = line
            .split(' ')
            .next()
            .and_then(|number| number.parse::<u64>().ok());
        total += running.context("the kernel does not say how long a thread ran")?;
    }
    Ok(Duration::from_nanos(total))
}

/// The most memory it was ever resident with, in bytes.
pub(crate) fn peak_memory(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Ok(kilobytes.context("the kernel does not say how much memory was resident")? * 1024)
}
