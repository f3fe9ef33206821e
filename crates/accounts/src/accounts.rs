//! The accounts as a function sees them: kept for a while, so that a warm one reads nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client as SecretsManager;
use ringback_carriers::Mapped;
use ringback_lambda::Secrets;
use tracing::warn;

use crate::account::{AMAZON_CONNECT, Account};
use crate::known::{AnyCarrier, Known};
use crate::slug::Slug;
use crate::store::{AccountStore, StoreError};
use crate::unknown::Unknown;

/// How old an account may be: how long a change takes to arrive.
const FRESH: Duration = Duration::from_secs(60);

/// The accounts of a function's instance.
#[derive(Debug)]
pub struct Accounts {
    store: AccountStore,
    secrets_manager: SecretsManager,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Slug, (Instant, Arc<Known>)>,
    /// By ARN, so that an account that is read again keeps what is known of its secrets.
    secrets: HashMap<String, Arc<Secrets>>,
    unknown: Unknown,
}

/// What came of looking for an account.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// It is there, and of that carrier.
    Found(Arc<Known>),
    /// It is not.
    Nobody,
    /// Too many slugs were tried that nobody has; this one was not looked up.
    TooMany,
}

/// The account could not be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account is of a carrier that nobody has described, or whose description cannot be used.
    #[error("the account's carrier has no description that can be used")]
    Carrier,
}

impl Accounts {
    /// The accounts of that table, with their secrets from there.
    pub fn new(store: AccountStore, secrets_manager: SecretsManager) -> Self {
        Self {
            store,
            secrets_manager,
            state: Mutex::default(),
        }
    }

    /// The account with that slug, if it is one of that carrier.
    ///
    /// # Errors
    /// When it is not known yet, or no longer fresh, and the table does not answer.
    pub async fn find(&self, carrier: &str, slug: &Slug) -> Result<Lookup, LookupError> {
        let now = Instant::now();
        let lookup = self.by_slug(slug, now).await?;
        Ok(match lookup {
            Lookup::Found(known) if known.account.carrier != carrier => Lookup::Nobody,
            lookup => lookup,
        })
    }

    async fn by_slug(&self, slug: &Slug, now: Instant) -> Result<Lookup, LookupError> {
        let was_known = {
            let State { known, unknown, .. } = &mut *self.state();
            match known.get(slug) {
                Some((read_at, known)) if now.saturating_duration_since(*read_at) < FRESH => {
                    return Ok(Lookup::Found(Arc::clone(known)));
                }
                Some(_) => true,
                None if unknown.has(slug, now) => return Ok(Lookup::Nobody),
                // Whoever is known already need not wait behind those who guess.
                None if !unknown.may_look(now) => return Ok(Lookup::TooMany),
                None => false,
            }
        };
        let account = self.store.read(slug).await?;
        // Amazon Connect posts to nobody.
        let posted_to = |account: &Account| account.carrier != AMAZON_CONNECT;
        let Some(account) = account.filter(posted_to) else {
            let mut state = self.state();
            state.known.remove(slug);
            state.unknown.remember(slug.clone(), now);
            return Ok(Lookup::Nobody);
        };
        if !was_known {
            self.state().unknown.was_known();
        }
        let known = Arc::new(self.known(account).await?);
        let kept = (now, Arc::clone(&known));
        self.state().known.insert(slug.clone(), kept);
        Ok(Lookup::Found(known))
    }

    /// An account that was just read, with its carrier and its secrets. Amazon Connect's accounts have neither.
    ///
    /// # Errors
    /// When its carrier is one that nobody has described, or the table does not answer.
    pub async fn known(&self, account: Account) -> Result<Known, LookupError> {
        let carrier = self.carrier(&account).await?;
        let arns = &account.secret_arns;
        let secrets = self.secrets(&arns.signing());
        let api_secrets = self.secrets(&arns.asking(carrier.get()));
        Ok(Known {
            account,
            carrier,
            secrets,
            api_secrets,
        })
    }

    async fn carrier(&self, account: &Account) -> Result<AnyCarrier, LookupError> {
        if let Some(carrier) = ringback_carriers::carrier(&account.carrier) {
            return Ok(AnyCarrier::BuiltIn(carrier));
        }
        let description = self.store.description(&account.carrier).await?;
        let Some(description) = description else {
            warn!(carrier = account.carrier, "An account's carrier is not described");
            return Err(LookupError::Carrier);
        };
        match Mapped::parse(&description) {
            Ok(carrier) => Ok(AnyCarrier::Described(Arc::new(carrier))),
            Err(problem) => {
                let carrier = &account.carrier;
                warn!(
                    carrier,
                    place = problem.path,
                    "A carrier's description cannot be used"
                );
                Err(LookupError::Carrier)
            }
        }
    }

    fn secrets(&self, arns: &[&str]) -> Vec<Arc<Secrets>> {
        let mut state = self.state();
        let secret = |arn: &&str| {
            let made = || Arc::new(Secrets::new(self.secrets_manager.clone(), (*arn).to_owned()));
            Arc::clone(state.secrets.entry((*arn).to_owned()).or_insert_with(made))
        };
        arns.iter().map(secret).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
