//! Which carrier account has a call that we placed, and what it knows of it.
//!
//! A call is asked for at several accounts only where one refuses. What one that refused has told, its ids above all, must
//! never be used at another: it would ask about, or end, somebody else's call.

use std::fmt;

use jiff::Timestamp;

use crate::cause::Leg;
use crate::event::{Entry, Kind};
use crate::facts::Hidden;
use crate::fold::fold;
use crate::id::CallId;
use crate::placed::Asked;
use crate::record::{CallRecord, LegRecord};

/// Amazon Connect, whose contacts' records are filed under the instance and not under the account.
const AMAZON_CONNECT: &str = "ac";

/// The carrier account that has a call. `Debug` hides the account and the URL for commands.
#[derive(Clone)]
pub struct Holder<'a> {
    /// The carrier's code.
    pub carrier: &'a str,
    /// The account's slug.
    pub account: &'a str,
    /// When it was asked for the call.
    pub asked_at: Timestamp,
    /// The call as this account and we ourselves tell it.
    pub view: CallRecord,
    /// The URL that the carrier gave for commands.
    pub control: Option<&'a str>,
    /// Whether the carrier itself has told anything of the call.
    pub told: bool,
}

impl<'a> Holder<'a> {
    /// The account that was asked last of those that have not refused. None where nobody was asked, or all have refused,
    /// or the call is none that we placed.
    pub fn of(call: &CallId, entries: &'a [Entry]) -> Option<Self> {
        // An account that refused and tells of the call all the same has it.
        let has_it = |asked: &&Entry| {
            let refused = |entry: &Entry| entry.event.kind == Kind::Refused;
            !of_same(asked, entries).any(refused) || is_told(asked, entries)
        };
        let asked = entries.iter().filter(|entry| entry.event.kind == Kind::Asked);
        let last = asked.filter(has_it).max_by_key(|asked| asked.received_at)?;
        Self::seen_by(call, last, entries)
    }

    /// That account, whether or not it has refused; none where it was not asked for the call.
    pub fn of_account(call: &CallId, entries: &'a [Entry], asked: Asked<'_>) -> Option<Self> {
        let id = asked.event_id();
        let asked = entries.iter().find(|entry| entry.event.id == id)?;
        Self::seen_by(call, asked, entries)
    }

    fn seen_by(call: &CallId, asked: &'a Entry, entries: &'a [Entry]) -> Option<Self> {
        let own = entries.iter().filter(|entry| entry.carrier == "own");
        let mut controls = of_same(asked, entries).filter_map(|entry| entry.event.facts.control.as_deref());
        Some(Self {
            carrier: &asked.carrier,
            account: &asked.account,
            asked_at: asked.event.at.unwrap_or(asked.received_at),
            view: fold(call, own.chain(of_same(asked, entries)))?,
            control: controls.next(),
            told: is_told(asked, entries),
        })
    }

    /// The account, as it was asked.
    pub fn asked(&self) -> Asked<'a> {
        Asked {
            carrier: self.carrier,
            account: self.account,
        }
    }

    /// The leg that goes on while the other one has ended, where its id is known. Where the two are calls of their own at
    /// the carrier, nobody else ends it: an agent listens to nothing, or a customer is rung for nobody.
    pub fn left_alone(&self) -> Option<Leg> {
        let goes_on = |leg: &LegRecord| leg.id.is_some() && leg.ended_at.is_none();
        let (a, b) = (&self.view.a, &self.view.b);
        if b.ended_at.is_some() && goes_on(a) {
            Some(Leg::A)
        } else if a.ended_at.is_some() && goes_on(b) {
            Some(Leg::B)
        } else {
            None
        }
    }
}

/// Whether somebody has asked for the call's end. Then nobody else is to be rung for it.
///
/// Whoever asks for the end writes that down before they look who has the call; so whoever asks a carrier must look here
/// after they have written that they ask, and before they do. Then one of the two sees the other.
pub fn is_end_asked(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.event.kind == Kind::HangUpAsked)
}

/// What was told of the call by, or said about, the account of that event.
fn of_same<'a>(asked: &'a Entry, entries: &'a [Entry]) -> impl Iterator<Item = &'a Entry> {
    let same = |entry: &&Entry| {
        entry.carrier == asked.carrier && (entry.account == asked.account || asked.carrier == AMAZON_CONNECT)
    };
    entries.iter().filter(same)
}

fn is_told(asked: &Entry, entries: &[Entry]) -> bool {
    of_same(asked, entries).any(|entry| !entry.event.kind.is_ours())
}

impl fmt::Debug for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder")
            .field("carrier", &self.carrier)
            .field("asked_at", &self.asked_at)
            .field("view", &self.view)
            .field("control", &Hidden(&self.control))
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}
