//! Whatever a flow looks like, there is an answer.

use proptest::prelude::*;
use proptest::sample::Index;
use ringback_contact_flow::{FlowKind, check, check_value, draw, read};
use serde_json::{Value, json};

const FLOWS: [&str; 3] = [
    include_str!("flows/inbound.json"),
    include_str!("flows/customer-queue.json"),
    include_str!("flows/module.json"),
];

/// What replaces a value somewhere in a flow; `None` removes it.
fn odd_value() -> impl Strategy<Value = Option<Value>> {
    let names = vec![
        "Ask", "End", "Music", "Again", "Loop", "Compare", "Wait", "$.Agent", "1", "",
    ];
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        Just(Some(json!({}))),
        Just(Some(json!([]))),
        Just(Some(json!([[], {}, 1, "$.External.x"]))),
        any::<i64>().prop_map(|number| Some(json!(number))),
        "\\PC{0,12}".prop_map(|text| Some(json!(text))),
        "[$.{}\\[\\]'%<>&\"a-zA-Z]{0,16}".prop_map(|text| Some(json!(text))),
        prop::sample::select(names).prop_map(|text| Some(json!(text))),
    ]
}

/// The pointer of every value in a document.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                all.push(format!("{at}/{index}"));
                pointers(value, &format!("{at}/{index}"), all);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                all.push(place.clone());
                pointers(value, &place, all);
            }
        }
        _ => {}
    }
}

fn mutate(flow: &mut Value, place: Index, new: Option<Value>) {
    let mut all = Vec::new();
    pointers(flow, "", &mut all);
    if all.is_empty() {
        return;
    }
    let place = place.get(&all);
    let (parent, name) = place.rsplit_once('/').unwrap();
    match (flow.pointer_mut(parent).unwrap(), new) {
        (Value::Array(list), None) => drop(list.remove(name.parse().unwrap())),
        (Value::Object(map), None) => drop(map.remove(&name.replace("~1", "/").replace("~0", "~"))),
        (_, new) => *flow.pointer_mut(place).unwrap() = new.unwrap_or_default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn mutated_flows_are_checked_and_drawn(
        base in 0..FLOWS.len(),
        changes in prop::collection::vec((any::<Index>(), odd_value()), 1..6),
        kind in prop::option::of(prop::sample::select(FlowKind::ALL.to_vec())),
    ) {
        let mut flow: Value = serde_json::from_str(FLOWS[base]).unwrap();
        for (place, new) in changes {
            mutate(&mut flow, place, new);
        }
        let report = check_value(&flow, kind).unwrap();
        let _ = report.to_string();
        match read(&flow.to_string()) {
            Ok(flow) => {
                let picture = draw(&flow);
                prop_assert!(picture.ends_with("</svg>\n"));
                prop_assert_eq!(&picture, &draw(&flow));
            }
            // What cannot even be read cannot be acceptable.
            Err(error) => prop_assert!(!report.is_accepted(), "{}\n{}", error, flow),
        }
    }

    #[test]
    fn any_json_gets_an_answer(text in "[\\[\\]{}\":,a-z0-9]{0,40}") {
        let _ = check(&text, None);
        let _ = read(&text);
    }
}
