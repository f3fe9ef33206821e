//! What is to be done about a call that is due: decided from its events, the carrier's abilities and the time alone.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{Class, RecordingState, State, next_check};
use ringback_carriers::{Ability, Inquiry};

use crate::situation::{NOT_KNOWN_YET, Situation};

/// How long after it was asked a carrier may not list a call yet: lists are behind, and a call may wait in a queue there.
const NOT_LISTED_YET: SignedDuration = SignedDuration::from_mins(5);
/// How long after its longest life a call is left open because its carrier, though it can be asked, does not say that it
/// is over: as long as an outage may last.
const NEVER_SAID: SignedDuration = SignedDuration::from_hours(24);
/// After this long nobody will tell of a recording that was ordered, or that was announced and never came.
const NOT_TOLD: SignedDuration = SignedDuration::from_hours(24);
/// After this long a recording that could be had and was never archived is given up: longer than `archive-recording`
/// tries, so that only what it never finished comes so far.
const OVERDUE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// After this long the index should know that a call is over.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_mins(10);

/// The recording of which nobody has said a word.
pub(crate) const UNKNOWN_RECORDING: &str = "unknown";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: it is over and nothing is owed, or it is not due any more.
    Nothing,
    /// To write down that somebody has looked, so that the call is folded again, its record written and its line given back:
    /// it is over, and the index does not know.
    LeftBehind,
    /// To look again in a minute; nothing is written.
    Soon,
    /// To look again when an open call is usually looked at; that somebody has looked is written.
    Wait,
    /// To close it: nobody was asked for it, or all have refused; the word says which.
    Unplaced(Unplaced),
    /// To close it: nothing will be heard of it any more.
    Orphaned,
    /// To ask the carrier that has it.
    Ask,
    /// To end the agent's leg, who waits for nobody, and then to wait.
    HangUp,
    /// To see to recordings, and then to wait.
    Recordings(Owed),
}

/// Why a call was placed at no carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unplaced {
    /// No carrier was asked.
    NotAsked,
    /// All that were asked refused, the last with this word: it says what the call is closed as.
    Refused(Class, String),
}

/// Recordings that a call owes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owed {
    /// Those whose message is sent again.
    pub(crate) again: Vec<String>,
    /// Those that are given up, and why.
    pub(crate) given_up: Vec<(String, &'static str)>,
    /// Whether any is still to come after that.
    pub(crate) more: bool,
}

/// What the carrier's answer was, as far as it matters for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It told what it knows, and all of it is among the events.
    Told,
    /// It knows no such call.
    NoSuchCall,
    /// It has never told its id, and of the calls that it lists none can be it.
    NotListed,
    /// The same, and several can be it, or nobody can tell.
    Unclear,
    /// It does not say for now.
    NotNow,
    /// It cannot be asked: a setting or a secret of the account is missing, or the account is gone.
    CannotBeAsked,
    /// It may not be asked for now: so often a minute, and no more.
    NotYet,
}

/// What is to be done about a call. `ability` is that of the carrier that has it.
pub(crate) fn next(call: &Situation<'_>, ability: Option<Ability>, now: Timestamp) -> Step {
    let record = &call.record;
    match next_check(record, record.updated_at) {
        None if is_left_behind(call, now) => return Step::LeftBehind,
        // The index is some moments behind the events.
        None => return Step::Nothing,
        Some(at) if at > now => return Step::Nothing,
        Some(_) => {}
    }
    if record.state == State::Close {
        return Step::Recordings(owed(call, now));
    }
    if !call.is_placed() {
        return at_its_end(call, ability, now);
    }
    let Some(holder) = &call.holder else {
        return Step::Unplaced(match call.refusal() {
            Some((class, word)) => Unplaced::Refused(class, word.to_owned()),
            None => Unplaced::NotAsked,
        });
    };
    let Some(ability) = ability else {
        return at_its_end(call, None, now);
    };
    let can_be_asked = match ability.inquiry {
        Inquiry::ByReference | Inquiry::Listed => true,
        Inquiry::ById => holder.view.carrier_call_id.is_some() || holder.view.a.id.is_some(),
        Inquiry::EventsOnly => false,
    };
    if !can_be_asked {
        return in_vain_or_at_its_end(call, ability, now);
    }
    let remembers = SignedDuration::try_from(ability.remembers).unwrap_or(SignedDuration::MAX);
    let forgotten = now.duration_since(holder.asked_at) >= remembers;
    if forgotten {
        at_its_end(call, Some(ability), now)
    } else {
        Step::Ask
    }
}

