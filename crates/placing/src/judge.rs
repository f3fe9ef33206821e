//! Whether an account works, from what became of its latest requests: a circuit breaker. Pure.

use jiff::{SignedDuration, Timestamp};

/// The minutes that count, the running one included.
pub const WINDOW_MINUTES: i64 = 5;

/// With fewer attempts nothing is concluded from their failures.
pub const FEWEST_ATTEMPTS: u64 = 5;

/// So many calls must have been taken on without a word for the carrier to count as silent.
const FEWEST_UNHEARD: u64 = 3;

/// A call that was taken on is told of within this time: its dialling, at least.
const TELLS_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// How often it is written down that a carrier was heard; more exactly nobody knows.
pub const HEARD_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// How long an account that has failed is left alone.
pub const OPEN_FOR: SignedDuration = SignedDuration::from_secs(30);

/// Too many requests failed.
pub const ERRORS: &str = "errors";
/// The carrier takes calls on, and tells nothing of them.
pub const SILENT: &str = "silent";
/// Somebody said so.
pub const MANUAL: &str = "manual";

/// Whether calls are placed with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HealthState {
    /// They are.
    #[default]
    Closed,
    /// One now and then, to see whether it works again.
    HalfOpen,
    /// None: it has failed.
    Open,
    /// None: somebody said so, and only somebody ends it.
    Disabled,
}

/// How an account does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Health {
    /// What it is now, by the rules; [`settle`](crate::PlacingStore::settle) writes it down.
    pub state: HealthState,
    /// Why it is not closed: [`ERRORS`], [`SILENT`], [`MANUAL`].
    pub reason: Option<&'static str>,
    /// The part of the attempts of the last five minutes that failed, 0 to 1.
    pub error_rate: f64,
    /// The attempts of the last five minutes.
    pub attempts: u64,
    /// When its carrier last told anything, to a minute.
    pub last_heard: Option<Timestamp>,
    /// Since when it is what was written down last; none if nothing ever was.
    pub since: Option<Timestamp>,
    pub(crate) stored: Stored,
    pub(crate) minutes: Vec<Minute>,
}

/// A change of an account's state. Whoever gets it tells of it: nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// What it was.
    pub from: HealthState,
    /// What it is.
    pub to: HealthState,
    /// Why it is not closed.
    pub reason: Option<&'static str>,
}

/// What was written down of an account's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) state: HealthState,
    pub(crate) reason: Option<&'static str>,
    pub(crate) since: Option<Timestamp>,
    /// How often it was written; 0: never.
    pub(crate) revision: u64,
    /// What had been counted already, in the minute of the switch: it speaks of before.
    pub(crate) base: Minute,
}

/// What became of an account's requests of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Minute {
    /// Minutes since 1970.
    pub(crate) minute: i64,
    pub(crate) accepted: u64,
    /// Of these, the calls that should be told of while they last.
    pub(crate) told: u64,
    pub(crate) failed: u64,
    /// Answers that show that the carrier works, and are no call.
    pub(crate) other: u64,
    /// When the first and the last of the calls that should be told of were taken on.
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
}

