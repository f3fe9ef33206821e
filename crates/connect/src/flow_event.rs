//! What a flow's "Invoke AWS Lambda function" block sends.
//!
//! The shape is the Amazon Connect Administrator Guide's ("Grant Amazon Connect access to your AWS Lambda functions"),
//! corrected by real events: on chats, tasks and in-app calls both endpoints and the queue are `null`, and
//! `Parameters` holds numbers, booleans and nested JSON when the flow says so.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::error::DecodeError;
use crate::ids::{ContactId, InstanceArn, QueueArn};
use crate::node::{Node, Notes};
use crate::redact::Hidden;
use crate::vocabulary::{Channel, InitiationMethod};

/// One call of a function by a flow.
///
/// `Debug` hides everything a customer or a flow's author could have put in.
#[derive(Clone, PartialEq)]
pub struct FlowEvent {
    /// The contact the flow is running for.
    pub contact: ContactData,
    /// The block's function input parameters, as the flow set them; their names are the flow author's.
    pub parameters: BTreeMap<String, Value>,
    /// Optional fields that were there and could not be read; they count as absent.
    pub malformed: Vec<DecodeError>,
}

/// The contact a flow is running for.
#[derive(Clone, PartialEq)]
pub struct ContactData {
    /// This contact.
    pub contact_id: ContactId,
    /// The contact this conversation began with: this one, unless it is a later leg.
    pub initial_contact_id: Option<ContactId>,
    /// The contact this one was transferred from. AWS's samples of a first leg have the contact's own id here.
    pub previous_contact_id: Option<ContactId>,
    /// The contact this one is about: a task made during a call, a chat that goes on.
    pub related_contact_id: Option<ContactId>,
    /// How the customer and the contact centre talk.
    pub channel: Channel,
    /// How the contact came to be.
    pub initiation_method: Option<InitiationMethod>,
    /// The instance the flow runs in.
    pub instance_arn: InstanceArn,
    /// The customer's end. Chats, tasks and in-app calls have none.
    pub customer_endpoint: Option<Endpoint>,
    /// The end that Connect owns: the number dialled. Chats, tasks and in-app calls have none.
    pub system_endpoint: Option<Endpoint>,
    /// The customer's id in the operator's own systems, if a flow or an API call set one.
    pub customer_id: Option<String>,
    /// The queue a "Set working queue" block chose.
    pub queue: Option<FlowQueue>,
    /// The language a "Set voice" block chose, `en-US`.
    pub language_code: Option<String>,
    /// A task's name, or a chat customer's.
    pub name: Option<String>,
    /// A task's description.
    pub description: Option<String>,
    /// User-defined attributes. Values that are no text become text; `null` ones are left out.
    pub attributes: BTreeMap<String, String>,
    /// Tags, among them `aws:connect:systemEndpoint`.
    pub tags: BTreeMap<String, String>,
    /// Segment attributes as they came; `null` when absent.
    pub segment_attributes: Value,
    /// References (links and files of tasks and emails) as they came; `null` when absent.
    pub references: Value,
    /// Where live audio streams to, as it came; `null` when absent.
    pub media_streams: Value,
    /// The Region the flow runs in.
    pub aws_region: Option<String>,
}

/// The queue a flow has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowQueue {
    /// Which queue, and whether it is an agent's.
    pub arn: QueueArn,
    /// Its name. An agent queue has none.
    pub name: Option<String>,
    /// The number that calls from this queue show.
    pub outbound_caller_id: Option<Endpoint>,
}

impl FlowEvent {
    /// Reads an event. Required are `Details.ContactData` and in it `ContactId`, `InstanceARN` and `Channel`:
    /// the caller is on the line, so nothing else may stop the answer.
    ///
    /// # Errors
    /// When one of these cannot be read; the error names its path.
    pub fn decode(document: &Value) -> Result<Self, DecodeError> {
        let notes = Notes::default();
        let details = Node::root(document, &notes)?.required_node("Details")?;
        let contact = ContactData::read(&details.required_node("ContactData")?)?;
        let parameters = details.values_by_key("Parameters");
        drop(details);
        Ok(Self {
            contact,
            parameters,
            malformed: notes.into_inner(),
        })
    }

    /// A parameter's text: strings trimmed, numbers and booleans as JSON writes them.
    /// None when it is absent, `null`, blank, a list or an object.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.parameters.get(name)? {
            Value::String(text) => Some(text.trim())
                .filter(|text| !text.is_empty())
                .map(Cow::Borrowed),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for FlowEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::decode(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl ContactData {
    /// A user-defined attribute, trimmed; none when it is absent or blank.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    }

    fn read(node: &Node<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            contact_id: node.required("ContactId")?,
            initial_contact_id: node.optional("InitialContactId"),
            previous_contact_id: node.optional("PreviousContactId"),
            related_contact_id: node.optional("RelatedContactId"),
            channel: node.required("Channel")?,
            initiation_method: node.optional("InitiationMethod"),
            instance_arn: node.required("InstanceARN")?,
            customer_endpoint: Endpoint::read(node, "CustomerEndpoint"),
            system_endpoint: Endpoint::read(node, "SystemEndpoint"),
            customer_id: node.optional("CustomerId"),
            queue: FlowQueue::read(node),
            language_code: node.optional("LanguageCode"),
            name: node.optional("Name"),
            description: node.optional("Description"),
            attributes: node.texts_by_key("Attributes"),
            tags: node.texts_by_key("Tags"),
            segment_attributes: node.anything("SegmentAttributes"),
            references: node.anything("References"),
            media_streams: node.anything("MediaStreams"),
            aws_region: node.optional("AwsRegion"),
        })
    }
}

impl FlowQueue {
    fn read(parent: &Node<'_>) -> Option<Self> {
        let node = parent.node("Queue")?;
        let arn = node.noting(node.required("ARN").map(Some))?;
        let outbound_caller_id = Endpoint::read(&node, "OutboundCallerId");
        Some(Self {
            arn,
            name: node.optional("Name"),
            outbound_caller_id,
        })
    }
}

impl fmt::Debug for FlowEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowEvent")
            .field("contact", &self.contact)
            .field("parameters", &Hidden::from(&self.parameters))
            .field("malformed", &self.malformed)
            .finish()
    }
}

impl fmt::Debug for ContactData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactData")
            .field("contact_id", &self.contact_id)
            .field("initial_contact_id", &self.initial_contact_id)
            .field("previous_contact_id", &self.previous_contact_id)
            .field("related_contact_id", &self.related_contact_id)
            .field("channel", &self.channel)
            .field("initiation_method", &self.initiation_method)
            .field("instance_arn", &self.instance_arn)
            .field("customer_endpoint", &self.customer_endpoint)
            .field("system_endpoint", &self.system_endpoint)
            .field("customer_id", &Hidden::from(&self.customer_id))
            .field("queue", &self.queue)
            .field("language_code", &self.language_code)
            .field("name", &Hidden::from(&self.name))
            .field("description", &Hidden::from(&self.description))
            .field("attributes", &Hidden::from(&self.attributes))
            .field("tags", &Hidden::from(&self.tags))
            .field("segment_attributes", &Hidden::from(&self.segment_attributes))
            .field("references", &Hidden::from(&self.references))
            .field("media_streams", &Hidden::from(&self.media_streams))
            .field("aws_region", &self.aws_region)
            .finish()
    }
}
