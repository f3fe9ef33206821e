//! What is measured is built first, in release, as it is deployed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What a zip with one file needs beside the file.
const ZIP: u64 = 130;

/// The names of all functions.
pub(crate) fn functions(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("functions"))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Where the release build is.
pub(crate) fn release() -> Result<PathBuf> {
    // The bench itself lies beside it, whatever profile it was built with.
    let bench = std::env::current_exe()?;
    let target = bench
        .ancestors()
        .nth(2)
        .context("the bench lies in no target directory")?;
    Ok(target.join("release"))
}

/// Builds all functions as they are released, and the floors by themselves: in one build the functions would be given the
/// SDK's own HTTP client as well, which a floor has.
pub(crate) fn build(root: &Path) -> Result<()> {
    let functions = functions(root)?;
    let functions = functions.iter().flat_map(|name| ["--package", name]).collect();
    for packages in [
        functions,
        vec!["--package", "floors", "--features", "as-published"],
    ] {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(root)
            .args(["build", "--release", "--locked"])
            .args(packages);
        ensure!(cargo.status()?.success(), "the functions were not built");
    }
    Ok(())
}

/// Installs and packs the peers.
pub(crate) fn install_peers(root: &Path) -> Result<()> {
    let install = root.join("bench/peers/install");
    let status = Command::new(&install).status();
    let status = status.with_context(|| format!("running {}", install.display()))?;
    ensure!(
        status.success(),
        "the peers were not installed; --without-peers measures without them"
    );
    Ok(())
}

/// A program that is found by its name.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// A copy of a binary, in a folder of its own in `folder`: written from beginning to end, as Lambda has it from a zip. As a linker
/// leaves it, a start takes a tenth longer, and so one build would seem slower than a copy of the same.
pub(crate) fn unpack(binary: &Path, folder: &Path) -> Result<PathBuf> {
    let name = binary.file_name().context("the binary has no name")?;
    let copy = tempfile::tempdir_in(folder)?.keep().join(name);
    std::fs::copy(binary, &copy).with_context(|| format!("copying {}", binary.display()))?;
    Ok(copy)
}

/// The bytes that are deployed: of a zip as it is, of a binary as a zip would hold it.
pub(crate) fn package_size(package: &Path) -> Result<u64> {
    let named = || format!("reading {}", package.display());
    if package.extension().is_some_and(|extension| extension == "zip") {
        return Ok(std::fs::metadata(package).with_context(named)?.len());
    }
    let binary = std::fs::read(package).with_context(named)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&binary)?;
    Ok(u64::try_from(encoder.finish()?.len())? + ZIP)
}
