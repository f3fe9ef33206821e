//! A call whose id its carrier has never told is looked for among the calls that the carrier lists.
//!
//! A call that is taken for another would be ended in its place. So one is taken only where it is the only one that can be
//! ours, and ours the only one that it can be.

use jiff::SignedDuration;
use ringback_accounts::Known;
use ringback_calls::{
    Ask as ListAsk, CallId, Entry, Holder, LONGEST_PAGE, List, NewEvent, Number, Summary, TakenOn, found,
};
use ringback_carriers::{Ability, Accepted, Answered, Inquiry, Keys, LookedFor};
use secrecy::SecretString;
use tracing::{info, warn};

use crate::App;
use crate::clock::Clock;
use crate::inquiry::Told;
use crate::situation::Situation;
use crate::step::Answer;
use crate::trouble::Trouble;

/// So long before and after it another call of ours may have been placed that is told apart from it by nothing.
const BESIDE: SignedDuration = SignedDuration::from_secs(90);
/// With more calls of ours beside it than this nobody looks which of them may be it.
const MOST_BESIDE: usize = 50;

/// Whether the call must be found before it can be asked about.
pub(crate) fn is_to_be_found(holder: &Holder<'_>, ability: Ability) -> bool {
    ability.inquiry == Inquiry::Listed && is_unknown(holder)
}

/// Whether its carrier has never told its id.
fn is_unknown(holder: &Holder<'_>) -> bool {
    holder.view.carrier_call_id.is_none() && holder.view.a.id.is_none()
}

impl App {
    /// Looks for the call, and asks about the one that is found.
    ///
    /// # Errors
    /// When a service of ours does not answer.
    pub(crate) async fn find(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        known: &Known,
        ability: Ability,
        clock: &Clock,
    ) -> Result<Told, Trouble> {
        let secrets = match known.api_secrets().await {
            Ok(secrets) => secrets,
            Err(problem) => {
                warn!(account = ?known.account.slug, code = problem.code, "A carrier account's API secret cannot be read, so its carrier is not asked for its calls");
                return Ok(Told::nothing(Answer::Unclear));
            }
        };
        if !self.may_ask(&known.account.slug, ability, clock.now()).await? {
            return Ok(Told::nothing(Answer::NotYet));
        }
        let asked = |answer| Told {
            requests: 1,
            ..Told::nothing(answer)
        };
        let candidates = match self.candidates(holder, known, &secrets, clock).await {
            Ok(candidates) => candidates,
            Err(answer) => return Ok(asked(answer)),
        };
        let ids = match self.the_only_one(call, holder, candidates, clock).await? {
            Ok(ids) => ids,
            Err(answer) => return Ok(asked(answer)),
        };
        let entries = self.keep_found(call, holder, &ids, clock).await?;
        info!(call.id = %call.record.id, "Found a call among those that its carrier lists");
        let mut told = asked(Answer::NotYet);
        told.news = 1;
        let Some(call) = Situation::of(&call.record.id, &entries) else {
            return Ok(told);
        };
        if let Some(holder) = &call.holder {
            let more = self.inquire(&call, holder, known, ability, clock).await?;
            told.answer = more.answer;
            told.requests += more.requests;
            told.news += more.news;
        }
        Ok(told)
    }

    /// The listed calls that can be it, or why there is no telling.
    async fn candidates(
        &self,
        holder: &Holder<'_>,
        known: &Known,
        secrets: &[SecretString],
        clock: &Clock,
    ) -> Result<Vec<Accepted>, Answer> {
        let account = &known.account;
        let shown: Vec<_> = match &holder.view.a.shown {
            Some(shown) => vec![shown.as_str()],
            None => account.numbers.iter().map(Number::as_str).collect(),
        };
        let agent = holder.view.a.number.as_ref().ok_or(Answer::CannotBeAsked)?;
        let wanted = LookedFor {
            agent: agent.as_str(),
            shown: &shown,
            asked_at: holder.asked_at,
        };
        let keys = Keys {
            secrets,
            settings: &account.settings,
        };
        let ask = known.carrier.get().list(&wanted, &keys, clock.now());
        let ask = ask.map_err(|problem| {
            warn!(account = ?account.slug, problem = %problem, "A carrier cannot be asked for its calls");
            Answer::CannotBeAsked
        })?;
        let sent = self.answered(known, &ask, secrets, clock).await;
        let (status, body) = sent.ok_or(Answer::Unclear)?;
        let listing = match known.carrier.get().listed(&Answered { status, body: &body }) {
            Ok(Some(listing)) => listing,
            Ok(None) => return Err(Answer::Unclear),
            Err(problem) => {
                warn!(account = ?account.slug, status, problem = %problem, "A carrier's list of its calls cannot be read");
                return Err(Answer::Unclear);
            }
        };
        wanted.candidates(listing).ok_or(Answer::Unclear)
    }

