//! The one transaction with which a call begins: the client's key, the line, and the first two events.

use std::fmt;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallId, CallStore, NewEvent};

use crate::item::{
    self, ALONE, BODY, CALL, EXPIRES_AT, FINGERPRINT, ID, Item, RETRY_AT_MS, STATUS, UNTIL_MS,
};
use crate::key::IdempotencyKey;
use crate::store::{CONFLICT, PlacingStore, SHAPE, StoreError, change, pause};

/// How long a key is remembered.
const KEY_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How long a call keeps its line and its slot after it must be over, where nobody says that it is. `reconcile-calls`
/// closes such a call and `project-calls` gives back what it has: a day later where its carrier goes on saying that it is
/// not over, and sooner everywhere else. Only where the two do not run at all, time alone frees a line, and this late.
pub(crate) const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// How often a transaction that meets another on an item is tried.
const ATTEMPTS: u32 = 8;

const HELD: &str = "ConditionalCheckFailed";
const MET: &str = "TransactionConflict";

/// A call that is about to begin. `Debug` shows the call alone.
#[derive(Clone, Copy)]
pub struct Begin<'a> {
    /// Whose call it is.
    pub tenant: &'a str,
    /// The client's key, and the fingerprint of its request.
    pub key: Option<(&'a IdempotencyKey, &'a str)>,
    /// The call. No other has its id, ever.
    pub call: &'a CallId,
    /// The line that it takes.
    pub line: &'a str,
    /// When it must be over. It has the line until somebody releases it, or knows that it is over; time alone does not
    /// free it before two days more.
    pub line_until: Timestamp,
    /// The call that has the line, and is known to be over.
    pub taking_over: Option<&'a CallId>,
    /// That it is placed, and that the first account is asked for it.
    pub events: [&'a NewEvent; 2],
    /// Now.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It has begun: the account is to be asked, by whoever got this and by nobody else.
    Begun,
    /// A request with that key is known.
    KeyKnown(Kept),
    /// Another call has the line.
    LineBusy(LineLease),
}

/// A request that is known by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The call that it has begun.
    pub call: CallId,
    /// The fingerprint of its body.
    pub fingerprint: String,
    /// What was answered; none where nobody got so far, or not yet.
    pub answer: Option<KeptAnswer>,
}

/// An answer, to be given again. `Debug` shows the status alone.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// From when on it may help to try again; in whole milliseconds.
    pub retry_at: Option<Timestamp>,
}

/// Which call has a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLease {
    /// The call.
    pub call: CallId,
    /// When that must be over, in whole milliseconds. It may go on all the same: its record knows.
    pub until: Timestamp,
}

impl LineLease {
    /// Whether the line is free by time alone.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        later(self.until, KEPT_AFTER) <= now.as_second()
    }
}

/// What one attempt at the transaction came to.
enum Attempt {
    Begun,
    /// The key's item.
    KeyKnown(Option<Item>),
    /// The line's item.
    LineBusy(Option<Item>),
    Conflict,
}

impl PlacingStore {
    /// Begins a call: all of it, or nothing. Of any number who begin with the same key or on the same line one begins. Who
    /// has begun, and did not hear of it, is told so again as long as it comes with the same call.
    ///
    /// # Errors
    /// When the tables do not answer. Then nobody knows whether the call has begun; asked again with the same call, they say.
    pub async fn begin(&self, calls: &CallStore, begin: &Begin<'_>) -> Result<Begun, StoreError> {
        let writes = self.writes(calls, begin)?;
        for tried in 1..=ATTEMPTS {
            match self.attempt(writes.clone(), begin).await? {
                Attempt::Begun => return Ok(Begun::Begun),
                Attempt::KeyKnown(found) => {
                    if let Some(kept) = self.known(begin, found).await? {
                        return Ok(kept);
                    }
                }
                Attempt::LineBusy(found) => {
                    if let Some(busy) = self.busy(begin, found).await? {
                        return Ok(busy);
                    }
                }
                Attempt::Conflict => {}
            }
            pause(tried).await;
        }
        Err(StoreError::with(CONFLICT))
    }

