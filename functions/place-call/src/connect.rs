//! Amazon Connect as a carrier: it has no API of HTTP and secrets, but one of AWS. It dials the customer first, and when
//! they answer, the account's flow puts them through to the agent.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::config::timeout::TimeoutConfig;
use aws_sdk_connect::error::{ProvideErrorMetadata, SdkError};
use ringback_accounts::Account;
use ringback_calls::{CallId, Number};
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Refusing};
use ringback_connect::ids::InstanceId;
use ringback_lambda::{error_code, one_try};

use crate::asking::Told;
use crate::body::Wish;

/// The attribute in which a contact bears our id of its call; `contact-records` files its record by it.
const CALL_ID: &str = "ringbackCallId";

/// The instance.
#[derive(Debug, Clone)]
pub(crate) struct Connect {
    client: Client,
    instance: InstanceId,
}

/// A contact that is to be started.
pub(crate) struct NewContact<'a> {
    pub(crate) account: &'a Account,
    pub(crate) call: &'a CallId,
    pub(crate) wish: &'a Wish,
    /// The number that the customer sees; none: the queue's.
    pub(crate) shown: Option<&'a Number>,
    pub(crate) ring_seconds: u64,
}

impl Connect {
    pub(crate) fn new(client: Client, instance: InstanceId) -> Self {
        Self { client, instance }
    }

    /// Whether the instance is that tenant's.
    pub(crate) fn is_of(&self, tenant: &str) -> bool {
        self.instance.as_str() == tenant
    }

    /// Whether such a call can be placed at all.
    pub(crate) fn takes(contact: &NewContact<'_>) -> Result<(), CannotAsk> {
        if contact.account.settings.get("contactFlowId").is_none() {
            return Err(CannotAsk::Missing("contactFlowId"));
        }
        // Its agents see the contact on their screen, and no number of ours.
        if contact.wish.agent_shown.is_some() {
            return Err(CannotAsk::Unfit("a number for the agent to see"));
        }
        match contact.wish.announcement {
            Some(_) => Err(CannotAsk::Unfit("an announcement")),
            None => Ok(()),
        }
    }

    /// Starts the contact, once: with the same token again Connect would answer with the same contact, but only while
    /// that lasts, and after it dial anew.
    pub(crate) async fn place(&self, contact: &NewContact<'_>, within: Duration) -> Told {
        let settings = &contact.account.settings;
        let queue = settings.get("queueId").filter(|_| contact.shown.is_none());
        let mut request = self
            .client
            .start_outbound_voice_contact()
            .instance_id(self.instance.as_str())
            .set_contact_flow_id(settings.get("contactFlowId").map(str::to_owned))
            .destination_phone_number(contact.wish.customer.as_str())
            .set_source_phone_number(contact.shown.map(|number| number.as_str().to_owned()))
            .set_queue_id(queue.map(str::to_owned))
            .client_token(contact.call.as_str())
            .ring_timeout_in_seconds(i32::try_from(contact.ring_seconds).unwrap_or(30))
            .attributes(CALL_ID, contact.call.as_str())
            .attributes("ringbackAgent", contact.wish.agent.as_str());
        let more = [
            ("ringbackUser", &contact.wish.user),
            ("ringbackBusinessRef", &contact.wish.business_ref),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                request = request.attributes(name, value);
            }
        }
        let timeout = TimeoutConfig::builder()
            .operation_attempt_timeout(within)
            .operation_timeout(within);
        let once = aws_sdk_connect::config::Config::builder()
            .retry_config(one_try())
            .timeout_config(timeout.build());
        match request.customize().config_override(once).send().await {
            Ok(answer) => Told::Accepted(Accepted {
                carrier_call_id: answer.contact_id,
                ..Accepted::default()
            }),
            Err(error) => told(&error),
        }
    }

    /// Ends a contact.
    pub(crate) async fn hang_up(&self, contact: &str) -> HungUp {
        let request = self
            .client
            .stop_contact()
            .instance_id(self.instance.as_str())
            .contact_id(contact);
        let Err(error) = request.send().await else {
            return HungUp::Done;
        };
        match (error_code(&error).as_str(), status(&error)) {
            ("ContactNotFoundException" | "ResourceNotFoundException", _) => HungUp::Over,
            (_, Some(status)) => HungUp::of_status(status),
            (_, None) => HungUp::Unsure,
        }
    }
}

/// What an error says of the contact. What the service refuses by name it has not begun; anything else is open.
fn told<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Told {
    let fault = match error_code(error).as_str() {
        "LimitExceededException" | "ThrottlingException" | "TooManyRequestsException" => Fault::Carrier,
        "AccessDeniedException" | "OutboundContactNotPermittedException" | "ResourceNotFoundException" => {
            Fault::Account
        }
        "DestinationNotAllowedException" | "InvalidParameterException" | "InvalidRequestException" => {
            Fault::Call
        }
        _ => {
            return match error {
                SdkError::ConstructionFailure(_) => Told::NotSent("other"),
                _ => Told::Unsure,
            };
        }
    };
    Told::Refused(Refusing::new(fault, &error_code(error)))
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}
