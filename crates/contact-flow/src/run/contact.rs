//! The contact that enters the flow, and the person behind it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A contact as it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Its id.
    pub contact_id: String,
    /// The first contact of the chain; none when it is this one.
    #[serde(default)]
    pub initial_contact_id: Option<String>,
    /// The contact this one was transferred from.
    #[serde(default)]
    pub previous_contact_id: Option<String>,
    /// A contact this one belongs to without following it.
    #[serde(default)]
    pub related_contact_id: Option<String>,
    /// How the customer is connected.
    #[serde(default)]
    pub channel: Channel,
    /// `INBOUND`, `TRANSFER`, `CALLBACK` …: Connect's vocabulary.
    #[serde(default = "inbound")]
    pub initiation_method: String,
    /// Where the customer is. Chats, tasks and in-app calls have none.
    #[serde(default)]
    pub customer_endpoint: Option<Endpoint>,
    /// What the customer reached. Chats, tasks and in-app calls have none.
    #[serde(default)]
    pub system_endpoint: Option<Endpoint>,
    /// The customer's id in somebody's system.
    #[serde(default)]
    pub customer_id: Option<String>,
    /// The contact's name, for example of a task.
    #[serde(default)]
    pub name: Option<String>,
    /// The contact's description, for example of a task.
    #[serde(default)]
    pub description: Option<String>,
    /// Language tag, for example `en-US`.
    #[serde(default = "english")]
    pub language: String,
    /// User-defined attributes.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Documents and links.
    #[serde(default)]
    pub references: BTreeMap<String, Reference>,
    /// Segment attributes, for example `connect:Subtype`.
    #[serde(default)]
    pub segment_attributes: BTreeMap<String, String>,
    /// What answering-machine detection heard on an outbound call, for example `CallAnswered`.
    #[serde(default)]
    pub outbound_call_status: Option<String>,
}

fn inbound() -> String {
    "INBOUND".to_owned()
}

fn english() -> String {
    "en-US".to_owned()
}

impl Contact {
    /// A contact of that channel without endpoints.
    pub fn new(contact_id: impl Into<String>, channel: Channel) -> Self {
        let subtype = match channel {
            Channel::Voice => "connect:Telephony",
            Channel::Chat => "connect:Chat",
            Channel::Task => "connect:Task",
            Channel::Email => "connect:Email",
        };
        Self {
            contact_id: contact_id.into(),
            initial_contact_id: None,
            previous_contact_id: None,
            related_contact_id: None,
            channel,
            initiation_method: inbound(),
            customer_endpoint: None,
            system_endpoint: None,
            customer_id: None,
            name: None,
            description: None,
            language: english(),
            attributes: BTreeMap::new(),
            tags: BTreeMap::new(),
            references: BTreeMap::new(),
            segment_attributes: BTreeMap::from([("connect:Subtype".to_owned(), subtype.to_owned())]),
            outbound_call_status: None,
        }
    }

    /// An inbound telephone call. Both numbers are E.164.
    pub fn call(contact_id: impl Into<String>, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            customer_endpoint: Some(Endpoint::telephone(from)),
            system_endpoint: Some(Endpoint::telephone(to)),
            ..Self::new(contact_id, Channel::Voice)
        }
    }
}

/// How a customer is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channel {
    /// A telephone or in-app call.
    #[default]
    Voice,
    /// A chat.
    Chat,
    /// A task, where nobody is connected.
    Task,
    /// An email.
    Email,
}

impl Channel {
    /// The name `$.Channel` answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Voice => "VOICE",
            Self::Chat => "CHAT",
            Self::Task => "TASK",
            Self::Email => "EMAIL",
        }
    }
}

/// One end of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// A number in E.164, or an email address.
    pub address: String,
    /// `TELEPHONE_NUMBER`, `VOIP`, `CONTACT_FLOW` …: Connect's vocabulary.
    #[serde(rename = "type", default = "telephone_number")]
    pub kind: String,
    /// The name shown, where there is one.
    #[serde(default)]
    pub display_name: Option<String>,
}

fn telephone_number() -> String {
    "TELEPHONE_NUMBER".to_owned()
}

impl Endpoint {
    /// A telephone number in E.164.
    pub fn telephone(number: impl Into<String>) -> Self {
        Self {
            address: number.into(),
            kind: telephone_number(),
            display_name: None,
        }
    }
}

/// A document or link on a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// For example `URL`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it refers to.
    pub value: String,
}

/// What the person on the other end does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Caller {
    /// What is keyed at each prompt that asks, in order; none is silence. After the last there is only silence.
    pub keys: Vec<Option<String>>,
    /// Hangs up after so many seconds of waiting in queues.
    pub queue_patience_seconds: Option<u32>,
    /// Hangs up so many seconds after the call came in, unless an agent has it by then.
    pub hangs_up_after_seconds: Option<u32>,
    /// What happens once an agent is on the line.
    pub conversation: Conversation,
    /// The draws of `DistributeByPercentage` blocks, from 1 to 100, in order; after the last it is always 50.
    pub draws: Vec<u8>,
}

impl Caller {
    /// Someone who keys those answers, in that order.
    pub fn who_keys<const N: usize>(keys: [&str; N]) -> Self {
        Self {
            keys: keys.iter().map(|keys| Some((*keys).to_owned())).collect(),
            ..Self::default()
        }
    }
}

/// A conversation with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conversation {
    /// How long it lasts, in seconds.
    pub seconds: u32,
    /// Who hangs up. Only after the agent does the disconnect flow run.
    pub ended_by: Party,
    /// How long the agent finishes off, in seconds.
    pub after_contact_work_seconds: u32,
}

impl Default for Conversation {
    /// Two minutes, ended by the customer, no after-contact work.
    fn default() -> Self {
        Self {
            seconds: 120,
            ended_by: Party::Customer,
            after_contact_work_seconds: 0,
        }
    }
}

/// One side of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Party {
    /// The agent.
    Agent,
    /// The customer.
    Customer,
}
