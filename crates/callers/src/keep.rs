//! Changing the directory. Every change carries a version: an older one never wins, and the same one twice changes
//! nothing.
//!
//! A change reads the record of what it changes, works out what follows, and writes all of it in one transaction that
//! holds only while the record is as it was read. Whoever loses that race reads again.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use ringback_connect::{CallerKind, CallerPoint};
use serde::Serialize;

use crate::directory::{Directory, DirectoryError, aliases};
use crate::item::{
    self, ALIAS, ALIASES, CONTACTS, CUSTOMER, DOC, EXPIRES_AT, GONE, ID, Item, MOVING, ORDER, PART, RECORD,
    REVISION, TO, VERSION,
};
use crate::model::{Alias, Order, Person, Shop};
use crate::rules::Rules;

/// How long a tombstone is kept, in seconds: an event older than this is not believed to come any more.
const TOMBSTONE: i64 = 30 * 24 * 3600;
/// Aliases of one customer: a move writes all of them in one transaction, which takes 100 items.
const MOST_ALIASES: usize = 30;
/// How often a change that meets others is tried.
const ATTEMPTS: u32 = 12;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Stored,
    /// This version is stored already.
    Repeated,
    /// A newer version is stored.
    Older,
}

/// One attempt's end: done, or somebody was faster.
enum Attempt {
    Done(Kept),
    Again,
}

