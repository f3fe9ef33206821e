//! `carrier-webhook`: Twilio tells that a call rings; its signature is checked, and the event kept.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use super::{Job, Place, replace, sample};
use crate::services::SECRET;
use crate::world::World;

pub(super) const TENANT: &str = "bench";
pub(super) const SLUG: &str = "bench-account-tw";
pub(super) const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
const PUBLIC_BASE_URL: &str = "https://calls.example.com";

/// The job.
#[derive(Debug)]
pub(crate) struct CarrierWebhook {
    sample: Value,
}

impl CarrierWebhook {
    pub(crate) fn new(world: &World) -> Result<Self> {
        let sample = sample(world, "api/carrier-twilio.json")?;
        Ok(Self { sample })
    }
}

/// The tables of calls and of accounts, with one account at Twilio, as `ringback account add` writes it.
pub(super) fn tables(world: &World, number: usize) -> Result<Vec<(&'static str, String)>> {
    let (calls, carriers) = (format!("calls-{number}"), format!("carriers-{number}"));
    world.dynamo.create(&calls, "CallsTable")?;
    world.dynamo.create(&carriers, "CarriersTable")?;
    let secret = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/bench";
    let account = json!({
        "id": {"S": format!("account#{SLUG}")},
        "part": {"S": "-"},
        "slug": {"S": SLUG},
        "tenant": {"S": TENANT},
        "carrier": {"S": "tw"},
        "secretArns": {"M": {"current": {"S": secret}}},
        "numbers": {"L": []},
        "priority": {"N": "100"},
        "prefixes": {"L": []},
        "settings": {"M": {"accountSid": {"S": ACCOUNT_SID}}},
        "allowedIps": {"L": []},
        "createdAt": {"S": "2026-01-01T00:00:00Z"},
        "revision": {"N": "1"},
    });
    world.dynamo.put(&carriers, &account)?;
    let others = world.others.url();
    Ok(vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", world.dynamo.url().to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", others.clone()),
        ("AWS_ENDPOINT_URL_SQS", others.clone()),
        ("CALLS_TABLE", calls),
        ("CARRIERS_TABLE", carriers),
        (
            "DEAD_LETTER_QUEUE_URL",
            format!("{others}/111122223333/dead-letters"),
        ),
    ])
}

/// Drops those tables.
pub(super) fn drop_tables(world: &World, place: &Place) -> Result<()> {
    world.dynamo.delete(place.setting("CALLS_TABLE")?)?;
    world.dynamo.delete(place.setting("CARRIERS_TABLE")?)
}

fn call_id(number: usize) -> String {
    format!("bench-call-{number:08}")
}

impl Job for CarrierWebhook {
    fn function(&self) -> &'static str {
        "carrier-webhook"
    }

    fn place(&self, world: &World, _events: usize) -> Result<Place> {
        let number = world.number();
        let mut settings = tables(world, number)?;
        settings.push(("PUBLIC_BASE_URL", PUBLIC_BASE_URL.to_owned()));
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Ok(Place::new(number, &settings))
    }

    fn leave(&self, world: &World, place: &Place) -> Result<()> {
        drop_tables(world, place)
    }

    fn event(&self, _place: &Place, number: usize) -> Result<Value> {
        let call = call_id(number);
        let path = format!("/carriers/tw/{SLUG}/calls/{call}/events");
        let fields = fields(number);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&fields)
            .finish();
        let mut event = self.sample.clone();
        for pointer in ["/rawPath", "/requestContext/http/path"] {
            replace(&mut event, pointer, path.as_str())?;
        }
        replace(&mut event, "/pathParameters/account", SLUG)?;
        replace(&mut event, "/pathParameters/callId", call)?;
        replace(&mut event, "/headers/content-length", body.len().to_string())?;
        replace(
            &mut event,
            "/headers/x-twilio-signature",
            signature(&path, &fields)?,
        )?;
        replace(&mut event, "/body", BASE64_STANDARD.encode(body))?;
        Ok(event)
    }

    fn outcome(&self, world: &World, place: &Place, number: usize, answer: &Value) -> Result<Value> {
        let id = format!("call#{TENANT}#{}", call_id(number));
        let mut items = world.dynamo.items(place.setting("CALLS_TABLE")?, &id)?;
        ensure!(items.len() == 1, "event {number} is kept {} times", items.len());
        // When it came, and so how long it is kept.
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.remove("receivedAt").context("an event has no receivedAt")?;
            item.remove("expiresAt").context("an event has no expiresAt")?;
        }
        Ok(json!({"status": answer.get("statusCode"), "kept": items}))
    }
}

/// What Twilio says when a call begins to ring.
fn fields(number: usize) -> BTreeMap<&'static str, String> {
    let fixed = [
        ("AccountSid", ACCOUNT_SID),
        ("ApiVersion", "2010-04-01"),
        ("CallStatus", "ringing"),
        ("CallbackSource", "call-progress-events"),
        ("Called", "+14155550101"),
        ("Caller", "+14155550100"),
        ("Direction", "outbound-api"),
        ("From", "+14155550100"),
        ("SequenceNumber", "1"),
        ("Timestamp", "Fri, 20 Nov 2026 09:00:01 +0000"),
        ("To", "+14155550101"),
    ];
    let mut fields: BTreeMap<_, _> = fixed.map(|(name, value)| (name, value.to_owned())).into();
    fields.insert("CallSid", format!("CA{number:032}"));
    fields
}

/// <https://www.twilio.com/docs/usage/webhooks/webhooks-security>
fn signature(path: &str, fields: &BTreeMap<&str, String>) -> Result<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes())?;
    mac.update(PUBLIC_BASE_URL.as_bytes());
    mac.update(path.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Ok(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}
