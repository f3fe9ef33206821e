//! A carrier is asked what became of a call.

use std::time::Duration;

use jiff::Timestamp;
use ringback_accounts::{Known, Slug};
use ringback_calls::{CallEvent, Entry, Holder, Kept, NewEvent};
use ringback_carriers::{Ability, Answered, Ask, HungUp, Inquired, Keys, PlacedCall};
use ringback_outbound::Sent;
use ringback_placing::{Bucket, Taken};
use secrecy::SecretString;
use tracing::{info, warn};

use crate::App;
use crate::clock::Clock;
use crate::situation::Situation;
use crate::step::Answer;
use crate::trouble::Trouble;

/// How long a carrier may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who asked, in events that a carrier told because we asked: they do not show that it tells us anything by itself.
const ASKED_BY: &str = "reconcile-calls";

/// What came of asking.
#[derive(Debug)]
pub(crate) struct Told {
    /// The answer.
    pub(crate) answer: Answer,
    /// How many requests were sent.
    pub(crate) requests: u64,
    /// Events that were not known before.
    pub(crate) news: u64,
}

impl Told {
    pub(crate) fn nothing(answer: Answer) -> Self {
        Self {
            answer,
            requests: 0,
            news: 0,
        }
    }
}

impl App {
    /// Asks the carrier that has the call, as often a minute as it may be asked, and keeps what it tells.
    ///
    /// # Errors
    /// When a service of ours does not answer. What the carrier does is an answer.
    pub(crate) async fn inquire(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        known: &Known,
        ability: Ability,
        clock: &Clock,
    ) -> Result<Told, Trouble> {
        let placed = PlacedCall::of(holder);
        let secrets = match known.api_secrets().await {
            Ok(secrets) => secrets,
            Err(problem) => {
                // A secret that is gone must not keep its calls open for ever.
                warn!(account = ?known.account.slug, code = problem.code, "A carrier account's API secret cannot be read, so its carrier is not asked about a call");
                return Ok(Told::nothing(Answer::NotNow));
            }
        };
        let asks = match asks(known, &placed, &secrets, clock.now()) {
            Ok(asks) => asks,
            Err(told) => return Ok(told),
        };
        let mut told = Told::nothing(Answer::NoSuchCall);
        for (which, ask) in asks.iter().enumerate() {
            if !self.may_ask(&known.account.slug, ability, clock.now()).await? {
                told.answer = Answer::NotYet;
                return Ok(told);
            }
            told.requests += 1;
            let said = self.said(known, &placed, which, ask, &secrets, clock).await;
            let answer = match said {
                Inquired::Events(events) => {
                    told.news += self.keep(call, holder, events, clock.now()).await?;
                    Answer::Told
                }
                Inquired::NoSuchCall => Answer::NoSuchCall,
                Inquired::NotNow => Answer::NotNow,
            };
            told.answer = together(told.answer, answer);
        }
        Ok(told)
    }

    /// Whether the account's carrier may be asked one more question. Half of a minute's questions at once and the other
    /// half in the course of it are never more than it takes in any minute.
    pub(crate) async fn may_ask(
        &self,
        account: &Slug,
        ability: Ability,
        now: Timestamp,
    ) -> Result<bool, Trouble> {
        let half = (ability.inquiries_per_minute / 2).max(1);
        let bucket = Bucket {
            per: Duration::from_secs(60) / half,
            burst: half,
            ..Bucket::inquiries(account, ability.inquiries_per_minute)
        };
        Ok(self.placing.take(&bucket, now).await? == Taken::Yes)
    }

    async fn said(
        &self,
        known: &Known,
        placed: &PlacedCall<'_>,
        which: usize,
        ask: &Ask,
        secrets: &[SecretString],
        clock: &Clock,
    ) -> Inquired {
        let Some((status, body)) = self.answered(known, ask, secrets, clock).await else {
            return Inquired::NotNow;
        };
        let answer = Answered { status, body: &body };
        match known.carrier.get().inquired(placed, which, &answer) {
            Ok(said) => said,
            Err(problem) => {
                warn!(account = ?known.account.slug, status, problem = %problem, "A carrier's answer about a call cannot be read");
                Inquired::NotNow
            }
        }
    }

