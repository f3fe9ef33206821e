//! What a batch of the table's stream tells: which calls have new events.

use std::collections::HashMap;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use ringback_calls::CallId;
use ringback_calls::item::{EVENT, ID, PART, call_of};
use serde_dynamo::AttributeValue;

/// A call with new events in the batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Whose call.
    pub(crate) tenant: String,
    /// Which.
    pub(crate) id: CallId,
    /// The ids of its new events.
    pub(crate) events: Vec<String>,
    /// Where in the stream the first of them is.
    pub(crate) sequence_number: String,
}

/// Something to do for a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// A call is to be folded.
    Fold(Call),
    /// There is an event at that place in the stream whose key is no call's.
    Stray(String),
}

impl Task {
    /// Where in the stream the first event of the task is.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Fold(call) => &call.sequence_number,
            Self::Stray(sequence_number) => sequence_number,
        }
    }
}

/// What a batch asks for: each call once, in the order of first events, so that whatever is before the place of a task is
/// part of a task before it.
///
/// Only new events count: records are our own, and what is changed or deleted of an event is its expiry.
pub(crate) fn tasks(event: &Event) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut known = HashMap::new();
    for record in event
        .records
        .iter()
        .filter(|record| record.event_name == "INSERT")
    {
        let (key, part) = (key(record, ID), key(record, PART));
        let Some(id) = part.strip_prefix(EVENT) else {
            continue;
        };
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        let Some((tenant, call)) = call_of(key) else {
            tasks.push(Task::Stray(sequence_number));
            continue;
        };
        let index = *known.entry(key).or_insert(tasks.len());
        match tasks.get_mut(index) {
            Some(Task::Fold(call)) => call.events.push(id.to_owned()),
            _ => tasks.push(Task::Fold(Call {
                tenant: tenant.to_owned(),
                id: call,
                events: vec![id.to_owned()],
                sequence_number,
            })),
        }
    }
    tasks
}

fn key<'a>(record: &'a EventRecord, name: &str) -> &'a str {
    match record.change.keys.get(name) {
        Some(AttributeValue::S(text)) => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(records: &[(&str, &str, &str)]) -> Vec<String> {
        let records: Vec<_> = records
            .iter()
            .enumerate()
            .map(|(index, (name, id, part))| {
                json!({
                    "eventID": "e", "eventName": name, "awsRegion": "eu-west-2",
                    "dynamodb": {
                        "Keys": {"id": {"S": id}, "part": {"S": part}},
                        "SequenceNumber": index.to_string(), "SizeBytes": 1,
                    },
                })
            })
            .collect();
        let event: Event = serde_json::from_value(json!({"Records": records})).unwrap();
        let tasks = tasks(&event);
        let tasks = tasks.iter().map(|task| match task {
            Task::Fold(call) => format!(
                "{} {} {}: {}",
                task.place(),
                call.tenant,
                call.id,
                call.events.join(" ")
            ),
            Task::Stray(_) => format!("{} stray", task.place()),
        });
        tasks.collect()
    }

    #[test]
    fn each_call_comes_once_with_its_events_in_the_order_of_the_first() {
        let seen = seen(&[
            ("INSERT", "call#t-1#call-0001", "event#a"),
            ("INSERT", "call#t-1#short", "event#a"),
            ("INSERT", "call#t-2#call-0001", "event#a"),
            ("INSERT", "call#t-1#call-0001", "event#b"),
        ]);
        assert_eq!(seen, ["0 t-1 call-0001: a b", "1 stray", "2 t-2 call-0001: a"]);
    }

    #[test]
    fn what_is_no_new_event_is_passed_over() {
        let seen = seen(&[
            ("INSERT", "call#t-1#call-0001", "record"),
            ("MODIFY", "call#t-1#call-0001", "event#a"),
            ("REMOVE", "call#t-1#call-0001", "event#a"),
            ("INSERT", "leg#t-1#tw#slug#CA1", "-"),
        ]);
        assert!(seen.is_empty(), "{seen:?}");
    }
}
