//! `DELETE /calls/{callId}`: ends a call that we placed.

use std::time::Duration;

use jiff::Timestamp;
use ringback_accounts::{AMAZON_CONNECT, Lookup, LookupError, Slug};
use ringback_api::{Identity, Problem, ProblemType, Request, Response};
use ringback_calls::{
    CallId, CallRecord, Entry, Kind, NewEvent, Placed, Requester, State, fold, hang_up_asked,
};
use ringback_carriers::{Answered, CannotAsk, HungUp, Keys, PlacedCall};
use ringback_outbound::Sent;
use tracing::{error, info};

use crate::App;
use crate::answer::{self, without_table};
use crate::carriers::named;
use crate::ids;
use crate::metrics::RequestMetrics;
use crate::problems;

/// How long a carrier has to answer.
const PATIENCE: Duration = Duration::from_secs(8);

impl App {
    /// Ends a call: asks its carrier to. That it has ended is told by the carrier's events.
    pub(crate) async fn hang_up(
        &self,
        request: &Request<'_>,
        identity: &Identity,
        call: &CallId,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let who = named(identity)?;
        let tenant = identity.tenant.as_str();
        let entries = self.calls.events(tenant, call, now).await;
        let entries = entries.map_err(|problem| without_table(&problem.code))?;
        let record = fold(call, &entries).ok_or_else(|| {
            let detail = "No call of that id is known, or not any more.";
            Problem::new(&problems::NO_SUCH_CALL, detail)
        })?;
        if record.state == State::Close {
            return Ok(answer::known(200, &record));
        }
        let placed = entries.iter().find(|entry| entry.event.id == Placed::event_id());
        let (Some(placed), Some(holder)) = (placed, holder(&entries)) else {
            return Err(cannot(
                "It was not placed here, so its carrier is not asked to end it.",
            ));
        };
        // The id of the request, or what no other has.
        let own = ids::new_call(now);
        let id = request
            .id()
            .or(own.as_ref().map(CallId::as_str))
            .unwrap_or_default();
        let asked = hang_up_asked(Requester { by: who, request: id }, now);
        if !self.keep(NewEvent::own(tenant, call, asked, now)).await {
            return Err(without_table("hang-up-not-written"));
        }
        counts.hang_ups += 1;
        let hung_up = self.tell_to_end(&record, &entries, placed, holder, now).await?;
        info!(call.id = %call, carrier = holder.carrier, outcome = ?hung_up, "Asked a carrier to end a call");
        match hung_up {
            HungUp::Done | HungUp::Over => Ok(answer::known(202, &record)),
            HungUp::Refused => Err(cannot("The carrier refuses to end it.")),
            HungUp::Unsure => {
                let detail = "Nobody knows whether the carrier ends it; try again.";
                Err(Problem::new(&ProblemType::UNAVAILABLE, detail).after(1))
            }
        }
    }

    async fn tell_to_end(
        &self,
        record: &CallRecord,
        entries: &[Entry],
        placed: &Entry,
        holder: &Entry,
        now: Timestamp,
    ) -> Result<HungUp, Problem> {
        if holder.carrier == AMAZON_CONNECT {
            if !self.connect.is_of(&record.tenant) {
                return Err(gone());
            }
            let contact = record.carrier_call_id.as_deref();
            let contact = contact.ok_or_else(|| not_known(&CannotAsk::Unknown("its id of the call")))?;
            return Ok(self.connect.hang_up(contact).await);
        }
        let slug = Slug::parse(&holder.account).map_err(|_| gone())?;
        let known = match self.accounts.find(&holder.carrier, &slug).await {
            Ok(Lookup::Found(known)) if known.account.tenant == record.tenant => known,
            Ok(Lookup::Found(_)) => return Err(gone()),
            Ok(Lookup::Nobody | Lookup::TooMany) | Err(LookupError::Carrier) => return Err(gone()),
            Err(LookupError::Store(problem)) => return Err(without_table(&problem.code)),
        };
        let secrets = known.api_secrets().await.map_err(|_| {
            error!(account = ?slug, "The secrets of a carrier account cannot be read, so a call is not ended");
            Problem::new(&ProblemType::UNAVAILABLE, "The carrier cannot be asked now; try again.").after(1)
        })?;
        let keys = Keys {
            secrets: &secrets,
            settings: &known.account.settings,
        };
        let carrier = known.carrier.get();
        let placed = placed_call(record, entries, placed, holder);
        let ask = carrier
            .hang_up(&placed, &keys, now)
            .map_err(|why| not_known(&why))?;
        Ok(match self.outbound.send(&ask, PATIENCE).await {
            Sent::Answered { status, body, .. } => carrier.hung_up(&Answered { status, body: &body }),
            Sent::NotSent(_) | Sent::Unsure(_) => HungUp::Unsure,
        })
    }
}

/// That we asked the account that has the call: the one that was asked last and has not refused.
fn holder(entries: &[Entry]) -> Option<&Entry> {
    let is = |entry: &Entry, kind| entry.event.kind == kind;
    let refused = |asked: &Entry| {
        let same = |entry: &&Entry| (&entry.carrier, &entry.account) == (&asked.carrier, &asked.account);
        entries.iter().filter(same).any(|entry| is(entry, Kind::Refused))
    };
    let asked = entries
        .iter()
        .filter(|entry| is(entry, Kind::Asked) && !refused(entry));
    asked.max_by_key(|entry| entry.received_at)
}

fn placed_call<'a>(
    record: &'a CallRecord,
    entries: &'a [Entry],
    placed: &Entry,
    holder: &Entry,
) -> PlacedCall<'a> {
    let of_holder = |entry: &&Entry| (&entry.carrier, &entry.account) == (&holder.carrier, &holder.account);
    let mut controls = entries
        .iter()
        .filter(of_holder)
        .filter_map(|entry| entry.event.facts.control.as_deref());
    PlacedCall {
        call: &record.id,
        carrier_call_id: record.carrier_call_id.as_deref(),
        leg_a: record.a.id.as_deref(),
        leg_b: record.b.id.as_deref(),
        control: controls.next(),
        agent: record.a.number.as_ref().map(|number| number.as_str()),
        customer: record.b.number.as_ref().map(|number| number.as_str()),
        placed_at: placed.received_at,
        limit_seconds: record.limit_seconds,
    }
}

fn cannot(detail: &'static str) -> Problem {
    Problem::new(&problems::CANNOT_HANG_UP, detail)
}

fn gone() -> Problem {
    cannot("The carrier account that has it is not there any more, or cannot be used.")
}

fn not_known(why: &CannotAsk) -> Problem {
    match why {
        CannotAsk::Unknown(_) => {
            cannot("The carrier has not told its id of the call yet; try again in a moment.").after(2)
        }
        _ => cannot("This carrier cannot be asked to end a call, or the account lacks what it takes."),
    }
}
