//! A flow's event, the caller's history as the table returns it, the policy, the answer.

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use ringback_connect::caller::caller_of_flow;
use ringback_connect::ids::ContactId;
use ringback_connect::{Channel, FlowEvent, InitiationMethod};
use ringback_contacts::item::{self, Item};
use ringback_contacts::{Answer, Facts, KnownFrom, Offer, Policy, Reason, Source, Spoke, Verdict, root_of};

use super::{HotPath, WALKS, Walk, answered, event, says, walk};
use crate::seeded::Seeded;

const EVENT: &str = include_str!("../../../../events/connect/flow/voice-inbound.json");
const INSTANCE: &str = "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001";
const NOW: &str = "2026-11-21T17:00:00Z";

pub(super) fn paths() -> [HotPath; 3] {
    [
        HotPath::new("last-agent/history of 0", || history_of(0, "first-contact")),
        HotPath::new("last-agent/history of 1", || history_of(1, "last-agent")),
        HotPath::new("last-agent/history of 50", || history_of(50, "last-agent")),
    ]
}

fn history_of(interactions: u64, expected: &str) -> Result<Walk> {
    let now: Timestamp = NOW.parse()?;
    let mut seeded = Seeded::new(interactions);
    let items = (0..interactions).map(|nth| interaction(&mut seeded, nth, now));
    let items = items.collect::<Result<Vec<Item>>>()?;
    let policy = Policy::default();
    says(&answer(items.clone(), &policy, now)?, expected)?;
    // Reading takes the items, as it takes those of an answer of the table: one set for each walk.
    let mut sets = vec![items.clone(); WALKS];
    walk(move || answer(sets.pop().unwrap_or_else(|| items.clone()), &policy, now))
}

fn answer(items: Vec<Item>, policy: &Policy, now: Timestamp) -> Result<String> {
    let event = FlowEvent::decode(&event(EVENT)?)?;
    let contact = &event.contact;
    let root = root_of(
        &contact.contact_id,
        contact.initial_contact_id.as_ref(),
        contact.previous_contact_id.as_ref(),
    );
    let key = caller_of_flow(&event, &contact.instance_arn.id, "callerKey")?;
    std::hint::black_box(key.index_key());
    let known: Vec<_> = items.into_iter().filter_map(item::interaction).collect();
    let plain = |reason| Answer {
        source: KnownFrom::Index,
        ..Answer::without(reason, policy.mode)
    };
    let answer = match policy.judge(&known, &root, now) {
        Verdict::Nobody => plain(Reason::FirstContact),
        Verdict::LowRating(_) => plain(Reason::LowRating),
        Verdict::Offer(spoke) => Answer {
            offer: Some(offer(spoke, now)),
            ..plain(Reason::LastAgent)
        },
    };
    answered(answer.fields())
}

fn offer(spoke: Spoke, now: Timestamp) -> Offer {
    Offer {
        agent_id: spoke.agent.id.to_string(),
        agent_arn: spoke.agent.text,
        queue_id: spoke.queue.as_ref().map(|queue| queue.id.to_string()),
        queue_arn: spoke.queue.map(|queue| queue.text),
        contact_id: spoke.contact.to_string(),
        contact_age_seconds: now.as_second() - spoke.at.as_second(),
        channel: spoke.channel.as_str().to_owned(),
        rating: spoke.rating,
    }
}

/// An interaction of one leg, as three writers tell of it.
fn interaction(seeded: &mut Seeded, nth: u64, now: Timestamp) -> Result<Item> {
    let contact = ContactId::parse(&seeded.id())?;
    let agent = format!(
        "{INSTANCE}/agent/00000000-0000-4000-8000-{:012x}",
        seeded.below(5)
    );
    let hours = i64::try_from(nth)? * 3 + 1;
    let began = now - SignedDuration::from_hours(hours);
    let ended = began + SignedDuration::from_secs(i64::try_from(60 + seeded.below(600))?);
    let connected = Facts {
        method: Some(InitiationMethod::Inbound),
        channel: Some(Channel::Voice),
        agent: Some(agent),
        queue: Some(format!("{INSTANCE}/queue/00000000-0000-4000-8000-0000000b0001")),
        connected_at: Some(began),
        ..Facts::default()
    };
    let over = Facts {
        ended_at: Some(ended),
        disconnect_reason: Some("CUSTOMER_DISCONNECT".to_owned()),
        ..connected.clone()
    };
    let recorded = Facts {
        talk_seconds: Some(60 + seeded.below(600)),
        rating: Some(4 + u8::try_from(seeded.below(2))?),
        updated_ms: Some(ended.as_millisecond()),
        ..over.clone()
    };
    let mut item = HashMap::from([
        (item::ID.to_owned(), text(&item::contact_id(&contact))),
        (
            item::CALLER.to_owned(),
            text("00000000-0000-4000-8000-000000000001#phone#+14155550100"),
        ),
        (item::AGENT_AT.to_owned(), item::sortable(began)),
        (item::EXPIRES_AT.to_owned(), item::number(ended.as_second())),
    ]);
    for (source, facts) in [
        (Source::Connected, connected),
        (Source::Ended, over),
        (Source::Record, recorded),
    ] {
        let facts = serde_dynamo::to_attribute_value(facts).context("facts are a map")?;
        item.insert(item::facts_attribute(source, &contact), facts);
    }
    Ok(item)
}

fn text(value: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned())
}
