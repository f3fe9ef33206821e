//! Claims: of two, the greater stays.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::cause::{Cause, Class};
use crate::event::Evidence;
use crate::facts::When;

/// The greater of two claims stays.
pub(super) type Claim<C> = Option<C>;

pub(super) fn claim<C: Ord>(slot: &mut Claim<C>, new: C) {
    if slot.as_ref().is_none_or(|old| *old < new) {
        *slot = Some(new);
    }
}

pub(super) fn join<C: Ord>(slot: &mut Claim<C>, other: Claim<C>) {
    if let Some(new) = other {
        claim(slot, new);
    }
}

/// The earliest time of the best evidence.
pub(super) type Start = (Evidence, Reverse<Timestamp>);
/// The latest time of the best evidence.
pub(super) type End = (Evidence, Timestamp);
/// What was said first, by the best evidence.
pub(super) type First<T> = (Evidence, Reverse<Timestamp>, Reverse<T>);
/// What was said last, by the best evidence.
pub(super) type Last<T> = (Evidence, Timestamp, T);
/// The best evidence; of equals the one that says most.
pub(super) type Said<T> = (Evidence, Weight, T);

/// How much a cause says: a failure more than an end, an end more than an unknown word; with a code more than without.
pub(super) type Weight = (u8, bool, bool);

pub(super) fn weight(cause: &Cause) -> Weight {
    let class = match cause.class {
        Class::Other => 0,
        Class::Cleared => 1,
        Class::Ok => 2,
        Class::Network => 3,
        Class::Server => 4,
        Class::Unreachable => 5,
        Class::Busy => 6,
        Class::MaxDuration => 7,
    };
    (class, cause.sip.is_some(), cause.code.is_some())
}

pub(super) fn said_first<T>(claim: Claim<First<T>>) -> Option<T> {
    claim.map(|(_, _, Reverse(value))| value)
}

/// What an event's claims have in common.
#[derive(Clone, Copy)]
pub(super) struct Basis {
    pub(super) evidence: Evidence,
    pub(super) at: Option<Timestamp>,
    pub(super) received: Timestamp,
}

impl Basis {
    pub(super) fn first<T: Ord + Clone>(self, slot: &mut Claim<First<T>>, value: Option<&T>) {
        if let Some(value) = value {
            let at = self.at.unwrap_or(Timestamp::MAX);
            claim(slot, (self.evidence, Reverse(at), Reverse(value.clone())));
        }
    }

    pub(super) fn last<T: Ord + Clone>(self, slot: &mut Claim<Last<T>>, value: Option<&T>) {
        if let Some(value) = value {
            let at = self.at.unwrap_or(Timestamp::MIN);
            claim(slot, (self.evidence, at, value.clone()));
        }
    }

    /// A time and how much it counts: our own clock never against a carrier's.
    pub(super) fn time(self, when: When) -> (Evidence, Timestamp) {
        match when {
            When::At(at) if self.evidence == Evidence::Own => (Evidence::Inferred, at),
            When::At(at) => (self.evidence, at),
            When::Unreported => (Evidence::Inferred, self.received),
        }
    }

    pub(super) fn start(self, slot: &mut Claim<Start>, when: Option<When>) {
        if let Some(when) = when {
            let (evidence, at) = self.time(when);
            claim(slot, (evidence, Reverse(at)));
        }
    }

    pub(super) fn end(self, slot: &mut Claim<End>, when: Option<When>) {
        if let Some(when) = when {
            claim(slot, self.time(when));
        }
    }
}
