//! The carriers table that `ringback account`, `policy`, `pin` and `do-not-call` change, and where it is.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use ringback_accounts::{Account, AccountStore};
use ringback_carriers::{Carrier, Mapped};
use ringback_placing::PlacingStore;

use crate::reach::Settings;
use crate::simulated_carriers::Control;

/// A table of carrier accounts, and where it is.
#[derive(Debug)]
pub struct AccountsTable {
    /// The accounts.
    pub store: AccountStore,
    /// What is kept for placing calls.
    pub placing: PlacingStore,
    /// What the public URLs of webhooks begin with, where the environment says.
    pub public_base: Option<String>,
    table: String,
    place: String,
}

impl fmt::Display for AccountsTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {}, {}", self.table, self.place)
    }
}

impl AccountsTable {
    /// The accounts of an environment as `ringback serve` writes it. What the file does not say, the process's own
    /// environment does.
    ///
    /// # Errors
    /// When the file cannot be read, or does not name the table.
    pub async fn of_env_file(file: &Path) -> Result<Self> {
        let settings = Settings::of_file(file)?;
        Self::reach(settings.needed("CARRIERS_TABLE")?, &settings).await
    }

    /// The accounts of a table in the process's own environment.
    ///
    /// # Errors
    /// When that environment has no Region or no credentials.
    pub async fn of_table(table: String) -> Result<Self> {
        Self::reach(table, &Settings::default()).await
    }

    async fn reach(table: String, settings: &Settings) -> Result<Self> {
        let reached = settings.reach().await?;
        Ok(Self {
            store: AccountStore::new(reached.client.clone(), table.clone()),
            placing: PlacingStore::new(reached.client, table.clone()),
            public_base: settings.get("PUBLIC_BASE_URL").map(str::to_owned),
            table,
            place: reached.place,
        })
    }
}

/// Where the simulated carriers of an environment are, as `ringback serve` writes it.
///
/// # Errors
/// When the file cannot be read, or names none.
pub fn simulated_carriers(file: &Path) -> Result<Control> {
    Control::of(&Settings::of_file(file)?.needed("SIMULATED_CARRIERS")?)
}

/// The URLs that an account's carrier is given: of events of any call, and of a call that is placed.
pub fn urls(base: &str, account: &Account) -> (String, String) {
    let path = format!(
        "{}/carriers/{}/{}",
        base.trim_end_matches('/'),
        account.carrier,
        account.slug.as_str()
    );
    (
        format!("{path}/events"),
        format!("{path}/calls/{{callId}}/events"),
    )
}

/// The code of the carrier that a description describes.
///
/// # Errors
/// When it cannot be used; the error names the place.
pub fn describe(toml: &str) -> Result<String> {
    Ok(Mapped::parse(toml)?.code().to_owned())
}
