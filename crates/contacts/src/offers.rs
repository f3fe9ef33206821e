//! The answer that a contact was given, stored on its interaction's item and repeated to it; an offer moves the
//! caps' counters in the same transaction.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::Timestamp;
use ringback_connect::ids::ContactId;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Reason};
use crate::item::{self, CALLER, EXPIRES_AT, ID, Item};
use crate::policy::Policy;
use crate::store::{Change, ContactStore, SHAPE, StoreError, refused};
use ringback_connect::CallerKey;

/// The contact that asks.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The contact.
    pub contact: ContactId,
    /// The interaction it belongs to.
    pub root: ContactId,
    /// Its caller.
    pub key: CallerKey,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is the contact's answer now, and counted if it offers an agent.
    New,
    /// The contact has had an answer for this caller: this one, which was counted then.
    Before(Answer),
    /// A cap is reached; nothing was stored or counted.
    Capped(Reason),
}

/// An answer as it is stored: a contact that asks about another caller is answered anew.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "for")]
    caller: String,
    #[serde(flatten)]
    answer: Answer,
}

impl ContactStore {
    /// Links the contact to its caller and stores its answer, unless it has one; in the same write, or the same
    /// transaction where an offer is counted.
    ///
    /// # Errors
    /// When the table does not answer. The caller of this decides; an answer must not wait for its storage.
    pub async fn keep(
        &self,
        asker: &Asker,
        answer: &Answer,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Kept, StoreError> {
        let change = self.link_with(asker, answer, now)?;
        match &answer.offer {
            None => self.keep_plain(change, asker).await,
            Some(offer) => {
                let agent = (
                    item::agent_cap_id(&offer.agent_id, now),
                    policy.per_agent_and_hour,
                );
                let caller = (item::caller_cap_id(&asker.key, now), policy.per_caller_and_day);
                self.keep_counted(&change, asker, agent, caller, now).await
            }
        }
    }

    /// Links the contact to its caller, without an answer; the answer it had before, if it had one.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn link(&self, asker: &Asker, now: Timestamp) -> Result<Option<Answer>, StoreError> {
        let old = self
            .update(self.caller_link(asker, now))
            .await
            .map_err(|error| StoreError::of(&error))?;
        Ok(stored(&old, asker))
    }

    fn caller_link(&self, asker: &Asker, now: Timestamp) -> Change {
        let mut change = Change::new(&item::contact_id(&asker.root));
        // The first contact of a chain says who is calling; a later leg only if the first could not.
        change
            .set(if asker.contact == asker.root {
                "#caller = :caller"
            } else {
                "#caller = if_not_exists(#caller, :caller)"
            })
            .name("#caller", CALLER)
            .value(":caller", AttributeValue::S(asker.key.index_key()))
            .set("#expires = if_not_exists(#expires, :expires)")
            .name("#expires", EXPIRES_AT)
            .value(":expires", item::number(self.expiry(now)));
        change
    }

    fn link_with(&self, asker: &Asker, answer: &Answer, now: Timestamp) -> Result<Change, StoreError> {
        let stored = Stored {
            caller: asker.key.index_key(),
            answer: answer.clone(),
        };
        let stored = serde_dynamo::to_attribute_value(stored).map_err(|_| StoreError {
            code: "unwritable-answer".to_owned(),
        })?;
        let mut change = self.caller_link(asker, now);
        change
            .set("#answer = :answer")
            .name("#answer", &item::answer_attribute(&asker.contact))
            .value(":answer", stored)
            .guard("#answer.#for <> :caller", "#answer")
            .name("#for", "for");
        Ok(change)
    }

    async fn keep_plain(&self, change: Change, asker: &Asker) -> Result<Kept, StoreError> {
        match self.update(change).await {
            Ok(_) => Ok(Kept::New),
            Err(error) => match refused(&error) {
                Some(old) => before(&old, asker),
                None => Err(StoreError::of(&error)),
            },
        }
    }

