//! Steps that a flow tells.

use jiff::Timestamp;
use ringback_connect::FlowEvent;
use ringback_connect::flow_event::ContactData;

use crate::event::{Caller, Key, Order, Place, PlaceKind, Schema, Shop, Step, StepEvent};
use crate::text;

/// The word with which `classify-caller` fills a field that has no value.
const NO_VALUE: &str = "none";

/// The class of a caller whom nothing is known of.
const UNKNOWN: &str = "unknown";

/// How many steps a plan has at most.
const LONGEST_PLAN: usize = 6;

/// No ring and no wait is longer than a day; what is, was no number of seconds.
const LONGEST_SECONDS: u32 = 86_400;

/// A flow told something that is no step. The error names the parameter, never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStep {
    /// There is no parameter `step`.
    #[error("Details.Parameters.step is missing")]
    NoStep,
    /// `step` is not one of the words that flows tell.
    #[error("Details.Parameters.step is no step of a flow")]
    UnknownStep,
    /// A choice was told without a key, or with one that no menu has.
    #[error("Details.Parameters.key is missing or no key of a menu")]
    Key,
}

impl StepEvent {
    /// The step that a flow tells with its parameters, with what its contact's attributes say about the caller.
    ///
    /// `now` is when it happened: a flow's event has no time of its own.
    ///
    /// # Errors
    /// When the parameters name no step.
    pub fn of_flow(event: &FlowEvent, now: Timestamp) -> Result<Self, BadStep> {
        let contact = &event.contact;
        let parameter = |name| event.parameter(name).filter(|text| text != NO_VALUE);
        let step = parameter("step").ok_or(BadStep::NoStep)?;
        let step = Step::from_name(&step)
            .filter(|step| step.is_told_by_flows())
            .ok_or(BadStep::UnknownStep)?;
        // Here `none` is a value: nothing was pressed.
        let key = (step == Step::Chose)
            .then(|| {
                let key = event.parameter("key").ok_or(BadStep::Key)?;
                Key::from_name(&key).ok_or(BadStep::Key)
            })
            .transpose()?;
        let label = parameter("place").and_then(|label| text::word(&label));
        let kind = parameter("kind").and_then(|kind| PlaceKind::from_name(&kind));
        let position = label.is_some().then(|| position(contact)).flatten();
        Ok(Self {
            schema: Schema::V1,
            id: id(contact, step, label.as_deref(), key, position),
            at: now,
            tenant: contact.instance_arn.id.clone(),
            contact_id: contact.contact_id.clone(),
            initial_contact_id: contact
                .initial_contact_id
                .as_ref()
                .unwrap_or(&contact.contact_id)
                .clone(),
            channel: contact.channel.clone(),
            step,
            caller: Some(caller(contact)),
            order: order(contact),
            shop: shop(contact),
            place: kind.map(|kind| Place {
                kind,
                name: label.unwrap_or_else(|| kind.name().to_owned()),
            }),
            key,
            agent: None,
            seconds: parameter("seconds")
                .and_then(|text| text.parse().ok())
                .filter(|seconds| *seconds <= LONGEST_SECONDS),
            disconnect_reason: None,
        })
    }
}

/// A plan may have the same label twice, so what tells the two apart is how far the plan had come.
fn id(
    contact: &ContactData,
    step: Step,
    label: Option<&str>,
    key: Option<Key>,
    position: Option<usize>,
) -> String {
    let parts: Vec<&str> = label.into_iter().chain(key.map(Key::name)).collect();
    let about = if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join(".")
    };
    let position = position
        .map(|position| format!("@{position}"))
        .unwrap_or_default();
    format!("{}/{}/{about}{position}", contact.contact_id, step.name())
}

/// Which step of its plan the flow is at, from 1. The flow shifts the plan as it moves on, so what is left tells.
fn position(contact: &ContactData) -> Option<usize> {
    let length: usize = contact.attribute("planLength")?.parse().ok()?;
    let left = (1..=LONGEST_PLAN)
        .filter(|number| value(contact, &format!("step{number}Kind")).is_some())
        .count();
    (1..=length.min(LONGEST_PLAN))
        .contains(&left)
        .then(|| length - left + 1)
}

fn value<'a>(contact: &'a ContactData, attribute: &str) -> Option<&'a str> {
    contact.attribute(attribute).filter(|text| *text != NO_VALUE)
}

fn caller(contact: &ContactData) -> Caller {
    let number = contact.customer_endpoint.as_ref().and_then(|end| end.phone());
    // Of somebody of whom nothing is known there is nothing to verify.
    let known = ["callerCustomerId", "callerOrderId"]
        .iter()
        .any(|name| value(contact, name).is_some());
    let unverified = known && value(contact, "callerVerified") == Some("false");
    Caller {
        verified: unverified.then_some(false),
        class: value(contact, "callerClass")
            .and_then(text::word)
            .unwrap_or_else(|| UNKNOWN.to_owned()),
        customer_id: value(contact, "callerCustomerId").and_then(text::id),
        name: value(contact, "callerName").and_then(text::name),
        number: number.map(|number| number.masked()),
    }
}

fn order(contact: &ContactData) -> Option<Order> {
    Some(Order {
        order_id: value(contact, "callerOrderId").and_then(text::id)?,
        title: value(contact, "callerOrderTitle").and_then(text::name),
    })
}

fn shop(contact: &ContactData) -> Option<Shop> {
    Some(Shop {
        shop_id: value(contact, "callerShopId").and_then(text::id)?,
        name: value(contact, "callerShopName").and_then(text::name),
        channel: value(contact, "callerShopChannel").and_then(text::id),
    })
}
