//! Plausible contacts of Amazon Connect.

use proptest::prelude::*;
use ringback_calls::Entry;
use ringback_carriers::events_of_record;
use ringback_connect::ContactRecord;
use serde_json::{Value, json};

const FIRST: &str = "00000000-0000-4000-8000-0000000c0001";
const SECOND: &str = "00000000-0000-4000-8000-0000000c0002";
const SAMPLE: &str = include_str!("../../../../events/connect/contact-records/voice-full.json");

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::sample::select(values).prop_map(|text| if text.is_empty() { Value::Null } else { json!(text) })
}

fn time() -> impl Strategy<Value = Value> {
    one_of(&[
        "",
        "2026-06-01T10:00:00Z",
        "2026-06-01T10:01:30Z",
        "2026-06-01T13:05:00Z",
        "2026-06-01T10:30:00Z",
    ])
}

/// A contact of the call, the first or another.
fn contact() -> impl Strategy<Value = Value> {
    let ids = one_of(&[FIRST, SECOND, "00000000-0000-4000-8000-0000000c0003"]);
    let methods = one_of(&[
        "INBOUND",
        "OUTBOUND",
        "API",
        "CALLBACK",
        "TRANSFER",
        "QUEUE_TRANSFER",
        "EXTERNAL_OUTBOUND",
        "DISCONNECT",
        "ODD",
    ]);
    let reasons = one_of(&[
        "",
        "CUSTOMER_DISCONNECT",
        "AGENT_DISCONNECT",
        "THIRD_PARTY_DISCONNECT",
        "TELECOM_BUSY",
        "TELECOM_UNANSWERED",
        "TELECOM_PROBLEM",
        "CONTACT_FLOW_DISCONNECT",
        "ODD",
    ]);
    let next = one_of(&["", SECOND]);
    (
        ids,
        methods,
        reasons,
        next,
        prop::array::uniform6(time()),
        any::<[bool; 2]>(),
    )
        .prop_map(|(id, method, reason, next, times, [has_agent, has_queue])| {
            let [initiated, connected, agent, disconnected, transferred, updated] = times;
            let mut record: Value = serde_json::from_str(SAMPLE).unwrap();
            record["InitialContactId"] = if id == FIRST { Value::Null } else { json!(FIRST) };
            record["ContactId"] = id;
            record["InitiationMethod"] = method;
            record["DisconnectReason"] = reason;
            record["NextContactId"] = next;
            record["ConnectedToSystemTimestamp"] = connected;
            record["DisconnectTimestamp"] = disconnected;
            record["TransferCompletedTimestamp"] = transferred;
            if initiated.is_string() {
                record["InitiationTimestamp"] = initiated;
            }
            if updated.is_string() {
                record["LastUpdateTimestamp"] = updated;
            }
            if has_agent {
                record["Agent"]["ConnectedToAgentTimestamp"] = agent;
            } else {
                record["Agent"] = Value::Null;
            }
            if !has_queue {
                record["Queue"] = Value::Null;
            }
            record
        })
}

pub(crate) fn call() -> impl Strategy<Value = Vec<Entry>> {
    // Each tells two events.
    prop::collection::vec(contact(), 1..7).prop_map(|contacts| {
        let heard = contacts
            .iter()
            .flat_map(|contact| events_of_record(&ContactRecord::decode_value(contact).unwrap()));
        super::kept("ac", heard.map(|heard| heard.event))
    })
}
