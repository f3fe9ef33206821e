//! When a call is looked at again.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    ARCHIVE, Archived, CallEvent, CallId, CallRecord, Entry, EventId, Evidence, Facts, Kind, LONGEST, QUIET,
    QUIET_AT_FIRST, RING, RecordingFacts, RecordingState, SHARDS, When, fold, next_check, shard,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_795_165_200 + seconds)
}

/// The record of a call of which one event tells everything.
fn record(tell: impl FnOnce(&mut Facts)) -> CallRecord {
    let mut event = CallEvent::new(EventId::of(&["all"]), Kind::Progress, Evidence::Event);
    tell(&mut event.facts);
    let entry = Entry {
        tenant: "t-1".to_owned(),
        carrier: "tw".to_owned(),
        account: "slug-1".to_owned(),
        received_at: at(0),
        event,
    };
    fold(&CallId::parse("call-0001").unwrap(), [&entry]).unwrap()
}

/// How long after the last word.
fn wait(record: &CallRecord) -> Option<SignedDuration> {
    next_check(record, at(0)).map(|next| next.duration_since(at(0)))
}

#[test]
fn a_call_that_is_not_through_is_due_after_ten_silent_minutes() {
    assert_eq!(wait(&record(|_| {})), Some(QUIET));
    // However long they may talk once they do.
    let limited = record(|facts| {
        facts.limit_seconds = Some(7200);
        facts.a.answered = Some(When::Unreported);
    });
    assert_eq!(wait(&limited), Some(QUIET));
}

#[test]
fn a_call_that_holds_a_line_is_due_early_and_then_ever_more_rarely() {
    let held = record(|facts| facts.line = Some("line-1".to_owned()));
    let mut looked = at(0);
    let waits = [0; 5].map(|_| {
        let next = next_check(&held, looked).unwrap();
        let wait = next.duration_since(looked);
        looked = next;
        wait
    });
    let minutes = SignedDuration::from_mins;
    assert_eq!(waits, [QUIET_AT_FIRST, minutes(2), minutes(4), minutes(8), QUIET]);
}

#[test]
fn a_conversation_is_due_when_the_longest_one_must_be_over() {
    let talking = |limit, ring| {
        wait(&record(|facts| {
            facts.bridged = Some(When::At(at(0)));
            facts.limit_seconds = limit;
            facts.ring_seconds = ring;
        }))
    };
    let seconds = SignedDuration::from_secs;
    assert_eq!(talking(Some(7200), Some(30)), Some(seconds(7230)));
    assert_eq!(talking(Some(7200), None), Some(seconds(7200) + RING));
    // A short limit does not make a carrier quicker.
    assert_eq!(talking(Some(60), Some(30)), Some(QUIET + seconds(30)));
    assert_eq!(talking(None, None), Some(LONGEST + RING));
}

#[test]
fn a_limit_beyond_all_times_is_due_at_the_end_of_them() {
    let talking = record(|facts| {
        facts.bridged = Some(When::At(at(0)));
        facts.limit_seconds = Some(i64::MAX.cast_unsigned());
        facts.ring_seconds = Some(u64::MAX);
    });
    assert_eq!(next_check(&talking, at(0)), Some(Timestamp::MAX));
}

/// A recording in that state, and whether it is in the owner's bucket.
fn recording(facts: &mut Facts, state: Option<RecordingState>, archived: bool) {
    let archived = archived.then(|| Archived {
        bucket: "recordings".to_owned(),
        key: "key".to_owned(),
        bytes: 1,
        sha256: "00".repeat(32),
        content_type: "audio/mpeg".to_owned(),
    });
    let recording = RecordingFacts {
        state,
        archived,
        ..RecordingFacts::default()
    };
    let id = format!("RE{}", facts.recordings.len());
    facts.recordings.insert(id, recording);
}

/// What is told of a call besides that the two talked and it has ended.
type Told = fn(&mut Facts);

/// A recording that was ready and was given up.
fn given_up(facts: &mut Facts) {
    let recording = RecordingFacts {
        state: Some(RecordingState::Ready),
        given_up: Some("not-there".to_owned()),
        ..RecordingFacts::default()
    };
    facts.recordings.insert("RE-given-up".to_owned(), recording);
}

#[test]
fn a_call_that_has_ended_is_due_while_a_recording_is_owed() {
    let cases: [(&str, Told); 6] = [
        ("it was to be made, and nobody said a word of it", |facts| {
            facts.record = Some(true);
        }),
        ("it is being made", |facts| {
            recording(facts, Some(RecordingState::Running), false);
        }),
        ("it is ready", |facts| {
            recording(facts, Some(RecordingState::Ready), false);
        }),
        ("it is there, and nobody said how", |facts| {
            recording(facts, None, false)
        }),
        ("one of two is archived", |facts| {
            recording(facts, Some(RecordingState::Ready), true);
            recording(facts, Some(RecordingState::Ready), false);
        }),
        ("one of two is given up", |facts| {
            given_up(facts);
            recording(facts, Some(RecordingState::Ready), false);
        }),
    ];
    for (case, tell) in cases {
        assert_eq!(wait(&ended(tell)), Some(ARCHIVE), "{case}");
    }
}

#[test]
fn a_call_that_has_ended_and_owes_nothing_is_never_due() {
    let cases: [(&str, Told); 7] = [
        ("nothing was to be recorded", |facts| facts.record = Some(false)),
        ("it is archived", |facts| {
            facts.record = Some(true);
            recording(facts, Some(RecordingState::Ready), true);
        }),
        ("it is given up", given_up),
        ("one is given up and the other archived", |facts| {
            given_up(facts);
            recording(facts, Some(RecordingState::Ready), true);
        }),
        ("the carrier failed", |facts| {
            recording(facts, Some(RecordingState::Failed), false);
        }),
        ("the carrier made none", |facts| {
            recording(facts, Some(RecordingState::Absent), false);
        }),
        ("nobody talked", |facts| {
            facts.record = Some(true);
            facts.bridged = None;
        }),
    ];
    for (case, tell) in cases {
        assert_eq!(wait(&ended(tell)), None, "{case}");
    }
}

fn ended(tell: Told) -> CallRecord {
    record(|facts| {
        facts.bridged = Some(When::At(at(0)));
        facts.ended = Some(When::At(at(60)));
        tell(facts);
    })
}

#[test]
fn calls_are_spread_over_all_shards_and_each_keeps_its_own() {
    let ids: Vec<_> = (0..400)
        .map(|no| CallId::parse(&format!("call-{no:04}")).unwrap())
        .collect();
    let used: BTreeSet<_> = ids.iter().map(|id| shard("t-1", id)).collect();
    assert_eq!(used, (0..SHARDS).collect());
    // Known values: another version of this software must find what this one has filed.
    let known: Vec<_> = ids.iter().take(4).map(|id| shard("t-1", id)).collect();
    assert_eq!(known, [6, 4, 12, 6]);
}
