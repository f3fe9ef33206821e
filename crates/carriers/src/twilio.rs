//! Twilio (`tw`).
//!
//! The secret is the Auth Token of the account that owns the call; a sub-account has its own. Settings:
//!
//! | setting | meaning | where it is not set |
//! | --- | --- | --- |
//! | `accountSid` | the account's id, `AC…`; requests for another are refused, and recordings are fetched as it | not checked, and recordings are not fetched |
//! | `recordingFormat` | `wav`, as Twilio records, or the smaller `mp3` | `wav` |
//!
//! Recordings are asked for with the same secret, or with an API secret `SK…:<secret>`, an API key's; where Twilio stores
//! them in a bucket of the owner's, there is nothing to fetch.
//!
//! Twilio signs no time, so an old request cannot be told from a new one; it changes nothing, because its event is
//! already there. The parts below serve every carrier that speaks Twilio's language.

pub(crate) mod document;
pub(crate) mod read;
pub(crate) mod recording;
pub(crate) mod signature;

use jiff::Timestamp;

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use signature::Repeated;

/// Twilio.
#[derive(Debug)]
pub(crate) struct Twilio;

const SIGNATURE: &str = "x-twilio-signature";

impl Carrier for Twilio {
    fn code(&self) -> &'static str {
        "tw"
    }

    fn name(&self) -> &'static str {
        "Twilio"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<(), Refusal> {
        let value = request.headers.single(SIGNATURE)?;
        signature::verify(request, (SIGNATURE, value), keys.secrets, Repeated::Once)?;
        signature::same_account(request, keys.settings.get("accountSid"), "account SID")
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        read::read(request, self.code())
    }

    fn acknowledgement(&self) -> Answer {
        document::nothing_more()
    }

    fn connect(&self, second: &SecondLeg<'_>) -> Option<Answer> {
        Some(document::connect(second))
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
