//! How long an invocation may still take.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time until the invocation's deadline, or `None` where the deadline is not a time of day: `cargo lambda`
/// sends a duration (600000) in its place.
///
/// `deadline_ms` is `Context::deadline`: milliseconds since 1970.
pub fn time_left(deadline_ms: u64, now: SystemTime) -> Option<Duration> {
    const YEAR_2001_MS: u64 = 1_000_000_000_000;
    if deadline_ms < YEAR_2001_MS {
        return None;
    }
    let now_ms = now.duration_since(UNIX_EPOCH).ok()?.as_millis();
    Some(Duration::from_millis(
        deadline_ms.saturating_sub(u64::try_from(now_ms).ok()?),
    ))
}

/// What is kept of an invocation's remaining time for sending the answer.
const RESERVE: Duration = Duration::from_millis(150);

/// How long a function may take for its answer: its budget, or what is left of the invocation if that is less.
pub fn time_for_answer(budget: Duration, left: Option<Duration>) -> Duration {
    left.map_or(budget, |left| budget.min(left.saturating_sub(RESERVE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_no_time_of_day_is_no_deadline() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(time_left(600_000, now), None);
        assert_eq!(
            time_left(1_800_000_002_500, now),
            Some(Duration::from_millis(2500))
        );
        assert_eq!(time_left(1_799_999_999_000, now), Some(Duration::ZERO));
    }
}
