//! `POST /calls`: one decision, one transaction, and then one carrier after the other until one takes the call or nobody
//! knows whether one did.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ringback_api::{Identity, Problem, ProblemType, Request, Response};
use ringback_calls::{
    Class, Kind, NewEvent, State, TakenOn, accepted, fold, is_end_asked, refused, refused_the_call, unplaced,
    unsure,
};
use ringback_carriers::{Fault, Refusing};
use ringback_placing::{Bucket, IdempotencyKey, Kept, Pin};
use tracing::error;

use crate::App;
use crate::answer::{self, seconds, without_table};
use crate::asking::{Order, Ready, Told};
use crate::begin::{Start, Terms, asked, asked_event, line, line_busy};
use crate::body::Wish;
use crate::candidates::Candidates;
use crate::fleet::Seen;
use crate::metrics::RequestMetrics;
use crate::unplaced::{HANG_UP_ASKED, Why, nobody};
use crate::{checks, ids, problems};

/// After how many seconds a slot or a line may be free again.
pub(crate) const BUSY: u64 = 10;
/// API Gateway waits no longer than 30 seconds, and what comes after must be written down in it.
const BUDGET: Duration = Duration::from_secs(22);
/// With less time than this nobody else is asked.
const LEAST: Duration = Duration::from_secs(3);

/// A request that is being carried out.
pub(crate) struct Journey<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) key: Option<(IdempotencyKey, String)>,
    started: Instant,
    pub(crate) now: Timestamp,
}

impl Journey<'_> {
    /// What time it is meanwhile.
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.started.elapsed()).unwrap_or_default();
        self.now.checked_add(passed).unwrap_or(self.now)
    }

    /// How long carriers may still be asked.
    fn left(&self) -> Duration {
        BUDGET.saturating_sub(self.started.elapsed())
    }
}

/// What the tenant's rules say of a wish.
struct Decided {
    /// How long the two may talk, in seconds.
    limit_seconds: u64,
    /// How many calls may be open at once.
    open_calls: u32,
    /// How many may be placed in a minute.
    calls_per_minute: u32,
    /// What the user's calls go over.
    pin: Option<Pin>,
}

/// What came of all the asking.
enum End {
    Placed,
    Unsure,
    /// Somebody has ended the call meanwhile.
    Ended,
    /// Nobody took it: whether one said that the call itself is at fault, and the last one's word.
    Nobody {
        of_call: bool,
        word: String,
    },
}

/// Who is asked next.
enum Next<'a> {
    /// This one: it is written down.
    Asked(Ready<'a>),
    /// Nobody is left, or there is no time.
    Nobody,
    /// Nobody: somebody has ended the call.
    Ended,
}

impl App {
    /// Places a call.
    pub(crate) async fn place(
        &self,
        request: &Request<'_>,
        identity: &Identity,
        now: Timestamp,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let started = Instant::now();
        let wish = Wish::read(request)?;
        let key = key(request)?.map(|key| (key, wish.fingerprint()));
        let journey = Journey {
            identity,
            key,
            started,
            now,
        };
        if let Some(known) = self.known(&journey).await? {
            return Ok(known);
        }
        let placed = self.place_new(&journey, &wish, counts).await;
        let taken = |problem: &Problem| {
            let kinds = [&problems::LINE_BUSY, &problems::TOO_MANY_CALLS];
            kinds.contains(&problem.kind)
        };
        match placed {
            // It may be the same request that has taken it, a moment ago.
            Err(problem) if taken(&problem) => self.known(&journey).await?.ok_or(problem),
            placed => placed,
        }
    }

    /// What is answered to a request whose key is known; none where it is not.
    async fn known(&self, journey: &Journey<'_>) -> Result<Option<Response>, Problem> {
        let Some((key, fingerprint)) = &journey.key else {
            return Ok(None);
        };
        let kept = self
            .placing
            .kept(&journey.identity.tenant, key, journey.now)
            .await;
        match kept.map_err(failed)? {
            Some(kept) => self.repeated(journey, &kept, fingerprint).await.map(Some),
            None => Ok(None),
        }
    }