impl HealthState {
    /// Its word: `closed`, `half-open`, `open`, `disabled`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
            Self::Disabled => "disabled",
        }
    }

    pub(crate) fn read(word: &str) -> Option<Self> {
        let all = [Self::Closed, Self::HalfOpen, Self::Open, Self::Disabled];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

impl Health {
    /// How an account does, from what is written down.
    pub(crate) fn of(
        stored: Stored,
        minutes: Vec<Minute>,
        last_heard: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let (state, reason) = judge(&stored, &minutes, last_heard, now);
        let counted = minutes.iter().filter(|minute| minute.counts(now));
        let (mut attempts, mut failed) = (0, 0);
        for minute in counted {
            attempts += minute.attempts();
            failed += minute.failed;
        }
        Self {
            state,
            reason,
            error_rate: rate(failed, attempts),
            attempts,
            last_heard,
            since: stored.since,
            stored,
            minutes,
        }
    }

    /// What was counted in the running minute.
    pub(crate) fn base(&self, now: Timestamp) -> Minute {
        let running = minute_of(now);
        let counted = self.minutes.iter().find(|minute| minute.minute == running);
        counted.copied().unwrap_or(Minute {
            minute: running,
            ..Minute::default()
        })
    }
}

impl Minute {
    pub(crate) fn attempts(&self) -> u64 {
        self.accepted + self.failed + self.other
    }

    fn counts(&self, now: Timestamp) -> bool {
        self.minute > minute_of(now) - WINDOW_MINUTES
    }

    /// What of it came after a switch.
    fn since(mut self, stored: &Stored) -> Self {
        if self.minute == stored.base.minute {
            self.accepted = self.accepted.saturating_sub(stored.base.accepted);
            self.told = self.told.saturating_sub(stored.base.told);
            self.failed = self.failed.saturating_sub(stored.base.failed);
            self.other = self.other.saturating_sub(stored.base.other);
            self.first = self.first.max(stored.since);
        }
        self
    }
}

pub(crate) fn minute_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

/// What an account is now, and why.
///
/// Closed becomes open when, of at least [`FEWEST_ATTEMPTS`] since the last switch and in the last minutes, half failed,
/// or when the carrier is silent. After [`OPEN_FOR`] it is half-open: a failure opens it again, and what it failed at must
/// go well to close it: a call that is taken on, or where it was silent a word of the carrier.
pub(crate) fn judge(
    stored: &Stored,
    minutes: &[Minute],
    heard: Option<Timestamp>,
    now: Timestamp,
) -> (HealthState, Option<&'static str>) {
    let counted: Vec<_> = minutes
        .iter()
        .filter(|minute| minute.counts(now) && minute.minute >= stored.base.minute)
        .map(|minute| minute.since(stored))
        .collect();
    let sum = |part: fn(&Minute) -> u64| counted.iter().map(part).sum::<u64>();
    let (attempts, failed) = (sum(Minute::attempts), sum(|minute| minute.failed));
    let unheard = unheard(&counted, heard, now);
    let as_before = (stored.state, stored.reason);
    match stored.state {
        HealthState::Disabled => as_before,
        HealthState::Closed if attempts >= FEWEST_ATTEMPTS && failed * 2 >= attempts => {
            (HealthState::Open, Some(ERRORS))
        }
        HealthState::Closed if unheard >= FEWEST_UNHEARD => (HealthState::Open, Some(SILENT)),
        HealthState::Closed => as_before,
        HealthState::Open => match stored.since.is_none_or(|since| since + OPEN_FOR <= now) {
            true => (HealthState::HalfOpen, stored.reason),
            false => as_before,
        },
        HealthState::HalfOpen if failed > 0 => (HealthState::Open, Some(ERRORS)),
        HealthState::HalfOpen if stored.reason == Some(SILENT) => match heard > stored.since {
            true => (HealthState::Closed, None),
            false if unheard > 0 => (HealthState::Open, Some(SILENT)),
            false => as_before,
        },
        HealthState::HalfOpen if sum(|minute| minute.accepted) > 0 => (HealthState::Closed, None),
        HealthState::HalfOpen => as_before,
    }
}

/// How many calls were taken on since the carrier was last heard, and should have been told of by now.
fn unheard(counted: &[Minute], heard: Option<Timestamp>, now: Timestamp) -> u64 {
    let heard_until = heard.and_then(|heard| heard.checked_add(HEARD_EVERY).ok());
    let silent = counted.iter().filter(|minute| {
        let should_be_told = minute.last.is_some_and(|last| last + TELLS_WITHIN <= now);
        should_be_told && minute.first > heard_until
    });
    silent.map(|minute| minute.told).sum()
}

#[expect(clippy::cast_precision_loss, reason = "counts of minutes are far below 2^52")]
fn rate(failed: u64, attempts: u64) -> f64 {
    match attempts {
        0 => 0.0,
        attempts => failed as f64 / attempts as f64,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The middle of a minute.
    const NOW: i64 = 1_000_000 * 60 + 30;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(NOW + seconds).unwrap()
    }

    /// A minute so many before the running one, with its calls taken on at its beginning and end.
    fn minute(before: i64, accepted: u64, failed: u64, other: u64) -> Minute {
        let minute = minute_of(at(0)) - before;
        let second = |second| (accepted > 0).then(|| Timestamp::from_second(minute * 60 + second).unwrap());
        Minute {
            minute,
            accepted,
            told: accepted,
            failed,
            other,
            first: second(1),
            last: second(20),
        }
    }

    fn stored(state: HealthState, reason: Option<&'static str>, seconds: i64, base: Minute) -> Stored {
        Stored {
            state,
            reason,
            since: Some(at(seconds)),
            revision: 1,
            base,
        }
    }

    use HealthState::{Closed, Disabled, HalfOpen, Open};

    #[test]
    fn a_closed_account_opens_when_half_of_enough_attempts_fail_or_nothing_is_heard() {
        let long_ago = Some(at(-600));
        for (name, minutes, heard, expected) in [
            ("nothing", vec![], None, (Closed, None)),
            ("too few", vec![minute(0, 0, 4, 0)], None, (Closed, None)),
            ("enough", vec![minute(0, 0, 5, 0)], None, (Open, Some(ERRORS))),
            (
                "half",
                vec![minute(0, 2, 1, 0), minute(1, 1, 2, 0)],
                None,
                (Open, Some(ERRORS)),
            ),
            ("less than half", vec![minute(0, 3, 2, 0)], None, (Closed, None)),
            (
                "the calls' own fault",
                vec![minute(0, 0, 4, 6)],
                None,
                (Closed, None),
            ),
            (
                "the last of five minutes",
                vec![minute(4, 0, 5, 0)],
                None,
                (Open, Some(ERRORS)),
            ),
            ("too long ago", vec![minute(5, 0, 9, 0)], None, (Closed, None)),
            ("silent", vec![minute(2, 3, 0, 0)], long_ago, (Open, Some(SILENT))),
            (
                "never heard",
                vec![minute(2, 2, 0, 0), minute(3, 1, 0, 0)],
                None,
                (Open, Some(SILENT)),
            ),
            (
                "two may be chance",
                vec![minute(2, 2, 0, 0)],
                long_ago,
                (Closed, None),
            ),
            ("too young", vec![minute(0, 9, 0, 0)], long_ago, (Closed, None)),
            (
                "heard since",
                vec![minute(2, 3, 0, 0)],
                Some(at(-100)),
                (Closed, None),
            ),
            // It is written down once a minute that a carrier was heard.
            (
                "heard as far as we know",
                vec![minute(2, 3, 0, 0)],
                Some(at(-200)),
                (Closed, None),
            ),
            (
                "tells at the end",
                vec![Minute {
                    told: 0,
                    ..minute(2, 9, 0, 0)
                }],
                long_ago,
                (Closed, None),
            ),
        ] {
            let judged = judge(&Stored::default(), &minutes, heard, at(0));
            assert_eq!(judged, expected, "{name}");
            let manual = stored(Disabled, Some(MANUAL), -600, Minute::default());
            let judged = judge(&manual, &minutes, heard, at(0));
            assert_eq!(judged, (Disabled, Some(MANUAL)), "{name}");
        }
    }

    #[test]
    fn an_open_account_is_tried_again_and_closes_when_what_it_failed_at_goes_well() {
        // All that was counted before the switch, in its own minute.
        let base = minute(0, 1, 8, 0);
        let more = |accepted: u64, failed: u64, other: u64| vec![minute(0, 1 + accepted, 8 + failed, other)];
        let (errors, silent) = (Some(ERRORS), Some(SILENT));
        for (name, state, since, reason, minutes, heard, expected) in [
            ("it waits", Open, -29, errors, more(0, 0, 0), None, (Open, errors)),
            (
                "it waited",
                Open,
                -30,
                silent,
                more(0, 0, 0),
                None,
                (HalfOpen, silent),
            ),
            (
                "nothing new",
                HalfOpen,
                -5,
                errors,
                more(0, 0, 0),
                None,
                (HalfOpen, errors),
            ),
            (
                "no proof",
                HalfOpen,
                -5,
                errors,
                more(0, 0, 1),
                None,
                (HalfOpen, errors),
            ),
            (
                "taken on",
                HalfOpen,
                -5,
                errors,
                more(1, 0, 0),
                None,
                (Closed, None),
            ),
            (
                "failed",
                HalfOpen,
                -5,
                errors,
                more(0, 1, 0),
                None,
                (Open, errors),
            ),
            (
                "failed once",
                HalfOpen,
                -5,
                silent,
                more(3, 1, 0),
                Some(at(0)),
                (Open, errors),
            ),
            (
                "still silent?",
                HalfOpen,
                -5,
                silent,
                more(1, 0, 0),
                Some(at(-99)),
                (HalfOpen, silent),
            ),
            (
                "heard",
                HalfOpen,
                -5,
                silent,
                more(1, 0, 0),
                Some(at(-1)),
                (Closed, None),
            ),
            ("as before", Closed, -5, None, more(0, 4, 0), None, (Closed, None)),
            ("once more", Closed, -5, None, more(0, 5, 0), None, (Open, errors)),
        ] {
            let stored = stored(state, reason, since, base);
            assert_eq!(judge(&stored, &minutes, heard, at(0)), expected, "{name}");
        }
        // Taken on two minutes ago, on probation for being silent, and still no word.
        let stored = stored(HalfOpen, silent, -180, minute(3, 0, 0, 0));
        let judged = judge(&stored, &[minute(2, 1, 0, 0)], Some(at(-600)), at(0));
        assert_eq!(judged, (Open, silent));
    }

    #[test]
    fn what_is_shown_is_of_five_minutes_whatever_was_switched() {
        let stored = stored(Open, Some(ERRORS), -5, minute(0, 1, 3, 0));
        let minutes = vec![minute(0, 1, 3, 0), minute(4, 4, 0, 0), minute(5, 50, 0, 0)];
        let health = Health::of(stored, minutes, None, at(0));
        assert_eq!((health.attempts, health.error_rate), (8, 3.0 / 8.0));
        assert_eq!(Health::default().state, Closed);
    }

    fn minutes() -> impl Strategy<Value = Vec<Minute>> {
        let counts = prop::collection::vec((0..9_u64, 0..9_u64, 0..9_u64), 0..8);
        counts.prop_map(|counts| {
            let numbered = counts.into_iter().zip(0..);
            numbered
                .map(|((a, b, c), before)| minute(before, a, b, c))
                .collect()
        })
    }

    proptest! {
        /// Right after a switch everything that was counted before it counts no more.
        #[test]
        fn no_switch_follows_from_what_led_to_the_last_one(minutes in minutes()) {
            let health = Health::of(Stored::default(), minutes.clone(), None, at(0));
            let settled = stored(health.state, health.reason, 0, health.base(at(0)));
            prop_assert_eq!(judge(&settled, &minutes, None, at(0)), (health.state, health.reason));
            prop_assert_eq!(judge(&stored(HalfOpen, Some(ERRORS), 0, health.base(at(0))), &minutes, None, at(0)).0, HalfOpen);
        }
    }
}
