//! `classify-caller`: what it says of whom, whatever breaks behind it, and the operator's own backend.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ringback_local::gate::{Fault, Gate};
use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_signature::{HEADER, sign, verify};
use ringback_tests::{Desk, Leg, noon};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const KEYS: &str = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:lookup";

async fn marketplace_with(changes: &[(&str, &str)]) -> Desk {
    let desk = Desk::with(changes).await.unwrap();
    marketplace::fill(&desk.stack, MARKETPLACE, noon()).await.unwrap();
    desk
}

fn steps(answer: &Value) -> Vec<String> {
    (1..=6)
        .map(|step| {
            format!(
                "{} {}",
                answer[format!("step{step}Kind")].as_str().unwrap(),
                answer[format!("step{step}Target")].as_str().unwrap()
            )
        })
        .filter(|step| step != "none none")
        .collect()
}

#[tokio::test]
async fn the_answer_to_a_customer_with_an_open_order() {
    let desk = marketplace_with(&[]).await;
    insta::assert_json_snapshot!(desk.call("+14155550101").await);
}

#[tokio::test]
async fn of_two_people_on_one_number_the_one_with_an_open_order_is_calling_or_nobody_is_named() {
    let desk = marketplace_with(&[]).await;
    let answer = desk.call("+14155550105").await;
    assert_eq!(
        (&answer["customerId"], &answer["orderId"]),
        (&json!("c-5"), &json!("A-20"))
    );
    desk.change("order.closed", json!({"orderId": "A-20", "version": 2}))
        .await
        .unwrap();
    let answer = desk.call("+14155550105").await;
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("found"), &json!("shared-number"))
    );
    assert_eq!(
        (&answer["customerName"], &answer["class"]),
        (&json!("none"), &json!("known-customer"))
    );
    for (id, customer) in [("A-21", "c-5"), ("A-22", "c-6")] {
        let order =
            json!({"orderId": id, "version": 1, "customerId": customer, "placedAt": "2026-11-20T08:00:00Z"});
        desk.change("order.placed", order).await.unwrap();
    }
    let answer = desk.call("+14155550105").await;
    assert_eq!(
        (&answer["customerName"], &answer["orderId"]),
        (&json!("none"), &json!("none"))
    );
}

#[tokio::test]
async fn a_shop_that_is_gone_has_no_hours_or_is_closed_is_not_rung() {
    let desk = marketplace_with(&[]).await;
    let zone = |zone: &str| json!({"timeZone": zone, "weekly": {"friday": [["11:00", "13:00"]]}});
    let closed = json!({"timeZone": "Europe/London", "always": true, "closed": ["2026-11-20"]});
    for (hours, open) in [
        (None, "unknown"),
        (Some(zone("Europe/London")), "true"),
        (Some(zone("America/New_York")), "false"),
        (Some(closed), "false"),
    ] {
        let version = u64::try_from(Timestamp::now().as_nanosecond()).unwrap();
        let shop = json!({"shopId": "shop-1", "version": version, "phone": "+14155550121", "hours": hours});
        desk.change("shop.updated", shop).await.unwrap();
        let answer = desk.call("+14155550101").await;
        assert_eq!(answer["shopOpen"], open);
        let rung = steps(&answer).contains(&"external +14155550121".to_owned());
        assert_eq!(rung, open == "true", "{open}: {:?}", steps(&answer));
    }
    let gone = json!({"shopId": "shop-1", "version": u64::MAX / 2});
    desk.change("shop.deleted", gone).await.unwrap();
    let answer = desk.call("+14155550101").await;
    assert_eq!(
        (&answer["class"], &answer["shopId"], &answer["shopName"]),
        (&json!("active-order"), &json!("shop-1"), &json!("none"))
    );
    assert_eq!(steps(&answer), ["external +14155550130", "queue default"]);
}

