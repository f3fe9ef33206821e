//! The second leg of carriers that take it by a request of ours.
//!
//! "B requested" is written first, and only who has written it sends the request: of two deliveries of A's answer one does.
//! Whoever is cut off in between has sent nothing, or nobody knows; then the agent waits, and what looks after calls ends
//! the wait. Only a carrier that ignores a request which it has had already is sent it again, with the same id, and only
//! while it does.
//!
//! The agent may hang up while the customer's telephone rings, and then nobody but us ends that leg. So its id is written
//! down as soon as the carrier has told it, and the call read once more: of A's end and B's id one is written first, and
//! whoever writes the other sees both.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    CallStore, Class, Entry, Kept, Leg, NewEvent, StoreError, second_leg_accepted, second_leg_refused,
};
use ringback_carriers::{
    Ability, Accepted, Answered, Ask, CannotAsk, Fault, Keys, NewCall, Placing, Refusing,
};
use ringback_lambda::SecretError;
use ringback_outbound::{Outbound, Sent};
use secrecy::SecretString;
use tracing::{error, info, warn};

use super::hang_up::{HangUp, end_the_customers};
use super::{Question, ToDial, Told, requested, requested_id};
use crate::reply;

/// How long the carrier may take with the request: it waits for our answer meanwhile, for ten seconds at least.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is tried to write down what the carrier calls B's leg: it rings already.
const TRIES: u32 = 3;
/// How long A's telephone rang, at most; the carrier knew it when A was called, and no request for B says it again.
const AGENT_RING_SECONDS: u64 = 30;

/// What keeps the second leg from being asked for; the carrier shall tell once more that A answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the account's API secret cannot be read")]
    Secret(#[from] SecretError),
    #[error("the carrier may not have heard that a leg is to end")]
    NotEnded,
}

/// The leg that was answered, by the carrier's id of it.
pub(crate) struct AgentLeg<'a>(pub(crate) &'a str);

/// Asks for B, if B is to be dialled now and nobody has asked before.
pub(crate) async fn command(
    calls: &CallStore,
    outbound: &Outbound,
    question: &Question<'_>,
    agent_leg: &AgentLeg<'_>,
    now: Timestamp,
) -> Result<Told, Trouble> {
    let (known, call) = (question.known, question.call);
    let entries = calls.events(&known.account.tenant, call, now).await?;
    let to_dial = match ToDial::of(question, &entries) {
        Err(Told::Nothing) => {
            // Told again, perhaps because it was not certain that B's leg was ended.
            end_the_customers(outbound, question, &entries, now).await?;
            return Ok(Told::Nothing);
        }
        Err(told) if !leaves_the_agent_alone(&told) => return Ok(told),
        to_dial => to_dial,
    };
    // Whatever may fail of ours comes before it is written that B is asked for.
    let secrets = known.api_secrets().await?;
    let hang_up = HangUp {
        question,
        leg: Leg::A,
        id: agent_leg.0,
        secrets: &secrets,
        now,
    };
    let to_dial = match to_dial {
        Ok(to_dial) => to_dial,
        Err(told) => {
            hang_up.send(outbound).await;
            return Ok(told);
        }
    };
    let ask = ask(question, &to_dial, agent_leg, &secrets, now);
    match calls
        .put(&requested(question, to_dial.limit_seconds, now))
        .await?
    {
        Kept::Stored => {}
        _ if is_ignored(known.carrier.get().ability(), &entries, now) => {
            warn!(call.id = %call, "Asks for a second leg once more, with the same id");
        }
        _ => return Ok(Told::Nothing),
    }
    let refusing = match sent(question, outbound, ask).await {
        // In the answer to a request for one leg that is the first.
        Placing::Accepted(Accepted {
            leg_a: Some(leg_b), ..
        }) => {
            let hang_up = HangUp {
                leg: Leg::B,
                id: &leg_b,
                ..hang_up
            };
            return taken_on(calls, outbound, &hang_up).await;
        }
        Placing::Accepted(_) => return Ok(Told::Asked),
        Placing::Unsure => return Ok(Told::Unsure),
        Placing::Refused(refusing) => refusing,
    };
    refused(calls, question, &refusing, now).await;
    hang_up.send(outbound).await;
    Ok(Told::Withheld(reply::SECOND_LEG_REFUSED))
}

/// Whether the call is this account's, and its customer is one that the account may not call: the agent waits for nobody.
fn leaves_the_agent_alone(told: &Told) -> bool {
    matches!(
        told,
        Told::Withheld(reply::NO_NUMBER | reply::PREFIX | reply::SHOWN_NUMBER)
    )
}

