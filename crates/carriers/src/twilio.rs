//! Twilio (`tw`).
//!
//! The secret is the Auth Token of the account that owns the call; a sub-account has its own. Settings:
//!
//! | setting | meaning | where it is not set |
//! | --- | --- | --- |
//! | `accountSid` | the account's id, `AC…`; requests for another are refused, and recordings are fetched and calls placed as it | not checked, no recordings are fetched, no calls placed |
//! | `apiHost` | where calls are placed, for accounts of another Region: `api.dublin.ie1.twilio.com` | `api.twilio.com` |
//! | `recordingFormat` | `wav`, as Twilio records, or the smaller `mp3` | `wav` |
//!
//! Recordings are asked for and calls placed with the same secret, or with an API secret `SK…:<secret>`, an API key's; where Twilio stores
//! them in a bucket of the owner's, there is nothing to fetch.
//!
//! Twilio signs no time, so an old request cannot be told from a new one; it changes nothing, because its event is
//! already there. The parts below serve every carrier that speaks Twilio's language.

pub(crate) mod document;
pub(crate) mod listed;
pub(crate) mod placing;
mod polled;
pub(crate) mod read;
pub(crate) mod recording;
pub(crate) mod signature;

use jiff::Timestamp;
use url::Url;

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::listing::{Listing, LookedFor};
use crate::placing::{Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, Place, Source, ask};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use placing::Api;
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

    fn place(&self, call: &NewCall<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        api(keys)?.place(call)
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
        api(keys)?.inquire(placed)
    }

    fn inquired(
        &self,
        placed: &PlacedCall<'_>,
        which: usize,
        answer: &Answered<'_>,
    ) -> Result<Inquired, Unreadable> {
        placing::inquired(self.code(), placed, which, answer)
    }

    fn list(&self, wanted: &LookedFor<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        Ok(api(keys)?.list(wanted))
    }

    fn listed(&self, answer: &Answered<'_>) -> Result<Option<Listing>, Unreadable> {
        listed::listed(answer)
    }

    fn hang_up(&self, placed: &PlacedCall<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        api(keys)?.hang_up(placed)
    }

    fn hung_up(&self, answer: &Answered<'_>) -> HungUp {
        placing::hung_up(answer)
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

/// Where calls of the account are placed, and as whom.
fn api(keys: &Keys<'_>) -> Result<Api, CannotAsk> {
    let wrong = CannotAsk::Wrong {
        what: "apiHost",
        problem: "is no host of Twilio's API",
    };
    let host = keys.settings.get("apiHost").unwrap_or("api.twilio.com");
    let account = ask::segment(ask::setting(keys, "accountSid")?)?;
    let account = format!("https://{host}/2010-04-01/Accounts/{account}");
    let calls = format!("{account}/Calls.json");
    let url = Url::parse(&calls).map_err(|_| wrong)?;
    // What is asked must be what was checked.
    if url.as_str() != calls || !ask::is_own(&url, &recording::own(keys)) {
        return Err(wrong);
    }
    Ok(Api {
        account,
        authorization: recording::authorization(keys)?,
    })
}