#[tokio::test]
async fn what_a_caller_types_in_is_looked_up_instead_of_the_line_and_is_not_verified_by_it() {
    let desk = marketplace_with(&[]).await;
    let line = "+14155550104";
    for (typed, used, verified, customer, reason) in [
        ("4155550101", "entered", "false", "c-1", "person"),
        ("+14155550104", "entered", "true", "c-4", "person"),
        ("Timeout", "line", "true", "c-4", "person"),
        ("", "line", "true", "c-4", "person"),
        ("12", "entered", "false", "none", "bad-entered-number"),
    ] {
        let answer = desk.call_with(line, "enteredNumber", typed).await;
        let seen = (
            &answer["numberUsed"],
            &answer["verified"],
            &answer["customerId"],
            &answer["reason"],
        );
        assert_eq!(
            seen,
            (&json!(used), &json!(verified), &json!(customer), &json!(reason)),
            "{typed}"
        );
    }
    // Anybody can type anybody's number in: they are served, and hear nothing of whose it is.
    let answer = desk.call_with(line, "enteredNumber", "4155550101").await;
    for step in 1..=6 {
        let prompt = answer[format!("step{step}Prompt")].as_str().unwrap();
        assert!(
            !prompt.contains("Pizzeria") && !prompt.contains("Customer A"),
            "{prompt}"
        );
    }
    assert!(answer["summary"].as_str().unwrap().contains("not verified"));
}

#[tokio::test]
async fn nobody_is_too_strange_to_be_classified() {
    let desk = marketplace_with(&[]).await;
    let mut chat = Leg::inbound("chat", 0);
    (chat.number, chat.channel, chat.method) = (None, "CHAT", "API");
    for (leg, reason) in [
        (chat, "no-caller"),
        (Leg::inbound("a", 0).from("anonymous"), "withheld"),
        (Leg::inbound("b", 0).from("+266696687"), "withheld"),
        (Leg::inbound("c", 0).from("12345"), "bad-number"),
        (Leg::inbound("d", 0).from("+14155550198"), "not-in-directory"),
    ] {
        let answer = desk.classify_caller.answer(&leg.flow_event(), noon(), None).await;
        assert_eq!(
            (&answer["status"], &answer["reason"]),
            (&json!("none"), &json!(reason))
        );
        assert_eq!(steps(&answer), ["external +14155550130", "queue default"]);
    }
    let answer = desk
        .classify_caller
        .answer(&json!({"Details": 7}), noon(), None)
        .await;
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("unavailable"), &json!("bad-event"))
    );
    assert_eq!(
        (&answer["class"], steps(&answer)),
        (&json!("unknown"), vec!["queue default".to_owned()])
    );
}

#[tokio::test]
async fn whatever_the_table_does_there_is_an_answer_within_the_budget() {
    let settings = [
        ("ANSWER_BUDGET_MS", "500"),
        ("ATTEMPT_TIMEOUT_MS", "100"),
        ("RULES_SECONDS", "0"),
    ];
    let desk = marketplace_with(&settings).await;
    assert_eq!(desk.call("+14155550101").await["class"], "active-order");
    for (fault, reason) in [
        (Fault::Down, "directory-unavailable"),
        (Fault::Throttled, "directory-unavailable"),
        (Fault::Hanging, "directory-unavailable"),
        (Fault::Slow(Duration::from_millis(90)), "person"),
    ] {
        desk.stack.gate().unwrap().fail(Gate::EVERYTHING, fault);
        let started = Instant::now();
        let answer = desk.call("+14155550101").await;
        let took = started.elapsed();
        assert_eq!(answer["reason"], reason, "{fault:?}");
        assert!(took < Duration::from_millis(650), "{fault:?} took {took:?}");
        desk.stack.gate().unwrap().heal();
    }
    // The rules alone are down: those of before hold on.
    desk.stack.gate().unwrap().fail("GetItem", Fault::Down);
    let answer = desk.call("+14155550107").await;
    assert_eq!(answer["class"], "blocked");
    // The last of the time is for the answer itself.
    desk.stack.gate().unwrap().fail(Gate::EVERYTHING, Fault::Hanging);
    let leg = Leg::inbound("call", 0).from("+14155550101");
    let started = Instant::now();
    let answer = desk
        .classify_caller
        .answer(&leg.flow_event(), noon(), Some(Duration::from_millis(230)))
        .await;
    assert_eq!(answer["reason"], "out-of-time");
    assert!(started.elapsed() < Duration::from_millis(230));
}

