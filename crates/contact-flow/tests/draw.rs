//! The drawer: what a picture shows, and that nothing in it is in the way of anything else.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use ringback_contact_flow::{Flow, draw, read};
use serde_json::{Value, json};

fn flow(actions: Value) -> Flow {
    read(&json!({"Version": "2019-10-30", "StartAction": "a", "Actions": actions}).to_string()).unwrap()
}

fn action(identifier: &str, kind: &str, parameters: Value, transitions: Value) -> Value {
    json!({"Identifier": identifier, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

/// Every text in the picture, in its order.
fn texts(picture: &str) -> Vec<&str> {
    picture
        .split("<text ")
        .skip(1)
        .filter_map(|piece| piece.split_once('>')?.1.split_once('<').map(|t| t.0))
        .collect()
}

/// The number after an attribute's name.
fn attribute(tag: &str, name: &str) -> f64 {
    tag.split_once(&format!(" {name}=\""))
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .parse()
        .unwrap()
}

/// Left, top, right and bottom of every block.
fn boxes(picture: &str) -> Vec<[f64; 4]> {
    let tags = picture
        .split("<rect")
        .skip(1)
        .map(|tag| tag.split_once('>').unwrap().0);
    tags.filter(|tag| tag.contains(r#"stroke-width="1.2""#))
        .map(|tag| {
            let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| attribute(tag, name));
            [x, y, x + w, y + h]
        })
        .collect()
}

fn inbound() -> Flow {
    read(include_str!("check/flows/inbound.json")).unwrap()
}

#[test]
fn there_is_a_box_for_each_block_and_one_for_the_entry() {
    let flow = inbound();
    assert_eq!(boxes(&draw(&flow)).len(), flow.actions.len() + 1);
}

#[test]
fn boxes_do_not_overlap() {
    for text in [
        include_str!("check/flows/inbound.json"),
        include_str!("check/flows/customer-queue.json"),
    ] {
        let boxes = boxes(&draw(&read(text).unwrap()));
        for (number, [left, top, right, bottom]) in boxes.iter().enumerate() {
            for other in &boxes[number + 1..] {
                let apart =
                    other[0] >= *right || other[2] <= *left || other[1] >= *bottom || other[3] <= *top;
                assert!(apart, "{:?} {other:?}", [left, top, right, bottom]);
            }
        }
    }
}

#[test]
fn blocks_are_named_in_words_with_what_they_are_about() {
    let picture = draw(&inbound());
    let texts = texts(&picture);
    for expected in [
        "Entry",
        "Invoke Lambda function",
        "${LastAgentArn}",
        "Check hours of operation",
        "Get customer input",
        "“Press 1 to continue with the",
        "Set routing criteria",
        "= 1",
        "other key, timeout, error",
        "True",
        "otherwise",
        "Disconnect",
    ] {
        assert!(texts.contains(&expected), "{expected:?} is not in {texts:#?}");
    }
}

#[test]
fn names_that_only_machines_read_are_left_out() {
    let uuid = "247d9c40-5aa3-4084-9d51-80675d085a25";
    let flow = flow(json!([
        action(
            "a",
            "DisconnectParticipant",
            json!({}),
            json!({"NextAction": uuid})
        ),
        action(uuid, "DisconnectParticipant", json!({}), json!({})),
    ]));
    assert!(!texts(&draw(&flow)).contains(&uuid));
}

#[test]
fn everything_foreign_is_escaped() {
    let nasty = "<script>&\"'\u{0}\u{b}]]>";
    let flow = flow(json!([
        action(
            "a",
            "MessageParticipant",
            json!({"Text": nasty}),
            json!({"NextAction": nasty})
        ),
        action(
            nasty,
            nasty,
            json!({"x": nasty}),
            json!({"Conditions": [
            {"NextAction": "a", "Condition": {"Operator": nasty, "Operands": [nasty]}}]})
        ),
    ]));
    let picture = draw(&flow);
    assert!(!picture.contains("<script>") && !picture.contains('\u{0}') && !picture.contains('\u{b}'));
    assert!(
        !picture
            .replace("&amp;", "")
            .replace("&lt;", "")
            .replace("&gt;", "")
            .replace("&quot;", "")
            .contains('&')
    );
}

#[test]
fn errors_are_dashed_and_loops_lead_back_up() {
    let flow = flow(json!([
        action(
            "a",
            "InvokeLambdaFunction",
            json!({}),
            json!({"NextAction": "b", "Errors": [{"NextAction": "c", "ErrorType": "NoMatchingError"}]})
        ),
        action(
            "b",
            "MessageParticipant",
            json!({"Text": "Again"}),
            json!({"NextAction": "a"})
        ),
        action("c", "DisconnectParticipant", json!({}), json!({})),
    ]));
    let picture = draw(&flow);
    let lines: Vec<&str> = picture
        .lines()
        .filter(|line| line.contains("marker-end"))
        .collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("stroke-dasharray"))
            .count(),
        1
    );
    assert_eq!(lines.iter().filter(|line| line.contains("url(#back)")).count(), 1);
    assert_eq!(lines.len(), 4);
}

#[test]
fn ways_to_one_target_are_one_line() {
    let flow = flow(json!([
        action(
            "a",
            "GetParticipantInput",
            json!({}),
            json!({
            "NextAction": "b",
            "Conditions": [
                {"NextAction": "b", "Condition": {"Operator": "Equals", "Operands": ["1"]}},
                {"NextAction": "b", "Condition": {"Operator": "Equals", "Operands": ["2"]}}],
            "Errors": [{"NextAction": "b", "ErrorType": "InputTimeLimitExceeded"}]})
        ),
        action("b", "DisconnectParticipant", json!({}), json!({})),
    ]));
    let picture = draw(&flow);
    assert_eq!(picture.matches("marker-end").count(), 2);
    assert!(texts(&picture).contains(&"= 1, 2, timeout"));
}

#[test]
fn where_all_errors_go_to_one_block_it_is_named_and_no_lines_are_drawn() {
    let mut actions: Vec<Value> = (0..5)
        .map(|number| {
            let next = if number == 4 {
                "done".to_owned()
            } else {
                format!("a{}", number + 1)
            };
            let identifier = if number == 0 {
                "a".to_owned()
            } else {
                format!("a{number}")
            };
            action(
                &identifier,
                "InvokeLambdaFunction",
                json!({}),
                json!({"NextAction": next,
                "Errors": [{"NextAction": "sorry", "ErrorType": "NoMatchingError"}]}),
            )
        })
        .collect();
    actions.push(action(
        "sorry",
        "MessageParticipant",
        json!({"Text": "Sorry"}),
        json!({"NextAction": "done"}),
    ));
    actions.push(action("done", "DisconnectParticipant", json!({}), json!({})));
    let picture = draw(&flow(json!(actions)));
    let texts = texts(&picture);
    assert_eq!(texts.iter().filter(|text| **text == "error → A").count(), 5);
    assert!(texts.contains(&"A"));
    assert!(!picture.contains("stroke-dasharray"));
}

#[test]
fn odd_flows_have_pictures_too() {
    // No blocks; an entry that leads nowhere; a way to nowhere; a way to itself; the same name twice.
    assert!(texts(&draw(&flow(json!([])))).contains(&"Entry"));
    let odd = flow(json!([
        action(
            "a",
            "Wait",
            json!({}),
            json!({"NextAction": "a",
            "Errors": [{"NextAction": "gone", "ErrorType": "NoMatchingError"}]})
        ),
        action("a", "Wait", json!({}), json!({"NextAction": "a"})),
    ]));
    let picture = draw(&odd);
    let texts = texts(&picture);
    assert!(texts.contains(&"next ↺"), "{texts:?}");
    assert!(
        texts.iter().any(|text| text.starts_with("error → missing")),
        "{texts:?}"
    );
    assert!(texts.contains(&"dashed box: no way leads there"), "{texts:?}");
}
