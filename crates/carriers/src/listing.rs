//! Calls that a carrier lists: how one is known again whose id the carrier has never told.
//!
//! Nothing in a list is an id of ours. So a call is known by what we asked for, and only where nothing else fits: of two
//! that may be it none is taken, for a call that was taken for another is ended in its place.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::placing::Accepted;

/// How far the carrier's clock may be from ours.
const CLOCKS: SignedDuration = SignedDuration::from_secs(30);
/// How long after we had written down that we ask for it a call may begin at the carrier: we wait for an answer, and API
/// Gateway for ours, half a minute at most.
const ASKED_FOR: SignedDuration = SignedDuration::from_secs(30);

/// The first legs of calls that a carrier was asked for, as it lists them. `Debug` shows no numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The calls.
    pub calls: Vec<Listed>,
    /// Whether the list goes on behind these.
    pub more: bool,
    /// The carrier lists the newest first: it has told of all that began at this time or later.
    pub back_to: Option<Timestamp>,
}

/// A call of a list.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whose telephone was called, E.164.
    pub to: Option<String>,
    /// The number that was shown, E.164.
    pub from: Option<String>,
    /// When the carrier took it on.
    pub begun_at: Option<Timestamp>,
    /// Its ids.
    pub ids: Accepted,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub struct LookedFor<'a> {
    /// The agent's number, E.164.
    pub agent: &'a str,
    /// The numbers of which the agent saw one, E.164.
    pub shown: &'a [&'a str],
    /// When the carrier was asked.
    pub asked_at: Timestamp,
}

impl LookedFor<'_> {
    /// From when on it may have begun, by the carrier's clock.
    pub fn since(&self) -> Timestamp {
        self.asked_at.checked_sub(CLOCKS).unwrap_or(self.asked_at)
    }

    /// Until when.
    pub fn until(&self) -> Timestamp {
        let until = self.asked_at.checked_add(ASKED_FOR + CLOCKS);
        until.unwrap_or(self.asked_at)
    }

    /// The calls that can be it; none where the list does not say enough of one to tell, or does not go back far enough.
    pub fn candidates(&self, listing: Listing) -> Option<Vec<Accepted>> {
        let is_whole = !listing.more || listing.back_to.is_some_and(|back_to| back_to < self.since());
        let mut calls = listing.calls;
        calls.retain(|call| self.may_be(call));
        let certain = is_whole && calls.iter().all(Listed::is_certain);
        certain.then(|| calls.into_iter().map(|call| call.ids).collect())
    }

    /// What does not say to whom or when may be it.
    fn may_be(&self, call: &Listed) -> bool {
        let shown = |from: &str| self.shown.contains(&from);
        let begun = |at: Timestamp| (self.since()..=self.until()).contains(&at);
        call.to.as_deref().is_none_or(|to| to == self.agent)
            && call.from.as_deref().is_none_or(shown)
            && call.begun_at.is_none_or(begun)
    }
}

impl Listed {
    /// Whether it says all by which it is known.
    fn is_certain(&self) -> bool {
        let numbers = self.to.is_some() && self.from.is_some();
        numbers && self.begun_at.is_some() && self.ids.leg_a.is_some()
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed")
            .field("begun_at", &self.begun_at)
            .field("ids", &self.ids)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LookedFor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookedFor")
            .field("asked_at", &self.asked_at)
            .finish_non_exhaustive()
    }
}
