//! `POST /calls`: one decision, one transaction, and then one carrier after the other until one takes the call or nobody
//! knows whether one did.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ringback_api::{Identity, Problem, ProblemType, Request, Response};
use ringback_calls::{
    Class, Kind, NewEvent, State, TakenOn, accepted, fold, refused, refused_the_call, unplaced, unsure,
};
use ringback_carriers::{Fault, Refusing};
use ringback_placing::{Begun, Bucket, IdempotencyKey, Kept, Pin, Taken};
use tracing::error;

use crate::App;
use crate::answer::{self, seconds, without_table};
use crate::asking::{Order, Ready, Told};
use crate::begin::{asked, asked_event, line};
use crate::body::Wish;
use crate::candidates::{Candidates, UNHEALTHY};
use crate::metrics::RequestMetrics;
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
    /// What the user's calls go over.
    pin: Option<Pin>,
}

/// What came of all the asking.
enum End {
    Placed,
    Unsure,
    /// Nobody took it: whether one said that the call itself is at fault, and the last one's word.
    Nobody {
        of_call: bool,
        word: String,
    },
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
        if let Some((key, fingerprint)) = &journey.key {
            let kept = self.placing.kept(&identity.tenant, key, now).await;
            if let Some(kept) = kept.map_err(failed)? {
                return self.repeated(&journey, &kept, fingerprint).await;
            }
        }
        let decided = self.decide(&journey, &wish, counts).await?;
        let line = line(&wish, decided.pin.as_ref());
        let fleet = self.fleet(&identity.tenant, now, counts).await?;
        let call = ids::new_call(now).ok_or_else(|| {
            error!("The operating system has no randomness to give");
            Problem::new(&ProblemType::UNAVAILABLE, "No id could be made; try again.")
        })?;
        let order = Order {
            tenant: &identity.tenant,
            call: &call,
            wish: &wish,
            line: &line,
            limit_seconds: decided.limit_seconds,
            now,
        };
        let mut candidates = Candidates::of(&fleet, &wish, decided.pin.as_ref());
        let Some(first) = candidates.next(self, &order).await? else {
            return Err(candidates.nobody());
        };
        if journey.left() < LEAST {
            return Err(without_table("too-slow"));
        }
        match self.begin(&journey, &order, &first, decided.open_calls).await? {
            Begun::Begun => {}
            Begun::KeyKnown(kept) => {
                let fingerprint = journey.key.as_ref().map(|(_, fingerprint)| fingerprint.as_str());
                return self
                    .repeated(&journey, &kept, fingerprint.unwrap_or_default())
                    .await;
            }
            Begun::LineBusy(_) => {
                let detail = "The line has a call that has not ended; one at a time.";
                return Err(Problem::new(&problems::LINE_BUSY, detail).after(BUSY));
            }
        }
        let (response, retry_after) = self.carry_out(&journey, &order, first, candidates, counts).await;
        if let Some((key, _)) = &journey.key {
            let kept = answer::kept(&response, retry_after);
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
            return Ok(answer::again(answer, &kept.call));
        }
        let events = self
            .calls
            .events(&journey.identity.tenant, &kept.call, journey.now())
            .await;
        let events = events.map_err(|problem| without_table(&problem.code))?;
        let unplaced = events.iter().find(|entry| entry.event.kind == Kind::Unplaced);
        if let Some(unplaced) = unplaced {
            let verdict = unplaced.event.facts.verdict.as_ref();
            return Err(nobody(
                verdict.is_some_and(|verdict| verdict.cause.class == Class::Other),
            ));
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
        let rate = Bucket::calls_of_tenant(tenant, policy.calls_per_minute);
        if let Taken::After(wait) = self.placing.take(&rate, now).await.map_err(failed)? {
            let detail = "The policy allows no more calls in this minute.";
            return Err(Problem::new(&problems::TOO_MANY_CALLS, detail).after(seconds(wait)));
        }
        Ok(Decided {
            limit_seconds,
            open_calls: policy.open_calls,
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
            if journey.left() < LEAST {
                break End::Nobody { of_call, word };
            }
            match candidates.next(self, order).await {
                Ok(Some(next)) => ready = next,
                Ok(None) => break End::Nobody { of_call, word },
                Err(_) => break End::Nobody { of_call, word },
            }
            // What is not written down is not asked.
            if !self.keep(asked_event(order, &ready, journey.now())).await {
                break End::Nobody { of_call, word };
            }
        };
        let carrier = Some(ready.member.account.carrier.as_str());
        match end {
            End::Placed => (answer::call(201, order.call, carrier, State::Init), None),
            End::Unsure => (answer::call(202, order.call, carrier, State::Init), None),
            End::Nobody { of_call, word } => {
                counts.unplaced += 1;
                self.give_up(journey, order, of_call, &word).await;
                let problem = nobody(of_call);
                let retry_after = problem.retry_after;
                (problem.into(), retry_after)
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
        let told = self
            .ask(ready, order, self.place_timeout.min(journey.left()))
            .await;
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
            Told::Refused(_) | Told::NotSent(_) => {
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
        let (_, counted) = tokio::join!(kept, self.placing.count(&account.slug, told.outcome(account), at));
        if let Err(problem) = counted {
            error!(code = problem.code, "An account's health was not counted");
        }
        told
    }

    /// Writes down that no carrier took the call, which ends it, and gives slot and line back. What fails here is done
    /// later by `reconcile-calls`.
    async fn give_up(&self, journey: &Journey<'_>, order: &Order<'_>, of_call: bool, word: &str) {
        let now = journey.now();
        let class = if of_call { Class::Other } else { Class::Server };
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

/// What is answered where every account that was asked has refused.
fn nobody(of_call: bool) -> Problem {
    if of_call {
        let detail = "Every carrier that was asked refused it, and at least one because of the call itself.";
        return Problem::new(&problems::REFUSED_BY_CARRIERS, detail);
    }
    let detail = "No carrier that was asked takes calls at the moment.";
    Problem::new(&problems::NO_HEALTHY_CARRIER, detail).after(UNHEALTHY)
}

pub(crate) fn failed(problem: ringback_placing::StoreError) -> Problem {
    without_table(&problem.code)
}
