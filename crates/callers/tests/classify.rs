//! Who is calling, of which class, and where they go.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod support;

use ringback_callers::{Answer, NumberUsed, Order, Person, Reason, Rules, Shop, Source, choose, classify};
use serde_json::json;
use support::{Case, from, office};

fn person(id: &str, name: &str) -> Person {
    from(json!({"customerId": id, "version": 1, "name": name}))
}

fn order(id: &str, owner: Option<&str>, placed: &str) -> Order {
    let placed = format!("2026-07-01T{placed}:00Z");
    from(
        json!({"orderId": id, "version": 1, "customerId": owner, "placedAt": placed,
        "shopId": "shop-1", "title": "2 pizzas"}),
    )
}

/// Open from noon to 22:00 in London; calls of a [`Case`] come at 19:00 there.
fn shop() -> Shop {
    let noon = json!([["12:00", "22:00"]]);
    from(
        json!({"shopId": "shop-1", "version": 1, "name": "Shop 1", "phone": "+14155550130", "channel": "shop-1",
        "hours": {"timeZone": "Europe/London", "weekly": {"wednesday": noon}}}),
    )
}

fn with_order() -> Case {
    Case {
        people: vec![person("c-1", "Customer A")],
        orders: vec![order("A-17", Some("c-1"), "17:30")],
        shop: Some(shop()),
        ..Case::default()
    }
}

