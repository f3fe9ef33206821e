//! The `contacts` table. No writer reads first: every write adds what it knows, and the table's conditions settle
//! what may come twice or late.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use ringback_connect::CallerKey;
use ringback_connect::ids::ContactId;
use ringback_lambda::error_code;

use crate::answer::Answer;
use crate::item::{self, AGENT_AT, BY_CALLER, CALLER, EXPIRES_AT, ID, Item};
use crate::leg::Interaction;
use crate::observe::{Observation, Sticky};

/// The code of an item that is there but is not what we write.
pub(crate) const SHAPE: &str = "item-of-another-shape";

/// The newest interactions of a caller that a lookup reads, at most.
pub const NEWEST: i32 = 20;

/// The `contacts` table.
#[derive(Debug, Clone)]
pub struct ContactStore {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) retention: Duration,
}

/// The table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contacts table did not answer ({code})")]
pub struct StoreError {
    /// The service's error code, for example `ProvisionedThroughputExceededException`, or `timeout` or
    /// `unreachable`. Never a value of an item.
    pub code: String,
}

impl StoreError {
    /// Whether trying again is in vain: the table refuses what it is given, or the item has another shape.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ValidationException" | "ItemCollectionSizeLimitExceededException" | SHAPE | "unwritable-answer"
        )
    }

    pub(crate) fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        Self {
            code: error_code(error),
        }
    }
}

/// What a stored observation changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// An offer whose end this write was the first to store: the one that may be counted.
    pub sticky: Option<Sticky>,
}

impl ContactStore {
    /// The table of that name; items are kept for `retention` after what they tell of.
    pub fn new(client: Client, table: String, retention: Duration) -> Self {
        Self {
            client,
            table,
            retention,
        }
    }

    /// The caller's newest interactions in which an agent was connected at `since` or later: one Query, however
    /// long the history.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn by_caller(&self, key: &CallerKey, since: Timestamp) -> Result<Vec<Interaction>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_CALLER)
            .key_condition_expression("#caller = :caller AND #agentAt >= :since")
            .expression_attribute_names("#caller", CALLER)
            .expression_attribute_names("#agentAt", AGENT_AT)
            .expression_attribute_values(":caller", AttributeValue::S(key.index_key()))
            .expression_attribute_values(":since", item::sortable(since))
            .scan_index_forward(false)
            .limit(NEWEST)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        let items = answer.items.unwrap_or_default();
        Ok(items.into_iter().filter_map(item::interaction).collect())
    }

    /// Adds an observation to its interaction's item. Repeating it changes nothing, and any order of observations
    /// ends in the same item.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn observe(&self, observation: &Observation) -> Result<Changed, StoreError> {
        let change = self.change_of(observation);
        let old = match self.send(&change, observation.agent_at()).await? {
            Written::Done(old) => old,
            Written::Refused(old) if change.is_older_than(&old) => return Ok(Changed::default()),
            // A newer leg has moved the index entry on; the facts are still to be added.
            Written::Refused(_) => match self.send(&change, None).await? {
                Written::Done(old) => old,
                Written::Refused(old) if change.is_older_than(&old) => return Ok(Changed::default()),
                Written::Refused(_) => {
                    return Err(StoreError {
                        code: SHAPE.to_owned(),
                    });
                }
            },
        };
        // Counted only where the step named the agent we offered, and by the one write that stored its end.
        let offered = offered_agent(&old, &observation.contact);
        let ended = observation
            .steps
            .iter()
            .find(|(agent, _)| Some(agent) == offered.as_ref());
        let stored_before =
            |agent: &str| old.contains_key(&item::sticky_attribute(&observation.contact, agent));
        Ok(Changed {
            sticky: ended
                .filter(|(agent, _)| !stored_before(agent))
                .map(|(_, end)| *end),
        })
    }

    fn change_of(&self, observation: &Observation) -> Change {
        let mut change = Change::new(&item::contact_id(&observation.root));
        if let Some((source, facts)) = &observation.facts
            && let Ok(map) = serde_dynamo::to_attribute_value(facts)
        {
            let attribute = item::facts_attribute(*source, &observation.contact);
            if let Some(updated) = facts.updated_ms {
                change.guard("#facts.#updated < :updated", "#facts");
                change
                    .name("#updated", "updatedMs")
                    .value(":updated", item::number(updated));
                change.updated = Some((attribute.clone(), updated));
            }
            change
                .set("#facts = :facts")
                .name("#facts", &attribute)
                .value(":facts", map);
        }
        for (index, (agent, end)) in observation.steps.iter().enumerate() {
            change
                .set(format!(
                    "#step{index} = if_not_exists(#step{index}, :step{index})"
                ))
                .name(
                    &format!("#step{index}"),
                    &item::sticky_attribute(&observation.contact, agent),
                )
                .value(&format!(":step{index}"), AttributeValue::S(end.name().to_owned()));
        }
        if let Some(caller) = &observation.caller {
            change
                .set("#caller = if_not_exists(#caller, :caller)")
                .name("#caller", CALLER)
                .value(":caller", AttributeValue::S(caller.index_key()));
        }
        change.expires = self.expiry(observation.agent_at().unwrap_or(observation.at));
        change
    }

    /// Sends a change; with `agent_at` it also moves the item's place in the index, never backwards.
    async fn send(&self, change: &Change, agent_at: Option<Timestamp>) -> Result<Written, StoreError> {
        let mut change = change.clone();
        let expires = item::number(change.expires);
        change.name("#expires", EXPIRES_AT).value(":expires", expires);
        match agent_at {
            Some(at) => {
                change.set("#agentAt = :agentAt").set("#expires = :expires");
                change
                    .name("#agentAt", AGENT_AT)
                    .value(":agentAt", item::sortable(at));
                change.guard("#agentAt <= :agentAt", "#agentAt");
            }
            None => drop(change.set("#expires = if_not_exists(#expires, :expires)")),
        }
        match self.update(change).await {
            Ok(old) => Ok(Written::Done(old)),
            Err(error) => match refused(&error) {
                Some(old) => Ok(Written::Refused(old)),
                None => Err(StoreError::of(&error)),
            },
        }
    }

    /// Sends an update; the item as it was before is the answer, also where a condition did not hold.
    pub(crate) async fn update(&self, change: Change) -> Result<Item, SdkError<UpdateItemError>> {
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(change.id.clone()))
            .update_expression(change.update_expression())
            .set_condition_expression(change.condition())
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await?;
        Ok(output.attributes.unwrap_or_default())
    }

    pub(crate) fn expiry(&self, at: Timestamp) -> i64 {
        at.as_second()
            .saturating_add(i64::try_from(self.retention.as_secs()).unwrap_or(i64::MAX))
    }
}

