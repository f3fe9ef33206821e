//! `ringback pin`: with which carrier, and on which line, a user calls.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use ringback_carriers::carrier;
use ringback_placing::{Pin, public_id};

use super::tables::Where;

#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// Pin a user to a carrier, an account, a line: they are asked first, the others after them.
    Set(Set),
    /// Remove a user's pin.
    Remove(Remove),
    /// Show a tenant's pins.
    List(List),
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ringback pin set --tenant t-1 --user agent-a --carrier vg
  ringback pin set --tenant t-1 --user agent-a --account 0123456789ab --line seat-7")]
pub(crate) struct Set {
    /// Whose user.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    /// The user, as callbacks name them.
    #[arg(long, value_name = "USER")]
    user: String,
    /// The code of the carrier that is asked first.
    #[arg(long, value_name = "CODE", conflicts_with = "account")]
    carrier: Option<String>,
    /// The id of the account that is asked first, as `ringback carriers list` shows it.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The line that the user's calls take; one call at a time.
    #[arg(long, value_name = "LINE")]
    line: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Whose user.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    /// The user.
    #[arg(long, value_name = "USER")]
    user: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Whose users.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    place: Where,
}

impl PinCommand {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Set(set) => set.run().await,
            Self::Remove(remove) => remove.run().await,
            Self::List(list) => list.run().await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Set {
    async fn run(self) -> Result<()> {
        if self.carrier.is_none() && self.account.is_none() && self.line.is_none() {
            bail!("to what is the user pinned? --carrier CODE or --account ID, and --line LINE");
        }
        if !(1..=128).contains(&self.user.chars().count()) || self.user.chars().any(char::is_control) {
            bail!("--user must be 1 to 128 characters");
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let line = self.line.as_deref().unwrap_or("line");
        if !(1..=64).contains(&line.len()) || !line.bytes().all(plain) {
            bail!("--line must be 1 to 64 letters, digits, -, _ and .");
        }
        let table = self.place.accounts().await?;
        if let Some(code) = &self.carrier
            && code != "ac"
            && carrier(code).is_none()
            && table.store.description(code).await?.is_none()
        {
            bail!("--carrier: there is no carrier {code}");
        }
        if let Some(id) = &self.account {
            let accounts = table.store.list(&self.tenant).await?;
            if !accounts.iter().any(|account| public_id(&account.slug) == *id) {
                bail!(
                    "--account: {} has no account {id}; `ringback account list` shows them",
                    self.tenant
                );
            }
        }
        let pin = Pin {
            user: self.user.clone(),
            carrier: self.carrier.clone(),
            account: self.account.clone(),
            line: self.line.clone(),
        };
        table.placing.set_pin(&self.tenant, &pin).await?;
        anstream::println!("Pinned: {}.", words(&pin));
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> Result<()> {
        let table = self.place.accounts().await?;
        if !table.placing.remove_pin(&self.tenant, &self.user).await? {
            bail!("{} has no pin of that user", self.tenant);
        }
        anstream::println!("Removed the pin of {}.", self.user);
        Ok(())
    }
}

impl List {
    async fn run(self) -> Result<()> {
        let table = self.place.accounts().await?;
        let pins = table.placing.pins(&self.tenant).await?;
        if pins.is_empty() {
            anstream::println!("{} has no pin in {table}.", self.tenant);
        }
        for pin in pins {
            anstream::println!("{}", words(&pin));
        }
        Ok(())
    }
}

fn words(pin: &Pin) -> String {
    let parts = [
        ("carrier", &pin.carrier),
        ("account", &pin.account),
        ("line", &pin.line),
    ];
    let parts = parts.into_iter();
    let parts = parts.filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    format!("{} to {}", pin.user, parts.collect::<Vec<_>>().join(", "))
}
