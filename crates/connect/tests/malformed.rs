//! What cannot be decoded says where and why, and never what was there.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that panics fails its test, which is what it is for"
)]

use ringback_connect::{ContactEvent, ContactRecord, FlowEvent};
use serde_json::{Value, json};

const INSTANCE: &str = "arn:aws:connect:eu-west-2:111122223333:instance/i-1";

fn changed(mut document: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    document
}

/// Each row: what is changed, into what (`None` removes it), and the whole error.
fn check<E: std::fmt::Display, T>(
    sound: &Value,
    decode: impl Fn(&Value) -> Result<T, E>,
    table: &[(&str, Option<Value>, &str)],
) {
    assert!(decode(sound).is_ok());
    for (pointer, value, expected) in table {
        let found = decode(&changed(sound.clone(), pointer, value.clone()))
            .err()
            .map(|error| error.to_string());
        assert_eq!(found.as_deref(), Some(*expected), "{pointer}");
    }
}

#[test]
fn a_flow_event_names_the_field_it_lacks() {
    let sound = json!({"Details": {"ContactData": {"ContactId": "c-1", "InstanceARN": INSTANCE, "Channel": "VOICE"}}});
    check(
        &sound,
        FlowEvent::decode,
        &[
            ("/Details", None, "Details: is missing"),
            ("/Details", Some(json!([])), "Details: is an array, not an object"),
            (
                "/Details/ContactData",
                Some(Value::Null),
                "Details.ContactData: is missing",
            ),
            (
                "/Details/ContactData/ContactId",
                None,
                "Details.ContactData.ContactId: is missing",
            ),
            (
                "/Details/ContactData/ContactId",
                Some(json!("")),
                "Details.ContactData.ContactId: is missing",
            ),
            (
                "/Details/ContactData/ContactId",
                Some(json!(14155550100_i64)),
                "Details.ContactData.ContactId: is a number, not a string",
            ),
            (
                "/Details/ContactData/ContactId",
                Some(json!("c 1")),
                "Details.ContactData.ContactId: has white space or # in it",
            ),
            (
                "/Details/ContactData/ContactId",
                Some(json!("c".repeat(257))),
                "Details.ContactData.ContactId: has more than 256 characters",
            ),
            (
                "/Details/ContactData/InstanceARN",
                Some(json!("i-1")),
                "Details.ContactData.InstanceARN: is no ARN",
            ),
            (
                "/Details/ContactData/InstanceARN",
                Some(json!(format!("{INSTANCE}/queue/q-1"))),
                "Details.ContactData.InstanceARN: is no ARN of an instance",
            ),
            (
                "/Details/ContactData/Channel",
                Some(Value::Null),
                "Details.ContactData.Channel: is missing",
            ),
        ],
    );
    assert_eq!(
        FlowEvent::decode(&json!("event")).unwrap_err().to_string(),
        "$: is a string, not an object"
    );
}

#[test]
fn a_contact_event_names_the_field_it_lacks() {
    let detail = json!({"eventType": "QUEUED", "contactId": "c-1", "instanceArn": INSTANCE});
    let sound = json!({"source": "aws.connect", "time": "2026-06-01T10:00:00Z", "detail": detail});
    check(
        &sound,
        ContactEvent::decode,
        &[
            ("/detail", Some(json!("")), "detail: is a string, not an object"),
            ("/detail/contactId", None, "detail.contactId: is missing"),
            ("/detail/instanceArn", None, "detail.instanceArn: is missing"),
            (
                "/detail/instanceArn",
                Some(json!("arn:aws:s3:::bucket")),
                "detail.instanceArn: is no ARN of an instance",
            ),
            (
                "/detail/eventType",
                Some(json!({})),
                "detail.eventType: is an object, not a string",
            ),
        ],
    );
    // Without an envelope the path begins at the detail's own fields.
    check(
        &detail,
        ContactEvent::decode,
        &[
            ("/contactId", None, "contactId: is missing"),
            ("/eventType", Some(Value::Null), "eventType: is missing"),
        ],
    );
}

#[test]
fn a_contact_record_names_the_field_it_lacks() {
    let sound =
        json!({"ContactId": "c-1", "InstanceARN": INSTANCE, "LastUpdateTimestamp": "2026-06-01T10:00:00Z"});
    check(
        &sound,
        ContactRecord::decode_value,
        &[
            ("/ContactId", None, "ContactId: is missing"),
            ("/InstanceARN", None, "InstanceARN: is missing"),
            ("/LastUpdateTimestamp", None, "LastUpdateTimestamp: is missing"),
            (
                "/LastUpdateTimestamp",
                Some(json!("1970-01-01T00:00:00.001Z")),
                "LastUpdateTimestamp: is missing",
            ),
            (
                "/LastUpdateTimestamp",
                Some(json!("soon")),
                "LastUpdateTimestamp: is no RFC 3339 or epoch time",
            ),
        ],
    );
}

#[test]
fn bytes_that_are_no_json_say_where() {
    let message = |bytes: &[u8]| ContactRecord::decode(bytes).unwrap_err().to_string();
    assert_eq!(
        message(b"{\"ContactId\": +14155550100}"),
        "$: is not JSON (line 1, column 15)"
    );
    assert_eq!(message(b""), "$: is not JSON (line 1, column 0)");
    assert_eq!(
        message(b"{\"ContactId\": \"\xff\"}"),
        "$: is not JSON (line 1, column 16)"
    );
    assert_eq!(message(b"[]"), "$: is an array, not an object");
}

#[test]
fn serde_passes_the_path_on() {
    let error = serde_json::from_str::<FlowEvent>(r#"{"Details": {"ContactData": {}}}"#).unwrap_err();
    assert_eq!(error.to_string(), "Details.ContactData.ContactId: is missing");
    let error = serde_json::from_str::<ContactEvent>(r#"{"detail": {"eventType": "QUEUED"}}"#).unwrap_err();
    assert_eq!(error.to_string(), "detail.contactId: is missing");
}
