//! How calls and legs end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two legs of a call. A is the leg that stands first: the agent of a callback, the caller of an inbound
/// call. B is the one that A is put through to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// The first leg.
    A,
    /// The second leg.
    B,
}

/// Of what kind an ending is, whichever leg it happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Somebody hung up after talking, or after having been heard.
    Ok,
    /// The line was cleared, and the carrier does not say whether after an answer: [`Class::Ok`] on a leg that was
    /// answered, [`Class::Unreachable`] on one that was not. The fold decides, for it knows.
    Cleared,
    /// Busy, or refused at the telephone: mobile networks report both alike.
    Busy,
    /// Not answered, switched off, out of service, invalid, barred.
    Unreachable,
    /// The longest allowed duration was reached.
    MaxDuration,
    /// The carrier failed: an internal error, no capacity, no funds, a wrong configuration.
    Server,
    /// The network failed: no route, congestion, a time-out towards the next carrier.
    Network,
    /// Anything else, and words nobody knows.
    Other,
}

impl Class {
    /// What a SIP status code means (RFC 3261, section 21).
    pub fn of_sip(status: u16) -> Self {
        match status {
            200..=299 => Self::Ok,
            486 | 600 | 603 => Self::Busy,
            404 | 408 | 410 | 480 | 484 | 487 | 604 => Self::Unreachable,
            503 | 504 => Self::Network,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }

    /// What a cause value of ITU-T Q.850 means. That 21, "call rejected", is busy follows the same policy as SIP 603.
    pub fn of_q850(cause: u16) -> Self {
        match cause {
            0 | 16 | 31 => Self::Ok,
            17 | 21 => Self::Busy,
            1 | 2 | 3 | 18 | 19 | 20 | 22 | 27 | 28 => Self::Unreachable,
            34 | 38 | 41 | 42 => Self::Network,
            47 | 63 => Self::Server,
            _ => Self::Other,
        }
    }

    /// The close cause of a call that ended like this on that leg.
    pub fn on(self, leg: Leg) -> CloseCause {
        match (self, leg) {
            (Self::Ok | Self::Cleared, _) => CloseCause::Normal,
            (Self::Unreachable, Leg::A) => CloseCause::AUnreachable,
            (Self::Unreachable, Leg::B) => CloseCause::BUnreachable,
            (Self::Busy, Leg::A) => CloseCause::ABusy,
            (Self::Busy, Leg::B) => CloseCause::BBusy,
            (Self::MaxDuration, _) => CloseCause::MaxDuration,
            (Self::Server, _) => CloseCause::ServerError,
            (Self::Network, _) => CloseCause::NetworkError,
            (Self::Other, _) => CloseCause::Other,
        }
    }
}

/// Why a call ended, as one number whatever the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", from = "u8")]
pub enum CloseCause {
    /// 0: normal.
    Normal,
    /// 1: A could not be reached.
    AUnreachable,
    /// 2: B could not be reached.
    BUnreachable,
    /// 3: A was busy.
    ABusy,
    /// 4: B was busy.
    BBusy,
    /// 5: the longest duration was reached.
    MaxDuration,
    /// 6: an error of the carrier.
    ServerError,
    /// 7: an error of the network.
    NetworkError,
    /// 255: another, or unknown.
    Other,
}

impl CloseCause {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Normal,
        Self::AUnreachable,
        Self::BUnreachable,
        Self::ABusy,
        Self::BBusy,
        Self::MaxDuration,
        Self::ServerError,
        Self::NetworkError,
        Self::Other,
    ];

    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::AUnreachable => 1,
            Self::BUnreachable => 2,
            Self::ABusy => 3,
            Self::BBusy => 4,
            Self::MaxDuration => 5,
            Self::ServerError => 6,
            Self::NetworkError => 7,
            Self::Other => 255,
        }
    }

    /// The kind of ending, and the leg where the number tells.
    pub fn parts(self) -> (Class, Option<Leg>) {
        match self {
            Self::Normal => (Class::Ok, None),
            Self::AUnreachable => (Class::Unreachable, Some(Leg::A)),
            Self::BUnreachable => (Class::Unreachable, Some(Leg::B)),
            Self::ABusy => (Class::Busy, Some(Leg::A)),
            Self::BBusy => (Class::Busy, Some(Leg::B)),
            Self::MaxDuration => (Class::MaxDuration, None),
            Self::ServerError => (Class::Server, None),
            Self::NetworkError => (Class::Network, None),
            Self::Other => (Class::Other, None),
        }
    }
}

impl From<CloseCause> for u8 {
    fn from(cause: CloseCause) -> Self {
        cause.number()
    }
}

/// Numbers without a meaning are [`CloseCause::Other`].
impl From<u8> for CloseCause {
    fn from(number: u8) -> Self {
        Self::ALL
            .into_iter()
            .find(|cause| cause.number() == number)
            .unwrap_or(Self::Other)
    }
}

impl fmt::Display for CloseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// An ending: what it means, and the carrier's own words for it, because tables of causes need correction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// What it means.
    pub class: Class,
    /// The carrier's word, `no-answer`; at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The carrier's code, `3010`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The SIP status code behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip: Option<u16>,
}

impl Cause {
    /// An ending of which only the meaning is known.
    pub fn of(class: Class) -> Self {
        Self {
            class,
            word: None,
            code: None,
            sip: None,
        }
    }

    /// An ending for which the carrier has a word; cut to 100 characters.
    pub fn said(class: Class, word: &str) -> Self {
        Self {
            word: Some(word.chars().take(100).collect()),
            ..Self::of(class)
        }
    }
}
