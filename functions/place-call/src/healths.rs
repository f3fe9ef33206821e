//! How accounts are, remembered for a second: every call looks at all of a tenant's, and they change by the minute.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::Slug;
use ringback_placing::Health;

/// How long an account is taken for what it was, also if somebody disables it meanwhile.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(1);

/// More accounts than this are forgotten, all of them.
const MOST: usize = 1000;

/// What this instance has read of late.
#[derive(Debug, Default)]
pub(crate) struct Healths {
    known: Mutex<HashMap<Slug, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// How often this instance itself has changed something of it.
    changes: u64,
    read: Option<(Timestamp, Health)>,
}

impl Healths {
    /// How an account is, if it was read within the last second, and nothing was done since that could have changed it.
    pub(crate) fn get(&self, account: &Slug, now: Timestamp) -> Option<Health> {
        let known = self.known();
        let (at, health) = known.get(account)?.read.as_ref()?;
        let age = now.duration_since(*at);
        (SignedDuration::ZERO <= age && age < REMEMBERED).then(|| health.clone())
    }

    /// What is to be told to [`remember`](Self::remember) by whoever reads an account from now on.
    pub(crate) fn changes(&self, account: &Slug) -> u64 {
        self.known().get(account).map_or(0, |known| known.changes)
    }

    /// Remembers what was read, unless something was done meanwhile that it may not show.
    pub(crate) fn remember(&self, account: &Slug, health: &Health, now: Timestamp, changes: u64) {
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(account) {
            known.clear();
        }
        let known = known.entry(account.clone()).or_default();
        if known.changes == changes {
            known.read = Some((now, health.clone()));
        }
    }

    /// Forgets an account of which this instance has just written something down.
    pub(crate) fn forget(&self, account: &Slug) {
        let mut known = self.known();
        let known = known.entry(account.clone()).or_default();
        known.changes += 1;
        known.read = None;
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Slug, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_remembered_for_a_second_and_what_was_read_before_a_change_never() {
        let (healths, slug) = (Healths::default(), Slug::parse("sample-account").unwrap());
        let at = |milliseconds: i64| Timestamp::from_millisecond(1_795_165_200_000 + milliseconds).unwrap();
        let (health, changes) = (Health::default(), healths.changes(&slug));
        healths.remember(&slug, &health, at(0), changes);
        for (milliseconds, known) in [(-1, false), (0, true), (999, true), (1000, false)] {
            assert_eq!(
                healths.get(&slug, at(milliseconds)).is_some(),
                known,
                "{milliseconds}"
            );
        }
        // Somebody is reading it while its failure is counted.
        let changes = healths.changes(&slug);
        healths.forget(&slug);
        healths.remember(&slug, &health, at(1), changes);
        assert_eq!(healths.get(&slug, at(1)), None);
        healths.remember(&slug, &health, at(1), healths.changes(&slug));
        assert_eq!(healths.get(&slug, at(1)), Some(health));
    }
}
