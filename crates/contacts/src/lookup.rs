//! The lookup: the index, then the search, then nobody; within a budget, whatever hangs, throttles or breaks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use ringback_connect::Channel;
use ringback_connect::flow_event::FlowEvent;
use ringback_connect::ids::{ContactId, InstanceArn};
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};

use crate::answer::{Answer, KnownFrom, Offer, Reason, Status};
use crate::leg::{Interaction, Leg, Spoke};
use crate::observe::{Observation, root_of};
use crate::offers::{Asker, Kept};
use crate::policy::{Mode, Policy, Verdict};
use crate::search::Search;
use crate::store::{ContactStore, StoreError};
use ringback_connect::caller::{CallerKey, NoCaller, caller_of_flow};

/// A contact that asks for its caller's last agent.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The contact.
    pub contact: ContactId,
    /// The interaction it belongs to.
    pub root: ContactId,
    /// The caller, or why there is none to look up.
    pub caller: Result<CallerKey, NoCaller>,
    /// The contact's channel.
    pub channel: Channel,
    /// The instance, which is the tenant.
    pub instance: InstanceArn,
}

impl Ask {
    /// What a flow's event asks. `attribute` is the contact attribute that may hold the caller's key.
    pub fn of(event: &FlowEvent, attribute: &str) -> Self {
        let contact = &event.contact;
        Self {
            contact: contact.contact_id.clone(),
            root: root_of(
                &contact.contact_id,
                contact.initial_contact_id.as_ref(),
                contact.previous_contact_id.as_ref(),
            ),
            caller: caller_of_flow(event, &contact.instance_arn.id, attribute),
            channel: contact.channel.clone(),
            instance: contact.instance_arn.clone(),
        }
    }
}

/// The answer, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What the flow is told.
    pub answer: Answer,
    /// The contact had this answer before.
    pub repeated: bool,
    /// A `SearchContacts` request was sent.
    pub searched: bool,
    /// The answer and the link to the caller could not be stored, for this reason.
    pub not_kept: Option<String>,
}

/// Finds last agents.
#[derive(Debug, Clone)]
pub struct LastAgents {
    store: ContactStore,
    search: Option<Search>,
    policy: Policy,
}

/// A decision that is not yet the contact's answer.
struct Decision {
    answer: Answer,
    /// What the search found, to be written into the index.
    found: Vec<Observation>,
}

impl From<Answer> for Decision {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            found: Vec::new(),
        }
    }
}

impl LastAgents {
    /// Looks into `store`, then asks `search` where there is one, and judges by `policy`.
    pub fn new(store: ContactStore, search: Option<Search>, policy: Policy) -> Self {
        Self {
            store,
            search,
            policy,
        }
    }

    /// The answer for a contact, within `budget` from now on the clock of the process; `now` is the time of day.
    pub async fn answer(&self, ask: &Ask, now: Timestamp, budget: Duration) -> Answered {
        match &ask.caller {
            Ok(key) => {
                let started = Instant::now();
                let searched = AtomicBool::new(false);
                Lookup {
                    agents: self,
                    ask,
                    key,
                    now,
                    started,
                    searched,
                }
                .answer(budget)
                .await
            }
            Err(problem) => {
                let reason = match problem {
                    NoCaller::Unknown => Reason::NoCaller,
                    NoCaller::Withheld => Reason::Withheld,
                    NoCaller::BadNumber => Reason::BadNumber,
                };
                let answer = Answer::without(reason, self.policy.mode);
                Answered {
                    answer,
                    repeated: false,
                    searched: false,
                    not_kept: None,
                }
            }
        }
    }
}

/// One lookup for one contact.
struct Lookup<'a> {
    agents: &'a LastAgents,
    ask: &'a Ask,
    key: &'a CallerKey,
    /// The time of day when it began.
    now: Timestamp,
    started: Instant,
    /// Set before the request is sent, so that it is counted even if its answer never comes.
    searched: AtomicBool,
}