    async fn keep_counted(
        &self,
        change: &Change,
        asker: &Asker,
        agent: (String, Option<u32>),
        caller: (String, Option<u32>),
        now: Timestamp,
    ) -> Result<Kept, StoreError> {
        let invalid = |_| StoreError {
            code: "invalid-update".to_owned(),
        };
        let contact = Update::builder()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(change.id.clone()))
            .update_expression(change.update_expression())
            .set_condition_expression(change.condition())
            .set_expression_attribute_names(Some(change.names.clone()))
            .set_expression_attribute_values(Some(change.values.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(invalid)?;
        // A counter lives a day longer than the longest thing it counts.
        let expires = now.as_second() + 2 * 24 * 3600;
        let mut writes = vec![contact];
        let mut caps = Vec::new();
        for ((id, limit), reason) in [(agent, Reason::AgentCap), (caller, Reason::CallerCap)] {
            if let Some(limit) = limit {
                writes.push(self.count(&id, limit, expires).map_err(invalid)?);
                caps.push(reason);
            }
        }
        let writes: Vec<_> = writes
            .into_iter()
            .map(|update| TransactWriteItem::builder().update(update).build())
            .collect();

        let mut attempt = 0_u32;
        loop {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(Kept::New) };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(StoreError::of(&error));
            };
            let reasons = canceled.cancellation_reasons();
            let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
            if let Some(own) = reasons.first().filter(|reason| failed(reason)) {
                return before(own.item().unwrap_or(&Item::new()), asker);
            }
            if let Some((_, cap)) = reasons
                .iter()
                .skip(1)
                .zip(&caps)
                .find(|(reason, _)| failed(reason))
            {
                return Ok(Kept::Capped(*cap));
            }
            // Two calls of one caller, or two offers of one agent, meet on a counter: DynamoDB cancels one of
            // them, and the SDK does not repeat a cancelled transaction. Whoever waits for this sets the end.
            let conflict = reasons
                .iter()
                .any(|reason| reason.code() == Some("TransactionConflict"));
            attempt += 1;
            if !conflict {
                let code = reasons
                    .iter()
                    .filter_map(CancellationReason::code)
                    .find(|code| *code != "None");
                return Err(StoreError {
                    code: code.unwrap_or("TransactionCanceled").to_owned(),
                });
            }
            tokio::time::sleep(Duration::from_millis(spread(&asker.contact, attempt))).await;
        }
    }

    fn count(
        &self,
        id: &str,
        limit: u32,
        expires: i64,
    ) -> Result<Update, aws_sdk_dynamodb::error::BuildError> {
        Update::builder()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(id.to_owned()))
            .update_expression("ADD #offers :one SET #expires = :expires")
            .condition_expression("attribute_not_exists(#offers) OR #offers < :limit")
            .expression_attribute_names("#offers", item::OFFERS)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":one", item::number(1))
            .expression_attribute_values(":limit", item::number(limit.into()))
            .expression_attribute_values(":expires", item::number(expires))
            .build()
    }
}

/// The answer the contact had before about this caller, if it had one.
fn stored(item: &Item, asker: &Asker) -> Option<Answer> {
    item.get(&item::answer_attribute(&asker.contact))
        .cloned()
        .and_then(item::read::<Stored>)
        .filter(|stored| stored.caller == asker.key.index_key())
        .map(|stored| stored.answer)
}

fn before(item: &Item, asker: &Asker) -> Result<Kept, StoreError> {
    stored(item, asker).map(Kept::Before).ok_or_else(|| StoreError {
        code: SHAPE.to_owned(),
    })
}

/// Growing pauses that differ between contacts, so that those who met do not meet again; in milliseconds.
fn spread(contact: &ContactId, attempt: u32) -> u64 {
    let own: u64 = contact.as_str().bytes().map(u64::from).sum();
    let step = 5 * u64::from(attempt.min(8));
    step + own % (2 * step)
}
