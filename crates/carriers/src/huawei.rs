//! Huawei Cloud 语音通话 (`hw`, the service `VoiceCall`): the product `click2Call`, which calls A, then B.
//!
//! The digest in `X-AKSK` covers the URL and a time, and not the body, so events are taken for calls that we placed.
//! The account's secret is the app secret. Settings:
//! - `appKey`, which every request must name;
//! - `schemes`, the digests that are good, in their order: any of `hw-2026`, `hw-2022`, `wsse` (default: all);
//! - `window`, how many seconds the signed time may be away (default 25200: records are sent again for six hours);
//! - `zone`, `utc` or `beijing`: whose clock the signed time shows (default: Beijing's for `hw-2026`, UTC for the other
//!   two). The documentation is not of one mind: where every request is stale by eight hours, it is the other one;
//! - `unsigned`, `on` for old apps that send no `X-AKSK`;
//! - `countryCode` (default `86`) of numbers that leave it out;
//! - for calls that we place and for recordings `apiBase`, where the API is, as the console shows it for the app:
//!   `https://rtccall.cn-north-1.myhuaweicloud.cn`, on port 443, and `appKey`;
//! - `recordBucket`, the bucket that records name as `recordBucketName`: links into other buckets of the same storage are
//!   refused. The setting `recordingHosts` takes its place where the storage is another;
//! - `requestZone`, `utc` (default) or `beijing`: whose clock the time shows that requests of ours are signed with.
//!
//! Calls and recordings are asked for with the same secret. No call can be asked about: `VoiceCall` has no such request, and
//! a record that got lost is sent again for six hours at most. It plays no announcement of ours. Huawei deletes them after seven days, and cannot be asked to.

mod aksk;
mod api;
mod cause;
mod notice;
mod placing;
mod recording;

use jiff::Timestamp;

pub use aksk::request_digest;

use crate::answer::Answer;
use crate::carrier::{Carrier, Trust};
use crate::placing::{Answered, Ask, CannotAsk, HungUp, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;

/// Huawei.
#[derive(Debug)]
pub(crate) struct Huawei;

impl Carrier for Huawei {
    fn code(&self) -> &'static str {
        "hw"
    }

    fn name(&self) -> &'static str {
        "Huawei"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::PlacedCallsOnly
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
        aksk::verify(request, keys, now)
    }

    fn read(&self, request: &Request<'_>, keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        if !matches!(request.headers.content_type().as_str(), "application/json" | "") {
            return Err(Unreadable::ContentType {
                expected: "application/json",
            });
        }
        notice::read(request.body, keys.settings)
    }

    fn acknowledgement(&self) -> Answer {
        Answer::document("application/json", r#"{"resultcode":"0","resultdesc":"Success"}"#)
    }

    /// A record that is not acknowledged comes again every hour, up to six times.
    fn again(&self) -> Answer {
        Answer {
            status: 503,
            ..Answer::document(
                "application/json",
                r#"{"resultcode":"1","resultdesc":"Try again"}"#,
            )
        }
    }

    fn longest(&self, limit_seconds: u64) -> u64 {
        placing::longest(limit_seconds)
    }

    fn place(&self, call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::place(call, keys, now)
    }

    fn placed(&self, answer: &Answered<'_>) -> Placing {
        placing::placed(answer)
    }

    fn hang_up(&self, placed: &PlacedCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::hang_up(placed, keys, now)
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

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Source, CannotFetch> {
        recording::recording(kept, keys, now).map(Source::Http)
    }

    fn link(
        &self,
        answer: &LinkAnswer<'_>,
        _kept: &Kept<'_>,
        _keys: &Keys<'_>,
    ) -> Result<Fetch, CannotFetch> {
        recording::link(answer)
    }
}
