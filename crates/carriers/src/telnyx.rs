//! Telnyx (`tx`): Call Control, and `TeXML`.
//!
//! The secret is the account's public key, base64 of 32 bytes: what Telnyx signs with it cannot be signed by whoever
//! reads it here. The API secret is an API key, `KEY…`.
//!
//! | setting | what it is | without it |
//! | --- | --- | --- |
//! | `connectionId` | the Call Control application that places calls | no calls are placed |
//!
//! Call Control sends back a `client_state` that we gave it with each command. Ours is the base64 of
//! `{"call": "<our call id>", "leg": "A"}`; another's is left alone. A leg without one is A.
//!
//! A call that we place is two calls of Call Control: when A has answered, B is dialled by another request and bridged to A
//! when it answers. Until then each lives for itself: where B does not answer, A is there until it is hung up.

mod call_control;
mod cause;
mod placing;
mod recording;
mod texml;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::answer::{Answer, SecondLeg};
use crate::carrier::{Carrier, Trust};
use crate::markup::Element;
use crate::placing::{Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, LinkAnswer, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Keys;
use crate::times;

/// Telnyx.
#[derive(Debug)]
pub(crate) struct Telnyx;

const SIGNATURE: &str = "telnyx-signature-ed25519";
const TIMESTAMP: &str = "telnyx-timestamp";

/// How far the signed time may be from now, in seconds.
const WINDOW: u64 = 300;

impl Carrier for Telnyx {
    fn code(&self) -> &'static str {
        "tx"
    }

    fn name(&self) -> &'static str {
        "Telnyx"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::Sender
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
        let signature = signature(request.headers.single(SIGNATURE)?)?;
        let timestamp = request.headers.single(TIMESTAMP)?;
        let signed_at = unix_seconds(timestamp)?;
        let signed = [timestamp.as_bytes(), b"|", request.body].concat();
        let public_keys: Vec<_> = keys
            .secrets
            .iter()
            .filter_map(|secret| public_key(secret.expose_secret()))
            .collect();
        if public_keys.is_empty() {
            return Err(Refusal::Secret {
                problem: "is no public key: the base64 of 32 bytes",
            });
        }
        // Strict: no key of small order, for which one signature would fit many bodies.
        if !public_keys
            .iter()
            .any(|key| key.verify_strict(&signed, &signature).is_ok())
        {
            return Err(Refusal::Mismatch { hint: None });
        }
        times::near(signed_at, now, WINDOW)
    }

    fn read(&self, request: &Request<'_>, _keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        match request.headers.content_type().as_str() {
            "application/x-www-form-urlencoded" => texml::read(request),
            "application/json" | "" => call_control::read(request),
            _ => Err(Unreadable::ContentType {
                expected: "application/json or application/x-www-form-urlencoded",
            }),
        }
    }

    /// An empty document: the end of a `<Dial>` asks for one, everything else looks at the status only.
    fn acknowledgement(&self) -> Answer {
        Element::new("Response").answer()
    }

    /// `TeXML`'s, which Call Control takes too.
    fn longest(&self, limit_seconds: u64) -> u64 {
        texml::longest(limit_seconds)
    }

    /// `TeXML`. Call Control takes commands instead, and never asks.
    fn connect(&self, second: &SecondLeg<'_>) -> Option<Answer> {
        Some(texml::connect(second))
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
        agent_leg: &str,
        keys: &Keys<'_>,
        _now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        placing::second_leg(call, agent_leg, keys)
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

    fn hung_up(&self, answer: &Answered<'_>) -> HungUp {
        placing::hung_up(answer)
    }

    fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        recording::places(keys)
    }

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Source, CannotFetch> {
        recording::recording(kept, keys).map(Source::Http)
    }

    fn link(&self, answer: &LinkAnswer<'_>, kept: &Kept<'_>, _keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
        recording::link(answer, kept)
    }

    fn delete(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Fetch, CannotFetch> {
        recording::delete(kept, keys)
    }
}

fn signature(value: &str) -> Result<Signature, Refusal> {
    STANDARD
        .decode(value)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(Refusal::HeaderMalformed {
            name: SIGNATURE,
            problem: "is no base64 of 64 bytes",
        })
}

fn unix_seconds(value: &str) -> Result<Timestamp, Refusal> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| value.parse().ok()).flatten();
    seconds
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(Refusal::HeaderMalformed {
            name: TIMESTAMP,
            problem: "is no time in seconds",
        })
}

fn public_key(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = STANDARD.decode(text.trim()).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}
