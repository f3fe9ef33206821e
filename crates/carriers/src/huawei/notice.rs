//! What Huawei's pushes say.

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, CallId, Evidence, Facts, Kind, LegFacts, Number, RecordingFacts, RecordingState, When,
};
use serde_json::{Map, Value};

use crate::huawei::cause::{self, Release};
use crate::reading::{Heard, Reading, Reference, Unreadable};
use crate::settings::Settings;
use crate::{content, times};

/// So many call detail records fit a push.
const MOST_RECORDS: usize = 50;

pub(super) fn read(body: &[u8], settings: &Settings) -> Result<Reading, Unreadable> {
    let document: Value = serde_json::from_slice(body).map_err(|error| Unreadable::json(&error))?;
    let kind = document.get("eventType").and_then(Value::as_str);
    let kind = kind.ok_or_else(|| Unreadable::missing("eventType"))?;
    let code = settings.get("countryCode").unwrap_or("86");
    if kind == "fee" {
        return records(&document, code);
    }
    let status = Fields::of(document.get("statusInfo"), code);
    let status = status.ok_or_else(|| Unreadable::missing("statusInfo"))?;
    Reading::of_parts([status.status(kind, &document).map(Some)])
}

/// The records of a push, each of a call of its own.
fn records(document: &Value, code: &str) -> Result<Reading, Unreadable> {
    let list = document.get("feeLst").and_then(Value::as_array);
    let list = list.ok_or_else(|| Unreadable::missing("feeLst"))?;
    if list.len() > MOST_RECORDS {
        return Err(Unreadable::Field {
            field: "feeLst".to_owned(),
            problem: "has more than 50 records",
        });
    }
    Reading::of_parts(list.iter().enumerate().map(|(place, record)| {
        let path = format!("feeLst[{place}].sessionId");
        match Fields::of(Some(record), code) {
            Some(fields) => fields.record(&path, record).map(Some),
            None => Err(Unreadable::missing(&path)),
        }
    }))
}

/// The fields of a status or of a record.
struct Fields<'a> {
    fields: &'a Map<String, Value>,
    country: &'a str,
}

impl<'a> Fields<'a> {
    fn of(value: Option<&'a Value>, country: &'a str) -> Option<Self> {
        let fields = value?.as_object()?;
        Some(Self { fields, country })
    }

    /// A text that is there; it writes empty ones for what is not.
    fn text(&self, name: &str) -> Option<&'a str> {
        let text = self.fields.get(name)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// A whole number, which some versions write as text.
    fn whole(&self, name: &str) -> Option<u64> {
        match self.fields.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Times are UTC, and name no zone.
    fn time(&self, name: &str) -> Option<Timestamp> {
        times::civil(self.text(name)?, "%Y-%m-%d %H:%M:%S", 0)
    }

    fn when(&self, name: &str) -> Option<When> {
        self.time(name).map(When::At)
    }

    fn number(&self, name: &str) -> Option<Number> {
        Number::national(self.text(name)?, self.country)
    }

    /// The call, and what both kinds of push tell of it.
    fn call(&self, path: &str) -> Result<(Reference, Facts), Unreadable> {
        let session = self.text("sessionId").ok_or_else(|| Unreadable::missing(path))?;
        let data = self.text("userData");
        let own = data.and_then(CallId::echoed);
        let facts = Facts {
            carrier_call_id: Some(session.to_owned()),
            business_reference: data.filter(|_| own.is_none()).map(str::to_owned),
            ..Facts::default()
        };
        let reference = Reference {
            own,
            ..Reference::session(session)
        };
        Ok((reference, facts))
    }

    /// A status names the number called and not the leg, so it is told of the number.
    fn status(&self, kind: &str, document: &Value) -> Result<Heard, Unreadable> {
        let (reference, mut facts) = self.call("statusInfo.sessionId")?;
        let at = self.time("timestamp");
        let then = Some(When::maybe(at));
        let mut leg = LegFacts::default();
        let kind_of = match kind {
            "callout" => {
                leg.dialled = then;
                leg.shown = self.number("caller");
                Kind::Dialled
            }
            "alerting" => {
                leg.ringing = then;
                Kind::Ringing
            }
            "answer" => {
                leg.answered = then;
                Kind::Answered
            }
            "disconnect" => {
                facts.ended = then;
                facts.verdict = Some(cause::of_state(self.whole("stateCode"), self.text("stateDesc")));
                Kind::Ended
            }
            _ => Kind::Progress,
        };
        if let Some(number) = self.number("called").filter(|_| leg != LegFacts::default()) {
            facts.by_number.insert(number, leg);
        }
        let event = CallEvent {
            at,
            word: Some(kind.chars().take(100).collect()),
            facts,
            ..CallEvent::new(content::id("hw", document), kind_of, Evidence::Event)
        };
        Ok(Heard::new(reference, event))
    }

    /// A record names the legs: what was called out is A, what was forwarded is B.
    fn record(&self, path: &str, record: &Value) -> Result<Heard, Unreadable> {
        let (reference, facts) = self.call(path)?;
        let ended = self.time("callEndTime").or_else(|| self.time("failTime"));
        let answered = self.time("fwdAnswerTime");
        let talked = |from: Timestamp| u64::try_from(ended?.duration_since(from).as_secs()).ok();
        let release = Release {
            a: self.whole("callOutUnaswRsn"),
            b: self.whole("fwdUnaswRsn"),
            point: self.whole("ulFailReason"),
            sip: self.whole("sipStatusCode"),
            a_answered: self.text("callOutAnswerTime").is_some(),
            b_answered: self.text("fwdAnswerTime").is_some(),
        };
        let mut facts = Facts {
            a: LegFacts {
                number: self.number("calleeNum"),
                shown: self.number("callerNum"),
                dialled: self.when("callOutStartTime"),
                ringing: self.when("callOutAlertingTime"),
                answered: self.when("callOutAnswerTime"),
                ..LegFacts::default()
            },
            b: LegFacts {
                number: self.number("fwdDstNum"),
                shown: self.number("fwdDisplayNum"),
                dialled: self.when("fwdStartTime"),
                ringing: self.when("fwdAlertingTime"),
                answered: self.when("fwdAnswerTime"),
                ..LegFacts::default()
            },
            bridged: answered.map(When::At),
            ended: Some(When::maybe(ended)),
            verdict: Some(release.verdict()),
            talk_seconds: answered.and_then(talked),
            ..facts
        };
        if self.whole("recordFlag") == Some(1)
            && let Some((id, recording)) = self.recording()
        {
            facts.recordings.insert(id, recording);
        }
        let event = CallEvent {
            at: ended,
            facts,
            ..CallEvent::new(content::id("hw", record), Kind::Cdr, Evidence::Cdr)
        };
        Ok(Heard::new(reference, event))
    }

    /// The recording is asked for by its domain and its object's name, `domain/name` here; where they are missing there
    /// is a URL instead.
    fn recording(&self) -> Option<(String, RecordingFacts)> {
        let name = self.text("recordObjectName");
        let asked = self.text("recordDomain").zip(name);
        let place = match asked {
            Some((domain, name)) => format!("{domain}/{name}"),
            None => self.text("recordFileDownloadUrl")?.to_owned(),
        };
        let id = name
            .or_else(|| self.text("icid"))
            .or_else(|| self.text("sessionId"))?;
        let recording = RecordingFacts {
            state: Some(RecordingState::Ready),
            at_carrier: Some(place),
            format: Some("wav".to_owned()),
            started_at: self.time("recordStartTime"),
            ..RecordingFacts::default()
        };
        Some((id.to_owned(), recording))
    }
}