    /// What the carrier answers; none where it does not, or does not let us ask.
    pub(crate) async fn answered(
        &self,
        known: &Known,
        ask: &Ask,
        secrets: &[SecretString],
        clock: &Clock,
    ) -> Option<(u16, Vec<u8>)> {
        let sent = self.outbound.send(ask, PATIENCE.min(clock.left())).await;
        let (status, body) = match sent {
            Sent::Answered { status, body, .. } => (status, body),
            Sent::NotSent(why) | Sent::Unsure(why) => {
                warn!(account = ?known.account.slug, why, "A carrier could not be asked about a call");
                return None;
            }
        };
        if matches!(status, 401 | 403) {
            // The next sweep asks with the secret as it is then.
            let renewed = known.api_secrets_after(secrets).await;
            let renewed = matches!(renewed, Ok(Some(_)));
            warn!(account = ?known.account.slug, status, renewed, "A carrier does not let us ask about calls");
            return None;
        }
        Some((status, body))
    }

    /// Keeps what a carrier told; how much of it is new.
    ///
    /// # Errors
    /// When the table does not take it.
    pub(crate) async fn keep(
        &self,
        call: &Situation<'_>,
        holder: &Holder<'_>,
        events: Vec<CallEvent>,
        now: Timestamp,
    ) -> Result<u64, Trouble> {
        let mut news = 0;
        for event in events {
            let by = Some(ASKED_BY.to_owned());
            let new = NewEvent {
                call: call.record.id.clone(),
                entry: Entry {
                    tenant: call.record.tenant.clone(),
                    carrier: holder.carrier.to_owned(),
                    account: holder.account.to_owned(),
                    received_at: now,
                    event: CallEvent { by, ..event },
                },
                legs: Vec::new(),
                placed_only: false,
            };
            news += u64::from(self.calls.put(&new).await? == Kept::Stored);
        }
        Ok(news)
    }

    /// Tells the carrier to end a call, or one leg of it.
    ///
    /// # Errors
    /// When the account's secrets cannot be read.
    pub(crate) async fn hang_up(
        &self,
        placed: &PlacedCall<'_>,
        known: &Known,
        clock: &Clock,
    ) -> Result<HungUp, Trouble> {
        let secrets = known.api_secrets().await;
        let secrets = secrets.map_err(|problem| Trouble::new("Secrets Manager", problem.code))?;
        let carrier = known.carrier.get();
        let keys = Keys {
            secrets: &secrets,
            settings: &known.account.settings,
        };
        let call = placed.call;
        let ask = match carrier.hang_up(placed, &keys, clock.now()) {
            Ok(ask) => ask,
            Err(problem) => {
                warn!(call.id = %call, account = ?known.account.slug, problem = %problem, "A carrier cannot be told to end a call");
                return Ok(HungUp::Refused);
            }
        };
        let hung_up = match self.outbound.send(&ask, PATIENCE.min(clock.left())).await {
            Sent::Answered { status, body, .. } => carrier.hung_up(&Answered { status, body: &body }),
            Sent::NotSent(_) | Sent::Unsure(_) => HungUp::Unsure,
        };
        info!(call.id = %call, outcome = ?hung_up, "Told a carrier to end a call whose agent waits for nobody");
        Ok(hung_up)
    }
}

/// The requests that ask about a call.
fn asks(
    known: &Known,
    placed: &PlacedCall<'_>,
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<Vec<Ask>, Told> {
    let keys = Keys {
        secrets,
        settings: &known.account.settings,
    };
    match known.carrier.get().inquire(placed, &keys, now) {
        Ok(asks) if !asks.is_empty() => Ok(asks),
        Ok(_) => Err(Told::nothing(Answer::CannotBeAsked)),
        Err(problem) => {
            warn!(account = ?known.account.slug, problem = %problem, "A carrier cannot be asked about a call");
            Err(Told::nothing(Answer::CannotBeAsked))
        }
    }
}

/// What two answers about two legs of a call mean together: a leg that it knows is a call that it knows.
fn together(before: Answer, now: Answer) -> Answer {
    match (before, now) {
        (Answer::NotNow, _) | (_, Answer::NotNow) => Answer::NotNow,
        (Answer::NoSuchCall, Answer::NoSuchCall) => Answer::NoSuchCall,
        _ => Answer::Told,
    }
}
