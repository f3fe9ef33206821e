//! The answer document of carriers that ask, once A has answered, whom to put A through to.
//!
//! The customer must not be rung twice. So "B requested" is written before the document is answered, and the document is
//! answered only while nothing has been heard of B and the call is open. The carrier may ask again before that: its time
//! ran out, and it threw our first answer away. Then it gets the same document again, for it dials only what is in an
//! answer that it took, and whoever replays its request gets a document that dials nothing.

use jiff::Timestamp;
use ringback_accounts::Known;
use ringback_calls::{
    CallEvent, CallId, CallStore, Direction, Entry, EventId, Evidence, Facts, Kind, Leg, LegFacts, NewEvent,
    Number, Placed, State, StoreError, fold,
};
use ringback_carriers::{Answer, SecondLeg};
use tracing::warn;

/// How long B may ring where the call does not say.
const RING_SECONDS: u64 = 30;
/// How long the two may talk where the call does not say.
const LIMIT_SECONDS: u64 = 4 * 3600;

/// What is needed for a document besides the call.
pub(crate) struct Asked<'a> {
    pub(crate) known: &'a Known,
    pub(crate) call: &'a CallId,
    /// The call's public URL, where the second leg's events go too.
    pub(crate) events_url: &'a str,
    /// The secret that the carrier shall bring along where it signs nothing.
    pub(crate) credential: Option<&'a str>,
}

/// The document, if B is to be dialled now.
pub(crate) async fn document(
    calls: &CallStore,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Result<Option<Answer>, StoreError> {
    let account = &asked.known.account;
    let entries = calls.events(&account.tenant, asked.call, now).await?;
    let Some(placed) = entries.iter().find(|entry| entry.event.id == Placed::event_id()) else {
        return Ok(None);
    };
    if !may_dial(asked.call, &entries) {
        return Ok(None);
    }
    let facts = &placed.event.facts;
    let shown = shown(facts, &account.numbers);
    let (Some(number), Some(shown)) = (&facts.b.number, shown) else {
        warn!(call.id = %asked.call, "A call says no number to call or to show, so its second leg cannot be dialled");
        return Ok(None);
    };
    let second = SecondLeg {
        number: number.as_str(),
        shown: shown.as_str(),
        ring_seconds: facts.ring_seconds.unwrap_or(RING_SECONDS),
        limit_seconds: facts.limit_seconds.unwrap_or(LIMIT_SECONDS),
        record: facts.record.unwrap_or(false),
        events_url: asked.events_url,
        credential: asked.credential,
    };
    let Some(document) = asked.known.carrier.get().connect(&second) else {
        return Ok(None);
    };
    calls.put(&requested(asked, now)).await?;
    Ok(Some(document))
}

/// Whether A has answered, the call is open, and nobody has said a word of B.
fn may_dial(call: &CallId, entries: &[Entry]) -> bool {
    let heard_of_b = entries
        .iter()
        .filter(|entry| entry.event.evidence != Evidence::Own)
        .any(|entry| tells(&entry.event.facts.b) || entry.event.facts.bridged.is_some());
    fold(call, entries).is_some_and(|record| {
        record.direction == Some(Direction::Callback)
            && record.a.answered_at.is_some()
            && record.state != State::Close
            && !heard_of_b
    })
}

/// Whether anything happened on the leg. Numbers alone do not count: some carriers repeat them from the first event on.
fn tells(leg: &LegFacts) -> bool {
    leg.id.is_some()
        || leg.dialled.is_some()
        || leg.ringing.is_some()
        || leg.answered.is_some()
        || leg.ended.is_some()
        || leg.cause.is_some()
}

/// The number that B sees.
fn shown<'a>(facts: &'a Facts, of_account: &'a [Number]) -> Option<&'a Number> {
    let told = facts.b.shown.as_ref().or(facts.main_number.as_ref());
    told.or(facts.a.shown.as_ref()).or(of_account.first())
}

/// The event "B requested". It tells no time of B's: the carrier's record must be the same whether or not it had to ask.
fn requested(asked: &Asked<'_>, now: Timestamp) -> NewEvent {
    let account = &asked.known.account;
    let id = EventId::of(&["second-leg-requested"]);
    let event = CallEvent {
        leg: Some(Leg::B),
        at: Some(now),
        ..CallEvent::new(id, Kind::SecondLegRequested, Evidence::Own)
    };
    NewEvent {
        call: asked.call.clone(),
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