/// Whether B was asked for so lately that the carrier ignores the same request once more.
fn is_ignored(ability: Option<Ability>, entries: &[Entry], now: Timestamp) -> bool {
    let ignores = ability.and_then(|ability| ability.ignores_repeats);
    let ignores = ignores.and_then(|ignores| SignedDuration::try_from(ignores).ok());
    let requested = entries.iter().find(|entry| entry.event.id == requested_id());
    // What is not among the events was written a moment ago, by somebody who is at it.
    ignores
        .zip(requested)
        .is_some_and(|(ignores, requested)| now.duration_since(requested.received_at) < ignores)
}

fn ask(
    question: &Question<'_>,
    to_dial: &ToDial<'_>,
    agent_leg: &AgentLeg<'_>,
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<Ask, CannotAsk> {
    let facts = to_dial.facts;
    let agent = facts.a.number.as_ref();
    let new = NewCall {
        call: question.call,
        agent: agent.ok_or(CannotAsk::Unknown("the agent's number"))?.as_str(),
        agent_shown: facts.a.shown.as_ref().unwrap_or(to_dial.shown).as_str(),
        agent_ring_seconds: AGENT_RING_SECONDS,
        second: to_dial.leg(question),
    };
    let keys = Keys {
        secrets,
        settings: &question.known.account.settings,
    };
    question
        .known
        .carrier
        .get()
        .second_leg(&new, agent_leg.0, &keys, now)
}

/// What came of the request.
async fn sent(question: &Question<'_>, outbound: &Outbound, ask: Result<Ask, CannotAsk>) -> Placing {
    let refused = |fault, word| Placing::Refused(Refusing::new(fault, word));
    let (known, call) = (question.known, question.call);
    let ask = match ask {
        Ok(ask) => ask,
        Err(problem) => {
            error!(call.id = %call, account = ?known.account.slug, problem = %problem, "A second leg cannot be asked for");
            return refused(Fault::Account, problem.reason());
        }
    };
    match outbound.send(&ask, PATIENCE).await {
        Sent::Answered { status, body, .. } => {
            let placing = known.carrier.get().placed(&Answered { status, body: &body });
            info!(call.id = %call, status, outcome = ?placing, "Asked a carrier for a second leg");
            placing
        }
        Sent::NotSent(why) => {
            warn!(call.id = %call, why, "A carrier was not reached with a request for a second leg");
            refused(Fault::Carrier, "not-sent")
        }
        Sent::Unsure(why) => {
            warn!(call.id = %call, why, "Nobody knows whether a carrier has the request for a second leg");
            Placing::Unsure
        }
    }
}

/// Writes down what the carrier calls B's leg, and ends it if the agent has gone meanwhile.
///
/// A leg that nobody could end must not ring on: where its id cannot be kept it is ended at once, while we still know it,
/// and the carrier tells again, so that somebody looks after the agent.
async fn taken_on(calls: &CallStore, outbound: &Outbound, b: &HangUp<'_>) -> Result<Told, Trouble> {
    let (question, now) = (b.question, b.now);
    let (asked, tenant) = (question.asked(), &question.known.account.tenant);
    let event = second_leg_accepted(asked, b.id, now);
    let new = NewEvent::of_account(tenant, question.call, asked, event, now);
    if let Err(problem) = keep(calls, &new).await {
        b.send(outbound).await;
        return Err(problem.into());
    }
    let entries = calls.events(tenant, question.call, now).await?;
    end_the_customers(outbound, question, &entries, now).await?;
    Ok(Told::Asked)
}

async fn keep(calls: &CallStore, new: &NewEvent) -> Result<(), StoreError> {
    let mut tried = 1;
    loop {
        match calls.put(new).await {
            Ok(_) => return Ok(()),
            Err(problem) if tried < TRIES => {
                error!(call.id = %new.call, code = problem.code, tried, "The calls table did not take the id of a second leg");
                tried += 1;
            }
            Err(problem) => return Err(problem),
        }
    }
}

/// Writes down that B is not rung. A table that does not take it changes nothing of that.
async fn refused(calls: &CallStore, question: &Question<'_>, refusing: &Refusing, now: Timestamp) {
    let class = match refusing.fault {
        Fault::Call => Class::Other,
        Fault::Carrier | Fault::Account => Class::Server,
    };
    let asked = question.asked();
    let event = second_leg_refused(asked, class, &refusing.word, now);
    let tenant = &question.known.account.tenant;
    let new = NewEvent::of_account(tenant, question.call, asked, event, now);
    if let Err(problem) = calls.put(&new).await {
        error!(call.id = %question.call, code = problem.code, "The calls table did not take that a second leg was refused");
    }
}
