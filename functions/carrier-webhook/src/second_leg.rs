//! The answer document of carriers that ask, once A has answered, whom to put A through to.
//!
//! The customer must not be rung twice. So "B requested" is written before the document is answered, and the document is
//! answered only while nothing has been heard of B and the call is open. The carrier may ask again before that: its time
//! ran out, and it threw our first answer away. Then it gets the same document again, for it dials only what is in an
//! answer that it took, and whoever replays its request gets a document that dials nothing.

use jiff::Timestamp;
use ringback_accounts::{Account, Known};
use ringback_calls::{
    Asked, CallEvent, CallId, CallRecord, CallStore, Direction, Entry, EventId, Evidence, Facts, Kind, Leg,
    NewEvent, Number, Placed, State, StoreError, fold,
};
use ringback_carriers::{Answer, SecondLeg};
use tracing::{error, warn};

use crate::reply;

/// How long B may ring where the call does not say.
const RING_SECONDS: u64 = 30;
/// How long the two may talk where the call does not say.
const LIMIT_SECONDS: u64 = 4 * 3600;

/// What is needed for a document besides the call.
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
}

/// The document, if B is to be dialled now.
pub(crate) async fn document(
    calls: &CallStore,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<Told, StoreError> {
    let account = &question.known.account;
    let entries = calls.events(&account.tenant, question.call, now).await?;
    let Some(placed) = entries.iter().find(|entry| entry.event.id == Placed::event_id()) else {
        return Ok(Told::Nothing);
    };
    if !may_dial(question.call, &entries) {
        return Ok(Told::Nothing);
    }
    let facts = &placed.event.facts;
    let (number, shown) = match allowed(question, &entries, facts) {
        Ok(numbers) => numbers,
        Err(reason) => {
            error!(
                call.id = %question.call,
                account = ?account.slug,
                reason,
                "A carrier asked for a second leg that its account may not dial, so A's leg ends"
            );
            return Ok(Told::Withheld(reason));
        }
    };
    let carrier = question.known.carrier.get();
    let limit_seconds = carrier.longest(facts.limit_seconds.unwrap_or(LIMIT_SECONDS));
    let second = SecondLeg {
        number: number.as_str(),
        shown: shown.as_str(),
        ring_seconds: facts.ring_seconds.unwrap_or(RING_SECONDS),
        limit_seconds,
        record: facts.record.unwrap_or(false),
        announcement: facts.announcement.as_ref(),
        events_url: question.events_url,
        credential: question.credential,
    };
    let Some(document) = carrier.connect(&second) else {
        warn!(call.id = %question.call, "A carrier asked for a second leg, and takes no document");
        return Ok(Told::Nothing);
    };
    calls.put(&requested(question, limit_seconds, now)).await?;
    Ok(Told::Document(document))
}

/// Whether A has answered, the call is open, and nobody has said a word of B.
fn may_dial(call: &CallId, entries: &[Entry]) -> bool {
    fold(call, entries).is_some_and(|record| {
        record.direction == Some(Direction::Callback)
            && record.a.answered_at.is_some()
            && record.state != State::Close
            && !heard_of_b(&record, entries)
    })
}

/// Whether anything happened on B's leg. Its numbers alone do not count: we said them ourselves.
///
/// The record knows of B also what a carrier told of a number only. A number that is neither A's nor B's tells nothing in
/// the record; here it counts, for it may be B's, written in another way.
fn heard_of_b(record: &CallRecord, entries: &[Entry]) -> bool {
    let b = &record.b;
    let told = b.id.is_some()
        || b.dialled_at.is_some()
        || b.ringing_at.is_some()
        || b.answered_at.is_some()
        || b.ended_at.is_some()
        || b.cause.is_some()
        || record.bridged_at.is_some();
    let mut numbers = entries
        .iter()
        .flat_map(|entry| entry.event.facts.by_number.keys());
    told || numbers.any(|number| Some(number) != record.a.number.as_ref())
}

/// The number to dial and the one to show, or why this account may not.
fn allowed<'a>(
    question: &Question<'a>,
    entries: &[Entry],
    facts: &'a Facts,
) -> Result<(&'a Number, &'a Number), &'static str> {
    let account = &question.known.account;
    let asked = Asked {
        carrier: &account.carrier,
        account: account.slug.as_str(),
    };
    let id = asked.event_id();
    if !entries.iter().any(|entry| entry.event.id == id) {
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
    let account = &question.known.account;
    let id = EventId::of(&["second-leg-requested"]);
    let event = CallEvent {
        leg: Some(Leg::B),
        at: Some(now),
        facts: Facts {
            limit_seconds: Some(limit_seconds),
            ..Facts::default()
        },
        ..CallEvent::new(id, Kind::SecondLegRequested, Evidence::Own)
    };
    NewEvent {
        call: question.call.clone(),
        entry: Entry {
            tenant: account.tenant.clone(),
            carrier: account.carrier.clone(),
            account: account.slug.as_str().to_owned(),
            received_at: now,
            event,
        },
        legs: Vec::new(),
        placed_only: false,
    }
}
