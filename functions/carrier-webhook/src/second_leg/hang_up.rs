//! Ending what is left of a call whose legs are two calls at the carrier.

use std::time::Duration;

use jiff::Timestamp;
use ringback_calls::{CallRecord, CallStore, Direction, Entry, LegRecord, fold};
use ringback_carriers::{Answered, HungUp, Keys, PlacedCall, Second};
use ringback_outbound::{Outbound, Sent};
use secrecy::SecretString;
use tracing::{info, warn};

use super::Question;
use super::command::Trouble;

/// How long the carrier may take: it waits for our answer meanwhile.
const PATIENCE: Duration = Duration::from_secs(3);

/// A request to end one leg.
pub(crate) struct HangUp<'a> {
    pub(crate) question: &'a Question<'a>,
    /// The carrier's ids of those of A's and B's leg that are to be ended.
    pub(crate) legs: (Option<&'a str>, Option<&'a str>),
    pub(crate) entries: &'a [Entry],
    pub(crate) secrets: &'a [SecretString],
    pub(crate) now: Timestamp,
}

impl HangUp<'_> {
    /// Sends it; what came of it, where the carrier can be told at all.
    pub(crate) async fn send(&self, outbound: &Outbound) -> Option<HungUp> {
        let (known, call) = (self.question.known, self.question.call);
        let keys = Keys {
            secrets: self.secrets,
            settings: &known.account.settings,
        };
        let carrier = known.carrier.get();
        let ask = match carrier.hang_up(&self.placed(), &keys, self.now) {
            Ok(ask) => ask,
            Err(problem) => {
                warn!(call.id = %call, account = ?known.account.slug, problem = %problem, "A carrier cannot be told to end a leg");
                return None;
            }
        };
        let outcome = match outbound.send(&ask, PATIENCE).await {
            Sent::Answered { status, body, .. } => carrier.hung_up(&Answered { status, body: &body }),
            Sent::NotSent(why) | Sent::Unsure(why) => {
                warn!(call.id = %call, why, "A carrier may not have heard that a leg is to end");
                HungUp::Unsure
            }
        };
        info!(call.id = %call, outcome = ?outcome, "Told a carrier to end a leg that waits for nobody");
        Some(outcome)
    }

    fn placed(&self) -> PlacedCall<'_> {
        let entries = self.entries.iter();
        let mut controls = entries.filter_map(|entry| entry.event.facts.control.as_deref());
        PlacedCall {
            call: self.question.call,
            carrier_call_id: self.question.session,
            leg_a: self.legs.0,
            leg_b: self.legs.1,
            control: controls.next(),
            agent: None,
            customer: None,
            placed_at: self.now,
            limit_seconds: None,
        }
    }
}

/// Ends the leg that is left alone, after the other one has ended: where the two are calls of their own at the carrier,
/// nobody else does, and an agent would listen to nothing until the limit, or a customer be rung for nobody. To end it
/// once more does no harm, so whoever is not sure lets the carrier tell again.
pub(crate) async fn end_the_other(
    calls: &CallStore,
    outbound: &Outbound,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<(), Trouble> {
    let known = question.known;
    let by_command = known
        .carrier
        .get()
        .ability()
        .is_some_and(|ability| ability.second == Second::Command);
    if !by_command {
        return Ok(());
    }
    let entries = calls.events(&known.account.tenant, question.call, now).await?;
    let asked = question.asked().event_id();
    let ours = entries.iter().any(|entry| entry.event.id == asked);
    let record = fold(question.call, &entries).filter(|_| ours);
    let Some(legs) = record.as_ref().and_then(left_alone) else {
        return Ok(());
    };
    let secrets = known.api_secrets().await?;
    let hang_up = HangUp {
        question,
        legs,
        entries: &entries,
        secrets: &secrets,
        now,
    };
    match hang_up.send(outbound).await {
        Some(HungUp::Unsure) => Err(Trouble::NotEnded),
        _ => Ok(()),
    }
}

/// The leg that goes on while the other has ended, by the carrier's id of it.
fn left_alone(record: &CallRecord) -> Option<(Option<&str>, Option<&str>)> {
    if record.direction != Some(Direction::Callback) {
        return None;
    }
    let goes_on = |leg: &LegRecord| leg.id.is_some() && leg.ended_at.is_none();
    let (a, b) = (&record.a, &record.b);
    if b.ended_at.is_some() && goes_on(a) {
        Some((a.id.as_deref(), None))
    } else if a.ended_at.is_some() && goes_on(b) {
        Some((None, b.id.as_deref()))
    } else {
        None
    }
}
