//! Jiuyun 玖云 (`e9`, 33e9cloud): a product that calls A, then B, and puts them through to each other.
//!
//! Its notices are XML and nobody signs them. The account's slug in the path is the only credential, and the events are
//! taken for calls that we placed. Settings: `appId`, which every notice must name; `countryCode` (default `86`), which
//! its numbers leave out; `accountSid`, as which calls are placed and recordings fetched. Placing needs `appId` too, and
//! Jiuyun posts the events to the URL that its console has for that app, which names no call: our id comes back as
//! `userData`.
//!
//! The API secret is the account's auth token. It plays no announcement. Recordings are there about ten minutes after the call, for 30 days; Jiuyun
//! cannot be asked to delete one.

pub mod auth;
mod placing;
mod recording;

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, CallId, Cause, CloseCause, Evidence, Facts, Kind, Leg, LegFacts, Number, RecordingFacts,
    RecordingState, Verdict, When,
};
use serde_json::Value;

use crate::answer::Answer;
use crate::carrier::{Carrier, Trust};
use crate::placing::{Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Reference, Unreadable};
use crate::recording::{CannotFetch, Kept, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::{Keys, Settings};
use crate::{content, times, xml};

/// Jiuyun.
#[derive(Debug)]
pub(crate) struct Jiuyun;

impl Carrier for Jiuyun {
    fn code(&self) -> &'static str {
        "e9"
    }

    fn name(&self) -> &'static str {
        "Jiuyun"
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        Trust::PlacedCallsOnly
    }

    /// There is nothing to verify but the application that the notice is for.
    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<(), Refusal> {
        let Some(expected) = keys.settings.get("appId") else {
            return Ok(());
        };
        let unnamed = Refusal::Mismatch {
            hint: Some("the setting appId is to be compared, and the body names none"),
        };
        let notice = Notice::read(request).map_err(|_| unnamed.clone())?;
        match notice.text("appId") {
            Ok(Some(id)) if id == expected => Ok(()),
            Ok(Some(_)) => Err(Refusal::OtherAccount { what: "app id" }),
            Ok(None) | Err(_) => Err(unnamed),
        }
    }

    fn read(&self, request: &Request<'_>, keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        let essence = request.headers.content_type();
        if !matches!(essence.as_str(), "application/xml" | "text/xml" | "") {
            return Err(Unreadable::ContentType {
                expected: "application/xml",
            });
        }
        Notice::read(request)?.reading(keys.settings)
    }

    fn acknowledgement(&self) -> Answer {
        let body = "<?xml version='1.0' encoding='utf-8'?>\
            <Response><statusCode>0000</statusCode><statusMsg>Success</statusMsg></Response>";
        Answer::document("application/xml", body)
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

    fn hung_up(&self, answer: &Answered<'_>) -> HungUp {
        placing::hung_up(answer)
    }

    fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        recording::places(keys)
    }

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Source, CannotFetch> {
        recording::recording(kept, keys).map(Source::Http)
    }
}

/// The fields of a notice.
struct Notice(Value);

impl Notice {
    fn read(request: &Request<'_>) -> Result<Self, Unreadable> {
        let document = xml::read(request.body)?;
        let notice = document.get("req").ok_or_else(|| Unreadable::missing("req"))?;
        Ok(Self(notice.clone()))
    }

