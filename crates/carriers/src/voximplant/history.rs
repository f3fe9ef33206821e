//! What Voximplant's history of sessions says of a call, for calls whose scenario could not tell it.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    CallEvent, CallId, Cause, Class, Evidence, Facts, Kind, LegFacts, Number, RecordingFacts, RecordingState,
    Verdict, When,
};
use serde::Deserialize;
use serde_json::Value;

use crate::placing::{Inquired, PlacedCall};
use crate::reading::Unreadable;
use crate::{content, json, times};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Session {
    #[serde(deserialize_with = "json::text")]
    call_session_history_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    start_date: Option<String>,
    #[serde(deserialize_with = "json::whole")]
    duration: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    finish_reason: Option<String>,
    #[serde(deserialize_with = "json::text")]
    custom_data: Option<String>,
    calls: Vec<Call>,
    records: Vec<Record>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call {
    #[serde(deserialize_with = "json::whole")]
    call_id: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    start_time: Option<String>,
    #[serde(deserialize_with = "json::whole")]
    duration: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    remote_number: Option<String>,
    incoming: bool,
    successful: bool,
    end_reason: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    #[serde(deserialize_with = "json::text")]
    record_url: Option<String>,
    #[serde(deserialize_with = "json::whole")]
    duration: Option<u64>,
}

/// The call's session. History begins when a session ends: a session whose id is known and that is not there goes on. Of a
/// session whose id nobody has told there was no event either, and its scenario posts one at once: there is none.
pub(super) fn read(placed: &PlacedCall<'_>, document: &Value) -> Result<Inquired, Unreadable> {
    if document.get("error").is_some() {
        return Ok(Inquired::NotNow);
    }
    let sessions = document.get("result").and_then(Value::as_array);
    for raw in sessions.ok_or_else(|| Unreadable::missing("result"))? {
        let session: Session = serde_json::from_value(raw.clone()).map_err(|_| Unreadable::Field {
            field: "result".to_owned(),
            problem: "has what is no session",
        })?;
        if session.is_of(placed) {
            let event = session.event(placed, raw);
            return Ok(Inquired::Events(event.into_iter().collect()));
        }
    }
    Ok(match placed.carrier_call_id {
        Some(_) => Inquired::Events(Vec::new()),
        None => Inquired::NoSuchCall,
    })
}

impl Session {
    fn is_of(&self, placed: &PlacedCall<'_>) -> bool {
        let id = self.call_session_history_id.as_deref();
        if id.is_some() && placed.carrier_call_id.is_some() {
            return id == placed.carrier_call_id;
        }
        let data = self.custom_data.as_deref().unwrap_or_default();
        let order: Value = serde_json::from_str(data).unwrap_or_default();
        let own = order.get("call_id").and_then(Value::as_str);
        id.is_some() && own.and_then(|own| CallId::parse(own).ok()).as_ref() == Some(placed.call)
    }

    /// It counts whole seconds, and says when a leg was dialled and not when it was answered, so that every word of the
    /// scenario's counts more.
    fn event(self, placed: &PlacedCall<'_>, raw: &Value) -> Option<CallEvent> {
        let id = self.call_session_history_id.clone()?;
        let ended = self
            .finish_reason
            .as_ref()
            .map(|_| after(self.start_date.as_deref(), self.duration));
        if ended.is_none() && placed.carrier_call_id.is_some() {
            return None;
        }
        let mut facts = Facts {
            carrier_call_id: Some(id.clone()),
            ..Facts::default()
        };
        if let Some(ended) = ended {
            let (a, b) = self.legs(placed);
            facts.a = a.map(Call::facts).unwrap_or_default();
            facts.b = b.map(Call::facts).unwrap_or_default();
            facts.bridged = facts.b.answered;
            facts.ended = Some(When::maybe(ended));
            facts.verdict = self.verdict();
            let recording = self.records.into_iter().find_map(Record::facts);
            facts
                .recordings
                .extend(recording.map(|recording| (id, recording)));
        }
        let kind = if ended.is_some() {
            Kind::Cdr
        } else {
            Kind::Progress
        };
        Some(CallEvent {
            at: ended.flatten(),
            word: self.finish_reason,
            facts,
            ..CallEvent::new(content::id("vx", raw), kind, Evidence::Inferred)
        })
    }

    /// The scenario calls the agent first.
    fn legs(&self, placed: &PlacedCall<'_>) -> (Option<&Call>, Option<&Call>) {
        let mut calls: Vec<_> = self.calls.iter().filter(|call| !call.incoming).collect();
        calls.sort_by_key(|call| call.call_id);
        let place = |number: Option<&str>, from: usize| {
            let mut rest = calls.iter().skip(from);
            rest.position(|call| call.is_to(number)).map(|at| from + at)
        };
        let a = place(placed.agent, 0);
        let b = place(placed.customer, a.map_or(0, |a| a + 1));
        let at = |at: Option<usize>| at.and_then(|at| calls.get(at).copied());
        (at(a), at(b))
    }

    fn verdict(&self) -> Option<Verdict> {
        let reason = self.finish_reason.as_deref()?;
        let class = match reason {
            "Normal termination" => return None,
            "Timeout" => Class::MaxDuration,
            "Insufficient funds" | "JS session error" | "Terminated administratively" => Class::Server,
            reason if reason.starts_with("Internal error") => Class::Server,
            _ => Class::Other,
        };
        let cause = Cause::said(class, reason);
        Some(Verdict { cause, leg: None })
    }
}

impl Call {
    fn is_to(&self, number: Option<&str>) -> bool {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let remote = self.remote_number.as_deref().unwrap_or_default();
        number.is_none_or(|number| digits(number) == digits(remote))
    }

    fn facts(&self) -> LegFacts {
        let begun = self.start_time.as_deref().and_then(time);
        let then = Some(When::maybe(begun));
        LegFacts {
            number: self.remote_number.as_deref().and_then(Number::international),
            dialled: then,
            answered: then.filter(|_| self.successful),
            ended: Some(When::maybe(after(self.start_time.as_deref(), self.duration))),
            cause: Some(self.cause()),
            seconds: self.duration.filter(|_| self.successful),
            ..LegFacts::default()
        }
    }

    /// Its reason is an object of code and description, of which no more is documented.
    fn cause(&self) -> Cause {
        let code = self.end_reason.get("code").and_then(Value::as_u64);
        let sip = code
            .and_then(|code| u16::try_from(code).ok())
            .filter(|_| !self.successful);
        let class = match sip {
            _ if self.successful => Class::Ok,
            Some(402) => Class::Server,
            Some(status) => Class::of_sip(status),
            None => Class::Other,
        };
        Cause {
            code: code.map(|code| code.to_string()),
            sip,
            ..Cause::of(class)
        }
    }
}

impl Record {
    fn facts(self) -> Option<RecordingFacts> {
        Some(RecordingFacts {
            state: Some(RecordingState::Ready),
            at_carrier: Some(self.record_url?),
            format: Some("mp3".to_owned()),
            channels: Some(2),
            seconds: self.duration,
            ..RecordingFacts::default()
        })
    }
}

/// UTC, unless another zone is asked for.
fn time(text: &str) -> Option<Timestamp> {
    times::civil(text, "%Y-%m-%d %H:%M:%S", 0)
}

fn after(begun: Option<&str>, seconds: Option<u64>) -> Option<Timestamp> {
    let seconds = SignedDuration::from_secs(i64::try_from(seconds?).ok()?);
    time(begun?)?.checked_add(seconds).ok()
}