impl Directory {
    /// A person as they are kept, by their id: two reads at most.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, DirectoryError> {
        let Some(home) = self.home(id).await? else {
            return Ok(None);
        };
        let found = self.item(&home, &format!("{CUSTOMER}{id}")).await?;
        Ok(found.as_ref().and_then(item::document))
    }

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

    /// An alias, by its id.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn alias(&self, id: &str) -> Result<Option<Alias>, DirectoryError> {
        let record = self.record(&self.alias_key(id), true).await?;
        Ok(record
            .filter(|record| !item::is_gone(record))
            .and_then(|record| item::document(&record)))
    }

    /// Keeps a person: at their first contact point, with the others pointing there. Orders that were kept where they
    /// lived before move with them.
    ///
    /// # Errors
    /// When the table does not answer; the same change may then be made again.
    pub async fn put_person(&self, person: &Person, now: Timestamp) -> Result<Kept, DirectoryError> {
        self.repeatedly(|| self.try_person(&person.customer_id, person.version, Some(person), now))
            .await
    }

    /// Forgets a person and their contact points, not their orders. Without a version, whatever is stored goes.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn delete_person(
        &self,
        id: &str,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<Kept, DirectoryError> {
        let Some(version) = self.end_of(&self.customer_key(id), version).await? else {
            return Ok(Kept::Repeated);
        };
        self.repeatedly(|| self.try_person(id, version, None, now)).await
    }

    async fn try_person(
        &self,
        id: &str,
        version: u64,
        person: Option<&Person>,
        now: Timestamp,
    ) -> Result<Attempt, DirectoryError> {
        let key = self.customer_key(id);
        let old = self.record(&key, true).await?;
        if let Some(kept) = outdated(old.as_ref(), version) {
            // The transaction was made before, but maybe not the moves that follow it.
            if let Some(old) = old.as_ref().filter(|_| kept == Kept::Repeated) {
                self.move_orders(id, old).await?;
            }
            return Ok(Attempt::Done(kept));
        }
        let contacts = person
            .map(|person| person.contacts.as_slice())
            .unwrap_or_default();
        let contacts: Vec<_> = contacts.iter().map(|point| point.0.clone()).collect();
        let home = match contacts.first() {
            Some(home) => home.clone(),
            None => customer_point(id)?,
        };
        let before = old
            .as_ref()
            .map(|old| item::points(old, CONTACTS))
            .unwrap_or_default();
        let home_before = old.as_ref().and_then(|old| item::point(old, TO));

        // Orders wait where the person lived, where earlier moves have left them, and where they came before the person.
        let mut moving = old
            .as_ref()
            .map(|old| item::points(old, MOVING))
            .unwrap_or_default();
        moving.extend(home_before.clone());
        moving.retain(|from| *from != home);
        moving.sort();
        moving.dedup();

        let mut record = successor(&key, old.as_ref(), version);
        let mut writes = Vec::new();
        let mut gone: Vec<(CallerPoint, String)> = before
            .iter()
            .chain(&home_before)
            .flat_map(|point| {
                [
                    (point.clone(), owner_of(id)),
                    (point.clone(), format!("{CUSTOMER}{id}")),
                ]
            })
            .collect();
        if let Some(person) = person {
            record.insert(TO.to_owned(), item::text(home.written()));
            record.insert(CONTACTS.to_owned(), item::list(&contacts));
            record.insert(MOVING.to_owned(), item::list(&moving));
            let mut kept = self.item_at(&home, &format!("{CUSTOMER}{id}"));
            kept.insert(DOC.to_owned(), written(person)?);
            gone.retain(|(point, part)| !(*point == home && part.starts_with(CUSTOMER)));
            writes.push(put(&self.table, kept, None)?);
            for contact in contacts.iter().skip(1) {
                let mut alias = self.item_at(contact, &owner_of(id));
                alias.insert(TO.to_owned(), item::text(home.written()));
                gone.retain(|(point, part)| !(point == contact && part.starts_with(ALIAS)));
                writes.push(put(&self.table, alias, None)?);
            }
        } else {
            // The orders outlive the person, under the customer's id: nothing is left at the contact points.
            bury(&mut record, now);
            record.insert(TO.to_owned(), item::text(home.written()));
            record.insert(MOVING.to_owned(), item::list(&moving));
        }
        // Also one at the new home itself, and those of a person who is gone: what pointed to the home before would lead
        // to whoever lives there next.
        for (alias, contact) in &item::aliases(&record) {
            let mut pointer = self.item_at(contact, &format!("{ALIAS}{alias}"));
            pointer.insert(TO.to_owned(), item::text(home.written()));
            writes.push(put(&self.table, pointer, None)?);
        }
        gone.sort();
        gone.dedup();
        for (point, part) in &gone {
            writes.push(self.delete(&self.point_key(point), part)?);
        }
        writes.insert(
            0,
            put(&self.table, record.clone(), Some(unchanged(old.as_ref())))?,
        );
        if !self.transact(writes).await? {
            return Ok(Attempt::Again);
        }
        self.move_orders(id, &record).await?;
        Ok(Attempt::Done(Kept::Stored))
    }

    /// Brings a customer's orders from where they were to the customer's home, and orders that name a contact point alone
    /// to where that leads now.
    async fn move_orders(&self, id: &str, record: &Item) -> Result<(), DirectoryError> {
        let Some(home) = item::point(record, TO) else {
            return Ok(());
        };
        let sources = item::points(record, MOVING);
        for from in &sources {
            for found in self.partition(from).await? {
                let Some(order) = Some(&found)
                    .filter(|found| item::part(found).starts_with(ORDER))
                    .and_then(item::document::<Order>)
                else {
                    continue;
                };
                let to = match (&order.customer_id, &order.contact) {
                    (Some(customer), _) if customer == id => Some(home.clone()),
                    (None, Some(contact)) if contact.0 != *from => Some(self.led(contact.0.clone()).await?),
                    _ => None,
                };
                if let Some(to) = to.filter(|to| to != from) {
                    self.move_order(&order.order_id, found, from, &to, record).await?;
                }
            }
        }
        if sources.is_empty() {
            return Ok(());
        }
        let mut settled = record.clone();
        settled.insert(MOVING.to_owned(), item::list(&[]));
        settled.insert(
            REVISION.to_owned(),
            item::number(item::count(record, REVISION).saturating_add(1)),
        );
        // Somebody who has changed the person meanwhile has taken the moves over.
        let write = put(&self.table, settled, Some(unchanged(Some(record))))?;
        self.transact(vec![write]).await.map(drop)
    }

    /// Moves an order that is still there. One that meets another change is tried again: nobody else would move it.
    async fn move_order(
        &self,
        id: &str,
        mut found: Item,
        from: &CallerPoint,
        to: &CallerPoint,
        customer: &Item,
    ) -> Result<(), DirectoryError> {
        let (key, part) = (self.order_key(id), format!("{ORDER}{id}"));
        let owner = customer.get(ID).and_then(|owner| owner.as_s().ok());
        for tried in 1..=ATTEMPTS {
            let Some(old) = self.record(&key, true).await? else {
                return Ok(());
            };
            // Closed or moved meanwhile: whoever did it knew where the customer lives.
            if item::is_gone(&old) || item::point(&old, TO).as_ref() != Some(from) {
                return Ok(());
            }
            let mut record = successor(&key, Some(&old), item::count(&old, VERSION));
            record.insert(TO.to_owned(), item::text(to.written()));
            let mut moved = self.item_at(to, &part);
            moved.extend(found.remove(DOC).map(|doc| (DOC.to_owned(), doc)));
            let mut writes = vec![
                put(&self.table, record, Some(unchanged(Some(&old))))?,
                put(&self.table, moved, None)?,
                self.delete(&self.point_key(from), &part)?,
            ];
            if let Some(owner) = owner.filter(|_| customer.contains_key(TO)) {
                writes.push(self.check(owner, same_place(customer))?);
            }
            if self.transact(writes).await? {
                return Ok(());
            }
            if let Some(owner) = owner {
                let now = self.record(owner, true).await?.unwrap_or_default();
                if now.get(TO) != customer.get(TO) {
                    // The customer has moved on meanwhile, and whoever moved them brings the orders.
                    return Ok(());
                }
            }
            pause(tried).await;
            match self.item(from, &part).await? {
                Some(again) => found = again,
                None => return Ok(()),
            }
        }
        Err(DirectoryError::with("conflict"))
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

    async fn try_order(
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
    async fn place_of(
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
    async fn led(&self, point: CallerPoint) -> Result<CallerPoint, DirectoryError> {
        let partition = self.partition(&point).await?;
        Ok(match aliases(&partition, &point).as_slice() {
            [to] => to.clone(),
            _ => point,
        })
    }

    /// Where a customer lives, if anybody knows.
    async fn home(&self, id: &str) -> Result<Option<CallerPoint>, DirectoryError> {
        let record = self.record(&self.customer_key(id), true).await?;
        Ok(record
            .filter(|record| !item::is_gone(record))
            .and_then(|record| item::point(&record, TO)))
    }

    /// Keeps an alias.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn put_alias(&self, alias: &Alias, now: Timestamp) -> Result<Kept, DirectoryError> {
        self.repeatedly(|| self.try_alias(&alias.alias_id, alias.version, Some(alias), now))
            .await
    }

    /// Forgets an alias. Without a version, whatever is stored goes.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn delete_alias(
        &self,
        id: &str,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<Kept, DirectoryError> {
        let Some(version) = self.end_of(&self.alias_key(id), version).await? else {
            return Ok(Kept::Repeated);
        };
        self.repeatedly(|| self.try_alias(id, version, None, now)).await
    }

    async fn try_alias(
        &self,
        id: &str,
        version: u64,
        alias: Option<&Alias>,
        now: Timestamp,
    ) -> Result<Attempt, DirectoryError> {
        let key = self.alias_key(id);
        let old = self.record(&key, true).await?;
        if let Some(kept) = outdated(old.as_ref(), version) {
            return Ok(Attempt::Done(kept));
        }
        let part = format!("{ALIAS}{id}");
        let before = old
            .as_ref()
            .filter(|old| !item::is_gone(old))
            .and_then(item::document::<Alias>);
        let mut record = successor(&key, old.as_ref(), version);
        let mut writes = Vec::new();
        let customer = alias.and_then(|alias| customer_of(&alias.to.0));
        let customer_before = before.as_ref().and_then(|before| customer_of(&before.to.0));
        if let Some(before) = customer_before.filter(|before| Some(*before) != customer) {
            writes.push(self.known_alias(before, id, None).await?.0);
        }
        if let Some(alias) = alias {
            record.insert(DOC.to_owned(), written(alias)?);
            let mut to = alias.to.0.clone();
            if let Some(customer) = customer {
                // Where they live is read with what is written on their record, or they might move in between.
                let (write, home) = self.known_alias(customer, id, Some(&alias.contact.0)).await?;
                writes.push(write);
                to = home.unwrap_or(to);
            }
            let mut pointer = self.item_at(&alias.contact.0, &part);
            pointer.insert(TO.to_owned(), item::text(to.written()));
            writes.push(put(&self.table, pointer, None)?);
        } else {
            bury(&mut record, now);
        }
        if let Some(before) =
            before.filter(|before| alias.is_none_or(|alias| alias.contact != before.contact))
        {
            writes.push(self.delete(&self.point_key(&before.contact.0), &part)?);
        }
        writes.insert(0, put(&self.table, record, Some(unchanged(old.as_ref())))?);
        Ok(if self.transact(writes).await? {
            Attempt::Done(Kept::Stored)
        } else {
            Attempt::Again
        })
    }

    /// Writes an alias on its customer's record, or off it: it has to follow when the customer moves. With it comes
    /// where the customer lives.
    async fn known_alias(
        &self,
        customer: &str,
        alias: &str,
        contact: Option<&CallerPoint>,
    ) -> Result<(TransactWriteItem, Option<CallerPoint>), DirectoryError> {
        let key = self.customer_key(customer);
        let old = self.record(&key, true).await?;
        let mut record = old.clone().unwrap_or_default();
        record.extend(successor(
            &key,
            old.as_ref(),
            old.as_ref().map_or(0, |old| item::count(old, VERSION)),
        ));
        let mut aliases = item::aliases(&record);
        match contact {
            Some(contact) => drop(aliases.insert(alias.to_owned(), contact.clone())),
            None => drop(aliases.remove(alias)),
        }
        if contact.is_some() && aliases.len() > MOST_ALIASES {
            return Err(DirectoryError::with("ValidationException"));
        }
        let aliases = aliases
            .into_iter()
            .map(|(id, point)| (id, item::text(point.written())));
        record.insert(ALIASES.to_owned(), AttributeValue::M(aliases.collect()));
        let lives = old.as_ref().filter(|old| !item::is_gone(old));
        let home = lives.and_then(|old| item::point(old, TO));
        Ok((put(&self.table, record, Some(unchanged(old.as_ref())))?, home))
    }

    /// Keeps a shop.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn put_shop(&self, shop: &Shop) -> Result<Kept, DirectoryError> {
        self.put_record(
            &self.shop_key(&shop.shop_id),
            shop.version,
            Some(written(shop)?),
            None,
        )
        .await
    }

    /// Forgets a shop. Without a version, whatever is stored goes.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn delete_shop(
        &self,
        id: &str,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<Kept, DirectoryError> {
        let key = self.shop_key(id);
        let Some(version) = self.end_of(&key, version).await? else {
            return Ok(Kept::Repeated);
        };
        self.put_record(&key, version, None, Some(now)).await
    }

    /// Keeps the operator's rules; whoever calls this has checked them.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn put_rules(&self, rules: &Rules) -> Result<Kept, DirectoryError> {
        self.put_record(&self.rules_key(), rules.version, Some(written(rules)?), None)
            .await
    }

    /// Forgets the operator's rules, so that the built-in ones hold.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn delete_rules(&self) -> Result<Kept, DirectoryError> {
        if self.record(&self.rules_key(), true).await?.is_none() {
            return Ok(Kept::Repeated);
        }
        let write = self.delete(&self.rules_key(), RECORD)?;
        self.transact(vec![write]).await.map(|_| Kept::Stored)
    }

    /// A record that nothing else follows from.
    async fn put_record(
        &self,
        key: &str,
        version: u64,
        doc: Option<AttributeValue>,
        buried: Option<Timestamp>,
    ) -> Result<Kept, DirectoryError> {
        self.repeatedly(|| async {
            let old = self.record(key, true).await?;
            if let Some(kept) = outdated(old.as_ref(), version) {
                return Ok(Attempt::Done(kept));
            }
            let mut record = successor(key, old.as_ref(), version);
            if let Some(doc) = doc.clone() {
                record.insert(DOC.to_owned(), doc);
            }
            if let Some(now) = buried {
                bury(&mut record, now);
            }
            let write = put(&self.table, record, Some(unchanged(old.as_ref())))?;
            Ok(if self.transact(vec![write]).await? {
                Attempt::Done(Kept::Stored)
            } else {
                Attempt::Again
            })
        })
        .await
    }

    /// The version of an end: the one given, else one more than is stored. None where there is nothing to end.
    async fn end_of(&self, key: &str, version: Option<u64>) -> Result<Option<u64>, DirectoryError> {
        if version.is_some() {
            return Ok(version);
        }
        let stored = self.record(key, true).await?;
        Ok(stored
            .filter(|stored| !item::is_gone(stored))
            .map(|stored| item::count(&stored, VERSION).saturating_add(1)))
    }

    async fn repeatedly<F, A>(&self, attempt: F) -> Result<Kept, DirectoryError>
    where
        F: Fn() -> A,
        A: Future<Output = Result<Attempt, DirectoryError>>,
    {
        for tried in 1..=ATTEMPTS {
            if let Attempt::Done(kept) = Box::pin(attempt()).await? {
                return Ok(kept);
            }
            pause(tried).await;
        }
        Err(DirectoryError::with("conflict"))
    }

    /// Whether the transaction was made; not if a condition did not hold or another was on the same items.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<bool, DirectoryError> {
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let Err(error) = sent else { return Ok(true) };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
        else {
            return Err(DirectoryError::of(&error));
        };
        let codes = canceled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code());
        let grave = codes
            .filter(|code| !matches!(*code, "None" | "ConditionalCheckFailed" | "TransactionConflict"))
            .map(|code| {
                if code == "ValidationError" {
                    "ValidationException"
                } else {
                    code
                }
            })
            .next();
        grave.map_or(Ok(false), |code| Err(DirectoryError::with(code)))
    }

    fn item_at(&self, point: &CallerPoint, part: &str) -> Item {
        HashMap::from([
            (ID.to_owned(), item::text(self.point_key(point))),
            (PART.to_owned(), item::text(part)),
        ])
    }

    fn delete(&self, key: &str, part: &str) -> Result<TransactWriteItem, DirectoryError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key(ID, item::text(key))
            .key(PART, item::text(part))
            .build()
            .map_err(|_| DirectoryError::with("invalid-delete"))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn check(&self, key: &str, condition: Condition) -> Result<TransactWriteItem, DirectoryError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key(ID, item::text(key))
            .key(PART, item::text(RECORD))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|_| DirectoryError::with("invalid-check"))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// What a record must be like for a transaction to hold.
