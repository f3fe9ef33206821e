//! Second contact points that are documents of their own.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;
use ringback_connect::CallerPoint;

use super::{Attempt, Kept, MOST_ALIASES, bury, customer_of, outdated, put, successor, unchanged, written};
use crate::directory::{Directory, DirectoryError};
use crate::item::{self, ALIAS, ALIASES, DOC, TO, VERSION};
use crate::model::Alias;

impl Directory {
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

    pub(super) async fn try_alias(
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
    pub(super) async fn known_alias(
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
}
