//! The directory: what changes do to it in any order, what it costs to read, and the API in front of it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use ringback_callers::{AliasFate, Behind, Kept};
use ringback_local::dynamo::CALLERS_TABLE;
use ringback_local::gate::{Fault, Gate};
use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_tests::{Desk, change, noon};
use serde_json::{Value, json};

const HOME: &str = "phone:+14155550101";
const SECOND: &str = "phone:+14155550109";

async fn desk() -> Desk {
    Desk::with(&[]).await.unwrap()
}

fn customer(version: u64, contacts: &[&str]) -> Value {
    json!({"customerId": "c-1", "version": version, "name": "Customer A", "contacts": contacts})
}

fn order(id: &str, version: u64) -> Value {
    json!({"orderId": id, "version": version, "customerId": "c-1", "shopId": "shop-1", "placedAt": "2026-11-20T08:00:00Z"})
}

fn orders(behind: &Behind) -> Vec<&str> {
    let mut orders: Vec<_> = behind
        .orders
        .iter()
        .map(|order| order.order_id.as_str())
        .collect();
    orders.sort_unstable();
    orders
}

fn reads(desk: &Desk) -> u32 {
    desk.stack.gate().unwrap().take_counts().values().sum()
}

#[tokio::test]
async fn a_classification_reads_three_times_at_most_with_one_order_or_five_hundred() {
    let desk = desk().await;
    marketplace::fill(&desk.stack, MARKETPLACE, noon()).await.unwrap();
    // An instance that has just started also reads the rules.
    reads(&desk);
    desk.call("+14155550106").await;
    assert_eq!(reads(&desk), 4);
    // Own partition and the shop; with an alias, where it leads too. The rules are in the instance by now.
    for (number, expected) in [
        ("+14155550101", 2),
        ("+14155550106", 3),
        ("+14155550104", 1),
        ("+14155550199", 1),
    ] {
        let answer = desk.call(number).await;
        assert_eq!(reads(&desk), expected, "{number}: {answer}");
    }
    for number in 0..500 {
        let order = json!({"orderId": format!("B-{number}"), "version": 1, "customerId": "c-1", "shopId": "shop-2",
            "title": "x".repeat(200), "placedAt": format!("2026-11-20T09:{:02}:{:02}Z", number / 60, number % 60)});
        desk.change("order.placed", order).await.unwrap();
    }
    let answer = desk.call("+14155550106").await;
    assert_eq!((reads(&desk), &answer["orderId"]), (3, &json!("B-499")));
    assert_eq!(answer["shopName"], "Bakery Two");
}

