//! What a carrier waits for besides its acknowledgement: whom to put A through to.

use ringback_calls::{CallId, Kind, Leg, StoreError};
use ringback_carriers::{Heard, Wants};
use secrecy::ExposeSecret;
use tracing::error;

use crate::reply::{self, Outcome, Reply};
use crate::second_leg::command::{AgentLeg, Trouble, command};
use crate::second_leg::hang_up::end_the_other;
use crate::second_leg::{Question, Told, document};
use crate::{App, Genuine, not_stored, route};

/// Which call a request is about, of whose second leg the carrier may want to hear.
pub(crate) struct Asking {
    call: CallId,
    /// The carrier's id of the call.
    session: Option<String>,
    /// Its id of A's leg.
    agent_leg: Option<String>,
    /// Whether it tells that a leg has ended, or that B's goes on: perhaps there is nobody for the other any more.
    of_the_legs: bool,
}

impl Asking {
    pub(crate) fn of(call: &CallId, heard: &Heard) -> Self {
        Self {
            call: call.clone(),
            session: heard.reference.session.clone(),
            agent_leg: heard.event.facts.a.id.clone(),
            of_the_legs: is_of_the_legs(heard),
        }
    }
}

impl App {
    /// What is answered to a carrier that wants to hear of the second leg; none where it is the acknowledgement.
    pub(crate) async fn second_leg(
        &self,
        genuine: &Genuine<'_>,
        wants: Wants,
        asking: Option<Asking>,
    ) -> Result<Option<Reply>, Reply> {
        let matters = |asking: &Asking| wants != Wants::Acknowledgement || asking.of_the_legs;
        let Some(asking) = asking.filter(matters) else {
            return Ok(None);
        };
        let acknowledgement = || genuine.carrier().acknowledgement();
        // Nobody learns whom we call who has not proven who he is.
        if genuine.placed_only() {
            let asks = wants != Wants::Acknowledgement;
            return Ok(asks.then(|| Reply::withheld(reply::NOT_PROVEN, acknowledgement())));
        }
        let account = &genuine.known.account;
        let path = route::events_of(&account.carrier, account.slug.as_str(), &asking.call);
        let events_url = self.public_base.url(&path, "");
        let question = Question {
            known: genuine.known,
            call: &asking.call,
            session: asking.session.as_deref(),
            events_url: &events_url,
            credential: genuine.secrets.first().map(ExposeSecret::expose_secret),
        };
        let told = match (wants, &asking.agent_leg) {
            (Wants::Command { .. }, Some(leg)) => self.by_command(genuine, &question, leg).await?,
            (Wants::Acknowledgement, _) => {
                let away = genuine.carrier().turn_away(&genuine.request);
                let (calls, outbound) = (&self.calls, &self.outbound);
                let turned = end_the_other(calls, outbound, &question, away.is_some(), genuine.now).await;
                match (turned.map_err(|problem| in_trouble(genuine, &problem))?, away) {
                    (true, Some(away)) => Told::TurnedAway(away),
                    _ => Told::Nothing,
                }
            }
            (Wants::SecondLeg { .. }, _) => {
                let told = document(&self.calls, &question, genuine.now).await;
                told.map_err(|problem: StoreError| not_stored(genuine, &problem))?
            }
            _ => Told::Nothing,
        };
        Ok(match told {
            Told::Document(document) => Some(Reply::taken(Outcome::Connected, document)),
            Told::TurnedAway(answer) => Some(Reply::withheld(reply::AGENT_GONE, answer)),
            Told::Asked => Some(Reply::taken(Outcome::Connected, genuine.acknowledge())),
            Told::Unsure => Some(Reply::unsure(reply::SECOND_LEG_UNSURE, genuine.acknowledge())),
            Told::Withheld(reason) => Some(Reply::withheld(reason, acknowledgement())),
            Told::Nothing => None,
        })
    }

    async fn by_command(
        &self,
        genuine: &Genuine<'_>,
        question: &Question<'_>,
        leg: &str,
    ) -> Result<Told, Reply> {
        let leg = AgentLeg(leg);
        let told = command(&self.calls, &self.outbound, question, &leg, genuine.now).await;
        told.map_err(|trouble| in_trouble(genuine, &trouble))
    }
}

fn is_of_the_legs(heard: &Heard) -> bool {
    let (facts, leg) = (&heard.event.facts, heard.event.leg);
    let goes_on = matches!(
        heard.event.kind,
        Kind::Dialled | Kind::Ringing | Kind::Answered | Kind::Bridged
    );
    facts.a.ended.is_some() || facts.b.ended.is_some() || (leg == Some(Leg::B) && goes_on)
}

/// The answer that lets the carrier tell once more.
fn in_trouble(genuine: &Genuine<'_>, trouble: &Trouble) -> Reply {
    let reason = match trouble {
        Trouble::Store(problem) => return not_stored(genuine, problem),
        Trouble::NotEnded => reply::LEG_NOT_ENDED,
        Trouble::Secret(problem) => {
            error!(account = ?genuine.known.account.slug, code = problem.code, "A carrier account's API secret cannot be read");
            reply::SECRETS
        }
    };
    Reply::failed(reason, genuine.carrier().again())
}
