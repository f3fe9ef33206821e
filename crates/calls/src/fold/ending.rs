//! Why a call ended: concluded from the claims that won.

use std::cmp::Reverse;

use super::Heard;
use super::claim::{Claim, End, Start};
use crate::cause::{Cause, Class, CloseCause, Leg};
use crate::event::Evidence;
use crate::facts::Verdict;

impl Heard {
    /// Why the call ended, and the words for it.
    pub(super) fn ending(&self, used_up: bool) -> (CloseCause, Option<Cause>) {
        let on = |class: Class, leg: Leg, cause: &Cause| (class.on(leg), Some(cause.clone()));
        let verdict = self.verdict.as_ref();
        let a_answered = self.a.answered.is_some();
        // The leg that failed, where the carrier leaves it open: whichever was being called.
        let open = if a_answered { Leg::B } else { Leg::A };
        // The carrier's last word counts first, unless it is a word nobody knows.
        if let Some((Evidence::Cdr, _, Verdict { cause, leg })) = verdict
            && cause.class != Class::Other
        {
            let class = settled(cause.class, self.talked());
            return on(class, leg.unwrap_or(open), cause);
        }
        let a = self.a.cause.as_ref().map(|(_, _, cause)| cause);
        let b = self.b.cause.as_ref().map(|(_, _, cause)| cause);
        let v = verdict.map(|(_, _, verdict)| &verdict.cause);
        // A was there and B was not: B's cause stands, even when the carrier then calls A's leg completed.
        if let Some(cause) = b.filter(|_| !self.talked()) {
            let class = settled(cause.class, false);
            if !matches!(class, Class::Ok | Class::Other) {
                return on(class, Leg::B, cause);
            }
        }
        if let Some(cause) = [a, b, v]
            .into_iter()
            .flatten()
            .find(|cause| cause.class == Class::MaxDuration)
        {
            return on(Class::MaxDuration, Leg::A, cause);
        }
        // B failed for a reason nobody knows, which A's ordinary end must not hide.
        if let Some(cause) = b.filter(|cause| !self.talked() && cause.class == Class::Other) {
            return on(Class::Other, Leg::B, cause);
        }
        if let Some(cause) = a.filter(|_| !a_answered) {
            let class = settled(cause.class, false);
            if !matches!(class, Class::Ok | Class::Other) {
                return on(class, Leg::A, cause);
            }
        }
        if let Some((_, _, Verdict { cause, leg })) = verdict {
            let class = settled(cause.class, self.talked());
            if !matches!(class, Class::Ok | Class::Other) {
                return on(class, leg.unwrap_or(open), cause);
            }
        }
        let failure = |cause: &&Cause| matches!(cause.class, Class::Server | Class::Network);
        if let Some(cause) = [a, b].into_iter().flatten().find(failure) {
            return on(cause.class, Leg::A, cause);
        }
        let end = |cause: &&Cause| !matches!(cause.class, Class::Other);
        match [a, v, b].into_iter().flatten().find(end) {
            Some(cause) if used_up => on(Class::MaxDuration, Leg::A, cause),
            Some(cause) => on(Class::Ok, Leg::A, cause),
            None => (CloseCause::Other, [v, b, a].into_iter().flatten().next().cloned()),
        }
    }
}

impl Heard {
    /// How long they talked, by the times alone. Both of B's come from whoever follows that leg; the end of the call is
    /// A's, and a carrier's machines may disagree about the time by hours. So B's own times count first, from the bridge
    /// on where that is told and fits between them; and a conversation that lasts longer than A's own leg is no length at
    /// all: unknown is better than wrong, and must not look like the longest duration.
    pub(super) fn length(&self, bridged: Claim<Start>, ended: Claim<End>) -> Option<u64> {
        let of_b = || {
            let whole = talked(self.b.answered?, self.b.ended?)?;
            let from_bridge = talked(bridged?, self.b.ended?);
            Some(from_bridge.map_or(whole, |seconds| seconds.min(whole)))
        };
        let of_a = || talked(self.a.answered?, self.a.ended?);
        of_b().or_else(|| {
            let length = talked(bridged?, ended?)?;
            // Carriers round to seconds.
            let fits = |of_a: u64| length <= of_a.saturating_add(1);
            of_a().is_none_or(fits).then_some(length)
        })
    }
}

/// What "cleared" means on a leg.
fn settled(class: Class, answered: bool) -> Class {
    match class {
        Class::Cleared if answered => Class::Ok,
        Class::Cleared => Class::Unreachable,
        class => class,
    }
}

/// How long they talked. Not where one time is the carrier's and the other ours: the clocks may be hours apart.
fn talked((by, Reverse(from)): Start, (until_by, until): End) -> Option<u64> {
    if (by == Evidence::Inferred) != (until_by == Evidence::Inferred) {
        return None;
    }
    u64::try_from(until.duration_since(from).as_secs()).ok()
}
