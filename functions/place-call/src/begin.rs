//! The beginning of a call: a slot, and then in one transaction the key, the line, and that the first account is asked.

use jiff::{SignedDuration, Timestamp};
use ringback_api::Problem;
use ringback_calls::{Asked, CallId, NewEvent, Placed, State};
use ringback_placing::{Begin, Begun, Kept, Pin, Token};
use tracing::{error, warn};

use crate::App;
use crate::answer::without_table;
use crate::asking::{Order, RING_SECONDS, Ready};
use crate::body::{Wish, hex};
use crate::placing::{BUSY, Journey, failed};
use crate::{ids, problems};

/// How much longer a call may last than both may ring and talk: for what carriers do before and after.
const GRACE_SECONDS: u64 = 600;
/// How many slots are looked at where there is none left.
const LOOKED_AT: usize = 10;

/// What the beginning of a call came to.
pub(crate) enum Start {
    /// It has begun.
    Begun,
    /// A request with its key is known.
    KeyKnown(Kept),
    /// Another call has the line.
    LineBusy,
    /// The tenant has as many calls open as it may.
    NoSlot,
}

/// What a call begins with.
pub(crate) struct Terms {
    /// How many calls may be open at once.
    pub(crate) open_calls: u32,
    /// The longest that any account which may be asked lets the two talk, in seconds.
    pub(crate) longest_seconds: u64,
    /// The call that has the line, and is over.
    pub(crate) taking_over: Option<CallId>,
}

impl App {
    /// Takes a slot, and then in one transaction the line and the key, and writes down that the call is placed and who is
    /// asked for it.
    pub(crate) async fn begin(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        first: &Ready<'_>,
        terms: &Terms,
    ) -> Result<Start, Problem> {
        let (tenant, call, now) = (order.tenant, order.call, journey.now);
        let longest = 2 * RING_SECONDS + terms.longest_seconds + GRACE_SECONDS;
        let longest = SignedDuration::from_secs(i64::try_from(longest).unwrap_or(i64::MAX));
        let until = now.checked_add(longest).unwrap_or(Timestamp::MAX);
        if !self.slot(tenant, call, until, terms.open_calls, now).await? {
            return Ok(Start::NoSlot);
        }
        let taking_over = terms.taking_over.as_ref();
        let mut begun = self.transact(journey, order, first, (until, taking_over)).await;
        if begun.is_err() {
            // It may have been written, and only the answer was lost: the same transaction again says so.
            begun = self.transact(journey, order, first, (until, taking_over)).await;
        }
        if !matches!(begun, Ok(Begun::Begun)) {
            self.release(tenant, call, None).await;
        }
        Ok(match begun? {
            Begun::Begun => Start::Begun,
            Begun::KeyKnown(kept) => Start::KeyKnown(kept),
            // The one that was over is known by its name, so this one has begun since.
            Begun::LineBusy(_) => Start::LineBusy,
        })
    }

    /// Takes a slot. Where there is none, it looks whether the calls that should have been over first are over, or never
    /// began because whoever took the slot died, and frees theirs.
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
        (line_until, taking_over): (Timestamp, Option<&CallId>),
    ) -> Result<Begun, Problem> {
        let (tenant, call, now) = (order.tenant, order.call, journey.now);
        let mut placed = placed(order).event(now);
        placed.by = journey.identity.who.clone();
        let placed = NewEvent::own(tenant, call, placed, now);
        let asked = asked_event(order, first, now);
        let begin = Begin {
            tenant,
            key: journey
                .key
                .as_ref()
                .map(|(key, fingerprint)| (key, fingerprint.as_str())),
            call,
            line: order.line,
            line_until,
            taking_over,
            events: [&placed, &asked],
            now,
        };
        self.placing.begin(&self.calls, &begin).await.map_err(failed)
    }

    /// Looks whether the line is free, before anything is taken for the call: the call that has it and is over, if there is
    /// one. However late it is, only its record says that it is over: carriers keep other limits than we think, and whoever
    /// talks is not rung. A call of which nobody hears is closed by `reconcile-calls`, a day after it must be over at the
    /// latest, so no line is taken for ever.
    pub(crate) async fn free_line(
        &self,
        tenant: &str,
        line: &str,
        now: Timestamp,
    ) -> Result<Option<CallId>, Problem> {
        let lease = self.placing.line(tenant, line).await.map_err(failed)?;
        let Some(lease) = lease.filter(|lease| !lease.has_lapsed(now)) else {
            return Ok(None);
        };
        match self.is_over(tenant, &lease.call, now).await? {
            true => Ok(Some(lease.call)),
            false => Err(line_busy()),
        }
    }

    /// Whether a call is over, or nothing is known of it.
    async fn is_over(&self, tenant: &str, call: &CallId, now: Timestamp) -> Result<bool, Problem> {
        let record = self.calls.read(tenant, call, now).await;
        let record = record.map_err(|problem| without_table(&problem.code))?;
        Ok(record.is_none_or(|record| record.state == State::Close))
    }

    /// Gives back what was taken for a call that did not begin, or an account that is not asked.
    pub(crate) async fn give_back(&self, tokens: &[Token]) {
        for token in tokens {
            if let Err(problem) = self.placing.give_back(token).await {
                warn!(code = problem.code, "What was taken of a rate was not given back");
            }
        }
    }

    pub(crate) async fn release(&self, tenant: &str, call: &CallId, line: Option<&str>) {
        if let Err(problem) = self.placing.release(tenant, call, line).await {
            error!(code = problem.code, call.id = %call, "A call's slot or line was not given back");
        }
    }
}

pub(crate) fn line_busy() -> Problem {
    let detail = "The line has a call that has not ended; one at a time.";
    Problem::new(&problems::LINE_BUSY, detail).after(BUSY)
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
