//! What somebody asks for: the body of `POST /calls`, read field by field, so that every mistake is named at once and no
//! value is repeated.

use std::collections::BTreeMap;
use std::fmt;

use ringback_api::{BadBody, FieldProblem, Problem, ProblemType, Request};
use ringback_calls::{Announcement, Number};
use ringback_placing::{BadNumber, dialled};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use crate::problems;

/// Bodies are no larger, in bytes.
const LARGEST_BODY: usize = 16 * 1024;
/// Every field that there is.
const FIELDS: [&str; 14] = [
    "agent",
    "customer",
    "user",
    "carrier",
    "line",
    "businessRef",
    "businessData",
    "mainNumber",
    "extension",
    "announcement",
    "callerIds",
    "maxSeconds",
    "record",
    "mask",
];
/// More texts of business data, or longer ones in all, are refused.
const MOST_DATA: usize = 20;
const LONGEST_DATA: usize = 2048;
/// The shortest limit of a conversation that may be asked for, in seconds.
const SHORTEST: u64 = 10;
/// The longest that any policy may allow, in seconds.
const LONGEST: u64 = 14_400;

/// The call that somebody asks for. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Wish {
    /// The agent's number: leg A.
    pub(crate) agent: Number,
    /// The customer's number: leg B.
    pub(crate) customer: Number,
    /// The agent's id.
    pub(crate) user: Option<String>,
    /// The code of the only carrier that may be asked.
    pub(crate) carrier: Option<String>,
    /// The line.
    pub(crate) line: Option<String>,
    pub(crate) business_ref: Option<String>,
    pub(crate) business_data: BTreeMap<String, String>,
    pub(crate) main_number: Option<Number>,
    pub(crate) extension: Option<String>,
    pub(crate) announcement: Option<Announcement>,
    /// The number that the agent shall see.
    pub(crate) agent_shown: Option<Number>,
    /// The number that the customer shall see.
    pub(crate) customer_shown: Option<Number>,
    /// The longest conversation, in seconds.
    pub(crate) max_seconds: Option<u64>,
    pub(crate) record: bool,
}

/// Reads an object's fields, and remembers what is wrong with them.
struct Reader<'a> {
    fields: &'a Map<String, Value>,
    problems: Vec<FieldProblem>,
}

impl Wish {
    /// Reads the body of a request.
    pub(crate) fn read(request: &Request<'_>) -> Result<Self, Problem> {
        let body = match request.json(LARGEST_BODY) {
            Ok(Some(body)) => body,
            Ok(None) => return Err(Problem::invalid("body", "is missing")),
            Err(BadBody::TooLarge(_)) => {
                let detail = "The body is larger than 16 KB.";
                return Err(Problem::new(&problems::TOO_LARGE, detail));
            }
            Err(problem) => return Err(Problem::invalid("body", problem.to_string())),
        };
        let Value::Object(fields) = &body else {
            return Err(Problem::invalid("body", "must be an object"));
        };
        let mut reader = Reader {
            fields,
            problems: Vec::new(),
        };
        let wish = reader.wish();
        let problems = reader.problems;
        match (wish, problems.first()) {
            (Some(wish), None) => Ok(wish),
            (_, first) => {
                let first =
                    first.map_or_else(String::new, |first| format!("{} {}.", first.path, first.message));
                Err(Problem {
                    fields: problems,
                    ..Problem::new(&ProblemType::INVALID, first)
                })
            }
        }
    }

