//! Rates: so many at once, and then one each so often (GCRA, the generic cell rate algorithm of ATM Forum's traffic
//! management). A bucket is one number: when it will be full again.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use ringback_accounts::Slug;

use crate::item::{self, ALONE, EXPIRES_AT, NEXT_US};
use crate::store::{Changed, PlacingStore, StoreError, change};

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

impl Bucket {
    /// The calls of an account, so many a second. In no second there are more than a fifth beyond it.
    pub fn calls_of_account(account: &Slug, per_second: u32) -> Self {
        let name = format!("account#{}", account.as_str());
        Self::of(name, Duration::from_secs(1), per_second, per_second.div_ceil(5))
    }

    /// The calls of a tenant, so many a minute; ten seconds' worth of them at once.
    pub fn calls_of_tenant(tenant: &str, per_minute: u32) -> Self {
        let name = format!("tenant#{tenant}");
        Self::of(name, Duration::from_secs(60), per_minute, per_minute.div_ceil(6))
    }

    /// What an account's carrier is asked about calls, so many times a minute. In no minute it is asked more than a sixth
    /// beyond it.
    pub fn inquiries(account: &Slug, per_minute: u32) -> Self {
        let name = format!("inquiry#{}", account.as_str());
        Self::of(name, Duration::from_secs(60), per_minute, per_minute / 6)
    }

    fn of(name: String, period: Duration, most: u32, burst: u32) -> Self {
        Self {
            name,
            per: period / most.max(1),
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
        let now = now.as_microsecond();
        let (per, ahead) = (bucket.per_us(), bucket.ahead_us());
        let full = self
            .update(item::bucket_id(&bucket.name), ALONE)
            .update_expression("SET #next = :next, #expires = :expires")
            .condition_expression("attribute_not_exists(#next) OR #next <= :now")
            .expression_attribute_names("#next", NEXT_US)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":next", item::number(now.saturating_add(per)))
            .expression_attribute_values(":now", item::number(now))
            .expression_attribute_values(":expires", item::number(expires(now, per)));
        let Changed::Not(found) = change(full).await? else {
            return Ok(Taken::Yes);
        };
        let limit = now.saturating_add(ahead);
        if let Some(wait) = wait(found.as_ref(), limit) {
            return Ok(wait);
        }
        let some = self
            .update(item::bucket_id(&bucket.name), ALONE)
            .update_expression("SET #next = #next + :per, #expires = :expires")
            .condition_expression("#next <= :limit")
            .expression_attribute_names("#next", NEXT_US)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":per", item::number(per))
            .expression_attribute_values(":limit", item::number(limit))
            .expression_attribute_values(":expires", item::number(expires(limit, per)));
        match change(some).await? {
            Changed::Done => Ok(Taken::Yes),
            Changed::Not(found) => Ok(wait(found.as_ref(), limit).unwrap_or(Taken::After(bucket.per))),
        }
    }
}

/// How long to wait until a bucket gives one; none where it does now.
fn wait(found: Option<&item::Item>, limit: i64) -> Option<Taken> {
    let next = found.and_then(|found| item::number_of(found, NEXT_US))?;
    let wait = u64::try_from(next.saturating_sub(limit)).ok()?;
    (wait > 0).then_some(Taken::After(Duration::from_micros(wait)))
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
