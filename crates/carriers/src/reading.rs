//! What a request of a carrier says.

use ringback_calls::{CallEvent, CallId, EventId, Leg};

/// Which call an event belongs to, as far as the event tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// Our id, where the carrier echoes it.
    pub own: Option<CallId>,
    /// The carrier's id of the whole call: the same in all events of both legs.
    pub session: Option<String>,
    /// A leg's id that need not be the session's: of a second leg, in an event that does not name the first. The call is
    /// looked up with it.
    pub leg: Option<String>,
}

impl Reference {
    /// An event that names the carrier's call.
    pub fn session(id: impl Into<String>) -> Self {
        Self {
            session: Some(id.into()),
            ..Self::default()
        }
    }
}

/// One event of a request, and the call it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The call.
    pub reference: Reference,
    /// The event.
    pub event: CallEvent,
    /// The ids of second legs that this event ties to its call, so that later events that name only the leg find it.
    pub legs: Vec<String>,
}

impl Heard {
    /// An event of that call. No recording in it has a URL for its id, or part of one: there a digest stands for it.
    pub fn new(reference: Reference, mut event: CallEvent) -> Self {
        let recordings = std::mem::take(&mut event.facts.recordings).into_iter();
        event.facts.recordings = recordings.map(|(id, facts)| (recording_id(id), facts)).collect();
        Self {
            reference,
            event,
            legs: Vec::new(),
        }
    }
}

/// The id by which a recording is known. Ids are in logs, messages and paths of the API, and a URL is in none of them, least
/// of all with a query that opens it: a digest takes the place of whatever looks like one.
fn recording_id(id: String) -> String {
    let url = id.contains("://") || id.contains('?') || id.starts_with("data:");
    if url {
        EventId::of(&["recording", &id]).as_str().to_owned()
    } else {
        id
    }
}

/// What the carrier waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wants {
    /// That we have it.
    #[default]
    Acknowledgement,
    /// Whom to put that leg through to, as a document.
    SecondLeg {
        /// The leg that was answered; always A today.
        answered: Leg,
    },
    /// Nothing of this answer: it takes a request of ours that asks for the second leg.
    Command {
        /// The leg that was answered; always A today. Its id is in the event.
        answered: Leg,
    },
}

/// What a request says. No events at all is fine: carriers send what nobody asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The events.
    pub heard: Vec<Heard>,
    /// What the carrier waits for.
    pub wants: Wants,
    /// Why parts of the request could not be read, where the others could: whoever keeps the events keeps the whole
    /// request for an engineer too, so that nothing is lost.
    pub lost: Vec<Unreadable>,
}

impl Reading {
    /// One event that waits for nothing.
    pub fn one(reference: Reference, event: CallEvent) -> Self {
        Self {
            heard: vec![Heard::new(reference, event)],
            ..Self::default()
        }
    }

    /// The parts of a request that holds several: those that cannot be read do not keep the others from being taken.
    ///
    /// # Errors
    /// When no part says anything and one cannot be read.
    pub(crate) fn of_parts(
        parts: impl IntoIterator<Item = Result<Option<Heard>, Unreadable>>,
    ) -> Result<Self, Unreadable> {
        let mut reading = Self::default();
        for part in parts {
            match part {
                Ok(heard) => reading.heard.extend(heard),
                Err(problem) => reading.lost.push(problem),
            }
        }
        match reading.lost.first() {
            Some(problem) if reading.heard.is_empty() => Err(problem.clone()),
            _ => Ok(reading),
        }
    }
}

/// The request is genuine and cannot be read. It names a place and a problem, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The content type is none that the carrier sends.
    #[error("the content type is not {expected}")]
    ContentType {
        /// What it should be.
        expected: &'static str,
    },
    /// The body does not parse.
    #[error("the body is no {what}: {problem}")]
    Body {
        /// `JSON`, `XML`, `form`.
        what: &'static str,
        /// Where and why.
        problem: String,
    },
    /// A field is missing, or is not what it should be.
    #[error("{field} {problem}")]
    Field {
        /// Its path.
        field: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Unreadable {
    /// A field that must be there and is not.
    pub fn missing(field: &str) -> Self {
        Self::Field {
            field: field.to_owned(),
            problem: "is missing",
        }
    }

    /// An answer that is about another call than the one that was asked about.
    pub(crate) fn of_another_call(field: &str) -> Self {
        Self::Field {
            field: field.to_owned(),
            problem: "is that of another call",
        }
    }

    /// What `serde_json` says, without a value.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        Self::Body {
            what: "JSON",
            problem: format!("line {}, column {}", error.line(), error.column()),
        }
    }
}
