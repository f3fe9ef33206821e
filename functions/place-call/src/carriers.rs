//! `GET /carriers` and `PUT|DELETE /carriers/{accountId}/disabled`: how the accounts are, and taking one out of use.

use jiff::Timestamp;
use ringback_accounts::Account;
use ringback_api::{Identity, Problem, ProblemType, Response};
use ringback_placing::public_id;
use serde::Serialize;
use serde_json::json;

use crate::App;
use crate::answer::without_table;
use crate::fleet::{Member, Seen};
use crate::metrics::RequestMetrics;
use crate::problems;

/// An account, as whoever may place calls sees it: no slug, no secret, no number.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    account_id: String,
    carrier: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    priority: u32,
    prefixes: &'a [String],
    /// How many numbers it may show.
    numbers: usize,
    /// Whether its carrier places calls at all.
    places_calls: bool,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// Of the last five minutes, 0 to 1, in thousandths.
    error_rate: f64,
    attempts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_age_seconds: Option<i64>,
}

impl<'a> View<'a> {
    fn of(member: &'a Member, now: Timestamp) -> Self {
        let Member { account, health, .. } = member;
        let heard = health.last_heard;
        Self {
            account_id: public_id(&account.slug),
            carrier: &account.carrier,
            name: account.name.as_deref(),
            priority: account.priority,
            prefixes: &account.prefixes,
            numbers: account.numbers.len(),
            places_calls: member.ability().is_some(),
            state: health.state.as_str(),
            reason: health.reason,
            since: health.since,
            error_rate: (health.error_rate * 1000.0).round() / 1000.0,
            attempts: health.attempts,
            last_event_at: heard,
            last_event_age_seconds: heard.map(|heard| now.duration_since(heard).as_secs().max(0)),
        }
    }
}

impl App {
    /// All accounts of the tenant: those that are asked first come first.
    pub(crate) async fn carriers(
        &self,
        identity: &Identity,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let mut fleet = self.fleet(&identity.tenant, Seen::Now, now, counts).await?;
        fleet.sort_by(|one, other| {
            let rank = |member: &Member| (member.account.priority, member.account.slug.clone());
            rank(one).cmp(&rank(other))
        });
        let views: Vec<_> = fleet.iter().map(|member| View::of(member, now)).collect();
        Ok(Response::json(200, &json!({"carriers": views})))
    }

    /// Takes an account out of use, or back into it; the answer is the same however often it is asked for.
    pub(crate) async fn disable(
        &self,
        identity: &Identity,
        id: &str,
        disabled: bool,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let who = named(identity)?;
        let account = self.account(&identity.tenant, id).await?;
        let switch = match disabled {
            true => self.placing.disable(&account.slug, who, now).await,
            false => self.placing.enable(&account.slug, who, now).await,
        };
        self.healths.forget(&account.slug);
        let switch = switch.map_err(|problem| without_table(&problem.code))?;
        if let Some(switch) = &switch {
            counts.switches += 1;
            self.tell_switch(&account, switch, now).await;
        }
        let body = json!({"accountId": id, "carrier": account.carrier, "disabled": disabled, "changed": switch.is_some()});
        Ok(Response::json(200, &body))
    }

    /// The tenant's account with that public id: nobody else's.
    async fn account(&self, tenant: &str, id: &str) -> Result<Account, Problem> {
        let accounts = self.account_store.list(tenant).await;
        let accounts = accounts.map_err(|problem| without_table(&problem.code))?;
        let mut found = accounts
            .into_iter()
            .filter(|account| public_id(&account.slug) == id);
        found.next().ok_or_else(|| {
            let detail = "No carrier account has that id.";
            Problem::new(&problems::NO_SUCH_ACCOUNT, detail)
        })
    }
}

/// Who asks: what is written down with a name is done for nobody who has none.
pub(crate) fn named(identity: &Identity) -> Result<&str, Problem> {
    identity.who.as_deref().ok_or_else(|| {
        let detail = "The identity does not say who asks (sub, userArn), in at most 256 characters.";
        Problem::new(&ProblemType::FORBIDDEN, detail)
    })
}
