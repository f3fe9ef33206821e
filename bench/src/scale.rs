//! How the figures grow with contacts, callers, connections and events: a program of its own, because it takes all of the
//! system into its process and is as long to build.

use anyhow::{Context, Result, ensure};
use clap::Args;
use tokio::process::Command;

/// What is measured, and how much of it.
#[derive(Debug, Args)]
pub(crate) struct Scale {
    /// The largest sizes too: a million callers and rows
    #[arg(long)]
    full: bool,
    /// One curve alone
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// Builds `bench-scale` as this was built, and runs it.
pub(crate) async fn run(scale: &Scale, quick: bool) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let release = (!cfg!(debug_assertions)).then_some("--release");
    let flags = [(quick, "--quick"), (scale.full, "--full")];
    let only = scale.only.iter().flat_map(|name| ["--only", name]);
    let ran = Command::new(cargo)
        .arg("run")
        .args(release)
        .args(["--package", "bench-scale", "--"])
        .args(
            flags
                .into_iter()
                .filter_map(|(given, flag)| given.then_some(flag)),
        )
        .args(only)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status()
        .await
        .context("running cargo")?;
    ensure!(ran.success(), "bench-scale ended with {ran}");
    Ok(())
}