/// A backend that answers with that body, signed with that key.
fn signed(status: u16, body: &[u8], key: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header(HEADER, sign(key, noon(), body).as_str())
        .set_body_bytes(body.to_vec())
}

async fn with_backend(
    answers: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static,
    budget: &str,
) -> (Desk, MockServer) {
    let backend = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/lookup"))
        .respond_with(answers)
        .mount(&backend)
        .await;
    let url = format!("{}/lookup", backend.uri());
    let settings = [
        ("LOOKUP_URL", url.as_str()),
        ("LOOKUP_SECRET_ARN", KEYS),
        ("LOOKUP_TIMEOUT_MS", budget),
    ];
    let desk = marketplace_with(&settings).await;
    desk.stack.simulated_secrets.set(KEYS, "new-key old-key");
    (desk, backend)
}

#[tokio::test]
async fn the_operators_backend_is_asked_with_a_signed_request_and_believed() {
    let body = json!({
        "people": [{"customerId": "r-1", "version": 1, "name": "Customer R"}],
        "orders": [{"orderId": "R-1", "version": 1, "customerId": "r-1", "placedAt": "2026-11-20T08:00:00Z", "shopId": "r"}],
        "shop": {"shopId": "r", "version": 1, "phone": "+14155550140", "hours": {"timeZone": "UTC", "always": true}},
    });
    let body = body.to_string();
    let (desk, backend) = with_backend(move |_| signed(200, body.as_bytes(), "old-key"), "800").await;
    let answer = desk.call("+14155550101").await;
    assert_eq!(
        (&answer["source"], &answer["customerId"]),
        (&json!("remote"), &json!("r-1"))
    );
    assert!(steps(&answer).contains(&"external +14155550140".to_owned()));
    let requests = backend.received_requests().await.unwrap();
    let request = requests.first().unwrap();
    let header = request.headers.get(HEADER).unwrap().to_str().unwrap();
    for key in ["new-key", "old-key"] {
        verify(
            Some(header),
            &request.body,
            &[key],
            noon(),
            Duration::from_secs(1),
        )
        .unwrap();
    }
    let question: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        (&question["caller"], &question["verified"]),
        (&json!("phone:+14155550101"), &json!(true))
    );
}

