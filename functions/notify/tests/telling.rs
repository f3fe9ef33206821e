//! Steps in, messages out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use world::{Lines, World, flow_step, now, step};

fn external(name: &str) -> Value {
    json!({"kind": "external", "name": name})
}

fn second(second: u64) -> String {
    (now() + Duration::from_secs(second)).to_string()
}

fn later(seconds: u64) -> Timestamp {
    now() + Duration::from_secs(seconds)
}

#[tokio::test]
async fn each_step_has_its_message() {
    let world = World::new(&[(
        "NOTIFY_STEPS",
        "identified,chose,transferred,rang-out,answered,agent-answered,gave-up,ended",
    )])
    .await;
    let queue = json!({"kind": "queue", "name": "call-centre"});
    for event in [
        flow_step("identified", &json!({})),
        flow_step("chose", &json!({"key": "1"})),
        flow_step("transferred", &json!({"place": external("shop"), "seconds": 15})),
        flow_step("rang-out", &json!({"place": external("shop"), "seconds": 15})),
        flow_step(
            "transferred",
            &json!({"id": "c-1/transferred/office", "place": external("office")}),
        ),
        flow_step("answered", &json!({"place": external("office")})),
        flow_step(
            "transferred",
            &json!({"id": "c-1/transferred/call-centre", "place": queue, "seconds": 0}),
        ),
        flow_step(
            "rang-out",
            &json!({"id": "c-1/rang-out/call-centre", "place": queue, "seconds": 20}),
        ),
        step(
            "agent-answered",
            &json!({"agent": {"id": "agent-a", "name": "Agent A"}}),
        ),
        flow_step("gave-up", &json!({})),
        // Answered above, so its end is nothing to tell.
        step("ended", &json!({"disconnectReason": "CUSTOMER_DISCONNECT"})),
    ] {
        world.take(&event).await.unwrap();
    }
    insta::assert_snapshot!(world.shown("team").await, @r###"
    Customer A is calling
    Order <https://example.com/orders/A-17|A-17>: Two lamps
    Shop Shop One

    Customer A pressed 1

    Ringing Shop One for Customer A

    Shop One did not answer Customer A within 15 s

    Ringing office for Customer A

    Office answered Customer A

    Customer A is waiting for call-centre

    Nobody of call-centre took the call of Customer A within 20 s

    Agent A answered Customer A

    Nobody could take the call of Customer A
    Order <https://example.com/orders/A-17|A-17>: Two lamps
    Shop Shop One
    "###);
    insta::assert_snapshot!(
        world.shown("shop-1").await,
        @"Customer A is calling about order <https://example.com/orders/A-17|A-17>: Two lamps"
    );
    assert_eq!((world.counted("Sent"), world.counted("Filtered")), (11, 1));
}

#[tokio::test]
async fn the_message_is_block_kit_with_a_text_to_fall_back_on() {
    let world = World::new(&[]).await;
    world.take(&flow_step("identified", &json!({}))).await.unwrap();
    let section =
        |text: &str| json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}});
    assert_eq!(
        world.bodies("team").await,
        [json!({
            "text": "Customer A is calling\nOrder A-17: Two lamps\nShop Shop One",
            "blocks": [
                section("Customer A is calling"),
                section("Order <https://example.com/orders/A-17|A-17>: Two lamps"),
                section("Shop Shop One"),
            ],
            "unfurl_links": false,
            "unfurl_media": false,
        })]
    );
    let request = &world.requests("team").await[0];
    assert_eq!(request.headers["content-type"], "application/json");
    assert!(!request.headers.contains_key("ringback-signature"));
}

