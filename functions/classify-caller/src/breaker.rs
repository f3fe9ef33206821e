//! A circuit breaker: a backend that keeps failing is left alone for a while, so that callers do not wait for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row open it.
const FAILURES: u32 = 3;
/// For so long nobody asks; then one call tries.
const PAUSE: Duration = Duration::from_secs(30);

/// The breaker of one backend, in one instance of the function.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// Whether the backend may be asked at that time. After a pause one call may; the others wait for its outcome.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state();
        match state.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                true
            }
        }
    }

    /// Notes how a call ended.
    pub(crate) fn note(&self, worked: bool, now: Instant) {
        let mut state = self.state();
        if worked {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.open_until = Some(now + PAUSE);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_open_it_and_one_call_after_a_pause_may_close_it() {
        let breaker = Breaker::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        breaker.note(false, start);
        breaker.note(false, start);
        breaker.note(true, start);
        for _ in 0..3 {
            assert!(breaker.admits(start));
            breaker.note(false, start);
        }
        assert!(!breaker.admits(after(29)));
        assert!(breaker.admits(after(30)));
        assert!(!breaker.admits(after(31)), "only one tries");
        breaker.note(false, after(31));
        assert!(!breaker.admits(after(60)));
        assert!(breaker.admits(after(61)));
        breaker.note(true, after(61));
        assert!(breaker.admits(after(61)) && breaker.admits(after(61)));
    }
}
