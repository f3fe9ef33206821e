//! Who is asked next, and what is answered where nobody can be.

use std::borrow::Cow;
use std::time::Duration;

use ringback_api::Problem;
use ringback_carriers::CannotAsk;
use ringback_placing::{Bucket, Candidate, Choice, HealthState, LeftOut, Pin, Token, Wish as Needs, order};

use crate::App;
use crate::answer::seconds;
use crate::asking::{NotReady, Order, Ready};
use crate::body::Wish;
use crate::fleet::Member;
use crate::placing::failed;
use crate::problems;

/// After how many seconds a carrier that is not healthy may be again.
pub(crate) const UNHEALTHY: u64 = 30;

/// The accounts of a tenant that have not been asked for a call yet, in the order in which they are.
pub(crate) struct Candidates<'a> {
    fleet: &'a [Member],
    choice: Choice,
    /// How many of the usable ones were looked at.
    seen: usize,
    /// The shortest time after which one of them may place a call again.
    wait: Option<Duration>,
    /// One of them was on probation, or its secrets could not be had.
    unwell: bool,
    /// Why one of them cannot be asked for such a call.
    cannot: Option<CannotAsk>,
}

impl<'a> Candidates<'a> {
    pub(crate) fn of(fleet: &'a [Member], wish: &Wish, pin: Option<&Pin>) -> Self {
        let candidates: Vec<_> = fleet
            .iter()
            .map(|member| Candidate {
                account: &member.account,
                ability: member.ability(),
                health: &member.health,
            })
            .collect();
        let needs = Needs {
            carrier: wish.carrier.as_deref(),
            pinned: pin,
            agent: &wish.agent,
            customer: &wish.customer,
            agent_shown: wish.agent_shown.as_ref(),
            customer_shown: wish.customer_shown.as_ref(),
        };
        Self {
            fleet,
            choice: order(&candidates, &needs),
            seen: 0,
            wait: None,
            unwell: false,
            cannot: None,
        }
    }

    /// The next that can be asked now: its carrier takes such calls, it is not on probation with another call, and it has
    /// not placed as many in this second as it may.
    pub(crate) async fn next(&mut self, app: &App, order: &Order<'_>) -> Result<Option<Ready<'a>>, Problem> {
        while let Some(member) = self.take() {
            let mut ready = match app.prepare(member, order).await {
                Ok(ready) => ready,
                Err(NotReady::Cannot(why)) => {
                    self.cannot = Some(why);
                    continue;
                }
                Err(NotReady::Secrets) => {
                    self.unwell = true;
                    continue;
                }
            };
            if let Some(tokens) = self.admit(app, member, order).await? {
                ready.tokens = tokens;
                return Ok(Some(ready));
            }
        }
        Ok(None)
    }

    /// Takes what an account is asked with: one of its calls a second and, on probation, the one call that is tried.
    async fn admit(
        &mut self,
        app: &App,
        member: &Member,
        order: &Order<'_>,
    ) -> Result<Option<Vec<Token>>, Problem> {
        let token = app.placing.token(&bucket(member), order.now).await;
        let mut tokens = match token.map_err(failed)? {
            Ok(token) => vec![token],
            Err(wait) => {
                self.wait = Some(self.wait.map_or(wait, |known| known.min(wait)));
                return Ok(None);
            }
        };
        if member.health.state == HealthState::HalfOpen {
            let probe = app.placing.probe(&member.account.slug, order.now).await;
            let Some(probe) = probe.map_err(failed)? else {
                self.unwell = true;
                app.give_back(&tokens).await;
                return Ok(None);
            };
            tokens.push(probe);
        }
        Ok(Some(tokens))
    }

    /// Whether no account may be asked at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.choice.usable.is_empty()
    }

    /// The longest that one of them may let the two talk, where it is asked for that limit, in seconds.
    pub(crate) fn longest(&self, limit_seconds: u64) -> u64 {
        let members = self.choice.usable.iter().filter_map(|at| self.fleet.get(*at));
        let longest = members.map(|member| member.longest(limit_seconds)).max();
        longest.unwrap_or_default().max(limit_seconds)
    }

    fn take(&mut self) -> Option<&'a Member> {
        let at = *self.choice.usable.get(self.seen)?;
        self.seen += 1;
        self.fleet.get(at)
    }

    /// Why nobody at all was asked: what waiting helps with comes first.
    pub(crate) fn nobody(&self) -> Problem {
        if let Some(wait) = self.wait {
            let detail =
                "Every account that could take it has placed as many calls in this second as it may.";
            return Problem::new(&problems::TOO_MANY_CALLS, detail).after(seconds(wait));
        }
        if self.unwell || self.choice.waits_for_health() {
            let detail = "Every account that could take it is disabled, or has failed of late.";
            return Problem::new(&problems::NO_HEALTHY_CARRIER, detail).after(UNHEALTHY);
        }
        if self.choice.lacks_caller_id() {
            let detail = "No account that could take it owns the caller ids, or any number.";
            return Problem::new(&problems::CALLER_ID_NOT_ALLOWED, detail);
        }
        Problem::new(&problems::NO_CARRIER, self.why_none())
    }

    fn why_none(&self) -> Cow<'static, str> {
        let another = |(_, why): &(usize, LeftOut)| *why == LeftOut::AnotherCarrier;
        match &self.cannot {
            Some(why) => format!("An account that may be asked cannot be: {why}.").into(),
            None if self.fleet.is_empty() => "There is no carrier account.".into(),
            None if self.choice.left_out.iter().all(another) => "There is no account at that carrier.".into(),
            None => "No account may call both numbers.".into(),
        }
    }
}

/// How many calls a second an account may place: its own setting, or what its carrier is known for.
fn bucket(member: &Member) -> Bucket {
    let known = member.ability().map(|ability| ability.calls_per_second);
    let rate = member.account.calls_per_second().or(known).unwrap_or(1);
    Bucket::calls_of_account(&member.account.slug, rate)
}
