//! What time it is, and how much is left.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The longest that Lambda lets an invocation run; where nobody says how much time is left.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What is kept of the time that is left for ending an attempt properly: the upload, the lease, the message.
const RESERVE: Duration = Duration::from_secs(10);

/// The clock of an invocation.
#[derive(Debug)]
pub(crate) struct Clock {
    began_at: Timestamp,
    began: Instant,
    left: Option<Duration>,
}

impl Clock {
    /// A clock that shows `now`, in an invocation that has that much time.
    pub(crate) fn new(now: Timestamp, left: Option<Duration>) -> Self {
        Self {
            began_at: now,
            began: Instant::now(),
            left,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.began.elapsed()).unwrap_or_default();
        self.began_at.saturating_add(passed).unwrap_or(self.began_at)
    }

    /// How long the invocation can last.
    pub(crate) fn left(&self) -> Duration {
        let left = self.left.unwrap_or(LONGEST);
        left.saturating_sub(self.began.elapsed())
    }

    /// How long an attempt may last.
    pub(crate) fn budget(&self) -> Duration {
        let left = self.left();
        left.saturating_sub(RESERVE.min(left / 4))
    }
}
