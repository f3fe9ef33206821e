//! One call that is due: its events are read, and what is owed is done.

use std::sync::Arc;

use jiff::Timestamp;
use ringback_accounts::{AMAZON_CONNECT, Known, Lookup, LookupError, Slug};
use ringback_calls::{
    CallEvent, Class, Due, Holder, NewEvent, Requester, Wanted, checked, given_up, hang_up_asked, orphaned,
    said_over, unplaced,
};
use ringback_carriers::{Ability, HungUp, Inquired, PlacedCall, Second, ability_of};
use ringback_lambda::error_code;
use tracing::{info, warn};

use crate::App;
use crate::clock::Clock;
use crate::finding::is_to_be_found;
use crate::inquiry::Told;
use crate::situation::Situation;
use crate::step::{self, Answer, Owed, Step, Unplaced};
use crate::trouble::Trouble;

/// What came of looking at a call.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) end: End,
    /// The account that has the call: its slug, whose it is, and its carrier.
    pub(crate) met: Option<(Slug, String, String)>,
    pub(crate) asked: u64,
    pub(crate) hung_up: u64,
    pub(crate) resent: u64,
    pub(crate) given_up: u64,
}

/// How it stands with a call.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing is owed.
    #[default]
    Nothing,
    /// It is closed now.
    Closed,
    /// It will be looked at again.
    Waiting,
    /// It could not be looked at.
    Failed,
}

/// A call that is looked at, and who has it.
struct Case<'a> {
    due: &'a Due,
    call: &'a Situation<'a>,
    known: Option<&'a Known>,
    clock: &'a Clock,
}

impl App {
    /// Looks at a call and does what is owed.
    ///
    /// # Errors
    /// When a service of ours does not answer. The call stays due then, and nothing that was done is in vain.
    pub(crate) async fn look(&self, due: &Due, clock: &Clock, looked: &mut Looked) -> Result<End, Trouble> {
        let entries = self.calls.events(&due.tenant, &due.call, clock.now()).await?;
        let Some(call) = Situation::of(&due.call, &entries) else {
            return Ok(End::Nothing);
        };
        let known = match &call.holder {
            Some(holder) => self.known(holder).await?,
            None => None,
        };
        let ability = call
            .holder
            .as_ref()
            .and_then(|holder| ability(holder, known.as_deref()));
        if let (Some(holder), Some(_)) = (&call.holder, ability)
            && let Ok(slug) = Slug::parse(holder.account)
        {
            looked.met = Some((slug, due.tenant.clone(), holder.carrier.to_owned()));
        }
        let case = Case {
            due,
            call: &call,
            known: known.as_deref(),
            clock,
        };
        match (step::next(&call, ability, clock.now()), &call.holder, ability) {
            (Step::Ask, Some(holder), Some(ability)) => self.ask(&case, holder, ability, looked).await,
            (step, _, _) => self.take(step, &case, looked).await,
        }
    }

    /// The account that has a call; none where there is no such account any more.
    async fn known(&self, holder: &Holder<'_>) -> Result<Option<Arc<Known>>, Trouble> {
        let Ok(slug) = Slug::parse(holder.account) else {
            return Ok(None);
        };
        if holder.carrier == AMAZON_CONNECT {
            return Ok(None);
        }
        match self.accounts.find(holder.carrier, &slug).await {
            Ok(Lookup::Found(known)) => Ok(Some(known)),
            // Nobody describes its carrier any more, so nobody can be asked: the call ends by its time.
            Ok(Lookup::Nobody) | Err(LookupError::Carrier) => Ok(None),
            Ok(Lookup::TooMany) => Err(Trouble::new("the carriers table", "too-many-slugs")),
            Err(problem) => Err(problem.into()),
        }
    }

