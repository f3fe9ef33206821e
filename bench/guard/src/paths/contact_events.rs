//! An event of `EventBridge`, and the facts it adds to an interaction.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ringback_connect::ContactEvent;
use ringback_contacts::{item, observe_event};

use super::{HotPath, Walk, event, walk};

const CONNECTED: &str =
    include_str!("../../../../events/connect/contact-events/connected-to-agent-voice.json");
const STEP: &str =
    include_str!("../../../../events/connect/contact-events/contact-data-updated-step-expired.json");

pub(super) fn paths() -> [HotPath; 2] {
    [
        HotPath::new("contact-events/connected", || update_of(CONNECTED)),
        HotPath::new("contact-events/step expired", || update_of(STEP)),
    ]
}

fn update_of(sample: &'static str) -> Result<Walk> {
    let now: Timestamp = "2026-11-21T17:00:00Z".parse()?;
    walk(move || update(sample, now))
}

/// The attributes that the update sets, each with its name.
fn update(sample: &str, now: Timestamp) -> Result<Vec<(String, AttributeValue)>> {
    let event = ContactEvent::decode(&event(sample)?)?;
    let observation = observe_event(&event, now).context("the event says nothing of an agent")?;
    let mut set = vec![(
        item::ID.to_owned(),
        AttributeValue::S(item::contact_id(&observation.root)),
    )];
    if let Some((source, facts)) = &observation.facts {
        let name = item::facts_attribute(*source, &observation.contact);
        set.push((name, serde_dynamo::to_attribute_value(facts)?));
    }
    for (agent, end) in &observation.steps {
        let name = item::sticky_attribute(&observation.contact, agent);
        set.push((name, AttributeValue::S(end.name().to_owned())));
    }
    if let Some(at) = observation.agent_at() {
        set.push((item::AGENT_AT.to_owned(), item::sortable(at)));
    }
    Ok(set)
}