    /// The text of a field. Its templates write `null` for what is not there.
    fn text(&self, field: &str) -> Result<Option<&str>, Unreadable> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text == "null" => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Unreadable::Field {
                field: format!("req.{field}"),
                problem: "is not one text",
            }),
        }
    }

    fn required(&self, field: &str) -> Result<&str, Unreadable> {
        self.text(field)?
            .ok_or_else(|| Unreadable::missing(&format!("req.{field}")))
    }

    /// Times are Beijing's, and name no zone.
    fn time(&self, field: &str) -> Result<Option<Timestamp>, Unreadable> {
        let text = self.text(field)?;
        Ok(text.and_then(|text| times::civil(text, "%Y%m%d%H%M%S", 8 * 3600)))
    }

    fn reading(&self, settings: &Settings) -> Result<Reading, Unreadable> {
        let call = self.required("callId")?;
        let action = self.required("action")?;
        // The vendor's other products: voice notices, voice codes, calls that came in.
        if !matches!(action, "CallInvite" | "CallEstablish" | "Hangup") {
            return Ok(Reading::default());
        }
        let facts = self.facts(call, settings)?;
        let reference = Reference {
            own: self.own()?,
            ..Reference::session(call)
        };
        Ok(Reading::one(reference, self.event(action, call, facts)?))
    }

    /// What happened, beside what every notice tells.
    fn event(&self, action: &str, call: &str, mut facts: Facts) -> Result<CallEvent, Unreadable> {
        let at = self.time("dateCreated")?;
        let then = Some(When::maybe(at));
        let (kind, leg) = match (action, self.text("userFlag")?) {
            ("CallInvite", Some("0")) => {
                facts.a.dialled = then;
                (Kind::Dialled, Some(Leg::A))
            }
            ("CallInvite", Some("1")) => {
                // B is dialled because A has answered.
                facts.a.answered = then;
                facts.b.dialled = then;
                (Kind::Dialled, Some(Leg::B))
            }
            ("CallEstablish", _) => {
                facts.b.answered = then;
                facts.bridged = then;
                (Kind::Bridged, None)
            }
            ("Hangup", _) => {
                self.ending(&mut facts, call)?;
                facts.ended = facts.ended.or(then);
                (Kind::Cdr, None)
            }
            _ => (Kind::Progress, None),
        };
        let evidence = match kind {
            Kind::Cdr => Evidence::Cdr,
            _ => Evidence::Event,
        };
        Ok(CallEvent {
            leg,
            at,
            word: Some(action.to_owned()),
            facts,
            ..CallEvent::new(content::id("e9", &self.0), kind, evidence)
        })
    }

    /// Our id, where we sent one along.
    fn own(&self) -> Result<Option<CallId>, Unreadable> {
        let data = self.text("userData")?;
        Ok(data.and_then(CallId::echoed))
    }

    /// What every notice tells.
    fn facts(&self, call: &str, settings: &Settings) -> Result<Facts, Unreadable> {
        let code = settings.get("countryCode").unwrap_or("86");
        let leg = |field| -> Result<LegFacts, Unreadable> {
            Ok(LegFacts {
                number: self.text(field)?.and_then(|text| Number::national(text, code)),
                ..LegFacts::default()
            })
        };
        let reference = self
            .text("userData")?
            .filter(|text| CallId::echoed(text).is_none());
        Ok(Facts {
            carrier_call_id: Some(call.to_owned()),
            business_reference: reference.map(str::to_owned),
            a: leg("caller")?,
            b: leg("called")?,
            ..Facts::default()
        })
    }

    /// What the last notice tells: it is the call detail record, and comes after every failure too.
    fn ending(&self, facts: &mut Facts, call: &str) -> Result<(), Unreadable> {
        facts.a.answered = self.time("startTimeA")?.map(When::At);
        facts.b.answered = self.time("startTimeB")?.map(When::At);
        facts.bridged = facts.b.answered;
        facts.ended = self.time("endTime")?.map(When::At);
        // It counts nought seconds of calls that B did not answer.
        let seconds = self.text("duration")?.and_then(|text| text.parse().ok());
        facts.talk_seconds = seconds.filter(|_| facts.bridged.is_some());
        facts.verdict = self.text("byeType")?.map(verdict);
        if let Some(url) = self.text("recordUrl")? {
            let recording = RecordingFacts {
                state: Some(RecordingState::Ready),
                at_carrier: Some(url.to_owned()),
                format: Some("mp3".to_owned()),
                ..RecordingFacts::default()
            };
            facts.recordings.insert(call.to_owned(), recording);
        }
        Ok(())
    }
}

/// Its close types are our close causes, number by number; those that neither has are 255.
fn verdict(code: &str) -> Verdict {
    let (class, leg) = CloseCause::from(code.parse().unwrap_or(u8::MAX)).parts();
    let cause = Cause {
        code: Some(code.chars().take(100).collect()),
        ..Cause::of(class)
    };
    Verdict { cause, leg }
}
