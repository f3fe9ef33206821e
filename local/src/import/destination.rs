//! The directory that an import fills, and how to get there.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use ringback_callers::Directory;
use ringback_connect::ids::InstanceArn;

use crate::reach::Settings;

/// A directory, and where it is.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The directory.
    pub directory: Directory,
    /// The name of its table.
    pub table: String,
    /// The endpoint, or the Region.
    pub place: String,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, place, .. } = self;
        write!(f, "table {table}, {place}, instance {}", self.directory.tenant())
    }
}

impl Destination {
    /// The directory of an environment as `ringback serve` writes it. What the file does not say, the process's own
    /// environment does.
    ///
    /// # Errors
    /// When the file cannot be read or a setting is missing or wrong; the error names it.
    pub async fn of_env_file(file: &Path) -> Result<Self> {
        let settings = Settings::of_file(file)?;
        let (table, arn) = (
            settings.needed("CALLERS_TABLE")?,
            settings.needed("INSTANCE_ARN")?,
        );
        let arn = InstanceArn::parse(&arn).with_context(|| format!("INSTANCE_ARN in {}", file.display()))?;
        Self::reach(table, arn, &settings).await
    }

    /// The directory of a table in the process's own environment.
    ///
    /// # Errors
    /// When that environment has no Region or no credentials.
    pub async fn of_table(table: String, arn: InstanceArn) -> Result<Self> {
        Self::reach(table, arn, &Settings::default()).await
    }

    async fn reach(table: String, arn: InstanceArn, settings: &Settings) -> Result<Self> {
        let reached = settings.reach().await?;
        Ok(Self {
            directory: Directory::new(reached.client, table.clone(), arn.id),
            table,
            place: reached.place,
        })
    }
}
