//! Open orders: where their customers live, or where they wait for them.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use ringback_connect::CallerPoint;

use super::{Attempt, Kept, bury, customer_point, outdated, put, successor, unchanged, written};
use crate::directory::{Directory, DirectoryError, aliases};
use crate::item::{self, DOC, MOVING, ORDER, TO, VERSION};
use crate::model::Order;

impl Directory {
    /// An open order, by its id.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn order(&self, id: &str) -> Result<Option<Order>, DirectoryError> {
        let record = self.record(&self.order_key(id), true).await?;
        let Some(at) = record
            .filter(|record| !item::is_gone(record))
            .and_then(|record| item::point(&record, TO))
        else {
            return Ok(None);
        };
        let found = self.item(&at, &format!("{ORDER}{id}")).await?;
        Ok(found.as_ref().and_then(item::document))
    }

    /// Keeps an open order where its customer lives; where nobody knows the customer yet, at the contact point it names,
    /// else under the customer's id.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn put_order(&self, order: &Order, now: Timestamp) -> Result<Kept, DirectoryError> {
        self.repeatedly(|| self.try_order(&order.order_id, order.version, Some(order), now))
            .await
    }

    /// Closes an order. One that is closed before it was placed leaves a tombstone, so that it stays closed. Without a
    /// version, whatever is stored goes.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn close_order(
        &self,
        id: &str,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<Kept, DirectoryError> {
        let Some(version) = self.end_of(&self.order_key(id), version).await? else {
            return Ok(Kept::Repeated);
        };
        self.repeatedly(|| self.try_order(id, version, None, now)).await
    }

    pub(super) async fn try_order(
        &self,
        id: &str,
        version: u64,
        order: Option<&Order>,
        now: Timestamp,
    ) -> Result<Attempt, DirectoryError> {
        let key = self.order_key(id);
        let old = self.record(&key, true).await?;
        if let Some(kept) = outdated(old.as_ref(), version) {
            return Ok(Attempt::Done(kept));
        }
        let part = format!("{ORDER}{id}");
        let mut record = successor(&key, old.as_ref(), version);
        let mut writes = Vec::new();
        let before = old.as_ref().and_then(|old| item::point(old, TO));
        let mut at = None;
        if let Some(order) = order {
            let (place, check) = self.place_of(order).await?;
            let mut kept = self.item_at(&place, &part);
            kept.insert(DOC.to_owned(), written(order)?);
            record.insert(TO.to_owned(), item::text(place.written()));
            writes.push(put(&self.table, kept, None)?);
            writes.extend(check);
            at = Some(place);
        } else {
            bury(&mut record, now);
        }
        if let Some(before) = before.filter(|before| Some(before) != at.as_ref()) {
            writes.push(self.delete(&self.point_key(&before), &part)?);
        }
        writes.insert(0, put(&self.table, record, Some(unchanged(old.as_ref())))?);
        Ok(if self.transact(writes).await? {
            Attempt::Done(Kept::Stored)
        } else {
            Attempt::Again
        })
    }

    /// Where an order is kept, and the condition under which that is so: its customer does not move meanwhile.
    pub(super) async fn place_of(
        &self,
        order: &Order,
    ) -> Result<(CallerPoint, Option<TransactWriteItem>), DirectoryError> {
        let contact = order.contact.as_ref().map(|point| point.0.clone());
        let Some(customer) = &order.customer_id else {
            let contact = contact.ok_or_else(|| DirectoryError::with("ValidationException"))?;
            return Ok((self.led(contact).await?, None));
        };
        let key = self.customer_key(customer);
        let record = self.record(&key, true).await?;
        let lives = record
            .as_ref()
            .filter(|record| !item::is_gone(record))
            .and_then(|record| item::point(record, TO));
        if let Some(home) = lives {
            return Ok((home, Some(self.check(&key, unchanged(record.as_ref()))?)));
        }
        let place = match contact {
            Some(contact) => self.led(contact).await?,
            None => customer_point(customer)?,
        };
        // Whoever tells of the customer later finds here where the order waits.
        let version = record.as_ref().map_or(0, |record| item::count(record, VERSION));
        let mut waiting = record.clone().unwrap_or_default();
        waiting.extend(successor(&key, record.as_ref(), version));
        let mut moving = item::points(&waiting, MOVING);
        moving.push(place.clone());
        moving.sort();
        moving.dedup();
        waiting.insert(MOVING.to_owned(), item::list(&moving));
        Ok((
            place,
            Some(put(&self.table, waiting, Some(unchanged(record.as_ref())))?),
        ))
    }

    /// Where a contact point leads to, if to one place; else the point itself.
    pub(super) async fn led(&self, point: CallerPoint) -> Result<CallerPoint, DirectoryError> {
        let partition = self.partition(&point).await?;
        Ok(match aliases(&partition, &point).as_slice() {
            [to] => to.clone(),
            _ => point,
        })
    }
}
