//! What follows from a call for those who place calls: a line is free again, and a carrier is alive.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use ringback_accounts::Slug;
use ringback_calls::{CallId, Projected, State};
use ringback_placing::{HEARD_EVERY, PlacingStore, StoreError};

/// More accounts than this are forgotten and noted once more.
const MOST: usize = 10_000;

/// What is kept for placing calls.
#[derive(Debug)]
pub(crate) struct Placing {
    store: PlacingStore,
    /// When each account was last noted as heard, by this instance.
    noted: Mutex<HashMap<Slug, Timestamp>>,
}

/// What was written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) released: bool,
    pub(crate) heard: bool,
}

impl Placing {
    pub(crate) fn new(store: PlacingStore) -> Self {
        Self {
            store,
            noted: Mutex::default(),
        }
    }

    /// Gives back the line and the slot of a call that we placed and that is over, and notes that the carrier was heard.
    /// Done again, it changes nothing.
    pub(crate) async fn note(
        &self,
        tenant: &str,
        call: &CallId,
        projected: &Projected,
    ) -> Result<Noted, StoreError> {
        let mut noted = Noted::default();
        let closed = projected
            .record
            .as_ref()
            .filter(|record| record.state == State::Close);
        if let Some(record) = closed.filter(|_| projected.placed) {
            self.store.release(tenant, call, record.line.as_deref()).await?;
            noted.released = true;
        }
        let heard = projected.heard.as_ref();
        if let Some((slug, at)) = heard.and_then(|(account, at)| Some((Slug::parse(account).ok()?, *at)))
            && self.is_news(&slug, at)
        {
            self.store.heard(&slug, at).await?;
            self.remember(slug, at);
            noted.heard = true;
        }
        Ok(noted)
    }

    /// Whether it is long enough ago that the account was noted.
    fn is_news(&self, slug: &Slug, at: Timestamp) -> bool {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.get(slug);
        last.is_none_or(|last| at.duration_since(*last) >= HEARD_EVERY)
    }

    fn remember(&self, slug: Slug, at: Timestamp) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(slug, at);
    }
}
