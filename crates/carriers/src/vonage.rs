//! Vonage (`vg`).
//!
//! The secret is the account's signature secret; callbacks are signed where the application has `signed_callbacks` on.
//! Settings:
//!
//! | setting | meaning | where it is not set |
//! | --- | --- | --- |
//! | `apiKey` | the account's key; requests for another are refused | not checked |
//! | `applicationId` | the application; requests for another are refused, and calls are placed and recordings fetched as it | not checked, and neither is done |
//!
//! The API secret is the application's private key, in PEM. Vonage deletes recordings after 30 days by itself; whether its
//! media API deletes those of calls is not documented, so it is not asked to.

mod application;
mod document;
mod placing;
mod read;
mod recording;
mod token;

use jiff::Timestamp;

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::placing::{Answered, Ask, CannotAsk, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Kept, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;

/// Vonage.
#[derive(Debug)]
pub(crate) struct Vonage;

impl Carrier for Vonage {
    fn code(&self) -> &'static str {
        "vg"
    }

    fn name(&self) -> &'static str {
        "Vonage"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
        token::verify(request, keys, now)
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        read::read(request)
    }

    fn longest(&self, limit_seconds: u64) -> u64 {
        document::longest(limit_seconds)
    }

    fn connect(&self, second: &SecondLeg<'_>) -> Option<Answer> {
        Some(document::connect(second))
    }

    fn place(&self, call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::place(call, keys, now)
    }

    fn placed(&self, answer: &Answered<'_>) -> Placing {
        placing::placed(answer)
    }

    fn inquire(
        &self,
        placed: &PlacedCall<'_>,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<Vec<Ask>, CannotAsk> {
        placing::inquire(placed, keys, now)
    }

    fn inquired(
        &self,
        placed: &PlacedCall<'_>,
        _which: usize,
        answer: &Answered<'_>,
    ) -> Result<Inquired, Unreadable> {
        placing::inquired(placed, answer)
    }

    fn hang_up(&self, placed: &PlacedCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::hang_up(placed, keys, now)
    }

    fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        recording::places(keys)
    }

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Source, CannotFetch> {
        recording::recording(kept, keys, now).map(Source::Http)
    }
}
