//! Carriers that are described by a file, for those whose webhooks need no code.
//!
//! `infra/carriers/` holds descriptions; [`file`] says what stands where. Settings of an account: the one that the
//! description's `[account]` names; `countryCode` and `window`, which go before the description's; `recordingHosts`, which
//! adds to its media hosts; and those that requests are made with. The API secret has the form that `[recording.auth]` and
//! `[api]` ask for.

mod asking;
mod auth;
mod clock;
mod document;
mod events;
mod file;
mod recording;
mod template;

use jiff::Timestamp;
use ringback_calls::CallEvent;
use serde_json::Value;

use crate::answer::Answer;
use crate::carrier::{Carrier, Trust};
use crate::mapped::asking::{Asking, Said};
use crate::mapped::auth::Auth;
use crate::mapped::clock::Clock;
use crate::mapped::document::Item;
use crate::mapped::events::{Known, Reader};
use crate::mapped::file::File;
use crate::mapped::recording::Fetching;
use crate::placing::{Ability, Answered, Ask, CannotAsk, HungUp, Inquired, NewCall, PlacedCall, Placing};
use crate::reading::{Reading, Unreadable};
use crate::recording::{CannotFetch, Fetch, Kept, Place, Source};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::{Keys, Settings};

/// More events in a request are no carrier's.
const MOST_EVENTS: usize = 50;

/// The codes under which a call's events are kept that come from no carrier: nobody else may speak in their name.
pub const RESERVED: [&str; 2] = ["ac", "own"];

/// A carrier described by a file.
#[derive(Debug)]
pub struct Mapped {
    file: File,
    auth: Auth,
    clock: Clock,
    fetching: Option<Fetching>,
    asking: Option<Asking>,
}

/// The description cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct BadMapping {
    /// Where: `close.map.17`, `line 3` where it is no TOML, `the description` for all of it.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

impl BadMapping {
    fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            problem: problem.into(),
        }
    }
}