    /// The one that is no other call's of ours, or why there is none.
    async fn the_only_one(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        candidates: Vec<Accepted>,
        clock: &Clock,
    ) -> Result<Result<Accepted, Answer>, Trouble> {
        let mut free = Vec::new();
        for ids in candidates {
            if !self.is_taken(call, holder, &ids, clock).await? {
                free.push(ids);
            }
        }
        let mut free = free.into_iter();
        match (free.next(), free.next()) {
            (None, _) => Ok(Err(Answer::NotListed)),
            (Some(ids), None) if self.has_no_like(call, holder, clock).await? => Ok(Ok(ids)),
            _ => Ok(Err(Answer::Unclear)),
        }
    }

    /// Whether another call of ours has that id.
    async fn is_taken(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        ids: &Accepted,
        clock: &Clock,
    ) -> Result<bool, Trouble> {
        let Some(id) = &ids.carrier_call_id else {
            return Ok(true);
        };
        let list = List::CarrierCall {
            carrier: holder.carrier.to_owned(),
            id: id.clone(),
        };
        let ask = ListAsk::new(&*call.record.tenant, list);
        let page = self.calls.list(&ask, clock.now()).await?;
        Ok(page.items.iter().any(|other| other.id != call.record.id))
    }

    /// Whether no other open call of ours may be the listed one as well: to the same agent, at the same account, at about
    /// the same time, and with an id that nobody knows.
    async fn has_no_like(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        clock: &Clock,
    ) -> Result<bool, Trouble> {
        let asked_at = holder.asked_at;
        let mut ask = ListAsk {
            from: asked_at.checked_sub(BESIDE).ok(),
            until: asked_at.checked_add(BESIDE).ok(),
            limit: LONGEST_PAGE,
            ..ListAsk::new(&*call.record.tenant, List::Open)
        };
        let mut seen = 0;
        loop {
            let page = self.calls.list(&ask, clock.now()).await?;
            let beside = |other: &&Summary| {
                other.id != call.record.id && other.carrier.as_deref() == Some(holder.carrier)
            };
            for other in page.items.iter().filter(beside) {
                seen += 1;
                if seen > MOST_BESIDE || self.is_like(&other.id, call, holder, clock).await? {
                    return Ok(false);
                }
            }
            ask.after = page.next;
            if ask.after.is_none() {
                return Ok(true);
            }
        }
    }

    async fn is_like(
        &self,
        other: &CallId,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        clock: &Clock,
    ) -> Result<bool, Trouble> {
        let tenant = &call.record.tenant;
        let entries = self.calls.events(tenant, other, clock.now()).await?;
        let Some(like) = Holder::of(other, &entries) else {
            return Ok(false);
        };
        let same_agent = like.view.a.number == holder.view.a.number;
        Ok(like.asked() == holder.asked() && same_agent && is_unknown(&like))
    }

    /// Keeps what was found, as our conclusion; the call's events with it.
    async fn keep_found(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        ids: &Accepted,
        clock: &Clock,
    ) -> Result<Vec<Entry>, Trouble> {
        let (id, tenant, now) = (&call.record.id, &call.record.tenant, clock.now());
        let told = TakenOn {
            carrier_call_id: ids.carrier_call_id.as_deref(),
            leg_a: ids.leg_a.as_deref(),
            ..TakenOn::default()
        };
        let event = found(holder.asked(), told, now);
        let new = NewEvent::of_account(tenant, id, holder.asked(), event, now);
        self.calls.put(&new).await?;
        Ok(self.calls.events(tenant, id, now).await?)
    }
}
