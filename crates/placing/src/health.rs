//! The health of accounts, in the table: counters a minute, when the carrier was heard, and the state.

use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::{SignedDuration, Timestamp};
use ringback_accounts::Slug;
use ringback_carriers::Fault;

use crate::bucket::Token;
use crate::item::{
    self, ACCEPTED, AT_MS, BASE_ACCEPTED, BASE_FAILED, BASE_MINUTE, BASE_OTHER, BASE_TOLD, BY, EXPIRES_AT,
    FAILED, FIRST_MS, HEARD, ID, Item, LAST_MS, NEXT_MS, OTHER, PART, REASON, REVISION, SINCE_MS, STATE,
    TOKEN, TOLD,
};
use crate::judge::{
    ERRORS, Health, HealthState, MANUAL, Minute, SILENT, Stored, Switch, WINDOW_MINUTES, minute_of,
};
use crate::store::{CONFLICT, Changed, PlacingStore, StoreError, change, pause};

/// How often a call is tried with an account on probation.
pub const PROBE: Duration = Duration::from_secs(10);

/// How long counters are kept.
const COUNTERS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How often somebody else may have changed the state meanwhile.
const ATTEMPTS: u32 = 5;

/// What became of a request for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The carrier took it on, and tells of it while it lasts.
    Accepted,
    /// The carrier took it on, and tells of it only when it is over, as Amazon Connect does: that nothing is heard of it
    /// means nothing.
    AcceptedQuietly,
    /// The carrier refused it. Where the fault is the call's, it is no failure.
    Refused(Fault),
    /// Nobody knows.
    Unsure,
    /// It did not reach the carrier.
    NotSent,
}

impl Outcome {
    /// The counters that it moves.
    fn counters(self) -> &'static [&'static str] {
        match self {
            Self::Accepted => &[ACCEPTED, TOLD],
            Self::AcceptedQuietly => &[ACCEPTED],
            Self::Refused(Fault::Call) => &[OTHER],
            Self::Refused(Fault::Carrier | Fault::Account) | Self::Unsure | Self::NotSent => &[FAILED],
        }
    }
}

