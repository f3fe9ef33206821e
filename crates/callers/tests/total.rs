//! Whatever the directory and the rules hold, there is a class, a plan, and an answer that a flow accepts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use ringback_callers::{Answer, NumberUsed, Order, Person, Reason, Rules, Shop, Source, Status, StepKind};
use ringback_connect::flow_answer::{FlowAnswer, StringMap, is_lower_camel_case};
use ringback_connect::{CallerPoint, Channel};
use serde_json::{Value, json};
use support::{Case, from};

/// Any text, and the words that mean something.
fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => prop::sample::select(vec!["vip", "shop", "office", "default", "active-order", "p", "c-1", "c-2", "de", "de-AT",
            "food", "+1415", "+14155550120", "", " ", "{shopName}", "{customerName} {x}", "{", "menu", "queue"])
            .prop_map(ToOwned::to_owned),
        1 => any::<String>(),
        1 => "[😀\\u{301}\\u{202E}\"&<x]{0,700}",
    ]
    .boxed()
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    some: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop::option::weighted(0.3, some).boxed()
}

fn texts() -> BoxedStrategy<Vec<String>> {
    prop::collection::vec(text(), 0..3).boxed()
}

fn hours() -> BoxedStrategy<Option<Value>> {
    maybe(prop::sample::select(vec![
        json!({"timeZone": "UTC", "always": true}),
        json!({"timeZone": "Europe/London", "weekly": {}}),
        json!({"timeZone": "Australia/Lord_Howe", "weekly": {"wednesday": [["09:00", "09:00"]]}, "closed": ["2026-07-01"]}),
    ]))
}

/// Without the fields that are null.
fn lean(mut document: Value) -> Value {
    if let Value::Object(fields) = &mut document {
        fields.retain(|_, value| !value.is_null());
    }
    document
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["customer", "partner"])
}

fn person() -> impl Strategy<Value = Person> {
    (
        text(),
        0_u64..3,
        text(),
        kind(),
        maybe(text()),
        texts(),
        maybe(text()),
    )
        .prop_map(|(id, version, name, kind, language, tags, shop)| {
            from(lean(
                json!({"customerId": id, "version": version, "name": name, "kind": kind, "language": language,
                "tags": tags, "shopId": shop}),
            ))
        })
}

fn order() -> impl Strategy<Value = Order> {
    (
        text(),
        0_u64..3,
        maybe(text()),
        maybe(text()),
        0_i64..3,
        text(),
        maybe(text()),
    )
        .prop_map(|(id, version, owner, shop, placed, title, business)| {
            let placed = jiff::Timestamp::from_second(placed).unwrap();
            from(lean(
                json!({"orderId": id, "version": version, "customerId": owner, "shopId": shop,
                "placedAt": placed, "title": title, "businessType": business}),
            ))
        })
}

fn shop() -> impl Strategy<Value = Shop> {
    (text(), text(), maybe(text()), maybe(text()), hours()).prop_map(|(id, name, phone, word, hours)| {
        from(lean(
            json!({"shopId": id, "version": 1, "name": name, "phone": phone, "channel": word,
            "businessType": word, "hours": hours}),
        ))
    })
}

fn when() -> impl Strategy<Value = Value> {
    let bools = (
        maybe(any::<bool>()),
        maybe(any::<bool>()),
        maybe(any::<bool>()),
        maybe(any::<bool>()),
    );
    let lists = (
        maybe(texts()),
        maybe(texts()),
        maybe(texts()),
        maybe(texts()),
        maybe(texts()),
    );
    (bools, lists, maybe(prop::collection::vec(kind(), 0..2)), maybe(any::<bool>())).prop_map(
        |((known, shared, order, open), (tags, business, language, channel, prefix), kind, verified)| {
            lean(json!({"known": known, "shared": shared, "openOrder": order, "shopOpen": open, "tags": tags,
                "businessType": business, "language": language, "channel": channel, "prefix": prefix, "kind": kind,
                "verified": verified}))
        },
    )
}