#[tokio::test]
async fn a_backend_that_knows_nobody_is_slow_down_or_lying_leaves_the_answer_to_the_directory() {
    let good = json!({"people": [{"customerId": "r-1", "version": 1}]}).to_string();
    let of = |status: u16, body: Vec<u8>, key: &'static str| move |_: &Request| signed(status, &body, key);
    type Backend = Box<dyn Fn(&Request) -> ResponseTemplate + Send + Sync>;
    let plain = good.clone();
    let old = good.clone();
    let backends: [(&str, Backend); 10] = [
        ("unknown", Box::new(of(404, Vec::new(), "new-key"))),
        (
            "slow",
            Box::new({
                let body = good.clone();
                move |_| signed(200, body.as_bytes(), "new-key").set_delay(Duration::from_millis(1500))
            }),
        ),
        ("status", Box::new(of(500, good.clone().into_bytes(), "new-key"))),
        (
            "status",
            Box::new(|_| ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/")),
        ),
        (
            "unsigned",
            Box::new(of(200, good.clone().into_bytes(), "another-key")),
        ),
        (
            "unsigned",
            Box::new(move |_| ResponseTemplate::new(200).set_body_string(plain.clone())),
        ),
        (
            "unsigned",
            Box::new(move |_| {
                let yesterday = noon() - SignedDuration::from_hours(24);
                ResponseTemplate::new(200)
                    .insert_header(HEADER, sign("new-key", yesterday, old.as_bytes()).as_str())
                    .set_body_string(old.clone())
            }),
        ),
        (
            "too-large",
            Box::new(of(200, vec![b' '; 2 * 1024 * 1024], "new-key")),
        ),
        ("malformed", Box::new(of(200, b"<html>".to_vec(), "new-key"))),
        (
            "malformed",
            Box::new(of(200, br#"{"people": [{"customerId": 7}]}"#.to_vec(), "new-key")),
        ),
    ];
    for (word, backend) in backends {
        let (desk, _backend) = with_backend(backend, "300").await;
        let started = Instant::now();
        let answer = desk.call("+14155550101").await;
        assert_eq!(
            (&answer["source"], &answer["customerId"]),
            (&json!("directory"), &json!("c-1")),
            "{word}"
        );
        assert!(
            started.elapsed() < Duration::from_millis(900),
            "{word}: {:?}",
            started.elapsed()
        );
        let counted = format!("\"Lookup\":\"{word}\"");
        assert!(
            desk.metrics.text().contains(&counted),
            "{word}: {}",
            desk.metrics.text()
        );
    }
}

#[tokio::test]
async fn a_backend_that_is_not_there_or_whose_keys_are_not_leaves_the_answer_to_the_directory() {
    // Nobody listens on that port any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{gone}/lookup");
    let desk = marketplace_with(&[("LOOKUP_URL", &url), ("LOOKUP_SECRET_ARN", KEYS)]).await;
    assert_eq!(desk.call("+14155550101").await["customerId"], "c-1");
    desk.stack.simulated_secrets.set(KEYS, "key");
    assert_eq!(desk.call("+14155550101").await["customerId"], "c-1");
    for word in ["no-keys", "down"] {
        assert!(
            desk.metrics.text().contains(&format!("\"Lookup\":\"{word}\"")),
            "{word}"
        );
    }
}

#[tokio::test]
async fn keys_that_were_changed_are_read_again_and_the_backend_is_believed_again() {
    let body = json!({"people": [{"customerId": "r-1", "version": 1}]}).to_string();
    let (desk, _backend) = with_backend(move |_| signed(200, body.as_bytes(), "newest-key"), "800").await;
    assert_eq!(desk.call("+14155550101").await["source"], "directory");
    desk.stack.simulated_secrets.set(KEYS, "newest-key");
    assert_eq!(desk.call("+14155550101").await["source"], "remote");
}

#[tokio::test]
async fn a_backend_that_hangs_never_takes_the_directorys_answer_away() {
    // A backend that may take longer than the whole answer.
    let backend = MockServer::start().await;
    let slow = ResponseTemplate::new(404).set_delay(Duration::from_secs(5));
    Mock::given(method("POST"))
        .respond_with(slow)
        .mount(&backend)
        .await;
    let url = backend.uri();
    let settings = [
        ("LOOKUP_URL", url.as_str()),
        ("LOOKUP_SECRET_ARN", KEYS),
        ("LOOKUP_TIMEOUT_MS", "3000"),
        ("ANSWER_BUDGET_MS", "500"),
    ];
    let desk = marketplace_with(&settings).await;
    desk.stack.simulated_secrets.set(KEYS, "key");
    for _ in 0..5 {
        let started = Instant::now();
        assert_eq!(desk.call("+14155550101").await["customerId"], "c-1");
        assert!(started.elapsed() < Duration::from_millis(500));
    }
    assert_eq!(desk.metrics.text().matches("\"Lookup\":\"open\"").count(), 2);
}

#[tokio::test]
async fn a_backend_that_answers_is_enough_though_the_table_hangs() {
    let body = json!({"people": [{"customerId": "r-1", "version": 1}]}).to_string();
    let (desk, _backend) = with_backend(move |_| signed(200, body.as_bytes(), "new-key"), "800").await;
    assert_eq!(desk.call("+14155550101").await["customerId"], "r-1");
    desk.stack.gate().unwrap().fail(Gate::EVERYTHING, Fault::Hanging);
    let started = Instant::now();
    assert_eq!(desk.call("+14155550101").await["customerId"], "r-1");
    assert!(
        started.elapsed() < Duration::from_millis(350),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_backend_that_keeps_failing_is_left_alone() {
    let (desk, backend) = with_backend(|_| ResponseTemplate::new(503), "300").await;
    for _ in 0..10 {
        assert_eq!(desk.call("+14155550101").await["customerId"], "c-1");
    }
    assert_eq!(backend.received_requests().await.unwrap().len(), 3);
    let open = desk.metrics.text().matches("\"Lookup\":\"open\"").count();
    assert_eq!(open, 7);
}

#[tokio::test]
async fn no_name_breaks_the_whisper_or_the_answer() {
    let names = [
        r#"O'Neil "the <b>&amp; \ $.Attributes.x ${y} {orderId}"#.to_owned(),
        "نور 🌙 ليل".to_owned(),
        "👩‍👩‍👧‍👦".repeat(60),
        "x".repeat(500),
        "a\u{202E}b\u{2066}c".to_owned(),
        "line one\nline two\t\u{7}".to_owned(),
        "]]><speak/><!--".to_owned(),
    ];
    let desk = marketplace_with(&[]).await;
    for (version, name) in (2..).zip(&names) {
        let person = json!({"customerId": "c-1", "version": version, "name": name, "contacts": ["phone:+14155550101"]});
        desk.change("customer.updated", person).await.unwrap();
        let answer = desk.call("+14155550101").await;
        assert_eq!(answer["customerId"], "c-1", "{name}");
        let whisper = answer["whisper"].as_str().unwrap();
        let inside = whisper
            .strip_prefix("<speak>")
            .unwrap()
            .strip_suffix("</speak>")
            .unwrap();
        assert!(!inside.contains(['<', '>', '"']), "{whisper}");
        assert!(
            inside
                .split('&')
                .skip(1)
                .all(|rest| ["amp;", "lt;", "gt;", "quot;", "apos;"]
                    .iter()
                    .any(|entity| rest.starts_with(entity))),
            "{whisper}"
        );
        for (field, value) in answer.as_object().unwrap() {
            let value = value.as_str().unwrap();
            assert!(
                !value.is_empty() && !value.contains(|c: char| c.is_control()),
                "{field}: {value}"
            );
            assert!(!value.contains(['\u{202E}', '\u{2066}']), "{field}: {value}");
        }
        assert!(answer.to_string().len() < 32 * 1024);
    }
}

#[tokio::test]
async fn a_backend_that_may_take_longer_than_the_answer_costs_nobody_what_the_directory_knows() {
    let backend = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(5)))
        .mount(&backend)
        .await;
    let url = backend.uri();
    let desk = marketplace_with(&[
        ("LOOKUP_URL", url.as_str()),
        ("LOOKUP_SECRET_ARN", KEYS),
        ("LOOKUP_TIMEOUT_MS", "3000"),
        ("ANSWER_BUDGET_MS", "600"),
    ])
    .await;
    desk.stack.simulated_secrets.set(KEYS, "key");
    for _ in 0..5 {
        let answer = desk.call("+14155550101").await;
        assert_eq!(answer["customerId"], "c-1", "{answer}");
    }
    let asked = backend.received_requests().await.unwrap().len();
    assert_eq!(asked, 3, "then it is left alone");
}

#[tokio::test]
async fn the_rules_of_one_instance_are_not_those_of_another() {
    let desk = marketplace_with(&[]).await;
    let rules =
        json!({"version": 1_000_000_000_000_000_u64, "rules": [{"name": "all", "class": "everybody"}]});
    desk.change("rules.updated", rules).await.unwrap();
    let mut event = Leg::inbound("call", 0).from("+14155550199").flow_event();
    let answer = desk.classify_caller.answer(&event, noon(), None).await;
    assert_eq!(answer["class"], "everybody");
    let instance = event.pointer_mut("/Details/ContactData/InstanceARN").unwrap();
    *instance = json!("arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000ff");
    let answer = desk.classify_caller.answer(&event, noon(), None).await;
    assert_eq!(answer["class"], "unknown");
}

#[tokio::test]
async fn the_customer_id_that_connect_tells_is_verified() {
    let desk = marketplace_with(&[]).await;
    let mut event = Leg::inbound("call", 0).flow_event();
    let contact = event.pointer_mut("/Details/ContactData").unwrap();
    contact["CustomerEndpoint"] = Value::Null;
    contact["Attributes"] = json!({});
    contact["CustomerId"] = json!("c-1");
    let answer = desk.classify_caller.answer(&event, noon(), None).await;
    assert_eq!(
        (&answer["customerId"], &answer["verified"]),
        (&json!("c-1"), &json!("true"))
    );
}
