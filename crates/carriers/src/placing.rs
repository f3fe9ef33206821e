//! Calls that we place: how a carrier is asked for one, what it answers, how it is asked later what became of it, and how
//! it is told to end it. Nothing here sends anything.

use std::fmt;
use std::time::Duration;

use ringback_calls::{CallEvent, CallId, Leg};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::answer::SecondLeg;
use crate::reading::Unreadable;
use crate::recording::CannotFetch;

/// A call that a carrier is to place: the agent first, then the customer.
#[derive(Clone, Copy)]
pub struct NewCall<'a> {
    /// Our id of it, which the carrier shall give back wherever it can.
    pub call: &'a CallId,
    /// The agent's number, E.164: leg A.
    pub agent: &'a str,
    /// The number that the agent sees, E.164.
    pub agent_shown: &'a str,
    /// How long the agent's telephone may ring, in seconds.
    pub agent_ring_seconds: u64,
    /// The customer's leg. Its `events_url` is where all of the call's events go.
    pub second: SecondLeg<'a>,
}

/// A call that a carrier was asked for.
#[derive(Clone, Copy)]
pub struct PlacedCall<'a> {
    /// Our id of it.
    pub call: &'a CallId,
    /// The carrier's id of it, as far as it has told one.
    pub carrier_call_id: Option<&'a str>,
    /// The carrier's id of the agent's leg.
    pub leg_a: Option<&'a str>,
    /// The carrier's id of the customer's leg.
    pub leg_b: Option<&'a str>,
    /// The URL that the carrier gave for commands to this call.
    pub control: Option<&'a str>,
    /// The agent's number, E.164.
    pub agent: Option<&'a str>,
    /// The customer's number, E.164.
    pub customer: Option<&'a str>,
    /// When it was placed.
    pub placed_at: jiff::Timestamp,
    /// The limit of the conversation that the carrier was given, in seconds.
    pub limit_seconds: Option<u64>,
}

