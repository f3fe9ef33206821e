//! Lists of calls, a page at a time: an agent's, a customer's, those about one thing, those that are open, those that are
//! due.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cause::CloseCause;
use crate::facts::Direction;
use crate::id::CallId;
use crate::item::{
    self, AGENT_KEY, BY_AGENT, BY_CARRIER_CALL, BY_CUSTOMER, BY_DUE, BY_OPEN, BY_REFERENCE, CARRIER_CALL_KEY,
    CREATED_MS, CUSTOMER_KEY, DUE, EXPIRES_AT, ID, Item, NEXT_CHECK_AT, OPEN_KEY, PART, RECORD,
    REFERENCE_KEY, SUMMARY,
};
use crate::number::Number;
use crate::record::{CallRecord, State};
use crate::store::{CallStore, StoreError};

/// The most that a page holds.
pub const LONGEST_PAGE: u16 = 100;

/// The longest partition key that DynamoDB has, in bytes: nothing is listed under a longer one.
const LONGEST_PARTITION: usize = 2048;

/// Which of a tenant's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// Those of that agent.
    Agent(String),
    /// Those of that customer.
    Customer(Number),
    /// Those about that thing in the owner's own systems.
    Reference(String),
    /// The one that a carrier calls so; more than one only if a carrier uses an id again.
    CarrierCall {
        /// The carrier's code.
        carrier: String,
        /// Its id of the call.
        id: String,
    },
    /// Those that are not over.
    Open,
}

/// A part of a list: newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose calls.
    pub tenant: String,
    /// Which of them.
    pub list: List,
    /// Those that began then or later.
    pub from: Option<Timestamp>,
    /// Those that began before then.
    pub until: Option<Timestamp>,
    /// How many at most, up to [`LONGEST_PAGE`].
    pub limit: u16,
    /// Where the page before ended: its [`Page::next`], as it came.
    pub after: Option<String>,
}

impl Ask {
    /// The first page of all calls of a list.
    pub fn new(tenant: impl Into<String>, list: List) -> Self {
        Self {
            tenant: tenant.into(),
            list,
            from: None,
            until: None,
            limit: 50,
            after: None,
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What is on it; may be fewer than asked for, and even nothing, although more follows.
    pub items: Vec<T>,
    /// What brings the next page, with everything else of the question as it was. None at the end.
    pub next: Option<String>,
}

/// A page could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The continuation is not of this list: of another, another tenant's, another range's, or nobody's.
    #[error("the continuation is not of this list")]
    Continuation,
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A call as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The call's id.
    pub id: CallId,
    /// How far it has come.
    pub state: State,
    /// The carrier's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Who called whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The agent's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The customer's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Number>,
    /// What the call is about in the owner's own systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_reference: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When the two began to hear each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How long the two talked, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_seconds: Option<u64>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_cause: Option<CloseCause>,
    /// How many recordings are known of.
    #[serde(default)]
    pub recordings: u64,
}

impl Summary {
    /// The line of a record.
    pub fn of(record: &CallRecord) -> Self {
        Self {
            id: record.id.clone(),
            state: record.state,
            carrier: record.carrier.clone(),
            direction: record.direction,
            agent: record.agent.clone(),
            customer: record.customer.clone(),
            business_reference: record.business_reference.clone(),
            created_at: record.created_at,
            bridged_at: record.bridged_at,
            ended_at: record.ended_at,
            talk_seconds: record.talk_seconds,
            close_cause: record.close_cause,
            recordings: u64::try_from(record.recordings.len()).unwrap_or(u64::MAX),
        }
    }

    /// The same without texts that are longer than that, in bytes.
    pub(crate) fn shortened(mut self, longest: usize) -> Self {
        for text in [&mut self.carrier, &mut self.agent, &mut self.business_reference] {
            *text = text.take().filter(|text| text.len() <= longest);
        }
        let fits = |number: &Number| number.as_str().len() <= longest;
        self.customer = self.customer.filter(fits);
        self
    }
}

/// A call that somebody must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose call.
    pub tenant: String,
    /// Which.
    pub call: CallId,
    /// Since when.
    pub at: Timestamp,
}

/// A part of a partition of an index.
struct Place {
    index: &'static str,
    hash: &'static str,
    range: &'static str,
    value: String,
    least: i64,
    most: i64,
}

