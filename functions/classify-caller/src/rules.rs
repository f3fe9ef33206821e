//! The operator's rules, read once in a while: they change seldom, and a call must not wait for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringback_callers::{Directory, Rules};
use ringback_connect::ids::InstanceId;
use tracing::error;

/// How soon rules that could not be read are read again: a caller after that is to have the operator's.
const AGAIN: Duration = Duration::from_secs(5);

/// The rules as they were read last, and how long they hold, per tenant, as a function may serve several instances.
#[derive(Debug)]
pub(crate) struct CachedRules {
    fresh: Duration,
    read: Mutex<Vec<(InstanceId, Arc<Rules>, Instant)>>,
    failures: AtomicU64,
}

impl CachedRules {
    pub(crate) fn new(fresh: Duration) -> Self {
        Self {
            fresh,
            read: Mutex::default(),
            failures: AtomicU64::new(0),
        }
    }

    /// The rules; the built-in ones where there are none. Where the table does not answer, those of before hold on.
    pub(crate) async fn get(&self, directory: &Directory) -> Arc<Rules> {
        let before = self.known(directory.tenant());
        if let Some((rules, until)) = &before
            && Instant::now() < *until
        {
            return Arc::clone(rules);
        }
        let (rules, fresh) = match directory.rules().await {
            Ok(rules) => (Arc::new(rules.unwrap_or_default()), self.fresh),
            Err(problem) => {
                error!(
                    code = problem.code,
                    "The rules could not be read; those of before hold on"
                );
                self.failures.fetch_add(1, Ordering::Relaxed);
                let rules = before.map(|(rules, _)| rules).unwrap_or_default();
                (rules, self.fresh.min(AGAIN))
            }
        };
        self.keep(directory.tenant(), &rules, Instant::now() + fresh);
        rules
    }

    /// Failures since the last call of this.
    pub(crate) fn take_failures(&self) -> u64 {
        self.failures.swap(0, Ordering::Relaxed)
    }

    fn known(&self, tenant: &InstanceId) -> Option<(Arc<Rules>, Instant)> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = read.iter().find(|(known, ..)| known == tenant);
        found.map(|(_, rules, until)| (Arc::clone(rules), *until))
    }

    fn keep(&self, tenant: &InstanceId, rules: &Arc<Rules>, until: Instant) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.retain(|(known, ..)| known != tenant);
        read.push((tenant.clone(), Arc::clone(rules), until));
    }
}