impl Lookup<'_> {
    async fn answer(self, budget: Duration) -> Answered {
        let end = self.started + budget;
        // The last quarter is for storing the answer.
        let decided = timeout_at(end - budget / 4, self.decide())
            .await
            .unwrap_or_else(|_| {
                error!(contact.id = %self.ask.contact, reason = "out-of-time", "Gave up the lookup");
                self.plain(Reason::OutOfTime).into()
            });
        let (mut answered, ()) = tokio::join!(self.keep(&decided.answer, end), async {
            if timeout_at(end, self.write_back(&decided.found)).await.is_err() {
                warn!("What the search found was not written back in time");
            }
        });
        answered.searched = self.searched.into_inner();
        answered
    }

    /// The time of day by now.
    fn time(&self) -> Timestamp {
        self.now.checked_add(self.started.elapsed()).unwrap_or(self.now)
    }

    fn plain(&self, reason: Reason) -> Answer {
        Answer::without(reason, self.agents.policy.mode)
    }

    async fn decide(&self) -> Decision {
        let LastAgents { store, policy, .. } = self.agents;
        if policy.mode == Mode::Off {
            return self.plain(Reason::Off).into();
        }
        if !policy.takes(&self.ask.channel) {
            return self.plain(Reason::Channel).into();
        }
        match store.by_caller(self.key, policy.since(self.now)).await {
            Err(problem) => self.unavailable(&problem).into(),
            Ok(known) if known.iter().any(|interaction| interaction.root != self.ask.root) => {
                self.judge(&known, KnownFrom::Index).into()
            }
            Ok(_) => self
                .search()
                .await
                .unwrap_or_else(|reason| self.plain(reason).into()),
        }
    }

    fn unavailable(&self, problem: &StoreError) -> Answer {
        let contact = &self.ask.contact;
        error!(contact.id = %contact, reason = "index-unavailable", code = problem.code, "Reading the table failed");
        self.plain(Reason::IndexUnavailable)
    }

    fn judge(&self, known: &[Interaction], source: KnownFrom) -> Answer {
        let judged = match self.agents.policy.judge(known, &self.ask.root, self.now) {
            Verdict::Nobody => self.plain(Reason::FirstContact),
            Verdict::LowRating(_) => self.plain(Reason::LowRating),
            Verdict::Offer(spoke) => Answer {
                offer: Some(offer(spoke, self.now)),
                ..self.plain(Reason::LastAgent)
            },
        };
        Answer { source, ..judged }
    }

    /// The search, if it may be sent: its judgement and what it found, or why there is none.
    async fn search(&self) -> Result<Decision, Reason> {
        let store = &self.agents.store;
        let Some(search) = self
            .agents
            .search
            .as_ref()
            .filter(|search| search.knows(self.key))
        else {
            return Err(Reason::FirstContact);
        };
        let failed = |problem: StoreError| self.unavailable(&problem).reason;
        if store.searched_in_vain(self.key, self.now).await.map_err(failed)? {
            return Err(Reason::FirstContact);
        }
        // The quota runs by the time the request is sent, which may be long after the lookup began.
        if !store.reserve_search(self.time()).await.map_err(failed)? {
            return Err(Reason::SearchBudget);
        }
        self.searched.store(true, Ordering::Relaxed);
        let found = match search.contacts(&self.ask.instance, self.key, self.now).await {
            Ok(found) => found,
            Err(reason) => {
                error!(contact.id = %self.ask.contact, reason = reason.name(), "The search failed");
                if reason == Reason::SearchThrottled {
                    log_lost(
                        store.push_search_out(self.time()).await,
                        "Pushing the next search out failed",
                    );
                }
                return Err(reason);
            }
        };
        let answer = self.judge(&interactions(&found), KnownFrom::Search);
        let Some(offer) = &answer.offer else {
            log_lost(
                store.remember_in_vain(self.key, self.now).await,
                "Remembering a vain search failed",
            );
            return Err(Reason::FirstContact);
        };
        let root = found
            .iter()
            .find(|seen| seen.contact.as_str() == offer.contact_id)
            .map(|seen| seen.root.clone());
        let found = found
            .into_iter()
            .filter(|seen| Some(&seen.root) == root.as_ref())
            .collect();
        Ok(Decision { answer, found })
    }

    /// Stores the answer, or finds the one the contact had; a reached cap makes it an answer without an agent.
    ///
    /// A failure is no answer to hold on to: it is not stored, but the contact is linked to its caller all the same.
    /// Whatever does not end by `end` has failed; a cap that was reached holds all the same.
    async fn keep(&self, answer: &Answer, end: Instant) -> Answered {
        let store = &self.agents.store;
        let asker = Asker {
            contact: self.ask.contact.clone(),
            root: self.ask.root.clone(),
            key: self.key.clone(),
        };
        let late = |_| {
            Err(StoreError {
                code: "timeout".to_owned(),
            })
        };
        if answer.status() == Status::Unavailable {
            return match timeout_at(end, store.link(&asker, self.now))
                .await
                .unwrap_or_else(late)
            {
                Ok(Some(before)) => repeated(before),
                Ok(None) => fresh(answer.clone()),
                Err(problem) => uncounted(answer.clone(), &problem.code),
            };
        }
        let late = |_| {
            Err(StoreError {
                code: "timeout".to_owned(),
            })
        };
        let keep = async |answer: &Answer| {
            let kept = store.keep(&asker, answer, &self.agents.policy, self.now);
            timeout_at(end, kept).await.unwrap_or_else(late)
        };
        match keep(answer).await {
            Ok(Kept::New) => fresh(answer.clone()),
            Ok(Kept::Before(before)) => repeated(before),
            // The caller does not wait for our memory: the decision stands, uncounted.
            Err(problem) => uncounted(answer.clone(), &problem.code),
            Ok(Kept::Capped(reason)) => {
                let capped = Answer {
                    source: answer.source,
                    ..self.plain(reason)
                };
                match keep(&capped).await {
                    Ok(Kept::Before(before)) => repeated(before),
                    Ok(Kept::New | Kept::Capped(_)) => fresh(capped),
                    Err(problem) => uncounted(capped, &problem.code),
                }
            }
        }
    }

    async fn write_back(&self, found: &[Observation]) {
        for observation in found {
            let stored = self.agents.store.observe(observation).await.map(drop);
            log_lost(stored, "Writing back what was found failed");
        }
    }
}

