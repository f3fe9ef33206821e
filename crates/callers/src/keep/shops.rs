//! Shops, and the rules: records that nothing else follows from.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Attempt, Kept, bury, outdated, put, successor, unchanged, written};
use crate::directory::{Directory, DirectoryError};
use crate::item::{DOC, RECORD};
use crate::model::Shop;
use crate::rules::Rules;

impl Directory {
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
    pub(super) async fn put_record(
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
}