/// Whether the index still has a call as due that has been over for long: nobody has written its record since, and so its
/// line is not free, and lists have it among those that go on. Each time is twice as far from the end as the one before.
fn is_left_behind(call: &Situation<'_>, now: Timestamp) -> bool {
    let (record, closed_at) = (&call.record, call.closed_at());
    let behind = now.duration_since(record.updated_at);
    record.state == State::Close && behind >= LEFT_BEHIND.max(record.updated_at.duration_since(closed_at))
}

/// What is to be done after the carrier was asked; `call` has what it told.
pub(crate) fn after(call: &Situation<'_>, ability: Ability, answer: Answer, now: Timestamp) -> Step {
    if call.record.state == State::Close {
        return Step::Nothing;
    }
    let Some(holder) = &call.holder else {
        return Step::Soon;
    };
    match answer {
        Answer::NotYet => Step::Soon,
        Answer::Told | Answer::NotNow if now.duration_since(call.ends_by(Some(ability))) >= NEVER_SAID => {
            Step::Orphaned
        }
        Answer::NotNow => Step::Wait,
        Answer::CannotBeAsked | Answer::Unclear => in_vain_or_at_its_end(call, ability, now),
        Answer::Told if call.agent_waits_in_vain(ability, now) || call.is_over_its_limit(now) => Step::HangUp,
        Answer::Told => wait_until(call, call.ends_by(Some(ability)), now),
        // A carrier that has told of a call has it, whatever it answers; perhaps it lists only those that are over.
        Answer::NoSuchCall | Answer::NotListed if holder.told => in_vain_or_at_its_end(call, ability, now),
        Answer::NoSuchCall if now.duration_since(holder.asked_at) >= NOT_KNOWN_YET => Step::Orphaned,
        Answer::NotListed if now.duration_since(holder.asked_at) >= NOT_LISTED_YET => Step::Orphaned,
        Answer::NoSuchCall | Answer::NotListed => Step::Soon,
    }
}

fn in_vain_or_at_its_end(call: &Situation<'_>, ability: Ability, now: Timestamp) -> Step {
    let over = now >= call.ends_by(Some(ability)) || call.is_said_over(now);
    if !over && ability.hangs_up && call.agent_waits_in_vain(ability, now) {
        return Step::HangUp;
    }
    at_its_end(call, Some(ability), now)
}

/// Closes the call once it must be over and nobody will tell, or its carrier has said that there is nothing to end; until
/// then it waits.
fn at_its_end(call: &Situation<'_>, ability: Option<Ability>, now: Timestamp) -> Step {
    let ends_by = call.ends_by(ability);
    if now >= ends_by || call.is_said_over(now) {
        Step::Orphaned
    } else {
        wait_until(call, ends_by, now)
    }
}

/// To have looked moves the call on, by ten minutes or by a whole conversation. Where more is known before that, it stays
/// due, and is looked at each minute.
fn wait_until(call: &Situation<'_>, until: Timestamp, now: Timestamp) -> Step {
    let moved_to = next_check(&call.record, now);
    let sooner = now < until && moved_to.is_some_and(|moved_to| until < moved_to);
    if sooner { Step::Soon } else { Step::Wait }
}

/// What a closed call owes.
fn owed(call: &Situation<'_>, now: Timestamp) -> Owed {
    let closed_at = call.closed_at();
    let since = now.duration_since(closed_at);
    // A message is repeatable, but every copy asks the carrier anew, so copies become rarer: after one hour, two, four …
    let send = call.looks_since(closed_at).saturating_add(1).is_power_of_two();
    let mut owed = Owed::default();
    let recordings = &call.record.recordings;
    if recordings.is_empty() {
        match since >= NOT_TOLD {
            true => owed.given_up.push((UNKNOWN_RECORDING.to_owned(), "not-told")),
            false => owed.more = true,
        }
    }
    for (id, recording) in recordings {
        if recording.archived.is_some() || recording.given_up.is_some() {
            continue;
        }
        match recording.state {
            Some(RecordingState::Ready) if since >= OVERDUE => owed.given_up.push((id.clone(), "overdue")),
            Some(RecordingState::Ready) => {
                owed.more = true;
                if send {
                    owed.again.push(id.clone());
                }
            }
            Some(RecordingState::Absent | RecordingState::Failed) => {}
            None | Some(RecordingState::Running) if since >= NOT_TOLD => {
                owed.given_up.push((id.clone(), "not-told"));
            }
            None | Some(RecordingState::Running) => owed.more = true,
        }
    }
    owed
}

#[cfg(test)]
mod tests;
