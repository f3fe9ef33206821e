//! What each contact event yields.

use ringback_connect::ContactEvent;
use ringback_connect::ids::QueueKind;

use crate::support::{Line, short};

/// One line: kind, channel, method, contact, then what is there.
pub(crate) fn summary(event: &ContactEvent) -> String {
    let mut line = Line::new(format!(
        "{} {} {} {} in {}",
        event.kind,
        event.channel.as_ref().map_or("-", |channel| channel.as_str()),
        event
            .initiation_method
            .as_ref()
            .map_or("-", |method| method.as_str()),
        short(event.contact_id.as_str()),
        short(event.instance.id.as_str()),
    ));
    line.add_time("at", event.event_time);
    line.add("event", event.event_id.as_deref().map(short));
    line.add(
        "initial",
        event.initial_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add(
        "previous",
        event.previous_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add(
        "related",
        event.related_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add_time("initiated", event.initiated_at);
    line.add_time("system", event.connected_to_system_at);
    if let Some(queue) = &event.queue {
        let kind = if queue.arn.kind == QueueKind::Agent {
            "agent "
        } else {
            ""
        };
        line.add("queue", Some(format!("{kind}{}", short(queue.arn.id.as_str()))));
        line.add_time("enqueued", queue.enqueued_at);
    }
    if let Some(agent) = &event.agent {
        line.add("agent", Some(short(agent.arn.id.as_str())));
        line.add_time("connected", agent.connected_at);
        line.add_time("acw from", agent.acw_started_at);
        line.add_time("acw to", agent.acw_ended_at);
        line.add(
            "acw seconds",
            agent.acw_seconds.map(|seconds| seconds.to_string()),
        );
        for transition in &agent.state_transitions {
            line.add("state", Some(transition.state.clone()));
            line.add_time("from", transition.started_at);
            line.add_time("to", transition.ended_at);
        }
    }
    line.add_time("disconnected", event.disconnected_at);
    line.add("reason", event.disconnect_reason.clone());
    line.add(
        "updated",
        (!event.updated_properties.is_empty()).then(|| event.updated_properties.join(", ")),
    );
    line.add_routing(&event.routing);
    line.add("supervised", event.supervised.then(|| "yes".to_owned()));
    line.add("customer", event.customer_id.clone());
    line.add(
        "tags",
        (!event.tags.is_empty()).then(|| event.tags.len().to_string()),
    );
    line.add(
        "subtype",
        event.segment_attributes["connect:Subtype"]["ValueString"]
            .as_str()
            .map(str::to_owned),
    );
    line.add_errors(&event.malformed);
    line.text
}

pub(crate) const TABLE: &[(&str, &str)] = &[
    (
        "bare-detail-queued",
        "QUEUED VOICE INBOUND c0001 in 1; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z",
    ),
    (
        "completed-after-contact-work",
        "COMPLETED VOICE INBOUND c0001 in 1; at 10:06:15Z; event e0012; initiated 10:00:00Z; system 10:00:01Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z; acw from 10:05:00Z; acw to 10:06:15Z; acw seconds 75; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2",
    ),
    (
        "completed-barge",
        "COMPLETED VOICE API c0009 in 1; at 10:05:01Z; event e0024; initial c0001; initiated 10:03:00Z; agent a0009; connected 10:03:00Z; state SILENT_MONITOR; from 10:03:00Z; to 10:03:40Z; state BARGE; from 10:03:40Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; supervised yes",
    ),
    (
        "completed-without-after-contact-work",
        "COMPLETED VOICE INBOUND c0006 in 1; at 10:05:01Z; event e0013; initiated 10:00:00Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT",
    ),
    (
        "connected-to-agent-agent-queue",
        "CONNECTED_TO_AGENT VOICE INBOUND c0004 in 1; at 10:01:30Z; event e0008; initiated 10:00:00Z; queue agent a0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z",
    ),
    (
        "connected-to-agent-chat",
        "CONNECTED_TO_AGENT CHAT API c0002 in 1; at 10:01:30Z; event e0006; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z; customer customer-100",
    ),
    (
        "connected-to-agent-documentation-example",
        "CONNECTED_TO_AGENT VOICE INBOUND 111111111111 in 123456789012; at 2021-08-04T17:43:48Z; event abcabcabcabc; initiated 2021-08-04T17:17:53Z; queue 123456789012; enqueued 2021-08-04T17:29:04Z; agent 123456789012; connected 2021-08-04T17:29:09Z; tags 2",
    ),
    (
        "connected-to-agent-epoch-times",
        "CONNECTED_TO_AGENT VOICE INBOUND c0001 in 1; at 10:01:30Z; event e0022; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z",
    ),
    (
        "connected-to-agent-monitor",
        "CONNECTED_TO_AGENT VOICE MONITOR c0009 in 1; at 10:03:00Z; event e0023; initial c0001; related c0001; initiated 10:03:00Z; agent a0009; connected 10:03:00Z; supervised yes",
    ),
    (
        "connected-to-agent-step-and-or",
        "CONNECTED_TO_AGENT VOICE INBOUND c0001 in 1; at 10:01:30Z; event e0020; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; agent a0002; connected 10:01:30.25Z; routing 0 EXPIRED a0001 20s; routing 1 JOINED a0002 a0003",
    ),
    (
        "connected-to-agent-step-joined-capitalised",
        "CONNECTED_TO_AGENT VOICE INBOUND c0001 in 1; at 10:00:55Z; event e0019; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:00:55Z; updated RoutingCriteria.Step.Status; routing 0 JOINED a0001 20s; since 10:00:45Z; tags 2",
    ),
    (
        "connected-to-agent-transfer-leg",
        "CONNECTED_TO_AGENT VOICE TRANSFER c0003 in 1; at 10:04:10Z; event e0007; initial c0001; previous c0001; initiated 10:03:50Z; queue b0002; enqueued 10:03:55Z; agent a0002; connected 10:04:10Z",
    ),
    (
        "connected-to-agent-unreadable-optional-fields",
        "CONNECTED_TO_AGENT - INBOUND c0001 in 1; at 10:01:30Z; event e0026; malformed detail.channel: is a number, not a string, detail.agentInfo.agentArn: is missing, detail.queueInfo: is a string, not an object, detail.initiationTimestamp: is no RFC 3339 or epoch time, detail.RoutingCriteria: is a string, not an array or an object",
    ),
    (
        "connected-to-agent-voice",
        "CONNECTED_TO_AGENT VOICE INBOUND c0001 in 1; at 10:01:30Z; event e0005; initiated 10:00:00Z; system 10:00:01Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z; tags 2",
    ),
    (
        "connected-to-system-voice",
        "CONNECTED_TO_SYSTEM VOICE INBOUND c0001 in 1; at 10:00:01Z; event e0002; initiated 10:00:00Z; system 10:00:01Z; tags 2",
    ),
    (
        "contact-data-updated-attributes",
        "CONTACT_DATA_UPDATED VOICE INBOUND c0001 in 1; at 10:00:20Z; event e0003; initiated 10:00:00Z; system 10:00:01Z; updated UserDefinedAttributes; tags 2",
    ),
    (
        "contact-data-updated-step-expired",
        "CONTACT_DATA_UPDATED VOICE INBOUND c0001 in 1; at 10:01:05Z; event e0018; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; updated RoutingCriteria.Step.Status; routing 1 EXPIRED a0001 20s until 10:01:05.275Z, ACTIVE 30s until 10:01:35.275Z, INACTIVE; since 10:00:45.275Z",
    ),
    (
        "disconnected-bare",
        "DISCONNECTED VOICE INBOUND c0006 in 1; at 10:00:09Z; event e0011",
    ),
    (
        "disconnected-outbound-documentation-example",
        "DISCONNECTED VOICE OUTBOUND c0005 in 1; at 2021-08-04T17:18:37Z; event e0009; initial c0005; previous c0005; initiated 2021-08-04T17:17:53Z; system 2021-08-04T17:17:55Z; disconnected 2021-08-04T17:18:37Z; tags 3; malformed detail.agentInfo.agentArn: is no ARN",
    ),
    (
        "disconnected-voice",
        "DISCONNECTED VOICE INBOUND c0001 in 1; at 10:05:00Z; event e0010; initiated 10:00:00Z; system 10:00:01Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2",
    ),
    (
        "initiated-sentinel-times",
        "INITIATED VOICE INBOUND c0001 in 1; at 10:00:00Z; event e0021; initiated 10:00:00Z; queue b0001; agent a0001",
    ),
    (
        "initiated-voice",
        "INITIATED VOICE INBOUND c0001 in 1; at 10:00:00Z; event e0001; initiated 10:00:00Z; tags 2",
    ),
    (
        "paused-task",
        "PAUSED TASK API c0007 in 1; at 10:05:00Z; event e0014; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z",
    ),
    (
        "queued-email",
        "QUEUED EMAIL INBOUND c0008 in 1; at 10:05:00Z; event e0016; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z",
    ),
    (
        "queued-step-active",
        "QUEUED VOICE INBOUND c0001 in 1; at 10:00:45Z; event e0017; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; routing 0 ACTIVE a0001 20s; since 10:00:45Z",
    ),
    (
        "queued-voice",
        "QUEUED VOICE INBOUND c0001 in 1; at 10:00:45Z; event e0004; initiated 10:00:00Z; system 10:00:01Z; queue b0001; enqueued 10:00:45Z; tags 2; subtype connect:Telephony",
    ),
    (
        "resumed-task",
        "RESUMED TASK API c0007 in 1; at 10:05:00Z; event e0015; related c0001; initiated 10:00:00Z; queue b0001; enqueued 10:00:45Z; agent a0001; connected 10:01:30.25Z",
    ),
    (
        "unknown-type",
        "AMD_DISABLED VOICE OUTBOUND c0010 in 1; at 10:05:00Z; event e0025; initiated 10:00:00Z",
    ),
];
