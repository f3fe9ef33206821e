//! No log line, metric or answer holds a caller's number or an attribute's value.

use ringback_local::centre::Centre;
use ringback_local::gate::{Fault, Gate};
use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_local::simulated_bus::BusBehaviour;
use ringback_local::simulated_connect::Behaviour;
use ringback_local::world::{Call, World};
use ringback_tests::{Leg, Logs, Story, at};
use serde_json::{Value, json};

const NUMBER: &str = "4155550100";
const SECRET: &str = "attribute-that-nobody-may-see";

#[tokio::test]
async fn no_log_line_metric_or_answer_holds_the_callers_number() {
    let logs = Logs::capture(tracing::Level::DEBUG);

    let story = Story::with(&[
        ("ANSWER_BUDGET_MS", "400"),
        ("ATTEMPT_TIMEOUT_MS", "60"),
        ("SEARCH_TIMEOUT_MS", "60"),
    ])
    .await
    .unwrap();
    let mut answers: Vec<Value> = Vec::new();
    let leg = |id: &str, second| Leg::inbound(id, second).attribute("Note", SECRET);

    // Everything that succeeds and everything that fails.
    for behaviour in [
        Behaviour::Refused,
        Behaviour::Malformed,
        Behaviour::Throttled,
        Behaviour::Normal,
    ] {
        story.stack.simulated_connect.behave(behaviour);
        answers.push(
            story
                .asks(&leg(&format!("cold-{behaviour:?}"), 0).from("+14155550100"))
                .await,
        );
    }
    story.lives(&leg("first", 0)).await.unwrap();
    answers.push(story.asks(&leg("second", 3600)).await);
    story
        .raw_records(&[format!("+1{NUMBER} {SECRET}").into_bytes()])
        .await
        .unwrap();
    let mut odd = leg("odd", 0).connected_event();
    odd["detail"]["contactId"] = json!({"+14155550100": SECRET});
    story.event(&odd).await.unwrap();
    let mut odd = leg("odd", 0).flow_event();
    odd["Details"]["ContactData"]["ContactId"] = json!([NUMBER, SECRET]);
    answers.push(story.last_agent.answer(&odd, at(0), None).await);
    for fault in [Fault::Down, Fault::Throttled, Fault::Hanging] {
        story.stack.gate().unwrap().fail(Gate::EVERYTHING, fault);
        answers.push(story.asks(&leg("third", 3600)).await);
        if fault != Fault::Hanging {
            assert!(story.event(&leg("fourth", 0).connected_event()).await.is_err());
            assert_eq!(story.records(&[leg("fourth", 0).record(9)]).await.unwrap(), ["1"]);
        }
    }

    // Only our own lines: a dependency that logs bodies would do so at a level that production never has.
    let logs = logs.text();
    let ours: Vec<_> = logs
        .lines()
        .filter(|line| !line.contains("\"level\":\"DEBUG\""))
        .collect();
    assert!(ours.len() > 15, "the functions logged {} lines", ours.len());
    let answers: String = answers.iter().map(Value::to_string).collect();
    for (what, text) in [
        ("logs", ours.join("\n")),
        ("metrics", story.metrics.text()),
        ("answers", answers),
    ] {
        for secret in [NUMBER, SECRET] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "in the {what}");
        }
    }
    // What a person sees of a caller in a debugger or a panic is masked too.
    let event = ringback_connect::FlowEvent::decode(&leg("first", 0).flow_event()).unwrap();
    assert!(!format!("{event:?}").contains(NUMBER) && !format!("{event:?}").contains(SECRET));
}

#[tokio::test]
async fn metrics_have_no_agent_as_a_dimension() {
    let story = Story::start().await.unwrap();
    story.lives(&Leg::inbound("first", 0)).await.unwrap();
    story.asks(&Leg::inbound("second", 3600)).await;
    let text = story.metrics.text();
    let mut dimensions: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .flat_map(|line| {
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
                .as_array()
                .unwrap()
                .clone()
        })
        .map(|set| set.to_string())
        .collect();
    dimensions.sort();
    dimensions.dedup();
    let expected = [
        r#"["Function","Outcome"]"#,
        r#"["Function","Source"]"#,
        r#"["Function","Status","Reason"]"#,
        r#"["Function"]"#,
    ];
    assert_eq!(dimensions, expected);
    assert!(!text.contains("agent-a"), "an agent in the metrics");
}

