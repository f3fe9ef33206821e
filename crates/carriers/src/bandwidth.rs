//! Bandwidth (`bw`).
//!
//! Bandwidth signs nothing. It brings along a user name and a password that it was given with the call and in every
//! verb that names a URL; the secret is both, `<user>:<password>`. The API secret is those of an API user, in the same form.
//! Settings:
//!
//! | setting | meaning | where it is not set |
//! | --- | --- | --- |
//! | `accountId` | the account's id, whose recordings are fetched and as which calls are placed | recordings of any account may be fetched as that user, no calls are placed |
//! | `applicationId` | the id of the voice application to which the numbers belong | no calls are placed |
//!
//! A call that we place carries our call id as its `tag`.

mod document;
mod listed;
mod placing;
mod polled;
mod read;
mod recording;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use subtle::{Choice, ConstantTimeEq};

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::listing::{Listing, LookedFor};
use crate::placing::{Answered, Ask, CannotAsk, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;

/// Bandwidth.
#[derive(Debug)]
pub(crate) struct Bandwidth;

const AUTHORIZATION: &str = "authorization";

impl Carrier for Bandwidth {
    fn code(&self) -> &'static str {
        "bw"
    }

    fn name(&self) -> &'static str {
        "Bandwidth"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<(), Refusal> {
        let given = credential(request)?;
        // A secret without its colon would be a user without a password.
        let known: Vec<_> = keys
            .secrets
            .iter()
            .map(ExposeSecret::expose_secret)
            .filter(|secret| {
                secret
                    .split_once(':')
                    .is_some_and(|(_, password)| !password.is_empty())
            })
            .collect();
        if known.is_empty() {
            return Err(Refusal::Secret {
                problem: "is not <user>:<password>",
            });
        }
        // All are compared, so that the time does not tell which one it was.
        let right = known.iter().fold(Choice::from(0), |right, secret| {
            right | secret.as_bytes().ct_eq(&given)
        });
        if bool::from(right) {
            Ok(())
        } else {
            Err(Refusal::Mismatch {
                hint: Some("the user name or the password is another"),
            })
        }
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        read::read(request)
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

    fn list(&self, wanted: &LookedFor<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        listed::list(wanted, keys)
    }

    fn listed(&self, answer: &Answered<'_>) -> Result<Option<Listing>, Unreadable> {
        listed::listed(answer)
    }

    fn hang_up(&self, placed: &PlacedCall<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::hang_up(placed, keys)
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

fn credential(request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    let malformed = |problem| Refusal::HeaderMalformed {
        name: AUTHORIZATION,
        problem,
    };
    let value = request.headers.single(AUTHORIZATION)?;
    let encoded = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map(|(_, rest)| rest.trim())
        .ok_or(malformed("is no basic authorization"))?;
    STANDARD.decode(encoded).map_err(|_| malformed("holds no base64"))
}
