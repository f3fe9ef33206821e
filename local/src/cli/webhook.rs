//! `ringback webhook`: what carriers send, checked, replayed and played.

mod check;
mod doctor;
mod play;
mod replay;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use ringback_carriers::{CARRIERS, Carrier, Mapped, Settings};

#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Say whether a request is the carrier's, why not, and what it tells.
    ///
    /// Ends with status 0 when the signature is good, 1 when it is not or the request cannot be read, 2 when the command
    /// itself is wrong.
    Check(Box<check::Check>),
    /// Make the records of the calls that captured requests tell of.
    ///
    /// Signatures are not checked: a captured request brings no secret. Ends with status 0 when every line was good, 1
    /// when some were bad, 2 when the file cannot be read.
    Replay(Box<replay::Replay>),
    /// Play a carrier: post the sample lives of calls, signed, to a running `ringback serve`.
    ///
    /// Ends with status 0 when everything was taken, 1 when something was not, 2 when the command itself is wrong.
    Play(Box<play::Play>),
}

impl Webhook {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Replay(replay) => replay.run(),
            Self::Play(play) => play.run().await,
        }
    }
}

/// A setting of an account, `name=value`.
fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("is no name=value, as in countryCode=86")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn settings(given: &[(String, String)]) -> Settings {
    Settings(given.iter().cloned().collect::<BTreeMap<_, _>>())
}

/// The codes of all carriers, for who names one that is not there.
fn no_such_carrier<T>(code: &str) -> Result<T> {
    let known: Vec<_> = CARRIERS
        .iter()
        .map(|carrier| format!("{} ({})", carrier.code(), carrier.name()))
        .collect();
    bail!(
        "--carrier: there is no carrier {code}; there are {}; another is described by a file, with --description",
        known.join(", ")
    )
}

/// A carrier that is described by a file.
fn described(file: &Path) -> Result<Box<dyn Carrier>> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("--description: reading {}", file.display()))?;
    let described = Mapped::parse(&text).with_context(|| format!("--description: {}", file.display()))?;
    Ok(Box::new(described))
}
