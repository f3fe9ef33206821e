//! How many calls of a tenant are open at once: one item a tenant, with a slot for each call.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ringback_calls::CallId;

use crate::begin::KEPT_AFTER;
use crate::item::{self, ALONE, CALL, CALLS, ID, Item};
use crate::policy::MOST_OPEN_CALLS;
use crate::store::{CONFLICT, Changed, PlacingStore, StoreError, change, pause};

/// How often somebody else may have changed the slots meanwhile.
const ATTEMPTS: u32 = 6;

const KEPT_AFTER_MS: i64 = KEPT_AFTER.as_secs() * 1000;

/// Slots of the dead that are freed in one request; an expression has its limits.
const MOST_FREED: usize = 80;

impl PlacingStore {
    /// Takes a slot for a call, if the tenant has fewer than `most` calls open: one request as a rule. Whoever has one gets
    /// it again. `until` is when the call must be over. When all are taken, those are freed whose calls should have been
    /// over two days ago; which of the others are over, their records say ([`open_calls`](Self::open_calls)).
    ///
    /// # Errors
    /// When the table does not answer, or others changed the slots each time.
    pub async fn open_slot(
        &self,
        tenant: &str,
        call: &CallId,
        until: Timestamp,
        most: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let most = most.min(MOST_OPEN_CALLS);
        for tried in 1..=ATTEMPTS {
            let found = match self.take_slot(tenant, call, until, most).await? {
                Changed::Done => return Ok(most > 0),
                Changed::Not(found) => found,
            };
            let Some(slots) = found.as_ref().and_then(slots) else {
                self.first_slots(tenant).await?;
                continue;
            };
            let dead = dead_of(&slots, now);
            for dead in dead.chunks(MOST_FREED) {
                self.free(tenant, dead).await?;
            }
            let living = slots.len() - dead.len();
            if living >= usize::try_from(most).unwrap_or(usize::MAX) {
                return Ok(false);
            }
            pause(tried).await;
        }
        Err(StoreError::with(CONFLICT))
    }

    /// The calls that have a slot; first those that should have been over first.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn open_calls(&self, tenant: &str) -> Result<Vec<CallId>, StoreError> {
        let found = self.get(item::open_id(tenant), ALONE).await?;
        let mut slots = found.as_ref().and_then(slots).unwrap_or_default();
        slots.sort_by_key(|(_, until)| *until);
        let ids = slots.iter().filter_map(|(call, _)| CallId::parse(call).ok());
        Ok(ids.collect())
    }

    /// Gives a call's slot back, and its line if this call still has it. Again, it changes nothing.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn release(&self, tenant: &str, call: &CallId, line: Option<&str>) -> Result<(), StoreError> {
        if let Some(line) = line {
            self.release_line(tenant, call, line).await?;
        }
        let slot = self
            .update(item::open_id(tenant), ALONE)
            .update_expression("REMOVE #calls.#call")
            .condition_expression("attribute_exists(#calls.#call)")
            .expression_attribute_names("#calls", CALLS)
            .expression_attribute_names("#call", call.as_str());
        change(slot).await.map(|_| ())
    }

    async fn release_line(&self, tenant: &str, call: &CallId, line: &str) -> Result<(), StoreError> {
        // It is emptied and not deleted, so that a writer's condition always finds what it speaks of.
        let update = self
            .update(item::line_id(tenant, line), ALONE)
            .update_expression("SET #until = :free")
            .condition_expression("#call = :call")
            .expression_attribute_names("#until", item::UNTIL_MS)
            .expression_attribute_names("#call", CALL)
            .expression_attribute_values(":free", item::number(0))
            .expression_attribute_values(":call", item::text(call.as_str()));
        change(update).await.map(|_| ())
    }

    async fn take_slot(
        &self,
        tenant: &str,
        call: &CallId,
        until: Timestamp,
        most: u32,
    ) -> Result<Changed, StoreError> {
        let update = self
            .update(item::open_id(tenant), ALONE)
            .update_expression("SET #calls.#call = :until")
            .condition_expression("attribute_exists(#calls.#call) OR size(#calls) < :most")
            .expression_attribute_names("#calls", CALLS)
            .expression_attribute_names("#call", call.as_str())
            .expression_attribute_values(":until", item::number(until.as_millisecond()))
            .expression_attribute_values(":most", item::number(most));
        change(update).await
    }

    /// Frees slots of the dead, if all of them are still what they were. If not, somebody else was faster.
    async fn free(&self, tenant: &str, dead: &[(String, i64)]) -> Result<(), StoreError> {
        let (mut freed, mut unchanged) = (Vec::new(), Vec::new());
        let mut update = self
            .update(item::open_id(tenant), ALONE)
            .expression_attribute_names("#calls", CALLS);
        for (at, (call, until)) in dead.iter().enumerate() {
            freed.push(format!("#calls.#d{at}"));
            unchanged.push(format!("#calls.#d{at} = :d{at}"));
            update = update
                .expression_attribute_names(format!("#d{at}"), call)
                .expression_attribute_values(format!(":d{at}"), item::number(until));
        }
        let update = update
            .update_expression(format!("REMOVE {}", freed.join(", ")))
            .condition_expression(unchanged.join(" AND "));
        change(update).await.map(|_| ())
    }

    /// Makes the item, because a slot can only be set in a map that is there.
    async fn first_slots(&self, tenant: &str) -> Result<(), StoreError> {
        let update = self
            .update(item::open_id(tenant), ALONE)
            .update_expression("SET #calls = :none")
            .condition_expression("attribute_not_exists(#id) OR attribute_not_exists(#calls)")
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#calls", CALLS)
            .expression_attribute_values(":none", AttributeValue::M(Item::new()));
        change(update).await.map(|_| ())
    }
}

/// The calls that have a slot, and until when, in milliseconds.
fn slots(item: &Item) -> Option<Vec<(String, i64)>> {
    let calls = item.get(CALLS)?.as_m().ok()?;
    let slot = |call: &String| Some((call.clone(), item::number_of(calls, call)?));
    Some(calls.keys().filter_map(slot).collect())
}

fn dead_of(slots: &[(String, i64)], now: Timestamp) -> Vec<(String, i64)> {
    let dead_by = now.as_millisecond().saturating_sub(KEPT_AFTER_MS);
    let dead = slots.iter().filter(|(_, until)| *until <= dead_by);
    let mut dead: Vec<_> = dead.cloned().collect();
    // Those who free them at once go the same way.
    dead.sort_unstable();
    dead
}
