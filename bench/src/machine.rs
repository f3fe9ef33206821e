//! Where something was measured, and of what.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// A measurement that has begun.
#[derive(Debug)]
pub struct Begun {
    root: PathBuf,
    commit: String,
    time: ProcessorTime,
}

impl Begun {
    /// Begins, in the repository at `root`: the commit is what is measured, not what the report makes of it.
    ///
    /// # Errors
    /// If the kernel does not say how long processors ran, as all but Linux do not.
    pub fn now(root: &Path) -> Result<Self> {
        Ok(Self {
            root: root.to_owned(),
            commit: said(root, "git", &["describe", "--always", "--dirty"]),
            time: ProcessorTime::now()?,
        })
    }

    /// At its end: what is told of the machine and what stands on it, name by name.
    ///
    /// # Errors
    /// As [`Begun::now`].
    pub fn told(&self, command: &str) -> Result<Vec<(&'static str, String)>> {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
        let processors = std::thread::available_parallelism()?;
        let load = std::fs::read_to_string("/proc/loadavg")?;
        let load: Vec<_> = load.split(' ').take(2).collect();
        let stolen = 100.0 * ProcessorTime::now()?.stolen_since(self.time);
        Ok(vec![
            ("date", date.to_string()),
            ("command", format!("`{command}`")),
            ("commit", self.commit.clone()),
            (
                "processors",
                format!("{processors} × {}", field("/proc/cpuinfo", "model name")),
            ),
            ("memory", field("/proc/meminfo", "MemTotal")),
            ("kernel", said(&self.root, "uname", &["-srm"])),
            ("load, of 1 and 5 minutes, at the end", load.join(" ")),
            (
                "processor time that other machines of the host took",
                format!("{stolen:.0} %"),
            ),
            ("Rust", said(&self.root, "rustc", &["--version"])),
        ])
    }
}

/// What was told, as a page has it.
pub fn table(told: &[(&str, String)]) -> String {
    let rows = told.iter().map(|(what, value)| format!("| {what} | {value} |\n"));
    "| | |\n| --- | --- |\n".to_owned() + &rows.collect::<String>()
}

/// What all processors have done since the machine started, in ticks of the kernel's.
#[derive(Debug, Clone, Copy)]
struct ProcessorTime {
    run: u64,
    stolen: u64,
}

impl ProcessorTime {
    /// Up to now.
    fn now() -> Result<Self> {
        let text = std::fs::read_to_string("/proc/stat")?;
        let line = text.lines().next().unwrap_or_default();
        let ticks: Vec<u64> = line.split_whitespace().skip(1).flat_map(str::parse).collect();
        // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal.
        let &[user, nice, system, _, _, irq, softirq, stolen, ..] = ticks.as_slice() else {
            bail!("/proc/stat begins with {line:?}");
        };
        let run = user + nice + system + irq + softirq;
        Ok(Self { run, stolen })
    }

    /// The share that the host gave to others of the time in which there was something to do: much of it makes p99 worse, and
    /// ratios less sure.
    fn stolen_since(self, start: Self) -> f64 {
        let stolen = self.stolen.saturating_sub(start.stolen) as f64;
        let wanted = stolen + self.run.saturating_sub(start.run) as f64;
        stolen / wanted.max(1.0)
    }
}

/// What a program that is run in `folder` says of itself; `unknown` where there is none.
pub fn said(folder: &Path, program: impl AsRef<Path>, arguments: &[&str]) -> String {
    let output = Command::new(program.as_ref())
        .args(arguments)
        .current_dir(folder)
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// A field of a file of the kernel's.
fn field(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line
        .and_then(|line| line.split_once(':'))
        .map(|(_, value)| value.trim());
    value.unwrap_or("unknown").to_owned()
}