    async fn place_new(
        &self,
        journey: &Journey<'_>,
        wish: &Wish,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        let (identity, now) = (journey.identity, journey.now);
        let decided = self.decide(journey, wish, counts).await?;
        let line = line(wish, decided.pin.as_ref());
        let (fleet, taking_over) = tokio::try_join!(
            self.fleet(&identity.tenant, Seen::OfLate, now, counts),
            self.free_line(&identity.tenant, &line, now),
        )?;
        let call = ids::new_call(now).ok_or_else(|| {
            error!("The operating system has no randomness to give");
            Problem::new(&ProblemType::UNAVAILABLE, "No id could be made; try again.")
        })?;
        let order = Order {
            tenant: &identity.tenant,
            call: &call,
            wish,
            line: &line,
            limit_seconds: decided.limit_seconds,
            now,
        };
        let mut candidates = Candidates::of(&fleet, wish, decided.pin.as_ref());
        let terms = Terms {
            open_calls: decided.open_calls,
            longest_seconds: candidates.longest(decided.limit_seconds),
            taking_over,
        };
        let rate = Bucket::calls_of_tenant(order.tenant, decided.calls_per_minute);
        let (start, first) = self
            .start(journey, &order, &mut candidates, &terms, &rate)
            .await?;
        match start {
            Start::Begun => {}
            Start::KeyKnown(kept) => {
                let fingerprint = journey.key.as_ref().map(|(_, fingerprint)| fingerprint.as_str());
                return self
                    .repeated(journey, &kept, fingerprint.unwrap_or_default())
                    .await;
            }
            Start::LineBusy => return Err(line_busy()),
            Start::NoSlot => {
                let detail = "The policy allows no more calls at the same time.";
                return Err(Problem::new(&problems::TOO_MANY_CALLS, detail).after(BUSY));
            }
        }
        let (response, retry_after) = self.carry_out(journey, &order, first, candidates, counts).await;
        if let Some((key, _)) = &journey.key {
            let kept = answer::kept(&response, retry_after, journey.now());
            if let Err(problem) = self.placing.keep_answer(order.tenant, key, &kept).await {
                // The same key again is answered with the call as it is then.
                error!(
                    code = problem.code,
                    "An answer was not kept with its idempotency key"
                );
            }
        }
        Ok(response)
    }

