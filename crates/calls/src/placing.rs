//! What we say ourselves of calls that we place. The same thing said again is the same event.

use std::fmt;

use jiff::Timestamp;

use crate::cause::{Cause, Class, Leg};
use crate::event::{CallEvent, Evidence, Kind};
use crate::facts::{Facts, LegFacts, Verdict, When};
use crate::id::EventId;
use crate::placed::Asked;
use crate::recording::Requester;

/// What a carrier told when it took a call on. `Debug` does not show the URL for commands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenOn<'a> {
    /// Its id of the call.
    pub carrier_call_id: Option<&'a str>,
    /// Its id of the agent's leg.
    pub leg_a: Option<&'a str>,
    /// The URL for commands to this call.
    pub control: Option<&'a str>,
    /// The limit of the conversation that it was given, in seconds.
    pub limit_seconds: Option<u64>,
}

/// The account's carrier took the call on. To be kept as an event of that account. The limit in it is the one that the carrier
/// was given, so it counts over the one that was wished for; we gave it, so we know best.
pub fn accepted(asked: Asked<'_>, told: TakenOn<'_>, at: Timestamp) -> CallEvent {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let facts = Facts {
        carrier_call_id: owned(told.carrier_call_id),
        control: owned(told.control),
        limit_seconds: told.limit_seconds,
        a: LegFacts {
            id: owned(told.leg_a),
            ..LegFacts::default()
        },
        ..Facts::default()
    };
    let id = of_account("accepted", asked);
    event(id, Kind::Accepted, Evidence::Own, facts, at)
}

/// Nobody knew the carrier's id of the call, and of all calls that it lists only this one can be it. It is our conclusion:
/// what the carrier itself tells of the call counts more. To be kept as an event of that account.
pub fn found(asked: Asked<'_>, told: TakenOn<'_>, at: Timestamp) -> CallEvent {
    let id = told.carrier_call_id.or(told.leg_a).unwrap_or_default();
    CallEvent {
        id: EventId::of(&["found", asked.carrier, asked.account, id]),
        evidence: Evidence::Inferred,
        ..accepted(asked, told, at)
    }
}

/// The account's carrier refused the call, or was not reached: it rings nobody. `word` is its code or word for it, never
/// free text. To be kept as an event of that account.
pub fn refused(asked: Asked<'_>, word: &str, at: Timestamp) -> CallEvent {
    let id = of_account("refused", asked);
    CallEvent {
        word: (!word.is_empty()).then(|| word.to_owned()),
        ..event(id, Kind::Refused, Evidence::Own, Facts::default(), at)
    }
}

/// The same, and the carrier said that the call itself is at fault: a number that it does not take.
pub fn refused_the_call(asked: Asked<'_>, word: &str, at: Timestamp) -> CallEvent {
    let refusal = refused(asked, word, at);
    CallEvent {
        facts: Facts {
            of_call: true,
            ..refusal.facts
        },
        ..refusal
    }
}

/// Nobody knows whether the account's carrier took the call on. To be kept as an event of that account.
pub fn unsure(asked: Asked<'_>, at: Timestamp) -> CallEvent {
    let id = of_account("unsure", asked);
    event(id, Kind::Unsure, Evidence::Own, Facts::default(), at)
}

/// No carrier took the call, which ends it: for what the last one said. [`Class::Server`] where carriers failed,
/// [`Class::Other`] where the call itself is what none takes.
pub fn unplaced(class: Class, word: &str, at: Timestamp) -> CallEvent {
    let id = EventId::of(&["unplaced"]);
    event(
        id,
        Kind::Unplaced,
        Evidence::Own,
        closed(said(class, word), at),
        at,
    )
}

/// Nothing is heard of the call any more, and it must be over: it ends, as far as we know. What its carrier says of it
/// later counts more.
pub fn orphaned(at: Timestamp) -> CallEvent {
    let id = EventId::of(&["orphaned"]);
    let facts = closed(Cause::of(Class::Other), at);
    event(id, Kind::Orphaned, Evidence::Inferred, facts, at)
}

/// Somebody asked for the call's end. Every request is an event.
pub fn hang_up_asked(requester: Requester<'_>, at: Timestamp) -> CallEvent {
    let id = EventId::of(&["hang-up-asked", requester.by, requester.request]);
    CallEvent {
        by: Some(requester.by.to_owned()),
        ..event(id, Kind::HangUpAsked, Evidence::Own, Facts::default(), at)
    }
}

