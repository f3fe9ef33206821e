//! One recording that is to be archived: whose it is, and what has become of it.

use jiff::Timestamp;
use std::sync::Arc;

use ringback_accounts::{AnyCarrier, Known, Lookup, Slug};
use ringback_calls::{CallRecord, Entry, Kind as EventKind, RecordingFacts, RecordingState, Wanted};
use ringback_carriers::{Kept, Keys};
use secrecy::SecretString;

use crate::App;
use crate::outside::Asking;
use crate::trouble::{Kind, Trouble};

/// The carrier code of Amazon Connect, whose recordings need no account: they lie in a bucket of the owner's.
const CONNECT: &str = "ac";

/// Who has the recording.
#[derive(Debug, Clone)]
pub(crate) enum From {
    /// Amazon Connect has put it into a bucket.
    Connect,
    /// A carrier account.
    Account(Arc<Known>),
}

impl From {
    /// The word by which it is counted.
    pub(crate) fn dimension(&self) -> &str {
        match self {
            Self::Connect => CONNECT,
            Self::Account(known) => known.carrier.dimension(),
        }
    }

    /// The account at which recordings are to be deleted once they are archived, where the owner wants that.
    pub(crate) fn deletes(&self) -> Option<&Arc<Known>> {
        match self {
            Self::Account(known) if known.account.settings.get("deleteAtCarrier") == Some("yes") => {
                Some(known)
            }
            _ => None,
        }
    }
}

/// The recording, as the call's record knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) wanted: &'a Wanted,
    pub(crate) record: &'a CallRecord,
    pub(crate) recording: &'a RecordingFacts,
}

impl Job<'_> {
    pub(crate) fn kept(&self) -> Kept<'_> {
        Kept {
            id: &self.wanted.recording_id,
            at_carrier: self.recording.at_carrier.as_deref(),
            format: self.recording.format.as_deref(),
            channels: self.recording.channels,
            carrier_call_id: self.record.carrier_call_id.as_deref(),
        }
    }
}

/// What a carrier is asked with.
pub(crate) struct Credentials<'a> {
    pub(crate) known: &'a Known,
    /// The first one counts.
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) now: Timestamp,
    renewed: bool,
}

impl<'a> Credentials<'a> {
    pub(crate) async fn of(known: &'a Known, now: Timestamp) -> Result<Self, Trouble> {
        let secrets = known.api_secrets().await?;
        Ok(Self {
            known,
            secrets,
            now,
            renewed: false,
        })
    }

    /// Whether there is something else to ask with, after the carrier did not take what there was: the secrets read again,
    /// if they have changed; then the one that takes the current one's place.
    pub(crate) async fn another(&mut self) -> Result<bool, Trouble> {
        if !std::mem::replace(&mut self.renewed, true)
            && let Some(secrets) = self.known.api_secrets_after(&self.secrets).await?
        {
            self.secrets = secrets;
            return Ok(true);
        }
        let more = self.secrets.len() > 1;
        if more {
            self.secrets.remove(0);
        }
        Ok(more)
    }

    pub(crate) fn carrier(&self) -> &AnyCarrier {
        &self.known.carrier
    }

    pub(crate) fn keys(&self) -> Keys<'_> {
        Keys {
            secrets: &self.secrets,
            settings: &self.known.account.settings,
        }
    }

    pub(crate) fn asking(&self) -> Asking {
        Asking {
            places: self.carrier().get().places(&self.keys()),
            now: self.now,
        }
    }
}

impl App {
    /// Who has the recordings of a call.
    pub(crate) async fn from(&self, wanted: &Wanted, record: &CallRecord) -> Result<From, Trouble> {
        let carrier = record.carrier.as_deref().unwrap_or_default();
        if carrier == CONNECT {
            return Ok(From::Connect);
        }
        let missing = || Trouble::new(Kind::Refused, "no-account");
        let slug = Slug::parse(record.account.as_deref().unwrap_or_default()).map_err(|_| missing())?;
        match self.accounts.find(carrier, &slug).await? {
            // An account that was removed and made anew for somebody else.
            Lookup::Found(known) if known.account.tenant != wanted.tenant => {
                Err(Trouble::never("another-tenant"))
            }
            Lookup::Found(known) => Ok(From::Account(known)),
            Lookup::Nobody | Lookup::TooMany => Err(missing()),
        }
    }
}

/// When it was first heard that a recording can be had.
pub(crate) fn ready_at(entries: &[Entry], recording: &str) -> Option<Timestamp> {
    let ready = |entry: &&Entry| {
        let told = entry.event.facts.recordings.get(recording);
        told.is_some_and(|told| told.state == Some(RecordingState::Ready))
    };
    entries.iter().filter(ready).map(|entry| entry.received_at).min()
}

/// Whether a recording was given up after that time; false where the time is not known.
pub(crate) fn given_up_after(sent: Option<Timestamp>, entries: &[Entry], recording: &str) -> bool {
    let given_up = |entry: &&Entry| {
        entry.event.kind == EventKind::GivenUp && entry.event.facts.recordings.contains_key(recording)
    };
    let last = entries
        .iter()
        .filter(given_up)
        .filter_map(|entry| entry.event.at)
        .max();
    sent.zip(last).is_some_and(|(sent, last)| sent < last)
}
