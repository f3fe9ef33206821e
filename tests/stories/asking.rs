//! What a flow is told, whatever hangs, throttles or breaks; and who is counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use ringback_local::dynamo::CONTACTS_TABLE;
use ringback_local::gate::{Fault, Gate};
use ringback_local::simulated_connect::{Behaviour, SearchableContact};
use ringback_tests::{Leg, Story, at};
use serde_json::{Value, json};

const LATER: i64 = 3600;

fn said(answer: &Value) -> (&str, &str) {
    (
        answer["status"].as_str().unwrap(),
        answer["reason"].as_str().unwrap(),
    )
}

async fn known_caller(changes: &[(&str, &str)]) -> Story {
    let mut all = vec![("SEARCH_CONTACTS", "off")];
    all.extend(changes);
    let story = Story::with(&all).await.unwrap();
    story.lives(&Leg::inbound("first", 0)).await.unwrap();
    story
}

/// A contact that only the search knows, two hours ago with agent `agent-c`.
fn searchable(number: &str) -> SearchableContact {
    let began = at(-7200).as_second();
    SearchableContact {
        id: "searched".to_owned(),
        initial_contact_id: None,
        previous_contact_id: None,
        initiation_method: "INBOUND".to_owned(),
        channel: "VOICE".to_owned(),
        agent_id: Some("agent-c".to_owned()),
        queue_id: Some("orders".to_owned()),
        initiated_at: began,
        connected_to_agent_at: Some(began + 30),
        disconnected_at: Some(began + 300),
        attributes: vec![("CustomerPhoneNumber".to_owned(), number.to_owned())],
    }
}

#[tokio::test]
async fn a_contact_that_asks_three_times_has_one_answer_and_counts_once() {
    let story = known_caller(&[("STICKY_PER_CALLER_AND_DAY", "2")]).await;
    let call = Leg::inbound("second", LATER);
    let first = story.asks(&call).await;
    // Connect asks again after a while: the answer is the same, age included.
    for later in [1, 2] {
        let again = story
            .last_agent
            .answer(&call.flow_event(), at(LATER + later), None)
            .await;
        assert_eq!(again, first);
    }
    assert_eq!(story.metric("Repeated"), 2);
    // One offer is counted, so the cap of two leaves one.
    assert_eq!(
        said(&story.asks(&Leg::inbound("third", LATER + 10)).await),
        ("found", "last-agent")
    );
    assert_eq!(
        said(&story.asks(&Leg::inbound("fourth", LATER + 20)).await),
        ("none", "caller-cap")
    );
    // Tomorrow is another day.
    assert_eq!(
        said(&story.asks(&Leg::inbound("fifth", LATER + 86_400)).await),
        ("found", "last-agent")
    );
}

#[tokio::test]
async fn an_answer_is_repeated_even_while_the_index_cannot_be_read() {
    let story = known_caller(&[("ATTEMPT_TIMEOUT_MS", "100")]).await;
    let call = Leg::inbound("second", LATER);
    let first = story.asks(&call).await;
    story.stack.gate().unwrap().fail("Query", Fault::Throttled);
    assert_eq!(story.asks(&call).await, first);
}

