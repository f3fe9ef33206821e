//! A call that we placed, as the account that has it is asked about it and told to end it.

use ringback_calls::{Holder, Leg, Number};

use crate::placing::PlacedCall;

impl<'a> PlacedCall<'a> {
    /// The call as its account is asked about it: with what that account has told, and no other.
    pub fn of(holder: &'a Holder<'_>) -> Self {
        let view = &holder.view;
        Self {
            call: &view.id,
            carrier_call_id: view.carrier_call_id.as_deref(),
            leg_a: view.a.id.as_deref(),
            leg_b: view.b.id.as_deref(),
            control: holder.control,
            agent: view.a.number.as_ref().map(Number::as_str),
            customer: view.b.number.as_ref().map(Number::as_str),
            placed_at: holder.asked_at,
            limit_seconds: view.limit_seconds,
        }
    }

    /// The call as its account is told to end it. B's leg is named only once it was answered: until then it is no part of
    /// what ends as a whole (Sinch's conference), and whoever hears that A's leg has ended ends B's by itself.
    pub fn to_end(holder: &'a Holder<'_>) -> Self {
        let whole = Self::of(holder);
        Self {
            leg_b: whole.leg_b.filter(|_| holder.view.b.answered_at.is_some()),
            ..whole
        }
    }

    /// One leg of it, where the legs are calls of their own and only that one is to be ended.
    pub fn alone(self, leg: Leg) -> Self {
        match leg {
            Leg::A => Self { leg_b: None, ..self },
            Leg::B => Self {
                carrier_call_id: None,
                leg_a: None,
                ..self
            },
        }
    }
}
