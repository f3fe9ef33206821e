//! Whom A is put through to, once A has answered: as the answer document of carriers that ask for one, or by a request of
//! ours ([`command`]).
//!
//! The customer must not be rung twice. So "B requested" is written before the document is answered, and the document is
//! answered only while nothing has been heard of B and the call is open. The carrier may ask again before that: its time
//! ran out, and it threw our first answer away. Then it gets the same document again, for it dials only what is in an
//! answer that it took, and whoever replays its request gets a document that dials nothing.

pub(crate) mod command;
pub(crate) mod hang_up;

use jiff::Timestamp;
use ringback_accounts::{Account, Known};
use ringback_calls::{
    Asked, CallEvent, CallId, CallStore, Direction, Entry, EventId, Evidence, Facts, Kind, Leg, NewEvent,
    Number, Placed, State, StoreError, fold, heard_of_second_leg, is_end_asked,
};
use ringback_carriers::{Answer, SecondLeg};
use tracing::{error, warn};

use crate::reply;

/// How long B may ring where the call does not say.
const RING_SECONDS: u64 = 30;
/// How long the two may talk where the call does not say.
const LIMIT_SECONDS: u64 = 4 * 3600;

/// What is needed besides the call.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) known: &'a Known,
    pub(crate) call: &'a CallId,
    /// The carrier's id of the call that asks.
    pub(crate) session: Option<&'a str>,
    /// The call's public URL, where the second leg's events go too.
    pub(crate) events_url: &'a str,
    /// The secret that the carrier shall bring along where it signs nothing.
    pub(crate) credential: Option<&'a str>,
}

/// What a carrier that asks is answered.
#[derive(Debug)]
pub(crate) enum Told {
    /// Whom to dial.
    Document(Answer),
    /// Nothing, for there is nobody to dial, or not any more.
    Nothing,
    /// Nothing, though the call has a second leg: for that reason. A's leg ends.
    Withheld(&'static str),
    /// To end the leg of which it tells that it was answered, for nobody is there any more.
    TurnedAway(Answer),
    /// Nothing of the answer: it takes the second leg by our request.
    Asked,
    /// The same, and nobody knows whether it has the request.
    Unsure,
}

/// The second leg that is to be dialled.
struct ToDial<'a> {
    /// What we know of the call ourselves.
    facts: &'a Facts,
    number: &'a Number,
    shown: &'a Number,
    /// The limit that the carrier keeps.
    limit_seconds: u64,
}

impl<'a> ToDial<'a> {
    /// Whom to dial now, by the call's events; else what the carrier is told.
    fn of(question: &Question<'a>, entries: &'a [Entry]) -> Result<Self, Told> {
        let placed = entries.iter().find(|entry| entry.event.id == Placed::event_id());
        let placed = placed.filter(|_| may_dial(question.call, entries));
        let facts = &placed.ok_or(Told::Nothing)?.event.facts;
        let (number, shown) = allowed(question, entries, facts).map_err(|reason| {
            error!(
                call.id = %question.call,
                account = ?question.known.account.slug,
                reason,
                "A carrier asked for a second leg that its account may not dial, so A's leg ends"
            );
            Told::Withheld(reason)
        })?;
        let carrier = question.known.carrier.get();
        Ok(Self {
            facts,
            number,
            shown,
            limit_seconds: carrier.longest(facts.limit_seconds.unwrap_or(LIMIT_SECONDS)),
        })
    }

