//! A recording that is to be archived, and what we say of it ourselves.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::event::{CallEvent, Entry, Evidence, Kind};
use crate::facts::{Archived, Facts, RecordingFacts};
use crate::id::{CallId, EventId};

/// The longest id of a recording, in bytes. No carrier's comes near it; a longer one would not fit into messages, log
/// lines and paths, and such a recording is given up: `id-too-long`.
pub const LONGEST_RECORDING_ID: usize = 1024;

/// A recording that is to be archived: the message by which `archive-recording` hears of it. It says which, and nothing
/// of what is in it or where.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// Whose call.
    pub tenant: String,
    /// Which call.
    pub call_id: CallId,
    /// The carrier's id of the recording: its own text, with any characters.
    pub recording_id: String,
    /// How many events the call's record was folded from when the recording was found ready. Read from a number and
    /// from a text of digits, because a stream writes its numbers as texts.
    #[serde(deserialize_with = "number")]
    pub version: u64,
}

impl Wanted {
    /// An event of ours about the recording, as it is kept.
    pub fn entry(&self, event: CallEvent, received_at: Timestamp) -> Entry {
        Entry {
            tenant: self.tenant.clone(),
            carrier: "own".to_owned(),
            account: String::new(),
            received_at,
            event,
        }
    }
}

/// Who asked us to do something, and in which request. `Debug` does not show who.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Requester<'a> {
    /// The identity of the API's caller.
    pub by: &'a str,
    /// What no other request has: its id, or something random.
    pub request: &'a str,
}

impl fmt::Debug for Requester<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requester")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// The recording is in the owner's bucket, and lasts so many seconds where that is known. Archived the same again, it is
/// the same event.
pub fn archived(wanted: &Wanted, archived: Archived, seconds: Option<u64>, at: Timestamp) -> CallEvent {
    let id = own(
        wanted,
        "archived",
        &[&archived.bucket, &archived.key, &archived.sha256],
    );
    let facts = RecordingFacts {
        archived: Some(archived),
        archived_at: Some(at),
        seconds,
        ..RecordingFacts::default()
    };
    event(wanted, id, Kind::Archived, facts, at)
}

/// The recording will not be archived. `why` is a short code of ours; given up for the same reason again, it is the same
/// event.
pub fn given_up(wanted: &Wanted, why: &str, at: Timestamp) -> CallEvent {
    let id = own(wanted, "given-up", &[why]);
    let facts = RecordingFacts {
        given_up: Some(why.to_owned()),
        ..RecordingFacts::default()
    };
    event(wanted, id, Kind::GivenUp, facts, at)
}

/// The recording was deleted at the carrier: once for all time.
pub fn deleted_at_carrier(wanted: &Wanted, at: Timestamp) -> CallEvent {
    let id = own(wanted, "deleted-at-carrier", &[]);
    let facts = RecordingFacts {
        deleted_at_carrier: Some(at),
        ..RecordingFacts::default()
    };
    event(wanted, id, Kind::DeletedAtCarrier, facts, at)
}

/// The carrier did not delete the recording. `why` is a short code of ours; refused for the same reason again, it is the
/// same event.
pub fn delete_refused(wanted: &Wanted, why: &str, at: Timestamp) -> CallEvent {
    let id = own(wanted, "delete-refused", &[why]);
    let facts = RecordingFacts {
        delete_refused: Some(why.to_owned()),
        ..RecordingFacts::default()
    };
    event(wanted, id, Kind::DeleteRefused, facts, at)
}

/// Somebody got a link to the recording; to be written before the link is handed over. Every link is an event.
pub fn link_given(wanted: &Wanted, requester: Requester<'_>, at: Timestamp) -> CallEvent {
    asked_for(wanted, Kind::LinkGiven, "link-given", None, requester, at)
}

/// Somebody put the recording under legal hold. Every request is an event.
pub fn held(wanted: &Wanted, requester: Requester<'_>, at: Timestamp) -> CallEvent {
    asked_for(wanted, Kind::Held, "held", Some(true), requester, at)
}

/// Somebody ended the legal hold of the recording. Every request is an event.
pub fn released(wanted: &Wanted, requester: Requester<'_>, at: Timestamp) -> CallEvent {
    asked_for(wanted, Kind::Released, "released", Some(false), requester, at)
}

fn asked_for(
    wanted: &Wanted,
    kind: Kind,
    what: &str,
    held: Option<bool>,
    requester: Requester<'_>,
    at: Timestamp,
) -> CallEvent {
    let id = own(wanted, what, &[&at.to_string(), requester.by, requester.request]);
    let facts = RecordingFacts {
        held,
        ..RecordingFacts::default()
    };
    CallEvent {
        by: Some(requester.by.to_owned()),
        ..event(wanted, id, kind, facts, at)
    }
}

fn own(wanted: &Wanted, what: &str, more: &[&str]) -> EventId {
    let parts: Vec<_> = ["own", what, &wanted.recording_id]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    EventId::of(&parts)
}

fn event(wanted: &Wanted, id: EventId, kind: Kind, facts: RecordingFacts, at: Timestamp) -> CallEvent {
    CallEvent {
        at: Some(at),
        facts: Facts {
            recordings: BTreeMap::from([(wanted.recording_id.clone(), facts)]),
            ..Facts::default()
        },
        ..CallEvent::new(id, kind, Evidence::Own)
    }
}

/// A whole number, however it is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match Written::deserialize(from)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}
