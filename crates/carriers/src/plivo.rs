//! Plivo (`pl`).
//!
//! The secret is the Auth Token of the account or sub-account that the call belongs to. Settings:
//!
//! | setting | meaning | where it is not set |
//! | --- | --- | --- |
//! | `zone` | the account's time zone: `Asia/Kolkata`, `+05:30`, `UTC` | worked out of each event |
//! | `authId` | the id of the account or sub-account, `MA…`, `SA…`, as which recordings are fetched and calls placed | no recordings are fetched, no calls placed |
//! | `allowV2` | `true`: signatures of version 2 are taken too, though they cover neither body nor query | refused |
//!
//! Recordings are asked for and calls placed with the same secret.
//!
//! Plivo signs no time; an old request changes nothing, because its event is already there.

mod cause;
mod clock;
mod document;
mod placing;
mod polled;
mod read;
mod recording;
mod signature;

use jiff::Timestamp;

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::placing::{Answered, Ask, CannotAsk, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::{Keys, Settings};

/// Plivo.
#[derive(Debug)]
pub(crate) struct Plivo;

impl Carrier for Plivo {
    fn code(&self) -> &'static str {
        "pl"
    }

    fn name(&self) -> &'static str {
        "Plivo"
    }

    /// A signature of version 2 proves who sent something to that path, and not what.
    fn trust(&self, keys: &Keys<'_>) -> Trust {
        if allows_v2(keys.settings) {
            Trust::PlacedCallsOnly
        } else {
            Trust::Sender
        }
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<(), Refusal> {
        signature::verify(request, keys.secrets, allows_v2(keys.settings))
    }

    fn read(&self, request: &Request<'_>, keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        read::read(request, keys.settings)
    }

    fn acknowledgement(&self) -> Answer {
        document::nothing_more()
    }

    fn connect(&self, second: &SecondLeg<'_>) -> Option<Answer> {
        Some(document::connect(second))
    }

    fn place(&self, call: &NewCall<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::place(call, keys)
    }

    fn placed(&self, answer: &Answered<'_>) -> Placing {
        placing::placed(answer)
    }

    fn inquire(
        &self,
        placed: &PlacedCall<'_>,
        keys: &Keys<'_>,
        _now: Timestamp,
    ) -> Result<Vec<Ask>, CannotAsk> {
        placing::inquire(placed, keys)
    }

    fn inquired(
        &self,
        placed: &PlacedCall<'_>,
        which: usize,
        answer: &Answered<'_>,
    ) -> Result<Inquired, Unreadable> {
        placing::inquired(placed, which, answer)
    }

    fn hang_up(&self, placed: &PlacedCall<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::hang_up(placed, keys)
    }

    fn asks_with_the_signing_secret(&self) -> bool {
        true
    }

    fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        recording::places(keys)
    }

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Source, CannotFetch> {
        recording::recording(kept, keys).map(Source::Http)
    }

    fn delete(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Fetch, CannotFetch> {
        recording::delete(kept, keys)
    }
}

fn allows_v2(settings: &Settings) -> bool {
    settings.get("allowV2") == Some("true")
}
