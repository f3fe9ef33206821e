//! What is answered where a call has begun and no carrier has placed it.

use std::borrow::Cow;

use ringback_api::Problem;
use ringback_calls::{CallEvent, Class};

use crate::candidates::UNHEALTHY;
use crate::problems;

/// The word of a call that nobody was asked for any more, because somebody had ended it.
pub(crate) const HANG_UP_ASKED: &str = "hang-up-asked";

/// Why a call that has begun was not placed.
#[derive(Clone, Copy)]
pub(crate) enum Why {
    /// One of the carriers refused because of the call itself.
    Call,
    /// All refused for reasons of their own.
    Carriers,
    /// Somebody has ended it.
    Ended,
}

impl Why {
    /// By what was written down.
    pub(crate) fn of(unplaced: &CallEvent) -> Self {
        let cause = unplaced.facts.verdict.as_ref().map(|verdict| &verdict.cause);
        let ended = cause.is_some_and(|cause| cause.word.as_deref() == Some(HANG_UP_ASKED));
        match cause.is_some_and(|cause| cause.class == Class::Other) {
            _ if ended => Self::Ended,
            true => Self::Call,
            false => Self::Carriers,
        }
    }
}

/// What is answered where a call was not placed that has begun. It has its key, and keeps it: whoever wants another call
/// says so with another key, as for everything that was once carried out under one.
pub(crate) fn nobody(why: Why, with_key: bool) -> Problem {
    let (kind, detail) = match why {
        Why::Call => (
            &problems::REFUSED_BY_CARRIERS,
            "Every carrier that was asked refused it, and at least one because of the call itself.",
        ),
        Why::Carriers => (
            &problems::NO_HEALTHY_CARRIER,
            "No carrier that was asked takes calls at the moment.",
        ),
        Why::Ended => (
            &problems::CALL_ENDED,
            "Somebody has ended the call, so no other carrier was asked.",
        ),
    };
    let detail = match with_key {
        true => format!("{detail} Its Idempotency-Key is spent: a new attempt needs a new key.").into(),
        false => Cow::Borrowed(detail),
    };
    let problem = Problem::new(kind, detail);
    match why {
        Why::Carriers => problem.after(UNHEALTHY),
        Why::Call | Why::Ended => problem,
    }
}
