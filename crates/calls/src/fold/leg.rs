//! What was heard of a leg, and of a recording.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::claim::{Basis, Claim, End, First, Last, Said, Start, claim, join, said_first, weight};
use crate::cause::Cause;
use crate::event::Evidence;
use crate::facts::{Archived, LegFacts, RecordingFacts, RecordingState};
use crate::number::Number;
use crate::record::LegRecord;
use crate::recording::LONGEST_RECORDING_ID;

#[derive(Default)]
pub(super) struct LegHeard {
    pub(super) id: Claim<First<String>>,
    pub(super) number: Claim<First<Number>>,
    pub(super) shown: Claim<First<Number>>,
    pub(super) dialled: Claim<Start>,
    pub(super) ringing: Claim<Start>,
    pub(super) answered: Claim<Start>,
    pub(super) ended: Claim<End>,
    pub(super) cause: Claim<Said<Cause>>,
    pub(super) seconds: Claim<(Evidence, u64)>,
}

impl LegHeard {
    pub(super) fn add(&mut self, basis: Basis, facts: &LegFacts) {
        basis.first(&mut self.id, facts.id.as_ref());
        basis.first(&mut self.number, facts.number.as_ref());
        basis.first(&mut self.shown, facts.shown.as_ref());
        basis.start(&mut self.dialled, facts.dialled);
        basis.start(&mut self.ringing, facts.ringing);
        basis.start(&mut self.answered, facts.answered);
        basis.end(&mut self.ended, facts.ended);
        if let Some(cause) = &facts.cause {
            claim(&mut self.cause, (basis.evidence, weight(cause), cause.clone()));
        }
        if let Some(seconds) = facts.seconds {
            claim(&mut self.seconds, (basis.evidence, seconds));
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        join(&mut self.id, other.id);
        join(&mut self.number, other.number);
        join(&mut self.shown, other.shown);
        join(&mut self.dialled, other.dialled);
        join(&mut self.ringing, other.ringing);
        join(&mut self.answered, other.answered);
        join(&mut self.ended, other.ended);
        join(&mut self.cause, other.cause);
        join(&mut self.seconds, other.seconds);
    }

    pub(super) fn into_record(
        self,
        leg: &str,
        note: &mut impl FnMut(&str, Evidence, Timestamp) -> Timestamp,
    ) -> LegRecord {
        let mut start = |name: &str, claim: Claim<Start>| {
            claim.map(|(evidence, Reverse(at))| note(&format!("{leg}.{name}"), evidence, at))
        };
        let (dialled_at, ringing_at, answered_at) = (
            start("dialledAt", self.dialled),
            start("ringingAt", self.ringing),
            start("answeredAt", self.answered),
        );
        LegRecord {
            id: said_first(self.id),
            number: said_first(self.number),
            shown: said_first(self.shown),
            dialled_at,
            ringing_at,
            answered_at,
            ended_at: self
                .ended
                .map(|(evidence, at)| note(&format!("{leg}.endedAt"), evidence, at)),
            cause: self.cause.map(|(_, _, cause)| cause),
        }
    }
}

#[derive(Default)]
pub(super) struct RecordingHeard {
    pub(super) state: Claim<RecordingState>,
    pub(super) at_carrier: Claim<First<String>>,
    pub(super) format: Claim<First<String>>,
    pub(super) channels: Claim<u64>,
    pub(super) seconds: Claim<u64>,
    pub(super) started_at: Claim<Reverse<Timestamp>>,
    pub(super) archived: Claim<Last<(Archived, Option<Timestamp>)>>,
    pub(super) given_up: Claim<Last<String>>,
    pub(super) deleted_at_carrier: Claim<Reverse<Timestamp>>,
    pub(super) delete_refused: Claim<Last<String>>,
    pub(super) held: Claim<Last<bool>>,
    pub(super) problem: Claim<Last<String>>,
}

impl RecordingHeard {
    pub(super) fn add(&mut self, basis: Basis, facts: &RecordingFacts) {
        join(&mut self.state, facts.state);
        basis.first(&mut self.at_carrier, facts.at_carrier.as_ref());
        basis.first(&mut self.format, facts.format.as_ref());
        join(&mut self.channels, facts.channels);
        join(&mut self.seconds, facts.seconds);
        join(&mut self.started_at, facts.started_at.map(Reverse));
        // The last, because it lies over any before it that had the same key.
        let archived = facts
            .archived
            .clone()
            .map(|archived| (archived, facts.archived_at));
        basis.last(&mut self.archived, archived.as_ref());
        basis.last(&mut self.given_up, facts.given_up.as_ref());
        join(
            &mut self.deleted_at_carrier,
            facts.deleted_at_carrier.map(Reverse),
        );
        basis.last(&mut self.delete_refused, facts.delete_refused.as_ref());
        // Of a hold and a release at one time the hold counts: what is kept too long can still be deleted.
        basis.last(&mut self.held, facts.held.as_ref());
        basis.last(&mut self.problem, facts.problem.as_ref());
    }

    pub(super) fn join(&mut self, other: Self) {
        join(&mut self.state, other.state);
        join(&mut self.at_carrier, other.at_carrier);
        join(&mut self.format, other.format);
        join(&mut self.channels, other.channels);
        join(&mut self.seconds, other.seconds);
        join(&mut self.started_at, other.started_at);
        join(&mut self.archived, other.archived);
        join(&mut self.given_up, other.given_up);
        join(&mut self.deleted_at_carrier, other.deleted_at_carrier);
        join(&mut self.delete_refused, other.delete_refused);
        join(&mut self.held, other.held);
        join(&mut self.problem, other.problem);
    }

    pub(super) fn into_facts(self, id: &str) -> RecordingFacts {
        let said_last = |claim: Claim<Last<String>>| claim.map(|(_, _, said)| said);
        let given_up = said_last(self.given_up).or_else(|| given_up_for_its_id(id));
        let deleted_at_carrier = self.deleted_at_carrier.map(|Reverse(at)| at);
        let (archived, archived_at) = self.archived.map(|(_, _, archived)| archived).unzip();
        RecordingFacts {
            given_up: given_up.filter(|_| archived.is_none()),
            delete_refused: said_last(self.delete_refused).filter(|_| deleted_at_carrier.is_none()),
            deleted_at_carrier,
            held: self.held.map(|(_, _, held)| held),
            state: self.state,
            at_carrier: said_first(self.at_carrier),
            format: said_first(self.format),
            channels: self.channels,
            seconds: self.seconds,
            started_at: self.started_at.map(|Reverse(at)| at),
            archived,
            archived_at: archived_at.flatten(),
            problem: said_last(self.problem),
        }
    }
}

/// A recording whose id is too long for every message about it is not asked for at all.
fn given_up_for_its_id(id: &str) -> Option<String> {
    (id.len() > LONGEST_RECORDING_ID).then(|| "id-too-long".to_owned())
}
