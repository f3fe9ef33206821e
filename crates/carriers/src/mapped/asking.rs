//! How a described carrier is asked for calls, about them, and to end them.

pub(super) mod file;
mod request;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use ringback_calls::Announcement;
use serde_json::Value;

use self::file::{AnswerFormat, Numbers};
use self::request::{Api, Request, Values};
use crate::mapped::BadMapping;
use crate::mapped::document::Item;
use crate::mapped::file::File;
use crate::national::national;
use crate::placing::{
    Ability, Accepted, Answered, Ask, CannotAsk, Fault, HungUp, Inquired, Inquiry, NewCall, PlacedCall,
    Placing, Refusing, Second,
};
use crate::reading::Unreadable;
use crate::settings::Keys;
use crate::xml;

/// What a request for a call may name. The first three must be there.
const OF_NEW_CALL: [&str; 13] = [
    "agent",
    "customer",
    "call",
    "agent-shown",
    "customer-shown",
    "agent-ring-seconds",
    "ring-seconds",
    "limit-seconds",
    "limit-minutes",
    "record",
    "events-url",
    ANNOUNCEMENT_URL,
    ANNOUNCEMENT_TEXT,
];
const ANNOUNCEMENT_URL: &str = "announcement-url";
const ANNOUNCEMENT_TEXT: &str = "announcement-text";

/// What a request about a call may name.
const OF_PLACED_CALL: [&str; 2] = ["call", CARRIER_CALL];
const CARRIER_CALL: &str = "carrier-call";

/// What a description says of it.
#[derive(Debug)]
pub(super) struct Asking {
    api: Api,
    place: Request,
    names: Vec<String>,
    inquire: Option<(Request, Inquiry)>,
    hang_up: Option<Request>,
}

impl Asking {
    /// Reads the description; none where it says nothing of it.
    pub(super) fn of(file: &File) -> Result<Option<Self>, BadMapping> {
        let Some(place) = &file.place else {
            return match (&file.api, &file.inquire, &file.hang_up) {
                (None, None, None) => Ok(None),
                _ => Err(BadMapping::new(
                    "place",
                    "is missing, without which nothing else is asked",
                )),
            };
        };
        let none = file::Api::default();
        let of_api = file.api.as_ref().unwrap_or(&none);
        let api = Api::of(of_api)?;
        let request = Request::of(
            "place",
            (place.method, &place.url, place.body.as_ref()),
            (of_api, &OF_NEW_CALL),
        )?;
        let names: Vec<_> = api.names(&request).into_iter().map(str::to_owned).collect();
        let has = |name: &str| names.iter().any(|known| known == name);
        // Without the numbers to show, the carrier would show others, and the agent's own perhaps.
        let needed = ["agent", "customer", "agent-shown", "customer-shown"];
        if let Some(missing) = needed.into_iter().find(|name| !has(name)) {
            return Err(BadMapping::new("place", format!("does not name {{{missing}}}")));
        }
        if !has("limit-seconds") && !has("limit-minutes") {
            let problem = "names neither {limit-seconds} nor {limit-minutes}: no call would have an end";
            return Err(BadMapping::new("place", problem));
        }
        if !has("call") && !has("events-url") {
            let problem = "names neither {call} nor {events-url}: no event would find its call";
            return Err(BadMapping::new("place", problem));
        }
        let answer = &of_api.answer;
        if let Some(code) = answer.refused.keys().find(|code| answer.good.contains(code)) {
            return Err(BadMapping::new(
                format!("api.answer.refused.{code}"),
                "is a good code",
            ));
        }
        if answer.code.is_none() && !(answer.good.is_empty() && answer.refused.is_empty()) {
            return Err(BadMapping::new("api.answer.code", "is missing"));
        }
        if answer.code.is_some() && answer.good.is_empty() {
            return Err(BadMapping::new("api.answer.good", "is missing"));
        }
        let about = |section, method, url: &str, body| {
            Request::of(section, (method, url, body), (of_api, &OF_PLACED_CALL))
        };
        let inquire = file.inquire.as_ref().map(|inquire| {
            let request = about("inquire", inquire.method, &inquire.url, inquire.body.as_ref())?;
            let names = api.names(&request);
            let by = match (names.contains(&CARRIER_CALL), names.contains(&"call")) {
                (true, _) => Inquiry::ById,
                (false, true) => Inquiry::ByReference,
                (false, false) => {
                    let problem = "names neither {carrier-call} nor {call}";
                    return Err(BadMapping::new("inquire", problem));
                }
            };
            if let Some(name) = &inquire.name
                && !file.events.map.contains_key(name)
            {
                return Err(BadMapping::new("inquire.as", "is no name of events.map"));
            }
            Ok((request, by))
        });
        let hang_up = file
            .hang_up
            .as_ref()
            .map(|hang_up| about("hang-up", hang_up.method, &hang_up.url, hang_up.body.as_ref()));
        Ok(Some(Self {
            inquire: inquire.transpose()?,
            hang_up: hang_up.transpose()?,
            api,
            place: request,
            names,
        }))
    }