#[tokio::test]
async fn a_cap_holds_and_is_reported_even_if_its_answer_cannot_be_stored() {
    for fault in [Fault::Down, Fault::Hanging] {
        let settings = [("STICKY_PER_CALLER_AND_DAY", "1"), ("ANSWER_BUDGET_MS", "300")];
        let story = known_caller(&settings).await;
        story.asks(&Leg::inbound("second", LATER)).await;
        story.stack.gate().unwrap().fail("UpdateItem", fault);
        let answer = story.asks(&Leg::inbound("third", LATER)).await;
        assert_eq!(said(&answer), ("none", "caller-cap"), "{fault:?}");
        assert_eq!(story.metric("NotKept"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_budget_that_cannot_be_read_is_a_failure_and_not_an_answer() {
    for operation in ["GetItem", "UpdateItem"] {
        let story = Story::with(&[("ATTEMPT_TIMEOUT_MS", "100")]).await.unwrap();
        let call = Leg::inbound("first", 0);
        story.stack.gate().unwrap().fail(operation, Fault::Throttled);
        assert_eq!(
            said(&story.asks(&call).await),
            ("unavailable", "index-unavailable"),
            "{operation}"
        );
        story.stack.gate().unwrap().heal();
        assert_eq!(
            said(&story.asks(&call).await),
            ("none", "first-contact"),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_search_that_runs_out_of_time_is_counted() {
    let story = Story::with(&[("ANSWER_BUDGET_MS", "300"), ("SEARCH_TIMEOUT_MS", "3000")])
        .await
        .unwrap();
    story.stack.simulated_connect.behave(Behaviour::Hanging);
    assert_eq!(
        said(&story.asks(&Leg::inbound("first", 0)).await),
        ("unavailable", "out-of-time")
    );
    assert_eq!(
        (story.metric("Searches"), story.stack.simulated_connect.requests()),
        (1, 1)
    );
}

#[tokio::test]
async fn the_search_is_reserved_for_the_moment_in_which_it_is_sent() {
    let story = Story::with(&[("ATTEMPT_TIMEOUT_MS", "2000")]).await.unwrap();
    story
        .stack
        .gate()
        .unwrap()
        .fail("Query", Fault::Slow(Duration::from_millis(350)));
    story.asks(&Leg::inbound("first", 0)).await;
    let bucket = story.item("bucket#search").await.unwrap().unwrap();
    let next: i64 = bucket["nextAt"].as_n().unwrap().parse().unwrap();
    assert!(
        next >= at(2).as_millisecond() + 350,
        "{} ms after the call",
        next - at(0).as_millisecond()
    );
}

#[tokio::test]
async fn an_attribute_is_searched_as_it_was_written() {
    let story = Story::with(&[]).await.unwrap();
    story.stack.simulated_connect.add(searchable("customer:4711"));
    let call = Leg::inbound("first", 0).attribute("CustomerPhoneNumber", "customer:4711");
    assert_eq!(said(&story.asks(&call).await), ("found", "last-agent"));
}

#[tokio::test]
async fn a_contact_that_asks_about_another_caller_is_answered_anew() {
    let story = known_caller(&[]).await;
    let call = Leg::inbound("second", LATER).from("+14155550123");
    assert_eq!(said(&story.asks(&call).await), ("none", "first-contact"));
    let mut event = call.flow_event();
    event["Details"]["Parameters"] = json!({"caller": "phone:+14155550100"});
    assert_eq!(
        said(&story.last_agent.answer(&event, at(LATER), None).await),
        ("found", "last-agent")
    );
}

#[tokio::test]
async fn the_callers_key_comes_from_parameter_attribute_endpoint_and_customer_id_in_this_order() {
    let story = Story::start().await.unwrap();
    for (agent, key) in [
        ("p", "customer:p-1"),
        ("a", "a-1"),
        ("e", "+447700900123"),
        ("c", "customer:c-1"),
    ] {
        story
            .lives(
                &Leg::inbound(agent, 0)
                    .with(agent)
                    .attribute("CustomerPhoneNumber", key),
            )
            .await
            .unwrap();
    }
    let mut event = Leg::inbound("asks", LATER).from("+447700900123").flow_event();
    event["Details"]["Parameters"]["caller"] = "customer:p-1".into();
    event["Details"]["ContactData"]["Attributes"]["CustomerPhoneNumber"] = "a-1".into();
    event["Details"]["ContactData"]["CustomerId"] = "c-1".into();
    let takes_away: [&dyn Fn(&mut Value); 4] = [
        &|event| event["Details"]["Parameters"] = json!({}),
        &|event| event["Details"]["ContactData"]["Attributes"] = Value::Null,
        &|event| event["Details"]["ContactData"]["CustomerEndpoint"] = Value::Null,
        &|event| event["Details"]["ContactData"]["CustomerId"] = Value::Null,
    ];
    let mut heard = Vec::new();
    for (turn, take_away) in takes_away.into_iter().enumerate() {
        event["Details"]["ContactData"]["ContactId"] = format!("asks-{turn}").into();
        heard.push(story.last_agent.answer(&event, at(LATER), None).await["agentId"].clone());
        take_away(&mut event);
    }
    let last = story.last_agent.answer(&event, at(LATER), None).await;
    assert_eq!(
        (heard, said(&last)),
        (
            vec!["p".into(), "a".into(), "e".into(), "c".into()],
            ("none", "no-caller")
        )
    );
}

#[tokio::test]
async fn every_sample_of_a_flows_event_is_answered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/connect/flow");
    let mut heard = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let event: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
        let story = Story::start().await.unwrap();
        let answer = story.last_agent.answer(&event, at(0), None).await;
        let (status, reason) = said(&answer);
        heard.insert(
            file.file_name().into_string().unwrap(),
            format!("{status} {reason}"),
        );
    }
    insta::assert_debug_snapshot!(heard);
}

#[tokio::test]
async fn what_is_no_flow_event_is_answered_too() {
    let story = Story::start().await.unwrap();
    for event in [
        json!(null),
        json!({}),
        json!([1]),
        json!("x"),
        json!({"Details": {"ContactData": {"ContactId": 7}}}),
    ] {
        assert_eq!(
            said(&story.last_agent.answer(&event, at(0), None).await),
            ("unavailable", "bad-event")
        );
    }
}

#[tokio::test]
async fn thirty_two_kilobytes_of_attributes_change_nothing() {
    let story = known_caller(&[]).await;
    let call = Leg::inbound("second", LATER).attribute("Notes", &"möchte Rückruf 🙏 ".repeat(1_400));
    assert_eq!(said(&story.asks(&call).await), ("found", "last-agent"));
}

#[tokio::test]
async fn whatever_the_table_does_the_flow_is_answered_within_its_budget() {
    let budget = Duration::from_millis(700);
    let faults = [
        Fault::Throttled,
        Fault::Down,
        Fault::Hanging,
        Fault::Slow(Duration::from_millis(30)),
    ];
    for fault in faults {
        for operation in ["Query", "UpdateItem", "TransactWriteItems", Gate::EVERYTHING] {
            let story = known_caller(&[("ANSWER_BUDGET_MS", "700"), ("ATTEMPT_TIMEOUT_MS", "150")]).await;
            story.stack.gate().unwrap().fail(operation, fault);
            let started = Instant::now();
            let answer = story.asks(&Leg::inbound("second", LATER)).await;
            let took = started.elapsed();
            // The rest is the noise of a machine that runs other tests too.
            assert!(
                took < budget + Duration::from_millis(100),
                "{operation} {fault:?} took {took:?}"
            );

            let slow = matches!(fault, Fault::Slow(_));
            let blind = matches!(operation, "Query" | Gate::EVERYTHING) && !slow;
            let expected = if blind {
                ("unavailable", "index-unavailable")
            } else {
                ("found", "last-agent")
            };
            assert_eq!(said(&answer), expected, "{operation} {fault:?}");

            // When the table is well again, the same contact is answered as if nothing had been.
            story.stack.gate().unwrap().heal();
            assert_eq!(
                said(&story.asks(&Leg::inbound("second", LATER)).await),
                ("found", "last-agent")
            );
        }
    }
}

#[tokio::test]
async fn the_lambdas_remaining_time_bounds_the_budget() {
    let story = known_caller(&[("ATTEMPT_TIMEOUT_MS", "2000"), ("ANSWER_BUDGET_MS", "5000")]).await;
    story.stack.gate().unwrap().fail(Gate::EVERYTHING, Fault::Hanging);
    let started = Instant::now();
    let left = Duration::from_millis(550);
    let answer = story
        .last_agent
        .answer(&Leg::inbound("second", LATER).flow_event(), at(LATER), Some(left))
        .await;
    assert_eq!(said(&answer), ("unavailable", "out-of-time"));
    assert!(
        started.elapsed() < left - Duration::from_millis(50),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_item_of_another_shape_hides_nobody() {
    let story = known_caller(&[]).await;
    let client = story.stack.dynamo_client().await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let caller = story.item("contact#first").await.unwrap().unwrap()["caller"].clone();
    for (id, odd) in [
        ("contact#odd", text("not a map")),
        ("elsewhere", AttributeValue::Bool(true)),
    ] {
        client
            .put_item()
            .table_name(CONTACTS_TABLE)
            .item("id", text(id))
            .item("caller", caller.clone())
            .item("agentAt", text("2026-11-20T12:50:00Z"))
            .item("connected#odd", odd)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(
        said(&story.asks(&Leg::inbound("second", LATER)).await),
        ("found", "last-agent")
    );
}

#[tokio::test]
async fn a_cold_index_asks_the_search_once_and_remembers_what_it_found() {
    let story = Story::with(&[]).await.unwrap();
    story.stack.simulated_connect.add(searchable("+14155550100"));

    let answer = story.asks(&Leg::inbound("first", 0)).await;
    assert_eq!(said(&answer), ("found", "last-agent"));
    assert_eq!(
        (
            &answer["agentId"],
            &answer["source"],
            &answer["rating"],
            &answer["queueId"]
        ),
        (
            &json!("agent-c"),
            &json!("search"),
            &json!("unknown"),
            &json!("orders")
        )
    );

    let answer = story.asks(&Leg::inbound("second", 10)).await;
    assert_eq!(
        (&answer["agentId"], &answer["source"]),
        (&json!("agent-c"), &json!("index"))
    );
    assert_eq!(story.stack.simulated_connect.requests(), 1);
}

#[tokio::test]
async fn a_caller_searched_in_vain_is_not_searched_again_for_a_while() {
    let story = Story::with(&[]).await.unwrap();
    for (contact, second) in [("first", 0), ("second", 60), ("third", 299)] {
        assert_eq!(
            said(&story.asks(&Leg::inbound(contact, second)).await),
            ("none", "first-contact")
        );
    }
    assert_eq!(story.stack.simulated_connect.requests(), 1);
    tokio::time::sleep(Duration::from_millis(2100)).await; // The quota of the simulated service is in real time.
    story.stack.simulated_connect.add(searchable("+14155550100"));
    assert_eq!(
        said(&story.asks(&Leg::inbound("fourth", 301)).await),
        ("found", "last-agent")
    );
}

#[tokio::test]
async fn a_search_that_fails_is_named_and_a_throttle_keeps_everybody_off_for_a_while() {
    for (behaviour, reason) in [
        (Behaviour::Refused, "search-refused"),
        (Behaviour::Malformed, "search-malformed"),
        (Behaviour::Hanging, "search-unavailable"),
        (Behaviour::Throttled, "search-throttled"),
    ] {
        let story = Story::with(&[("SEARCH_TIMEOUT_MS", "200")]).await.unwrap();
        story.stack.simulated_connect.behave(behaviour);
        let started = Instant::now();
        let call = Leg::inbound("first", 0);
        assert_eq!(said(&story.asks(&call).await), ("unavailable", reason));
        assert!(
            started.elapsed() < Duration::from_millis(700),
            "{reason} took {:?}",
            started.elapsed()
        );
        assert_eq!(
            story.metric("SearchThrottles"),
            u64::from(behaviour == Behaviour::Throttled)
        );

        // The contact is linked all the same: its agent is remembered.
        story.event(&call.connected_event()).await.unwrap();
        assert_eq!(
            said(&story.asks(&Leg::inbound("second", 60)).await),
            ("found", "last-agent")
        );

        let other = |id, second| Leg::inbound(id, second).from("+14155550123");
        let soon = story.asks(&other("third", 5)).await;
        let expected = if behaviour == Behaviour::Throttled {
            "search-budget"
        } else {
            reason
        };
        assert_eq!(said(&soon).1, expected);
        assert_eq!(said(&story.asks(&other("fourth", 30)).await).1, reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_on_a_cold_index_search_as_often_as_the_budget_allows() {
    let story = std::sync::Arc::new(Story::with(&[]).await.unwrap());
    let started = Instant::now();
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let story = std::sync::Arc::clone(&story);
            tokio::spawn(async move {
                let call = Leg::inbound(&format!("call-{number}"), 0).from(&format!("+141555501{number:02}"));
                let started = Instant::now();
                let answer = story.asks(&call).await;
                (answer["reason"].clone(), started.elapsed())
            })
        })
        .collect();
    let mut reasons = BTreeMap::new();
    for call in calls {
        let (reason, took) = call.await.unwrap();
        assert!(took < Duration::from_millis(2500), "{took:?}");
        *reasons.entry(reason.to_string()).or_insert(0) += 1;
    }
    // All asked at the same moment: the budget is one request in two seconds.
    assert_eq!(
        story.stack.simulated_connect.requests(),
        1,
        "after {:?}",
        started.elapsed()
    );
    assert_eq!(story.stack.simulated_connect.throttled(), 0);
    assert_eq!(
        reasons,
        BTreeMap::from([
            ("\"first-contact\"".to_owned(), 1),
            ("\"search-budget\"".to_owned(), 49)
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_one_caller_at_once_are_each_counted() {
    let story = std::sync::Arc::new(known_caller(&[("STICKY_PER_CALLER_AND_DAY", "2")]).await);
    let calls: Vec<_> = (0..6)
        .map(|number| {
            let story = std::sync::Arc::clone(&story);
            tokio::spawn(async move {
                story.asks(&Leg::inbound(&format!("call-{number}"), LATER)).await["reason"].to_string()
            })
        })
        .collect();
    let mut reasons = Vec::new();
    for call in calls {
        reasons.push(call.await.unwrap());
    }
    reasons.sort();
    let mut expected = vec!["\"caller-cap\""; 4];
    expected.extend(["\"last-agent\""; 2]);
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn two_offers_that_meet_on_a_counter_are_both_counted() {
    let story = known_caller(&[("STICKY_PER_CALLER_AND_DAY", "1")]).await;
    story
        .stack
        .gate()
        .unwrap()
        .fail("TransactWriteItems", Fault::Conflict(3));
    assert_eq!(
        said(&story.asks(&Leg::inbound("second", LATER)).await),
        ("found", "last-agent")
    );
    assert_eq!(story.stack.gate().unwrap().take_counts()["TransactWriteItems"], 4);
    assert_eq!(
        said(&story.asks(&Leg::inbound("third", LATER)).await),
        ("none", "caller-cap")
    );
}

#[tokio::test]
async fn a_supervisor_alone_does_not_make_the_index_warm() {
    let story = Story::start().await.unwrap();
    let mut listening = Leg::inbound("listened-to", 0).with("supervisor");
    listening.method = "MONITOR";
    story.asks(&listening).await;
    story.event(&listening.connected_event()).await.unwrap();

    story.stack.simulated_connect.add(searchable("+14155550100"));
    let searching = story.last_agent_with(&[]).await.unwrap();
    let answer = searching
        .answer(&Leg::inbound("second", LATER).flow_event(), at(LATER), None)
        .await;
    assert_eq!(
        (&answer["agentId"], &answer["source"]),
        (&json!("agent-c"), &json!("search"))
    );
}

#[tokio::test]
async fn an_agent_is_offered_to_so_many_callers_an_hour_and_no_more() {
    let story = Story::with(&[("SEARCH_CONTACTS", "off"), ("STICKY_PER_AGENT_AND_HOUR", "2")])
        .await
        .unwrap();
    let number = |caller: i64| format!("+1415555010{caller}");
    for caller in 0..4 {
        story
            .lives(&Leg::inbound(&format!("first-{caller}"), 0).from(&number(caller)))
            .await
            .unwrap();
    }
    let mut heard = Vec::new();
    for (caller, second) in [(0, LATER), (1, LATER + 1), (2, LATER + 2), (3, LATER + 3600)] {
        let answer = story
            .asks(&Leg::inbound(&format!("second-{caller}"), second).from(&number(caller)))
            .await;
        heard.push(answer["reason"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard, ["last-agent", "last-agent", "agent-cap", "last-agent"]);
}

#[tokio::test]
async fn stickiness_switched_off_still_remembers_for_the_day_it_is_switched_on() {
    let story = Story::with(&[("SEARCH_CONTACTS", "off"), ("STICKY_MODE", "off")])
        .await
        .unwrap();
    let first = Leg::inbound("first", 0);
    assert_eq!(said(&story.asks(&first).await), ("none", "off"));
    story.event(&first.connected_event()).await.unwrap();
    let on = story
        .last_agent_with(&[("SEARCH_CONTACTS", "off")])
        .await
        .unwrap();
    let answer = on
        .answer(&Leg::inbound("second", LATER).flow_event(), at(LATER), None)
        .await;
    assert_eq!(said(&answer), ("found", "last-agent"));
}