#[tokio::test]
async fn whatever_the_order_of_changes_and_however_often_they_come_the_directory_is_the_same() {
    let changes = [
        ("customer.updated", customer(1, &[HOME])),
        ("customer.updated", customer(2, &[HOME, SECOND])),
        ("customer.updated", customer(3, &[SECOND, "email:a@example.com"])),
        ("order.placed", order("A-1", 1)),
        ("order.closed", json!({"orderId": "A-1", "version": 2})),
        ("order.placed", order("A-2", 1)),
        ("order.updated", order("A-2", 5)),
        ("order.placed", {
            let mut order = order("A-3", 1);
            order["contact"] = json!(HOME);
            order
        }),
        (
            "alias.updated",
            json!({"aliasId": "x", "version": 1, "contact": "phone:+14155550108", "to": "customer:c-1"}),
        ),
        (
            "shop.updated",
            json!({"shopId": "shop-1", "version": 2, "name": "new"}),
        ),
        (
            "shop.updated",
            json!({"shopId": "shop-1", "version": 1, "name": "old"}),
        ),
    ];
    let mut seed = 7_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for round in 0..30 {
        let desk = desk().await;
        let mut shuffled: Vec<_> = changes.iter().collect();
        for _ in 0..round % 4 * 3 {
            shuffled.push(&changes[random(changes.len())]);
        }
        for index in (1..shuffled.len()).rev() {
            shuffled.swap(index, random(index + 1));
        }
        for (name, detail) in shuffled {
            desk.change(name, detail.clone()).await.unwrap();
        }
        // The person lives at the second number now; the first is nobody's any more.
        for point in [
            SECOND,
            "email:a@example.com",
            "customer:c-1",
            "phone:+14155550108",
        ] {
            let behind = desk.behind(point).await.unwrap();
            assert_eq!(behind.people.len(), 1, "round {round}: {point}");
            assert_eq!(behind.people[0].version, 3);
            assert_eq!(orders(&behind), ["A-2", "A-3"], "round {round}: {point}");
            let second = behind.orders.iter().find(|order| order.order_id == "A-2");
            assert_eq!(second.unwrap().version, 5);
        }
        let old = desk.behind(HOME).await.unwrap();
        assert_eq!((old.people.len(), orders(&old).len()), (0, 0), "round {round}");
        assert_eq!(desk.directory.shop("shop-1").await.unwrap().unwrap().name, "new");
        assert_eq!(desk.directory.order("A-1").await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_older_version_never_wins_and_the_same_one_changes_nothing() {
    let desk = desk().await;
    for (version, kept) in [
        (5, Kept::Stored),
        (5, Kept::Repeated),
        (4, Kept::Older),
        (6, Kept::Stored),
    ] {
        assert_eq!(
            desk.change("customer.updated", customer(version, &[HOME]))
                .await
                .unwrap(),
            kept
        );
    }
    let gone = |version| json!({"customerId": "c-1", "version": version});
    assert_eq!(
        desk.change("customer.deleted", gone(6)).await.unwrap(),
        Kept::Repeated
    );
    assert_eq!(
        desk.change("customer.deleted", gone(8)).await.unwrap(),
        Kept::Stored
    );
    assert_eq!(
        desk.change("customer.updated", customer(7, &[HOME]))
            .await
            .unwrap(),
        Kept::Older
    );
    assert_eq!(desk.behind(HOME).await.unwrap(), Behind::default());
    // A close that comes first leaves a tombstone.
    let closed = json!({"orderId": "A-9", "version": 2});
    assert_eq!(desk.change("order.closed", closed).await.unwrap(), Kept::Stored);
    assert_eq!(
        desk.change("order.placed", order("A-9", 1)).await.unwrap(),
        Kept::Older
    );
    assert_eq!(desk.directory.order("A-9").await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_left_of_somebody_who_is_forgotten_at_their_contact_points() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME, SECOND]))
        .await
        .unwrap();
    desk.change("order.placed", order("A-1", 1)).await.unwrap();
    desk.change("customer.deleted", json!({"customerId": "c-1", "version": 2}))
        .await
        .unwrap();
    let client = desk.stack.dynamo_client().await;
    let left = client
        .scan()
        .table_name(CALLERS_TABLE)
        .send()
        .await
        .unwrap()
        .items
        .unwrap();
    assert!(!left.is_empty());
    for item in &left {
        let item = format!("{item:?}");
        assert!(
            !item.contains("4155550101") && !item.contains("4155550109") && !item.contains("Customer A"),
            "{item}"
        );
    }
    // The order is open all the same, and comes back with the customer.
    assert!(desk.directory.order("A-1").await.unwrap().is_some());
    desk.change("customer.updated", customer(3, &[SECOND]))
        .await
        .unwrap();
    assert_eq!(orders(&desk.behind(SECOND).await.unwrap()), ["A-1"]);
}

#[tokio::test]
async fn changes_at_the_same_time_lose_nothing() {
    let desk = desk().await;
    let mut tasks = Vec::new();
    for number in 0..24_u64 {
        let directory = desk.directory.clone();
        tasks.push(tokio::spawn(async move {
            let contacts = [[HOME], [SECOND]][usize::from(number % 2 == 0)];
            change(&directory, "order.placed", order(&format!("A-{number}"), 1)).await?;
            if number % 4 == 0 {
                let alias = json!({"aliasId": format!("x-{number}"), "version": 1, "to": "customer:c-1",
                    "contact": format!("chat:x-{number}")});
                change(&directory, "alias.updated", alias).await?;
            }
            if number < 6 {
                change(&directory, "customer.updated", customer(number + 1, &contacts)).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let behind = desk.behind("customer:c-1").await.unwrap();
    assert_eq!(behind.people[0].version, 6);
    assert_eq!(behind.orders.len(), 24);
    for number in [0, 4, 8, 12, 16, 20] {
        let by_alias = desk.behind(&format!("chat:x-{number}")).await.unwrap();
        assert_eq!(
            (by_alias.people.len(), by_alias.orders.len()),
            (1, 24),
            "x-{number}"
        );
    }
}

#[tokio::test]
async fn a_change_that_was_cut_off_is_finished_when_it_comes_again() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    for number in 0..3 {
        desk.change("order.placed", order(&format!("A-{number}"), 1))
            .await
            .unwrap();
    }
    // The directory behind a gate that lets the person move and then loses the way.
    let gated = desk
        .stack
        .manage_callers(&[], ringback_lambda::emf_sink(std::io::sink()))
        .await
        .unwrap();
    let event = json!({"detail-type": "customer.updated", "detail": customer(2, &[SECOND])});
    let gate = desk.stack.gate().unwrap();
    gate.fail("Query", Fault::Down);
    gated.take(&event, noon()).await.unwrap_err();
    gate.heal();
    assert_eq!(orders(&desk.behind(SECOND).await.unwrap()), Vec::<&str>::new());
    gated.take(&event, noon()).await.unwrap();
    assert_eq!(orders(&desk.behind(SECOND).await.unwrap()), ["A-0", "A-1", "A-2"]);
    assert_eq!(desk.behind(HOME).await.unwrap(), Behind::default());
}

#[tokio::test]
async fn an_alias_that_leads_nowhere_or_in_a_circle_is_said_and_costs_two_reads() {
    let desk = desk().await;
    let alias =
        |id: &str, from: &str, to: &str| json!({"aliasId": id, "version": 1, "contact": from, "to": to});
    let circle = ["phone:+14155550107", "phone:+14155550108"];
    desk.change("alias.updated", alias("a", circle[0], circle[1]))
        .await
        .unwrap();
    desk.change("alias.updated", alias("b", circle[1], circle[0]))
        .await
        .unwrap();
    desk.change("alias.updated", alias("c", SECOND, "customer:c-1"))
        .await
        .unwrap();
    assert_eq!(desk.behind(circle[0]).await.unwrap().alias, AliasFate::Loop);
    assert_eq!(
        desk.behind(SECOND).await.unwrap().alias,
        AliasFate::Broken,
        "nobody yet"
    );
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    assert_eq!(desk.behind(SECOND).await.unwrap().alias, AliasFate::Followed);
    desk.change("customer.deleted", json!({"customerId": "c-1", "version": 2}))
        .await
        .unwrap();
    assert_eq!(
        desk.behind(SECOND).await.unwrap().alias,
        AliasFate::Broken,
        "nobody any more"
    );

    desk.call("+14155550107").await;
    reads(&desk);
    for (number, reason) in [("+14155550107", "alias-loop"), ("+14155550109", "alias-broken")] {
        let answer = desk.call(number).await;
        assert_eq!(
            (&answer["status"], &answer["reason"]),
            (&json!("none"), &json!(reason))
        );
        assert_eq!((reads(&desk), &answer["class"]), (2, &json!("unknown")));
    }
}

#[tokio::test]
async fn items_of_another_version_are_read_as_far_as_they_can_be() {
    let desk = desk().await;
    let client = desk.stack.dynamo_client().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let map = |fields: &[(&str, AttributeValue)]| {
        AttributeValue::M(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        )
    };
    let tenant = desk.directory.tenant().as_str().to_owned();
    let home = format!("{tenant}#phone#+14155550101");
    let person = map(&[
        ("customerId", text("c-1")),
        ("name", text("Customer A")),
        ("kind", text("supplier")),
        ("language", AttributeValue::N("7".to_owned())),
        ("loyalty", map(&[])),
    ]);
    let open = map(&[
        ("orderId", text("A-1")),
        ("placedAt", text("2026-11-20T08:00:00Z")),
        ("shopId", text("shop-1")),
        ("customerId", text("c-1")),
    ]);
    let shop = map(&[
        ("shopId", text("shop-1")),
        ("name", text("Pizzeria One")),
        ("phone", text("+14155550121")),
        ("hours", map(&[("timeZone", text("Mars/Olympus"))])),
    ]);
    for (id, part, doc) in [
        (home.clone(), "customer#c-1", person),
        (home.clone(), "order#A-1", open),
        (home, "order#A-2", text("no order at all")),
        (format!("{tenant}#shop#shop-1"), "record", shop),
    ] {
        let put = client.put_item().table_name(CALLERS_TABLE);
        put.item("id", text(&id))
            .item("part", text(part))
            .item("doc", doc)
            .send()
            .await
            .unwrap();
    }
    let answer = desk.call("+14155550101").await;
    assert_eq!(answer["customerName"], "Customer A");
    assert_eq!(
        (&answer["orderId"], &answer["shopName"]),
        (&json!("A-1"), &json!("Pizzeria One"))
    );
    // Hours that cannot be read are no hours: the shop is not rung.
    assert_eq!(
        (&answer["shopOpen"], &answer["step1Kind"]),
        (&json!("unknown"), &json!("queue"))
    );
}

#[tokio::test]
async fn the_api_keeps_shows_and_forgets_documents_and_names_the_field_that_is_wrong() {
    let desk = desk().await;
    let person = json!({"version": 3, "name": "Customer A", "contacts": [HOME]});
    let (status, body) = desk
        .api("PUT", "/directory/people/c-1", Some(person.clone()))
        .await
        .unwrap();
    assert_eq!((status, body), (200, json!({"kept": "stored"})));
    let (status, body) = desk.api("GET", "/directory/people/c-1", None).await.unwrap();
    assert_eq!(
        (status, &body["name"], &body["customerId"]),
        (200, &json!("Customer A"), &json!("c-1"))
    );
    let older = json!({"version": 2, "name": "x"});
    assert_eq!(
        desk.api("PUT", "/directory/people/c-1", Some(older))
            .await
            .unwrap()
            .0,
        409
    );
    let (status, body) = desk
        .api("POST", "/directory/search", Some(json!({"contact": HOME})))
        .await
        .unwrap();
    assert_eq!((status, &body["people"][0]["customerId"]), (200, &json!("c-1")));
    assert_eq!(
        desk.api("DELETE", "/directory/people/c-1", None).await.unwrap().0,
        200
    );
    assert_eq!(
        desk.api("GET", "/directory/people/c-1", None).await.unwrap().0,
        404
    );
    // Without a version the time is one, and a new document comes after what was deleted.
    let person = json!({"name": "Customer A", "contacts": [HOME]});
    assert_eq!(
        desk.api("PUT", "/directory/people/c-1", Some(person))
            .await
            .unwrap()
            .0,
        200
    );
    assert_eq!(desk.behind(HOME).await.unwrap().people.len(), 1);

    let rules = json!({"rules": [{"name": "a", "class": "b", "plan": "nowhere"}]});
    let refused: BTreeMap<&str, (&str, &str, Value, &str)> = [
        (
            "a name too long",
            (
                "PUT",
                "/directory/people/c-1",
                json!({"name": "x".repeat(501)}),
                "name",
            ),
        ),
        (
            "a national number",
            (
                "PUT",
                "/directory/people/c-1",
                json!({"contacts": ["phone:4155550177"]}),
                "contacts[0]",
            ),
        ),
        (
            "an unknown field",
            ("PUT", "/directory/people/c-1", json!({"nmae": "x"}), "nmae"),
        ),
        (
            "another id",
            (
                "PUT",
                "/directory/people/c-1",
                json!({"customerId": "c-2"}),
                "customerId",
            ),
        ),
        (
            "nobody's order",
            (
                "PUT",
                "/directory/orders/A-1",
                json!({"placedAt": "2026-11-20T08:00:00Z"}),
                "customerId",
            ),
        ),
        (
            "an order without a time",
            (
                "PUT",
                "/directory/orders/A-1",
                json!({"customerId": "c-1"}),
                "placedAt",
            ),
        ),
        (
            "bad hours",
            (
                "PUT",
                "/directory/shops/s-1",
                json!({"hours": {"timeZone": "Mars/Olympus", "always": true}}),
                "hours",
            ),
        ),
        (
            "a shop's bad number",
            ("PUT", "/directory/shops/s-1", json!({"phone": "123"}), "phone"),
        ),
        (
            "an alias to itself",
            (
                "PUT",
                "/directory/aliases/x",
                json!({"contact": HOME, "to": HOME}),
                "to",
            ),
        ),
        (
            "an unknown plan",
            ("PUT", "/directory/rules", rules, "rules[0].plan"),
        ),
        (
            "nothing in a field that rules do not have",
            ("PUT", "/directory/rules", json!({"rule": null}), "rule"),
        ),
        (
            "a number in a path",
            ("PUT", "/directory/people/+14155550177", json!({}), "customerId"),
        ),
        (
            "no contact",
            ("POST", "/directory/search", json!({"contact": 7}), "contact"),
        ),
        (
            "version nought",
            ("PUT", "/directory/people/c-1", json!({"version": 0}), "version"),
        ),
    ]
    .into();
    for (what, (method, path, body, field)) in refused {
        let (status, answer) = desk.api(method, path, Some(body)).await.unwrap();
        assert_eq!(status, 400, "{what}: {answer}");
        let path = answer["problems"][0]["path"].as_str().unwrap();
        assert!(path.starts_with(field), "{what}: {answer}");
        assert!(!answer.to_string().contains("4155550177"), "{what}: {answer}");
    }
    // All mistakes at once, in our own words.
    let odd = json!({"placedAt": "Customer A", "title": 5, "contact": HOME});
    let (_, answer) = desk.api("PUT", "/directory/orders/A-1", Some(odd)).await.unwrap();
    assert_eq!(
        answer["problems"],
        json!([
            {"path": "placedAt", "message": "is no time such as 2026-11-20T10:00:00Z"},
            {"path": "title", "message": "must be a string"},
        ])
    );
    for (method, path, status) in [
        ("GET", "/directory/cats/1", 404),
        ("POST", "/directory/people/c-1", 405),
        // What no document can be called leaves no tombstone either.
        ("DELETE", "/directory/people/%C2%84", 400),
        ("GET", "/directory/people", 404),
    ] {
        assert_eq!(desk.api(method, path, None).await.unwrap().0, status, "{path}");
    }
    desk.stack.gate().unwrap().fail(Gate::EVERYTHING, Fault::Down);
    assert_eq!(
        desk.api("GET", "/directory/people/c-1", None).await.unwrap().0,
        503
    );
}

#[tokio::test]
async fn every_kind_of_document_is_kept_shown_repeated_and_forgotten() {
    let desk = desk().await;
    let shop = json!({"version": 1, "name": "Pizzeria One", "phone": "+14155550121", "hours": {"timeZone": "UTC", "always": true}});
    let order = json!({"version": 1, "contact": HOME, "placedAt": "2026-11-20T08:00:00Z"});
    let alias = json!({"version": 1, "contact": SECOND, "to": HOME});
    let rules = json!({"version": 1, "rules": [{"name": "all", "when": {}, "class": "everybody"}]});
    for (path, document) in [
        (
            "/directory/people/c-1",
            json!({"version": 1, "name": "Customer A"}),
        ),
        ("/directory/shops/shop-1", shop),
        ("/directory/orders/A-1", order),
        ("/directory/aliases/x", alias),
        ("/directory/rules", rules),
    ] {
        assert_eq!(
            desk.api("DELETE", path, None).await.unwrap(),
            (200, json!({"kept": "repeated"})),
            "{path}"
        );
        for kept in ["stored", "repeated"] {
            let answer = desk.api("PUT", path, Some(document.clone())).await.unwrap();
            assert_eq!(answer, (200, json!({"kept": kept})), "{path}");
        }
        let (status, body) = desk.api("GET", path, None).await.unwrap();
        assert_eq!(status, 200, "{path}");
        for (field, value) in document.as_object().unwrap() {
            assert_eq!(&body[field], value, "{path}");
        }
        for kept in ["stored", "repeated"] {
            let answer = desk.api("DELETE", path, None).await.unwrap();
            assert_eq!(answer, (200, json!({"kept": kept})), "{path}");
        }
        assert_eq!(desk.api("GET", path, None).await.unwrap().0, 404, "{path}");
    }
    let raw = |body: String| {
        json!({"rawPath": "/directory/rules", "body": body, "requestContext": {
            "http": {"method": "PUT"}, "authorizer": {"iam": {}},
        }})
    };
    let (status, answer) = desk.api_event(&raw("{\n\"a\":".to_owned())).await.unwrap();
    assert_eq!(
        (status, &answer["problems"][0]["message"]),
        (400, &json!("is no JSON: line 2, column 4"))
    );
    assert_eq!(desk.api_event(&raw(" ".repeat(300_000))).await.unwrap().0, 413);
}

#[tokio::test]
async fn whoever_has_no_identity_or_that_of_another_tenant_is_refused() {
    let request = |authoriser: Value| {
        json!({"rawPath": "/directory/rules", "requestContext": {
            "http": {"method": "GET"}, "authorizer": authoriser,
        }})
    };
    let open = desk().await;
    assert_eq!(open.api_event(&request(json!({}))).await.unwrap().0, 401);
    assert_eq!(
        open.api_event(&request(json!({"iam": {}}))).await.unwrap().0,
        404,
        "there are no rules"
    );
    let claiming = Desk::with(&[("TENANT_CLAIM", "tenant")]).await.unwrap();
    let tenant = claiming.directory.tenant().as_str().to_owned();
    let jwt = |tenant: &str| request(json!({"jwt": {"claims": {"tenant": tenant}}}));
    assert_eq!(claiming.api_event(&jwt("another")).await.unwrap().0, 403);
    assert_eq!(
        claiming.api_event(&request(json!({"iam": {}}))).await.unwrap().0,
        403
    );
    assert_eq!(claiming.api_event(&jwt(&tenant)).await.unwrap().0, 404);
}

#[tokio::test]
async fn an_event_that_is_no_change_goes_to_the_dead_letters_and_a_table_that_is_down_makes_it_come_again() {
    let desk = desk().await;
    let bad = json!({"id": "e-1", "detail-type": "customer.updated", "detail": {"customerId": "c 1", "version": 1}});
    desk.manage_callers.take(&bad, noon()).await.unwrap();
    let letters = desk.stack.dead_letters.letters();
    assert_eq!((letters.len(), letters[0].origin.as_str()), (1, "e-1"));
    assert!(
        letters[0].reason.starts_with("customerId"),
        "{}",
        letters[0].reason
    );
    desk.stack.gate().unwrap().fail(Gate::EVERYTHING, Fault::Down);
    let good = json!({"time": "2026-11-20T08:00:00Z", "detail-type": "customer.updated", "detail": {"customerId": "c-1"}});
    desk.manage_callers.take(&good, noon()).await.unwrap_err();
    desk.stack.gate().unwrap().heal();
    desk.manage_callers.take(&good, noon()).await.unwrap();
    let person = desk.directory.person("c-1").await.unwrap().unwrap();
    assert_eq!(
        person.version, 1_795_161_600_000,
        "the event's time is its version"
    );
}

#[tokio::test]
async fn an_order_that_meets_another_change_while_its_customer_moves_is_not_left_behind() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    desk.change("order.placed", order("A-1", 1)).await.unwrap();
    let gated = desk
        .stack
        .manage_callers(&[], ringback_lambda::emf_sink(std::io::sink()))
        .await
        .unwrap();
    let gate = desk.stack.gate().unwrap().clone();
    let event = json!({"detail-type": "customer.updated", "detail": customer(2, &[SECOND])});
    // Only the move, which follows the slow query, meets another transaction.
    gate.fail("Query", Fault::Slow(Duration::from_millis(500)));
    let meet = async {
        tokio::time::sleep(Duration::from_millis(250)).await;
        gate.fail("TransactWriteItems", Fault::Conflict(1));
    };
    let (taken, ()) = tokio::join!(gated.take(&event, noon()), meet);
    taken.unwrap();
    gate.heal();
    assert_eq!(orders(&desk.behind(SECOND).await.unwrap()), ["A-1"]);
    assert_eq!(desk.behind(HOME).await.unwrap(), Behind::default());
}

#[tokio::test]
async fn an_alias_at_the_new_home_leads_nowhere_else_and_one_of_a_person_who_is_gone_to_nobody() {
    let desk = desk().await;
    let other = |version: u64| json!({"customerId": "c-2", "version": version, "name": "Customer B", "contacts": [HOME]});
    let alias = json!({"aliasId": "x", "version": 1, "contact": SECOND, "to": "customer:c-1"});
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    desk.change("alias.updated", alias).await.unwrap();
    // The number that was an alias becomes the home, and the old number somebody else's.
    desk.change("customer.updated", customer(2, &[SECOND]))
        .await
        .unwrap();
    desk.change("customer.updated", other(1)).await.unwrap();
    let behind = desk.behind(SECOND).await.unwrap();
    assert_eq!((behind.people.len(), behind.alias), (1, AliasFate::None));
    // Back again, and forgotten: the alias must not name who has the number next.
    desk.change("customer.deleted", json!({"customerId": "c-2", "version": 2}))
        .await
        .unwrap();
    desk.change("customer.updated", customer(3, &[HOME]))
        .await
        .unwrap();
    desk.change("customer.deleted", json!({"customerId": "c-1", "version": 4}))
        .await
        .unwrap();
    desk.change("customer.updated", other(3)).await.unwrap();
    let behind = desk.behind(SECOND).await.unwrap();
    assert_eq!((behind.people.len(), behind.alias), (0, AliasFate::Broken));
}

#[tokio::test]
async fn an_order_that_names_a_second_contact_alone_stays_with_it_when_the_customer_moves() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME, SECOND]))
        .await
        .unwrap();
    let order =
        json!({"orderId": "A-1", "version": 1, "contact": SECOND, "placedAt": "2026-11-20T08:00:00Z"});
    desk.change("order.placed", order).await.unwrap();
    let third = "phone:+14155550107";
    desk.change("customer.updated", customer(2, &[third, SECOND]))
        .await
        .unwrap();
    for point in [SECOND, third] {
        assert_eq!(orders(&desk.behind(point).await.unwrap()), ["A-1"], "{point}");
    }
    desk.change("customer.deleted", json!({"customerId": "c-1", "version": 3}))
        .await
        .unwrap();
    assert_eq!(
        orders(&desk.behind(SECOND).await.unwrap()),
        ["A-1"],
        "the customer is gone"
    );
    desk.change("customer.updated", customer(4, &[HOME]))
        .await
        .unwrap();
    assert_eq!(
        orders(&desk.behind(SECOND).await.unwrap()),
        ["A-1"],
        "no longer the customer's"
    );
}

