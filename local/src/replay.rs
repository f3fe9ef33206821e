//! Captured requests of carriers, a line each, and the records of the calls they tell of.
//!
//! Lines may come in any order and as often as they like. What is kept of a line is its events, each once; so memory
//! grows with the calls in a file, not with its length.

use std::collections::btree_map::{BTreeMap, Entry as Place};
use std::io::{self, BufRead};
use std::sync::Arc;

use jiff::Timestamp;
use ringback_calls::{CallEvent, CallId, CallRecord, Entry, EventId, fold};
use ringback_carriers::{Capture, Carrier, Heard, Keys, Line, PlacedLine, Request, Settings, carrier};

/// Whose calls are said to be in a capture, which does not tell.
const TENANT: &str = "local";
/// Longer lines are no captured request: a body has at most 1 MB.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// How many characters of a stranger's text are shown.
const LONGEST_SHOWN: usize = 500;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadLine(String);

/// Captured requests, read so far.
#[derive(Default)]
pub struct Replay {
    settings: Settings,
    described: Vec<Box<dyn Carrier>>,
    calls: BTreeMap<CallId, BTreeMap<EventId, Kept>>,
    /// Which call a second leg belongs to.
    legs: BTreeMap<LegKey, CallId>,
    /// Events that name a leg whose call may be told by a line that is yet to come.
    waiting: Vec<Waiting>,
    names: BTreeMap<String, Arc<str>>,
}

type LegKey = (Arc<str>, Arc<str>, String);

/// An event as it is kept here: as text, which takes a fraction of the room.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    received_at: Option<Timestamp>,
    carrier: Arc<str>,
    account: Arc<str>,
    event: Box<str>,
}

struct Waiting {
    leg: LegKey,
    /// The call in case the leg is nobody's second: that of the session, else the leg is the first itself.
    otherwise: CallId,
    id: EventId,
    kept: Kept,
}

/// What came out.
#[derive(Debug)]
pub struct Records {
    /// The calls' records, in the order in which the calls began.
    pub records: Vec<CallRecord>,
    /// What could not be put into any record, and why.
    pub problems: Vec<String>,
}

impl Replay {
    /// Nothing read yet; `settings` are those of every account in the capture, and `described` the carriers that are
    /// described by a file.
    pub fn new(settings: Settings, described: Vec<Box<dyn Carrier>>) -> Self {
        Self {
            settings,
            described,
            ..Self::default()
        }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is no captured request, its carrier is unknown, or its carrier cannot read it. What of it can be read is kept
    /// all the same.
    pub fn line(&mut self, text: &str) -> Result<(), BadLine> {
        match Line::read(text).map_err(|problem| BadLine(problem.to_string()))? {
            Line::Placed(line) => self.placed(&line),
            Line::Request(capture) => self.request(&capture),
        }
    }

    /// Takes a call that we placed.
    ///
    /// # Errors
    /// None today.
    pub fn placed(&mut self, line: &PlacedLine) -> Result<(), BadLine> {
        let event = line.placed.event(line.at);
        let kept = self.kept("own", "", Some(line.at), &event)?;
        self.keep(line.call_id.clone(), event.id, kept);
        Ok(())
    }

    /// Takes a captured request.
    ///
    /// # Errors
    /// When its carrier is unknown or cannot read it. What of it can be read is kept all the same.
    pub fn request(&mut self, capture: &Capture) -> Result<(), BadLine> {
        let code = capture.carrier.as_str();
        let known = self.described.iter().find(|described| described.code() == code);
        let Some(from) = known.map(AsRef::as_ref).or_else(|| carrier(code)) else {
            return Err(BadLine(format!(
                "there is no carrier {}; one that is described by a file needs --description",
                visible(code)
            )));
        };
        let headers = capture.headers();
        let request = Request {
            method: &capture.method,
            url: &capture.url,
            headers: &headers,
            body: capture.body.as_deref().unwrap_or_default().as_bytes(),
        };
        let keys = Keys {
            secrets: &[],
            settings: &self.settings,
        };
        let (reading, name) = (from.read(&request, &keys), from.name().to_owned());
        let reading = reading.map_err(|problem| BadLine(format!("{name} cannot read it: {problem}")))?;
        let account = account(&capture.url);
        for heard in reading.heard {
            self.heard(capture, account, heard)?;
        }
        match reading.lost.first() {
            None => Ok(()),
            Some(problem) => Err(BadLine(format!(
                "{name} cannot read {} of it, and the rest counts: {problem}",
                parts(reading.lost.len())
            ))),
        }
    }

    fn heard(&mut self, capture: &Capture, account: &str, heard: Heard) -> Result<(), BadLine> {
        let code = capture.carrier.as_str();
        let Heard {
            reference,
            event,
            legs,
        } = heard;
        let kept = self.kept(code, account, capture.received_at, &event)?;
        let of_session = reference
            .session
            .as_deref()
            .map(|session| CallId::of_session(code, account, session));
        let named = reference.own.is_some() || capture.call_id().is_some();
        let call = match (reference.own.or_else(|| capture.call_id()), reference.leg) {
            (Some(call), _) => call,
            (None, Some(leg)) => {
                let otherwise = of_session.unwrap_or_else(|| CallId::of_session(code, account, &leg));
                let leg = (Arc::clone(&kept.carrier), Arc::clone(&kept.account), leg);
                self.waiting.push(Waiting {
                    leg,
                    otherwise,
                    id: event.id,
                    kept,
                });
                return Ok(());
            }
            (None, None) => of_session.ok_or_else(|| BadLine("it names no call".to_owned()))?,
        };
        // Where the call is named, nobody has to find it by its second leg.
        for leg in legs.into_iter().filter(|_| !named) {
            let leg = (Arc::clone(&kept.carrier), Arc::clone(&kept.account), leg);
            self.legs.entry(leg).or_insert_with(|| call.clone());
        }
        self.keep(call, event.id, kept);
        Ok(())
    }

    fn kept(
        &mut self,
        carrier: &str,
        account: &str,
        received_at: Option<Timestamp>,
        event: &CallEvent,
    ) -> Result<Kept, BadLine> {
        let text = serde_json::to_string(event).map_err(|problem| BadLine(problem.to_string()))?;
        Ok(Kept {
            received_at,
            carrier: self.name(carrier),
            account: self.name(account),
            event: text.into(),
        })
    }

    /// Carriers and accounts are few, and named in every event.
    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = text.into();
        self.names.insert(text.to_owned(), Arc::clone(&name));
        name
    }

