//! What the references of a flow lead to.

use serde_json::{Value, json};

use super::references::follow;
use super::state::{State, Target};

impl State<'_> {
    /// What a reference leads to (administrator guide, list of contact attributes); nothing where it leads nowhere.
    pub(super) fn look_up(&self, names: &[String]) -> Option<Value> {
        let (root, rest) = names.split_first()?;
        let contact = &self.contact;
        let value = match root.as_str() {
            "ContactId" => json!(contact.contact_id),
            "InitialContactId" => json!(contact.initial_contact_id.as_ref().unwrap_or(&contact.contact_id)),
            "PreviousContactId" => json!(
                contact
                    .previous_contact_id
                    .as_ref()
                    .unwrap_or(&contact.contact_id)
            ),
            "RelatedContactId" => json!(contact.related_contact_id),
            "Task" => json!({ "ContactId": self.task_contact_id }),
            "Channel" => json!(contact.channel.name()),
            "InstanceARN" => json!(self.centre.instance_arn),
            "InitiationMethod" => json!(contact.initiation_method),
            "AwsRegion" => json!(self.centre.region),
            "LanguageCode" => json!(contact.language),
            "CustomerId" => json!(contact.customer_id),
            "Name" => json!(contact.name),
            "Description" => json!(contact.description),
            "TextToSpeechVoiceId" => json!(self.voice),
            "StoredCustomerInput" => json!(self.stored_input),
            // Undocumented, but in exports.
            "CallbackNumber" => json!(self.callback_number),
            "Tags" => json!(contact.tags),
            "References" => self.references(),
            "CustomerEndpoint" => super::event::endpoint(contact.customer_endpoint.as_ref()),
            "SystemEndpoint" => super::event::endpoint(contact.system_endpoint.as_ref()),
            "Queue" => self.queue_object(),
            "Agent" => self.agent_object(),
            "Attributes" => json!(contact.attributes),
            "FlowAttributes" => json!(self.frames.last().map(|frame| &frame.flow_attributes)),
            "External" => return follow(&self.external, rest).cloned(),
            "LambdaInvocation" => {
                return match rest.split_first() {
                    Some((name, rest)) if name == "ResultData" => follow(&self.external, rest).cloned(),
                    Some((name, [])) if name == "InvocationId" => self.invocation_id.clone().map(Value::from),
                    _ => None,
                };
            }
            "Metrics" => return follow(&self.metrics, rest).cloned(),
            "Modules" => json!({ "Input": self.frames.last().map(|frame| &frame.input) }),
            "SegmentAttributes" => {
                let (key, rest) = rest.split_first()?;
                let value = json!(contact.segment_attributes.get(key)?);
                return rest.iter().all(|name| name == "ValueString").then_some(value);
            }
            _ => return None,
        };
        follow(&value, rest).filter(|value| !value.is_null()).cloned()
    }

    pub(super) fn references(&self) -> Value {
        let references = self.contact.references.iter();
        references
            .map(|(key, it)| (key.clone(), json!({ "Type": it.kind, "Value": it.value })))
            .collect()
    }

    /// `$.Queue`: null until a queue is set.
    pub(super) fn queue_object(&self) -> Value {
        let target = self.line.as_ref().map(|line| line.target).or(self.target);
        match target {
            None => Value::Null,
            Some(Target::Agent(agent)) => json!({
                "ARN": self.centre.agent_queue_arn(&agent.id), "Name": null, "OutboundCallerId": null,
            }),
            Some(Target::Queue(queue)) => {
                let caller_id = queue.outbound_caller_id.as_ref();
                let caller_id =
                    caller_id.map(|number| json!({ "Address": number, "Type": "TELEPHONE_NUMBER" }));
                json!({
                    "ARN": self.centre.queue_arn(&queue.id),
                    "Name": queue.name,
                    "OutboundCallerId": caller_id,
                })
            }
        }
    }

    /// `$.Agent`: only in the flows that run once there is one.
    fn agent_object(&self) -> Value {
        match self.agent.filter(|_| self.stage.is_whisper()) {
            None => Value::Null,
            Some(agent) => json!({
                "UserName": agent.user_name,
                "FirstName": agent.first_name,
                "LastName": agent.last_name,
                "ARN": self.centre.agent_arn(&agent.id),
            }),
        }
    }
}
