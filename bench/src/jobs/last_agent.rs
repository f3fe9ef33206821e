//! `last-agent`: a caller calls again; by the index, or by `SearchContacts` where the index knows nothing.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use super::{Job, Place, hours_ago, replace, sample};
use crate::world::World;

const INSTANCE: &str = "00000000-0000-4000-8000-000000000001";
const QUEUE: &str = "00000000-0000-4000-8000-0000000b0001";

/// What of the answer must be the same whoever gives it; ages and words beside it are one's own affair.
const COMPARED: [&str; 5] = ["status", "agentId", "agentArn", "queueId", "contactId"];

/// Callers who are told apart: as many numbers as there are for examples in Great Britain.
const CALLERS: usize = 1000;

/// Where the agent is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The table knows the caller.
    Index,
    /// The table is empty, and Amazon Connect is searched.
    Search,
}

/// The job.
#[derive(Debug)]
pub(crate) struct LastAgent {
    lookup: Lookup,
    sample: Value,
}

impl LastAgent {
    pub(crate) fn new(world: &World, lookup: Lookup) -> Result<Self> {
        let sample = sample(world, "connect/flow/voice-inbound.json")?;
        Ok(Self { lookup, sample })
    }
}

/// The id of a contact, an agent: `kind` is a hexadecimal digit.
pub(crate) fn contact_id(kind: char, number: usize) -> String {
    format!("00000000-0000-4000-8000-{kind}{number:011}")
}

/// The agent who spoke last with that caller.
pub(crate) fn agent_of(caller: usize) -> String {
    contact_id('a', caller)
}

fn number_of(caller: usize) -> String {
    format!("+447700900{caller:03}")
}

fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:connect:eu-west-2:111122223333:instance/{INSTANCE}/{kind}/{id}")
}

impl Job for LastAgent {
    fn function(&self) -> &'static str {
        "last-agent"
    }

    fn place(&self, world: &World, events: usize) -> Result<Place> {
        let number = world.number();
        let table = format!("contacts-{number}");
        world.dynamo.create(&table, "ContactsTable")?;
        if self.lookup == Lookup::Index {
            for caller in 0..events.min(CALLERS) {
                for item in history(caller)? {
                    world.dynamo.put(&table, &item)?;
                }
            }
        }
        Ok(Place::new(
            number,
            &[
                ("AWS_ENDPOINT_URL_DYNAMODB", world.dynamo.url()),
                ("AWS_ENDPOINT_URL_CONNECT", &world.connect.url()),
                ("CONTACTS_TABLE", &table),
                // Whoever is told of an attribute by which Connect searches: the design's own name.
                ("CALLER_ATTRIBUTE", "CustomerPhoneNumber"),
            ],
        ))
    }

    fn leave(&self, world: &World, place: &Place) -> Result<()> {
        world.dynamo.delete(place.setting("CONTACTS_TABLE")?)
    }

    /// The account's quota is one search in two seconds; here the pause is over at once.
    fn before(&self, world: &World, place: &Place, _event: usize) -> Result<()> {
        match self.lookup {
            Lookup::Index => Ok(()),
            Lookup::Search => world
                .dynamo
                .forget(place.setting("CONTACTS_TABLE")?, "bucket#search"),
        }
    }

    fn event(&self, _place: &Place, number: usize) -> Result<Value> {
        let mut event = self.sample.clone();
        for id in ["ContactId", "InitialContactId", "PreviousContactId"] {
            let pointer = format!("/Details/ContactData/{id}");
            replace(&mut event, &pointer, contact_id('d', number))?;
        }
        let caller = number_of(number % CALLERS);
        replace(
            &mut event,
            "/Details/ContactData/CustomerEndpoint/Address",
            caller,
        )?;
        Ok(event)
    }

    fn outcome(&self, _world: &World, _place: &Place, number: usize, answer: &Value) -> Result<Value> {
        let compared: Map<_, _> = COMPARED
            .iter()
            .filter_map(|field| Some(((*field).to_owned(), answer.get(*field)?.clone())))
            .collect();
        let said = |field: &str| compared.get(field).and_then(Value::as_str);
        let expected = (Some("found"), Some(agent_of(number % CALLERS)));
        ensure!(
            (said("status"), said("agentId").map(str::to_owned)) == expected,
            "the answer to event {number} is not the agent {:?}: {answer}",
            expected.1
        );
        Ok(Value::Object(compared))
    }
}

/// Three interactions of a caller, as `contact-events` and `contact-records` leave them; the newest is with their agent.
fn history(caller: usize) -> Result<Vec<Value>> {
    let interaction = |ago: usize| {
        let id = contact_id('c', caller * 3 + ago);
        let agent = if ago == 0 {
            agent_of(caller)
        } else {
            contact_id('b', caller)
        };
        let (connected, ended) = (24 * (i64::try_from(ago)? + 1), 24 * (i64::try_from(ago)? + 1) - 1);
        let facts = |source: &str| {
            let mut facts = json!({
                "method": {"S": "INBOUND"},
                "channel": {"S": "VOICE"},
                "agent": {"S": arn("agent", &agent)},
                "queue": {"S": arn("queue", QUEUE)},
                "connectedAt": {"S": hours_ago(connected)?.to_string()},
            });
            if let (true, Some(facts)) = (source == "record", facts.as_object_mut()) {
                facts.insert("endedAt".to_owned(), json!({"S": hours_ago(ended)?.to_string()}));
                facts.insert("talkSeconds".to_owned(), json!({"N": "3540"}));
                let updated = hours_ago(ended)?.as_millisecond().to_string();
                facts.insert("updatedMs".to_owned(), json!({"N": updated}));
            }
            anyhow::Ok(facts)
        };
        anyhow::Ok(json!({
            "id": {"S": format!("contact#{id}")},
            "caller": {"S": format!("{INSTANCE}#phone#{}", number_of(caller))},
            "agentAt": {"S": hours_ago(connected)?.to_string()},
            "expiresAt": {"N": hours_ago(-24 * 14)?.as_second().to_string()},
            format!("connected#{id}"): {"M": facts("connected")?},
            format!("record#{id}"): {"M": facts("record")?},
        }))
    };
    (0..3).map(interaction).collect()
}