    fn names(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    pub(super) fn ability(&self, file: &File) -> Ability {
        let (inquire, place) = (file.inquire.as_ref(), file.place.as_ref());
        Ability {
            // The code is the file's, and no constant.
            carrier: "described",
            inquiry: self.inquire.as_ref().map_or(Inquiry::EventsOnly, |(_, by)| *by),
            inquiries_per_minute: inquire.map_or(0, |inquire| inquire.per_minute),
            remembers: Duration::from_secs(inquire.map_or(0, |inquire| inquire.remembers_hours * 3600)),
            second: Second::Placed,
            longest_ring: None,
            hangs_up: self.hang_up.is_some(),
            ignores_repeats: None,
            calls_per_second: place.map_or(1, |place| place.calls_per_second),
        }
    }

    /// Whole minutes where it is told those, no more than were asked for but one at least.
    pub(super) fn longest(&self, file: &File, limit_seconds: u64) -> u64 {
        let most = file.place.as_ref().and_then(|place| place.longest_seconds);
        let limit = most.map_or(limit_seconds, |most| limit_seconds.min(most));
        if self.names("limit-minutes") {
            (limit / 60).max(1) * 60
        } else {
            limit
        }
    }

    pub(super) fn place(
        &self,
        file: &File,
        call: &NewCall<'_>,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        let second = &call.second;
        let (url, text) = match second.announcement {
            None => (None, None),
            Some(Announcement::Url(url)) if self.names(ANNOUNCEMENT_URL) => (Some(url.clone()), None),
            Some(Announcement::Text(text)) if self.names(ANNOUNCEMENT_TEXT) => (None, Some(text.clone())),
            Some(Announcement::Url(_)) => return Err(CannotAsk::Unfit("an announcement as a URL")),
            Some(Announcement::Text(_)) => return Err(CannotAsk::Unfit("an announcement as text")),
        };
        if second.record && !self.names("record") {
            return Err(CannotAsk::Unfit("a recording"));
        }
        let record = file.place.as_ref().map(|place| {
            let words = &place.record;
            if second.record {
                words.yes.clone()
            } else {
                words.no.clone()
            }
        });
        let number = |number: &str| Some(written(file, number, keys));
        let limit = self.longest(file, second.limit_seconds);
        let values = Values {
            known: vec![
                ("agent", number(call.agent)),
                ("customer", number(second.number)),
                ("call", Some(call.call.as_str().to_owned())),
                ("agent-shown", number(call.agent_shown)),
                ("customer-shown", number(second.shown)),
                ("agent-ring-seconds", Some(call.agent_ring_seconds.to_string())),
                ("ring-seconds", Some(second.ring_seconds.to_string())),
                ("limit-seconds", Some(limit.to_string())),
                ("limit-minutes", Some((limit / 60).max(1).to_string())),
                ("record", record),
                ("events-url", Some(second.events_url.to_owned())),
                (ANNOUNCEMENT_URL, url),
                (ANNOUNCEMENT_TEXT, text),
            ],
            keys,
            now,
            call: call.call.as_str(),
        };
        self.api.ask(&self.place, &values)
    }

    pub(super) fn inquire(
        &self,
        placed: &PlacedCall<'_>,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        let (request, _) = self.inquire.as_ref().ok_or(CannotAsk::NoWay)?;
        self.about(request, placed, keys, now)
    }

    pub(super) fn hang_up(
        &self,
        placed: &PlacedCall<'_>,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        let request = self.hang_up.as_ref().ok_or(CannotAsk::NoWay)?;
        self.about(request, placed, keys, now)
    }

    fn about(
        &self,
        request: &Request,
        placed: &PlacedCall<'_>,
        keys: &Keys<'_>,
        now: Timestamp,
    ) -> Result<Ask, CannotAsk> {
        let id = match self.api.names(request).contains(&CARRIER_CALL) {
            true => Some(placed.known_id()?.to_owned()),
            false => None,
        };
        let call = placed.call.as_str();
        let values = Values {
            known: vec![("call", Some(call.to_owned())), (CARRIER_CALL, id)],
            keys,
            now,
            call,
        };
        self.api.ask(request, &values)
    }
}

fn written(file: &File, number: &str, keys: &Keys<'_>) -> String {
    let numbers = file.api.as_ref().map(|api| api.numbers).unwrap_or_default();
    let code = keys.settings.get("countryCode").or(file.country_code.as_deref());
    match (numbers, code) {
        (Numbers::E164, _) => number.to_owned(),
        (Numbers::National, Some(code)) => national(number, code),
        (Numbers::Digits | Numbers::National, _) => number.trim_start_matches('+').to_owned(),
    }
}

/// An answer, as far as all of a carrier's are alike.
pub(super) struct Said {
    pub(super) document: Value,
    code: Option<String>,
    good: bool,
}

impl Said {
    /// Reads an answer.
    ///
    /// # Errors
    /// When it is no JSON, or XML.
    pub(super) fn read(file: &File, answer: &Answered<'_>) -> Result<Self, Unreadable> {
        let described = file.api.as_ref().map(|api| &api.answer);
        let document = match described.map(|answer| answer.format).unwrap_or_default() {
            AnswerFormat::Json => answer.json()?,
            AnswerFormat::Xml => xml::read(answer.body)?,
        };
        let path = described.and_then(|answer| answer.code.as_ref());
        let item = Item {
            value: &document,
            absent: &file.absent,
        };
        let code = item.maybe(path)?;
        let listed = |code: &String| described.is_some_and(|answer| answer.good.contains(code));
        let good = path.is_none() || code.as_ref().is_some_and(listed);
        Ok(Self {
            code,
            good: good && (200..300).contains(&answer.status),
            document,
        })
    }

