//! Sinch (`si`): Voice, version 1.
//!
//! The secret is `<application key>:<application secret>`, the latter in base64 as Sinch shows it.
//!
//! | setting | what it is | without it |
//! | --- | --- | --- |
//! | `recordBucket` | `bucket/prefix`: where Sinch is told to store this account's recordings, and no other account's | recordings are not fetched |
//!
//! Sinch stores recordings into a bucket of the owner's, with an access key that each call hands it: a key that never
//! expires, so it should be one that may do nothing else. From there they are copied, and nothing is deleted at Sinch.
//! Whoever has the application's secret signs what they like, also where a recording lies: nothing is taken from beside
//! the account's own prefix, so a prefix is for one account.
//!
//! A callback is two calls that meet in a conference. Both carry `custom`, `<our call id>:A` and `<our call id>:B`, and
//! the conference is named by our call id. There is one URL for all calls of an application.

mod read;
mod signature;

use jiff::Timestamp;

use crate::answer::Answer;
use crate::carrier::{Carrier, Trust};
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

    /// An answered call waits to hear that it may go on, into its conference; to other events the answer means nothing.
    fn acknowledgement(&self) -> Answer {
        Answer::document("application/json", r#"{"action":{"name":"continue"}}"#)
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
