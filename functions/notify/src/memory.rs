//! What is known of a call, and what has been sent about it: items of the contacts table that live for a day.
//!
//! | item | attributes |
//! | --- | --- |
//! | `told#<initial contact>` | what flows' steps said of the caller, the order and the shop; `unverified`; `answered`; for every place `ringing#<place>`, `ringingSeconds#<place>`, `over#<place>` |
//! | `notified#<step's id>#<destination>` | `leaseUntil` (milliseconds since 1970), `settled` |
//!
//! No write reads first and none overwrites what another kind of step wrote, so steps may come twice and in any order.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use ringback_lambda::error_code;
use ringback_steps::{PlaceKind, Step, StepEvent};

/// How long calls and messages are remembered.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How long a message is being sent, at most: longer than any time-out, so that nobody else sends it meanwhile.
const LEASE: Duration = Duration::from_secs(60);

/// How long a message that was refused for good is not tried: long enough for the other messages of its step, short
/// enough for an engineer who mends the receiver and sends the dead letter again.
const BURIED: Duration = Duration::from_secs(3600);

type Item = HashMap<String, AttributeValue>;

/// The table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contacts table did not answer ({code})")]
pub struct MemoryError {
    /// The service's error code, or `timeout` or `unreachable`.
    pub code: String,
}

/// What is known of a call.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) class: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) order_title: Option<String>,
    pub(crate) shop_name: Option<String>,
    /// Not the line says who is calling, but what they typed.
    pub(crate) unverified: bool,
    /// Somebody took the call.
    pub(crate) answered: bool,
    /// Places outside the contact centre that were rung, and nothing more was heard of.
    pub(crate) ringing: Vec<Ringing>,
}

/// An external number that was rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ringing {
    pub(crate) place: String,
    /// When its ring time was over: whoever is still with it then is talking.
    pub(crate) until: Option<Timestamp>,
}

/// Whether a message is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is, by whoever holds this.
    Mine(Lease),
    /// It was sent, or refused for good.
    Settled,
    /// Somebody else is sending it, or died while sending it.
    Busy,
}

/// The right to send a message, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    key: String,
    until: i64,
}

/// The items of this function in the contacts table.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    client: Client,
    table: String,
}

impl Known {
    /// What a step says itself.
    pub(crate) fn of(event: &StepEvent) -> Self {
        let (caller, order, shop) = (event.caller.as_ref(), event.order.as_ref(), event.shop.as_ref());
        Self {
            class: caller.map(|caller| caller.class.clone()),
            name: caller.and_then(|caller| caller.name.clone()),
            number: caller.and_then(|caller| caller.number.clone()),
            order_id: order.map(|order| order.order_id.clone()),
            order_title: order.and_then(|order| order.title.clone()),
            shop_name: shop.and_then(|shop| shop.name.clone()),
            unverified: caller.is_some_and(|caller| caller.verified == Some(false)),
            answered: matches!(event.step, Step::Answered | Step::AgentAnswered),
            ringing: Vec::new(),
        }
    }

    fn texts(&self) -> [(&'static str, &Option<String>); 6] {
        [
            ("callerClass", &self.class),
            ("callerName", &self.name),
            ("callerNumber", &self.number),
            ("orderId", &self.order_id),
            ("orderTitle", &self.order_title),
            ("shopName", &self.shop_name),
        ]
    }

    fn read(item: &Item) -> Self {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let place = |name: &String| {
            let place = name.strip_prefix("ringing#")?;
            let since = number(name)?;
            if number(&format!("over#{place}")).is_some_and(|over| over >= since) {
                return None;
            }
            // Without a limit nobody can say when the ringing was over.
            let limit = number(&format!("ringingSeconds#{place}"));
            Some(Ringing {
                place: place.to_owned(),
                until: limit
                    .and_then(|seconds| Timestamp::from_millisecond(since.checked_add(seconds * 1000)?).ok()),
            })
        };
        Self {
            class: text("callerClass"),
            name: text("callerName"),
            number: text("callerNumber"),
            order_id: text("orderId"),
            order_title: text("orderTitle"),
            shop_name: text("shopName"),
            unverified: item.contains_key("unverified"),
            answered: item.contains_key("answered"),
            ringing: item.keys().filter_map(place).collect(),
        }
    }
}

impl Memory {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds what a step says to what is known of its call, and answers with all of it.
    pub(crate) async fn remember(&self, event: &StepEvent, now: Timestamp) -> Result<Known, MemoryError> {
        let id = told(event);
        if event.step == Step::Ended {
            return self.recall(&id).await;
        }
        let mut change = Change::default();
        let known = Known::of(event);
        for (name, value) in known.texts() {
            if let Some(value) = value {
                change.set(name, AttributeValue::S(value.clone()));
            }
        }
        if known.unverified {
            change.set("unverified", AttributeValue::Bool(true));
        }
        if known.answered {
            change.set("answered", AttributeValue::Bool(true));
        }
        let external = event
            .place
            .as_ref()
            .filter(|place| place.kind == PlaceKind::External);
        if let Some(place) = external {
            let at = number(event.at.as_millisecond());
            match event.step {
                Step::Transferred => {
                    change.set(&format!("ringing#{}", place.name), at);
                    if let Some(seconds) = event.seconds.filter(|seconds| *seconds > 0) {
                        change.set(&format!("ringingSeconds#{}", place.name), number(seconds.into()));
                    }
                }
                Step::RangOut | Step::Answered => change.set(&format!("over#{}", place.name), at),
                _ => {}
            }
        }
        change.set("expiresAt", expiry(now));
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(id))
            .update_expression(format!("SET {}", change.sets.join(", ")))
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = answer.map_err(|error| coded(error_code(&error)))?.attributes;
        Ok(Known::read(&item.unwrap_or_default()))
    }