    /// What is known of a request with that key; none where there was none in the last day.
    ///
    /// # Errors
    /// When the table does not answer, or the item cannot be read.
    pub async fn kept(
        &self,
        tenant: &str,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Kept>, StoreError> {
        let found = self.get(key_id(tenant, key), ALONE).await?;
        let found = found.filter(|item| item::number_of(item, EXPIRES_AT) > Some(now.as_second()));
        found
            .map(|item| kept_of(&item).ok_or_else(|| StoreError::with(SHAPE)))
            .transpose()
    }

    /// Keeps the answer to a request, to be given again. The first one stays.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn keep_answer(
        &self,
        tenant: &str,
        key: &IdempotencyKey,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        let mut update = self
            .update(key_id(tenant, key), ALONE)
            .condition_expression("attribute_exists(#id) AND attribute_not_exists(#status)")
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#body", BODY)
            .expression_attribute_values(":status", item::number(answer.status))
            .expression_attribute_values(":body", item::text(&answer.body));
        let mut expression = "SET #status = :status, #body = :body".to_owned();
        if let Some(at) = answer.retry_at {
            expression += ", #after = :after";
            update = update
                .expression_attribute_names("#after", RETRY_AT_MS)
                .expression_attribute_values(":after", item::number(at.as_millisecond()));
        }
        change(update.update_expression(expression)).await.map(|_| ())
    }

    /// Which call has a line; none where it is free. Whether that call is over is for its record to say, however late it is.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn line(&self, tenant: &str, line: &str) -> Result<Option<LineLease>, StoreError> {
        let found = self.get(item::line_id(tenant, line), ALONE).await?;
        Ok(found.as_ref().and_then(lease_of))
    }

    async fn attempt(
        &self,
        writes: Vec<TransactWriteItem>,
        begin: &Begin<'_>,
    ) -> Result<Attempt, StoreError> {
        let request = self.client.transact_write_items();
        let sent = request.set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else {
            return Ok(Attempt::Begun);
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                read_reasons(canceled.cancellation_reasons(), begin.key.is_some())
            }
            Some(other) if other.code() == Some("TransactionInProgressException") => Ok(Attempt::Conflict),
            _ => Err(StoreError::of(&error)),
        }
    }

    /// The request that has the key: another's, or this very one, whose success nobody heard of. None where it is gone.
    async fn known(&self, begin: &Begin<'_>, found: Option<Item>) -> Result<Option<Begun>, StoreError> {
        let Some((key, _)) = begin.key else {
            return Ok(None);
        };
        let kept = match found.as_ref().and_then(kept_of) {
            Some(kept) => Some(kept),
            None => self.kept(begin.tenant, key, begin.now).await?,
        };
        Ok(kept.map(|kept| match kept.call == *begin.call {
            true => Begun::Begun,
            false => Begun::KeyKnown(kept),
        }))
    }

    /// The call that has the line: another, or this very one. None where it has become free.
    async fn busy(&self, begin: &Begin<'_>, found: Option<Item>) -> Result<Option<Begun>, StoreError> {
        let lease = match found.as_ref().and_then(lease_of) {
            Some(lease) => Some(lease),
            None => self.line(begin.tenant, begin.line).await?,
        };
        Ok(lease.map(|lease| match lease.call == *begin.call {
            true => Begun::Begun,
            false => Begun::LineBusy(lease),
        }))
    }

    /// The key first, then the line, then the events: [`read_reasons`] counts on it.
    fn writes(&self, calls: &CallStore, begin: &Begin<'_>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = Vec::with_capacity(4);
        if let Some((key, fingerprint)) = begin.key {
            writes.push(self.write_key(begin, key, fingerprint)?);
        }
        writes.push(self.write_line(begin)?);
        for event in begin.events {
            writes.push(calls.part_of_transaction(event)?);
        }
        Ok(writes)
    }

    fn write_key(
        &self,
        begin: &Begin<'_>,
        key: &IdempotencyKey,
        fingerprint: &str,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut new = item::keyed(key_id(begin.tenant, key), ALONE);
        new.insert(CALL.to_owned(), item::text(begin.call.as_str()));
        new.insert(FINGERPRINT.to_owned(), item::text(fingerprint));
        new.insert(EXPIRES_AT.to_owned(), item::number(later(begin.now, KEY_KEPT)));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(new))
            .condition_expression("attribute_not_exists(#id) OR #expires <= :now")
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":now", item::number(begin.now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn write_line(&self, begin: &Begin<'_>) -> Result<TransactWriteItem, StoreError> {
        let mut new = item::keyed(item::line_id(begin.tenant, begin.line), ALONE);
        new.insert(CALL.to_owned(), item::text(begin.call.as_str()));
        let until = begin.line_until.as_millisecond();
        new.insert(UNTIL_MS.to_owned(), item::number(until));
        let expires = later(begin.line_until, KEPT_AFTER);
        new.insert(EXPIRES_AT.to_owned(), item::number(expires));
        // A call's own id stands for none: where its line is its own, it has begun already.
        let closed = begin.taking_over.filter(|closed| *closed != begin.call);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(new))
            // Released is nought. Not after a time: who is still rung or talks is not rung a second time.
            .condition_expression(
                "attribute_not_exists(#id) OR #until = :released OR #call = :closed OR #expires <= :now",
            )
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#until", UNTIL_MS)
            .expression_attribute_names("#call", CALL)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":released", item::number(0))
            .expression_attribute_values(":now", item::number(begin.now.as_second()))
            .expression_attribute_values(":closed", item::text(closed.map_or("-", CallId::as_str)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }
}