    /// Asks the carrier, and does what its answer calls for.
    async fn ask(
        &self,
        case: &Case<'_>,
        holder: &Holder<'_>,
        ability: Ability,
        looked: &mut Looked,
    ) -> Result<End, Trouble> {
        let told = match case.known {
            Some(known) if is_to_be_found(holder, ability) => {
                self.find(case.call, holder, known, ability, case.clock).await?
            }
            Some(known) => {
                self.inquire(case.call, holder, known, ability, case.clock)
                    .await?
            }
            None if holder.carrier == AMAZON_CONNECT => self.inquire_connect(case, holder, ability).await?,
            None => Told::nothing(Answer::CannotBeAsked),
        };
        looked.asked += told.requests;
        let now = case.clock.now();
        if told.news == 0 {
            return self
                .take(step::after(case.call, ability, told.answer, now), case, looked)
                .await;
        }
        let entries = self.calls.events(&case.due.tenant, &case.due.call, now).await?;
        let Some(call) = Situation::of(&case.due.call, &entries) else {
            return Ok(End::Nothing);
        };
        info!(call.id = %call.record.id, events = told.news, "A carrier told what it had not told by itself");
        let case = Case { call: &call, ..*case };
        let step = step::after(&call, ability, told.answer, now);
        if step == Step::Nothing {
            self.end_who_is_alone(&case, ability, looked).await?;
            return Ok(End::Closed);
        }
        self.take(step, &case, looked).await
    }

    /// Ends the customer's leg of a call whose agent's has ended, where nobody else does: no webhook was told of that end.
    async fn end_who_is_alone(
        &self,
        case: &Case<'_>,
        ability: Ability,
        looked: &mut Looked,
    ) -> Result<(), Trouble> {
        let (Some(holder), Some(known)) = (&case.call.holder, case.known) else {
            return Ok(());
        };
        let alone = holder.left_alone().filter(|_| ability.second == Second::Command);
        if let Some(leg) = alone {
            let placed = PlacedCall::of(holder).alone(leg);
            let hung_up = self.hang_up(&placed, known, case.clock).await?;
            looked.hung_up += u64::from(hung_up == HungUp::Done);
        }
        Ok(())
    }

    async fn inquire_connect(
        &self,
        case: &Case<'_>,
        holder: &Holder<'_>,
        ability: Ability,
    ) -> Result<Told, Trouble> {
        let contact = holder.view.carrier_call_id.as_deref();
        let (Some(contact), Ok(slug), true) = (
            contact,
            Slug::parse(holder.account),
            self.connect.is_of(&case.due.tenant),
        ) else {
            return Ok(Told::nothing(Answer::CannotBeAsked));
        };
        let now = case.clock.now();
        if !self.may_ask(&slug, ability, now).await? {
            return Ok(Told::nothing(Answer::NotYet));
        }
        let mut told = Told {
            requests: 1,
            ..Told::nothing(Answer::Told)
        };
        match self.connect.inquire(contact).await {
            Inquired::Events(events) => told.news = self.keep(case.call, holder, events, now).await?,
            Inquired::NoSuchCall => told.answer = Answer::NoSuchCall,
            Inquired::NotNow => told.answer = Answer::NotNow,
        }
        Ok(told)
    }

    async fn take(&self, step: Step, case: &Case<'_>, looked: &mut Looked) -> Result<End, Trouble> {
        let now = case.clock.now();
        match step {
            Step::Nothing => Ok(End::Nothing),
            // There is nobody to ask.
            Step::Soon | Step::Ask => Ok(End::Waiting),
            Step::Wait => self.wait(case).await,
            Step::LeftBehind => {
                warn!(call.id = %case.due.call, "A call is over, and its record is not; it is folded again");
                self.wait(case).await
            }
            Step::Unplaced(why) => {
                let (class, word) = match &why {
                    Unplaced::NotAsked => (Class::Other, "not-asked"),
                    Unplaced::Refused(class, word) => (*class, word.as_str()),
                };
                self.close(
                    case,
                    unplaced(class, word, now),
                    "Closed a call that no carrier has",
                )
                .await
            }
            Step::Orphaned => {
                self.close(
                    case,
                    orphaned(now),
                    "Closed a call of which nothing is heard any more",
                )
                .await
            }
            Step::HangUp => {
                self.end_the_wait(case, looked).await?;
                self.wait(case).await
            }
            Step::Recordings(owed) => self.see_to(&owed, case, looked).await,
        }
    }