struct Condition {
    expression: &'static str,
    names: HashMap<String, String>,
    values: Option<HashMap<String, AttributeValue>>,
}

/// The record is as it was read.
fn unchanged(old: Option<&Item>) -> Condition {
    match old {
        None => Condition {
            expression: "attribute_not_exists(#id)",
            names: HashMap::from([("#id".to_owned(), ID.to_owned())]),
            values: None,
        },
        Some(old) => Condition {
            expression: "#revision = :revision",
            names: HashMap::from([("#revision".to_owned(), REVISION.to_owned())]),
            values: Some(HashMap::from([(
                ":revision".to_owned(),
                item::number(item::count(old, REVISION)),
            )])),
        },
    }
}

/// The record points to the same place, whatever else of it has changed.
fn same_place(record: &Item) -> Condition {
    Condition {
        expression: "#to = :to",
        names: HashMap::from([("#to".to_owned(), TO.to_owned())]),
        values: record
            .get(TO)
            .map(|to| HashMap::from([(":to".to_owned(), to.clone())])),
    }
}

/// Whether a stored record is as new as a change, or newer.
fn outdated(old: Option<&Item>, version: u64) -> Option<Kept> {
    match item::count(old?, VERSION) {
        stored if stored == version => Some(Kept::Repeated),
        stored if stored > version => Some(Kept::Older),
        _ => None,
    }
}

