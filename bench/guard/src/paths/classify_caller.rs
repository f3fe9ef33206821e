//! A flow's event, what the directory holds of the caller, their class and plan, the answer.

use anyhow::Result;
use jiff::Timestamp;
use ringback_callers::{Answer, Call, NumberUsed, Order, Person, Rules, Shop, Source, choose, classify};
use ringback_connect::FlowEvent;
use ringback_connect::caller::caller_of_flow;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{HotPath, Walk, answered, event, says, walk};

const EVENT: &str = include_str!("../../../../events/connect/flow/voice-open-order.json");

pub(super) fn paths() -> [HotPath; 2] {
    [
        HotPath::new("classify-caller/open order", || {
            classified(known()?, "active-order")
        }),
        HotPath::new("classify-caller/stranger", || {
            classified(Directory::default(), "unknown")
        }),
    ]
}

/// What was read of the caller.
#[derive(Default)]
struct Directory {
    people: Vec<Person>,
    orders: Vec<Order>,
    shop: Option<Shop>,
}

fn known() -> Result<Directory> {
    let open = json!([["12:00", "22:00"]]);
    Ok(Directory {
        people: from(
            json!([{"customerId": "c-1", "version": 1, "name": "Customer A", "language": "en-GB"}]),
        )?,
        orders: from(json!([
            {"orderId": "A-17", "version": 1, "customerId": "c-1", "placedAt": "2026-07-01T17:30:00Z",
                "shopId": "shop-1", "title": "2 pizzas"},
            {"orderId": "A-16", "version": 1, "customerId": "c-1", "placedAt": "2026-06-30T17:30:00Z",
                "shopId": "shop-1", "title": "1 salad"},
        ]))?,
        shop: from(
            json!({"shopId": "shop-1", "version": 1, "name": "Shop 1", "phone": "+14155550130", "channel": "shop-1",
            "hours": {"timeZone": "Europe/London", "weekly": {"wednesday": open}}}),
        )?,
    })
}

fn classified(directory: Directory, expected: &str) -> Result<Walk> {
    let rules: Rules = from(json!({
        "places": {"office": {"phone": "+14155550120", "name": "the office"}},
        "rules": [
            {"name": "blocked callers", "when": {"tags": ["blocked"]}, "class": "blocked"},
            {"name": "vip", "when": {"tags": ["vip"]}, "class": "vip", "priority": 2},
        ],
    }))?;
    let now: Timestamp = "2026-07-01T18:00:00Z".parse()?;
    says(&answer(&directory, &rules, now)?, expected)?;
    walk(move || answer(&directory, &rules, now))
}

fn answer(directory: &Directory, rules: &Rules, now: Timestamp) -> Result<String> {
    let event = FlowEvent::decode(&event(EVENT)?)?;
    let contact = &event.contact;
    let key = caller_of_flow(&event, &contact.instance_arn.id, "callerKey")?;
    let call = Call {
        channel: contact.channel.clone(),
        point: Some(key.point().clone()),
        verified: true,
    };
    let chosen = choose(&directory.people, &directory.orders);
    let answer = Answer {
        reason: chosen.reason(),
        source: Source::Directory,
        number_used: NumberUsed::Line,
        classification: classify(&chosen, directory.shop.as_ref(), rules, &call, now),
    };
    answered(answer.fields())
}

fn from<T: DeserializeOwned>(document: Value) -> Result<T> {
    Ok(serde_json::from_value(document)?)
}
