//! What Amazon Connect says about a contact afterwards: its contact events and its contact record.

use ringback_contact_flow::run::{AgentLeg, Endpoint, FinishedContact, Moment, RoutingCriteria};
use serde_json::{Map, Value, json};

/// The contact's events as EventBridge delivers them, in the order in which they happened.
pub fn contact_events(contact: &FinishedContact) -> Vec<Value> {
    contact
        .moments
        .iter()
        .enumerate()
        .map(|(number, (at, moment))| {
            json!({
                "version": "0",
                "id": format!("{}-{number}", contact.contact_id),
                "detail-type": "Amazon Connect Contact Event",
                "source": "aws.connect",
                "account": contact.instance_arn.split(':').nth(4).unwrap_or_default(),
                "time": at.to_string(),
                "region": contact.instance_arn.split(':').nth(3).unwrap_or_default(),
                "resources": [
                    contact.instance_arn,
                    format!("{}/contact/{}", contact.instance_arn, contact.contact_id),
                ],
                "detail": detail(contact, moment),
            })
        })
        .collect()
}

fn detail(contact: &FinishedContact, moment: &Moment) -> Value {
    let connected = matches!(
        moment,
        Moment::ConnectedToAgent | Moment::Disconnected | Moment::Completed
    );
    let ended = matches!(moment, Moment::Disconnected | Moment::Completed);
    let agent = contact.agent.as_ref().filter(|_| connected);
    let queue = contact
        .queue
        .as_ref()
        .filter(|_| connected || matches!(moment, Moment::Queued));
    let kind = match moment {
        Moment::Initiated => "INITIATED",
        Moment::ConnectedToSystem => "CONNECTED_TO_SYSTEM",
        Moment::Queued => "QUEUED",
        Moment::RoutingStepExpired { .. } | Moment::AttributesUpdated => "CONTACT_DATA_UPDATED",
        Moment::ConnectedToAgent => "CONNECTED_TO_AGENT",
        Moment::Disconnected => "DISCONNECTED",
        Moment::Completed => "COMPLETED",
    };
    let updated = match moment {
        Moment::RoutingStepExpired { .. } => Some(json!(["RoutingCriteria.Step.Status"])),
        Moment::AttributesUpdated => Some(json!(["UserDefinedAttributes"])),
        _ => None,
    };
    let routing = match moment {
        Moment::RoutingStepExpired { criteria, .. } => contact.routing.get(*criteria),
        Moment::ConnectedToAgent => contact.routing.last(),
        _ => None,
    };
    object([
        ("eventType", Some(json!(kind))),
        ("contactId", Some(json!(contact.contact_id))),
        (
            "initialContactId",
            contact.initial_contact_id.as_ref().map(|id| json!(id)),
        ),
        (
            "previousContactId",
            contact.previous_contact_id.as_ref().map(|id| json!(id)),
        ),
        ("channel", Some(json!(contact.channel.name()))),
        ("instanceArn", Some(json!(contact.instance_arn))),
        ("initiationMethod", Some(json!(contact.initiation_method))),
        (
            "initiationTimestamp",
            Some(json!(contact.initiated_at.to_string())),
        ),
        (
            "connectedToSystemTimestamp",
            Some(json!(contact.connected_to_system_at.to_string())),
        ),
        (
            "disconnectTimestamp",
            ended.then(|| json!(contact.disconnected_at.to_string())),
        ),
        (
            "disconnectReason",
            ended.then(|| json!(contact.disconnect_reason)),
        ),
        ("agentInfo", agent.map(agent_info)),
        (
            "queueInfo",
            queue.map(|queue| {
                json!({
                    "queueType": if queue.personal { "AGENT" } else { "STANDARD" },
                    "queueArn": queue.arn,
                    "enqueueTimestamp": queue.enqueued_at.to_string(),
                })
            }),
        ),
        ("updatedProperties", updated),
        (
            "routingCriteria",
            routing.map(|criteria| routing_criteria(criteria, Case::Camel)),
        ),
        ("tags", Some(json!(contact.tags))),
    ])
}