impl Mapped {
    /// Reads a description, in TOML.
    ///
    /// # Errors
    /// When it is no TOML, holds a field that no description has, lacks one, or one is not what it should be.
    pub fn parse(text: &str) -> Result<Self, BadMapping> {
        // By way of plain values: `File` read from TOML itself is code of its own for each of its types, 0.2 MB of them.
        let document: Value = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.unwrap_or_default().matches('\n').count() + 1;
            BadMapping::new(format!("line {line}"), error.message())
        })?;
        let mut file: File = serde_path_to_error::deserialize(document).map_err(|error| {
            let path = match error.path().to_string() {
                path if path == "." => "the description".to_owned(),
                path => path,
            };
            BadMapping::new(path, error.inner().to_string())
        })?;
        check(&file)?;
        let zone = file.time.zone.as_deref();
        let clock = Clock::of(&file.time.format, zone)
            .map_err(|(field, problem)| BadMapping::new(format!("time.{field}"), problem))?;
        let auth = Auth::of(std::mem::take(&mut file.auth), zone)
            .map_err(|(field, problem)| BadMapping::new(format!("auth.{field}"), problem))?;
        let fetching = file.recording.as_ref().map(Fetching::of).transpose()?;
        let asking = Asking::of(&file)?;
        Ok(Self {
            file,
            auth,
            clock,
            fetching,
            asking,
        })
    }

    fn item<'a>(&'a self, value: &'a Value) -> Item<'a> {
        Item {
            value,
            absent: &self.file.absent,
        }
    }

    /// The events of a body.
    fn items<'a>(&'a self, document: &'a Value) -> Result<Vec<Item<'a>>, Unreadable> {
        let Some(list) = &self.file.list else {
            return Ok(vec![self.item(document)]);
        };
        let items: Vec<_> = list
            .query(document)
            .into_iter()
            .map(|value| self.item(value))
            .collect();
        match items.len() {
            0 => Err(Unreadable::missing(&list.to_string())),
            1..=MOST_EVENTS => Ok(items),
            _ => Err(Unreadable::Field {
                field: list.to_string(),
                problem: "has more than 50 events",
            }),
        }
    }

    /// The events in the answer to a question. Numbers are left out: how they are to be read may be a setting, and whoever
    /// placed the call knows them.
    fn told(&self, placed: &PlacedCall<'_>, document: &Value) -> Result<Vec<CallEvent>, Unreadable> {
        let Some(inquire) = &self.file.inquire else {
            return Ok(Vec::new());
        };
        let (known, settings) = (placed.known_id().ok(), Settings::default());
        let mut events = Vec::new();
        for value in inquire.event.query(document) {
            let item = self.item(value);
            if let Some(needs) = &inquire.needs
                && item.text(needs)?.is_none()
            {
                continue;
            }
            let call = item.text(&self.file.fields.call)?;
            if call.is_some_and(|call| known.is_some_and(|known| known != call)) {
                return Err(Unreadable::Field {
                    field: self.file.fields.call.to_string(),
                    problem: "is another call's",
                });
            }
            let reader = Reader {
                file: &self.file,
                clock: &self.clock,
                settings: &settings,
                item,
                known: Known {
                    call: known,
                    name: inquire.name.as_deref(),
                },
            };
            events.extend(reader.heard()?.map(|heard| heard.event));
        }
        for facts in events.iter_mut().map(|event| &mut event.facts) {
            (facts.a.number, facts.b.number) = (None, None);
            (facts.a.shown, facts.b.shown) = (None, None);
        }
        Ok(events)
    }

    /// Whether every event is for this account, as far as they say.
    fn is_for_account(&self, request: &Request<'_>, keys: &Keys<'_>) -> Result<(), Refusal> {
        let Some(account) = &self.file.account else {
            return Ok(());
        };
        let Some(expected) = keys.settings.get(&account.setting) else {
            return Ok(());
        };
        let unnamed = || Refusal::Mismatch {
            hint: Some("the account's setting is to be compared, and the body names none"),
        };
        let document = self.file.format.document(request).map_err(|_| unnamed())?;
        for item in self.items(&document).map_err(|_| unnamed())? {
            match item.text(&account.field) {
                Ok(Some(named)) if named == expected => {}
                Ok(Some(_)) => return Err(Refusal::OtherAccount { what: "account" }),
                Ok(None) | Err(_) => return Err(unnamed()),
            }
        }
        Ok(())
    }
}

/// What no type says.
fn check(file: &File) -> Result<(), BadMapping> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !(2..=8).contains(&file.code.len()) || !file.code.bytes().all(plain) {
        return Err(BadMapping::new(
            "code",
            "is not two to eight small letters and digits",
        ));
    }
    if RESERVED.contains(&file.code.as_str()) {
        return Err(BadMapping::new(
            "code",
            "is the code of no carrier: ac is Amazon Connect, own is what we say ourselves",
        ));
    }
    if file.events.fields.is_empty() {
        return Err(BadMapping::new("events.fields", "is empty"));
    }
    if let Some(code) = &file.country_code
        && (code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(BadMapping::new("country-code", "is not digits only"));
    }
    if let Some(close) = &file.close
        && close.leg.is_some() == close.legs.is_empty()
    {
        return Err(BadMapping::new(
            "close.legs",
            "does not go without close.leg, nor that without it",
        ));
    }
    let acknowledgement = &file.acknowledgement;
    if acknowledgement
        .status
        .is_some_and(|status| !(200..300).contains(&status))
    {
        return Err(BadMapping::new("acknowledgement.status", "is not 200 to 299"));
    }
    if acknowledgement.body.is_some() != acknowledgement.content_type.is_some() {
        return Err(BadMapping::new(
            "acknowledgement.content-type",
            "does not go without a body, nor a body without it",
        ));
    }
    Ok(())
}

impl Carrier for Mapped {
    fn code(&self) -> &str {
        &self.file.code
    }

    fn name(&self) -> &str {
        &self.file.name
    }

