//! Who spoke with whom, and who is offered again.

use contact_events::Outcome;
use ringback_contacts::item::EXPIRES_AT;
use ringback_tests::{INSTANCE_ARN, Leg, Story, agent_arn, queue_arn};
use serde_json::{Value, json};

/// An hour after the first call.
const LATER: i64 = 3600;

/// The agent offered, or why there is none.
fn offered(answer: &Value) -> &str {
    answer["agentId"]
        .as_str()
        .unwrap_or_else(|| answer["reason"].as_str().unwrap())
}

/// Whom the caller of `Leg::inbound` is offered an hour later.
async fn offered_later(story: &Story) -> String {
    offered(&story.asks(&Leg::inbound("later", LATER)).await).to_owned()
}

#[tokio::test]
async fn a_returning_caller_is_offered_the_agent_who_knows_them() {
    let story = Story::start().await.unwrap();
    story
        .lives(&Leg::inbound("first", 0).attribute("CustomerRating", "5"))
        .await
        .unwrap();

    let answer = story.asks(&Leg::inbound("second", LATER)).await;

    let expected = json!({
        "status": "found",
        "reason": "last-agent",
        "source": "index",
        "mode": "same-first",
        "agentId": "agent-a",
        "agentArn": agent_arn("agent-a"),
        "queueId": "orders",
        "queueArn": queue_arn("orders"),
        "contactId": "first",
        "contactAgeSeconds": "3580",
        "channel": "VOICE",
        "rating": "5",
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_caller_who_was_cut_off_is_known_before_the_call_has_even_ended() {
    let story = Story::start().await.unwrap();
    let first = Leg::inbound("first", 0);
    story.asks(&first).await;
    story.event(&first.connected_event()).await.unwrap();
    assert_eq!(offered(&story.asks(&Leg::inbound("again", 90)).await), "agent-a");
}

#[tokio::test]
async fn after_a_transfer_the_agent_who_took_over_is_offered() {
    // Cold: the first agent leaves at once. Warm: they stay a while to introduce the customer. By the record: both
    // legs end in the same second, and only the record says that the transfer was completed.
    for (first_ended, second_ended, completed) in [(100, 400, None), (160, 400, None), (400, 400, Some(150))]
    {
        let story = Story::start().await.unwrap();
        let mut first = Leg::inbound("first", 0);
        first.ended = first_ended;
        first.next = Some("second".to_owned());
        first.transfer_completed = completed;
        let second = first.then("second", "TRANSFER", "agent-b", 120, second_ended);
        let second = Leg {
            next: None,
            transfer_completed: None,
            ..second
        };
        story.lives(&first).await.unwrap();
        story.event(&second.connected_event()).await.unwrap();
        story.event(&second.ended_event()).await.unwrap();
        assert_eq!(
            offered_later(&story).await,
            "agent-b",
            "{first_ended} {second_ended} {completed:?}"
        );
    }
}

#[tokio::test]
async fn a_colleague_who_was_only_asked_is_not_offered() {
    let story = Story::start().await.unwrap();
    let mut first = Leg::inbound("first", 0);
    first.ended = 500;
    let consulted = first.then("second", "TRANSFER", "agent-b", 120, 200);
    story.lives(&first).await.unwrap();
    story.lives(&consulted).await.unwrap();
    assert_eq!(offered_later(&story).await, "agent-a");
}

#[tokio::test]
async fn while_a_consultation_lasts_the_first_agent_stands() {
    let story = Story::start().await.unwrap();
    let first = Leg::inbound("first", 0);
    story.asks(&first).await;
    story.event(&first.connected_event()).await.unwrap();
    story
        .event(
            &first
                .then("second", "TRANSFER", "agent-b", 120, 0)
                .connected_event(),
        )
        .await
        .unwrap();
    assert_eq!(
        offered(&story.asks(&Leg::inbound("other-line", 130)).await),
        "agent-a"
    );
}

#[tokio::test]
async fn callback_and_queue_transfer_legs_belong_to_the_first_contacts_caller() {
    for method in ["CALLBACK", "QUEUE_TRANSFER"] {
        let story = Story::start().await.unwrap();
        let mut first = Leg::inbound("first", 0);
        first.agent = None;
        let next = first.then("second", method, "agent-b", 300, 500);
        story.asks(&first).await;
        story.event(&first.ended_event()).await.unwrap();
        story.event(&next.connected_event()).await.unwrap();
        let answer = story.asks(&Leg::inbound("later", LATER)).await;
        assert_eq!(offered(&answer), "agent-b", "{method}");
        assert_eq!(answer["contactId"], "second");
    }
}

#[tokio::test]
async fn an_outbound_call_counts_only_where_the_policy_says_so_and_has_no_queue() {
    let story = Story::start().await.unwrap();
    let mut call = Leg::inbound("out", 0);
    call.method = "OUTBOUND";
    story.event(&call.connected_event()).await.unwrap();
    story.event(&call.ended_event()).await.unwrap();
    let with_outbound = story
        .last_agent_with(&[("STICKY_OUTBOUND", "on"), ("SEARCH_CONTACTS", "off")])
        .await
        .unwrap();
    let asks = |id| Leg::inbound(id, LATER).flow_event();
    let now = ringback_tests::at(LATER);

    // An event has no number: without the record nobody knows whom the agent called.
    assert_eq!(
        offered(&with_outbound.answer(&asks("a"), now, None).await),
        "first-contact"
    );
    story.records(&[call.record(300)]).await.unwrap();

    assert_eq!(
        offered(&story.last_agent.answer(&asks("b"), now, None).await),
        "first-contact"
    );
    let answer = with_outbound.answer(&asks("c"), now, None).await;
    assert_eq!(offered(&answer), "agent-a");
    assert_eq!(answer["queueArn"], Value::Null);
}

#[tokio::test]
async fn a_call_that_a_program_placed_is_outbound_too() {
    let story = Story::start().await.unwrap();
    let mut campaign = Leg::inbound("campaign", 0);
    campaign.method = "API";
    story.records(&[campaign.record(300)]).await.unwrap();
    assert_eq!(offered_later(&story).await, "first-contact");
    // A chat is made through the API by the customer who begins it.
    campaign.channel = "CHAT";
    story.records(&[campaign.record(400)]).await.unwrap();
    assert_eq!(
        offered(&story.asks(&Leg::inbound("again", LATER)).await),
        "agent-a"
    );
}

#[tokio::test]
async fn an_agent_who_never_reached_the_customer_is_not_offered() {
    let story = Story::with(&[("STICKY_OUTBOUND", "on"), ("SEARCH_CONTACTS", "off")])
        .await
        .unwrap();
    let mut call = Leg::inbound("out", 0);
    call.method = "OUTBOUND";
    call.reason = "TELECOM_UNANSWERED";
    story.records(&[call.record(300)]).await.unwrap();
    assert_eq!(offered_later(&story).await, "first-contact");
}

#[tokio::test]
async fn a_supervisor_who_listens_or_barges_in_is_not_offered() {
    let story = Story::start().await.unwrap();
    let first = Leg::inbound("first", 0);
    story.lives(&first).await.unwrap();
    let listening = first.then("second", "MONITOR", "supervisor", 100, 900);
    for event in [listening.connected_event(), listening.ended_event()] {
        story.event(&event).await.unwrap();
    }
    story.records(&[listening.record(950)]).await.unwrap();
    assert_eq!(offered_later(&story).await, "agent-a");
}

#[tokio::test]
async fn a_caller_transferred_a_second_ago_is_not_offered_who_transferred_them() {
    let story = Story::start().await.unwrap();
    story
        .lives(&Leg::inbound("yesterday", -80_000).with("agent-b"))
        .await
        .unwrap();
    let first = Leg::inbound("first", 0);
    story.asks(&first).await;
    story.event(&first.connected_event()).await.unwrap();
    story.event(&first.ended_event()).await.unwrap();

    let mut transferred = first.then("second", "QUEUE_TRANSFER", "nobody", 0, 0);
    transferred.began = first.ended + 1;
    assert_eq!(offered(&story.asks(&transferred).await), "agent-b");
}

#[tokio::test]
async fn an_agents_own_queue_is_no_queue_to_wait_in() {
    let story = Story::start().await.unwrap();
    let mut first = Leg::inbound("first", 0);
    first.queue = Some(format!("{INSTANCE_ARN}/queue/agent/agent-a"));
    story.lives(&first).await.unwrap();
    let answer = story.asks(&Leg::inbound("second", LATER)).await;
    assert_eq!((offered(&answer), &answer["queueId"]), ("agent-a", &Value::Null));
}

#[tokio::test]
async fn a_bad_call_is_not_repeated_and_no_survey_is_not_a_bad_survey() {
    for (rating, expected) in [
        ("1", "low-rating"),
        ("2", "low-rating"),
        ("3", "agent-a"),
        ("nonsense", "agent-a"),
        ("9", "agent-a"),
    ] {
        let story = Story::start().await.unwrap();
        story
            .lives(
                &Leg::inbound("good", -7200)
                    .with("agent-b")
                    .attribute("CustomerRating", "5"),
            )
            .await
            .unwrap();
        story
            .lives(&Leg::inbound("first", 0).attribute("CustomerRating", rating))
            .await
            .unwrap();
        assert_eq!(offered_later(&story).await, expected, "rated {rating}");
    }
}

#[tokio::test]
async fn a_later_call_without_a_survey_does_not_make_a_bad_one_good() {
    let story = Story::start().await.unwrap();
    story
        .lives(&Leg::inbound("bad", -7200).attribute("CustomerRating", "1"))
        .await
        .unwrap();
    story.lives(&Leg::inbound("unrated", 0)).await.unwrap();
    assert_eq!(offered_later(&story).await, "low-rating");
    story
        .lives(&Leg::inbound("good", 1800).attribute("CustomerRating", "4"))
        .await
        .unwrap();
    assert_eq!(
        offered(&story.asks(&Leg::inbound("last", LATER + 1800)).await),
        "agent-a"
    );
}

#[tokio::test]
async fn a_rating_that_comes_later_counts_and_an_older_record_never_wins() {
    let story = Story::start().await.unwrap();
    let first = Leg::inbound("first", 0);
    story.lives(&first).await.unwrap();
    let rated = first.clone().attribute("CustomerRating", "1");
    assert!(story.records(&[rated.record(500)]).await.unwrap().is_empty());
    assert!(story.records(&[first.record(400)]).await.unwrap().is_empty());
    assert_eq!(offered_later(&story).await, "low-rating");
}

#[tokio::test]
async fn short_talks_old_talks_and_other_channels_make_no_acquaintance() {
    let story = Story::start().await.unwrap();
    let mut short = Leg::inbound("short", 0).with("agent-d");
    short.ended = short.connected + 5;
    story.lives(&short).await.unwrap();
    story
        .lives(&Leg::inbound("old", -8 * 86_400).with("agent-e"))
        .await
        .unwrap();
    let mut task = Leg::inbound("task", -500).with("agent-f");
    task.channel = "TASK";
    story.lives(&task).await.unwrap();
    assert_eq!(offered_later(&story).await, "first-contact");
    story
        .lives(&Leg::inbound("good", -1000).with("agent-b"))
        .await
        .unwrap();
    assert_eq!(
        offered(&story.asks(&Leg::inbound("third", LATER)).await),
        "agent-b"
    );
}

#[tokio::test]
async fn an_event_for_a_contact_nobody_linked_shows_nobody_until_its_record_names_the_caller() {
    let story = Story::start().await.unwrap();
    let first = Leg::inbound("first", 0);
    story.event(&first.connected_event()).await.unwrap();
    assert_eq!(
        offered(&story.asks(&Leg::inbound("second", 100)).await),
        "first-contact"
    );
    story.records(&[first.record(300)]).await.unwrap();
    assert_eq!(
        offered(&story.asks(&Leg::inbound("third", LATER)).await),
        "agent-a"
    );
}

/// A step of a story that may come at any time and more than once.
#[derive(Clone)]
enum Step {
    Asks(Box<Leg>),
    Event(Value),
    Record(Value),
}

async fn play(story: &Story, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Asks(leg) => drop(story.asks(leg).await),
            Step::Event(event) => drop(story.event(event).await.unwrap()),
            Step::Record(record) => assert!(
                story
                    .records(std::slice::from_ref(record))
                    .await
                    .unwrap()
                    .is_empty()
            ),
        }
    }
}

/// What the table holds at the end. The expiry may differ by the length of the interaction.
async fn remembered(story: &Story) -> Vec<(String, String)> {
    let mut items = story.items().await.unwrap();
    items.iter_mut().for_each(|item| drop(item.remove(EXPIRES_AT)));
    let mut facts: Vec<_> = items
        .iter()
        .flat_map(|item| {
            let id = item["id"].as_s().unwrap().clone();
            item.iter()
                .map(move |(name, value)| (format!("{id} {name}"), format!("{:?}", sorted(value))))
        })
        .collect();
    facts.sort();
    facts
}

fn sorted(value: &aws_sdk_dynamodb::types::AttributeValue) -> Vec<String> {
    match value.as_m() {
        Ok(map) => {
            let mut parts: Vec<_> = map
                .iter()
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            parts.sort();
            parts
        }
        Err(scalar) => vec![format!("{scalar:?}")],
    }
}

/// A transfer with a rating and an updated record: every kind of write there is.
fn eventful() -> Vec<Step> {
    let mut first = Leg::inbound("first", 0);
    first.next = Some("second".to_owned());
    let second = Leg {
        next: None,
        ..first.then("second", "TRANSFER", "agent-b", 150, 400)
    };
    let rated = second.clone().attribute("CustomerRating", "4");
    vec![
        Step::Asks(Box::new(first.clone())),
        Step::Event(first.connected_event()),
        Step::Event(first.ended_event()),
        Step::Event(first.completed_event()),
        Step::Event(second.connected_event()),
        Step::Event(second.ended_event()),
        Step::Event(second.completed_event()),
        Step::Record(first.record(500)),
        Step::Record(second.record(600)),
        Step::Record(rated.record(700)),
    ]
}

#[tokio::test]
async fn any_order_and_any_repetition_end_in_the_same_memory() {
    let steps = eventful();
    let in_order = Story::start().await.unwrap();
    play(&in_order, &steps).await;
    let expected = remembered(&in_order).await;
    assert_eq!(offered_later(&in_order).await, "agent-b");

    // A small generator with a fixed seed: the orders are many, and the same in every run.
    let mut seed = 0x2026_1120_u64;
    let mut random = move |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for round in 0..60 {
        let mut shuffled: Vec<_> = steps.iter().chain(&steps).cloned().collect();
        if round == 0 {
            shuffled.reverse();
        } else {
            (1..shuffled.len())
                .rev()
                .for_each(|last| shuffled.swap(last, random(last + 1)));
        }
        let story = Story::start().await.unwrap();
        play(&story, &shuffled).await;
        assert_eq!(remembered(&story).await, expected, "round {round}");
        assert_eq!(offered_later(&story).await, "agent-b", "round {round}");
    }
}

#[tokio::test]
async fn a_step_that_joined_is_counted_once_as_a_hit_and_one_that_expired_as_a_miss() {
    let settings = [("SEARCH_CONTACTS", "off"), ("STICKY_PER_CALLER_AND_DAY", "0")];
    let story = Story::with(&settings).await.unwrap();
    story.lives(&Leg::inbound("first", 0)).await.unwrap();
    for (contact, status) in [("hit", "JOINED"), ("miss", "EXPIRED")] {
        let call = Leg::inbound(contact, LATER);
        story.asks(&call).await;
        for _ in 0..3 {
            story.event(&call.routing_event("agent-a", status)).await.unwrap();
        }
    }
    // Who was not offered anybody, or somebody else, waited for an agent by the rules of another flow.
    let stranger = Leg::inbound("stranger", LATER).from("+14155550188");
    story.asks(&stranger).await;
    story
        .event(&stranger.routing_event("agent-a", "JOINED"))
        .await
        .unwrap();
    let third = Leg::inbound("third", LATER);
    story.asks(&third).await;
    story
        .event(&third.routing_event("agent-b", "EXPIRED"))
        .await
        .unwrap();
    assert_eq!((story.metric("StickyHit"), story.metric("StickyMiss")), (1, 1));
    story
        .event(&third.routing_event("agent-a", "JOINED"))
        .await
        .unwrap();
    assert_eq!((story.metric("StickyHit"), story.metric("StickyMiss")), (2, 1));
    // Two steps may name one agent; that they came counts.
    let fourth = Leg::inbound("fourth", LATER + 1);
    story.asks(&fourth).await;
    let mut both = fourth.routing_event("agent-a", "EXPIRED");
    let joined = fourth.routing_event("agent-a", "JOINED")["detail"]["routingCriteria"]["steps"][0].clone();
    both["detail"]["routingCriteria"]["steps"]
        .as_array_mut()
        .unwrap()
        .push(joined);
    story.event(&both).await.unwrap();
    assert_eq!((story.metric("StickyHit"), story.metric("StickyMiss")), (3, 1));
    // Routing criteria of a contact that never asked are not our offers.
    let other = Leg::inbound("other", LATER).from("+14155550177");
    assert!(matches!(
        story
            .event(&other.routing_event("agent-a", "EXPIRED"))
            .await
            .unwrap(),
        Outcome::Observed(_)
    ));
    assert_eq!((story.metric("StickyHit"), story.metric("StickyMiss")), (3, 1));
}
