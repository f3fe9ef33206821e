//! The `callers` table, and what a classification reads of it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use ringback_connect::ids::InstanceId;
use ringback_connect::{CallerKey, CallerPoint};
use ringback_lambda::error_code;

use crate::classify::{Chosen, choose};
use crate::item::{self, ALIAS, CUSTOMER, ID, Item, ORDER, PART, RECORD, TO};
use crate::model::{Order, Person, Shop};
use crate::rules::Rules;

/// The directory of one tenant.
#[derive(Debug, Clone)]
pub struct Directory {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) tenant: InstanceId,
}

/// The table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the callers table did not answer ({code})")]
pub struct DirectoryError {
    /// The service's error code, for example `ProvisionedThroughputExceededException`, or `timeout`, `unreachable` or
    /// `conflict`. Never a value of an item.
    pub code: String,
}

impl DirectoryError {
    /// Whether trying again is in vain: the table refuses what it is given.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ValidationException" | "ItemCollectionSizeLimitExceededException"
        )
    }

    pub(crate) fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        Self {
            code: error_code(error),
        }
    }

    pub(crate) fn with(code: &str) -> Self {
        Self {
            code: code.to_owned(),
        }
    }
}

/// What the partitions of a contact point hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behind {
    /// The people who call from there.
    pub people: Vec<Person>,
    /// Their open orders, and those that name the contact point alone.
    pub orders: Vec<Order>,
    /// How the contact point led to them.
    pub alias: AliasFate,
}

/// Whether a contact point led elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AliasFate {
    /// It is nobody's second contact point.
    #[default]
    None,
    /// It led to somebody.
    Followed,
    /// It leads to where nobody is.
    Broken,
    /// It leads to a contact point that leads on. One step is followed, so a loop costs nothing.
    Loop,
    /// It is the second contact point of several people, of whom none can be read in time.
    Shared,
}

impl Directory {
    /// The table of that name, as far as it is this tenant's.
    pub fn new(client: Client, table: String, tenant: InstanceId) -> Self {
        Self {
            client,
            table,
            tenant,
        }
    }

    /// Whose directory it is.
    pub fn tenant(&self) -> &InstanceId {
        &self.tenant
    }