fn agent_info(agent: &AgentLeg) -> Value {
    json!({
        "agentArn": agent.arn,
        "connectedToAgentTimestamp": agent.connected_at.to_string(),
    })
}

/// How a document spells its keys.
#[derive(Clone, Copy)]
enum Case {
    /// Contact events.
    Camel,
    /// Contact records.
    Pascal,
}

fn routing_criteria(criteria: &RoutingCriteria, case: Case) -> Value {
    let key = |pascal: &'static str| match case {
        Case::Pascal => pascal.to_owned(),
        Case::Camel => {
            let (first, rest) = pascal.split_at(1);
            format!("{}{rest}", first.to_lowercase())
        }
    };
    let steps: Vec<_> = criteria
        .steps
        .iter()
        .map(|step| {
            let agents = json!({key("AgentIds"): step.agents});
            let condition = json!({
                key("ComparisonOperator"): "Match",
                key("MatchCriteria"): {key("AgentsCriteria"): agents},
            });
            json!({
                key("Status"): step.status,
                key("Expiry"): {key("DurationInSeconds"): step.expiry_seconds},
                key("Expression"): {key("AttributeCondition"): condition},
            })
        })
        .collect();
    json!({key("Index"): criteria.index, key("Steps"): steps})
}

/// The contact's record, as it is written once after-contact work is over.
pub fn contact_record(contact: &FinishedContact) -> Value {
    let agent = contact.agent.as_ref().map(|agent| {
        json!({
            "ARN": agent.arn,
            "Username": agent.user_name,
            "ConnectedToAgentTimestamp": agent.connected_at.to_string(),
            "AgentInteractionDuration": agent.interaction_seconds,
            "AfterContactWorkStartTimestamp": agent.after_contact_work_started_at.map(|at| at.to_string()),
            "AfterContactWorkEndTimestamp": agent.after_contact_work_ended_at.map(|at| at.to_string()),
        })
    });
    let queue = contact.queue.as_ref().map(|queue| {
        json!({
            "ARN": queue.arn,
            "Name": queue.name,
            "EnqueueTimestamp": queue.enqueued_at.to_string(),
            "DequeueTimestamp": queue.dequeued_at.map(|at| at.to_string()),
        })
    });
    let routing: Vec<_> = contact
        .routing
        .iter()
        .map(|criteria| routing_criteria(criteria, Case::Pascal))
        .collect();
    json!({
        "AWSAccountId": contact.instance_arn.split(':').nth(4).unwrap_or_default(),
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": agent,
        "Attributes": contact.attributes,
        "Channel": contact.channel.name(),
        "ConnectedToSystemTimestamp": contact.connected_to_system_at.to_string(),
        "ContactId": contact.contact_id,
        "InitialContactId": contact.initial_contact_id,
        "PreviousContactId": contact.previous_contact_id,
        "NextContactId": null,
        "CustomerEndpoint": contact.customer_endpoint.as_ref().map(endpoint),
        "CustomerId": contact.customer_id,
        "DisconnectReason": contact.disconnect_reason,
        "DisconnectTimestamp": contact.disconnected_at.to_string(),
        "InitiationMethod": contact.initiation_method,
        "InitiationTimestamp": contact.initiated_at.to_string(),
        "LastUpdateTimestamp": contact.completed_at.to_string(),
        "InstanceARN": contact.instance_arn,
        "Queue": queue,
        "RoutingCriteria": routing,
        "SystemEndpoint": contact.system_endpoint.as_ref().map(endpoint),
        "Tags": contact.tags,
        "TransferCompletedTimestamp": null,
    })
}

fn endpoint(endpoint: &Endpoint) -> Value {
    json!({"Address": endpoint.address, "Type": endpoint.kind})
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(fields.collect::<Map<_, _>>())
}