    async fn recall(&self, id: &str) -> Result<Known, MemoryError> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request
            .key("id", AttributeValue::S(id.to_owned()))
            .consistent_read(true);
        let answer = request.send().await.map_err(|error| coded(error_code(&error)))?;
        Ok(Known::read(&answer.item.unwrap_or_default()))
    }

    /// Asks whether a step is to be told to a destination now.
    pub(crate) async fn claim(
        &self,
        event: &StepEvent,
        destination: &str,
        now: Timestamp,
    ) -> Result<Claim, MemoryError> {
        let lease = Lease {
            key: format!("notified#{}#{destination}", event.id),
            until: later(now, LEASE),
        };
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(lease.key.clone()))
            .update_expression("SET leaseUntil = :until, expiresAt = :expires REMOVE settled")
            .condition_expression("attribute_not_exists(id) OR leaseUntil <= :now")
            .expression_attribute_values(":until", number(lease.until))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":expires", expiry(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Claim::Mine(lease)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let settled = refused.item().is_some_and(|item| item.contains_key("settled"));
                    Ok(if settled { Claim::Settled } else { Claim::Busy })
                }
                _ => Err(coded(error_code(&error))),
            },
        }
    }

    /// The message was sent: never again.
    pub(crate) async fn sent(&self, lease: &Lease, now: Timestamp) -> Result<(), MemoryError> {
        self.settle(lease, Some(KEPT), now).await
    }

    /// The message was refused for good: not again for a while.
    pub(crate) async fn buried(&self, lease: &Lease, now: Timestamp) -> Result<(), MemoryError> {
        self.settle(lease, Some(BURIED), now).await
    }

    /// The message was not sent: whoever comes next may try.
    pub(crate) async fn release(&self, lease: &Lease, now: Timestamp) -> Result<(), MemoryError> {
        self.settle(lease, None, now).await
    }

    async fn settle(&self, lease: &Lease, rest: Option<Duration>, now: Timestamp) -> Result<(), MemoryError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(lease.key.clone()))
            // Only the holder's: a lease that ran out may be another's by now.
            .condition_expression("leaseUntil = :mine")
            .expression_attribute_values(":mine", number(lease.until))
            .expression_attribute_values(":until", number(rest.map_or(0, |rest| later(now, rest))));
        let request = match rest {
            Some(_) => request
                .update_expression("SET leaseUntil = :until, settled = :settled")
                .expression_attribute_values(":settled", AttributeValue::Bool(true)),
            None => request.update_expression("SET leaseUntil = :until"),
        };
        let answer = request.send().await.map(drop);
        answer.map_err(|error| coded(error_code(&error)))
    }
}

/// The parts of an update expression.
#[derive(Default)]
struct Change {
    sets: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    fn set(&mut self, name: &str, value: AttributeValue) {
        let index = self.sets.len();
        self.sets.push(format!("#a{index} = :a{index}"));
        self.names.insert(format!("#a{index}"), name.to_owned());
        self.values.insert(format!(":a{index}"), value);
    }
}

fn told(event: &StepEvent) -> String {
    format!("told#{}", event.initial_contact_id)
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn expiry(now: Timestamp) -> AttributeValue {
    number(later(now, KEPT) / 1000)
}

fn later(now: Timestamp, by: Duration) -> i64 {
    let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_add(by)
}

fn coded(code: String) -> MemoryError {
    MemoryError { code }
}
