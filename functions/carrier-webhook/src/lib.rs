#![doc = include_str!("../README.md")]

mod config;
mod incoming;
mod metrics;
mod reply;
mod route;
mod second_leg;
mod verify;
mod wanted;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use ringback_accounts::{AccountStore, Accounts, Known, Lookup, LookupError, Slug};
use ringback_calls::{Asked, CallId, CallStore, Entry, Kept, NewEvent, StoreError};
use ringback_carriers::{Answer, Carrier, Heard, Keys, Reading, Reference, Request, Trust, Unreadable};
use ringback_lambda::{DeadLetters, MetricsSink};
use ringback_outbound::{BuildError, Outbound};
use secrecy::SecretString;
use serde_json::Value;
use tracing::{error, info, warn};

pub use config::Config;
pub use reply::{Outcome, REASONS};
pub use ringback_accounts::PublicBase;

use crate::incoming::{Incoming, NoBody};
use crate::metrics::RequestMetrics;
use crate::reply::Reply;
use crate::route::Route;
use crate::verify::{signs_query, verify};
use crate::wanted::Asking;

/// A request with more events is none of a carrier: Huawei sends at most 50 call detail records at a time.
const MOST_EVENTS: usize = 50;

/// The function `carrier-webhook`.
#[derive(Debug)]
pub struct App {
    accounts: Accounts,
    calls: CallStore,
    dead_letters: DeadLetters,
    public_base: PublicBase,
    outbound: Outbound,
    metrics: MetricsSink,
}

/// What is counted of one request.
#[derive(Debug, Default)]
struct Counts {
    carrier: Option<String>,
    stored: u64,
    repeated: u64,
    not_placed: u64,
    dead_letters: u64,
    /// Events that say they are of another call than the one whose URL they came to.
    another_call: u64,
}

/// A request that is genuine.
struct Genuine<'a> {
    known: &'a Known,
    secrets: &'a [SecretString],
    request: Request<'a>,
    /// The call that the path names.
    call: Option<&'a CallId>,
    now: Timestamp,
}

impl Genuine<'_> {
    fn carrier(&self) -> &dyn Carrier {
        self.known.carrier.get()
    }

    fn keys(&self) -> Keys<'_> {
        Keys {
            secrets: self.secrets,
            settings: &self.known.account.settings,
        }
    }

    /// What the carrier wants to hear when everything is stored.
    fn acknowledge(&self) -> Answer {
        self.carrier().acknowledge(&self.request)
    }

    /// Whether what it says is believed only of calls that this account was asked for.
    fn placed_only(&self) -> bool {
        self.carrier().trust(&self.keys()) == Trust::PlacedCallsOnly
    }
}

impl App {
    /// The function with those settings, over those services.
    ///
    /// # Errors
    /// When the machine has no TLS to offer.
    pub fn new(
        config: Config,
        dynamo: aws_sdk_dynamodb::Client,
        secrets: aws_sdk_secretsmanager::Client,
        queues: aws_sdk_sqs::Client,
        metrics: MetricsSink,
    ) -> Result<Self, BuildError> {
        let accounts = AccountStore::new(dynamo.clone(), config.carriers_table);
        Ok(Self {
            accounts: Accounts::new(accounts, secrets),
            calls: CallStore::new(dynamo, config.calls_table, config.call_retention),
            dead_letters: DeadLetters::new(queues, config.dead_letter_queue_url, "carrier-webhook"),
            public_base: config.public_base,
            outbound: Outbound::new("ringback carrier-webhook", config.simulated_carriers)?,
            metrics,
        })
    }

