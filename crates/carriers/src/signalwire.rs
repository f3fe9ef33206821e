//! SignalWire (`sw`), which speaks Twilio's language.
//!
//! The secret is the project's signing key (`PSK…`), not its API token. Settings:
//!
//! | setting | meaning | where it is not set |
//! | --- | --- | --- |
//! | `projectId` | the project's id, which requests bring as `AccountSid`; requests for another are refused, and recordings are fetched and calls placed as it | not checked, no recordings are fetched, no calls placed |
//! | `space` | the project's space: `example` of `example.signalwire.com` | no recordings are fetched, no calls placed |
//! | `recordingFormat` | `wav` or `mp3` | what the recording's URL says |
//!
//! The API secret is an API token of the project, `PT…`, with the scope `Voice`.
//!
//! There are two schemes. JSON is signed as lower-case hexadecimal digits over URL and body; forms are signed as
//! Twilio does it. Calls are driven by cXML and report in forms, so JSON that verifies says nothing of a call here.

mod recording;

use jiff::Timestamp;
use serde::de::IgnoredAny;

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::listing::{Listing, LookedFor};
use crate::mac::{any_secret, is_hmac_sha1};
use crate::placing::{Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, Place, Source, ask};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use crate::twilio::placing::Api;
use crate::twilio::signature::{self, Repeated};
use crate::twilio::{document, listed, placing, read};

/// SignalWire.
#[derive(Debug)]
pub(crate) struct SignalWire;

const SIGNATURE: &str = "x-signalwire-signature";
/// The same under the name that Twilio's libraries look for.
const ALIAS: &str = "x-twilio-signature";

impl Carrier for SignalWire {
    fn code(&self) -> &'static str {
        "sw"
    }

    fn name(&self) -> &'static str {
        "SignalWire"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<(), Refusal> {
        let by_alias = request.headers.all(SIGNATURE).is_empty() && !request.headers.all(ALIAS).is_empty();
        let name = if by_alias { ALIAS } else { SIGNATURE };
        let value = request.headers.single(name)?;
        if let Some(digest) = hex(value) {
            let url = request.url.split('#').next().unwrap_or_default();
            let parts = [url.as_bytes(), request.body];
            if !any_secret(keys.secrets, |secret| {
                is_hmac_sha1(secret.as_bytes(), &parts, &digest)
            }) {
                return Err(Refusal::Mismatch {
                    hint: Some("the key must be the project's signing key, and the URL the one it was given"),
                });
            }
        } else {
            signature::verify(request, (name, value), keys.secrets, Repeated::OnceOrEach)?;
        }
        signature::same_account(request, keys.settings.get("projectId"), "project")
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        if request.headers.content_type() == "application/json" {
            return serde_json::from_slice::<IgnoredAny>(request.body)
                .map(|_| Reading::default())
                .map_err(|error| Unreadable::json(&error));
        }
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

/// Where calls of the project are placed, and as whom.
fn api(keys: &Keys<'_>) -> Result<Api, CannotAsk> {
    let authorization = recording::authorization(keys)?;
    let host = recording::space(keys)?;
    let project = ask::segment(ask::setting(keys, "projectId")?)?;
    Ok(Api {
        account: format!("https://{host}/api/laml/2010-04-01/Accounts/{project}"),
        authorization,
    })
}

/// 20 bytes in lower-case hexadecimal digits.
fn hex(text: &str) -> Option<[u8; 20]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes: Vec<u8> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}
