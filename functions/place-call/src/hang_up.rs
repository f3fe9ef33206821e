//! `DELETE /calls/{callId}`: ends a call that we placed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::{AMAZON_CONNECT, Lookup, LookupError, Slug};
use ringback_api::{Identity, Problem, ProblemType, Request, Response};
use ringback_calls::{
    CallId, Entry, Holder, Kind, NewEvent, Placed, Requester, State, fold, hang_up_asked, said_over,
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
/// For how long a request for the same call's end is the same request.
const LATELY: SignedDuration = SignedDuration::from_secs(10);

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
        let entries = self.events(tenant, call, now).await?;
        let record = fold(call, &entries).ok_or_else(|| {
            let detail = "No call of that id is known, or not any more.";
            Problem::new(&problems::NO_SUCH_CALL, detail)
        })?;
        if record.state == State::Close {
            return Ok(answer::known(200, &record));
        }
        if !entries.iter().any(|entry| entry.event.id == Placed::event_id()) {
            return Err(cannot(
                "It was not placed here, so its carrier is not asked to end it.",
            ));
        }
        if !was_asked_lately(&entries, who, now) {
            self.write_that_it_is_asked(request, tenant, who, call, now)
                .await?;
        }
        counts.hang_ups += 1;
        // Read after it is written: whoever asks a carrier meanwhile sees that the end is asked for, or is seen here.
        let entries = self.events(tenant, call, now).await?;
        let Some(holder) = Holder::of(call, &entries) else {
            // All that were asked have refused, and nobody is asked any more.
            return Ok(answer::known(202, &record));
        };
        let hung_up = self.tell_to_end(&holder, now).await?;
        info!(call.id = %call, carrier = holder.carrier, outcome = ?hung_up, "Asked a carrier to end a call");
        match hung_up {
            HungUp::Done => Ok(answer::known(202, &record)),
            HungUp::Over => {
                self.write_that_it_is_over(&holder, now).await?;
                Ok(answer::known(202, &record))
            }
            HungUp::Refused => Err(cannot("The carrier refuses to end it.")),
            HungUp::Unsure => {
                let detail = "Nobody knows whether the carrier ends it; try again.";
                Err(Problem::new(&ProblemType::UNAVAILABLE, detail).after(1))
            }
        }
    }

    async fn events(&self, tenant: &str, call: &CallId, now: Timestamp) -> Result<Vec<Entry>, Problem> {
        let entries = self.calls.events(tenant, call, now).await;
        entries.map_err(|problem| without_table(&problem.code))
    }

    async fn write_that_it_is_asked(
        &self,
        request: &Request<'_>,
        tenant: &str,
        who: &str,
        call: &CallId,
        now: Timestamp,
    ) -> Result<(), Problem> {
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
        Ok(())
    }

    /// The carrier says that there is nothing to end, so its word of the end was lost. When the call ended and why the
    /// carrier can often still tell, and perhaps it only does not know the call: so it is not closed here, but looked at
    /// at once.
    async fn write_that_it_is_over(&self, holder: &Holder<'_>, now: Timestamp) -> Result<(), Problem> {
        let (tenant, call) = (&holder.view.tenant, &holder.view.id);
        let asked = holder.asked();
        let event = said_over(asked, now);
        if !self
            .keep(NewEvent::of_account(tenant, call, asked, event, now))
            .await
        {
            return Err(without_table("end-not-written"));
        }
        Ok(())
    }

    async fn tell_to_end(&self, holder: &Holder<'_>, now: Timestamp) -> Result<HungUp, Problem> {
        let view = &holder.view;
        if holder.carrier == AMAZON_CONNECT {
            if !self.connect.is_of(&view.tenant) {
                return Err(gone());
            }
            let contact = view.carrier_call_id.as_deref();
            let contact = contact.ok_or_else(|| not_known(&CannotAsk::Unknown("its id of the call")))?;
            return Ok(self.connect.hang_up(contact).await);
        }
        let slug = Slug::parse(holder.account).map_err(|_| gone())?;
        let known = match self.accounts.find(holder.carrier, &slug).await {
            Ok(Lookup::Found(known)) if known.account.tenant == view.tenant => known,
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
        let ask = carrier
            .hang_up(&PlacedCall::to_end(holder), &keys, now)
            .map_err(|why| not_known(&why))?;
        Ok(match self.outbound.send(&ask, PATIENCE).await {
            Sent::Answered { status, body, .. } => carrier.hung_up(&Answered { status, body: &body }),
            Sent::NotSent(_) | Sent::Unsure(_) => HungUp::Unsure,
        })
    }
}

/// Whether the same person asked for the call's end a moment ago. The carrier is told again, for the first time may have
/// been in vain; but who presses a button a hundred times leaves no hundred events.
fn was_asked_lately(entries: &[Entry], who: &str, now: Timestamp) -> bool {
    let lately = |entry: &Entry| {
        let same = entry.event.kind == Kind::HangUpAsked && entry.event.by.as_deref() == Some(who);
        same && now.duration_since(entry.received_at) < LATELY
    };
    entries.iter().any(lately)
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
