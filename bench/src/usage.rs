//! What a process has used, as the kernel counts it.

use std::time::Duration;

use anyhow::{Context, Result};

/// The processor time of all threads that a process has, in nanoseconds' resolution: `utime` and `stime` count in
/// hundredths of a second, which is longer than ten calls take.
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
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