impl PlacingStore {
    /// Counts what became of a request: one request, and nothing is read.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn count(&self, account: &Slug, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
        let mut update = self
            .update(
                item::health_id(account.as_str()),
                &item::minute_part(minute_of(now)),
            )
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":one", item::number(1))
            .expression_attribute_values(":expires", item::number((now + COUNTERS_KEPT).as_second()));
        let mut set = "#expires = :expires".to_owned();
        let mut added = Vec::new();
        for counter in outcome.counters() {
            added.push(format!("#{counter} :one"));
            update = update.expression_attribute_names(format!("#{counter}"), *counter);
        }
        if outcome == Outcome::Accepted {
            set += ", #first = if_not_exists(#first, :now), #last = :now";
            update = update
                .expression_attribute_names("#first", FIRST_MS)
                .expression_attribute_names("#last", LAST_MS)
                .expression_attribute_values(":now", item::number(now.as_millisecond()));
        }
        let expression = format!("SET {set} ADD {}", added.join(", "));
        change(update.update_expression(expression)).await.map(|_| ())
    }

    /// Notes that the account's carrier told something. The time never goes back. Once in
    /// [`HEARD_EVERY`](crate::HEARD_EVERY) is enough.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn heard(&self, account: &Slug, at: Timestamp) -> Result<(), StoreError> {
        let update = self
            .update(item::health_id(account.as_str()), HEARD)
            .update_expression("SET #at = :at")
            .condition_expression("attribute_not_exists(#at) OR #at < :at")
            .expression_attribute_names("#at", AT_MS)
            .expression_attribute_values(":at", item::number(at.as_millisecond()));
        change(update).await.map(|_| ())
    }

    /// How an account does: one Query.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn health(&self, account: &Slug, now: Timestamp) -> Result<Health, StoreError> {
        let from = minute_of(now) - WINDOW_MINUTES + 1;
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#id = :id AND #part >= :from")
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#part", PART)
            .expression_attribute_values(":id", item::text(item::health_id(account.as_str())))
            .expression_attribute_values(":from", item::text(item::minute_part(from)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        let (mut stored, mut minutes, mut last_heard) = (Stored::default(), Vec::new(), None);
        for found in found.items.unwrap_or_default() {
            match item::text_of(&found, PART) {
                Some(STATE) => stored = stored_of(&found),
                Some(HEARD) => last_heard = item::time_of(&found, AT_MS),
                Some(part) => minutes.extend(part.parse().ok().map(|minute| minute_of_item(minute, &found))),
                None => {}
            }
        }
        Ok(Health::of(stored, minutes, last_heard, now))
    }

    /// Writes down what an account has become, where that is another than what is written. Of any number who see the same
    /// switch one gets it, and tells of it.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn settle(
        &self,
        account: &Slug,
        health: &Health,
        now: Timestamp,
    ) -> Result<Option<Switch>, StoreError> {
        if health.state == health.stored.state {
            return Ok(None);
        }
        let to = (health.state, health.reason);
        self.switch(account, health, to, None, now).await
    }

    /// Whether a call may be tried with an account that is half-open: one in [`PROBE`], whoever asks. Whoever tries none
    /// gives the token back.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn probe(&self, account: &Slug, now: Timestamp) -> Result<Option<Token>, StoreError> {
        let wait = i64::try_from(PROBE.as_millis()).unwrap_or(i64::MAX);
        let (now, id) = (now.as_millisecond(), item::health_id(account.as_str()));
        let next = now.saturating_add(wait);
        let update = self
            .update(id.clone(), item::PROBE)
            .update_expression("SET #next = :next")
            .condition_expression("attribute_not_exists(#next) OR #next <= :now")
            .expression_attribute_names("#next", NEXT_MS)
            .expression_attribute_values(":next", item::number(next))
            .expression_attribute_values(":now", item::number(now));
        let token = Token {
            id,
            part: item::PROBE,
            attribute: NEXT_MS,
            set: next,
            before: now,
        };
        Ok(matches!(change(update).await?, Changed::Done).then_some(token))
    }

    /// Disables an account, by somebody's hand; none if it is already.
    ///
    /// # Errors
    /// When the table does not answer, or others changed the state each time.
    pub async fn disable(
        &self,
        account: &Slug,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Switch>, StoreError> {
        let disabled = (HealthState::Disabled, Some(MANUAL));
        self.by_hand(account, disabled, by, now).await
    }

    /// Enables an account that was disabled: it begins as one that works. None if it was not disabled.
    ///
    /// # Errors
    /// When the table does not answer, or others changed the state each time.
    pub async fn enable(
        &self,
        account: &Slug,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Switch>, StoreError> {
        self.by_hand(account, (HealthState::Closed, None), by, now).await
    }

    async fn by_hand(
        &self,
        account: &Slug,
        to: (HealthState, Option<&'static str>),
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Switch>, StoreError> {
        for tried in 1..=ATTEMPTS {
            let health = self.health(account, now).await?;
            let is_disabled = health.stored.state == HealthState::Disabled;
            if is_disabled == (to.0 == HealthState::Disabled) {
                return Ok(None);
            }
            let switch = self.switch(account, &health, to, Some(by), now).await?;
            if switch.is_some() {
                return Ok(switch);
            }
            pause(tried).await;
        }
        Err(StoreError::with(CONFLICT))
    }

    /// Writes a state in place of the one that was read. None if somebody else has written one meanwhile.
    async fn switch(
        &self,
        account: &Slug,
        health: &Health,
        (to, reason): (HealthState, Option<&'static str>),
        by: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Switch>, StoreError> {
        let token = getrandom::u64().map_err(|_| StoreError::with("no-randomness"))?;
        let token = format!("{token:016x}");
        let read = health.stored.revision;
        let mut new = item::keyed(item::health_id(account.as_str()), STATE);
        let base = health.base(now);
        let counts = [
            (REVISION, read + 1),
            (BASE_ACCEPTED, base.accepted),
            (BASE_TOLD, base.told),
            (BASE_FAILED, base.failed),
            (BASE_OTHER, base.other),
        ];
        for (name, count) in counts {
            new.insert(name.to_owned(), item::number(count));
        }
        for (name, at) in [(SINCE_MS, now.as_millisecond()), (BASE_MINUTE, base.minute)] {
            new.insert(name.to_owned(), item::number(at));
        }
        let words = [
            (STATE, Some(to.as_str())),
            (REASON, reason),
            (BY, by),
            (TOKEN, Some(&token)),
        ];
        for (name, word) in words {
            new.extend(word.map(|word| (name.to_owned(), item::text(word))));
        }
        let value = Item::from([(":read".to_owned(), item::number(read))]);
        let (condition, values) = match read {
            0 => ("attribute_not_exists(#revision)", None),
            _ => ("#revision = :read", Some(value)),
        };
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(new))
            .condition_expression(condition)
            .expression_attribute_names("#revision", REVISION)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let switch = Switch {
            from: health.stored.state,
            to,
            reason,
        };
        let Err(error) = sent else {
            return Ok(Some(switch));
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let item = failed.item.as_ref();
                // The answer was lost and the SDK asked again: it is our own.
                let is_ours = item.is_some_and(|item| item::text_of(item, TOKEN) == Some(&token));
                Ok(is_ours.then_some(switch))
            }
            _ => Err(StoreError::of(&error)),
        }
    }
}

fn stored_of(item: &Item) -> Stored {
    let state = item::text_of(item, STATE).and_then(HealthState::read);
    let reason = item::text_of(item, REASON);
    Stored {
        state: state.unwrap_or_default(),
        reason: [ERRORS, SILENT, MANUAL]
            .into_iter()
            .find(|known| reason == Some(known)),
        since: item::time_of(item, SINCE_MS),
        revision: item::count_of(item, REVISION),
        base: Minute {
            minute: item::number_of(item, BASE_MINUTE).unwrap_or_default(),
            accepted: item::count_of(item, BASE_ACCEPTED),
            told: item::count_of(item, BASE_TOLD),
            failed: item::count_of(item, BASE_FAILED),
            other: item::count_of(item, BASE_OTHER),
            ..Minute::default()
        },
    }
}

fn minute_of_item(minute: i64, item: &Item) -> Minute {
    Minute {
        minute,
        accepted: item::count_of(item, ACCEPTED),
        told: item::count_of(item, TOLD),
        failed: item::count_of(item, FAILED),
        other: item::count_of(item, OTHER),
        first: item::time_of(item, FIRST_MS),
        last: item::time_of(item, LAST_MS),
    }
}
