//! Sinch (`si`): Voice, version 1.
//!
//! The secret is `<application key>:<application secret>`, the latter in base64 as Sinch shows it.
//!
//! | setting | what it is | without it |
//! | --- | --- | --- |
//! | `region` | `use1`, `euc1`, `sae1`, `apse1` or `apse2`: where calls are placed | wherever Sinch directs the request |
//! | `recordBucket` | `bucket/prefix`: where Sinch is told to store this account's recordings, and no other account's | recordings are not fetched |
//!
//! Sinch stores recordings into a bucket of the owner's, with an access key that each call hands it: a key that never
//! expires, so it should be one that may do nothing else. From there they are copied, and nothing is deleted at Sinch.
//! Whoever has the application's secret signs what they like, also where a recording lies: nothing is taken from beside
//! the account's own prefix, so a prefix is for one account.
//!
//! A callback is two calls that meet in a conference. Both carry `custom`, `<our call id>:A` and `<our call id>:B`, and
//! the conference is named by our call id. There is one URL for all calls of an application, which Sinch is told in its
//! dashboard. A leg that is answered waits to hear which conference it goes into, and lives for itself until both are there
//! and beyond: where B does not answer, A is there until it is hung up. How long a leg may ring cannot be said.

mod placing;
mod read;
mod signature;

pub(crate) use placing::LONGEST_RING;

use jiff::Timestamp;

use crate::answer::Answer;
use crate::carrier::{Carrier, Trust};
use crate::placing::{Answered, Ask, CannotAsk, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{BucketPlace, CannotFetch, Kept, Source, ask, of_s3_url};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;

/// Sinch.
#[derive(Debug)]
pub(crate) struct Sinch;

impl Carrier for Sinch {
    fn code(&self) -> &'static str {
        "si"
    }

    fn name(&self) -> &'static str {
        "Sinch"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
        signature::verify(request, keys, now)
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        read::read(request)
    }

    /// An answered call waits to hear that it may go on; to other events the answer means nothing.
    fn acknowledgement(&self) -> Answer {
        Answer::document("application/json", r#"{"action":{"name":"continue"}}"#)
    }

    /// A leg of ours that was answered goes into the conference of its call.
    fn acknowledge(&self, request: &Request<'_>) -> Answer {
        match read::answered(request) {
            Some((call, leg)) => placing::into_conference(&call, leg),
            None => self.acknowledgement(),
        }
    }

    fn turn_away(&self, request: &Request<'_>) -> Option<Answer> {
        read::answered(request)
            .map(|_| Answer::document("application/json", r#"{"action":{"name":"hangup"}}"#))
    }

    fn place(&self, call: &NewCall<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::place(call, keys)
    }

    fn placed(&self, answer: &Answered<'_>) -> Placing {
        placing::placed(answer)
    }

    fn second_leg(
        &self,
        call: &NewCall<'_>,
        _agent_leg: &str,
        keys: &Keys<'_>,
        _now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        placing::second_leg(call, keys)
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

    /// Sinch stores into a bucket of the owner's, with a credential that it was given: there is nothing to ask for. A
    /// storage of another vendor's is not read.
    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Source, CannotFetch> {
        let told = kept.at_carrier.ok_or(CannotFetch::NoPlace)?;
        let place = BucketPlace::parse(ask::setting(keys, "recordBucket")?);
        let place = place.map_err(|problem| CannotFetch::Wrong {
            what: "recordBucket",
            problem,
        })?;
        of_s3_url(told, &place)
    }
}
