//! What the events of a call tell of its second leg.

use crate::event::Entry;
use crate::record::CallRecord;

/// Whether anything happened on B's leg, by the call's events and the record that they fold to. Its numbers alone do not
/// count: we said them ourselves.
///
/// The record knows of B also what a carrier told of a number only. A number that is neither A's nor B's tells nothing in
/// the record; here it counts, for it may be B's, written in another way.
pub fn heard_of_second_leg(record: &CallRecord, entries: &[Entry]) -> bool {
    let b = &record.b;
    let told = b.id.is_some()
        || b.dialled_at.is_some()
        || b.ringing_at.is_some()
        || b.answered_at.is_some()
        || b.ended_at.is_some()
        || b.cause.is_some()
        || record.bridged_at.is_some();
    let mut numbers = entries
        .iter()
        .flat_map(|entry| entry.event.facts.by_number.keys());
    told || numbers.any(|number| Some(number) != record.a.number.as_ref())
}
