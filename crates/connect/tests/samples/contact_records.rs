//! What each contact record yields.

use ringback_connect::ids::QueueKind;
use ringback_connect::{ContactRecord, Endpoint};

use crate::support::{Line, short};

/// One line: channel, method, contact, then what is there.
pub(crate) fn summary(record: &ContactRecord) -> String {
    let mut line = Line::new(format!(
        "{} {} {} in {}",
        record.channel.as_ref().map_or("-", |channel| channel.as_str()),
        record
            .initiation_method
            .as_ref()
            .map_or("-", |method| method.as_str()),
        short(record.contact_id.as_str()),
        short(record.instance.id.as_str()),
    ));
    line.add_time("updated", Some(record.last_updated_at));
    line.add(
        "initial",
        record.initial_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add(
        "previous",
        record.previous_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add(
        "next",
        record.next_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add(
        "related",
        record.related_contact_id.as_ref().map(|id| short(id.as_str())),
    );
    line.add("from", record.customer_endpoint.as_ref().map(endpoint));
    line.add("to", record.system_endpoint.as_ref().map(endpoint));
    line.add("customer", record.customer_id.clone());
    line.add_map("attributes", &record.attributes);
    line.add_time("initiated", record.initiated_at);
    line.add_time("system", record.connected_to_system_at);
    if let Some(queue) = &record.queue {
        let kind = if queue.arn.kind == QueueKind::Agent {
            "agent "
        } else {
            ""
        };
        let name = queue.name.as_deref().unwrap_or("-");
        line.add(
            "queue",
            Some(format!("{kind}{} {name}", short(queue.arn.id.as_str()))),
        );
        line.add_time("enqueued", queue.enqueued_at);
        line.add_time("dequeued", queue.dequeued_at);
        line.add(
            "waited",
            queue.duration_seconds.map(|seconds| format!("{seconds}s")),
        );
    }
    if let Some(agent) = &record.agent {
        let name = agent.username.as_deref().unwrap_or("-");
        line.add("agent", Some(format!("{} {name}", short(agent.arn.id.as_str()))));
        line.add_time("connected", agent.connected_at);
        let seconds = |seconds: Option<u64>| seconds.map_or("-".to_owned(), |seconds| seconds.to_string());
        line.add(
            "talk/hold/acw",
            Some(format!(
                "{}/{}/{}",
                seconds(agent.interaction_seconds),
                seconds(agent.customer_hold_seconds),
                seconds(agent.acw_seconds),
            )),
        );
        line.add_time("acw to", agent.acw_ended_at);
        for transition in &agent.state_transitions {
            line.add("state", Some(transition.state.clone()));
            line.add_time("from", transition.started_at);
            line.add_time("to", transition.ended_at);
        }
    }
    line.add_time("disconnected", record.disconnected_at);
    line.add("reason", record.disconnect_reason.clone());
    line.add_time("transferred", record.transfer_completed_at);
    line.add(
        "transferred to",
        record.transferred_to_endpoint.as_ref().map(endpoint),
    );
    for recording in &record.recordings {
        let words = [
            recording.storage_type.as_ref().map(|kind| kind.as_str()),
            recording.media_stream_type.as_deref(),
            recording.participant_type.as_deref(),
            recording.status.as_ref().map(|status| status.as_str()),
            recording.s3_object().map(|(bucket, _)| bucket),
        ];
        line.add("recording", Some(words.map(|word| word.unwrap_or("-")).join(" ")));
    }
    line.add_routing(&record.routing);
    line.add("supervised", record.supervised.then(|| "yes".to_owned()));
    line.add(
        "tags",
        (!record.tags.is_empty()).then(|| record.tags.len().to_string()),
    );
    line.add(
        "subtype",
        record.segment_attributes["connect:Subtype"]["ValueString"]
            .as_str()
            .map(str::to_owned),
    );
    line.add_errors(&record.malformed);
    line.text
}

fn endpoint(endpoint: &Endpoint) -> String {
    match endpoint.phone() {
        Some(number) => number.as_str().to_owned(),
        None if endpoint.is_withheld() => "withheld".to_owned(),
        None => format!("{}?", endpoint.kind.as_ref().map_or("", |kind| kind.as_str())),
    }
}

pub(crate) const TABLE: &[(&str, &str)] = &[
    ("all-nulls", "- - c0023 in 1; updated 10:07:00Z"),
    (
        "chat",
        "CHAT API c0020 in 1; updated 10:07:00Z; attributes {email=caller@customer.example}; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; recording S3 CHAT All AVAILABLE ringback-recordings; tags 2; subtype connect:Chat",
    ),
    (
        "email",
        "EMAIL INBOUND c0022 in 1; updated 10:07:00Z; from EMAIL_ADDRESS?; to EMAIL_ADDRESS?; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; subtype connect:Email",
    ),
    ("required-fields-only", "- - c0025 in 1; updated 10:07:00Z"),
    (
        "task",
        "TASK API c0021 in 1; updated 10:07:00Z; related c0001; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; subtype connect:Task",
    ),
    (
        "voice-abandoned",
        "VOICE INBOUND c0010 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:03:00Z; waited 135s; disconnected 10:03:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-agent-queue",
        "VOICE INBOUND c0013 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue agent a0001 -; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-agent-without-arn",
        "VOICE INBOUND c0014 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; attributes {CustomerRating=4}; initiated 10:00:00Z; system 10:00:01Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony; malformed Agent.ARN: is missing, Queue.ARN: is no ARN of a queue, Recordings: is a string, not an array or an object",
    ),
    (
        "voice-callback",
        "VOICE CALLBACK c0005 in 1; updated 10:07:00Z; initial c0001; previous c0001; from +14155550100; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-full",
        "VOICE INBOUND c0001 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; customer customer-100; attributes {ringbackMode=same-first, visits=3}; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-monitor",
        "VOICE MONITOR c0009 in 1; updated 10:07:00Z; initial c0001; from +14155550100; initiated 10:03:00Z; agent a0009 agent-9; connected 10:03:00Z; talk/hold/acw 120/0/75; acw to 10:06:15Z; state SILENT_MONITOR; from 10:03:00Z; to 10:03:40Z; state BARGE; from 10:03:40Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; supervised yes; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-never-queued",
        "VOICE INBOUND c0024 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; disconnected 10:00:09Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-outbound",
        "VOICE OUTBOUND c0006 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason AGENT_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-outbound-unanswered",
        "VOICE OUTBOUND c0007 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; agent a0001 agent-1; connected 10:00:00Z; talk/hold/acw 0/0/15; acw to 10:06:15Z; disconnected 10:06:00Z; reason TELECOM_UNANSWERED; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-queue-transfer",
        "VOICE QUEUE_TRANSFER c0004 in 1; updated 10:07:00Z; initial c0001; previous c0001; from +14155550100; initiated 10:00:00Z; system 10:00:01Z; queue b0002 Billing; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-rated",
        "VOICE INBOUND c0001 in 1; updated 10:09:30Z; from +14155550100; to +14155550199; attributes {CustomerRating=5}; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-rated-low",
        "VOICE INBOUND c0002 in 1; updated 10:09:30Z; from +14155550100; to +14155550199; attributes {CustomerRating=1}; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-recording-deleted",
        "VOICE INBOUND c0017 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; recording - AUDIO - DELETED -; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-recording-kvs",
        "VOICE INBOUND c0016 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; recording KINESIS_VIDEO_STREAM AUDIO Customer AVAILABLE -; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-recordings-s3",
        "VOICE INBOUND c0015 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; recording S3 AUDIO - AVAILABLE ringback-recordings; recording S3 AUDIO IVR AVAILABLE ringback-recordings; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-step-expired",
        "VOICE INBOUND c0019 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0002 agent-2; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; routing 0 EXPIRED a0001 20s until 10:01:05Z; since 10:00:45Z; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-step-joined",
        "VOICE INBOUND c0018 in 1; updated 10:07:00Z; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; routing 0 JOINED a0001 20s; since 10:00:45Z; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-transfer-completed",
        "VOICE INBOUND c0001 in 1; updated 10:07:00Z; next c0003; from +14155550100; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; transferred 10:04:30Z; transferred to +14155550123; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-transfer-leg",
        "VOICE TRANSFER c0003 in 1; updated 10:07:00Z; initial c0001; previous c0001; from +14155550100; to +14155550199; initiated 10:03:50Z; queue b0002 Billing; enqueued 10:03:55Z; dequeued 10:04:10Z; waited 15s; agent a0002 agent-2; connected 10:04:10Z; talk/hold/acw 50/0/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
    (
        "voice-webrtc",
        "VOICE WEBRTC_API c0012 in 1; updated 10:07:00Z; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:WebRTC",
    ),
    (
        "voice-withheld",
        "VOICE INBOUND c0011 in 1; updated 10:07:00Z; from withheld; to +14155550199; initiated 10:00:00Z; system 10:00:01Z; queue b0001 Support; enqueued 10:00:45Z; dequeued 10:01:30Z; waited 45s; agent a0001 agent-1; connected 10:01:30Z; talk/hold/acw 180/30/75; acw to 10:06:15Z; disconnected 10:05:00Z; reason CUSTOMER_DISCONNECT; tags 2; subtype connect:Telephony",
    ),
];
