//! Amazon Connect is asked about a contact that it placed for us, by the function's own role.

use aws_sdk_connect::Client;
use aws_sdk_connect::types::Contact;
use jiff::Timestamp;
use ringback_calls::{CallEvent, Cause, Class, EventId, Evidence, Facts, Kind, Verdict, When};
use ringback_carriers::{HungUp, Inquired};
use ringback_connect::ids::InstanceArn;
use ringback_lambda::error_code;
use tracing::warn;

/// The instance.
#[derive(Debug, Clone)]
pub(crate) struct AmazonConnect {
    client: Client,
    instance: InstanceArn,
}

impl AmazonConnect {
    pub(crate) fn new(client: Client, instance: InstanceArn) -> Self {
        Self { client, instance }
    }

    /// Whether the instance is that tenant's.
    pub(crate) fn is_of(&self, tenant: &str) -> bool {
        self.instance.id.as_str() == tenant
    }

    /// What it knows of a contact.
    pub(crate) async fn inquire(&self, contact: &str) -> Inquired {
        let request = self
            .client
            .describe_contact()
            .instance_id(self.instance.id.as_str())
            .contact_id(contact);
        match request.send().await {
            Ok(answer) => Inquired::Events(
                answer
                    .contact
                    .and_then(|told| ended(contact, &told))
                    .into_iter()
                    .collect(),
            ),
            Err(error) => match error_code(&error).as_str() {
                "ResourceNotFoundException" => Inquired::NoSuchCall,
                code => {
                    warn!(code, "Amazon Connect could not be asked about a contact");
                    Inquired::NotNow
                }
            },
        }
    }

    /// Ends a contact.
    pub(crate) async fn hang_up(&self, contact: &str) -> HungUp {
        let request = self
            .client
            .stop_contact()
            .instance_id(self.instance.id.as_str())
            .contact_id(contact);
        match request.send().await {
            Ok(_) => HungUp::Done,
            Err(error) => match error_code(&error).as_str() {
                "ContactNotFoundException" | "ResourceNotFoundException" => HungUp::Over,
                _ => HungUp::Unsure,
            },
        }
    }
}

/// That a contact has ended; none while it lasts. Its record, which comes after the agent's work on it, says more and
/// counts more.
fn ended(id: &str, contact: &Contact) -> Option<CallEvent> {
    let time = |at: Option<&aws_sdk_connect::primitives::DateTime>| {
        let at = at?;
        Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
    };
    let at = time(contact.disconnect_timestamp())?;
    let system = time(contact.connected_to_system_timestamp());
    let agent = time(
        contact
            .agent_info()
            .and_then(|agent| agent.connected_to_agent_timestamp()),
    );
    let talked = agent.zip(system).map(|(agent, system)| agent.max(system));
    let mut facts = Facts {
        carrier_call_id: Some(id.to_owned()),
        bridged: talked.map(When::At),
        ended: Some(When::At(at)),
        verdict: Some(Verdict {
            cause: match contact.disconnect_reason() {
                Some(reason) => Cause::said(Class::Cleared, reason),
                None => Cause::of(Class::Cleared),
            },
            leg: None,
        }),
        ..Facts::default()
    };
    facts.a.answered = agent.map(When::At);
    facts.b.answered = talked.and(system).map(When::At);
    Some(CallEvent {
        at: Some(at),
        facts,
        ..CallEvent::new(
            EventId::of(&["ac", "described", id]),
            Kind::Ended,
            Evidence::Event,
        )
    })
}