    async fn close(&self, case: &Case<'_>, event: CallEvent, what: &'static str) -> Result<End, Trouble> {
        self.put(case, event).await?;
        warn!(call.id = %case.due.call, "{what}");
        Ok(End::Closed)
    }

    async fn wait(&self, case: &Case<'_>) -> Result<End, Trouble> {
        self.put(case, checked(case.clock.now())).await?;
        Ok(End::Waiting)
    }

    async fn put(&self, case: &Case<'_>, event: CallEvent) -> Result<(), Trouble> {
        let now = case.clock.now();
        let new = NewEvent::own(&case.due.tenant, &case.due.call, event, now);
        self.calls.put(&new).await?;
        Ok(())
    }

    /// Ends the leg of an agent who waits for nobody.
    async fn end_the_wait(&self, case: &Case<'_>, looked: &mut Looked) -> Result<(), Trouble> {
        let Some(holder) = &case.call.holder else {
            return Ok(());
        };
        let now = case.clock.now();
        let request = now.to_string();
        let requester = Requester {
            by: "reconcile-calls",
            request: &request,
        };
        self.put(case, hang_up_asked(requester, now)).await?;
        let contact = holder.view.carrier_call_id.as_deref();
        let hung_up = match (case.known, contact) {
            (Some(known), _) => {
                self.hang_up(&PlacedCall::to_end(holder), known, case.clock)
                    .await?
            }
            (None, Some(contact)) if holder.carrier == AMAZON_CONNECT => self.connect.hang_up(contact).await,
            _ => HungUp::Refused,
        };
        looked.hung_up += u64::from(hung_up == HungUp::Done);
        if hung_up == HungUp::Over {
            let (asked, due) = (holder.asked(), case.due);
            let event = said_over(asked, now);
            let new = NewEvent::of_account(&due.tenant, &due.call, asked, event, now);
            self.calls.put(&new).await?;
        }
        Ok(())
    }

    /// Sends messages about recordings again, and gives up what nobody tells of.
    async fn see_to(&self, owed: &Owed, case: &Case<'_>, looked: &mut Looked) -> Result<End, Trouble> {
        let record = &case.call.record;
        let wanted = |recording: &str| Wanted {
            tenant: record.tenant.clone(),
            call_id: record.id.clone(),
            recording_id: recording.to_owned(),
            version: record.version,
        };
        for recording in &owed.again {
            self.send_again(&wanted(recording)).await?;
            looked.resent += 1;
        }
        for (recording, why) in &owed.given_up {
            self.put(case, given_up(&wanted(recording), why, case.clock.now()))
                .await?;
            warn!(call.id = %record.id, why, "Gave up a recording that nobody tells of");
            looked.given_up += 1;
        }
        if owed.more {
            self.wait(case).await
        } else {
            Ok(End::Nothing)
        }
    }

    async fn send_again(&self, wanted: &Wanted) -> Result<(), Trouble> {
        let body = serde_json::to_string(wanted).map_err(|_| Trouble::new("the message", "unwritable"))?;
        let request = self.queues.send_message().queue_url(&self.recordings_queue_url);
        let sent = request.message_body(body).send().await;
        sent.map_err(|error| Trouble::new("the recordings' queue", error_code(&error)))?;
        info!(call.id = %wanted.call_id, "Sent the message about a recording again");
        Ok(())
    }
}

/// What the carrier that has a call can do for it.
fn ability(holder: &Holder<'_>, known: Option<&Known>) -> Option<Ability> {
    match known {
        Some(known) => known.carrier.get().ability(),
        None => ability_of(holder.carrier),
    }
}

impl Looked {
    /// What is known where the call could not be looked at, or not in time.
    pub(crate) fn ended(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

/// How long a call has been due.
pub(crate) fn overdue(due: &Due, now: Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(now.duration_since(due.at)).unwrap_or_default()
}
