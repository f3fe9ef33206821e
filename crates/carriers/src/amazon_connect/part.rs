//! Which part of its call a contact is, and what its end means for the call.

use jiff::Timestamp;
use ringback_calls::{Cause, Class, Direction, Facts, Leg, Verdict};
use ringback_connect::{ContactRecord, EndpointKind, InitiationMethod};

/// A contact as a part of its call.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    record: &'a ContactRecord,
    /// The call began with it.
    first: bool,
}

impl<'a> Part<'a> {
    pub(super) fn of(record: &'a ContactRecord) -> Self {
        let first = record
            .initial_contact_id
            .as_ref()
            .is_none_or(|initial| *initial == record.contact_id);
        Self { record, first }
    }

    fn method(self) -> Option<&'a InitiationMethod> {
        self.record.initiation_method.as_ref()
    }

    /// The customer was called, and did not call.
    fn is_outbound(self) -> bool {
        matches!(
            self.method(),
            Some(InitiationMethod::Outbound | InitiationMethod::Api | InitiationMethod::Callback)
        )
    }

    /// Somebody outside the call centre was called to join.
    pub(super) fn is_third_party(self) -> bool {
        self.method() == Some(&InitiationMethod::ExternalOutbound)
    }

    /// Who called whom, and with it which leg the customer is on. Only the contact that the call began with can tell.
    pub(super) fn direction(self) -> Option<(Direction, Leg)> {
        if !self.first {
            return None;
        }
        Some(match self.method()? {
            InitiationMethod::Inbound | InitiationMethod::WebrtcApi => (Direction::Inbound, Leg::A),
            InitiationMethod::Outbound | InitiationMethod::Api => (Direction::Outbound, Leg::B),
            InitiationMethod::Callback => (Direction::Callback, Leg::B),
            _ => return None,
        })
    }

    /// When the agent was there.
    pub(super) fn agent_at(self) -> Option<Timestamp> {
        self.record.agent.as_ref()?.connected_at
    }

    /// When the agent and somebody else heard each other. Where we call, the agent is there first and the system is
    /// connected when the customer answers, or the other way round.
    pub(super) fn talked_at(self) -> Option<Timestamp> {
        let agent = self.agent_at()?;
        if self.is_outbound() {
            return Some(agent.max(self.record.connected_to_system_at?));
        }
        Some(agent)
    }

    /// When the agent was through with it: the contact may go on without them.
    pub(super) fn left_at(self) -> Option<Timestamp> {
        let ended = self.record.disconnected_at;
        match (self.record.transfer_completed_at, ended) {
            (Some(left), Some(ended)) => Some(left.min(ended)),
            (left, ended) => ended.or(left),
        }
    }

    fn reason(self) -> Option<&'a str> {
        self.record.disconnect_reason.as_deref()
    }

    /// The caller went on to the next contact. A transfer that was not completed is none: the caller stayed, and so did
    /// one who was put through to a number outside, whose line is this contact's.
    fn is_handed_on(self) -> bool {
        let outside = self.record.transferred_to_endpoint.as_ref();
        let outside = outside.is_some_and(|to| to.kind == Some(EndpointKind::TelephoneNumber));
        self.record.next_contact_id.is_some()
            && !outside
            && (self.record.transfer_completed_at.is_some()
                || self.agent_at().is_none()
                || self.reason().is_none())
    }

    /// Somebody was asked to join and given up, or was from outside: the caller was on another contact's line.
    fn is_beside(self) -> bool {
        match self.method() {
            Some(InitiationMethod::Transfer) => {
                let given_up = matches!(self.reason(), Some("AGENT_DISCONNECT" | "THIRD_PARTY_DISCONNECT"));
                given_up && self.agent_at().is_none()
            }
            Some(InitiationMethod::ExternalOutbound) => self.reason() != Some("CUSTOMER_DISCONNECT"),
            _ => false,
        }
    }

    pub(super) fn ends_the_call(self) -> bool {
        !self.is_handed_on() && !self.is_beside()
    }

    /// Why the call ended, if this is its end.
    pub(super) fn ending(self, facts: &mut Facts) {
        let class = self.reason().map_or(Class::Cleared, class);
        let cause = match self.reason() {
            Some(reason) => Cause::said(class, reason),
            None => Cause::of(class),
        };
        match class {
            // Nobody was reached: on the leg, so that it counts for nothing where another contact of the call talked.
            Class::Busy | Class::Unreachable | Class::Network => {
                let inbound = matches!(self.direction(), Some((Direction::Inbound, _)));
                let never_arrived = inbound && self.record.connected_to_system_at.is_none();
                facts.leg_mut(if never_arrived { Leg::A } else { Leg::B }).cause = Some(cause);
            }
            // Whoever hangs up before an agent is there, in a queue or while it rings, has talked to nobody.
            Class::Ok if self.awaited_somebody() => {
                let cause = Cause {
                    class: Class::Cleared,
                    ..cause
                };
                facts.verdict = Some(Verdict { cause, leg: None });
            }
            _ => facts.verdict = Some(Verdict { cause, leg: None }),
        }
    }

    fn awaited_somebody(self) -> bool {
        let queued = self
            .record
            .queue
            .as_ref()
            .is_some_and(|queue| queue.enqueued_at.is_some());
        let rang = self.is_outbound() && self.record.connected_to_system_at.is_none();
        // An agent who cannot be read was there all the same.
        let unreadable = self
            .record
            .malformed
            .iter()
            .any(|error| error.path.split('.').next() == Some("Agent"));
        self.talked_at().is_none() && (queued || rang) && !unreadable
    }
}

/// What a disconnect reason means.
fn class(reason: &str) -> Class {
    match reason {
        "TELECOM_BUSY" => Class::Busy,
        "TELECOM_NUMBER_INVALID"
        | "TELECOM_UNANSWERED"
        | "TELECOM_ORIGINATOR_CANCEL"
        | "TELECOM_POTENTIAL_BLOCKING"
        | "CUSTOMER_NEVER_ARRIVED" => Class::Unreachable,
        "TELECOM_TIMEOUT" | "TELECOM_PROBLEM" => Class::Network,
        "THIRD_PARTY_DISCONNECT"
        | "CUSTOMER_DISCONNECT"
        | "AGENT_DISCONNECT"
        | "BARGED"
        | "CONTACT_FLOW_DISCONNECT" => Class::Ok,
        _ => Class::Other,
    }
}