/// The agent whom the contact was offered, by its stored answer.
fn offered_agent(item: &Item, contact: &ContactId) -> Option<String> {
    let answer = item.get(&item::answer_attribute(contact))?.clone();
    Some(item::read::<Answer>(answer)?.offer?.agent_id)
}

enum Written {
    /// Done, with the item as it was before.
    Done(Item),
    /// A condition did not hold, with the item as it is.
    Refused(Item),
}

/// The old item, if the error is a condition that did not hold.
pub(crate) fn refused<R>(error: &SdkError<UpdateItemError, R>) -> Option<Item> {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Some(failed.item().cloned().unwrap_or_default())
        }
        _ => None,
    }
}

/// The parts of an update expression.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) id: String,
    sets: Vec<String>,
    guards: Vec<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
    expires: i64,
    /// The contact record's attribute and `LastUpdateTimestamp`, if the change is guarded by one.
    updated: Option<(String, i64)>,
}

impl Change {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            sets: Vec::new(),
            guards: Vec::new(),
            names: HashMap::new(),
            values: HashMap::new(),
            expires: 0,
            updated: None,
        }
    }

    pub(crate) fn set(&mut self, assignment: impl Into<String>) -> &mut Self {
        self.sets.push(assignment.into());
        self
    }

    /// The condition holds also where the attribute does not exist yet.
    pub(crate) fn guard(&mut self, condition: &str, attribute: &str) -> &mut Self {
        self.guards
            .push(format!("(attribute_not_exists({attribute}) OR {condition})"));
        self
    }

    pub(crate) fn name(&mut self, placeholder: &str, name: &str) -> &mut Self {
        self.names.insert(placeholder.to_owned(), name.to_owned());
        self
    }

    pub(crate) fn value(&mut self, placeholder: &str, value: AttributeValue) -> &mut Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    pub(crate) fn update_expression(&self) -> String {
        format!("SET {}", self.sets.join(", "))
    }

    pub(crate) fn condition(&self) -> Option<String> {
        (!self.guards.is_empty()).then(|| self.guards.join(" AND "))
    }

    /// Whether the item holds a contact record at least as new as this change's.
    fn is_older_than(&self, item: &Item) -> bool {
        let Some((attribute, updated)) = &self.updated else {
            return false;
        };
        let stored = item
            .get(attribute)
            .and_then(|facts| facts.as_m().ok())
            .and_then(|facts| facts.get("updatedMs"));
        let stored: Option<i64> = stored
            .and_then(|ms| ms.as_n().ok())
            .and_then(|ms| ms.parse().ok());
        stored.is_some_and(|stored| stored >= *updated)
    }
}
