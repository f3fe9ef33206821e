//! The beginning of a call: a slot, and then in one transaction the key, the line, and that the first account is asked.

use jiff::{SignedDuration, Timestamp};
use ringback_api::Problem;
use ringback_calls::{Asked, CallId, NewEvent, Placed, State};
use ringback_placing::{Begin, Begun, LineLease, Pin};
use tracing::{error, info};

use crate::App;
use crate::answer::without_table;
use crate::asking::{Order, RING_SECONDS, Ready};
use crate::body::{Wish, hex};
use crate::placing::{BUSY, Journey, failed};
use crate::{ids, problems};

/// How long a line stays taken beyond the longest that its call may be: for what carriers do after their time.
const GRACE_SECONDS: u64 = 600;
/// How many slots are looked at where there is none left.
const LOOKED_AT: usize = 10;

impl App {
    /// Takes a slot, and then in one transaction the line and the key, and writes down that the call is placed and who is
    /// asked for it.
    pub(crate) async fn begin(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        first: &Ready<'_>,
        open_calls: u32,
    ) -> Result<Begun, Problem> {
        let (tenant, call, now) = (order.tenant, order.call, journey.now);
        let longest = 2 * RING_SECONDS + order.limit_seconds + GRACE_SECONDS;
        let longest = SignedDuration::from_secs(i64::try_from(longest).unwrap_or(i64::MAX));
        let until = now.checked_add(longest).unwrap_or(Timestamp::MAX);
        if !self.slot(tenant, call, until, open_calls, now).await? {
            let detail = "The policy allows no more calls at the same time.";
            return Err(Problem::new(&problems::TOO_MANY_CALLS, detail).after(BUSY));
        }
        let mut begun = self.transact(journey, order, first, until).await;
        if begun.is_err() {
            // It may have been written, and only the answer was lost: the same transaction again says so.
            begun = self.transact(journey, order, first, until).await;
        }
        if !matches!(begun, Ok(Begun::Begun)) {
            self.release(tenant, call, None).await;
        }
        begun
    }

    /// Takes a slot. Where there is none, it looks whether the oldest ones are of calls that are over, or that never began
    /// because whoever took the slot died, and frees those.
    async fn slot(
        &self,
        tenant: &str,
        call: &CallId,
        until: Timestamp,
        most: u32,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let take = || self.placing.open_slot(tenant, call, until, most, now);
        if take().await.map_err(failed)? {
            return Ok(true);
        }
        let mut freed = false;
        let open = self.placing.open_calls(tenant).await.map_err(failed)?;
        for holder in open.iter().take(LOOKED_AT) {
            if ids::is_fresh(holder, now) || !self.is_over(tenant, holder, now).await? {
                continue;
            }
            self.placing.release(tenant, holder, None).await.map_err(failed)?;
            freed = true;
        }
        match freed {
            true => take().await.map_err(failed),
            false => Ok(false),
        }
    }

    async fn transact(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        first: &Ready<'_>,
        until: Timestamp,
    ) -> Result<Begun, Problem> {
        let (tenant, call, now) = (order.tenant, order.call, journey.now);
        let mut placed = placed(order).event(now);
        placed.by = journey.identity.who.clone();
        let placed = NewEvent::own(tenant, call, placed, now);
        let asked = asked_event(order, first, now);
        let mut begin = Begin {
            tenant,
            key: journey
                .key
                .as_ref()
                .map(|(key, fingerprint)| (key, fingerprint.as_str())),
            call,
            line: order.line,
            line_until: until,
            taking_over: None,
            events: [&placed, &asked],
            now,
        };
        let begun = self.placing.begin(&self.calls, &begin).await.map_err(failed)?;
        let Begun::LineBusy(LineLease { call: holder, .. }) = &begun else {
            return Ok(begun);
        };
        // The lease of a call that is over counts for nothing: whoever ought to have given it back did not come to it.
        if !self.is_over(tenant, holder, now).await? {
            return Ok(begun);
        }
        info!(call.id = %call, "Took over the line of a call that is over");
        begin.taking_over = Some(holder);
        self.placing.begin(&self.calls, &begin).await.map_err(failed)
    }

    async fn is_over(&self, tenant: &str, call: &CallId, now: Timestamp) -> Result<bool, Problem> {
        let record = self.calls.read(tenant, call, now).await;
        let record = record.map_err(|problem| without_table(&problem.code))?;
        Ok(record.is_none_or(|record| record.state == State::Close))
    }

    pub(crate) async fn release(&self, tenant: &str, call: &CallId, line: Option<&str>) {
        if let Err(problem) = self.placing.release(tenant, call, line).await {
            error!(code = problem.code, call.id = %call, "A call's slot or line was not given back");
        }
    }
}

/// The line that the call takes: the one that is asked for, the user's, or one that only this user or telephone has. Lines
/// that are asked for have no colon, so nobody takes another's by its name.
pub(crate) fn line(wish: &Wish, pin: Option<&Pin>) -> String {
    let known = wish.line.clone().or_else(|| pin?.line.clone());
    known.unwrap_or_else(|| match &wish.user {
        Some(user) => format!("user:{user}"),
        None => {
            let digest = <sha2::Sha256 as sha2::Digest>::digest(wish.agent.as_str());
            format!("agent:{}", hex(digest.get(..16).unwrap_or_default()))
        }
    })
}

fn placed(order: &Order<'_>) -> Placed {
    let wish = order.wish.clone();
    Placed {
        a: wish.agent,
        b: wish.customer,
        a_shown: wish.agent_shown,
        b_shown: wish.customer_shown,
        agent: wish.user,
        main_number: wish.main_number,
        extension: wish.extension,
        business_reference: wish.business_ref,
        business_data: wish.business_data,
        line: Some(order.line.to_owned()),
        announcement: wish.announcement,
        ring_seconds: Some(RING_SECONDS),
        limit_seconds: Some(order.limit_seconds),
        record: wish.record,
    }
}

pub(crate) fn asked<'a>(ready: &'a Ready<'_>) -> Asked<'a> {
    let account = &ready.member.account;
    Asked {
        carrier: &account.carrier,
        account: account.slug.as_str(),
    }
}

pub(crate) fn asked_event(order: &Order<'_>, ready: &Ready<'_>, at: Timestamp) -> NewEvent {
    let asked = asked(ready);
    NewEvent::of_account(order.tenant, order.call, asked, asked.event(at), at)
}