    /// Keeps an event once; of two that claim to be the same, the one that came first.
    fn keep(&mut self, call: CallId, id: EventId, kept: Kept) {
        match self.calls.entry(call).or_default().entry(id) {
            Place::Vacant(place) => drop(place.insert(kept)),
            Place::Occupied(mut place) if kept < *place.get() => drop(place.insert(kept)),
            Place::Occupied(_) => {}
        }
    }

    /// The records of all calls.
    pub fn finish(mut self) -> Records {
        for waiting in std::mem::take(&mut self.waiting) {
            let call = self.legs.get(&waiting.leg).cloned();
            self.keep(call.unwrap_or(waiting.otherwise), waiting.id, waiting.kept);
        }
        let mut problems = Vec::new();
        let mut records: Vec<_> = self
            .calls
            .into_iter()
            .filter_map(|(call, events)| match record(&call, events.into_values()) {
                Ok(record) => Some(record),
                Err(problem) => {
                    problems.push(format!("call {call}: {problem}"));
                    None
                }
            })
            .collect();
        records.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Records { records, problems }
    }
}

fn parts(number: usize) -> String {
    match number {
        1 => "a part".to_owned(),
        number => format!("{number} parts"),
    }
}

/// Folds the events of a call. Where no line says when a request came, the latest time that the call's lines tell stands
/// in: it counts only for what the carrier gives no time for.
fn record(call: &CallId, events: impl Iterator<Item = Kept>) -> Result<CallRecord, String> {
    let read: Result<Vec<_>, _> = events
        .map(|kept| serde_json::from_str::<CallEvent>(&kept.event).map(|event| (kept, event)))
        .collect();
    let read = read.map_err(|problem| problem.to_string())?;
    let times = read.iter().flat_map(|(kept, event)| [kept.received_at, event.at]);
    let latest = times.flatten().max();
    let entries: Option<Vec<_>> = read
        .into_iter()
        .map(|(kept, event)| {
            Some(Entry {
                tenant: TENANT.to_owned(),
                carrier: kept.carrier.as_ref().to_owned(),
                account: kept.account.as_ref().to_owned(),
                received_at: kept.received_at.or(latest)?,
                event,
            })
        })
        .collect();
    entries
        .and_then(|entries| fold(call, &entries))
        .ok_or_else(|| "none of its lines tells a time; receivedAt would".to_owned())
}

/// The account in a webhook's path, `/carriers/tw/<account>/…`; empty where there is none.
pub(crate) fn account(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').skip_while(|part| *part != "carriers").skip(2);
    parts.next().unwrap_or_default()
}

/// Text of a stranger's, fit for a terminal; cut where it is long.
pub fn visible(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    let mut shown: String = plain.clone().take(LONGEST_SHOWN).collect();
    if plain.count() > LONGEST_SHOWN {
        shown.push('…');
    }
    shown
}

/// The next line of a stream, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum NextLine {
    /// A line.
    Text(String),
    /// It cannot be one: too long, or no text.
    Bad(&'static str),
    /// There is none.
    End,
}

/// Reads a line, in memory that a hostile file cannot choose.
///
/// # Errors
/// When the stream cannot be read.
pub fn next_line(stream: &mut impl BufRead) -> io::Result<NextLine> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut any = false;
    loop {
        let buffer = stream.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        if line.len() + part.len() > LONGEST_LINE {
            too_long = true;
            line = Vec::new();
        }
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        stream.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(match (any, too_long) {
        (false, _) => NextLine::End,
        (true, true) => NextLine::Bad("is longer than 8 MB"),
        (true, false) => match String::from_utf8(line) {
            Ok(text) => NextLine::Text(text.trim_start_matches('\u{FEFF}').trim().to_owned()),
            Err(_) => NextLine::Bad("is no UTF-8"),
        },
    })
}
