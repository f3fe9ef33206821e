//! What a callback says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, Cause, Class, Direction, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number,
    RecordingFacts, RecordingState, When,
};
use serde::Deserialize;
use serde_json::Value;

use crate::json;
use crate::placing::PlacedCall;
use crate::reading::{Reading, Reference, Unreadable, Wants};
use crate::request::Request;
use crate::times;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "json::text")]
    from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    call_uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    conversation_uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    conversation_uuid_from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    conversation_uuid_to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    status: Option<String>,
    #[serde(deserialize_with = "json::text")]
    direction: Option<String>,
    #[serde(deserialize_with = "json::text")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "json::text")]
    detail: Option<String>,
    #[serde(deserialize_with = "json::text")]
    start_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    end_time: Option<String>,
    #[serde(deserialize_with = "json::whole")]
    duration: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    recording_url: Option<String>,
    #[serde(deserialize_with = "json::text")]
    recording_uuid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    reason: Option<String>,
}

/// Reads a callback, or the request for an NCCO.
///
/// # Errors
/// When it is no JSON.
pub(super) fn read(request: &Request<'_>) -> Result<Reading, Unreadable> {
    let said: Said = json::read(request)?;
    let told = Told {
        at: time(&said.timestamp),
        whose: said.whose(request.names_call()),
        placed: request.names_call(),
        said: &said,
    };
    Ok(match said.status.as_deref() {
        _ if said.recording_url.is_some() || said.recording_uuid.is_some() => told.recording(),
        _ if said.conversation_uuid_from.is_some() => told.transfer(),
        Some(status) => told.status(status),
        None if said.reason.is_some() => told.error(),
        None if said.uuid.is_some() && said.conversation_uuid.is_some() => told.asks(),
        None => Reading::default(),
    })
}

/// What Vonage says of a leg when it is asked about a call that we placed; none where it says no state. It is what an event
/// would say, but for `detail` and for the times of what is no end: so only the record of a leg that was answered counts
/// more than an event.
///
/// # Errors
/// When it is no such JSON.
pub(super) fn leg(mut leg: Value, placed: &PlacedCall<'_>) -> Result<Option<CallEvent>, Unreadable> {
    // Here an end of a leg is an object, or a list of one.
    for end in ["from", "to"] {
        if let Some(end) = leg.get_mut(end)
            && let Some(number) = end.pointer("/number").or(end.pointer("/0/number"))
        {
            *end = number.clone();
        }
    }
    let said: Said = serde_json::from_value(leg).map_err(|error| Unreadable::json(&error))?;
    let (Some(id), Some(status)) = (said.uuid.as_deref(), said.status.as_deref()) else {
        return Ok(None);
    };
    let whose = match placed.leg_a {
        Some(known) if known == id => Whose::Leg(Leg::A),
        Some(_) => Whose::Leg(Leg::B),
        None => said.whose(true),
    };
    let told = Told {
        at: time(&said.end_time),
        whose,
        placed: true,
        said: &said,
    };
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let seconds = said.duration.map(|seconds| seconds.to_string());
    let (start, end) = (part(&said.start_time), part(&said.end_time));
    let mut event = told.state(status);
    event.id = EventId::of(&["vg", "asked", id, status, &start, &end, &part(&seconds)]);
    Ok(Some(event))
}

fn time(text: &Option<String>) -> Option<Timestamp> {
    text.as_deref().and_then(times::rfc3339)
}

/// Which leg an event is about. Vonage never says: both legs of a callback go out, and share nothing but the
/// conversation.
enum Whose {
    /// The leg is known.
    Leg(Leg),
    /// The leg to that number, which is known to whoever placed the call.
    Number(Number),
}

impl Said {
    /// A call that comes in begins with A; of a call that we placed, the number called tells. What else goes out is the
    /// second leg of a call that came in.
    fn whose(&self, placed: bool) -> Whose {
        match (
            self.direction.as_deref(),
            self.to.as_deref().and_then(Number::international),
        ) {
            (Some("outbound"), Some(number)) if placed => Whose::Number(number),
            (Some("outbound"), _) if !placed => Whose::Leg(Leg::B),
            _ => Whose::Leg(Leg::A),
        }
    }
}

