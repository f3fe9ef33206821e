//! Ending what is left of a call whose legs are two calls at the carrier.

use std::time::Duration;

use jiff::Timestamp;
use ringback_calls::{CallStore, Entry, Holder, Leg, is_end_asked};
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
    pub(crate) leg: Leg,
    /// The carrier's id of it.
    pub(crate) id: &'a str,
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
        info!(call.id = %call, leg = ?self.leg, outcome = ?outcome, "Told a carrier to end a leg that waits for nobody");
        Some(outcome)
    }

    fn placed(&self) -> PlacedCall<'_> {
        let both = PlacedCall {
            call: self.question.call,
            carrier_call_id: None,
            leg_a: Some(self.id),
            leg_b: Some(self.id),
            control: None,
            agent: None,
            customer: None,
            placed_at: self.now,
            limit_seconds: None,
        };
        both.alone(self.leg)
    }
}

/// Ends the leg for which nobody is there any more: where the two are calls of their own at the carrier, nobody else does,
/// and an agent would listen to nothing until the limit, or a customer be rung for nobody. To end it once more does no harm,
/// so whoever is not sure lets the carrier tell again.
///
/// Where the carrier waits to hear what is to be done with B, which has just been answered, nothing is sent, and its answer
/// is to turn B away. Says whether it is.
pub(crate) async fn end_the_other(
    calls: &CallStore,
    outbound: &Outbound,
    question: &Question<'_>,
    waits_to_hear: bool,
    now: Timestamp,
) -> Result<bool, Trouble> {
    let known = question.known;
    let by_command = known
        .carrier
        .get()
        .ability()
        .is_some_and(|ability| ability.second == Second::Command);
    if !by_command {
        return Ok(false);
    }
    let entries = calls.events(&known.account.tenant, question.call, now).await?;
    if waits_to_hear && to_be_ended(question, &entries).is_some_and(|(leg, _)| leg == Leg::B) {
        return Ok(true);
    }
    end_who_is_alone(outbound, question, &entries, now).await?;
    Ok(false)
}

/// Ends the customer's leg, if nobody is there for it any more by the call's events.
pub(crate) async fn end_the_customers(
    outbound: &Outbound,
    question: &Question<'_>,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Trouble> {
    match to_be_ended(question, entries) {
        Some((Leg::B, _)) => end_who_is_alone(outbound, question, entries, now).await,
        _ => Ok(()),
    }
}

async fn end_who_is_alone(
    outbound: &Outbound,
    question: &Question<'_>,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Trouble> {
    let Some((leg, id)) = to_be_ended(question, entries) else {
        return Ok(());
    };
    let secrets = question.known.api_secrets().await?;
    let hang_up = HangUp {
        question,
        leg,
        id: &id,
        secrets: &secrets,
        now,
    };
    match hang_up.send(outbound).await {
        Some(HungUp::Unsure) => Err(Trouble::NotEnded),
        _ => Ok(()),
    }
}

/// The leg that goes on while the other has ended, or B's where somebody has asked for the call's end: A's is ended by
/// whoever was asked. By what this account has told, and no other.
fn to_be_ended(question: &Question<'_>, entries: &[Entry]) -> Option<(Leg, String)> {
    let holder = Holder::of_account(question.call, entries, question.asked())?;
    let (a, b) = (&holder.view.a, &holder.view.b);
    let asked = || (is_end_asked(entries) && b.ended_at.is_none()).then_some(Leg::B);
    let leg = holder.left_alone().or_else(asked)?;
    let id = match leg {
        Leg::A => &a.id,
        Leg::B => &b.id,
    };
    Some((leg, id.clone()?))
}
