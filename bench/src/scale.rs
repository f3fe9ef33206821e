//! How the figures grow with contacts, callers, connections and events.

use anyhow::Result;

/// Measures the curves, and draws them.
pub(crate) async fn run(_quick: bool) -> Result<()> {
    anyhow::bail!("the curves are not there yet")
}