#[tokio::test]
async fn no_log_line_or_metric_of_a_classified_call_names_the_caller_the_order_or_a_secret() {
    let logs = Logs::capture(tracing::Level::INFO);

    let settings = [("ANSWER_BUDGET_MS", "400"), ("ATTEMPT_TIMEOUT_MS", "60")];
    let mut world = World::start(Centre::load(None).unwrap(), &settings)
        .await
        .unwrap();
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    marketplace::fill(&world.stack, MARKETPLACE, at).await.unwrap();
    for number in [
        "+14155550101",
        "+14155550102",
        "+14155550105",
        "+14155550121",
        "anonymous",
    ] {
        world.call(&Call::new(number, at).keys(["1"])).await.unwrap();
    }
    // Everything that can fail: the chat, the bus, the table, and documents that are none.
    for (status, retry) in [(429, Some(1)), (500, None), (404, None)] {
        world.stack.simulated_chat.refuse_next(status, retry);
        drop(world.call(&Call::new("+14155550102", at).keys(["1"])).await);
    }
    world.stack.simulated_bus.behave(BusBehaviour::EntriesFail);
    drop(world.call(&Call::new("+14155550101", at)).await);
    world.stack.simulated_bus.behave(BusBehaviour::Normal);
    let api = |body: Value| {
        json!({"rawPath": "/directory/people/c-1", "body": body.to_string(), "requestContext": {
            "http": {"method": "PUT"}, "authorizer": {"iam": {}},
        }})
    };
    let manage = std::sync::Arc::clone(&world.functions.manage_callers);
    let mut said = String::new();
    for body in [
        json!({"name": ["Customer A"], "contacts": ["phone:+14155550101"]}),
        json!({"contacts": ["+1 415 555 0101 Customer A"]}),
        json!({"language": "Customer A +14155550101"}),
        json!({"tags": ["Customer A"], "kind": "Customer A"}),
    ] {
        said += &manage.take(&api(body), at).await.unwrap().to_string();
    }
    for event in [
        json!({"detail-type": "customer.updated", "detail": {"customerId": "Customer A", "version": 1}}),
        json!({"detail-type": "order.placed", "detail": {"orderId": "A-1", "placedAt": "Customer A", "contact": "+14155550101"}}),
    ] {
        manage.take(&event, at).await.unwrap();
    }
    said += &world
        .stack
        .dead_letters
        .letters()
        .iter()
        .map(|letter| letter.reason.clone())
        .collect::<String>();
    for fault in [Fault::Down, Fault::Throttled, Fault::Hanging] {
        world.stack.gate().unwrap().fail(Gate::EVERYTHING, fault);
        drop(world.call_only(&Call::new("+14155550101", at)).await);
        if fault != Fault::Hanging {
            said += &manage
                .take(&api(json!({"name": "Customer A"})), at)
                .await
                .unwrap()
                .to_string();
        }
    }
    let (logs, metrics) = (logs.text(), world.metrics_text());
    assert!(logs.lines().count() > 40, "{}", logs.lines().count());
    for personal in [
        "Customer",
        "Partner A",
        "415555",
        "two pizzas",
        "a cake",
        "/services/",
        "example.com",
    ] {
        for (what, text) in [("log", &logs), ("metric", &metrics), ("error", &said)] {
            // Names of fields and the examples in messages may be said, what stands in the fields may not.
            let allowed = [
                "customerId",
                "CustomerPhoneNumber",
                "+14155550121",
                "+14155550100",
            ];
            let text = allowed
                .iter()
                .fold(text.clone(), |text, word| text.replace(word, ""));
            let line = text.lines().find(|line| line.contains(personal));
            assert!(
                line.is_none(),
                "{personal} in a {what}: {}",
                line.unwrap_or_default()
            );
        }
    }
}
