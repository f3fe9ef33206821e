//! Calls of several contacts.

use ringback_calls::{CloseCause, Direction, State};
use serde_json::{Value, json};

use super::{AGENT, CALL, SECOND, at, call, day, sample, with};

const SECOND_AGENT: &str = "00000000-0000-4000-8000-0000000a0002";

fn agent(id: &str, connected: &str) -> Value {
    let mut agent = sample("voice-full")["Agent"].clone();
    agent["ARN"] = json!(format!(
        "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001/agent/{id}"
    ));
    agent["ConnectedToAgentTimestamp"] = day(connected);
    agent
}

/// The second contact of the call, begun by a transfer.
fn transfer(fields: &Value) -> Value {
    let mut record = with("voice-transfer-leg", fields);
    record["ContactId"] = json!(SECOND);
    record
}

#[test]
fn the_last_contact_ends_the_call_and_its_agent_served() {
    let first = with(
        "voice-transfer-completed",
        &json!({"TransferredToEndpoint": null}),
    );
    let handed_on = call(std::slice::from_ref(&first));
    assert_eq!((handed_on.state, handed_on.close_cause), (State::Conn, None));
    assert_eq!(handed_on.agent.as_deref(), Some(AGENT));
    let second =
        transfer(&json!({"DisconnectTimestamp": day("10:30:00"), "DisconnectReason": "AGENT_DISCONNECT"}));
    let alone = call(std::slice::from_ref(&second));
    assert_eq!((alone.state, alone.direction), (State::Close, None));
    let both = call(&[first, second]);
    assert_eq!(
        (both.state, both.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    assert_eq!(
        (both.direction, both.agent.as_deref()),
        (Some(Direction::Inbound), Some(SECOND_AGENT))
    );
    assert_eq!(both.bridged_at, Some(at("10:01:30")));
    assert_eq!(
        (both.ended_at, both.created_at),
        (Some(at("10:30:00")), at("10:00:00"))
    );
    assert_eq!(both.a.number.as_ref().unwrap().as_str(), "+14155550100");
}

#[test]
fn a_caller_moved_to_another_queue_and_giving_up_there() {
    let moved = json!({"NextContactId": SECOND, "DisconnectReason": "CONTACT_FLOW_DISCONNECT"});
    let first = with("voice-abandoned", &moved);
    let mut first = first;
    first["ContactId"] = json!(CALL);
    assert_eq!(call(std::slice::from_ref(&first)).state, State::Init);
    let call = call(&[first, sample("voice-queue-transfer")]);
    assert_eq!(
        (call.close_cause, call.ended_at),
        (Some(CloseCause::BUnreachable), Some(at("10:05:00")))
    );
}

#[test]
fn giving_up_in_a_queue_after_having_talked_is_normal() {
    let first = with(
        "voice-transfer-completed",
        &json!({"TransferredToEndpoint": null}),
    );
    let second = transfer(&json!({"Agent": null, "DisconnectTimestamp": day("10:09:00")}));
    let call = call(&[first, second]);
    assert_eq!(
        (call.close_cause, call.ended_at),
        (Some(CloseCause::Normal), Some(at("10:09:00")))
    );
    assert_eq!(call.agent.as_deref(), Some(AGENT));
}

#[test]
fn a_consultation_that_nobody_joined_ends_nothing() {
    let beside = transfer(&json!({
        "Agent": null, "DisconnectReason": "AGENT_DISCONNECT", "DisconnectTimestamp": day("10:04:00"),
    }));
    assert_eq!(call(std::slice::from_ref(&beside)).state, State::Init);
    let first = with(
        "voice-full",
        &json!({"NextContactId": SECOND, "DisconnectReason": "CUSTOMER_DISCONNECT"}),
    );
    let call = call(&[beside, first]);
    assert_eq!(
        (call.close_cause, call.ended_at),
        (Some(CloseCause::Normal), Some(at("10:05:00")))
    );
    assert_eq!(call.agent.as_deref(), Some(AGENT));
}

#[test]
fn an_agent_who_was_only_consulted_did_not_serve() {
    let consulted = transfer(&json!({
        "Agent": agent(SECOND_AGENT, "10:02:00"), "DisconnectReason": "AGENT_DISCONNECT",
        "DisconnectTimestamp": day("10:03:00"),
    }));
    let first = with("voice-full", &json!({"NextContactId": SECOND}));
    let call = call(&[consulted, first]);
    assert_eq!(
        (call.agent.as_deref(), call.ended_at),
        (Some(AGENT), Some(at("10:05:00")))
    );
    assert_eq!(call.bridged_at, Some(at("10:01:30")));
}

#[test]
fn a_caller_put_through_to_a_number_outside_stays_on_the_first_contact() {
    let first = with(
        "voice-transfer-completed",
        &json!({"DisconnectTimestamp": day("10:20:00")}),
    );
    let outside = transfer(&json!({
        "InitiationMethod": "EXTERNAL_OUTBOUND", "Agent": null, "DisconnectReason": "THIRD_PARTY_DISCONNECT",
        "CustomerEndpoint": {"Address": "+14155550123", "Type": "TELEPHONE_NUMBER"}, "DisconnectTimestamp": day("10:19:00"),
    }));
    assert_eq!(call(std::slice::from_ref(&outside)).state, State::Init);
    let call = call(&[outside, first]);
    assert_eq!(
        (call.close_cause, call.ended_at),
        (Some(CloseCause::Normal), Some(at("10:20:00")))
    );
    assert_eq!(call.customer.unwrap().as_str(), "+14155550100");
}

#[test]
fn a_callback_that_was_asked_for_is_part_of_the_call() {
    let mut first = with("voice-abandoned", &json!({"NextContactId": SECOND}));
    first["ContactId"] = json!(CALL);
    let callback = with(
        "voice-callback",
        &json!({"ContactId": SECOND, "DisconnectTimestamp": day("11:00:00")}),
    );
    let called = call(&[first.clone(), callback.clone()]);
    assert_eq!(
        (called.direction, called.close_cause),
        (Some(Direction::Inbound), Some(CloseCause::Normal))
    );
    assert_eq!(called.ended_at, Some(at("11:00:00")));
    let mut busy = callback;
    busy["Agent"] = Value::Null;
    busy["ConnectedToSystemTimestamp"] = Value::Null;
    busy["DisconnectReason"] = json!("TELECOM_BUSY");
    assert_eq!(call(&[first, busy]).close_cause, Some(CloseCause::BBusy));
}
