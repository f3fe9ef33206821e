//! The event that Connect sends to a Lambda function.

use serde_json::{Map, Value, json};

use super::contact::{Channel, Endpoint};
use super::state::State;

impl State<'_> {
    /// The event as a real in-app call shows it, which has keys and nulls that the documentation's example lacks.
    pub(super) fn lambda_event(&self, parameters: &Value) -> Value {
        let contact = &self.contact;
        let segments = contact.segment_attributes.iter();
        let segments: Map<String, Value> = segments
            .map(|(key, value)| (key.clone(), json!({ "ValueString": value })))
            .collect();
        let audio = match contact.channel {
            Channel::Voice => Value::Null,
            Channel::Chat | Channel::Task | Channel::Email => json!({}),
        };
        json!({
            "Details": {
                "ContactData": {
                    "Attributes": contact.attributes,
                    "AwsRegion": self.centre.region,
                    "Channel": contact.channel.name(),
                    "ContactId": contact.contact_id,
                    "CustomerEndpoint": endpoint(contact.customer_endpoint.as_ref()),
                    "CustomerId": contact.customer_id,
                    "Description": contact.description,
                    "InitialContactId": contact.initial_contact_id.as_ref().unwrap_or(&contact.contact_id),
                    "InitiationMethod": contact.initiation_method,
                    "InstanceARN": self.centre.instance_arn,
                    "LanguageCode": contact.language,
                    "MediaStreams": { "Customer": { "Audio": audio } },
                    "Name": contact.name,
                    "PreviousContactId":
                        contact.previous_contact_id.as_ref().unwrap_or(&contact.contact_id),
                    "Queue": self.queue_object(),
                    "References": self.references(),
                    "RelatedContactId": contact.related_contact_id,
                    "SegmentAttributes": segments,
                    "SystemEndpoint": endpoint(contact.system_endpoint.as_ref()),
                    "Tags": contact.tags,
                },
                "Parameters": parameters,
            },
            "Name": "ContactFlowEvent",
        })
    }
}

/// An endpoint as events have it, null where there is none.
pub(super) fn endpoint(endpoint: Option<&Endpoint>) -> Value {
    let Some(endpoint) = endpoint else {
        return Value::Null;
    };
    let mut value = json!({ "Address": endpoint.address, "Type": endpoint.kind });
    if let (Some(name), Some(map)) = (&endpoint.display_name, value.as_object_mut()) {
        map.insert("DisplayName".to_owned(), json!(name));
    }
    value
}