    fn leg(&self, question: &Question<'a>) -> SecondLeg<'a> {
        SecondLeg {
            number: self.number.as_str(),
            shown: self.shown.as_str(),
            ring_seconds: self.facts.ring_seconds.unwrap_or(RING_SECONDS),
            limit_seconds: self.limit_seconds,
            record: self.facts.record.unwrap_or(false),
            announcement: self.facts.announcement.as_ref(),
            events_url: question.events_url,
            credential: question.credential,
        }
    }
}

/// The document, if B is to be dialled now.
pub(crate) async fn document(
    calls: &CallStore,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<Told, StoreError> {
    let tenant = &question.known.account.tenant;
    let entries = calls.events(tenant, question.call, now).await?;
    let to_dial = match ToDial::of(question, &entries) {
        Ok(to_dial) => to_dial,
        Err(told) => return Ok(told),
    };
    let Some(document) = question.known.carrier.get().connect(&to_dial.leg(question)) else {
        warn!(call.id = %question.call, "A carrier asked for a second leg, and takes no document");
        return Ok(Told::Nothing);
    };
    calls
        .put(&requested(question, to_dial.limit_seconds, now))
        .await?;
    Ok(Told::Document(document))
}

/// Whether A has answered, the call is open, nobody has said a word of B, and nobody has asked for the call's end.
fn may_dial(call: &CallId, entries: &[Entry]) -> bool {
    if is_end_asked(entries) {
        return false;
    }
    fold(call, entries).is_some_and(|record| {
        record.direction == Some(Direction::Callback)
            && record.a.answered_at.is_some()
            && record.state != State::Close
            && !heard_of_second_leg(&record, entries)
    })
}

/// The number to dial and the one to show, or why this account may not.
fn allowed<'a>(
    question: &Question<'a>,
    entries: &[Entry],
    facts: &'a Facts,
) -> Result<(&'a Number, &'a Number), &'static str> {
    let account = &question.known.account;
    let id = question.asked().event_id();
    if !entries.iter().any(|entry| entry.event.id == id) {
        return Err(reply::NOT_ASKED);
    }
    // It has refused the call, and another account was asked since: it must not ring the customer as well.
    let refused = |entry: &Entry| {
        let ours = entry.carrier == account.carrier && entry.account == account.slug.as_str();
        ours && entry.event.kind == Kind::Refused
    };
    if entries.iter().any(refused) {
        return Err(reply::NOT_ASKED);
    }
    // Where the URL is not signed, a request of one call may be sent to the URL of another.
    let another = |entry: &Entry| {
        let told = entry.event.facts.carrier_call_id.as_deref();
        let ours = entry.carrier == account.carrier && entry.account == account.slug.as_str();
        ours && told.is_some() && question.session.is_some() && told != question.session
    };
    if entries.iter().any(another) {
        return Err(reply::ANOTHER_CALL);
    }
    let number = facts.b.number.as_ref().ok_or(reply::NO_NUMBER)?;
    if !account.may_call(number) {
        return Err(reply::PREFIX);
    }
    Ok((number, shown(facts, account)?))
}

/// The number that B sees: the one that was said, or one of the account's, the company's main number before others.
fn shown<'a>(facts: &'a Facts, account: &'a Account) -> Result<&'a Number, &'static str> {
    if let Some(said) = &facts.b.shown {
        return account.may_show(said).then_some(said).ok_or(reply::SHOWN_NUMBER);
    }
    let known = [&facts.main_number, &facts.a.shown].into_iter().flatten();
    let mut own = known.filter(|number| account.may_show(number));
    own.next().or(account.numbers.first()).ok_or(reply::SHOWN_NUMBER)
}

/// The event "B requested". It tells no time of B's: the carrier's record must be the same whether or not it had to ask.
/// It tells the limit, which is not always the one that was wished for.
fn requested(question: &Question<'_>, limit_seconds: u64, now: Timestamp) -> NewEvent {
    let id = requested_id();
    let event = CallEvent {
        leg: Some(Leg::B),
        at: Some(now),
        facts: Facts {
            limit_seconds: Some(limit_seconds),
            ..Facts::default()
        },
        ..CallEvent::new(id, Kind::SecondLegRequested, Evidence::Own)
    };
    let tenant = &question.known.account.tenant;
    NewEvent::of_account(tenant, question.call, question.asked(), event, now)
}

/// The id of that event in every call: B is requested once.
fn requested_id() -> EventId {
    EventId::of(&["second-leg-requested"])
}

impl Question<'_> {
    /// The account, as it was asked for the call.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let account = &self.known.account;
        Asked {
            carrier: &account.carrier,
            account: account.slug.as_str(),
        }
    }
}
