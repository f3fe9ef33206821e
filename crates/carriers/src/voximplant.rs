//! Voximplant (`vx`), which has no webhooks for calls: the scenario `infra/voximplant/callback.js` runs there, places both
//! legs and posts what happens, signed with a secret of its own.
//!
//! The account's secret is the one the scenario has; a second may be `salt:api_key`, with which callbacks of the account
//! itself verify. Settings: `window`, how many seconds a signed time may be away (default 300); `ruleId`, the id of the rule
//! that starts the scenario, for calls that we place; `secureStorage`, `on` where the application keeps its recordings in
//! one, so that they are fetched with the API secret.
//!
//! The API secret is the key of a service account, the JSON that Voximplant hands out. Placing and deleting need it too,
//! with a role that may.

mod account_callback;
mod history;
mod notice;
mod placing;
mod recording;
mod token;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::carrier::{Carrier, Trust};
use crate::mac::{any_secret, is_hmac_sha256};
use crate::placing::{Answered, Ask, CannotAsk, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use crate::{hex, times};

const TIMESTAMP: &str = "x-vx-timestamp";
const SIGNATURE: &str = "x-vx-signature";

/// The scenario signs each attempt afresh.
const WINDOW: u64 = 300;

/// Voximplant.
#[derive(Debug)]
pub(crate) struct Voximplant;

impl Carrier for Voximplant {
    fn code(&self) -> &'static str {
        "vx"
    }

    fn name(&self) -> &'static str {
        "Voximplant"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
        let unsigned = request.headers.all(SIGNATURE).is_empty();
        if unsigned
            && let Ok(document) = serde_json::from_slice::<Value>(request.body)
            && let Some(callbacks) = account_callback::callbacks(&document)
        {
            return account_callback::verify(callbacks, keys);
        }
        let signed = request.headers.single(TIMESTAMP)?;
        let signature = request.headers.single(SIGNATURE)?;
        let at = signed
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(Refusal::HeaderMalformed {
                name: TIMESTAMP,
                problem: "is no time in seconds",
            })?;
        let digest = digest(signature).ok_or(Refusal::HeaderMalformed {
            name: SIGNATURE,
            problem: "is neither hexadecimal digits nor base64 of 32 bytes",
        })?;
        if keys.secrets.is_empty() {
            return Err(Refusal::Secret {
                problem: "is missing",
            });
        }
        let is_right = |secret: &str| {
            let parts = [signed.as_bytes(), b".", request.body];
            is_hmac_sha256(secret.as_bytes(), &parts, &digest)
        };
        if !any_secret(keys.secrets, is_right) {
            return Err(Refusal::Mismatch { hint: None });
        }
        times::near(at, now, keys.settings.number("window", WINDOW))
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        if !matches!(request.headers.content_type().as_str(), "application/json" | "") {
            return Err(Unreadable::ContentType {
                expected: "application/json",
            });
        }
        let document: Value =
            serde_json::from_slice(request.body).map_err(|error| Unreadable::json(&error))?;
        // Whatever else stands beside them: their hash covers nothing of it.
        if document.get("callbacks").is_some() {
            return Ok(Reading::default());
        }
        notice::read(document)
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

    fn hang_up(&self, placed: &PlacedCall<'_>, _keys: &Keys<'_>, _now: Timestamp) -> Result<Ask, CannotAsk> {
        placing::hang_up(placed)
    }

    fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        recording::places(keys)
    }

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Source, CannotFetch> {
        recording::recording(kept, keys, now).map(Source::Http)
    }

    fn delete(&self, kept: &Kept<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Fetch, CannotFetch> {
        recording::delete(kept, keys, now)
    }

    fn deleted(&self, answer: &LinkAnswer<'_>) -> bool {
        recording::deleted(answer)
    }
}

/// What `Crypto.hmac_sha256` of a scenario gives is not documented: hexadecimal digits or base64, told by the length.
fn digest(text: &str) -> Option<Vec<u8>> {
    let bytes = if text.len() == 64 {
        hex::read_lower(text)?
    } else {
        BASE64_STANDARD.decode(text).ok()?
    };
    (bytes.len() == 32).then_some(bytes)
}
