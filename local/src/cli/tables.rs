//! Where the carriers table and the simulated carriers are.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use ringback_local::accounts::{AccountsTable, simulated_carriers};
use ringback_local::simulated_carriers::Control;

/// The environment that `ringback serve` writes, where it is not told otherwise.
pub(crate) const ENV_FILE: &str = "local.env";

/// Where the accounts are, and what is kept beside them.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// The environment of the accounts, as `ringback serve` writes it [default: local.env, if it is here].
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    env_file: Option<PathBuf>,
    /// The carriers table in AWS, with the credentials and the Region of the environment.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

impl Where {
    pub(crate) async fn accounts(&self) -> Result<AccountsTable> {
        match (&self.table, &self.env_file) {
            (Some(table), _) => AccountsTable::of_table(table.clone()).await,
            (None, Some(file)) => AccountsTable::of_env_file(file).await,
            (None, None) if Path::new(ENV_FILE).exists() => {
                AccountsTable::of_env_file(Path::new(ENV_FILE)).await
            }
            (None, None) => bail!(
                "where are the accounts? There is no {ENV_FILE} here: `ringback serve` writes one, --env-file names \
                 another, or --table names a table in AWS"
            ),
        }
    }
}

/// Where a `ringback serve` runs.
#[derive(Debug, Args)]
pub(crate) struct Served {
    /// Where its API is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8706")]
    pub(crate) to: String,
    /// The token that its API asks for.
    #[arg(long, value_name = "TOKEN", default_value = "local")]
    pub(crate) token: String,
}

/// Where its simulated carriers are.
#[derive(Debug, Args)]
pub(crate) struct Simulated {
    /// The environment that `ringback serve` has written [default: local.env].
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

impl Simulated {
    pub(crate) fn carriers(&self) -> Result<Control> {
        let file = self.env_file.as_deref().unwrap_or(Path::new(ENV_FILE));
        if !file.exists() {
            bail!(
                "where are the simulated carriers? There is no {}: `ringback serve` writes one, --env-file names another",
                file.display()
            );
        }
        simulated_carriers(file)
    }
}