fn fresh(answer: Answer) -> Answered {
    Answered {
        answer,
        repeated: false,
        searched: false,
        not_kept: None,
    }
}

fn repeated(answer: Answer) -> Answered {
    Answered {
        repeated: true,
        ..fresh(answer)
    }
}

fn uncounted(answer: Answer, code: &str) -> Answered {
    Answered {
        not_kept: Some(code.to_owned()),
        ..fresh(answer)
    }
}

/// Losing these costs a later search, never the answer.
fn log_lost(result: Result<(), StoreError>, what: &str) {
    if let Err(problem) = result {
        warn!(code = problem.code, "{what}");
    }
}

fn offer(spoke: Spoke, now: Timestamp) -> Offer {
    Offer {
        agent_id: spoke.agent.id.to_string(),
        agent_arn: spoke.agent.text,
        queue_id: spoke.queue.as_ref().map(|queue| queue.id.to_string()),
        queue_arn: spoke.queue.map(|queue| queue.text),
        contact_id: spoke.contact.to_string(),
        contact_age_seconds: now.as_second() - spoke.at.as_second(),
        channel: spoke.channel.as_str().to_owned(),
        rating: spoke.rating,
    }
}

/// What was found, put together by interaction, so that the same rules judge it.
fn interactions(found: &[Observation]) -> Vec<Interaction> {
    let mut interactions: Vec<Interaction> = Vec::new();
    for seen in found {
        let Some((_, facts)) = &seen.facts else { continue };
        let leg = Leg {
            id: seen.contact.clone(),
            facts: facts.clone(),
        };
        match interactions
            .iter_mut()
            .find(|interaction| interaction.root == seen.root)
        {
            Some(interaction) => interaction.legs.push(leg),
            None => interactions.push(Interaction {
                root: seen.root.clone(),
                legs: vec![leg],
            }),
        }
    }
    interactions
}