#[test]
fn an_open_order_gets_the_shop_then_the_office_then_the_call_centre() {
    insta::assert_snapshot!(with_order().told(), @r"
    status: found
    reason: person
    source: directory
    class: active-order
    numberUsed: line
    verified: true
    customerId: c-1
    customerName: Customer A
    orderId: A-17
    orderTitle: 2 pizzas
    shopId: shop-1
    shopName: Shop 1
    shopPhone: +14155550130
    shopChannel: shop-1
    shopOpen: true
    priority: 5
    queue: default
    summary: Customer A, order A-17 (2 pizzas) at Shop 1
    whisper: <speak>Customer A, order A-17 (2 pizzas) at Shop 1</speak>
    planLength: 4
    menu | menu | 2 | 5 | 0 | To speak with Shop 1 about your order, press 1. For support, press 2.
    external | shop | +14155550130 | 15 | 0 | One moment please, we are connecting you with Shop 1.
    external | office | +14155550120 | 15 | 0 | One moment please, we are connecting you with the office.
    queue | call-centre | default | 0 | 0 | Please hold the line. The next free colleague will take your call.
    ");
}

#[test]
fn the_built_in_classes_each_have_their_plan() {
    let known = Case {
        people: vec![person("c-1", "Customer A")],
        ..Case::default()
    };
    let mut partner = person("c-2", "Partner A");
    partner.kind = ringback_callers::PersonKind::Partner;
    partner.shop_id = Some("shop-1".to_owned());
    let partner = Case {
        people: vec![partner],
        shop: Some(shop()),
        ..Case::default()
    };
    assert_eq!(choose(&partner.people, &[]).shop_id(), Some("shop-1"));
    let nobody = Case::default();
    let told: Vec<_> = [known, partner, nobody].iter().map(Case::told).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    status: found
    reason: person
    source: directory
    class: known-customer
    numberUsed: line
    verified: true
    customerId: c-1
    customerName: Customer A
    shopOpen: unknown
    priority: 5
    queue: default
    summary: Customer A
    whisper: <speak>Customer A</speak>
    planLength: 2
    external | office | +14155550120 | 15 | 0 | One moment please, we are connecting you with the office.
    queue | call-centre | default | 0 | 0 | Please hold the line. The next free colleague will take your call.
    
    status: found
    reason: person
    source: directory
    class: partner
    numberUsed: line
    verified: true
    customerId: c-2
    customerName: Partner A
    shopId: shop-1
    shopName: Shop 1
    shopPhone: +14155550130
    shopChannel: shop-1
    shopOpen: true
    priority: 5
    queue: default
    summary: Partner A, partner at Shop 1
    whisper: <speak>Partner A, partner at Shop 1</speak>
    planLength: 2
    message | message | none | 0 | 0 | Thank you for calling. For our partners we are there in the partner chat: please write to us there.
    hang-up | hang-up | none | 0 | 0 | Goodbye.
    
    reason: not-in-directory
    class: unknown
    numberUsed: line
    verified: true
    shopOpen: unknown
    priority: 5
    queue: default
    summary: Unknown caller …0100
    whisper: <speak>Unknown caller, number ending in 0 1 0 0</speak>
    planLength: 2
    external | office | +14155550120 | 15 | 0 | One moment please, we are connecting you with the office.
    queue | call-centre | default | 0 | 0 | Please hold the line. The next free colleague will take your call.
    ");
}

#[test]
fn without_an_office_its_steps_fall_away() {
    let mut case = with_order();
    case.rules = Rules::default();
    assert_eq!(
        case.steps(),
        ["menu 2", "shop +14155550130", "call-centre default"]
    );
    case.orders.clear();
    assert_eq!(case.steps(), ["call-centre default"]);
}

#[test]
fn a_shop_that_may_not_be_rung_leaves_the_plan_and_takes_the_menu_with_it() {
    let closed = ["office +14155550120", "call-centre default"];
    let mut holiday = shop();
    let mut hours = serde_json::to_value(&holiday.hours).unwrap();
    hours["closed"] = json!(["2026-07-01"]);
    holiday.hours = Some(from(hours));
    let no_hours = Shop {
        hours: None,
        ..shop()
    };
    let no_phone = Shop {
        phone: None,
        ..shop()
    };
    let bad_phone = Shop {
        phone: Some("020 7946".to_owned()),
        ..shop()
    };
    for (shop, open) in [
        (Some(holiday), Some(false)),
        // Hours that could not be decoded are none.
        (Some(no_hours), None),
        (Some(no_phone), Some(true)),
        (Some(bad_phone), Some(true)),
        // The shop is gone.
        (None, None),
    ] {
        let case = Case { shop, ..with_order() };
        assert_eq!(case.steps(), closed);
        let known = case.classify();
        assert_eq!(
            (known.shop_open, known.shop_id.as_deref()),
            (open, Some("shop-1"))
        );
    }
}

#[test]
fn a_shop_in_another_zone_is_rung_by_its_own_clock_on_the_night_it_changes() {
    let mut case = with_order();
    // 01:30 comes twice on 1 November 2026 in New York; the shop closes at the first.
    let bar = json!({"timeZone": "America/New_York", "weekly": {"saturday": [["18:00", "01:30"]]}});
    case.shop = Some(Shop {
        hours: Some(from(bar)),
        ..shop()
    });
    for (now, open) in [
        ("2026-11-01T05:29:59Z", true),
        ("2026-11-01T05:30:00Z", false),
        ("2026-11-01T06:15:00Z", false),
    ] {
        case.now = now.parse().unwrap();
        assert_eq!(case.classify().shop_open, Some(open), "{now}");
        assert_eq!(case.steps().contains(&"shop +14155550130".to_owned()), open);
    }
}

#[test]
fn of_two_people_with_one_number_the_one_with_an_order_is_calling() {
    let people = [person("c-1", "Customer A"), person("c-2", "Customer B")];
    let chosen = |orders: &[Order]| {
        let chosen = choose(&people, orders);
        let person = chosen
            .person
            .map_or("-", |person| person.customer_id.as_str())
            .to_owned();
        (
            person,
            chosen
                .order
                .map_or("-", |order| order.order_id.as_str())
                .to_owned(),
            chosen.reason(),
        )
    };
    let (a, b) = (
        order("A-1", Some("c-1"), "10:00"),
        order("B-1", Some("c-2"), "11:00"),
    );
    let (older, point) = (order("A-0", Some("c-1"), "09:00"), order("P-1", None, "12:00"));
    let gone = order("G-1", Some("c-9"), "13:00");
    let row = |person: &str, order: &str, reason| (person.to_owned(), order.to_owned(), reason);
    assert_eq!(
        chosen(&[older.clone(), a.clone()]),
        row("c-1", "A-1", Reason::Person)
    );
    assert_eq!(
        chosen(&[a.clone(), point.clone()]),
        row("c-1", "A-1", Reason::Person)
    );
    assert_eq!(
        chosen(std::slice::from_ref(&b)),
        row("c-2", "B-1", Reason::Person)
    );
    assert_eq!(
        chosen(&[a.clone(), b.clone(), point.clone()]),
        row("-", "-", Reason::SharedNumber)
    );
    assert_eq!(chosen(&[]), row("-", "-", Reason::SharedNumber));
    assert_eq!(
        chosen(&[point.clone(), gone.clone()]),
        row("-", "P-1", Reason::SharedNumber)
    );

    let shared = Case {
        people: people.to_vec(),
        orders: vec![a.clone(), b],
        ..Case::default()
    };
    let known = shared.classify();
    assert_eq!(
        (known.class.as_str(), known.customer_name),
        ("known-customer", None)
    );
    assert_eq!(known.summary, "Caller with a shared number …0100");

    // One person, and nobody.
    let reason = |people: &[Person], orders: &[Order]| {
        let chosen = choose(people, orders);
        (chosen.order.map(|order| order.order_id.clone()), chosen.reason())
    };
    assert_eq!(
        reason(&people[..1], &[a.clone(), point.clone()]),
        (Some("P-1".to_owned()), Reason::Person)
    );
    assert_eq!(
        reason(&people[..1], std::slice::from_ref(&gone)),
        (None, Reason::Person)
    );
    assert_eq!(
        reason(&[], &[older, point]),
        (Some("P-1".to_owned()), Reason::Order)
    );
    assert_eq!(reason(&[], &[a, gone]), (None, Reason::SharedNumber));
    assert_eq!(reason(&[], &[]), (None, Reason::NotInDirectory));
}

#[test]
fn the_first_rule_that_holds_decides_and_what_it_leaves_out_falls_back() {
    let mut case = with_order();
    case.people[0].tags = vec!["vip".to_owned(), "new".to_owned()];
    case.people[0].language = Some("de-AT".to_owned());
    let rules = json!({
        "places": {"office": {"phone": "+14155550120", "name": "the office"}},
        "rules": [
            {"name": "closed", "when": {"tags": ["vip"], "shopOpen": false}, "class": "closed"},
            {"name": "vip", "when": {"tags": ["gold", "vip"], "language": ["de"], "channel": ["VOICE"], "prefix": ["+1415"],
                "verified": true, "known": true, "openOrder": true}, "class": "vip", "priority": 2, "queue": "q-vip"},
            {"name": "new", "when": {"tags": ["new"]}, "class": "new", "language": "en-GB", "plan": "short"},
        ],
        "plans": {"short": [{"queue": {}}], "vip": [{"queue": {"queue": "default"}}, {"queue": {"name": "b", "queue": "q-2"}}]},
    });
    case.rules = from(rules);
    assert_eq!(case.rules.check(), Ok(()));
    let known = case.classify();
    assert_eq!(
        (known.class.as_str(), known.rule.as_deref()),
        ("vip", Some("vip"))
    );
    assert_eq!(
        (known.priority, known.queue.as_str(), known.language.as_deref()),
        (2, "q-vip", Some("de-AT"))
    );
    assert_eq!(case.steps(), ["queue q-vip", "b q-2"]);
    // Without a plan of its name, the class has that of the built-in class.
    case.rules.plans.remove("vip");
    assert_eq!(case.steps().len(), 4);

    case.verified = false;
    let known = case.classify();
    assert_eq!(
        (known.class.as_str(), known.language.as_deref()),
        ("new", Some("en-GB"))
    );
    assert_eq!((known.priority, known.queue.as_str()), (5, "default"));
    assert_eq!(case.steps(), ["queue default"]);
}

#[test]
fn an_operator_s_plan_takes_the_place_of_a_built_in_one() {
    let mut case = Case::default();
    case.rules.plans.insert(
        "unknown".to_owned(),
        from(json!([{"hangUp": {"prompt": "Closed."}}])),
    );
    assert_eq!(case.steps(), ["hang-up none"]);
    assert_eq!(case.classify().rule, None);
}

#[test]
fn a_menu_leads_past_what_was_left_out() {
    let mut case = with_order();
    let mut steps = |plan: serde_json::Value| {
        case.rules.plans.insert("active-order".to_owned(), from(plan));
        case.steps()
    };
    let shop = json!({"external": {"name": "shop", "to": "shop"}});
    let office = json!({"external": {"name": "office", "to": "office"}});
    let gone = json!({"external": {"name": "gone", "to": "nowhere"}});
    let queue = json!({"queue": {}});
    let menu = |otherwise: &str| json!({"menu": {"first": "shop", "otherwise": otherwise}});
    let (s, o, q) = ("shop +14155550130", "office +14155550120", "queue default");
    assert_eq!(
        steps(json!([menu("queue"), shop, gone, office, queue])),
        ["menu 3", s, o, q]
    );
    assert_eq!(
        steps(json!([menu("gone"), shop, gone, office, queue])),
        ["menu 2", s, o, q]
    );
    // Nothing is left after it: who does not want the shop gets the default queue.
    let end = "call-centre default";
    assert_eq!(steps(json!([menu("gone"), shop, gone])), ["menu 2", s, end]);
    assert_eq!(
        steps(json!([menu("gone"), shop, office, queue, office, gone])),
        ["menu 5", s, o, q, o, end]
    );
    // The step it offers is not right behind it any more.
    let other = json!({"menu": {"first": "gone", "otherwise": "queue"}});
    assert_eq!(steps(json!([other, gone, office, queue])), [o, q]);
    // Refused when kept, harmless if it was: nowhere to lead and no room to make one.
    assert_eq!(
        steps(json!([menu("x"), shop, office, queue, office, queue])),
        [s, o, q, o, q]
    );
    assert_eq!(
        steps(json!([queue, queue, queue, queue, queue, queue, office])).len(),
        6
    );
    assert_eq!(steps(json!([gone])), [end]);
}

#[test]
fn prompts_hold_names_only_for_a_verified_caller() {
    let mut case = with_order();
    case.shop.as_mut().unwrap().name = "Shop\n\"1\" & <b>".to_owned();
    let prompts = |case: &Case| {
        case.classify()
            .plan
            .into_iter()
            .map(|step| step.prompt)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        prompts(&case)[0],
        "To speak with Shop \"1\" & <b> about your order, press 1. For support, press 2."
    );
    let plain = "To speak with the shop, press 1. For anything else, press 2.";
    let unnamed = Case {
        shop: Some(Shop {
            name: " \u{202E}".to_owned(),
            ..shop()
        }),
        ..with_order()
    };
    assert_eq!(prompts(&unnamed)[0], plain);
    case.verified = false;
    assert_eq!(prompts(&case)[0], plain);
    assert!(prompts(&case).iter().all(|prompt| !prompt.contains("Shop")));
    let known = case.classify();
    assert_eq!(
        known.shop_name.as_deref(),
        Some("Shop \"1\" & <b>"),
        "the agent may read it"
    );
    assert!(known.summary.ends_with(", not verified"), "{}", known.summary);
}

#[test]
fn a_prompt_is_as_long_once_it_is_filled_as_it_may_be_written() {
    let mut case = with_order();
    case.people[0].name = "x".repeat(500);
    let prompt = format!("{}{}", "ä".repeat(486), "{customerName}");
    case.rules.plans.insert(
        "active-order".to_owned(),
        from(json!([{"message": {"prompt": prompt}}])),
    );
    assert_eq!(case.rules.check(), Ok(()));
    assert_eq!(case.classify().plan[0].prompt.chars().count(), 500);
}

#[test]
fn odd_names_reach_the_screen_and_the_ear_unharmed() {
    let mut case = with_order();
    case.shop = None;
    case.orders[0].title.clear();
    let table = [
        (
            "O'\"A\" <b>&",
            "O'\"A\" <b>&, order A-17",
            "<speak>O&apos;&quot;A&quot; &lt;b&gt;&amp;, order A-17</speak>",
        ),
        (
            "A\r\n\u{0}\u{1b}B\u{FFFF}",
            "A B, order A-17",
            "<speak>A B, order A-17</speak>",
        ),
        (
            "👩\u{200D}👧 A",
            "👩\u{200D}👧 A, order A-17",
            "<speak>👩\u{200D}👧 A, order A-17</speak>",
        ),
        (
            "\u{202E}לקוח א",
            "\u{2068}לקוח א\u{2069}, order A-17",
            "<speak>לקוח א, order A-17</speak>",
        ),
        (
            "\u{200F}\n",
            "Customer c-1, order A-17",
            "<speak>Customer c-1, order A-17</speak>",
        ),
    ];
    for (name, summary, whisper) in table {
        case.people[0].name = name.to_owned();
        let known = case.classify();
        assert_eq!(
            (known.summary.as_str(), known.whisper.as_str()),
            (summary, whisper)
        );
    }
    case.people[0].name = "😀".repeat(500);
    let known = case.classify();
    let name = known.customer_name.unwrap();
    assert_eq!(name.chars().count(), 100);
    assert!(name.ends_with('…') && known.summary.starts_with(&name) && known.whisper.contains(&name));
}

#[test]
fn an_id_that_cannot_be_given_whole_is_not_given() {
    let mut case = with_order();
    case.people[0].customer_id = "c".repeat(129);
    case.orders[0].customer_id = Some("c".repeat(129));
    case.orders[0].order_id = "A\n17".to_owned();
    let known = case.classify();
    assert_eq!((known.customer_id, known.order_id), (None, None));
    assert_eq!(known.class, "active-order");
}

#[test]
fn debug_shows_nothing_of_the_caller() {
    let case = with_order();
    let answer = case.answer();
    let shown = format!(
        "{answer:?} {:?} {:?}",
        choose(&case.people, &case.orders),
        case.rules
    );
    for secret in ["Customer A", "5550100", "5550120", "5550130", "pizzas"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn what_falls_open_is_unknown_and_waits_in_the_default_queue() {
    for reason in [Reason::DirectoryUnavailable, Reason::OutOfTime, Reason::BadEvent] {
        let answer = Answer::unavailable(reason);
        let plan = &answer.classification.plan;
        assert_eq!((answer.classification.class.as_str(), plan.len()), ("unknown", 1));
        assert_eq!(
            (plan[0].kind.name(), plan[0].target.as_str(), plan[0].seconds),
            ("queue", "default", 0)
        );
    }
    insta::assert_snapshot!(support::lines(&Answer::unavailable(Reason::OutOfTime)), @r"
    status: unavailable
    reason: out-of-time
    class: unknown
    verified: false
    shopOpen: unknown
    priority: 5
    queue: default
    summary: Unknown caller
    whisper: <speak>Unknown caller</speak>
    planLength: 1
    queue | call-centre | default | 0 | 0 | Please hold the line. The next free colleague will take your call.
    ");
}

#[test]
fn a_withheld_number_is_classified_too() {
    let case = Case {
        point: None,
        ..Case::default()
    };
    let (chosen, rules, call) = (Default::default(), office(), case.call());
    let answer = Answer {
        reason: Reason::Withheld,
        source: Source::None,
        number_used: NumberUsed::None,
        classification: classify(&chosen, None, &rules, &call, case.now),
    };
    let known = &answer.classification;
    assert_eq!(
        (answer.status().name(), known.summary.as_str(), known.verified),
        ("none", "Unknown caller", false)
    );
    assert_eq!(known.plan.len(), 2);
}