struct Told<'a> {
    said: &'a Said,
    at: Option<Timestamp>,
    whose: Whose,
    /// Whether we placed the call.
    placed: bool,
}

impl Told<'_> {
    fn leg_id(&self) -> Option<&str> {
        self.said.uuid.as_deref().or(self.said.call_uuid.as_deref())
    }

    fn reference(&self) -> Reference {
        let said = self.said;
        let session = [&said.conversation_uuid_from, &said.conversation_uuid]
            .into_iter()
            .flatten()
            .next()
            .cloned();
        Reference {
            session: session.or_else(|| self.leg_id().map(str::to_owned)),
            ..Reference::default()
        }
    }

    fn event(&self, id: &[&str], kind: Kind) -> CallEvent {
        let mut parts = vec!["vg"];
        parts.extend(id);
        let mut event = CallEvent {
            at: self.at,
            leg: match self.whose {
                Whose::Leg(leg) => Some(leg),
                Whose::Number(_) => None,
            },
            ..CallEvent::new(EventId::of(&parts), kind, Evidence::Event)
        };
        event.facts.carrier_call_id = self.reference().session;
        event
    }

    /// What is told of the leg, put where it belongs.
    fn put(&self, facts: &mut Facts, leg: LegFacts) {
        match &self.whose {
            Whose::Leg(whose) => *facts.leg_mut(*whose) = leg,
            Whose::Number(number) => {
                facts.by_number.insert(number.clone(), leg);
            }
        }
    }

    /// The leg's id and numbers.
    fn leg(&self, facts: &mut Facts) -> LegFacts {
        let number = |text: &Option<String>| text.as_deref().and_then(Number::international);
        let (from, to) = (number(&self.said.from), number(&self.said.to));
        let (number, shown) = match self.said.direction.as_deref() {
            Some("inbound") => {
                facts.direction = Some(Direction::Inbound);
                facts.main_number = to.clone();
                (from, to)
            }
            Some("outbound") => (to, from),
            _ => (None, None),
        };
        LegFacts {
            id: self.said.uuid.clone(),
            number,
            shown,
            ..LegFacts::default()
        }
    }

    fn status(&self, status: &str) -> Reading {
        Reading::one(self.reference(), self.state(status))
    }

    /// The state of a leg.
    fn state(&self, status: &str) -> CallEvent {
        let detail = self.said.detail.as_deref();
        let id = [
            self.leg_id().unwrap_or_default(),
            status,
            detail.unwrap_or_default(),
        ];
        let mut event = self.event(&id, Kind::Progress);
        event.word = Some(status.chars().take(100).collect());
        let mut leg = self.leg(&mut event.facts);
        let happened = Some(When::maybe(self.at));
        match status {
            "started" => {
                event.kind = Kind::Dialled;
                leg.dialled = happened;
            }
            "ringing" => {
                event.kind = Kind::Ringing;
                leg.ringing = happened;
            }
            "answered" => {
                event.kind = Kind::Answered;
                leg.answered = happened;
            }
            "completed" => {
                event.kind = Kind::Cdr;
                event.evidence = Evidence::Cdr;
                self.completed(&mut leg);
            }
            _ => {
                if let Some(class) = class(status, detail) {
                    event.kind = Kind::Ended;
                    leg.ended = happened;
                    leg.cause = Some(Cause {
                        code: detail.map(|detail| detail.chars().take(100).collect()),
                        ..Cause::said(class, status)
                    });
                }
            }
        }
        self.put(&mut event.facts, leg);
        event
    }

    /// The leg's record. Its start is the answer where the duration says so, and the call's beginning otherwise.
    fn completed(&self, leg: &mut LegFacts) {
        let (start, end) = (time(&self.said.start_time), time(&self.said.end_time));
        let seconds = self.said.duration;
        let span = start
            .zip(end)
            .map(|(start, end)| end.duration_since(start).as_secs());
        let from_answer = span
            .zip(seconds.and_then(|seconds| i64::try_from(seconds).ok()))
            .is_some_and(|(span, seconds)| seconds > 0 && span.abs_diff(seconds) <= 1);
        if from_answer {
            leg.answered = start.map(When::At);
        } else {
            leg.dialled = start.map(When::At);
        }
        leg.ended = Some(When::maybe(end.or(self.at)));
        leg.seconds = seconds;
        let class = match seconds {
            Some(1..) => Class::Ok,
            _ => Class::Cleared,
        };
        leg.cause = Some(Cause::said(class, "completed"));
    }

    fn recording(&self) -> Reading {
        let said = self.said;
        let id = said.recording_uuid.as_deref().or_else(|| self.named_in_url());
        let id = id.unwrap_or_default();
        let mut event = self.event(&["recording", id], Kind::Recording);
        event.leg = None;
        let (start, end) = (time(&said.start_time), time(&said.end_time));
        let lasted = start.zip(end).map(|(start, end)| end.duration_since(start));
        let ready = said.recording_url.is_some();
        let facts = RecordingFacts {
            state: Some(if ready {
                RecordingState::Ready
            } else {
                RecordingState::Running
            }),
            at_carrier: said.recording_url.clone(),
            seconds: lasted.and_then(|lasted| u64::try_from(lasted.as_secs()).ok()),
            started_at: start,
            ..RecordingFacts::default()
        };
        event.facts.recordings = BTreeMap::from([(id.to_owned(), facts)]);
        Reading::one(self.reference(), event)
    }

    /// The last part of the recording's URL, which is the recording's id.
    fn named_in_url(&self) -> Option<&str> {
        let path = self.said.recording_url.as_deref()?.split(['?', '#']).next()?;
        let name = path.trim_end_matches('/').rsplit('/').next()?;
        (!name.is_empty()).then_some(name)
    }

    /// A leg goes on in another conversation: of this call, that is all there is to say.
    fn transfer(&self) -> Reading {
        let to = self.said.conversation_uuid_to.as_deref().unwrap_or_default();
        let id = ["transfer", self.leg_id().unwrap_or_default(), to];
        let mut event = self.event(&id, Kind::Progress);
        event.word = Some("transfer".to_owned());
        Reading::one(self.reference(), event)
    }

    /// Something is wrong with an NCCO. The reason is text for people that may quote it, so it is not kept.
    fn error(&self) -> Reading {
        let when = self.said.timestamp.as_deref().unwrap_or_default();
        let mut event = self.event(&["error", when], Kind::Progress);
        event.leg = None;
        event.word = Some("error".to_owned());
        Reading::one(self.reference(), event)
    }

    /// A leg waits for its NCCO: one that we placed because it was answered, one that came in because it came.
    fn asks(&self) -> Reading {
        let mut event = self.event(&["answer", self.leg_id().unwrap_or_default()], Kind::Progress);
        event.facts.a.id = self.said.uuid.clone();
        if self.placed {
            event.kind = Kind::Answered;
            event.facts.a.answered = Some(When::Unreported);
        }
        Reading {
            wants: Wants::SecondLeg { answered: Leg::A },
            ..Reading::one(self.reference(), event)
        }
    }
}

/// What the words of an end mean; none if it is no end. `completed` has its own place.
fn class(status: &str, detail: Option<&str>) -> Option<Class> {
    Some(match (status, detail) {
        ("busy", _) | ("rejected", Some("declined")) => Class::Busy,
        ("rejected", Some("restricted")) | ("failed", Some("cannot_route")) => Class::Network,
        ("failed", Some("internal_error")) => Class::Server,
        ("timeout" | "unanswered" | "cancelled", _)
        | ("rejected", Some("invalid_number") | None)
        | ("failed", Some("number_out_of_service")) => Class::Unreachable,
        ("rejected" | "failed", _) => Class::Other,
        _ => return None,
    })
}
