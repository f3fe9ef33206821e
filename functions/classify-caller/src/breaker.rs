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

    /// A call that counts as failed unless it is told otherwise: also one that nobody waits for any more.
    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            breaker: self,
            worked: false,
        }
    }

    /// Notes how a call ended.
    fn note(&self, worked: bool, now: Instant) {
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

/// A call under way.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    breaker: &'a Breaker,
    worked: bool,
}

impl Call<'_> {
    /// The backend answered as it should.
    pub(crate) fn worked(mut self) {
        self.worked = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.breaker.note(self.worked, Instant::now());
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

    #[test]
    fn a_call_that_nobody_waits_for_any_more_is_a_failure() {
        let breaker = Breaker::default();
        for _ in 0..2 {
            drop(breaker.call());
        }
        breaker.call().worked();
        for _ in 0..3 {
            assert!(breaker.admits(Instant::now()));
            drop(breaker.call());
        }
        assert!(!breaker.admits(Instant::now()));
    }
}