#[tokio::test]
async fn a_number_that_is_one_persons_home_and_second_to_two_others_names_nobody() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    desk.change("order.placed", order("A-1", 1)).await.unwrap();
    for id in [2, 3] {
        let other = json!({"customerId": format!("c-{id}"), "version": 1,
            "contacts": [format!("phone:+1415555012{id}"), HOME]});
        desk.change("customer.updated", other).await.unwrap();
    }
    let answer = desk.call("+14155550101").await;
    assert_eq!(
        (&answer["reason"], &answer["customerName"], &answer["orderId"]),
        (&json!("shared-number"), &json!("none"), &json!("none"))
    );
}

#[tokio::test]
async fn a_customer_of_more_than_a_page_of_orders_moves_with_all_of_them() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    let id = |number: u32| format!("{number:0>128}");
    for number in 0..900 {
        let mut order = order(&id(number), 1);
        order["title"] = json!("👩".repeat(200));
        order["shopId"] = json!("x".repeat(128));
        desk.change("order.placed", order).await.unwrap();
    }
    assert!(desk.directory.order(&id(899)).await.unwrap().is_some());
    desk.change("customer.updated", customer(2, &[SECOND]))
        .await
        .unwrap();
    assert_eq!(orders(&desk.behind(HOME).await.unwrap()).len(), 0);
    assert!(desk.directory.order(&id(899)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_customer_of_very_many_aliases_can_still_be_changed() {
    let desk = desk().await;
    let mut refused = 0;
    for number in 0..100 {
        let alias = json!({"aliasId": format!("x-{number}"), "version": 1, "contact": format!("chat:x-{number}"), "to": "customer:c-1"});
        refused += u32::from(desk.change("alias.updated", alias).await.is_err());
    }
    let many: Vec<_> = (0..20).map(|number| format!("chat:y-{number}")).collect();
    let more: Vec<_> = (0..20).map(|number| format!("chat:z-{number}")).collect();
    for (version, contacts) in [(1, many), (2, more)] {
        let contacts: Vec<_> = contacts.iter().map(String::as_str).collect();
        desk.change("customer.updated", customer(version, &contacts))
            .await
            .unwrap();
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn what_is_wrong_is_said_without_the_value_whatever_the_value_says() {
    let desk = desk().await;
    let (status, answer) = desk
        .api(
            "PUT",
            "/directory/people/c-1",
            Some(json!({"tags": "I expected +14155550100"})),
        )
        .await
        .unwrap();
    assert_eq!(status, 400);
    assert!(!answer.to_string().contains("5550100"), "{answer}");
    // A version beyond which there is none could never be deleted.
    let (status, _) = desk
        .api("PUT", "/directory/people/c-1", Some(json!({"version": u64::MAX})))
        .await
        .unwrap();
    assert_eq!(status, 400);
    let (status, _) = desk
        .api("DELETE", "/directory/people/c-1", Some(json!([3])))
        .await
        .unwrap();
    assert_eq!(status, 400, "a version that is not understood deletes nothing");
}

#[tokio::test]
async fn an_alias_that_changes_hands_leaves_nothing_with_whoever_had_it() {
    let desk = desk().await;
    let other = json!({"customerId": "c-2", "version": 1, "contacts": ["phone:+14155550122"]});
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    desk.change("customer.updated", other).await.unwrap();
    for (version, contact, to) in [(1, SECOND, "customer:c-1"), (2, "chat:x", "customer:c-2")] {
        let alias = json!({"aliasId": "x", "version": version, "contact": contact, "to": to});
        desk.change("alias.updated", alias).await.unwrap();
    }
    // A move takes a customer's aliases along; this one is not theirs any more.
    let third = "phone:+14155550107";
    desk.change("customer.updated", customer(2, &[third]))
        .await
        .unwrap();
    assert_eq!(desk.behind(SECOND).await.unwrap(), Behind::default());
    assert_eq!(desk.behind("chat:x").await.unwrap().people[0].customer_id, "c-2");
}

#[tokio::test]
async fn an_order_that_is_placed_while_its_customer_moves_is_where_they_live_now() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    let event = json!({"detail-type": "order.placed", "detail": order("A-1", 1)});
    let gate = desk.stack.gate().unwrap().clone();
    gate.fail("TransactWriteItems", Fault::Slow(Duration::from_millis(600)));
    let moving = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        gate.heal();
        desk.change("customer.updated", customer(2, &[SECOND])).await
    };
    let (placed, moved) = tokio::join!(desk.manage_callers.take(&event, noon()), moving);
    placed.unwrap();
    moved.unwrap();
    assert_eq!(orders(&desk.behind(SECOND).await.unwrap()), ["A-1"]);
    assert_eq!(desk.behind(HOME).await.unwrap(), Behind::default());
}

#[tokio::test]
async fn a_tombstone_expires_and_what_comes_after_it_does_not() {
    let desk = desk().await;
    let client = desk.stack.dynamo_client().await;
    let key = format!("{}#order#A-1", desk.directory.tenant());
    let expiry = async || {
        let asked = client
            .get_item()
            .table_name(CALLERS_TABLE)
            .key("id", AttributeValue::S(key.clone()))
            .key("part", AttributeValue::S("record".to_owned()));
        let record = asked.send().await.unwrap().item.unwrap();
        let expiry = record
            .get("expiresAt")
            .map(|at| at.as_n().unwrap().parse::<i64>().unwrap());
        expiry.map(|at| (at - noon().as_second()) / (24 * 3600))
    };
    let closed = json!({"orderId": "A-1", "version": 1});
    desk.change("order.closed", closed).await.unwrap();
    assert_eq!(expiry().await, Some(30));
    desk.change("order.placed", order("A-1", 2)).await.unwrap();
    assert_eq!(expiry().await, None);
}

#[tokio::test]
async fn a_move_that_was_cut_off_is_finished_by_the_next_one() {
    let desk = desk().await;
    desk.change("customer.updated", customer(1, &[HOME]))
        .await
        .unwrap();
    desk.change("order.placed", order("A-1", 1)).await.unwrap();
    let gate = desk.stack.gate().unwrap();
    gate.fail("Query", Fault::Down);
    let event = json!({"detail-type": "customer.updated", "detail": customer(2, &[SECOND])});
    desk.manage_callers.take(&event, noon()).await.unwrap_err();
    gate.heal();
    // Even if the customer was forgotten in between.
    desk.change("customer.deleted", json!({"customerId": "c-1", "version": 3}))
        .await
        .unwrap();
    let third = "phone:+14155550107";
    desk.change("customer.updated", customer(4, &[third]))
        .await
        .unwrap();
    assert_eq!(orders(&desk.behind(third).await.unwrap()), ["A-1"]);
}