    /// Answers a request of a carrier, as an HTTP API of API Gateway hands it over. It always answers: what could not be
    /// stored is answered so that the carrier comes again.
    pub async fn take(&self, event: &Value, now: Timestamp) -> Value {
        let started = Instant::now();
        let mut counts = Counts::default();
        // Boxed: the futures of the SDK's requests are large, and nested deep here.
        let reply = match Box::pin(self.answer(&Incoming::read(event), now, &mut counts)).await {
            Ok(reply) | Err(reply) => reply,
        };
        let carrier = counts.carrier.unwrap_or_else(|| "none".to_owned());
        info!(
            carrier,
            status = reply.status(),
            outcome = reply.outcome.name(),
            reason = reply.reason,
            stored = counts.stored,
            repeated = counts.repeated,
            "Answered a carrier"
        );
        RequestMetrics {
            timestamp: SystemTime::now(),
            function: "carrier-webhook",
            carrier,
            outcome: reply.outcome.name(),
            reason: reply.reason,
            requests: 1,
            events: counts.stored,
            repeated: counts.repeated,
            refused: (reply.outcome == Outcome::Refused).into(),
            failed: (reply.outcome == Outcome::Failed).into(),
            dead_letters: counts.dead_letters,
            another_call: counts.another_call,
            latency: started.elapsed(),
        }
        .emit(&self.metrics);
        reply.into_value()
    }

    /// Every step may end with an answer of its own; the order of the steps is the README's.
    async fn answer(
        &self,
        incoming: &Incoming<'_>,
        now: Timestamp,
        counts: &mut Counts,
    ) -> Result<Reply, Reply> {
        let path = self.public_base.inner(incoming.raw_path);
        let route = Route::read(path)
            .ok_or_else(|| Reply::refused(404, reply::NO_SUCH_PATH, "There is no such path."))?;
        if !matches!(incoming.method, "POST" | "GET") {
            return Err(Reply::refused(405, reply::NO_SUCH_METHOD, "Use POST."));
        }
        // Before the account, so that nobody learns from the answer which accounts there are.
        let body = incoming.body().map_err(|problem| match problem {
            NoBody::TooLarge => Reply::refused(413, reply::TOO_LARGE, "The body is larger than 1 MB."),
            NoBody::Broken => Reply::refused(400, reply::BODY, "The body is no Base64."),
        })?;
        let known = self.account(&route).await?;
        counts.carrier = Some(known.carrier.dimension().to_owned());
        if !known.account.allows(incoming.source) {
            warn!(account = ?known.account.slug, "A request for a carrier account came from an address that may not");
            return Err(Reply::unauthorised(reply::ADDRESS));
        }
        let (headers, url) = (incoming.headers(), self.public_base.url(path, incoming.query));
        let request = Request {
            method: incoming.method,
            url: &url,
            headers: &headers,
            body: &body,
        };
        let secrets = verify(&known, &request, now).await?;
        let genuine = Genuine {
            known: &known,
            secrets: &secrets,
            request,
            call: route.call.as_ref(),
            now,
        };
        if !request.query().is_empty() && !signs_query(&genuine) {
            warn!(account = ?known.account.slug, "A carrier's URL has a query that it does not sign: give it the URL without");
            return Err(Reply::refused(
                400,
                reply::QUERY_NOT_SIGNED,
                "The query is not signed: give the carrier the URL without one.",
            ));
        }
        let reading = match genuine.carrier().read(&request, &genuine.keys()) {
            Ok(reading) => reading,
            Err(problem) => return self.unreadable(&genuine, &problem, counts).await,
        };
        if reading.heard.len() > MOST_EVENTS {
            let said = "there are more than 50 events in it";
            return Err(self
                .give_up(&genuine, 413, reply::TOO_MANY_EVENTS, said, counts)
                .await);
        }
        self.keep(&genuine, reading, counts).await
    }

    async fn account(&self, route: &Route<'_>) -> Result<Arc<Known>, Reply> {
        let nobody = || Reply::unauthorised(reply::UNKNOWN_ACCOUNT);
        let slug = Slug::parse(route.account).map_err(|_| nobody())?;
        match self.accounts.find(route.carrier, &slug).await {
            Ok(Lookup::Found(known)) => Ok(known),
            Ok(Lookup::Nobody) => Err(nobody()),
            Ok(Lookup::TooMany) => Err(Reply::failed(reply::TOO_MANY_SLUGS, Answer::unavailable())),
            Err(LookupError::Store(problem)) => {
                error!(code = problem.code, "The carriers table did not answer");
                Err(Reply::failed(reply::ACCOUNTS, Answer::unavailable()))
            }
            Err(LookupError::Carrier) => {
                error!(account = ?slug, "A carrier account cannot be used: its carrier is not described, or badly");
                Err(Reply::failed(reply::ACCOUNTS, Answer::unavailable()))
            }
        }
    }