    /// Takes what the call counts for, and begins it with the first account that can be asked. What was taken is given back
    /// where it does not begin; where nobody knows whether it has, it is not.
    async fn start<'a>(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        candidates: &mut Candidates<'a>,
        terms: &Terms,
        rate: &Bucket,
    ) -> Result<(Start, Ready<'a>), Problem> {
        if candidates.is_empty() {
            return Err(candidates.nobody());
        }
        let rate = self.placing.token(rate, journey.now).await.map_err(failed)?;
        let rate = rate.map_err(|wait| {
            let detail = "The policy allows no more calls in this minute.";
            Problem::new(&problems::TOO_MANY_CALLS, detail).after(seconds(wait))
        })?;
        let Some(first) = candidates.next(self, order).await? else {
            self.give_back(&[rate]).await;
            return Err(candidates.nobody());
        };
        let taken = [&[rate], first.tokens.as_slice()].concat();
        if journey.left() < LEAST {
            self.give_back(&taken).await;
            return Err(without_table("too-slow"));
        }
        let start = self.begin(journey, order, &first, terms).await?;
        if !matches!(start, Start::Begun) {
            self.give_back(&taken).await;
        }
        Ok((start, first))
    }

    /// A request whose key is known: the answer that was given, or the call as it is now. Nobody is asked again.
    async fn repeated(
        &self,
        journey: &Journey<'_>,
        kept: &Kept,
        fingerprint: &str,
    ) -> Result<Response, Problem> {
        if kept.fingerprint != fingerprint {
            let detail =
                "The Idempotency-Key was used for a request with another body; give each call its own.";
            return Err(Problem::new(&problems::IDEMPOTENCY_KEY_REUSED, detail));
        }
        if let Some(answer) = &kept.answer {
            return Ok(answer::again(answer, &kept.call, journey.now()));
        }
        let events = self
            .calls
            .events(&journey.identity.tenant, &kept.call, journey.now())
            .await;
        let events = events.map_err(|problem| without_table(&problem.code))?;
        let unplaced = events.iter().find(|entry| entry.event.kind == Kind::Unplaced);
        if let Some(unplaced) = unplaced {
            return Err(Problem {
                retry_after: None,
                ..nobody(Why::of(&unplaced.event), true)
            });
        }
        Ok(match fold(&kept.call, &events) {
            Some(record) => answer::known(202, &record),
            None => answer::call(202, &kept.call, None, State::Init),
        })
    }

    /// What the tenant's policy says, and the user's pin.
    async fn decide(
        &self,
        journey: &Journey<'_>,
        wish: &Wish,
        counts: &mut RequestMetrics,
    ) -> Result<Decided, Problem> {
        let (tenant, now) = (journey.identity.tenant.as_str(), journey.now);
        let pin = async {
            match &wish.user {
                Some(user) => self.placing.pin(tenant, user).await,
                None => Ok(None),
            }
        };
        let policy = self.placing.policy(tenant);
        // Both: who does not want to be called is not called as an agent either.
        let customer = self.placing.may_not_be_called(tenant, &wish.customer);
        let agent = self.placing.may_not_be_called(tenant, &wish.agent);
        let (policy, customer, agent, pin) =
            tokio::try_join!(policy, customer, agent, pin).map_err(failed)?;
        let do_not_call = customer || agent;
        let limit_seconds = checks::allowed(&policy, wish, do_not_call, now).inspect_err(|problem| {
            counts.not_allowed += u64::from(problem.kind.status == 403);
        })?;
        Ok(Decided {
            limit_seconds,
            open_calls: policy.open_calls,
            calls_per_minute: policy.calls_per_minute,
            pin,
        })
    }

    /// Asks one account after the other. The first is written down already.
    async fn carry_out(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        first: Ready<'_>,
        mut candidates: Candidates<'_>,
        counts: &mut RequestMetrics,
    ) -> (Response, Option<u64>) {
        let mut ready = first;
        let mut of_call = false;
        let end = loop {
            let told = self.ask_once(journey, order, &ready, counts).await;
            let Some(refusing) = told.refusing() else {
                break match told {
                    Told::Accepted(_) => End::Placed,
                    _ => End::Unsure,
                };
            };
            of_call |= refusing.fault == Fault::Call;
            let word = refusing.word;
            match self.next_asked(journey, order, &mut candidates).await {
                Next::Asked(next) => ready = next,
                Next::Ended => break End::Ended,
                Next::Nobody => break End::Nobody { of_call, word },
            }
        };
        let carrier = Some(ready.member.account.carrier.as_str());
        let problem = match end {
            End::Placed => return (answer::call(201, order.call, carrier, State::Init), None),
            End::Unsure => return (answer::call(202, order.call, carrier, State::Init), None),
            End::Ended => {
                self.give_up(journey, order, Class::Other, HANG_UP_ASKED).await;
                nobody(Why::Ended, journey.key.is_some())
            }
            End::Nobody { of_call, word } => {
                let (class, why) = match of_call {
                    true => (Class::Other, Why::Call),
                    false => (Class::Server, Why::Carriers),
                };
                self.give_up(journey, order, class, &word).await;
                nobody(why, journey.key.is_some())
            }
        };
        counts.unplaced += 1;
        let retry_after = problem.retry_after;
        (problem.into(), retry_after)
    }

    /// The next account, written down as asked. Nobody is, where no time is left, or the table does not say whether
    /// somebody has ended the call meanwhile: what is not written down is not asked.
    ///
    /// Whether it was ended is read after the account is written down: whoever ends the call writes first and reads then,
    /// so one of the two sees the other.
    async fn next_asked<'a>(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        candidates: &mut Candidates<'a>,
    ) -> Next<'a> {
        if journey.left() < LEAST {
            return Next::Nobody;
        }
        let Ok(Some(next)) = candidates.next(self, order).await else {
            return Next::Nobody;
        };
        // Secrets and tables may have taken their time.
        if journey.left() < LEAST {
            self.give_back(&next.tokens).await;
            return Next::Nobody;
        }
        if !self.keep(asked_event(order, &next, journey.now())).await {
            return Next::Nobody;
        }
        let ended = self.is_ended(journey, order).await;
        if ended == Some(false) {
            return Next::Asked(next);
        }
        self.give_back(&next.tokens).await;
        let (word, next_is) = match ended {
            Some(_) => (HANG_UP_ASKED, Next::Ended),
            None => ("not-asked", Next::Nobody),
        };
        let (not_asked, at) = (asked(&next), journey.now());
        let event = refused(not_asked, word, at);
        self.keep(NewEvent::of_account(
            order.tenant,
            order.call,
            not_asked,
            event,
            at,
        ))
        .await;
        next_is
    }

    /// Whether somebody has asked for the call's end; none where the table does not answer.
    async fn is_ended(&self, journey: &Journey<'_>, order: &Order<'_>) -> Option<bool> {
        let events = self.calls.events(order.tenant, order.call, journey.now()).await;
        match events {
            Ok(events) => Some(is_end_asked(&events)),
            Err(problem) => {
                error!(code = problem.code, call.id = %order.call, "Whether a call was ended cannot be read, so nobody else is asked for it");
                None
            }
        }
    }

    /// Asks one account, and writes down what came of it.
    async fn ask_once(
        &self,
        journey: &Journey<'_>,
        order: &Order<'_>,
        ready: &Ready<'_>,
        counts: &mut RequestMetrics,
    ) -> Told {
        // What went before may have taken the time: what has hardly any would only leave a doubt.
        let told = match journey.left() {
            left if left < LEAST => Told::Late,
            left => self.ask(ready, order, self.place_timeout.min(left)).await,
        };
        let (account, at) = (&ready.member.account, journey.now());
        let asked = asked(ready);
        let event = match &told {
            Told::Accepted(accept) => {
                counts.placed += 1;
                let told = TakenOn {
                    carrier_call_id: accept.carrier_call_id.as_deref(),
                    leg_a: accept.leg_a.as_deref(),
                    control: accept.control.as_deref(),
                    limit_seconds: Some(ready.longest(order.limit_seconds)),
                };
                accepted(asked, told, at)
            }
            Told::Unsure => {
                counts.unsure += 1;
                unsure(asked, at)
            }
            Told::Refused(_) | Told::NotSent(_) | Told::Late => {
                counts.refusals += 1;
                match told.refusing() {
                    Some(Refusing {
                        fault: Fault::Call,
                        word,
                    }) => refused_the_call(asked, &word, at),
                    refusing => {
                        let word = refusing.map(|refusing| refusing.word);
                        refused(asked, &word.unwrap_or_default(), at)
                    }
                }
            }
        };
        let kept = self.keep(NewEvent::of_account(order.tenant, order.call, asked, event, at));
        let counted = async {
            if let Some(outcome) = told.outcome(account) {
                self.count(ready.member, outcome, at).await;
            }
        };
        tokio::join!(kept, counted);
        told
    }

    /// Writes down that no carrier took the call, which ends it, and gives slot and line back. What fails here is done
    /// later by `reconcile-calls`.
    async fn give_up(&self, journey: &Journey<'_>, order: &Order<'_>, class: Class, word: &str) {
        let now = journey.now();
        let event = unplaced(class, word, now);
        if self
            .keep(NewEvent::own(order.tenant, order.call, event, now))
            .await
        {
            self.release(order.tenant, order.call, Some(order.line)).await;
        }
    }

    /// Stores an event of ours; whether it is stored. It is tried longer than others: the carrier has acted already.
    pub(crate) async fn keep(&self, new: NewEvent) -> bool {
        const TRIES: u32 = 3;
        for tried in 1..=TRIES {
            match self.calls.put(&new).await {
                Ok(_) => return true,
                Err(problem) => {
                    error!(code = problem.code, call.id = %new.call, tried, "The calls table did not take an event of ours");
                }
            }
        }
        false
    }
}

/// The key that the request brings.
fn key(request: &Request<'_>) -> Result<Option<IdempotencyKey>, Problem> {
    let key = request.header("idempotency-key").map(IdempotencyKey::parse);
    key.transpose()
        .map_err(|problem| Problem::invalid("Idempotency-Key", problem.to_string()))
}

pub(crate) fn failed(problem: ringback_placing::StoreError) -> Problem {
    without_table(&problem.code)
}
