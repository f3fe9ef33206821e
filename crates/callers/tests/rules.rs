//! What is said of rules before they are kept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use ringback_callers::Rules;
use serde_json::{Value, json};

fn problems(document: Value) -> Vec<String> {
    let rules: Rules = serde_json::from_value(document).unwrap();
    let found = rules.check().err().unwrap_or_default();
    found
        .into_iter()
        .map(|problem| format!("{} {}", problem.path, problem.message))
        .collect()
}

fn rule(name: &str, when: Value) -> Value {
    json!({"name": name, "when": when, "class": "vip"})
}

/// Problems of rules with these conditions, in order.
fn conditions(whens: &[Value]) -> Vec<String> {
    let rules: Vec<_> = whens
        .iter()
        .enumerate()
        .map(|(at, when)| rule(&format!("r{at}"), when.clone()))
        .collect();
    problems(json!({"rules": rules}))
}

fn plan(steps: Value) -> Vec<String> {
    problems(json!({
        "places": {"office": {"phone": "+14155550120", "name": "the office"}},
        "plans": {"p": steps},
    }))
}

#[test]
fn the_built_in_rules_are_fit_to_be_kept_once_there_is_an_office() {
    let mut rules = Rules::built_in().clone();
    assert_eq!((rules.rules.len(), rules.plans.len()), (5, 4));
    let missing = rules.check().unwrap_err();
    assert!(
        missing
            .iter()
            .all(|problem| problem.message.contains("one of places")),
        "{missing:?}"
    );
    let office = json!({"phone": "+14155550120", "name": "the office"});
    rules
        .places
        .insert("office".to_owned(), serde_json::from_value(office).unwrap());
    assert_eq!(rules.check(), Ok(()));
}