    /// Keeps what cannot be read, for an engineer.
    async fn unreadable(
        &self,
        genuine: &Genuine<'_>,
        problem: &Unreadable,
        counts: &mut Counts,
    ) -> Result<Reply, Reply> {
        let (status, reason) = match problem {
            Unreadable::ContentType { .. } => (415, reply::CONTENT_TYPE),
            Unreadable::Body { .. } | Unreadable::Field { .. } => (400, reply::BODY),
        };
        Err(self
            .give_up(genuine, status, reason, &problem.to_string(), counts)
            .await)
    }

    /// The answer to a request of which nothing can be used; an engineer finds it in the dead-letter queue, if there is
    /// reason to believe that it is the carrier's.
    async fn give_up(
        &self,
        genuine: &Genuine<'_>,
        status: u16,
        reason: &'static str,
        said: &str,
        counts: &mut Counts,
    ) -> Reply {
        let buried = match self.is_worth_keeping(genuine).await {
            Ok(true) => self.bury(genuine, said, counts).await,
            Ok(false) => return Reply::refused(status, reason, said),
            Err(problem) => return not_stored(genuine, &problem),
        };
        match buried {
            Ok(()) => Reply::unreadable(status, reason, said),
            Err(reply) => reply,
        }
    }

    /// Whoever knows a slug could fill the dead-letter queue of a carrier that signs nothing. So there only what comes to
    /// the URL of a call that the account was asked for is kept, for that URL is known to the carrier alone.
    async fn is_worth_keeping(&self, genuine: &Genuine<'_>) -> Result<bool, StoreError> {
        if !genuine.placed_only() {
            return Ok(true);
        }
        let Some(call) = genuine.call else {
            return Ok(false);
        };
        let account = &genuine.known.account;
        let asked = Asked {
            carrier: &account.carrier,
            account: account.slug.as_str(),
        };
        let (tenant, now) = (&account.tenant, genuine.now);
        self.calls.was_asked(tenant, call, asked, now).await
    }

    async fn bury(&self, genuine: &Genuine<'_>, reason: &str, counts: &mut Counts) -> Result<(), Reply> {
        let Request { body, .. } = genuine.request;
        // Of a GET everything is in the query.
        let letter = if body.is_empty() {
            genuine.request.query().as_bytes()
        } else {
            body
        };
        let sent = self
            .dead_letters
            .send(letter, reason, genuine.carrier().code())
            .await;
        if let Err(problem) = sent {
            error!(code = problem.code, "The dead-letter queue did not answer");
            return Err(Reply::failed(reply::DEAD_LETTERS, genuine.carrier().again()));
        }
        counts.dead_letters += 1;
        warn!(
            account = ?genuine.known.account.slug,
            problem = reason,
            "Sent a request of a carrier to the dead-letter queue"
        );
        Ok(())
    }