/// The account's carrier was told to end the call, and said that there is nothing to end: it is over, or the carrier does not
/// know it. That is no end yet, for nobody has said when it was and why; somebody looks at the call at once. To be kept as
/// an event of that account.
pub fn said_over(asked: Asked<'_>, at: Timestamp) -> CallEvent {
    let facts = Facts {
        said_over: true,
        ..Facts::default()
    };
    event(
        of_account("said-over", asked),
        Kind::SaidOver,
        Evidence::Own,
        facts,
        at,
    )
}

/// We looked at the call, and learned nothing new: it is due later.
pub fn checked(at: Timestamp) -> CallEvent {
    let id = EventId::of(&["checked", &at.to_string()]);
    event(id, Kind::Checked, Evidence::Own, Facts::default(), at)
}

/// The account's carrier took the second leg on, and calls it so. To be kept as an event of that account: whoever ends the
/// call while B's telephone rings ends it by that id.
pub fn second_leg_accepted(asked: Asked<'_>, leg_b: &str, at: Timestamp) -> CallEvent {
    let facts = Facts {
        b: LegFacts {
            id: Some(leg_b.to_owned()),
            ..LegFacts::default()
        },
        ..Facts::default()
    };
    CallEvent {
        leg: Some(Leg::B),
        ..event(
            of_account("second-leg-accepted", asked),
            Kind::SecondLegAccepted,
            Evidence::Own,
            facts,
            at,
        )
    }
}

/// The account's carrier refused the second leg that we asked for: B is not rung. To be kept as an event of that account.
/// If the carrier tells of B all the same, that counts more.
pub fn second_leg_refused(asked: Asked<'_>, class: Class, word: &str, at: Timestamp) -> CallEvent {
    let id = of_account("second-leg-refused", asked);
    let facts = Facts {
        b: LegFacts {
            ended: Some(When::At(at)),
            cause: Some(said(class, word)),
            ..LegFacts::default()
        },
        ..Facts::default()
    };
    event(id, Kind::SecondLegRefused, Evidence::Inferred, facts, at)
}

fn of_account(what: &str, asked: Asked<'_>) -> EventId {
    EventId::of(&[what, asked.carrier, asked.account])
}

fn said(class: Class, word: &str) -> Cause {
    match word {
        "" => Cause::of(class),
        word => Cause::said(class, word),
    }
}

fn closed(cause: Cause, at: Timestamp) -> Facts {
    Facts {
        ended: Some(When::At(at)),
        verdict: Some(Verdict { cause, leg: None }),
        ..Facts::default()
    }
}

fn event(id: EventId, kind: Kind, evidence: Evidence, facts: Facts, at: Timestamp) -> CallEvent {
    CallEvent {
        at: Some(at),
        facts,
        ..CallEvent::new(id, kind, evidence)
    }
}

impl fmt::Debug for TakenOn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakenOn")
            .field("carrier_call_id", &self.carrier_call_id)
            .field("leg_a", &self.leg_a)
            .field("limit_seconds", &self.limit_seconds)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "table")]
mod kept {
    use jiff::Timestamp;

    use crate::event::{CallEvent, Entry};
    use crate::id::CallId;
    use crate::placed::Asked;
    use crate::store::NewEvent;

    impl NewEvent {
        /// An event of ours that speaks of no carrier: placed, unplaced, orphaned, asked for its end, looked at.
        pub fn own(tenant: &str, call: &CallId, event: CallEvent, now: Timestamp) -> Self {
            let nobody = Asked {
                carrier: "own",
                account: "",
            };
            Self::of_account(tenant, call, nobody, event, now)
        }

        /// An event of ours about an account: asked, taken on, refused, unsure, the second leg.
        pub fn of_account(
            tenant: &str,
            call: &CallId,
            asked: Asked<'_>,
            event: CallEvent,
            now: Timestamp,
        ) -> Self {
            Self {
                call: call.clone(),
                entry: Entry {
                    tenant: tenant.to_owned(),
                    carrier: asked.carrier.to_owned(),
                    account: asked.account.to_owned(),
                    received_at: now,
                    event,
                },
                legs: Vec::new(),
                placed_only: false,
            }
        }
    }
}