/// The record after `old`: of that version, still with the aliases and the moves that are under way.
fn successor(key: &str, old: Option<&Item>, version: u64) -> Item {
    let revision = old.map_or(0, |old| item::count(old, REVISION)).saturating_add(1);
    let mut record = HashMap::from([
        (ID.to_owned(), item::text(key)),
        (PART.to_owned(), item::text(RECORD)),
        (VERSION.to_owned(), item::number(version)),
        (REVISION.to_owned(), item::number(revision)),
    ]);
    for carried in [ALIASES, MOVING] {
        if let Some(value) = old.and_then(|old| old.get(carried)) {
            record.insert(carried.to_owned(), value.clone());
        }
    }
    record
}

/// Those who met wait differently long, so that they do not meet again.
async fn pause(tried: u32) {
    let spread = RandomState::new().build_hasher().finish() % (u64::from(tried) * 5);
    tokio::time::sleep(Duration::from_millis(5 + spread)).await;
}

/// The customer whom a contact point names by id.
fn customer_of(point: &CallerPoint) -> Option<&str> {
    (point.kind() == CallerKind::Customer).then(|| point.value())
}

fn bury(record: &mut Item, now: Timestamp) {
    record.insert(GONE.to_owned(), AttributeValue::Bool(true));
    record.insert(
        EXPIRES_AT.to_owned(),
        item::number(now.as_second().saturating_add(TOMBSTONE)),
    );
}

fn owner_of(customer: &str) -> String {
    format!("{ALIAS}customer:{customer}")
}

fn customer_point(id: &str) -> Result<CallerPoint, DirectoryError> {
    CallerPoint::new(CallerKind::Customer, id).map_err(|_| DirectoryError::with("ValidationException"))
}

fn put(table: &str, item: Item, condition: Option<Condition>) -> Result<TransactWriteItem, DirectoryError> {
    let mut put = Put::builder().table_name(table).set_item(Some(item));
    if let Some(condition) = condition {
        put = put
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values);
    }
    let put = put.build().map_err(|_| DirectoryError::with("invalid-put"))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn written(document: &impl Serialize) -> Result<AttributeValue, DirectoryError> {
    serde_dynamo::to_attribute_value(document).map_err(|_| DirectoryError::with("ValidationException"))
}
