//! Where and of what the figures are.

use std::process::Command;

use anyhow::Result;
use jiff::Timestamp;

/// The packages whose versions decide how fast it is, beside our own.
const PACKAGES: [&str; 6] = [
    "aws-sdk-dynamodb",
    "axum",
    "dynoxide-rs",
    "hyper",
    "reqwest",
    "tokio",
];

/// The head of the report, a line each.
pub(crate) fn told(command: &str) -> Result<String> {
    let lock = include_str!("../../../Cargo.lock");
    let versions: Vec<_> = PACKAGES
        .iter()
        .filter_map(|name| Some(format!("{name} {}", version(lock, name)?)))
        .collect();
    let cores = std::thread::available_parallelism()?;
    let profile = if cfg!(debug_assertions) {
        "a debug build: the figures say nothing"
    } else {
        "release"
    };
    let lines = [
        (
            "Date",
            Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        ),
        ("Command", format!("`{command}`")),
        ("Commit", said("git", &["describe", "--always", "--dirty"])),
        (
            "Machine",
            format!("{cores} cores of {}, {} of memory", processor(), memory()),
        ),
        ("System", system()),
        (
            "Built by",
            format!("{}, {profile}", said("rustc", &["--version"])),
        ),
        ("With", versions.join(", ")),
    ];
    Ok(lines
        .iter()
        .map(|(name, value)| format!("- {name}: {value}\n"))
        .collect())
}

/// The version of a package in a lock file.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version)
}

/// What a command says in its first line; `unknown` where there is none.
fn said(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.lines()
        .next()
        .filter(|line| !line.is_empty())
        .unwrap_or("unknown")
        .to_owned()
}

fn system() -> String {
    let release = said("uname", &["-r"]);
    // What comes after the version only its distributor knows.
    let version = release.split('-').next().unwrap_or_default();
    format!("{} {version}, {}", said("uname", &["-s"]), said("uname", &["-m"]))
}

fn processor() -> String {
    line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned())
}

fn memory() -> String {
    let kilobytes =
        line_of("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    kilobytes.map_or_else(
        || "an unknown amount".to_owned(),
        |kilobytes| format!("{} GB", kilobytes.div_ceil(1_048_576)),
    )
}

fn line_of(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