fn step() -> impl Strategy<Value = Value> {
    let common = (maybe(text()), maybe(any::<i64>()), maybe(text()));
    (0..6, common, text(), text()).prop_map(|(kind, (name, seconds, prompt), a, b)| match kind {
        0 | 1 => json!({"menu": lean(json!({"name": name, "first": a, "otherwise": b, "prompt": prompt}))}),
        2 | 3 => json!({"external": lean(json!({"name": a, "to": b, "seconds": seconds, "prompt": prompt}))}),
        4 => json!({"queue": lean(json!({"name": name, "queue": a, "seconds": seconds, "prompt": prompt}))}),
        _ => json!({"message": lean(json!({"name": name, "prompt": prompt}))}),
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let place = (text(), text(), hours())
        .prop_map(|(phone, name, hours)| lean(json!({"phone": phone, "name": name, "hours": hours})));
    let rule = (
        text(),
        when(),
        text(),
        maybe(any::<i64>()),
        maybe(text()),
        maybe(text()),
    )
        .prop_map(|(name, when, class, priority, word, plan)| {
            lean(
                json!({"name": name, "when": when, "class": class, "priority": priority, "queue": word,
                "language": word, "plan": plan}),
            )
        });
    (
        prop::collection::btree_map(text(), place, 0..4),
        prop::collection::vec(rule, 0..4),
        prop::collection::btree_map(text(), prop::collection::vec(step(), 0..9), 0..6),
    )
        .prop_map(|(places, rules, plans)| from(json!({"places": places, "rules": rules, "plans": plans})))
}

fn case() -> impl Strategy<Value = Case> {
    let call = (
        prop::sample::select(vec!["VOICE", "CHAT", "FAX"]),
        prop::sample::select(vec!["phone:+14155550100", "customer:c-1", "chat:x", ""]),
        any::<bool>(),
    );
    let found = (
        prop::collection::vec(person(), 0..4),
        prop::collection::vec(order(), 0..4),
        prop::option::of(shop()),
    );
    (found, rules(), call).prop_map(
        |((people, orders, shop), rules, (channel, point, verified))| Case {
            people,
            orders,
            shop,
            rules,
            channel: Channel::from(channel),
            point: CallerPoint::parse(point).ok(),
            verified,
            ..Case::default()
        },
    )
}

fn encoded(answer: &Answer) -> String {
    let map = answer
        .fields()
        .into_iter()
        .fold(StringMap::new(), |map, (name, value)| map.with(name, value));
    FlowAnswer::from(map).encode().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_caller_gets_a_class_a_plan_and_a_whole_answer(case in case()) {
        let answer = case.answer();
        let known = &answer.classification;
        let steps = known.plan.len();
        prop_assert!((1..=6).contains(&steps));
        for (at, step) in known.plan.iter().enumerate() {
            match step.kind {
                StepKind::Menu => {
                    let on: usize = step.target.parse().unwrap();
                    prop_assert!(on >= 1 && at + on < steps, "{:?}", known.plan);
                }
                StepKind::External => prop_assert!(step.target.starts_with('+')),
                _ => {}
            }
            prop_assert!(step.prompt.chars().count() <= 500 && !step.prompt.contains(char::is_control));
        }
        let fields = answer.fields();
        prop_assert_eq!(fields.len(), 21 + 6 * 6);
        for (name, value) in &fields {
            prop_assert!(!value.trim().is_empty(), "{} is empty", name);
        }
        prop_assert!((1..=9).contains(&known.priority));
        let content = known.whisper.strip_prefix("<speak>").and_then(|rest| rest.strip_suffix("</speak>"));
        prop_assert!(content.is_some_and(|content| !content.contains(['<', '>', '"', '\''])));
        prop_assert!(known.summary.chars().count() <= 600);
        encoded(&answer);
        // Neither does the check panic, whatever it says.
        let _ = case.rules.check();
    }

    /// Few names, so that menus find what they name, or what is left of it.
    #[test]
    fn a_menu_offers_the_step_behind_it_and_leads_into_the_plan(
        steps in prop::collection::vec((0..3, 0..3_usize, 0..4_usize, any::<bool>()), 1..9),
    ) {
        let name = |at: usize| ["a", "b", "c", "d"][at];
        let steps: Vec<_> = steps.into_iter().map(|(kind, a, b, rung)| match kind {
            0 => json!({"menu": {"name": "m", "first": name(a), "otherwise": name(b), "prompt": name(a)}}),
            1 => json!({"external": {"name": name(a), "to": if rung { "office" } else { "gone" }}}),
            _ => json!({"queue": {"name": name(a)}}),
        }).collect();
        let mut case = Case::default();
        case.rules.plans.insert("unknown".to_owned(), from(json!(steps)));
        let plan = case.classify().plan;
        prop_assert!((1..=6).contains(&plan.len()));
        for (at, menu) in plan.iter().enumerate().filter(|(_, step)| step.kind == StepKind::Menu) {
            prop_assert_eq!(&plan[at + 1].name, &menu.prompt);
            let on: usize = menu.target.parse().unwrap();
            prop_assert!((1..=5).contains(&on) && at + on < plan.len(), "{:?}", plan);
        }
    }

    #[test]
    fn the_order_in_which_things_are_read_does_not_matter(case in case(), turn in 0_usize..4) {
        let mut turned = case.clone();
        turned.people.reverse();
        turned.orders.reverse();
        let (people, orders) = (turned.people.len().max(1), turned.orders.len().max(1));
        if !turned.people.is_empty() { turned.people.rotate_left(turn % people); }
        if !turned.orders.is_empty() { turned.orders.rotate_left(turn % orders); }
        prop_assert_eq!(turned.answer().fields(), case.answer().fields());
    }
}

/// Every text as long as it may be, in the characters that take the most room.
#[test]
fn the_largest_answer_is_one_a_flow_accepts() {
    let (wide, id) = ("𐀀".repeat(500), "x".repeat(128));
    let quoted = "'".repeat(500);
    let step = |at: usize| json!({"queue": {"name": format!("{at}{}", "n".repeat(39)), "queue": "q".repeat(256), "prompt": wide}});
    let plan: Vec<_> = (0..6).map(step).collect();
    let rules = json!({
        "rules": [{"name": "r", "class": "c".repeat(40), "queue": "q".repeat(256), "plan": "p"}],
        "plans": {"p": plan},
    });
    for name in [wide, quoted] {
        let case = Case {
            people: vec![from(json!({"customerId": id, "version": 1, "name": name}))],
            orders: vec![from(
                json!({"orderId": id, "version": 1, "customerId": id, "shopId": id, "title": name,
                "placedAt": "2026-07-01T00:00:00Z"}),
            )],
            shop: Some(from(
                json!({"shopId": id, "version": 1, "name": name, "channel": name, "phone": "+14155550130"}),
            )),
            rules: from(rules.clone()),
            ..Case::default()
        };
        assert_eq!(case.rules.check(), Ok(()));
        let length = encoded(&case.answer()).len();
        assert!(
            (8_000..24_000).contains(&length),
            "{length} bytes; UpdateContactAttributes takes 32 KB for all of a contact's"
        );
    }
}

#[test]
fn fields_have_the_names_that_flows_read() {
    let fields = Answer::unavailable(Reason::BadEvent).fields();
    let mut names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    assert!(names.iter().all(|name| is_lower_camel_case(name)));
    let steps = names.split_off(21);
    assert_eq!(
        names.join(" "),
        "status reason source class numberUsed verified customerId customerName orderId orderTitle shopId shopName \
         shopPhone shopChannel shopOpen language priority queue summary whisper planLength"
    );
    let expected: Vec<_> = (1..=6)
        .flat_map(|at| {
            ["Kind", "Name", "Target", "Seconds", "Rounds", "Prompt"].map(|field| format!("step{at}{field}"))
        })
        .collect();
    assert_eq!(steps, expected);
}

#[test]
fn words_are_told_apart_and_fit_a_branch() {
    let all = [
        Status::ALL.iter().map(|word| word.name()).collect::<Vec<_>>(),
        Reason::ALL.iter().map(|word| word.name()).collect(),
        Source::ALL.iter().map(|word| word.name()).collect(),
        NumberUsed::ALL.iter().map(|word| word.name()).collect(),
        StepKind::ALL.iter().map(|word| word.name()).collect(),
    ];
    for words in all {
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
        );
    }
}
