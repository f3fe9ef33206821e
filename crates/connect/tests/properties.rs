//! What holds for any input: no panic, no value in an error, and keys in any case.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper that panics fails its test, which is what it is for"
)]

mod support;

use proptest::prelude::*;
use proptest::sample::Index;
use ringback_connect::phone::{E164, is_withheld};
use ringback_connect::{ContactEvent, ContactRecord, DecodeError, FlowEvent};
use serde_json::{Map, Value, json};
use support::samples;

/// Stands for whatever a caller or an operator may have put in; no error may repeat it.
const SECRET: &str = "+14155550177";

fn documents(folders: &[&str]) -> Vec<Value> {
    let texts = folders.iter().flat_map(|folder| samples(folder).into_values());
    texts.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!(SECRET)),
        Just(json!(format!(
            "arn:aws:connect:eu-west-2:111122223333:instance/{SECRET}/agent/{SECRET} "
        ))),
        Just(json!("-009999-01-01T00:00:00Z")),
        Just(json!("9999-12-31T23:59:60Z")),
    ];
    let key = prop_oneof![
        any::<String>(),
        Just(SECRET.to_owned()),
        prop::sample::select(vec![
            "Address",
            "detail",
            "Expression",
            "OrExpression",
            "Steps",
            "ARN"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Paths to every value of a document, the document itself included.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Decodes a document as each of the three, and checks what is left to say about it.
fn decode_as_everything(document: &Value) {
    let bytes = serde_json::to_vec(document).unwrap();
    let quiet = |error: &DecodeError| {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&SECRET[1..]), "{shown}");
    };
    let outcomes = [
        FlowEvent::decode(document).map(|event| (format!("{event:?}"), event.malformed)),
        ContactEvent::decode(document).map(|event| (format!("{event:?}"), event.malformed)),
        ContactRecord::decode(&bytes).map(|record| (format!("{record:?}"), record.malformed)),
    ];
    for outcome in outcomes {
        match outcome {
            Ok((_, malformed)) => malformed.iter().for_each(quiet),
            Err(error) => quiet(&error),
        }
    }
}

/// Writes the structural keys in another case. The keys inside user maps belong to the operator and stay.
fn recased(value: &Value, pick: &mut impl FnMut() -> u8) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                let user_map =
                    ["attributes", "tags", "segmentattributes"].contains(&key.to_lowercase().as_str());
                let value = if user_map {
                    value.clone()
                } else {
                    recased(value, pick)
                };
                (recase(key, pick()), value)
            };
            Value::Object(map.iter().map(entry).collect::<Map<_, _>>())
        }
        Value::Array(list) => list.iter().map(|value| recased(value, pick)).collect(),
        other => other.clone(),
    }
}

fn recase(key: &str, how: u8) -> String {
    let mut letters = key.chars();
    let first = letters.next();
    match how % 5 {
        0 => first
            .map(|c| c.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect(),
        1 => first
            .map(|c| c.to_ascii_lowercase())
            .into_iter()
            .chain(letters)
            .collect(),
        2 => key.to_ascii_uppercase(),
        3 => key.to_ascii_lowercase(),
        _ => key.to_owned(),
    }
}

proptest! {
    #[test]
    fn a_damaged_sample_is_decoded_or_refused_quietly(
        sample in any::<Index>(),
        damage in prop::collection::vec((any::<Index>(), any_json()), 1..4),
    ) {
        let samples = documents(&["flow", "contact-events", "contact-records"]);
        let mut document = sample.get(&samples).clone();
        for (place, value) in damage {
            let mut places = Vec::new();
            pointers(&document, "", &mut places);
            let place: &String = place.get(&places);
            *document.pointer_mut(place).unwrap() = value;
        }
        decode_as_everything(&document);
    }

    #[test]
    fn any_json_at_all_is_decoded_or_refused_quietly(document in any_json()) {
        decode_as_everything(&document);
    }

    #[test]
    fn any_bytes_at_all_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ContactRecord::decode(&bytes);
    }

    #[test]
    fn the_case_of_structural_keys_changes_nothing(
        sample in any::<Index>(),
        picks in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut next = picks.iter().copied().cycle();
        let mut pick = || next.next().unwrap_or_default();

        let events = documents(&["contact-events"]);
        let event = sample.get(&events);
        prop_assert_eq!(ContactEvent::decode(&recased(event, &mut pick)), ContactEvent::decode(event));

        let records = documents(&["contact-records"]);
        let record = sample.get(&records);
        prop_assert_eq!(
            ContactRecord::decode_value(&recased(record, &mut pick)),
            ContactRecord::decode_value(record)
        );
    }

    #[test]
    fn an_e164_number_shows_four_digits_at_most(text in "\\+?[0-9a-z ]{0,17}") {
        if let Ok(number) = E164::parse(&text) {
            prop_assert_eq!(number.as_str(), text.trim());
            prop_assert_eq!(format!("{number:?}").chars().filter(char::is_ascii_digit).count(), 4);
        }
    }

    #[test]
    fn any_text_is_withheld_or_not(text in any::<String>()) {
        let _ = is_withheld(&text);
        let _ = E164::parse(&text);
    }
}