/// A request to a carrier. Its headers and its body may hold secrets and numbers, so `Debug` shows neither.
pub struct Ask {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`.
    pub method: &'static str,
    /// The URL.
    pub url: String,
    /// Names in lower case, and values; the content type of the body among them.
    pub headers: Vec<(&'static str, SecretString)>,
    /// The body.
    pub body: Option<SecretString>,
}

/// What a carrier answered. `Debug` shows the status alone.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body, as far as it was read: 64 KiB.
    pub body: &'a [u8],
}

/// Why a carrier cannot be asked. It says what is wrong, and never shows a number, a URL or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotAsk {
    /// This carrier does not do that, or not by a request.
    #[error("this carrier cannot be asked for that")]
    NoWay,
    /// It does not do this one thing that the call asks for: `an announcement as text`.
    #[error("this carrier does not take {0}")]
    Unfit(&'static str),
    /// What it would be asked by is not known: the carrier's id of the call.
    #[error("the carrier has not told {0}")]
    Unknown(&'static str),
    /// A setting of the account, or its API secret, is missing.
    #[error("the account lacks {0}")]
    Missing(&'static str),
    /// A setting of the account, or its API secret, is not what it must be.
    #[error("the account's {what} {problem}")]
    Wrong {
        /// `API secret`, or the setting's name.
        what: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// What became of a call that a carrier was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placing {
    /// The carrier places it.
    Accepted(Accepted),
    /// The carrier does not, has rung nobody and will not: another may be asked.
    Refused(Refusing),
    /// Nobody knows: another must not be asked.
    Unsure,
}

/// What the carrier told when it took a call on. `Debug` hides the URL for commands.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Its id of the call: what [`Reference::session`](crate::Reference) will be in its events.
    pub carrier_call_id: Option<String>,
    /// Its id of the agent's leg.
    pub leg_a: Option<String>,
    /// The URL for commands to this call.
    pub control: Option<String>,
}

/// Why a carrier refused a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusing {
    /// Whose fault it is.
    pub fault: Fault,
    /// The carrier's code or word, at most 40 letters, digits, `-`, `_` and `.`: never free text, which may hold a number.
    pub word: String,
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The carrier's, or our way to it: no capacity, too many requests, an error that says that nothing was done.
    Carrier,
    /// The account's: its credentials, its funds, its settings.
    Account,
    /// The call's: a number that the carrier does not take. Nothing is wrong with the carrier.
    Call,
}

/// By what a carrier can be asked about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inquiry {
    /// By its own id of the call: not before it has told one.
    ById,
    /// By its own id too, and it lists its calls to the agent's telephone, so that a call may be found whose id it never
    /// told: [`Carrier::list`](crate::Carrier::list).
    Listed,
    /// By our id too, so that a call can be found whose id the carrier never told.
    ByReference,
    /// By nothing: only its events tell.
    EventsOnly,
}

/// How the customer's leg comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// The carrier knows whom to call from the request that placed the call.
    Placed,
    /// Our answer to its question says it: [`Carrier::connect`](crate::Carrier::connect).
    Document,
    /// A request of ours: [`Carrier::second_leg`](crate::Carrier::second_leg).
    Command,
}

/// What a carrier can do for calls that we place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ability {
    /// The carrier's code.
    pub carrier: &'static str,
    /// By what it can be asked about a call.
    pub inquiry: Inquiry,
    /// How often it may be asked, per account and minute.
    pub inquiries_per_minute: u32,
    /// How long after a call it still knows it.
    pub remembers: Duration,
    /// How the customer's leg comes about.
    pub second: Second,
    /// How long any telephone may ring where the carrier is not told how long; none where it is.
    pub longest_ring: Option<Duration>,
    /// Whether a call can be ended.
    pub hangs_up: bool,
    /// For how long the same request again does nothing, by the id that we give it; none where it would ring again.
    pub ignores_repeats: Option<Duration>,
    /// How many calls a second an account may place where its setting `callsPerSecond` does not say.
    pub calls_per_second: u32,
}

const HOURS: u64 = 3600;
const DAYS: u64 = 24 * HOURS;

/// Every carrier that can place calls, and what it can do. Facts from the carriers' documentation, as the README lists them;
/// how long a carrier remembers and how many calls a second it takes is often the account's, so these are careful.
pub const ABILITIES: [Ability; 11] = [
    ability("tw", Inquiry::Listed, 60, 30 * DAYS, Second::Placed),
    ability("sw", Inquiry::Listed, 60, 30 * DAYS, Second::Placed),
    Ability {
        // Commands with the same `command_id` are ignored for a minute.
        ignores_repeats: Some(Duration::from_secs(50)),
        ..ability("tx", Inquiry::ById, 60, DAYS, Second::Command)
    },
    ability("vg", Inquiry::ById, 60, 30 * DAYS, Second::Placed),
    ability("pl", Inquiry::ById, 60, 30 * DAYS, Second::Document),
    // Fewer than ten queries a minute, within 48 hours.
    ability("e9", Inquiry::ById, 8, 47 * HOURS, Second::Placed),
    // VoiceCall has no request that asks for a call.
    ability("hw", Inquiry::EventsOnly, 0, 0, Second::Placed),
    // The history of sessions has the custom data in which our id is.
    ability("vx", Inquiry::ByReference, 60, 30 * DAYS, Second::Placed),
    ability("bw", Inquiry::Listed, 60, 30 * DAYS, Second::Document),
    Ability {
        // How long a leg may ring cannot be said, so it is what telephone networks allow.
        longest_ring: Some(Duration::from_secs(crate::sinch::LONGEST_RING)),
        ..ability("si", Inquiry::ById, 60, DAYS, Second::Command)
    },
    Ability {
        // The same ClientToken again answers with the same contact; two requests a second.
        ignores_repeats: Some(Duration::from_secs(7 * DAYS)),
        calls_per_second: 2,
        ..ability("ac", Inquiry::ByReference, 60, 30 * DAYS, Second::Placed)
    },
];

const fn ability(
    carrier: &'static str,
    inquiry: Inquiry,
    inquiries_per_minute: u32,
    remembers: u64,
    second: Second,
) -> Ability {
    Ability {
        carrier,
        inquiry,
        inquiries_per_minute,
        remembers: Duration::from_secs(remembers),
        second,
        longest_ring: None,
        hangs_up: true,
        ignores_repeats: None,
        calls_per_second: 1,
    }
}

/// What a carrier that is built in can do; none where it places no calls.
pub fn ability_of(carrier: &str) -> Option<Ability> {
    ABILITIES.into_iter().find(|ability| ability.carrier == carrier)
}

/// What a carrier said when it was asked about a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Inquired {
    /// What it knows, as events that may be known already; none where it says nothing new.
    Events(Vec<CallEvent>),
    /// It knows no such call. Of several requests all must say so: one leg may be unknown where another is not.
    NoSuchCall,
    /// It does not say for now: too many requests, or an error of its own.
    NotNow,
}

/// What a carrier said when it was told to end a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HungUp {
    /// It ends it.
    Done,
    /// It had ended, or the carrier does not know it any more.
    Over,
    /// It refuses.
    Refused,
    /// Nobody knows.
    Unsure,
}

impl Ask {
    /// A request without a body.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A request with a body of that content type.
    pub(crate) fn with_body(
        method: &'static str,
        url: impl Into<String>,
        content_type: &'static str,
        body: impl Into<String>,
    ) -> Self {
        Self {
            method,
            body: Some(SecretString::from(body.into())),
            ..Self::get(url)
        }
        .with("content-type", content_type)
    }

    /// With a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, SecretString::from(value.into())));
        self
    }
}

impl<'a> PlacedCall<'a> {
    /// The carrier's id of it, for carriers that call it by the agent's leg.
    ///
    /// # Errors
    /// When it has not told one.
    pub(crate) fn known_id(&self) -> Result<&'a str, CannotAsk> {
        self.carrier_call_id
            .or(self.leg_a)
            .ok_or(CannotAsk::Unknown("its id of the call"))
    }

    /// The legs whose ids are known, the agent's first, for carriers to which each leg is a call.
    pub(crate) fn legs(&self) -> impl Iterator<Item = (Leg, &'a str)> + use<'a> {
        let both = [(Leg::A, self.leg_a), (Leg::B, self.leg_b)];
        both.into_iter().filter_map(|(leg, id)| Some((leg, id?)))
    }
}

impl Answered<'_> {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none of that shape.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        serde_json::from_slice(self.body).map_err(|error| Unreadable::json(&error))
    }
}

impl Refusing {
    /// A refusal with the carrier's code or word. What is no such thing is a sentence perhaps, with a number in it, and
    /// becomes `unnamed`: the word is told and logged.
    pub fn new(fault: Fault, word: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let digits = word.split(|char: char| !char.is_ascii_digit());
        let longest = digits.map(str::len).max().unwrap_or_default();
        // No code has as many digits as a telephone number.
        let good = word.len() <= 40 && word.bytes().all(plain) && longest < 8;
        Self {
            fault,
            word: if good { word } else { "unnamed" }.to_owned(),
        }
    }
}

impl Placing {
    /// What an HTTP status means where the body says nothing better, for a request that places a call: a refusal where the
    /// status says that the request was not acted on, and everything else as unsure. 408, 409 and 424 may come after the
    /// call was begun; redirections and 5xx say nothing of it; 460 and 499 are a proxy's that lost patience, and what no
    /// standard knows means what a carrier likes.
    pub fn of_status(status: u16) -> Self {
        let fault = match status {
            429 => Fault::Carrier,
            401..=403 | 405 | 407 | 415 => Fault::Account,
            400 | 404 | 406 | 410..=414 | 416 | 417 | 421 | 422 | 426 | 428 | 431 | 451 => Fault::Call,
            _ => return Self::Unsure,
        };
        Self::Refused(Refusing::new(fault, &status.to_string()))
    }
}

impl Inquired {
    /// What an HTTP status that is no success means where a call is asked about; none where the body must be read.
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            404 | 410 => Some(Self::NoSuchCall),
            _ => Some(Self::NotNow),
        }
    }

    /// What was found where legs were looked for.
    pub(crate) fn found(events: Vec<CallEvent>) -> Self {
        if events.is_empty() {
            Self::NoSuchCall
        } else {
            Self::Events(events)
        }
    }
}

impl HungUp {
    /// What an HTTP status means where a call is to be ended.
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Done,
            404 | 409 | 410 => Self::Over,
            400..=499 => Self::Refused,
            _ => Self::Unsure,
        }
    }
}

impl CannotAsk {
    /// The word by which it is counted and told.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoWay => "no-way",
            Self::Unfit(_) => "unfit",
            Self::Unknown(_) => "id-unknown",
            Self::Missing(_) => "setting-missing",
            Self::Wrong { .. } => "setting-wrong",
        }
    }
}

/// The helpers that read secrets and settings for recordings are used here too.
impl From<CannotFetch> for CannotAsk {
    fn from(problem: CannotFetch) -> Self {
        match problem {
            CannotFetch::Missing(what) => Self::Missing(what),
            CannotFetch::Wrong { what, problem } => Self::Wrong { what, problem },
            _ => Self::NoWay,
        }
    }
}

impl fmt::Debug for NewCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCall")
            .field("call", &self.call)
            .field("second", &self.second)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PlacedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlacedCall")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Ask")
            .field("method", &self.method)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted")
            .field("carrier_call_id", &self.carrier_call_id)
            .field("leg_a", &self.leg_a)
            .finish_non_exhaustive()
    }
}