impl CallStore {
    /// A page of a list, as the projection has it: some moments behind the events. `now` leaves out what has expired.
    ///
    /// # Errors
    /// When the continuation is not of this list, or the table does not answer.
    pub async fn list(&self, ask: &Ask, now: Timestamp) -> Result<Page<Summary>, ListError> {
        let place = Place::of(ask);
        let Some(request) = self.page(&place, ask.limit, ask.after.as_deref())? else {
            return Ok(Page::default());
        };
        let page = request
            .scan_index_forward(false)
            .filter_expression("#expires > :now")
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":now", item::number(now.as_second()))
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        let items = page.items().iter();
        let items = items.filter_map(|found| item::read(found.get(SUMMARY)?));
        Ok(Page {
            items: items.collect(),
            next: page
                .last_evaluated_key()
                .and_then(|last| place.continuation(last)),
        })
    }

    /// A page of the calls of a shard, of [`SHARDS`](crate::SHARDS), that are due at `until` or before; those that
    /// have waited longest first. `after` is the [`Page::next`] of the page before.
    ///
    /// # Errors
    /// When the continuation is of another shard or time, or the table does not answer.
    pub async fn due(
        &self,
        shard: u8,
        until: Timestamp,
        limit: u16,
        after: Option<&str>,
    ) -> Result<Page<Due>, ListError> {
        let place = Place {
            index: BY_DUE,
            hash: DUE,
            range: NEXT_CHECK_AT,
            value: item::due(shard),
            least: i64::MIN,
            most: until.as_second(),
        };
        let Some(request) = self.page(&place, limit, after)? else {
            return Ok(Page::default());
        };
        let page = request.send().await.map_err(|error| StoreError::of(&error))?;
        let due = |found: &Item| {
            let (tenant, call) = item::call_of(item::text_of(found, ID)?)?;
            Some(Due {
                tenant: tenant.to_owned(),
                call,
                at: Timestamp::from_second(item::number_of(found, NEXT_CHECK_AT)?).ok()?,
            })
        };
        Ok(Page {
            items: page.items().iter().filter_map(due).collect(),
            next: page
                .last_evaluated_key()
                .and_then(|last| place.continuation(last)),
        })
    }

    /// The request for a page; none where nothing can be on it.
    fn page(
        &self,
        place: &Place,
        limit: u16,
        after: Option<&str>,
    ) -> Result<Option<QueryFluentBuilder>, ListError> {
        let start = after.map(|after| place.start(after)).transpose()?;
        // A range that ends before it begins is an error of DynamoDB's, and so is a key that is too long for an index.
        if place.most < place.least || place.value.len() > LONGEST_PARTITION {
            return Ok(None);
        }
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(place.index)
            .key_condition_expression("#hash = :hash AND #range BETWEEN :least AND :most")
            .expression_attribute_names("#hash", place.hash)
            .expression_attribute_names("#range", place.range)
            .expression_attribute_values(":hash", item::text(&place.value))
            .expression_attribute_values(":least", item::number(place.least))
            .expression_attribute_values(":most", item::number(place.most))
            .limit(i32::from(limit.clamp(1, LONGEST_PAGE)))
            .set_exclusive_start_key(start);
        Ok(Some(request))
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: None,
        }
    }
}

impl Place {
    fn of(ask: &Ask) -> Self {
        let of = |value: &str| format!("{}#{value}", ask.tenant);
        let (index, hash, value) = match &ask.list {
            List::Agent(agent) => (BY_AGENT, AGENT_KEY, of(agent)),
            List::Customer(number) => (BY_CUSTOMER, CUSTOMER_KEY, of(number.as_str())),
            List::Reference(reference) => (BY_REFERENCE, REFERENCE_KEY, of(reference)),
            List::CarrierCall { carrier, id } => {
                (BY_CARRIER_CALL, CARRIER_CALL_KEY, of(&format!("{carrier}#{id}")))
            }
            List::Open => (BY_OPEN, OPEN_KEY, ask.tenant.clone()),
        };
        Self {
            index,
            hash,
            range: CREATED_MS,
            value,
            // Calls are sorted by whole milliseconds, so a range of finer times is widened to them.
            least: ask.from.map_or(i64::MIN, Timestamp::as_millisecond),
            most: ask.until.map_or(i64::MAX, |until| until.as_millisecond() - 1),
        }
    }

    /// A digest of what was asked: a continuation of anything else has another.
    fn seal(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{}\n{}\n{}\n", self.index, self.least, self.most));
        hash.update(&self.value);
        let bytes = hash.finalize();
        bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where a page ended, as text that means nothing to anybody else.
    fn continuation(&self, last: &Item) -> Option<String> {
        let (range, id) = (item::number_of(last, self.range)?, item::text_of(last, ID)?);
        Some(URL_SAFE_NO_PAD.encode(format!("{} {range} {id}", self.seal())))
    }

    /// The key that a page begins after. The partition is not taken from the continuation but from what is asked: even
    /// one that somebody made up leads nowhere else.
    fn start(&self, after: &str) -> Result<Item, ListError> {
        let refused = ListError::Continuation;
        let text = URL_SAFE_NO_PAD
            .decode(after)
            .map_err(|_| ListError::Continuation)?;
        let text = String::from_utf8(text).map_err(|_| ListError::Continuation)?;
        let mut parts = text.splitn(3, ' ');
        let (Some(seal), Some(range), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused);
        };
        let range: i64 = range.parse().map_err(|_| ListError::Continuation)?;
        let inside = (self.least..=self.most).contains(&range);
        if seal != self.seal() || !inside || item::call_of(id).is_none() {
            return Err(refused);
        }
        Ok(Item::from([
            (self.hash.to_owned(), item::text(&self.value)),
            (self.range.to_owned(), item::number(range)),
            (ID.to_owned(), item::text(id)),
            (PART.to_owned(), item::text(RECORD)),
        ]))
    }
}
