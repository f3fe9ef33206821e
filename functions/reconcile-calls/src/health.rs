//! How the carrier accounts do that have calls which are due: a carrier that takes calls on and tells nothing of them is
//! noticed here, though nobody places a call.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use ringback_accounts::Slug;
use ringback_placing::public_id;
use ringback_steps::{HEALTH_SCHEMA, HealthEvent};
use tracing::{error, info};

use crate::App;
use crate::trouble::Trouble;

/// Accounts by their slugs: whose, and of which carrier.
pub(crate) type Met = BTreeMap<Slug, (String, String)>;

impl App {
    /// Writes down how each account does, and tells the bus of every switch; how many there were.
    pub(crate) async fn settle(&self, met: Met, now: Timestamp) -> u64 {
        let settled = met
            .into_iter()
            .map(|(slug, of)| Box::pin(self.settled(slug, of, now)));
        let settled: Vec<_> = stream::iter(settled)
            .buffer_unordered(self.at_once)
            .collect()
            .await;
        let switches = settled.into_iter().filter(|switched| *switched).count();
        u64::try_from(switches).unwrap_or(u64::MAX)
    }

    /// Whether an account has switched, as far as that could be found out.
    async fn settled(&self, slug: Slug, (tenant, carrier): (String, String), now: Timestamp) -> bool {
        let settled = self.settle_one(&slug, &tenant, &carrier, now).await;
        settled.unwrap_or_else(|problem| {
            error!(account = ?slug, code = problem.code, "A carrier account's health could not be settled");
            false
        })
    }

    async fn settle_one(
        &self,
        slug: &Slug,
        tenant: &str,
        carrier: &str,
        now: Timestamp,
    ) -> Result<bool, Trouble> {
        let health = self.placing.health(slug, now).await?;
        let Some(switch) = self.placing.settle(slug, &health, now).await? else {
            return Ok(false);
        };
        let event = HealthEvent {
            schema: HEALTH_SCHEMA.to_owned(),
            tenant: tenant.to_owned(),
            account_id: public_id(slug),
            carrier: carrier.to_owned(),
            from: switch.from.as_str().to_owned(),
            to: switch.to.as_str().to_owned(),
            reason: switch.reason.map(str::to_owned),
            at: now,
        };
        info!(
            account.id = event.account_id,
            carrier,
            from = event.from,
            to = event.to,
            reason = event.reason,
            "The health of a carrier account has changed"
        );
        // The switch is written; nobody will be told of it again.
        if let Err(problem) = self.bus.send_health(&event).await {
            error!(
                code = problem.code,
                "The event bus did not take a carrier's health"
            );
        }
        Ok(true)
    }
}
