//! The lookup: the index, then the search, then nobody; within a budget, whatever hangs, throttles or breaks.

use std::time::Duration;

use jiff::Timestamp;
use ringback_connect::Channel;
use ringback_connect::flow_event::FlowEvent;
use ringback_connect::ids::{ContactId, InstanceArn};
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};

use crate::answer::{Answer, KnownFrom, Offer, Reason, Status};
use crate::key::{CallerKey, NoCaller, caller_of_flow};
use crate::leg::{Interaction, Leg, Spoke};
use crate::observe::{Observation, root_of};
use crate::offers::{Asker, Kept};
use crate::policy::{Mode, Policy, Verdict};
use crate::search::Search;
use crate::store::{ContactStore, StoreError};

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
    /// A `SearchContacts` request was sent.
    searched: bool,
}

impl Decision {
    fn without_search(answer: Answer) -> Self {
        Self {
            answer,
            found: Vec::new(),
            searched: false,
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
        let plain = |reason| Answer::without(reason, self.policy.mode);
        let key = match &ask.caller {
            Ok(key) => key,
            Err(problem) => {
                let answer = plain(match problem {
                    NoCaller::Unknown => Reason::NoCaller,
                    NoCaller::Withheld => Reason::Withheld,
                    NoCaller::BadNumber => Reason::BadNumber,
                });
                return Answered {
                    answer,
                    repeated: false,
                    searched: false,
                    not_kept: None,
                };
            }
        };
        let end = Instant::now() + budget;
        // The last quarter is for storing the answer.
        let decided = timeout_at(end - budget / 4, self.decide(ask, key, now))
            .await
            .unwrap_or_else(|_| {
                error!(contact.id = %ask.contact, reason = "out-of-time", "Gave up the lookup");
                Decision::without_search(plain(Reason::OutOfTime))
            });
        let asker = Asker {
            contact: ask.contact.clone(),
            root: ask.root.clone(),
            key: key.clone(),
        };
        let (kept, ()) = tokio::join!(timeout_at(end, self.keep(&asker, &decided.answer, now)), async {
            if timeout_at(end, self.write_back(&decided.found)).await.is_err() {
                warn!("What the search found was not written back in time");
            }
        },);
        let searched = decided.searched;
        match kept.unwrap_or_else(|_| {
            Err(StoreError {
                code: "timeout".to_owned(),
            })
        }) {
            Ok((answer, repeated)) => Answered {
                answer,
                repeated,
                searched,
                not_kept: None,
            },
            // The caller does not wait for our memory: the decision stands, uncounted.
            Err(problem) => Answered {
                answer: decided.answer,
                repeated: false,
                searched,
                not_kept: Some(problem.code),
            },
        }
    }

    async fn decide(&self, ask: &Ask, key: &CallerKey, now: Timestamp) -> Decision {
        let plain = |reason| Decision::without_search(Answer::without(reason, self.policy.mode));
        if self.policy.mode == Mode::Off {
            return plain(Reason::Off);
        }
        if !self.policy.takes(&ask.channel) {
            return plain(Reason::Channel);
        }
        let known = match self.store.by_caller(key, self.policy.since(now)).await {
            Ok(known) => known,
            Err(problem) => {
                error!(contact.id = %ask.contact, reason = "index-unavailable", code = problem.code, "Reading the index failed");
                return plain(Reason::IndexUnavailable);
            }
        };
        if known.iter().any(|interaction| interaction.root != ask.root) {
            return Decision::without_search(self.judge(&known, ask, now, KnownFrom::Index));
        }
        match self.search(ask, key, now).await {
            Ok((answer, found)) => Decision {
                answer,
                found,
                searched: true,
            },
            Err((reason, searched)) => Decision {
                searched,
                ..plain(reason)
            },
        }
    }

    fn judge(&self, known: &[Interaction], ask: &Ask, now: Timestamp, source: KnownFrom) -> Answer {
        match self.policy.judge(known, &ask.root, now) {
            Verdict::Nobody => Answer {
                source,
                ..Answer::without(Reason::FirstContact, self.policy.mode)
            },
            Verdict::LowRating(_) => Answer {
                source,
                ..Answer::without(Reason::LowRating, self.policy.mode)
            },
            Verdict::Offer(spoke) => Answer {
                source,
                offer: Some(offer(spoke, now)),
                ..Answer::without(Reason::LastAgent, self.policy.mode)
            },
        }
    }

    /// The search, if it may be sent: its judgement and what it found, or why there is none and whether a request
    /// was sent.
    async fn search(
        &self,
        ask: &Ask,
        key: &CallerKey,
        now: Timestamp,
    ) -> Result<(Answer, Vec<Observation>), (Reason, bool)> {
        let Some(search) = self.search.as_ref().filter(|search| search.knows(key)) else {
            return Err((Reason::FirstContact, false));
        };
        let budget_unknown = |problem: StoreError| {
            warn!(contact.id = %ask.contact, code = problem.code, "Reading the search budget failed");
            (Reason::SearchBudget, false)
        };
        if self
            .store
            .searched_in_vain(key, now)
            .await
            .map_err(budget_unknown)?
        {
            return Err((Reason::FirstContact, false));
        }
        if !self.store.reserve_search(now).await.map_err(budget_unknown)? {
            return Err((Reason::SearchBudget, false));
        }
        let found = match search.contacts(&ask.instance, key, now).await {
            Ok(found) => found,
            Err(reason) => {
                error!(contact.id = %ask.contact, reason = reason.name(), "The search failed");
                if reason == Reason::SearchThrottled {
                    self.log_lost(
                        self.store.push_search_out(now).await,
                        "Pushing the next search out failed",
                    );
                }
                return Err((reason, true));
            }
        };
        let answer = self.judge(&interactions(&found), ask, now, KnownFrom::Search);
        let Some(offer) = &answer.offer else {
            self.log_lost(
                self.store.remember_in_vain(key, now).await,
                "Remembering a vain search failed",
            );
            return Err((Reason::FirstContact, true));
        };
        let root = found
            .iter()
            .find(|seen| seen.contact.as_str() == offer.contact_id)
            .map(|seen| seen.root.clone());
        let found = found
            .into_iter()
            .filter(|seen| Some(&seen.root) == root.as_ref())
            .collect();
        Ok((answer, found))
    }

    /// Stores the answer, or finds the one the contact had; a reached cap makes it an answer without an agent.
    ///
    /// A failure is no answer to hold on to: it is not stored, but the contact is linked to its caller all the same.
    async fn keep(
        &self,
        asker: &Asker,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<(Answer, bool), StoreError> {
        if answer.status() == Status::Unavailable {
            return self
                .store
                .link(asker, now)
                .await
                .map(|()| (answer.clone(), false));
        }
        match self.store.keep(asker, answer, &self.policy, now).await? {
            Kept::New => Ok((answer.clone(), false)),
            Kept::Before(before) => Ok((before, true)),
            Kept::Capped(reason) => {
                let capped = Answer {
                    source: answer.source,
                    ..Answer::without(reason, self.policy.mode)
                };
                match self.store.keep(asker, &capped, &self.policy, now).await {
                    Ok(Kept::Before(before)) => Ok((before, true)),
                    // Stored or not, the cap holds.
                    _ => Ok((capped, false)),
                }
            }
        }
    }

    async fn write_back(&self, found: &[Observation]) {
        for observation in found {
            self.log_lost(
                self.store.observe(observation).await.map(drop),
                "Writing back what was found failed",
            );
        }
    }

    /// Losing these costs a later search, never the answer.
    fn log_lost(&self, result: Result<(), StoreError>, what: &str) {
        if let Err(problem) = result {
            warn!(code = problem.code, "{what}");
        }
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
