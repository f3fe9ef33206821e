//! What a carrier is.

use jiff::Timestamp;

use crate::answer::{Answer, SecondLeg};
use crate::reading::{Reading, Unreadable};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;

/// How far a verified request can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The sender is proven, and what it says is its own: the body is signed, or came over TLS with a password.
    Sender,
    /// Nothing proves the body. Its events are taken only for calls that we placed.
    PlacedCallsOnly,
}

/// One carrier. Nothing here has a clock or a network; the same input gives the same answer.
pub trait Carrier: Sync + Send {
    /// The code that stands in paths and records: two letters, in lower case.
    fn code(&self) -> &str;

    /// Its name, for people.
    fn name(&self) -> &str;

    /// What [`verify`](Self::verify) proves when it succeeds, with an account's settings.
    fn trust(&self, keys: &Keys<'_>) -> Trust;

    /// Whether the request is from the carrier, and for this account.
    ///
    /// Every secret in `keys` is tried, so that both are good while one replaces the other. `now` is compared with the
    /// time that the carrier signed, where it signs one.
    ///
    /// # Errors
    /// When it is not; the error says why, without a secret or a number, for the operator's eyes only.
    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal>;

    /// What the request says. To be asked only after [`verify`](Self::verify).
    ///
    /// # Errors
    /// When it cannot be read; the error names the place, never a value.
    fn read(&self, request: &Request<'_>, keys: &Keys<'_>) -> Result<Reading, Unreadable>;

    /// What the carrier wants to hear when everything is stored.
    fn acknowledgement(&self) -> Answer {
        Answer::empty()
    }

    /// What makes the carrier send again what could not be stored.
    fn again(&self) -> Answer {
        Answer::unavailable()
    }

    /// The limit of the conversation that this carrier really keeps where it is asked for that one: both are in seconds.
    /// The document says it, and whoever tells later whether the call reached its limit compares with it.
    fn longest(&self, limit_seconds: u64) -> u64 {
        limit_seconds
    }

    /// The document that puts A through to B, for carriers that ask for one when A has answered.
    fn connect(&self, _second: &SecondLeg<'_>) -> Option<Answer> {
        None
    }
}