    /// A digest by which the same wish is known again, however its body was written.
    pub(crate) fn fingerprint(&self) -> String {
        // Fields stand in the order of the type, and names of data in that of the alphabet.
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        hex(&Sha256::digest(canonical))
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Reader<'_> {
    fn wish(&mut self) -> Option<Wish> {
        if self.fields.keys().any(|name| !FIELDS.contains(&name.as_str())) {
            self.wrong("body", "has a field that is not known; the README lists them");
        }
        let mask = self.fields.get("mask").filter(|mask| !mask.is_null());
        if mask.is_some_and(|mask| *mask != Value::Bool(true)) {
            let message = "must be true: agent and customer only ever see one of the account's own numbers";
            self.wrong("mask", message);
        }
        let (agent_shown, customer_shown) = self.caller_ids();
        let (agent, customer) = (self.number("agent"), self.number("customer"));
        for (field, number) in [("agent", &agent), ("customer", &customer)] {
            if number.is_none() && self.value(field).is_none() {
                self.wrong(field, "is missing");
            }
        }
        if agent.is_some() && agent == customer {
            self.wrong("customer", "must be another number than the agent's");
        }
        let plain = |text: &str| !text.chars().any(char::is_control);
        let wish = Wish {
            agent: agent.or_else(nobody)?,
            customer: customer.or_else(nobody)?,
            user: self.text("user", 128, "must be 1 to 128 characters", plain),
            carrier: self.text("carrier", 2, CODE, is_code),
            line: self.text("line", 64, LINE, is_line),
            business_ref: self.text("businessRef", 256, "must be 1 to 256 characters", plain),
            business_data: self.business_data(),
            main_number: self.number("mainNumber"),
            extension: self.text("extension", 20, EXTENSION, is_extension),
            announcement: self.announcement(),
            agent_shown,
            customer_shown,
            max_seconds: self.max_seconds(),
            record: self.record(),
        };
        Some(wish)
    }

    fn wrong(&mut self, path: &'static str, message: &'static str) {
        let message = message.into();
        self.problems.push(FieldProblem { path, message });
    }

    /// A field's value; `null` counts as none.
    fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn number(&mut self, field: &'static str) -> Option<Number> {
        let number = number(self.value(field)?);
        number.map_err(|message| self.wrong(field, message)).ok()
    }

    fn text(
        &mut self,
        field: &'static str,
        longest: usize,
        expected: &'static str,
        is_good: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let text = self.value(field)?.as_str();
        let good = text.filter(|text| (1..=longest).contains(&text.chars().count()) && is_good(text));
        let good = good.map(str::to_owned);
        if good.is_none() {
            self.wrong(field, expected);
        }
        good
    }

    fn caller_ids(&mut self) -> (Option<Number>, Option<Number>) {
        let Some(given) = self.value("callerIds").cloned() else {
            return (None, None);
        };
        let known = |fields: &&Map<String, Value>| {
            let mut names = fields.keys();
            names.all(|name| matches!(name.as_str(), "agent" | "customer"))
        };
        let Some(fields) = given.as_object().filter(known) else {
            self.wrong("callerIds", "must be an object with agent, customer or both");
            return (None, None);
        };
        let mut one = |name: &str, path: &'static str| {
            let given = fields.get(name).filter(|given| !given.is_null())?;
            number(given).map_err(|message| self.wrong(path, message)).ok()
        };
        (
            one("agent", "callerIds.agent"),
            one("customer", "callerIds.customer"),
        )
    }

    fn business_data(&mut self) -> BTreeMap<String, String> {
        let Some(given) = self.value("businessData") else {
            return BTreeMap::new();
        };
        let texts = given.as_object().and_then(|given| {
            let texts = given.iter().map(|(name, value)| {
                let value = value.as_str()?.to_owned();
                (!name.is_empty()).then(|| (name.clone(), value))
            });
            texts.collect::<Option<BTreeMap<_, _>>>()
        });
        let length = |texts: &BTreeMap<String, String>| -> usize {
            texts.iter().map(|(name, value)| name.len() + value.len()).sum()
        };
        let fits = |texts: &BTreeMap<_, _>| texts.len() <= MOST_DATA && length(texts) <= LONGEST_DATA;
        texts.filter(fits).unwrap_or_else(|| {
            let message = "must be an object of at most 20 texts with names, 2048 bytes in all";
            self.wrong("businessData", message);
            BTreeMap::new()
        })
    }

    fn announcement(&mut self) -> Option<Announcement> {
        let given = self.value("announcement")?;
        let only = |name: &str| {
            let fields = given.as_object().filter(|fields| fields.len() == 1)?;
            fields.get(name)?.as_str()
        };
        let found = match (only("url"), only("text")) {
            (Some(url), _) => audio_url(url).map(Announcement::Url),
            (_, Some(text)) => is_speech(text).then(|| Announcement::Text(text.to_owned())),
            _ => None,
        };
        if found.is_none() {
            let message = "must be {\"url\": …}, an https URL of at most 1024 characters, or {\"text\": …}, 1 to 500 characters";
            self.wrong("announcement", message);
        }
        found
    }

    fn max_seconds(&mut self) -> Option<u64> {
        let seconds = self.value("maxSeconds")?.as_u64();
        let good = seconds.filter(|seconds| (SHORTEST..=LONGEST).contains(seconds));
        if good.is_none() {
            self.wrong("maxSeconds", "must be a whole number of seconds from 10 to 14400");
        }
        good
    }

    fn record(&mut self) -> bool {
        match self.value("record") {
            None => false,
            Some(Value::Bool(record)) => *record,
            Some(_) => {
                self.wrong("record", "must be true or false");
                false
            }
        }
    }
}

const CODE: &str = "must be a carrier's code: two lower-case letters or digits, such as tw";
const LINE: &str = "must be 1 to 64 letters, digits, -, _ and .";
const EXTENSION: &str = "must be 1 to 20 digits, letters, *, # and -";

/// Stands in for a number that is missing, so that the fields after it are read too. What is wrong has been said.
fn nobody() -> Option<Number> {
    Number::raw("-")
}

fn number(value: &Value) -> Result<Number, &'static str> {
    let text = value.as_str().unwrap_or_default();
    dialled(text).map_err(BadNumber::message)
}

fn is_code(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() == 2 && text.bytes().all(letter)
}

fn is_line(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().all(letter)
}

fn is_extension(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'#' | b'-');
    text.bytes().all(letter)
}

/// The URL as the standard writes it, with everything escaped that has to be.
fn audio_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let nobody = url.username().is_empty() && url.password().is_none();
    let good = url.scheme() == "https" && url.domain().is_some() && nobody;
    (good && url.as_str().len() <= 1024).then(|| url.into())
}

fn is_speech(text: &str) -> bool {
    (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wish").finish_non_exhaustive()
    }
}
