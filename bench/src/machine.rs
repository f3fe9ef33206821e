//! Where and with what it was measured.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::contenders::Programs;

/// The machine, and what stood on it.
#[derive(Debug)]
pub(crate) struct Machine {
    /// What, and which.
    pub(crate) lines: Vec<(&'static str, String)>,
}

impl Machine {
    /// Looks around at the end of what began at `start`.
    pub(crate) fn look(programs: &Programs, start: ProcessorTime) -> Result<Self> {
        let root = &programs.root;
        let processors = std::thread::available_parallelism()?;
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
        let load = std::fs::read_to_string("/proc/loadavg")?;
        let load: Vec<_> = load.split(' ').take(2).collect();
        let mut lines = vec![
            (
                "date",
                jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            ),
            ("command", "`cargo run --release -p bench`".to_owned()),
            ("commit", said(root, "git", &["describe", "--always", "--dirty"])),
            (
                "processors",
                format!("{processors} × {}", field("/proc/cpuinfo", "model name")),
            ),
            ("memory", field("/proc/meminfo", "MemTotal")),
            ("kernel", kernel.trim().to_owned()),
            ("load, of 1 and 5 minutes, at the end", load.join(" ")),
            (
                "processor time that other machines of the host took",
                format!("{:.0} %", 100.0 * ProcessorTime::now()?.stolen_since(start)),
            ),
            ("Rust", said(root, "rustc", &["--version"])),
        ];
        if let Some(node) = &programs.node {
            let python = root.join("bench/peers/python/.venv/bin/python");
            lines.push(("Node.js", said(root, node, &["--version"])));
            lines.push(("Python", said(root, &python, &["--version"])));
            lines.push(("AWS SDK for JavaScript", javascript(root)));
            let versions = "import boto3, botocore; print(boto3.__version__, botocore.__version__)";
            lines.push(("boto3, botocore", said(root, &python, &["-c", versions])));
        }
        Ok(Self { lines })
    }
}

/// What all processors have done since the machine started, in ticks of the kernel's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessorTime {
    run: u64,
    stolen: u64,
}

impl ProcessorTime {
    /// Up to now.
    pub(crate) fn now() -> Result<Self> {
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

/// What a program says of itself.
fn said(root: &Path, program: impl AsRef<Path>, arguments: &[&str]) -> String {
    let output = Command::new(program.as_ref())
        .args(arguments)
        .current_dir(root)
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

/// The version of the client that the peers' index lookup uses.
fn javascript(root: &Path) -> String {
    let package = root.join("bench/peers/node/node_modules/@aws-sdk/client-dynamodb/package.json");
    let package = std::fs::read_to_string(package).unwrap_or_default();
    let package: Value = serde_json::from_str(&package).unwrap_or_default();
    let version = package.get("version").and_then(Value::as_str);
    version.unwrap_or("unknown").to_owned()
}