/// Why a transaction was not made. The key comes first: whoever has used it already is told of that call, and not that its
/// own call has the line. As long as somebody is on the key, nothing else counts.
fn read_reasons(reasons: &[CancellationReason], with_key: bool) -> Result<Attempt, StoreError> {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let codes: Vec<_> = reasons.iter().map(code).collect();
    let item = |at: usize| reasons.get(at).and_then(|reason| reason.item.clone());
    let line = usize::from(with_key);
    let is = |at: usize, what: &str| codes.get(at).is_some_and(|code| code == what);
    if with_key && is(0, HELD) {
        return Ok(Attempt::KeyKnown(item(0)));
    }
    if with_key && is(0, MET) {
        return Ok(Attempt::Conflict);
    }
    if is(line, HELD) {
        return Ok(Attempt::LineBusy(item(line)));
    }
    let grave = codes.iter().find(|code| !matches!(code.as_str(), "None" | MET));
    match grave.map(String::as_str) {
        None => Ok(Attempt::Conflict),
        // The events are there, and were written together with the line, which was released meanwhile.
        Some(HELD) => Ok(Attempt::Begun),
        Some("ValidationError") => Err(StoreError::with("ValidationException")),
        Some(code) => Err(StoreError::with(code)),
    }
}

fn key_id(tenant: &str, key: &IdempotencyKey) -> String {
    item::idempotency_id(tenant, &key.digest(tenant))
}

fn kept_of(item: &Item) -> Option<Kept> {
    let status = item::number_of(item, STATUS).and_then(|status| u16::try_from(status).ok());
    let answer = status.map(|status| KeptAnswer {
        status,
        body: item::text_of(item, BODY).unwrap_or_default().to_owned(),
        retry_at: item::time_of(item, RETRY_AT_MS),
    });
    Some(Kept {
        call: CallId::parse(item::text_of(item, CALL)?).ok()?,
        fingerprint: item::text_of(item, FINGERPRINT)?.to_owned(),
        answer,
    })
}

/// Who has a line; none where it was released.
fn lease_of(item: &Item) -> Option<LineLease> {
    let until = item::time_of(item, UNTIL_MS)?;
    let released = until == Timestamp::UNIX_EPOCH;
    let call = CallId::parse(item::text_of(item, CALL)?).ok()?;
    (!released).then_some(LineLease { call, until })
}

/// In seconds since 1970.
fn later(at: Timestamp, wait: SignedDuration) -> i64 {
    at.as_second().saturating_add(wait.as_secs())
}

impl fmt::Debug for Begin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begin")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
