//! Rates: so many at once, and then one each so often (GCRA, the generic cell rate algorithm of ATM Forum's traffic
//! management). A bucket is one number: when it will be full again.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use ringback_accounts::Slug;

use crate::item::{self, ALONE, EXPIRES_AT, NEXT_US};
use crate::store::{Changed, PlacingStore, StoreError, change, changed};

/// A rate that several callers share. `Debug` does not show its name, which may hold a slug.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    /// What is counted: no two rates have the same.
    pub name: String,
    /// The time in which one is given.
    pub per: Duration,
    /// How many are given at once to those who have not asked for long, at least 1.
    pub burst: u32,
}

/// Whether there was one to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is taken.
    Yes,
    /// There will be one after that time.
    After(Duration),
}

/// What was taken, so that it can be given back. `Debug` does not show of what, which may hold a slug.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub(crate) id: String,
    pub(crate) part: &'static str,
    /// Which number of the item was changed, to what, and what it is to be again.
    pub(crate) attribute: &'static str,
    pub(crate) set: i64,
    pub(crate) before: i64,
}

impl Bucket {
    /// The calls of an account, so many a second. In no second there are more than a fifth beyond it.
    pub fn calls_of_account(account: &Slug, per_second: u32) -> Self {
        let name = format!("account#{}", account.as_str());
        Self::of(name, Duration::from_secs(1), per_second, per_second.div_ceil(5))
    }

    /// The calls of a tenant, so many a minute, a tenth of them at once. It is what a policy says against fraud, so there
    /// is no minute with more, whenever it begins: what is given at once is taken off the rate, and whoever calls without
    /// a pause has up to a tenth less.
    pub fn calls_of_tenant(tenant: &str, per_minute: u32) -> Self {
        let name = format!("tenant#{tenant}");
        let burst = per_minute.div_ceil(10);
        let afterwards = per_minute.saturating_sub(burst) + 1;
        Self::of(name, Duration::from_secs(60), afterwards, burst)
    }

    /// What an account's carrier is asked about calls, so many times a minute. In no minute it is asked more than a sixth
    /// beyond it.
    pub fn inquiries(account: &Slug, per_minute: u32) -> Self {
        let name = format!("inquiry#{}", account.as_str());
        Self::of(name, Duration::from_secs(60), per_minute, per_minute / 6)
    }

    fn of(name: String, period: Duration, most: u32, burst: u32) -> Self {
        // Rounded up: rather less than more is given.
        let per = period.as_nanos().div_ceil(u128::from(most.max(1)));
        Self {
            name,
            per: Duration::from_nanos(u64::try_from(per).unwrap_or(u64::MAX)),
            burst: burst.max(1),
        }
    }

    /// In microseconds, rounded up: rather less than more is given.
    fn per_us(&self) -> i64 {
        i64::try_from(self.per.as_nanos().div_ceil(1000)).unwrap_or(i64::MAX / 2)
    }

    /// How far ahead of the clock it may run, in microseconds.
    fn ahead_us(&self) -> i64 {
        let more = i64::from(self.burst.saturating_sub(1));
        self.per_us().saturating_mul(more)
    }
}

impl PlacingStore {
    /// Takes one out of a bucket: one request where the bucket was full or is empty, two in between. An answer that was
    /// lost may cost one that nobody has; more than the rate is never given, as long as the clocks of those who ask agree.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn take(&self, bucket: &Bucket, now: Timestamp) -> Result<Taken, StoreError> {
        let token = self.token(bucket, now).await?;
        Ok(token.map_or_else(Taken::After, |_| Taken::Yes))
    }

    /// The same, for those who may not need it after all: the token, or how long to wait for one.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn token(
        &self,
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Result<Token, Duration>, StoreError> {
        let now = now.as_microsecond();
        let (per, ahead) = (bucket.per_us(), bucket.ahead_us());
        let id = item::bucket_id(&bucket.name);
        let token = |set: i64, before: i64| Token {
            id: id.clone(),
            part: ALONE,
            attribute: NEXT_US,
            set,
            before,
        };
        let next = now.saturating_add(per);
        let full = self
            .update(id.clone(), ALONE)
            .update_expression("SET #next = :next, #expires = :expires")
            .condition_expression("attribute_not_exists(#next) OR #next <= :now")
            .expression_attribute_names("#next", NEXT_US)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":next", item::number(next))
            .expression_attribute_values(":now", item::number(now))
            .expression_attribute_values(":expires", item::number(expires(now, per)));
        let Changed::Not(found) = change(full).await? else {
            return Ok(Ok(token(next, now)));
        };
        let limit = now.saturating_add(ahead);
        if let Some(wait) = wait(found.as_ref(), limit) {
            return Ok(Err(wait));
        }
        let some = self
            .update(id.clone(), ALONE)
            .update_expression("SET #next = #next + :per, #expires = :expires")
            .condition_expression("#next <= :limit")
            .expression_attribute_names("#next", NEXT_US)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":per", item::number(per))
            .expression_attribute_values(":limit", item::number(limit))
            .expression_attribute_values(":expires", item::number(expires(limit, per)))
            .return_values(ReturnValue::UpdatedNew);
        Ok(match changed(some).await? {
            Ok(new) => {
                let set = item::number_of(&new, NEXT_US).unwrap_or_default();
                Ok(token(set, set.saturating_sub(per)))
            }
            Err(found) => Err(wait(found.as_ref(), limit).unwrap_or(bucket.per)),
        })
    }

    /// Gives something back that nobody needed. Where somebody has taken another meanwhile it stays taken: less than the
    /// rate may be given, and never more.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn give_back(&self, token: &Token) -> Result<(), StoreError> {
        let update = self
            .update(token.id.clone(), token.part)
            .update_expression("SET #what = :before")
            .condition_expression("#what = :set")
            .expression_attribute_names("#what", token.attribute)
            .expression_attribute_values(":before", item::number(token.before))
            .expression_attribute_values(":set", item::number(token.set));
        change(update).await.map(|_| ())
    }
}

/// How long to wait until a bucket gives one; none where it does now.
fn wait(found: Option<&item::Item>, limit: i64) -> Option<Duration> {
    let next = found.and_then(|found| item::number_of(found, NEXT_US))?;
    let wait = u64::try_from(next.saturating_sub(limit)).ok()?;
    (wait > 0).then_some(Duration::from_micros(wait))
}

/// A bucket that is full again need not be kept. An hour for clocks that disagree.
fn expires(until: i64, per: i64) -> i64 {
    until.saturating_add(per) / 1_000_000 + 3600
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("per", &self.per)
            .field("burst", &self.burst)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}