    /// Stores every event. At the first that the table does not take for now it ends, and the carrier sends all of them
    /// again: those that were stored change nothing then.
    async fn keep(
        &self,
        genuine: &Genuine<'_>,
        reading: Reading,
        counts: &mut Counts,
    ) -> Result<Reply, Reply> {
        let Reading { heard, wants, lost } = reading;
        let mut lost: Vec<_> = lost
            .iter()
            .map(|problem| (reply::BODY, problem.to_string()))
            .collect();
        let mut asking = None;
        let events = heard.len() as u64;
        for heard in heard {
            let call = self.call(genuine, &heard.reference, counts).await;
            let Some(call) = call.map_err(|problem| not_stored(genuine, &problem))? else {
                lost.push((reply::NO_CALL, "an event names no call".to_owned()));
                continue;
            };
            if asking.is_none() {
                asking = Some(Asking::of(&call, &heard));
            }
            match self.calls.put(&new_event(genuine, call, heard)).await {
                Ok(Kept::Stored) => counts.stored += 1,
                Ok(Kept::Repeated) => counts.repeated += 1,
                Ok(Kept::NotPlaced) => counts.not_placed += 1,
                Err(problem) if problem.is_permanent() => {
                    lost.push((
                        reply::TABLE_REFUSED,
                        "the calls table refuses an event".to_owned(),
                    ));
                }
                Err(problem) => return Err(not_stored(genuine, &problem)),
            }
        }
        let kept = counts.stored + counts.repeated;
        if let Some((reason, _)) = lost.first() {
            let said = first_problems(&lost);
            if kept == 0 {
                return Err(self.give_up(genuine, 400, reason, &said, counts).await);
            }
            // A call that the account was asked for is in it, so it is the carrier's.
            self.bury(genuine, &said, counts).await?;
        }
        if counts.not_placed > 0 {
            warn!(
                account = ?genuine.known.account.slug,
                events = counts.not_placed,
                "A carrier that signs nothing told of calls that we did not ask it for"
            );
            // Some of a push may be ours: then the push has done its work.
            if counts.not_placed == events {
                return Err(Reply::refused(404, reply::NOT_PLACED, "There is no such call."));
            }
        }
        if let Some(reply) = self.second_leg(genuine, wants, asking).await? {
            return Ok(reply);
        }
        let outcome = match (counts.stored, counts.repeated) {
            _ if !lost.is_empty() || counts.not_placed > 0 => Outcome::Partial,
            (0, 0) => Outcome::Ignored,
            (0, _) => Outcome::Repeated,
            _ => Outcome::Stored,
        };
        Ok(Reply::taken(
            outcome,
            genuine.carrier().acknowledge(&genuine.request),
        ))
    }

    /// The call that an event belongs to: our id in the event, else what the path says, else what a second leg's first
    /// event has told, else the carrier's id of the call. Our id comes first because the carrier vouches for what it
    /// echoes, and not every carrier signs the path.
    async fn call(
        &self,
        genuine: &Genuine<'_>,
        reference: &Reference,
        counts: &mut Counts,
    ) -> Result<Option<CallId>, StoreError> {
        let account = &genuine.known.account;
        if let (Some(own), Some(path)) = (&reference.own, genuine.call)
            && own != path
        {
            counts.another_call += 1;
            warn!(account = ?account.slug, "A carrier tells of another call than the one whose URL it posts to");
        }
        if let Some(call) = reference.own.as_ref().or(genuine.call) {
            return Ok(Some(call.clone()));
        }
        let (carrier, slug) = (account.carrier.as_str(), account.slug.as_str());
        if let Some(leg) = &reference.leg {
            let (tenant, now) = (&account.tenant, genuine.now);
            let call = self.calls.call_of_leg(tenant, carrier, slug, leg, now).await?;
            if call.is_some() {
                return Ok(call);
            }
        }
        // A leg that nobody has tied to a call is the first, and its id is the call's.
        let session = reference.session.as_ref().or(reference.leg.as_ref());
        Ok(session.map(|session| CallId::of_session(carrier, slug, session)))
    }
}

/// What is wrong with the first of the parts that were lost, and how many there are.
fn first_problems(lost: &[(&'static str, String)]) -> String {
    const SAID: usize = 3;
    let mut said: Vec<_> = lost.iter().take(SAID).map(|(_, said)| said.as_str()).collect();
    said.dedup();
    let said = said.join("; ");
    match lost.len().saturating_sub(SAID) {
        0 => said,
        more => format!("{said}; and {more} more"),
    }
}

fn new_event(genuine: &Genuine<'_>, call: CallId, heard: Heard) -> NewEvent {
    let account = &genuine.known.account;
    // Where the call is named, nobody has to find it by its second leg, and the event is one plain write.
    let named = genuine.call.is_some() || heard.reference.own.is_some();
    NewEvent {
        call,
        entry: Entry {
            tenant: account.tenant.clone(),
            carrier: account.carrier.clone(),
            account: account.slug.as_str().to_owned(),
            received_at: genuine.now,
            event: heard.event,
        },
        legs: if named { Vec::new() } else { heard.legs },
        placed_only: genuine.placed_only(),
    }
}

fn not_stored(genuine: &Genuine<'_>, problem: &StoreError) -> Reply {
    error!(
        code = problem.code,
        "The calls table did not take a carrier's event"
    );
    Reply::failed(reply::CALLS, genuine.carrier().again())
}
