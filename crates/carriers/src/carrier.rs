//! What a carrier is.

use jiff::Timestamp;

use crate::answer::{Answer, SecondLeg};
use crate::listing::{Listing, LookedFor};
use crate::placing::{
    Ability, Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing, ability_of,
};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, Source};
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

    /// The same for this very request, for carriers to which what they told makes a difference.
    fn acknowledge(&self, _request: &Request<'_>) -> Answer {
        self.acknowledgement()
    }

    /// The answer that ends the leg of which this request tells that it was answered, for carriers that wait to hear what is
    /// to be done with it.
    fn turn_away(&self, _request: &Request<'_>) -> Option<Answer> {
        None
    }

    /// What makes the carrier send again what could not be stored.
    fn again(&self) -> Answer {
        Answer::unavailable()
    }

    /// The limit of the conversation that this carrier really keeps where it is asked for that one: both are in seconds.
    /// It is longer only where the carrier keeps none as short; such a carrier is not asked for the call.
    /// The document says it, and whoever tells later whether the call reached its limit compares with it.
    fn longest(&self, limit_seconds: u64) -> u64 {
        limit_seconds
    }

    /// The document that puts A through to B, for carriers that ask for one when A has answered.
    fn connect(&self, _second: &SecondLeg<'_>) -> Option<Answer> {
        None
    }

    /// What it can do for calls that we place; none where it places none.
    fn ability(&self) -> Option<Ability> {
        ability_of(self.code())
    }

    /// How the carrier is asked for a call. The secrets in `keys` are those with which we ask the carrier; the first one
    /// counts. `now` is what a request is signed with, where it is.
    ///
    /// # Errors
    /// When it cannot be asked, or not for this call.
    fn place(&self, _call: &NewCall<'_>, _keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        Err(CannotAsk::NoWay)
    }

    /// What an answer to [`place`](Self::place) means. A carrier may answer 200 with an error inside.
    fn placed(&self, answer: &Answered<'_>) -> Placing {
        Placing::of_status(answer.status)
    }

    /// How the carrier is asked for the customer's leg, once it has told that the agent answered, where that is ours to do
    /// ([`Second::Command`](crate::Second)). `agent_leg` is its id of the agent's leg. [`placed`](Self::placed) reads the
    /// answer.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn second_leg(
        &self,
        _call: &NewCall<'_>,
        _agent_leg: &str,
        _keys: &Keys<'_>,
        _now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        Err(CannotAsk::NoWay)
    }

    /// How the carrier is asked what became of a call: one request, or one for each leg.
    ///
    /// # Errors
    /// When it cannot be asked, or its id of the call is needed and not known.
    fn inquire(
        &self,
        _placed: &PlacedCall<'_>,
        _keys: &Keys<'_>,
        _now: Timestamp,
    ) -> Result<Vec<Ask>, CannotAsk> {
        Err(CannotAsk::NoWay)
    }

    /// What an answer to one of the requests of [`inquire`](Self::inquire) says; `which` counts them from 0.
    ///
    /// # Errors
    /// When it cannot be read.
    fn inquired(
        &self,
        _placed: &PlacedCall<'_>,
        _which: usize,
        answer: &Answered<'_>,
    ) -> Result<Inquired, Unreadable> {
        Ok(Inquired::of_status(answer.status).unwrap_or(Inquired::NotNow))
    }

    /// How the carrier is asked which calls it has placed to an agent, where it has never told its id of one
    /// ([`Inquiry::Listed`](crate::Inquiry)).
    ///
    /// # Errors
    /// When it cannot be asked.
    fn list(&self, _wanted: &LookedFor<'_>, _keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        Err(CannotAsk::NoWay)
    }

    /// What an answer to [`list`](Self::list) says; none where the carrier does not say for now.
    ///
    /// # Errors
    /// When it cannot be read.
    fn listed(&self, _answer: &Answered<'_>) -> Result<Option<Listing>, Unreadable> {
        Ok(None)
    }

    /// How the carrier is told to end a call.
    ///
    /// # Errors
    /// When it cannot be told, or its id of the call is needed and not known.
    fn hang_up(&self, _placed: &PlacedCall<'_>, _keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        Err(CannotAsk::NoWay)
    }

    /// What an answer to [`hang_up`](Self::hang_up) means.
    fn hung_up(&self, answer: &Answered<'_>) -> HungUp {
        HungUp::of_status(answer.status)
    }

    /// Whether the secret with which it signs is also the one with which it is asked, so that an account need not name it
    /// twice.
    fn asks_with_the_signing_secret(&self) -> bool {
        false
    }

    /// From where this account's recordings may come, redirections and links included; nothing else may be asked, and
    /// no link believed. The keys are those of [`recording`](Self::recording). What the account adds is among them, and
    /// never told who we are.
    fn places(&self, _keys: &Keys<'_>) -> Vec<Place> {
        Vec::new()
    }

    /// How a recording is had. The secrets in `keys` are those with which we ask the carrier, which need not be those
    /// with which it signs; the first one counts. `now` is what a request is signed with, where it is. Credentials are in
    /// a request to the carrier's own places alone, whatever host an event has named.
    ///
    /// # Errors
    /// When it cannot be asked for.
    fn recording(&self, _kept: &Kept<'_>, _keys: &Keys<'_>, _now: Timestamp) -> Result<Source, CannotFetch> {
        Err(CannotFetch::NoWay)
    }

    /// Where the recording is, for carriers that [`recording`](Self::recording) asks for a link.
    ///
    /// # Errors
    /// When the answer does not say.
    fn link(
        &self,
        _answer: &LinkAnswer<'_>,
        _kept: &Kept<'_>,
        _keys: &Keys<'_>,
    ) -> Result<Fetch, CannotFetch> {
        Err(CannotFetch::Unreadable("was not asked for a link"))
    }

    /// How the carrier is asked to delete a recording; [`deleted`](Self::deleted) tells what came of it.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn delete(&self, _kept: &Kept<'_>, _keys: &Keys<'_>, _now: Timestamp) -> Result<Fetch, CannotFetch> {
        Err(CannotFetch::NoDelete)
    }

    /// Whether an answer to [`delete`](Self::delete) says that the recording is gone, now or since long.
    fn deleted(&self, answer: &LinkAnswer<'_>) -> bool {
        matches!(answer.status, 200..=299 | 404 | 410)
    }
}
