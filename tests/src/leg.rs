//! One contact, told in the three forms in which Amazon Connect tells it.

use jiff::{SignedDuration, Timestamp};
use ringback_local::centre::INSTANCE_ARN;
use serde_json::{Map, Value, json};

/// A moment of the story: seconds after noon (UTC) of 2026-11-20.
pub fn at(seconds: i64) -> Timestamp {
    const NOON: i64 = 1_795_176_000;
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(NOON + seconds)
}

/// An agent's ARN.
pub fn agent_arn(agent: &str) -> String {
    format!("{INSTANCE_ARN}/agent/{agent}")
}

/// A standard queue's ARN.
pub fn queue_arn(queue: &str) -> String {
    format!("{INSTANCE_ARN}/queue/{queue}")
}

/// One contact. Times are seconds after noon.
#[derive(Debug, Clone)]
pub struct Leg {
    /// The contact's id.
    pub id: String,
    /// The first contact of the chain, where it is another.
    pub initial: Option<String>,
    /// The contact before it.
    pub previous: Option<String>,
    /// The contact after it.
    pub next: Option<String>,
    /// How it came to be.
    pub method: &'static str,
    /// `VOICE`, `CHAT`, …
    pub channel: &'static str,
    /// The caller's number.
    pub number: Option<String>,
    /// The agent's id.
    pub agent: Option<String>,
    /// The queue's ARN.
    pub queue: Option<String>,
    /// When it began.
    pub began: i64,
    /// When the agent was connected.
    pub connected: i64,
    /// When it ended.
    pub ended: i64,
    /// When its agent completed a transfer.
    pub transfer_completed: Option<i64>,
    /// Why it ended.
    pub reason: &'static str,
    /// User-defined attributes.
    pub attributes: Map<String, Value>,
}

impl Leg {
    /// A call of +1 415 555 0100 that agent `agent-a` takes from the queue `orders` at `began + 20` and that lasts
    /// three minutes.
    pub fn inbound(id: &str, began: i64) -> Self {
        Self {
            id: id.to_owned(),
            initial: None,
            previous: None,
            next: None,
            method: "INBOUND",
            channel: "VOICE",
            number: Some("+14155550100".to_owned()),
            agent: Some("agent-a".to_owned()),
            queue: Some(queue_arn("orders")),
            began,
            connected: began + 20,
            ended: began + 200,
            transfer_completed: None,
            reason: "CUSTOMER_DISCONNECT",
            attributes: Map::new(),
        }
    }

    /// A later leg of the same interaction, `method` saying how it came to be, with another agent.
    pub fn then(&self, id: &str, method: &'static str, agent: &str, connected: i64, ended: i64) -> Self {
        Self {
            id: id.to_owned(),
            initial: Some(self.initial.clone().unwrap_or_else(|| self.id.clone())),
            previous: Some(self.id.clone()),
            method,
            agent: Some(agent.to_owned()),
            began: connected - 5,
            connected,
            ended,
            ..self.clone()
        }
    }

    /// The same with another number.
    #[must_use]
    pub fn from(mut self, number: &str) -> Self {
        self.number = Some(number.to_owned());
        self
    }

    /// The same with another agent.
    #[must_use]
    pub fn with(mut self, agent: &str) -> Self {
        self.agent = Some(agent.to_owned());
        self
    }

    /// The same with a contact attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// What a flow sends to `last-agent`.
    pub fn flow_event(&self) -> Value {
        json!({
            "Details": {
                "ContactData": {
                    "Attributes": self.attributes,
                    "AwsRegion": "eu-west-2",
                    "Channel": self.channel,
                    "ContactId": self.id,
                    "CustomerEndpoint": self.endpoint(),
                    "CustomerId": null,
                    "InitialContactId": self.initial.as_ref().unwrap_or(&self.id),
                    "InitiationMethod": self.method,
                    "InstanceARN": INSTANCE_ARN,
                    "PreviousContactId": self.previous.as_ref().unwrap_or(&self.id),
                    "Queue": null,
                    "SystemEndpoint": {"Address": "+14155550199", "Type": "TELEPHONE_NUMBER"},
                },
                "Parameters": {},
            },
            "Name": "ContactFlowEvent",
        })
    }

    fn endpoint(&self) -> Value {
        match &self.number {
            Some(number) => json!({"Address": number, "Type": "TELEPHONE_NUMBER"}),
            None => Value::Null,
        }
    }

