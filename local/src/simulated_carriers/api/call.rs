//! A call at a simulated carrier.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::fault::CarrierFault;

/// How fast calls go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From one thing that happens to the next.
    pub step: Duration,
    /// How long the two talk.
    pub talk: Duration,
    /// How long an agent listens to nothing before they hang up.
    pub hold: Duration,
}

impl Default for Pace {
    /// As fast as tests like it.
    fn default() -> Self {
        Self {
            step: Duration::from_millis(3),
            talk: Duration::from_millis(10),
            hold: Duration::from_secs(5),
        }
    }
}

impl Pace {
    /// As one can watch it.
    pub fn to_watch() -> Self {
        Self {
            step: Duration::from_millis(700),
            talk: Duration::from_secs(6),
            hold: Duration::from_secs(20),
        }
    }
}

/// What somebody does whose telephone rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fate {
    /// They answer.
    #[default]
    Answers,
    /// They are talking to somebody else.
    Busy,
    /// They do not answer.
    NoAnswer,
    /// An agent answers, and hangs up while the customer's telephone rings. Where the two are calls of their own, that one
    /// rings until somebody ends it.
    HangsUpEarly,
}

/// Whose telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The agent's.
    Agent,
    /// The customer's.
    Customer,
}

/// That a telephone was rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// The carrier's code.
    pub carrier: String,
    /// Our id of the call.
    pub call: String,
    /// Whose telephone.
    pub party: Party,
    /// Its number, E.164.
    pub number: String,
}

/// How a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody hung up after they had spoken, or the call as a whole is over.
    Over,
    Busy,
    NoAnswer,
    /// We told the carrier to end it before it was answered.
    Cancelled,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Leg {
    /// E.164.
    pub(super) number: String,
    /// E.164.
    pub(super) shown: String,
    /// What the carrier gives back with every event of this leg.
    pub(super) echo: String,
    /// Whether whoever wanted this leg wants what is said recorded.
    pub(super) recorded: bool,
    pub(super) dialled: Option<Timestamp>,
    pub(super) ringing: Option<Timestamp>,
    pub(super) answered: Option<Timestamp>,
    pub(super) ended: Option<(Timestamp, End)>,
}

impl Leg {
    /// How long it lasted from when it was answered, in seconds.
    pub(super) fn seconds(&self) -> u64 {
        let (Some(from), Some((to, _))) = (self.answered, self.ended) else {
            return 0;
        };
        u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default()
    }

    pub(super) fn is_up(&self) -> bool {
        self.dialled.is_some() && self.ended.is_none()
    }
}

/// What happens in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Dialled(Party),
    Ringing(Party),
    Answered(Party),
    Bridged,
    Ended(Party),
    /// What the carrier tells when all is over: its record, its price.
    Afterwards,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) carrier: &'static str,
    /// Counts the calls of all carriers, from 1; their ids are made of it.
    pub(super) number: u64,
    /// Our id of it.
    pub(super) ours: String,
    /// Where its events go; the public URL.
    pub(super) events_url: String,
    pub(super) agent: Leg,
    /// None while the carrier has not been told of it.
    pub(super) customer: Option<Leg>,
    /// What is wrong with how it is told of.
    pub(super) faults: Vec<CarrierFault>,
    /// What the webhook has been told of.
    pub(super) told: Vec<Moment>,
    /// That it is to end.
    pub(super) hang_up: bool,
    pub(super) over: bool,
    /// Says that something of it has changed: whoever waits for one call is not woken by all the others.
    pub(super) changed: watch::Sender<()>,
}

impl Call {
    pub(super) fn leg(&self, party: Party) -> Option<&Leg> {
        match party {
            Party::Agent => Some(&self.agent),
            Party::Customer => self.customer.as_ref(),
        }
    }

    pub(super) fn leg_mut(&mut self, party: Party) -> Option<&mut Leg> {
        match party {
            Party::Agent => Some(&mut self.agent),
            Party::Customer => self.customer.as_mut(),
        }
    }

    /// Whether there is a recording, once all is over.
    pub(super) fn is_recorded(&self) -> bool {
        let talked = |leg: &&Leg| leg.recorded && leg.seconds() > 0;
        self.customer.as_ref().filter(talked).is_some()
    }

    /// The number in the ids of a leg.
    pub(super) fn leg_number(&self, party: Party) -> u64 {
        self.number * 2
            + match party {
                Party::Agent => 0,
                Party::Customer => 1,
            }
    }

    /// The slug of the account, which the path of its URL has.
    pub(super) fn slug(&self) -> &str {
        crate::replay::account(&self.events_url)
    }
}

/// Our id of the call whose events go to that URL.
pub(super) fn ours(events_url: &str) -> Option<String> {
    let (_, rest) = events_url.rsplit_once("/calls/")?;
    Some(rest.strip_suffix("/events")?.to_owned())
}
