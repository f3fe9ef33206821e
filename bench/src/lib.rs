//! What both programs report with: `bench`, and `bench-scale`, which is built apart.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub mod machine;
pub mod plot;

/// The repository that this was built in.
///
/// # Errors
/// If that was at the root of the file system.
pub fn root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(root.context("the bench lies in no repository")?.to_owned())
}