#[tokio::test]
async fn names_of_any_kind_stay_names() {
    let world = World::new(&[]).await;
    let torture = [
        "<!channel> & <@U1> <https://example.com|here>",
        "*Customer* _A_ ~x~ `y`\n> \"quoted\" 'A'",
        "مطعم \u{202e}A 👩🏽‍🍳",
        &"&".repeat(500),
    ];
    for (index, name) in torture.iter().enumerate() {
        let id = format!("c-{index}");
        let event = flow_step(
            "identified",
            &json!({"id": format!("{id}/identified/-"), "contactId": id, "initialContactId": id,
                "caller": {"class": "known-customer", "name": name},
                "order": {"orderId": format!("../{}", &name.chars().take(9).collect::<String>()), "title": name},
                "shop": {"shopId": "s", "name": name}}),
        );
        world.take(&event).await.unwrap();
    }
    let bodies = world.bodies("team").await;
    for body in &bodies {
        for block in body["blocks"].as_array().unwrap() {
            let text = block["text"]["text"].as_str().unwrap();
            assert!(text.encode_utf16().count() <= 3000);
            let ours = text.matches("<https://example.com/orders/").count();
            assert_eq!(text.matches('<').count(), ours, "{text}");
            assert!(!text.contains(['*', '_', '~', '`', '\n', '\u{202e}']), "{text}");
        }
    }
    let shown: Vec<_> = world
        .shown("team")
        .await
        .split("\n\n")
        .take(3)
        .map(str::to_owned)
        .collect();
    insta::assert_snapshot!(shown.join("\n\n").replace('\u{2068}', "⟦").replace('\u{2069}', "⟧"), @r###"
    &lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://example.com|here&gt; is calling
    Order <https://example.com/orders/..%2f%3c%21channel|../&lt;!channel>: &lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://example.com|here&gt;
    Shop &lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://example.com|here&gt;

    ∗Customer∗ ˍAˍ ∼x∼ ˋyˋ &gt; "quoted" 'A' is calling
    Order <https://example.com/orders/..%2f%2aCustomer|../∗Customer>: ∗Customer∗ ˍAˍ ∼x∼ ˋyˋ &gt; "quoted" 'A'
    Shop ∗Customer∗ ˍAˍ ∼x∼ ˋyˋ &gt; "quoted" 'A'

    ⟦مطعم A 👩🏽‍🍳⟧ is calling
    Order <https://example.com/orders/..%2f%d9%85%d8%b7%d8%b9%d9%85%20%e2%80%aeA%20%f0%9f%91%a9|⟦../مطعم A 👩⟧>: ⟦مطعم A 👩🏽‍🍳⟧
    Shop ⟦مطعم A 👩🏽‍🍳⟧
    "###);
}

#[tokio::test]
async fn who_called_is_a_name_or_a_class_and_the_last_digits_or_just_a_caller() {
    let world = World::new(&[]).await;
    for (index, changes) in [
        json!({"caller": {"class": "unknown", "number": "…0100"}}),
        json!({"caller": {"class": "unknown"}}),
        json!({"caller": {"class": "vip", "name": "\u{202e}", "number": "…0100"}, "channel": "CHAT"}),
        json!({}),
    ]
    .iter_mut()
    .enumerate()
    {
        let id = format!("c-{index}");
        changes["id"] = json!(format!("{id}/identified/-"));
        changes["initialContactId"] = json!(id);
        world.take(&step("identified", changes)).await.unwrap();
    }
    insta::assert_snapshot!(world.shown("team").await, @r###"
    Unknown caller …0100 is calling

    Unknown caller is calling

    Vip caller …0100 is writing

    A caller is calling
    "###);
}

#[tokio::test]
async fn an_end_is_told_only_if_nobody_had_answered() {
    let hung_up = |at: u64| json!({"disconnectReason": "CUSTOMER_DISCONNECT", "at": second(at)});
    let ringing = flow_step("transferred", &json!({"place": external("shop"), "seconds": 15}));
    let rang_out = flow_step("rang-out", &json!({"place": external("shop"), "at": second(15)}));
    for (before, end, said) in [
        (vec![], hung_up(9), "A caller hung up; nobody had answered"),
        (
            vec![flow_step("identified", &json!({}))],
            hung_up(9),
            "Customer A hung up; nobody had answered",
        ),
        (
            vec![ringing.clone()],
            hung_up(9),
            "Customer A hung up while Shop One was ringing; no answer is known",
        ),
        // A flow does not hear of an answer when the caller hangs up first; but they are not ringing for so long.
        (vec![ringing.clone()], hung_up(60), ""),
        (
            vec![ringing.clone(), rang_out.clone()],
            hung_up(60),
            "Customer A hung up; nobody had answered",
        ),
        // The two came in the wrong order.
        (
            vec![rang_out, ringing],
            hung_up(60),
            "Customer A hung up; nobody had answered",
        ),
        (
            vec![flow_step("answered", &json!({"place": external("shop")}))],
            hung_up(60),
            "",
        ),
        (
            vec![step("agent-answered", &json!({"agent": {"id": "agent-a"}}))],
            hung_up(60),
            "",
        ),
        (vec![], json!({"agent": {"id": "agent-a"}}), ""),
        (vec![], json!({"disconnectReason": "CONTACT_FLOW_DISCONNECT"}), ""),
        (
            vec![],
            json!({"disconnectReason": "TELECOM_PROBLEM"}),
            "A caller was cut off; nobody had answered",
        ),
    ] {
        let world = World::new(&[("NOTIFY_STEPS", "ended")]).await;
        for event in &before {
            world.take(event).await.unwrap();
        }
        world.take(&step("ended", &end)).await.unwrap();
        let shown = world.shown("team").await;
        assert_eq!(shown.lines().next().unwrap_or_default(), said, "{before:?} {end}");
    }
}

#[tokio::test]
async fn an_agent_who_answers_before_anything_is_known_is_told_without_a_name() {
    let world = World::new(&[]).await;
    let answered = |agent: &str, contact: &str| {
        step(
            "agent-answered",
            &json!({"id": format!("{contact}/agent-answered/{agent}"), "contactId": contact, "agent": {"id": agent}}),
        )
    };
    world.take(&answered("agent-a", "c-1")).await.unwrap();
    world.take(&flow_step("identified", &json!({}))).await.unwrap();
    // A transfer: another contact of the same call.
    world.take(&answered("agent-b", "c-2")).await.unwrap();
    insta::assert_snapshot!(world.shown("team").await, @r###"
    Agent agent-a answered a caller

    Customer A is calling
    Order <https://example.com/orders/A-17|A-17>: Two lamps
    Shop Shop One

    Agent agent-b answered Customer A
    "###);
}

#[tokio::test]
async fn a_repeated_event_is_told_once() {
    let world = World::new(&[]).await;
    let event = flow_step("transferred", &json!({"place": external("shop"), "seconds": 15}));
    world.take(&event).await.unwrap();
    let again = vec![event.to_string(), event.to_string()];
    assert!(world.batch(&again, later(3600)).await.is_empty());
    assert_eq!(world.requests("team").await.len(), 1);
    assert_eq!(world.requests("shop-1").await.len(), 1);
    assert_eq!((world.counted("Sent"), world.counted("Duplicates")), (2, 4));
    for item in world.items().await {
        let expires: i64 = item["expiresAt"].as_n().unwrap().parse().unwrap();
        let day = 24 * 3600;
        assert!(
            (day..day + 3700).contains(&(expires - now().as_second())),
            "{item:?}"
        );
    }
}

#[tokio::test]
async fn a_throttled_message_comes_again_when_slack_wants_it_and_the_others_are_not_tried_before() {
    let world = World::silent(&[]).await;
    world.slack_answers("team", &[429, 200]).await;
    world.slack_answers("shop-1", &[200]).await;
    let events = [
        flow_step(
            "transferred",
            &json!({"at": second(1), "place": external("shop"), "seconds": 15}),
        )
        .to_string(),
        flow_step("identified", &json!({})).to_string(),
    ];
    // By time, not by place in the batch: `identified` is the one that is throttled.
    assert_eq!(world.batch(&events, now()).await, ["m-1", "m-0"]);
    assert_eq!(world.requests("team").await.len(), 1);
    let hidden = world.aws.lock().unwrap().hidden.clone();
    assert_eq!(hidden, [("r-1".to_owned(), 7), ("r-0".to_owned(), 7)]);
    // The shop's channel was free, and is not told again.
    assert!(world.batch(&events, later(7)).await.is_empty());
    assert_eq!(world.requests("team").await.len(), 3);
    assert_eq!(world.requests("shop-1").await.len(), 1);
    let counts = ["Sent", "Throttled", "Failed", "Duplicates", "DeadLetters"].map(|name| world.counted(name));
    assert_eq!(counts, [3, 1, 2, 1, 0]);
}

#[tokio::test]
async fn a_receiver_that_is_down_or_slow_gets_its_message_later() {
    let world = World::silent(&[]).await;
    world.slack_answers("team", &[503, 200]).await;
    let event = flow_step("identified", &json!({}));
    let problem = world.take(&event).await.unwrap_err();
    assert_eq!(problem.to_string(), "a receiver did not take the message (503)");
    world.take(&event).await.unwrap();
    assert_eq!(world.requests("team").await.len(), 2);

    let world = World::silent(&[]).await;
    let slow = wiremock::ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(slow)
        .mount(&world.slack)
        .await;
    assert_eq!(
        world.batch(&[event.to_string(), event.to_string()], now()).await,
        ["m-0", "m-1"]
    );
    assert!(
        world.aws.lock().unwrap().hidden.is_empty(),
        "the queue's own time-out brings it back"
    );
    assert_eq!(
        world.requests("team").await.len(),
        1,
        "a slow receiver is not waited for twice"
    );
}

#[tokio::test]
async fn who_dies_while_sending_keeps_a_message_for_a_minute_only() {
    let world = World::new(&[]).await;
    let event = flow_step("identified", &json!({}));
    world.take(&event).await.unwrap();
    // As an invocation leaves it that was cut off.
    let lease = (now() + Duration::from_secs(60)).as_millisecond().to_string();
    world
        .dynamo
        .put_item()
        .table_name("contacts")
        .item(
            "id",
            aws_sdk_dynamodb::types::AttributeValue::S("notified#c-1/identified/-#team".to_owned()),
        )
        .item("leaseUntil", aws_sdk_dynamodb::types::AttributeValue::N(lease))
        .send()
        .await
        .unwrap();
    let problem = world.take(&event).await.unwrap_err();
    assert!(matches!(problem, notify::Error::Busy));
    assert_eq!(world.requests("team").await.len(), 1);
    world.app.take(&event, later(61)).await.unwrap();
    assert_eq!(world.requests("team").await.len(), 2);
}

#[tokio::test]
async fn what_is_refused_for_good_becomes_a_dead_letter_that_can_be_sent_again_after_an_hour() {
    let world = World::silent(&[]).await;
    world.slack_answers("team", &[404, 200]).await;
    world.slack_answers("shop-1", &[200]).await;
    let event = flow_step("transferred", &json!({"place": external("shop"), "seconds": 15}));
    let body = [event.to_string()];
    assert!(world.batch(&body, now()).await.is_empty());
    assert!(world.batch(&body, later(3500)).await.is_empty());
    let letters = world.aws.lock().unwrap().letters.clone();
    assert_eq!(
        letters,
        [(
            event.to_string(),
            "team refused the message (404 no_service)".to_owned()
        )]
    );
    assert!(world.batch(&body, later(3700)).await.is_empty());
    assert_eq!(world.requests("team").await.len(), 2);
    assert_eq!(world.requests("shop-1").await.len(), 1);
    assert_eq!(world.counted("DeadLetters"), 1);
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let world = World::silent(&[]).await;
    let elsewhere = format!("{}/elsewhere", world.slack.uri());
    let redirect = wiremock::ResponseTemplate::new(307).insert_header("location", elsewhere.as_str());
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(redirect)
        .mount(&world.slack)
        .await;
    world.take(&flow_step("identified", &json!({}))).await.unwrap();
    assert_eq!(world.slack.received_requests().await.unwrap().len(), 1);
    assert_eq!(
        world.aws.lock().unwrap().letters[0].1,
        "team refused the message (307)"
    );
}

#[tokio::test]
async fn what_cannot_be_read_becomes_a_dead_letter_and_the_batch_goes_on() {
    let world = World::new(&[]).await;
    let later_version = flow_step("identified", &json!({"schema": "ringback.call-step/2"}));
    let bad = flow_step(
        "identified",
        &json!({"caller": {"class": 7, "name": "Customer A"}}),
    );
    let mut foreign = flow_step("identified", &json!({}));
    foreign["source"] = json!("aws.connect");
    let endless = flow_step("identified", &json!({"id": "c".repeat(2000)}));
    let bodies = [
        "nonsense".to_owned(),
        later_version.to_string(),
        bad.to_string(),
        foreign.to_string(),
        endless.to_string(),
        flow_step("identified", &json!({})).to_string(),
    ];
    assert!(world.batch(&bodies, now()).await.is_empty());
    let letters = world.aws.lock().unwrap().letters.clone();
    let reasons: Vec<_> = letters.iter().map(|(_, reason)| reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the message is not JSON",
            "detail cannot be read at schema",
            "detail cannot be read at caller.class",
            "the event is no call step",
            "detail cannot be read at id",
        ]
    );
    assert_eq!(
        letters.iter().map(|(body, _)| body.clone()).collect::<Vec<_>>(),
        bodies[..5]
    );
    assert_eq!((world.counted("Sent"), world.counted("DeadLetters")), (1, 5));

    world.aws.lock().unwrap().down = true;
    assert_eq!(world.batch(&bodies[..1], now()).await, ["m-0"]);
    assert!(matches!(
        world.take(&foreign).await,
        Err(notify::Error::DeadLetter(_))
    ));
    assert!(matches!(
        world.take(&json!({"Records": [{}]})).await,
        Err(notify::Error::Batch)
    ));
}

#[tokio::test]
async fn outside_the_hours_nobody_is_told_though_all_is_remembered() {
    let world = World::new(&[
        ("NOTIFY_HOURS", "Mon-Fri 08:00-18:00"),
        ("NOTIFY_TIME_ZONE", "Europe/Berlin"),
    ])
    .await;
    // 17:00 UTC is 18:00 in Berlin.
    world.take(&flow_step("identified", &json!({}))).await.unwrap();
    assert!(world.requests("team").await.is_empty());
    let morning = "2026-11-23T07:00:00Z";
    let answered = step(
        "agent-answered",
        &json!({"at": morning, "agent": {"id": "agent-a", "name": "Agent A"}}),
    );
    // What counts is when it happened, not when it is told.
    world.take(&answered).await.unwrap();
    assert_eq!(world.shown("team").await, "Agent A answered Customer A");
    assert_eq!((world.counted("Sent"), world.counted("Filtered")), (1, 1));
}

#[tokio::test]
async fn without_a_secret_nothing_is_asked_or_sent() {
    let world = World::new(&[("NOTIFY_SECRET_ARN", "")]).await;
    assert!(
        world
            .batch(&[flow_step("identified", &json!({})).to_string()], now())
            .await
            .is_empty()
    );
    assert!(world.slack.received_requests().await.unwrap().is_empty());
    assert!(world.items().await.is_empty());
    assert_eq!((world.counted("Steps"), world.counted("Unconfigured")), (1, 1));
}

#[tokio::test]
async fn a_receiver_of_its_own_gets_the_event_signed_with_every_key() {
    let world = World::silent(&[]).await;
    world.slack_answers("hook", &[429, 200]).await;
    world.aws.lock().unwrap().secret = json!({"webhook": {"url": format!("{}/hook", world.slack.uri()),
        "keys": ["key-new", "key-old"]}})
    .to_string();
    let event = flow_step(
        "answered",
        &json!({"place": external("shop"), "addedLater": [1, 2]}),
    );
    assert!(world.take(&event).await.is_err());
    world.take(&event).await.unwrap();
    let requests = world.requests("hook").await;
    assert_eq!(requests.len(), 2);
    let request = &requests[1];
    assert_eq!(request.body, event["detail"].to_string().as_bytes());
    assert_eq!(request.headers["ringback-event-id"], "c-1/answered/-");
    let signature = request.headers[ringback_signature::HEADER].to_str().unwrap();
    for (key, body, good) in [
        ("key-new", request.body.clone(), true),
        ("key-old", request.body.clone(), true),
        ("key-other", request.body.clone(), false),
        ("key-new", b"{}".to_vec(), false),
    ] {
        let answer =
            ringback_signature::verify(Some(signature), &body, &[key], now(), Duration::from_secs(60));
        assert_eq!(answer.is_ok(), good, "{key}");
    }
}

#[tokio::test]
async fn an_address_that_moved_is_read_again_when_the_old_one_refuses() {
    let world = World::silent(&[]).await;
    world.slack_answers("team", &[200, 404]).await;
    world.slack_answers("moved", &[200, 404]).await;
    world.take(&flow_step("identified", &json!({}))).await.unwrap();
    let secret = world.aws.lock().unwrap().secret.replace("/team", "/moved");
    world.aws.lock().unwrap().secret = secret;
    for step in ["gave-up", "answered", "ended"] {
        world.take(&flow_step(step, &json!({}))).await.unwrap();
    }
    assert_eq!(
        world.shown("moved").await.lines().next().unwrap(),
        "Nobody could take the call of Customer A"
    );
    // Refused there too, within the minute: Secrets Manager is not asked again.
    assert_eq!(world.aws.lock().unwrap().letters.len(), 1);
    assert_eq!(world.aws.lock().unwrap().secret_reads, 2);
}

#[tokio::test]
async fn without_a_secret_that_can_be_read_steps_come_again() {
    let world = World::silent(&[]).await;
    let event = flow_step("identified", &json!({}));
    world.aws.lock().unwrap().down = true;
    assert!(matches!(world.take(&event).await, Err(notify::Error::Secret(_))));
    assert_eq!(world.batch(&[event.to_string()], now()).await, ["m-0"]);
    world.aws.lock().unwrap().down = false;
    world.aws.lock().unwrap().secret = "{}}".to_owned();
    assert!(matches!(
        world.take(&event).await,
        Err(notify::Error::SecretShape)
    ));
}

#[tokio::test]
async fn no_log_metric_letter_or_error_holds_a_name_a_number_or_an_address() {
    let logs = Lines::default();
    let writer = logs.clone();
    // With one subscriber only, another thread's "nobody listens" would count for this one too.
    let _another = tracing::Dispatch::new(
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::ERROR)
            .finish(),
    );
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::silent(&[]).await;
    world.slack_answers("team", &[429, 503, 404, 200]).await;
    world.slack_answers("shop-1", &[403]).await;
    let event = flow_step("transferred", &json!({"place": external("shop"), "seconds": 15}));
    let mut told = String::new();
    for minute in [0, 1, 2, 70, 71] {
        let batch = [event.to_string(), "Customer A".to_owned()];
        world.batch(&batch, later(minute * 60)).await;
    }
    for (_, reason) in &world.aws.lock().unwrap().letters {
        told.push_str(reason);
    }
    let logs = logs.text();
    assert!(logs.lines().count() > 10);
    for (what, text) in [
        ("logs", logs),
        ("metrics", world.metrics.text()),
        ("reasons", told),
    ] {
        for secret in [
            "Customer A",
            "…0100",
            "Two lamps",
            "Shop One",
            "http:",
            "shop-1",
            "the-secret",
        ] {
            assert!(!text.contains(secret), "{secret} in the {what}");
        }
    }
}

#[tokio::test]
async fn a_shop_is_told_that_a_caller_is_not_verified() {
    let world = World::new(&[]).await;
    let caller = json!({"class": "active-order", "name": "Customer A", "verified": false});
    let event = flow_step(
        "transferred",
        &json!({"place": external("shop"), "caller": caller}),
    );
    world.take(&event).await.unwrap();
    assert!(
        world
            .shown("shop-1")
            .await
            .starts_with("Customer A (not verified) is calling about order")
    );
}