    fn trust(&self, _keys: &Keys<'_>) -> Trust {
        if self.auth.proves_the_body(self.file.format) {
            Trust::Sender
        } else {
            Trust::PlacedCallsOnly
        }
    }

    fn verify(&self, request: &Request<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<(), Refusal> {
        self.auth.verify(request, self.file.format, keys, now)?;
        self.is_for_account(request, keys)
    }

    fn read(&self, request: &Request<'_>, keys: &Keys<'_>) -> Result<Reading, Unreadable> {
        let format = self.file.format;
        let essence = request.headers.content_type();
        let accepted = if self.file.content_types.is_empty() {
            format.accepts(&essence)
        } else {
            self.file.content_types.contains(&essence)
        };
        if !accepted && !essence.is_empty() {
            return Err(Unreadable::ContentType {
                expected: format.expected(),
            });
        }
        let document = format.document(request)?;
        let readers = self.items(&document)?.into_iter().map(|item| Reader {
            file: &self.file,
            clock: &self.clock,
            settings: keys.settings,
            item,
            known: Known::default(),
        });
        Reading::of_parts(readers.map(|reader| reader.heard()))
    }

    fn acknowledgement(&self) -> Answer {
        let acknowledgement = &self.file.acknowledgement;
        let answer = match (&acknowledgement.content_type, &acknowledgement.body) {
            (Some(content_type), Some(body)) => Answer::document(content_type.clone(), body.clone()),
            _ => Answer::empty(),
        };
        Answer {
            status: acknowledgement.status.unwrap_or(answer.status),
            ..answer
        }
    }

    fn ability(&self) -> Option<Ability> {
        self.asking.as_ref().map(|asking| asking.ability(&self.file))
    }

    fn longest(&self, limit_seconds: u64) -> u64 {
        let longest = |asking: &Asking| asking.longest(&self.file, limit_seconds);
        self.asking.as_ref().map_or(limit_seconds, longest)
    }

    fn place(&self, call: &NewCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
        let asking = self.asking.as_ref().ok_or(CannotAsk::NoWay)?;
        asking.place(&self.file, call, keys, now)
    }

    fn placed(&self, answer: &Answered<'_>) -> Placing {
        asking::placed(&self.file, answer)
    }

    fn inquire(
        &self,
        placed: &PlacedCall<'_>,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<Vec<Ask>, CannotAsk> {
        let asking = self.asking.as_ref().ok_or(CannotAsk::NoWay)?;
        Ok(vec![asking.inquire(placed, keys, now)?])
    }

    fn inquired(
        &self,
        placed: &PlacedCall<'_>,
        _which: usize,
        answer: &Answered<'_>,
    ) -> Result<Inquired, Unreadable> {
        if let Some(inquired) = asking::of_status(&self.file, answer.status) {
            return Ok(inquired);
        }
        let said = Said::read(&self.file, answer)?;
        match asking::without_events(&self.file, answer.status, &said) {
            Some(inquired) => Ok(inquired),
            None => self.told(placed, &said.document).map(Inquired::Events),
        }
    }

    fn hang_up(&self, placed: &PlacedCall<'_>, keys: &Keys<'_>, now: Timestamp) -> Result<Ask, CannotAsk> {
        let asking = self.asking.as_ref().ok_or(CannotAsk::NoWay)?;
        asking.hang_up(placed, keys, now)
    }

    fn hung_up(&self, answer: &Answered<'_>) -> HungUp {
        asking::hung_up(&self.file, answer)
    }

    fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        self.fetching
            .as_ref()
            .map(|fetching| fetching.places(keys))
            .unwrap_or_default()
    }

    fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Source, CannotFetch> {
        let fetching = self.fetching.as_ref().ok_or(CannotFetch::NoWay)?;
        fetching.recording(kept, keys).map(Source::Http)
    }

    fn delete(&self, kept: &Kept<'_>, keys: &Keys<'_>, _now: Timestamp) -> Result<Fetch, CannotFetch> {
        let fetching = self.fetching.as_ref().ok_or(CannotFetch::NoDelete)?;
        fetching.delete(kept, keys)
    }
}