#[test]
fn rules_are_written_as_they_were_read() {
    let document = json!({
        "version": 3,
        "places": {"office": {"phone": "+14155550120", "name": "the office", "hours": {"timeZone": "UTC", "always": true}}},
        "rules": [{"name": "vip", "when": {"tags": ["vip"], "channel": ["VOICE"], "openOrder": false}, "class": "vip",
            "priority": 2, "queue": "q-1", "language": "de-DE", "plan": "vip"}],
        "plans": {"vip": [
            {"menu": {"first": "office", "otherwise": "queue"}},
            {"external": {"name": "office", "to": "office"}}, {"message": {}}, {"queue": {"queue": "default", "seconds": 20}},
            {"hangUp": {"prompt": "Goodbye."}}
        ]},
    });
    let rules: Rules = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(rules.check(), Ok(()));
    assert_eq!(serde_json::to_value(&rules).unwrap(), document);
    assert!(!format!("{rules:?}").contains("5550120"), "a number in Debug");
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    insta::assert_snapshot!(problems(json!({
        "places": {"shop": {"phone": "020 7946", "name": " "}, "The Office": {"phone": "+14155550120", "name": "o"}},
        "rules": [
            {"name": "", "class": "VIP", "priority": 10, "queue": "", "language": "deutsch!", "plan": "nowhere"},
            {"name": "b", "when": {"tags": [], "prefix": ["49"], "channel": ["FAX"]}, "class": "b"},
            {"name": "b", "when": {"openOrder": true}, "class": "b", "plan": "partner"},
        ],
        "plans": {
            "empty": [],
            "long": [{"message": {"name": "a"}}, {"message": {"name": "b"}}, {"message": {"name": "c"}},
                {"message": {"name": "d"}}, {"message": {"name": "e"}}, {"message": {"name": "f"}}, {"hangUp": {}}],
            "odd": [
                {"menu": {"first": "q", "otherwise": "shop"}},
                {"external": {"name": "shop", "to": "nowhere", "seconds": 4, "prompt": ""}},
                {"queue": {"name": "shop", "queue": "a b", "seconds": 1001, "prompt": "{shopname} {orderId} {"}},
            ],
        },
    })).join("\n"), @r"
    places.? must be 1 to 40 small letters, digits or hyphens
    places.shop is the word for the shop of the order
    places.shop.phone must be a number in E.164, for example +14155550121
    places.shop.name must be 1 to 100 characters
    rules[0].name must be 1 to 100 characters
    rules[0].class must be 1 to 40 small letters, digits or hyphens
    rules[0].priority must be 1 to 9
    rules[0].queue must be the ARN or id of a queue, or default
    rules[0].language must be a language tag such as de or en-GB
    rules[0].plan is no plan
    rules[1].when.tags is empty and never holds
    rules[1].when.prefix[0] must be the beginning of a number, for example +49
    rules[1].when.channel[0] must be VOICE, CHAT, TASK or EMAIL
    rules[1].when is never asked: rules[0] already takes every such caller
    rules[2].name is the name of rules[1] too
    rules[2].when is never asked: rules[0] already takes every such caller
    plans.empty needs a step
    plans.long has more than six steps
    plans.odd[0].menu.first must be the name of the next step
    plans.odd[1].external.seconds must be 5 to 600
    plans.odd[1].external.to is neither shop nor one of places
    plans.odd[1].external.prompt is empty; leave it out for the step's own words
    plans.odd[2].queue.name is the name of an earlier step too
    plans.odd[2].queue.seconds must be 0 to 1000
    plans.odd[2].queue.queue must be the ARN or id of a queue, or default
    plans.odd[2].queue.prompt may hold {customerName}, {orderId} and {shopName}, and no other brace
    ");
}

#[test]
fn prompts_are_bounded_in_characters_and_know_three_names() {
    assert!(plan(json!([{"message": {"prompt": "ü".repeat(500)}}])).is_empty());
    assert_eq!(
        plan(json!([{"message": {"prompt": "ü".repeat(501)}}])),
        ["plans.p[0].message.prompt is longer than 500 characters"]
    );
    assert!(plan(json!([{"message": {"prompt": "{customerName} {orderId} {shopName}"}}])).is_empty());
    for prompt in ["{shop}", "a { b", "{}", "{shopName"] {
        assert_eq!(
            plan(json!([{"message": {"prompt": prompt}}])).len(),
            1,
            "{prompt}"
        );
    }
}

#[test]
fn conditions_that_never_hold_together_are_refused() {
    for (when, fields) in [
        (json!({"known": false, "tags": ["vip"]}), vec!["tags"]),
        (
            json!({"known": false, "kind": ["customer"], "language": ["de"]}),
            vec!["kind", "language"],
        ),
        (json!({"known": true, "shared": true}), vec!["known"]),
        (json!({"shared": true, "tags": ["vip"]}), vec!["tags"]),
        (
            json!({"openOrder": false, "kind": ["customer"], "shopOpen": true}),
            vec!["shopOpen"],
        ),
        (
            json!({"openOrder": false, "known": false, "businessType": ["food"]}),
            vec!["businessType"],
        ),
        // These can hold.
        (
            json!({"openOrder": false, "businessType": ["food"], "shopOpen": false}),
            vec![],
        ),
        (
            json!({"known": false, "openOrder": true, "businessType": ["food"]}),
            vec![],
        ),
        (json!({"known": false, "shared": true}), vec![]),
        (
            json!({"known": false, "shared": false, "prefix": ["+49"]}),
            vec![],
        ),
    ] {
        let found = conditions(std::slice::from_ref(&when));
        assert_eq!(found.len(), fields.len(), "{when}: {found:?}");
        for (problem, field) in found.iter().zip(fields) {
            assert!(
                problem.starts_with(&format!("rules[0].when.{field} never holds together")),
                "{problem}"
            );
        }
    }
}

#[test]
fn a_rule_that_an_earlier_one_hides_is_refused() {
    for (earlier, later) in [
        (json!({}), json!({"tags": ["vip"]})),
        (json!({"tags": ["vip"]}), json!({"tags": ["vip"]})),
        (
            json!({"tags": ["vip", "gold"]}),
            json!({"tags": ["gold"], "openOrder": true}),
        ),
        (json!({"known": true}), json!({"tags": ["vip"]})),
        (json!({"language": ["de"]}), json!({"language": ["de-AT", "DE"]})),
        (json!({"prefix": ["+4"]}), json!({"prefix": ["+49", "+44"]})),
    ] {
        let found = conditions(&[earlier.clone(), later.clone()]);
        let expected = ["rules[1].when is never asked: rules[0] already takes every such caller"];
        assert_eq!(found, expected, "{earlier} before {later}");
    }
    for (earlier, later) in [
        (json!({"tags": ["vip"]}), json!({"tags": ["vip", "gold"]})),
        (
            json!({"tags": ["vip"], "openOrder": true}),
            json!({"tags": ["vip"]}),
        ),
        (json!({"language": ["de-AT"]}), json!({"language": ["de"]})),
        (json!({"openOrder": true}), json!({"openOrder": false})),
        (json!({"known": true}), json!({"shared": true})),
    ] {
        assert_eq!(
            conditions(&[earlier.clone(), later.clone()]),
            [""; 0],
            "{earlier} before {later}"
        );
    }
}

#[test]
fn a_menu_leads_to_the_next_step_and_to_a_later_one() {
    let steps = |first: &str, otherwise: &str| {
        plan(json!([
            {"menu": {"first": first, "otherwise": otherwise}},
            {"external": {"name": "shop", "to": "shop"}},
            {"external": {"name": "office", "to": "office"}},
            {"queue": {"name": "call-centre"}},
        ]))
    };
    assert!(steps("shop", "office").is_empty());
    assert!(steps("shop", "call-centre").is_empty());
    assert_eq!(
        steps("office", "call-centre"),
        ["plans.p[0].menu.first must be the name of the next step"]
    );
    for otherwise in ["shop", "menu", "nowhere"] {
        let expected =
            ["plans.p[0].menu.otherwise must be the name of a step after the one that key 1 leads to"];
        assert_eq!(steps("shop", otherwise), expected);
    }
}

#[test]
fn unknown_fields_are_refused() {
    for document in [
        json!({"rule": []}),
        json!({"rules": [{"name": "a", "class": "a", "when": {"vip": true}}]}),
        json!({"plans": {"p": [{"ring": {}}]}}),
        json!({"plans": {"p": [{"queue": {"wait": 5}}]}}),
    ] {
        assert!(
            serde_json::from_value::<Rules>(document.clone()).is_err(),
            "{document}"
        );
    }
}
