//! When a recording that cannot be had now is tried again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long to wait after each attempt, in seconds; after the last of these always as long. Carriers need from seconds
/// to ten minutes to prepare a recording.
const DELAYS: [u64; 8] = [30, 60, 120, 240, 480, 900, 1800, 3600];

/// How many tries wait for what looks as if it stayed so: a quarter of an hour.
pub(crate) const TRIES_IN_DOUBT: u64 = 5;

/// The longest a message can be hidden: SQS allows twelve hours, counted from when it handed the message over.
pub(crate) const LONGEST_HIDE: Duration = Duration::from_secs(12 * 3600 - 1000);

/// How long to wait after that many tries, the first of which began at `first`; none if the patience is used up.
///
/// `wish` is how long the carrier wants to be left alone. The last attempt is made when the patience ends.
pub(crate) fn wait(
    tries: u64,
    first: Timestamp,
    now: Timestamp,
    patience: Duration,
    wish: Option<Duration>,
) -> Option<Duration> {
    let patience = SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
    let end = first.saturating_add(patience).unwrap_or(Timestamp::MAX);
    let left = Duration::try_from(now.duration_until(end)).unwrap_or_default();
    if left.is_zero() {
        return None;
    }
    let delay = Duration::from_secs(delay(tries));
    let wait = delay.max(wish.unwrap_or_default()).min(left).min(LONGEST_HIDE);
    // Visibility is counted in seconds, and a message that is not hidden at all comes at once.
    Some(Duration::from_secs(
        (wait + Duration::from_millis(999)).as_secs().max(1),
    ))
}

fn delay(tries: u64) -> u64 {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let longest = DELAYS.last().copied().unwrap_or_default();
    DELAYS.get(index).copied().unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn seconds(attempts: u64, passed: i64, wish: Option<u64>) -> Option<u64> {
        let first = Timestamp::UNIX_EPOCH;
        let now = Timestamp::from_second(passed).unwrap();
        let wish = wish.map(Duration::from_secs);
        wait(attempts, first, now, DAY, wish).map(|wait| wait.as_secs())
    }

    #[test]
    fn delays_grow_to_an_hour_and_end_with_the_patience() {
        let mut passed = 0;
        let mut waits = Vec::new();
        while let Some(wait) = seconds(waits.len() as u64 + 1, passed, None) {
            waits.push(wait);
            passed += i64::try_from(wait).unwrap();
        }
        assert_eq!(waits[..9], [30, 60, 120, 240, 480, 900, 1800, 3600, 3600]);
        assert_eq!(waits.iter().sum::<u64>(), DAY.as_secs());
        assert_eq!(waits.len(), 30);
    }

    #[test]
    fn what_the_carrier_wishes_counts_if_it_is_longer_and_within_the_patience() {
        assert_eq!(seconds(1, 0, Some(7)), Some(30));
        assert_eq!(seconds(1, 0, Some(600)), Some(600));
        assert_eq!(seconds(1, 0, Some(1_000_000)), Some(LONGEST_HIDE.as_secs()));
        assert_eq!(seconds(3, 23 * 3600, Some(7200)), Some(3600));
        assert_eq!(seconds(1, 24 * 3600 - 1, None), Some(1));
        assert_eq!(seconds(1, 24 * 3600, Some(60)), None);
        assert_eq!(seconds(u64::MAX, 60, None), Some(3600));
    }
}
