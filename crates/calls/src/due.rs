//! When somebody should look at a call again, because nobody may tell us that something is missing.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::facts::RecordingState;
use crate::id::CallId;
use crate::record::{CallRecord, State};

/// How many partitions the index of what is due has: enough that no sweep of a busy hour meets one partition's limit
/// (1 000 writes a second), few enough that a sweep asks each.
pub const SHARDS: u8 = 16;

/// How long a call may be silent while somebody is being called. Carriers ring for two minutes at most and tell of it at
/// once; ten minutes leave time for the first of their repetitions.
pub const QUIET: SignedDuration = SignedDuration::from_mins(10);

/// How long a call on a line of ours may be silent at first: agents wait, nobody else can use the line, and what the
/// carrier was asked for rings for half a minute.
pub const QUIET_AT_FIRST: SignedDuration = SignedDuration::from_mins(2);

/// How long a conversation may last where nobody said how long: what Twilio, the most patient of the carriers, allows.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(4);

/// How long B may ring where nobody said how long.
pub const RING: SignedDuration = SignedDuration::from_secs(60);

/// How long after a call's last word its recording may take to lie in the owner's bucket. Carriers need minutes to
/// prepare it, and what fails is tried for some of them.
pub const ARCHIVE: SignedDuration = SignedDuration::from_hours(1);

/// When to look at a call again; none where nothing more is owed. `last_heard` is when its last event came.
///
/// A call that is open is looked at when it should have ended: [`QUIET`] after the last word before the two hear each
/// other ([`QUIET_AT_FIRST`], and longer the older it gets, where it holds a line), and after that when the longest conversation and the ring before it must be over. A call that is closed is
/// looked at again only while a recording is owed: one that is not in the owner's bucket and not given up, or one that
/// was ordered and of which nobody has said a word. A call whose carrier has said that there is nothing to end is looked at
/// at once, for ten minutes. Every event moves the time on, also the ones that a sweep writes, and
/// none that says what somebody asked of us: a link, a hold, its end.
pub fn next_check(record: &CallRecord, last_heard: Timestamp) -> Option<Timestamp> {
    let wait = match record.state {
        State::Init | State::Conn if is_said_over(record, last_heard) => SignedDuration::ZERO,
        State::Init if record.line.is_some() => {
            let age = last_heard.duration_since(record.created_at);
            age.clamp(QUIET_AT_FIRST, QUIET)
        }
        State::Init => QUIET,
        State::Conn => {
            let seconds = |seconds: Option<u64>, unknown| {
                let known = seconds.and_then(|seconds| i64::try_from(seconds).ok());
                known.map_or(unknown, SignedDuration::from_secs)
            };
            let limit = seconds(record.limit_seconds, LONGEST).max(QUIET);
            limit.saturating_add(seconds(record.ring_seconds, RING))
        }
        State::Close if owes_recording(record) => ARCHIVE,
        State::Close => return None,
    };
    // A limit that nobody could live to see ends in the last of all times.
    Some(last_heard.checked_add(wait).unwrap_or(Timestamp::MAX))
}

/// Whether the carrier has said so lately. If the call goes on all the same, it is looked at as others are.
fn is_said_over(record: &CallRecord, last_heard: Timestamp) -> bool {
    let lately = |at: Timestamp| last_heard.duration_since(at) < QUIET;
    record.said_over_at.is_some_and(lately)
}

fn owes_recording(record: &CallRecord) -> bool {
    let mut known = record.recordings.values().peekable();
    if known.peek().is_none() {
        return record.record == Some(true) && record.bridged_at.is_some();
    }
    known.any(|recording| {
        let coming = matches!(
            recording.state,
            None | Some(RecordingState::Running | RecordingState::Ready)
        );
        coming && recording.archived.is_none() && recording.given_up.is_none()
    })
}

/// The partition of the index in which a call is due: the same for all time, and for like ids another.
pub fn shard(tenant: &str, call: &CallId) -> u8 {
    let mut hash = Sha256::new();
    for part in [tenant, "#", call.as_str()] {
        hash.update(part);
    }
    hash.finalize().first().map_or(0, |byte| byte % SHARDS)
}