    fn event(&self, kind: &str, time: i64, more: Value) -> Value {
        let mut detail = json!({
            "eventType": kind,
            "contactId": self.id,
            "channel": self.channel,
            "instanceArn": INSTANCE_ARN,
            "initiationMethod": self.method,
            "initiationTimestamp": at(self.began).to_string(),
        });
        let chain = [
            ("initialContactId", &self.initial),
            ("previousContactId", &self.previous),
        ];
        if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
            detail.extend(
                chain
                    .into_iter()
                    .filter_map(|(key, id)| Some((key.to_owned(), json!(id.as_ref()?)))),
            );
            detail.extend(more);
        }
        json!({
            "version": "0",
            "id": format!("event-{}-{kind}", self.id),
            "detail-type": "Amazon Connect Contact Event",
            "source": "aws.connect",
            "account": "111122223333",
            "time": at(time).to_string(),
            "region": "eu-west-2",
            "resources": [INSTANCE_ARN, format!("{INSTANCE_ARN}/contact/{}", self.id)],
            "detail": detail,
        })
    }

    fn agent_info(&self) -> Value {
        match &self.agent {
            Some(agent) => json!({
                "agentInfo": {
                    "agentArn": agent_arn(agent),
                    "connectedToAgentTimestamp": at(self.connected).to_string(),
                },
            }),
            None => json!({}),
        }
    }

    /// The event that agent and customer are connected.
    pub fn connected_event(&self) -> Value {
        let mut more = self.agent_info();
        // Connect leaves the queue out of outbound contacts' events.
        if let (Some(queue), Value::Object(more)) = (
            self.queue.as_ref().filter(|_| self.method != "OUTBOUND"),
            &mut more,
        ) {
            let info = json!({"queueType": "STANDARD", "queueArn": queue, "enqueueTimestamp": at(self.began).to_string()});
            more.insert("queueInfo".to_owned(), info);
        }
        self.event("CONNECTED_TO_AGENT", self.connected, more)
    }

    /// The event that the contact ended.
    pub fn ended_event(&self) -> Value {
        let mut more = self.agent_info();
        if let Value::Object(more) = &mut more {
            more.insert(
                "disconnectTimestamp".to_owned(),
                at(self.ended).to_string().into(),
            );
            more.insert("disconnectReason".to_owned(), self.reason.into());
        }
        self.event("DISCONNECTED", self.ended, more)
    }

    /// The event that after-contact work is over, in its barest form: without the times of the events before it.
    pub fn completed_event(&self) -> Value {
        self.event("COMPLETED", self.ended + 30, self.agent_info())
    }

    /// The event that a routing step for `agent` ended with `status`.
    pub fn routing_event(&self, agent: &str, status: &str) -> Value {
        let step = json!({
            "status": status,
            "expiry": {"durationInSeconds": 20},
            "expression": {"attributeCondition": {
                "comparisonOperator": "Match",
                "matchCriteria": {"agentsCriteria": {"agentIds": [agent]}},
            }},
        });
        let more = json!({
            "updatedProperties": ["RoutingCriteria.Step.Status"],
            "routingCriteria": {"index": 0, "steps": [step]},
        });
        self.event("CONTACT_DATA_UPDATED", self.began + 30, more)
    }

    /// The finished contact, as updated `updated` seconds after noon.
    pub fn record(&self, updated: i64) -> Value {
        let agent = self.agent.as_ref().map(|agent| {
            json!({
                "ARN": agent_arn(agent),
                "Username": agent,
                "ConnectedToAgentTimestamp": at(self.connected).to_string(),
                "AgentInteractionDuration": self.ended - self.connected,
            })
        });
        let queue = self
            .queue
            .as_ref()
            .map(|arn| json!({"ARN": arn, "Name": "Orders"}));
        json!({
            "AWSAccountId": "111122223333",
            "AWSContactTraceRecordFormatVersion": "2017-03-10",
            "Agent": agent,
            "Attributes": self.attributes,
            "Channel": self.channel,
            "ContactId": self.id,
            "InitialContactId": self.initial,
            "PreviousContactId": self.previous,
            "NextContactId": self.next,
            "CustomerEndpoint": self.endpoint(),
            "DisconnectReason": self.reason,
            "DisconnectTimestamp": at(self.ended).to_string(),
            "InitiationMethod": self.method,
            "InitiationTimestamp": at(self.began).to_string(),
            "LastUpdateTimestamp": at(updated).to_string(),
            "InstanceARN": INSTANCE_ARN,
            "Queue": queue,
            "TransferCompletedTimestamp": self.transfer_completed.map(|seconds| at(seconds).to_string()),
        })
    }
}
