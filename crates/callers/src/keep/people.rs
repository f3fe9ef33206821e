//! People: at home, with aliases at their other contact points.

use jiff::Timestamp;
use ringback_connect::CallerPoint;

use super::{
    ATTEMPTS, Attempt, Kept, bury, customer_point, outdated, owner_of, pause, put, same_place, successor,
    unchanged, written,
};
use crate::directory::{Directory, DirectoryError};
use crate::item::{self, ALIAS, CONTACTS, CUSTOMER, DOC, ID, Item, MOVING, ORDER, REVISION, TO, VERSION};
use crate::model::{Order, Person};

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

    pub(super) async fn try_person(
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
    pub(super) async fn move_orders(&self, id: &str, record: &Item) -> Result<(), DirectoryError> {
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
    pub(super) async fn move_order(
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

    /// Where a customer lives, if anybody knows.
    pub(super) async fn home(&self, id: &str) -> Result<Option<CallerPoint>, DirectoryError> {
        let record = self.record(&self.customer_key(id), true).await?;
        Ok(record
            .filter(|record| !item::is_gone(record))
            .and_then(|record| item::point(&record, TO)))
    }
}
