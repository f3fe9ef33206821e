//! What time it is, and until when calls may be looked at.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// What is kept of the time that is left for the accounts' health, the metrics and the answer.
const RESERVE: Duration = Duration::from_secs(5);

/// How long a sweep takes where nobody says how much time is left: the next one begins after a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// The clock of a sweep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began_at: Timestamp,
    began: Instant,
    lasts: Duration,
}

impl Clock {
    /// A clock that shows `now`, in an invocation that has that much time.
    pub(crate) fn new(now: Timestamp, left: Option<Duration>) -> Self {
        Self {
            began_at: now,
            began: Instant::now(),
            lasts: left.unwrap_or(LONGEST).saturating_sub(RESERVE),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.elapsed()).unwrap_or_default();
        self.began_at.saturating_add(passed).unwrap_or(self.began_at)
    }

    /// How long the sweep has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How long calls may still be looked at.
    pub(crate) fn left(&self) -> Duration {
        self.lasts.saturating_sub(self.elapsed())
    }
}
