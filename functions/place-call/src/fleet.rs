//! A tenant's carrier accounts, and how they are.

use futures_util::future::join_all;
use jiff::Timestamp;
use ringback_accounts::{AMAZON_CONNECT, Account, Known, LookupError, Slug};
use ringback_api::Problem;
use ringback_carriers::{Ability, ability_of};
use ringback_placing::{Health, HealthState, Outcome, Switch, public_id};
use ringback_steps::{HEALTH_SCHEMA, HealthEvent};
use tracing::{error, info, warn};

use crate::App;
use crate::answer::without_table;
use crate::metrics::RequestMetrics;

/// An account that might be asked.
pub(crate) struct Member {
    pub(crate) account: Account,
    pub(crate) way: Way,
    pub(crate) health: Health,
}

/// How recent the health of accounts must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// As it is written now.
    Now,
    /// As this instance has read it within the last second.
    OfLate,
}

/// How an account is asked.
pub(crate) enum Way {
    /// Over its carrier's API.
    Carrier(Box<Known>),
    /// Amazon Connect, by the function's own role.
    Connect,
    /// Not at all.
    None,
}

impl Member {
    /// What it can do for calls that we place; none where it places none.
    pub(crate) fn ability(&self) -> Option<Ability> {
        match &self.way {
            Way::Carrier(known) => known.carrier.get().ability(),
            Way::Connect => ability_of(AMAZON_CONNECT),
            Way::None => None,
        }
    }

    /// The limit of the conversation that its carrier really keeps where it is asked for that one, in seconds.
    pub(crate) fn longest(&self, limit_seconds: u64) -> u64 {
        match &self.way {
            Way::Carrier(known) => known.carrier.get().longest(limit_seconds),
            Way::Connect | Way::None => limit_seconds,
        }
    }
}

impl App {
    /// All accounts of a tenant, each with its health as it is now. Who finds that it has changed tells the bus.
    pub(crate) async fn fleet(
        &self,
        tenant: &str,
        seen: Seen,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Vec<Member>, Problem> {
        let accounts = self.account_store.list(tenant).await;
        let accounts = accounts.map_err(|problem| without_table(&problem.code))?;
        let members = join_all(
            accounts
                .into_iter()
                .map(|account| self.member(account, seen, now)),
        )
        .await;
        let mut fleet = Vec::with_capacity(members.len());
        for member in members {
            let (member, switch) = member?;
            if let Some(switch) = switch {
                counts.switches += 1;
                self.tell_switch(&member.account, &switch, now).await;
            }
            fleet.push(member);
        }
        Ok(fleet)
    }

    async fn member(
        &self,
        account: Account,
        seen: Seen,
        now: Timestamp,
    ) -> Result<(Member, Option<Switch>), Problem> {
        let known = match seen {
            Seen::OfLate => self.healths.get(&account.slug, now),
            Seen::Now => None,
        };
        let (health, switch) = match known {
            Some(health) => (health, None),
            None => self.health(&account.slug, now).await?,
        };
        let way = self.way(&account).await?;
        let member = Member { account, way, health };
        Ok((member, switch))
    }

    /// How an account is by what is written, and the switch that this request found.
    async fn health(&self, account: &Slug, now: Timestamp) -> Result<(Health, Option<Switch>), Problem> {
        let failed = |problem: ringback_placing::StoreError| without_table(&problem.code);
        let changes = self.healths.changes(account);
        let health = self.placing.health(account, now).await.map_err(failed)?;
        let switch = self.placing.settle(account, &health, now).await;
        let switch = switch.map_err(failed)?;
        match switch {
            Some(_) => self.healths.forget(account),
            None => self.healths.remember(account, &health, now, changes),
        }
        Ok((health, switch))
    }

    /// Counts what became of a request to an account. What this instance knows is seen by its next call.
    pub(crate) async fn count(&self, member: &Member, outcome: Outcome, at: Timestamp) {
        let slug = &member.account.slug;
        if let Err(problem) = self.placing.count(slug, outcome, at).await {
            error!(code = problem.code, "An account's health was not counted");
        }
        let as_before = matches!(outcome, Outcome::Accepted | Outcome::AcceptedQuietly)
            && member.health.state == HealthState::Closed;
        if !as_before {
            self.healths.forget(slug);
        }
    }

    async fn way(&self, account: &Account) -> Result<Way, Problem> {
        if account.carrier == AMAZON_CONNECT {
            let ours = self.connect.is_of(&account.tenant);
            return Ok(if ours { Way::Connect } else { Way::None });
        }
        match self.accounts.known(account.clone()).await {
            Ok(known) => Ok(Way::Carrier(Box::new(known))),
            Err(LookupError::Store(problem)) => Err(without_table(&problem.code)),
            Err(LookupError::Carrier) => {
                warn!(account = ?account.slug, "A carrier account places no calls: its carrier is not described, or badly");
                Ok(Way::None)
            }
        }
    }

    /// Tells the bus that an account's health has changed. What the bus does not take is logged, and the call goes on.
    pub(crate) async fn tell_switch(&self, account: &Account, switch: &Switch, now: Timestamp) {
        let event = HealthEvent {
            schema: HEALTH_SCHEMA.to_owned(),
            tenant: account.tenant.clone(),
            account_id: public_id(&account.slug),
            carrier: account.carrier.clone(),
            from: switch.from.as_str().to_owned(),
            to: switch.to.as_str().to_owned(),
            reason: switch.reason.map(str::to_owned),
            at: now,
        };
        info!(
            account.id = event.account_id,
            carrier = event.carrier,
            from = event.from,
            to = event.to,
            reason = event.reason,
            "The health of a carrier account has changed"
        );
        if let Err(problem) = self.bus.send_health(&event).await {
            error!(
                code = problem.code,
                "The event bus did not take a carrier's health"
            );
        }
    }
}