    /// Everybody behind a contact point: one read, or two where it is an alias.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn behind(&self, point: &CallerPoint) -> Result<Behind, DirectoryError> {
        let own = self.read(point).await?;
        let mut behind = Behind::default();
        behind.add(&own);
        match aliases(&own, point).as_slice() {
            [] => {}
            [to] => {
                let target = self.read(to).await?;
                let (people, orders) = (behind.people.len(), behind.orders.len());
                behind.add(&target);
                let led_somewhere = (people, orders) != (behind.people.len(), behind.orders.len());
                behind.alias = if led_somewhere {
                    AliasFate::Followed
                } else if aliases(&target, to).is_empty() {
                    AliasFate::Broken
                } else {
                    AliasFate::Loop
                };
            }
            _ => behind.alias = AliasFate::Shared,
        }
        Ok(behind)
    }

    /// A shop: one read.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn shop(&self, id: &str) -> Result<Option<Shop>, DirectoryError> {
        let record = self.record(&self.shop_key(id), false).await?;
        Ok(record
            .filter(|record| !item::is_gone(record))
            .and_then(|record| item::document(&record)))
    }

    /// The operator's rules: one read. None where nobody has given any.
    ///
    /// # Errors
    /// When the table does not answer, or what is stored there are no rules.
    pub async fn rules(&self) -> Result<Option<Rules>, DirectoryError> {
        let Some(record) = self.record(&self.rules_key(), false).await? else {
            return Ok(None);
        };
        let document = record.get(item::DOC).cloned();
        let rules = document.and_then(|document| serde_dynamo::from_attribute_value(document).ok());
        rules
            .map(Some)
            .ok_or_else(|| DirectoryError::with("rules-of-another-shape"))
    }

    /// The items of a contact point: one request, which brings at most 1 MB, people and aliases first and then some
    /// thousand orders.
    async fn read(&self, point: &CallerPoint) -> Result<Vec<Item>, DirectoryError> {
        let answer = self.query(point).send().await;
        let answer = answer.map_err(|error| DirectoryError::of(&error))?;
        Ok(answer.items.unwrap_or_default())
    }

    /// All items of a contact point, as they are now.
    pub(crate) async fn partition(&self, point: &CallerPoint) -> Result<Vec<Item>, DirectoryError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let page = self
                .query(point)
                .consistent_read(true)
                .set_exclusive_start_key(from);
            let page = page.send().await.map_err(|error| DirectoryError::of(&error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    fn query(&self, point: &CallerPoint) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#id = :id")
            .expression_attribute_names("#id", ID)
            .expression_attribute_values(":id", item::text(self.point_key(point)))
    }

    /// One item of a contact point.
    pub(crate) async fn item(&self, point: &CallerPoint, part: &str) -> Result<Option<Item>, DirectoryError> {
        self.get(&self.point_key(point), part, true).await
    }

    // Not `async`: the compiler gives up on futures nested deeper.
    pub(crate) fn record(
        &self,
        id: &str,
        consistent: bool,
    ) -> impl Future<Output = Result<Option<Item>, DirectoryError>> {
        self.get(id, RECORD, consistent)
    }

    async fn get(&self, id: &str, part: &str, consistent: bool) -> Result<Option<Item>, DirectoryError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(id.to_owned()))
            .key(PART, item::text(part))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(|error| DirectoryError::of(&error))?;
        Ok(answer.item)
    }

    pub(crate) fn point_key(&self, point: &CallerPoint) -> String {
        CallerKey::of(self.tenant.clone(), point.clone()).index_key()
    }

    pub(crate) fn customer_key(&self, id: &str) -> String {
        format!("{}#customer#{id}", self.tenant)
    }

    pub(crate) fn order_key(&self, id: &str) -> String {
        format!("{}#order#{id}", self.tenant)
    }

    pub(crate) fn alias_key(&self, id: &str) -> String {
        format!("{}#alias#{id}", self.tenant)
    }

    pub(crate) fn shop_key(&self, id: &str) -> String {
        format!("{}#shop#{id}", self.tenant)
    }

    pub(crate) fn rules_key(&self) -> String {
        format!("{}#rules", self.tenant)
    }
}

impl Behind {
    /// Whom and which order a call from there is about. Where the contact point is the second one of several people, they
    /// were not read: nobody is named, not even somebody whose home it is.
    pub fn chosen(&self) -> Chosen<'_> {
        let chosen = choose(&self.people, &self.orders);
        if self.alias != AliasFate::Shared {
            return chosen;
        }
        Chosen {
            person: None,
            order: chosen.order.filter(|order| order.customer_id.is_none()),
            shared: true,
        }
    }

    /// Adds what a partition holds; the same person or order twice counts once.
    fn add(&mut self, partition: &[Item]) {
        for found in partition {
            let part = item::part(found);
            if part.starts_with(CUSTOMER) {
                if let Some(person) = item::document::<Person>(found)
                    && self
                        .people
                        .iter()
                        .all(|known| known.customer_id != person.customer_id)
                {
                    self.people.push(person);
                }
            } else if part.starts_with(ORDER)
                && let Some(order) = item::document::<Order>(found)
                && self.orders.iter().all(|known| known.order_id != order.order_id)
            {
                self.orders.push(order);
            }
        }
    }
}

/// Where a partition points to. A customer's record points to their home like any alias.
pub(crate) fn aliases(partition: &[Item], own: &CallerPoint) -> Vec<CallerPoint> {
    let pointing = |found: &&Item| {
        let part = item::part(found);
        part.starts_with(ALIAS) || (part == RECORD && !item::is_gone(found))
    };
    let targets = partition
        .iter()
        .filter(pointing)
        .filter_map(|found| item::point(found, TO));
    let mut targets: Vec<_> = targets.filter(|to| to != own).collect();
    targets.sort();
    targets.dedup();
    targets
}