    /// Why the carrier refused, where it did.
    fn refusing(&self, file: &File) -> Option<Refusing> {
        let (api, code) = (file.api.as_ref()?, self.code.as_deref()?);
        let fault = fault_of(&api.answer.refused, code)?;
        Some(Refusing::new(fault, code))
    }
}

pub(super) fn placed(file: &File, answer: &Answered<'_>) -> Placing {
    let (Some(place), Ok(said)) = (&file.place, Said::read(file, answer)) else {
        return Placing::of_status(answer.status);
    };
    let item = Item {
        value: &said.document,
        absent: &file.absent,
    };
    if said.good {
        return match item.text(&place.call) {
            Ok(Some(id)) => Placing::Accepted(Accepted {
                carrier_call_id: Some(id),
                ..Accepted::default()
            }),
            _ => Placing::Unsure,
        };
    }
    match (answer.status, said.refusing(file), said.code) {
        (200..300 | 400..500, Some(refusing), _) => Placing::Refused(refusing),
        // A code that the file does not list is not known to mean that nobody is called, whatever the status is.
        (_, _, Some(_)) => Placing::Unsure,
        (status, _, None) => Placing::of_status(status),
    }
}

/// The code itself, or the longest beginning that it has.
fn fault_of(refused: &BTreeMap<String, file::Fault>, code: &str) -> Option<Fault> {
    let beginning = |(known, fault): (&String, &file::Fault)| {
        let beginning = known.strip_suffix('*')?;
        code.starts_with(beginning).then_some((beginning.len(), *fault))
    };
    let longest = || {
        refused
            .iter()
            .filter_map(beginning)
            .max_by_key(|(length, _)| *length)
    };
    let fault = refused
        .get(code)
        .copied()
        .or_else(|| longest().map(|(_, fault)| fault))?;
    Some(match fault {
        file::Fault::Carrier => Fault::Carrier,
        file::Fault::Account => Fault::Account,
        file::Fault::Call => Fault::Call,
    })
}

/// What an answer about a call says before its events are read; none where they are to be read.
pub(super) fn without_events(file: &File, status: u16, said: &Said) -> Option<Inquired> {
    let inquire = file.inquire.as_ref()?;
    if said.good && (200..300).contains(&status) {
        return None;
    }
    let unknown = said
        .code
        .as_ref()
        .is_some_and(|code| inquire.no_such_call.contains(code));
    Some(if unknown {
        Inquired::NoSuchCall
    } else {
        Inquired::NotNow
    })
}

/// What a status that is no success says. Only of a resource's own URL does 404 speak of the call.
pub(super) fn of_status(file: &File, status: u16) -> Option<Inquired> {
    let said = Inquired::of_status(status)?;
    let gets = file
        .inquire
        .as_ref()
        .is_some_and(|inquire| inquire.method == file::Method::Get);
    Some(if gets { said } else { Inquired::NotNow })
}

pub(super) fn hung_up(file: &File, answer: &Answered<'_>) -> HungUp {
    let has_code = file.api.as_ref().is_some_and(|api| api.answer.code.is_some());
    if !has_code {
        return HungUp::of_status(answer.status);
    }
    let over = file.hang_up.as_ref().map(|hang_up| hang_up.over.as_slice());
    let is_over = |code: &String| over.unwrap_or_default().contains(code);
    match Said::read(file, answer) {
        Ok(said) if said.good => HungUp::Done,
        Ok(said) if said.code.as_ref().is_some_and(is_over) => HungUp::Over,
        Ok(said) if said.refusing(file).is_some() => HungUp::Refused,
        _ if (200..300).contains(&answer.status) => HungUp::Unsure,
        _ => HungUp::of_status(answer.status),
    }
}
