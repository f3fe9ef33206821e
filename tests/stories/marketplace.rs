//! The marketplace: every caller is classified and routed by a plan. The shipped flows, the real functions, the
//! directory of `events/directory/marketplace.jsonl`, and a chat that reads along.

use jiff::Timestamp;
use ringback_contact_flow::run::{AgentState, DialFact, Ending, ExternalNumber, Run, What};
use ringback_local::centre::Centre;
use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_local::world::{Call, World};

const SHOP: &str = "+14155550121";
const SECOND_SHOP: &str = "+14155550122";
const OFFICE: &str = "+14155550130";

/// A Friday morning: the first two shops, the office and the call centre are open, the third shop is not.
fn morning() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

async fn world() -> World {
    world_with(|_| {}).await
}

async fn world_with(change: impl FnOnce(&mut Centre)) -> World {
    let mut centre = Centre::load(None).unwrap();
    change(&mut centre);
    let world = World::start(centre, &[]).await.unwrap();
    marketplace::fill(&world.stack, MARKETPLACE, morning())
        .await
        .unwrap();
    world
}

/// Numbers that were rung, with what came of it.
fn rung(run: &Run) -> Vec<(&str, &str)> {
    run.transcript
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Transferred { number, outcome } => Some((
                number.as_str(),
                match outcome {
                    DialFact::Answered { .. } => "answered",
                    DialFact::RangOut { seconds: 15 } => "rang out after 15 s",
                    DialFact::RangOut { .. } => "rang out",
                    DialFact::Interrupted { .. } => "interrupted",
                    DialFact::Busy => "busy",
                    DialFact::Unreachable => "unreachable",
                },
            )),
            _ => None,
        })
        .collect()
}

fn heard<'r>(run: &'r Run, words: &str) -> Option<&'r str> {
    run.transcript.iter().find_map(|entry| match &entry.what {
        What::Said { text } | What::Asked { text, .. } => {
            Some(text.as_str()).filter(|text| text.contains(words))
        }
        _ => None,
    })
}

fn whispered(run: &Run) -> Option<&str> {
    run.transcript.iter().find_map(|entry| match &entry.what {
        What::Whispered { text, .. } => Some(text.as_str()),
        _ => None,
    })
}

fn attribute<'r>(run: &'r Run, name: &str) -> &'r str {
    run.finished.attributes.get(name).map_or("", String::as_str)
}

fn agent(run: &Run) -> Option<&str> {
    run.finished.agent.as_ref().map(|agent| agent.id.as_str())
}

/// What the chat was told, channel by channel.
fn told(world: &World) -> Vec<(String, String)> {
    let posted = world.stack.simulated_chat.take_posted();
    posted
        .into_iter()
        .map(|message| (message.channel.clone(), message.text().to_owned()))
        .collect()
}

#[tokio::test]
async fn a_customer_with_an_open_order_presses_1_and_the_shop_answers() {
    let mut world = world().await;
    let run = world
        .call(&Call::new("+14155550101", morning()).keys(["1"]))
        .await
        .unwrap();
    assert_eq!(attribute(&run, "callerClass"), "active-order");
    assert_eq!(
        attribute(&run, "callerSummary"),
        "Customer A, order A-17 (two pizzas) at Pizzeria One"
    );
    assert_eq!(
        heard(&run, "press 1"),
        Some("To speak with Pizzeria One about your order, press 1. For support, press 2.")
    );
    assert_eq!(rung(&run), [(SHOP, "answered")]);
    assert_eq!(agent(&run), None);
}

#[tokio::test]
async fn a_shop_that_rings_out_is_followed_by_the_office() {
    let mut world = world().await;
    let run = world
        .call(&Call::new("+14155550102", morning()).keys(["1"]))
        .await
        .unwrap();
    assert_eq!(
        rung(&run),
        [(SECOND_SHOP, "rang out after 15 s"), (OFFICE, "answered")]
    );
}

#[tokio::test]
async fn an_office_that_rings_out_is_followed_by_the_call_centre_whose_agent_hears_who_it_is() {
    let mut world = world_with(|centre| {
        centre
            .centre
            .numbers
            .insert(OFFICE.to_owned(), ExternalNumber::RingsOut);
    })
    .await;
    let run = world
        .call(&Call::new("+14155550102", morning()).keys(["1"]))
        .await
        .unwrap();
    assert_eq!(
        rung(&run),
        [
            (SECOND_SHOP, "rang out after 15 s"),
            (OFFICE, "rang out after 15 s")
        ]
    );
    assert_eq!(agent(&run), Some("agent-a"));
    assert_eq!(
        whispered(&run),
        Some("Customer B, order A-18 (a cake) at Bakery Two")
    );
}

#[tokio::test]
async fn a_shop_that_is_closed_is_not_offered() {
    let mut world = world().await;
    let run = world
        .call(&Call::new("+14155550103", morning()).keys(["1"]))
        .await
        .unwrap();
    assert_eq!(
        (attribute(&run, "callerClass"), attribute(&run, "callerShopOpen")),
        ("active-order", "false")
    );
    assert_eq!(heard(&run, "press 1"), None);
    assert_eq!(rung(&run), [(OFFICE, "answered")]);
    // In the evening it is open, and the call centre and the office are not.
    let evening = "2026-11-20T23:30:00Z".parse().unwrap();
    let run = world
        .call(&Call::new("+14155550103", evening).keys(["1"]))
        .await
        .unwrap();
    assert_eq!(rung(&run), [("+14155550123", "busy")]);
    assert!(
        heard(&run, "closed").is_some(),
        "nobody is left: {:?}",
        run.ending
    );
}

#[tokio::test]
async fn support_is_a_key_away_and_what_everybody_gets_who_keys_nothing_or_something_else() {
    // The menu is said twice to those who key nothing or something else.
    for (keys, asked) in [
        (vec!["2"], 1),
        (vec!["9", "9"], 2),
        (vec![], 2),
        (vec!["9", "2"], 2),
    ] {
        let mut world = world().await;
        let mut call = Call::new("+14155550101", morning());
        call.caller.keys = keys.iter().map(|key| Some((*key).to_owned())).collect();
        let run = world.call(&call).await.unwrap();
        assert_eq!(rung(&run), [(OFFICE, "answered")], "{keys:?}");
        let menus = run
            .transcript
            .iter()
            .filter(|entry| matches!(&entry.what, What::Asked { text, .. } if text.contains("press 1")));
        assert_eq!(menus.count(), asked, "{keys:?}");
    }
    // A second chance is one.
    let run = world()
        .await
        .call(&Call::new("+14155550101", morning()).keys(["9", "1"]))
        .await
        .unwrap();
    assert_eq!(rung(&run), [(SHOP, "answered")]);
}

#[tokio::test]
async fn customers_without_an_order_and_strangers_reach_the_office_first() {
    for (number, class, summary) in [
        ("+14155550104", "known-customer", "Customer D"),
        ("+14155550199", "unknown", "Unknown caller …0199"),
    ] {
        let mut world = world().await;
        let run = world.call(&Call::new(number, morning())).await.unwrap();
        assert_eq!(
            (attribute(&run, "callerClass"), attribute(&run, "callerSummary")),
            (class, summary)
        );
        assert_eq!(rung(&run), [(OFFICE, "answered")]);
    }
}

#[tokio::test]
async fn a_partner_is_asked_to_use_the_chat_and_somebody_blocked_is_sent_away() {
    let mut world = world().await;
    for (number, class, words) in [
        (SHOP, "partner", "write to us there"),
        ("+14155550107", "blocked", "We cannot take your call"),
    ] {
        let run = world.call(&Call::new(number, morning())).await.unwrap();
        assert_eq!(attribute(&run, "callerClass"), class);
        assert!(heard(&run, words).is_some());
        assert!(
            matches!(run.ending, Ending::DisconnectedByFlow { .. }),
            "{:?}",
            run.ending
        );
        assert_eq!((rung(&run), agent(&run)), (Vec::new(), None));
    }
}

#[tokio::test]
async fn a_caller_with_a_last_agent_is_offered_them_first_and_the_plan_otherwise() {
    let mut world = world_with(|centre| {
        centre
            .centre
            .numbers
            .insert(OFFICE.to_owned(), ExternalNumber::Busy);
    })
    .await;
    let yesterday = "2026-11-19T10:00:00Z".parse().unwrap();
    let spoke = world
        .spoke(&Call::new("+14155550104", yesterday), "agent-b", Some(5))
        .await
        .unwrap();
    assert_eq!(agent(&spoke), Some("agent-b"));
    let accepted = world
        .call(&Call::new("+14155550104", morning()).keys(["1"]))
        .await
        .unwrap();
    assert!(heard(&accepted, "Welcome back").is_some());
    assert_eq!((agent(&accepted), rung(&accepted)), (Some("agent-b"), Vec::new()));
    assert_eq!(whispered(&accepted), Some("Customer D"));
    let declined = world
        .call(&Call::new("+14155550104", morning()).keys(["2"]))
        .await
        .unwrap();
    assert_eq!(rung(&declined), [(OFFICE, "busy")]);
    assert_eq!(agent(&declined), Some("agent-a"));
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_the_shop_rings_is_told_to_the_team() {
    let mut world = world().await;
    let mut call = Call::new("+14155550102", morning()).keys(["1"]);
    call.caller.hangs_up_after_seconds = Some(20);
    let run = world.call(&call).await.unwrap();
    assert_eq!(rung(&run), [(SECOND_SHOP, "interrupted")]);
    assert!(matches!(run.ending, Ending::HungUp { .. }));
    insta::assert_debug_snapshot!(told(&world));
}

#[tokio::test]
async fn somebody_who_waits_in_vain_is_told_to_the_team() {
    let mut world = world_with(|centre| {
        centre
            .centre
            .numbers
            .insert(OFFICE.to_owned(), ExternalNumber::Busy);
        for agent in &mut centre.centre.agents {
            agent.state = AgentState::Busy { seconds: None };
        }
    })
    .await;
    let mut call = Call::new("+14155550199", morning());
    call.caller.queue_patience_seconds = Some(120);
    let run = world.call(&call).await.unwrap();
    assert!(matches!(run.ending, Ending::HungUp { .. }), "{:?}", run.ending);
    let told = told(&world);
    assert_eq!(
        told.last()
            .map(|(channel, text)| (channel.as_str(), text.as_str())),
        Some(("team", "Unknown caller …0199 hung up; nobody had answered"))
    );
}

#[tokio::test]
async fn the_flow_log_is_off_wherever_a_block_holds_the_caller() {
    let mut world = world_with(|centre| {
        centre
            .centre
            .numbers
            .insert(OFFICE.to_owned(), ExternalNumber::Busy);
    })
    .await;
    let mut call = Call::new("+14155550104", morning()).keys(["1"]);
    call.agents = vec![("agent-a".to_owned(), AgentState::Offline)];
    let yesterday = "2026-11-19T10:00:00Z".parse().unwrap();
    world
        .spoke(&Call::new("+14155550104", yesterday), "agent-b", None)
        .await
        .unwrap();
    let run = world.call(&call).await.unwrap();
    assert_eq!(agent(&run), Some("agent-b"));
    let mut logging = true;
    let mut hidden = 0;
    for entry in run.transcript.iter().filter(|entry| entry.place.is_some()) {
        let place = entry.place.as_ref().unwrap();
        if place.kind == "UpdateFlowLoggingBehavior" {
            logging = place.block == "Log from here";
        }
        let entry = serde_json::to_string(entry).unwrap();
        if ["Customer D", "4155550104"]
            .iter()
            .any(|personal| entry.contains(personal))
        {
            assert!(!logging, "logged: {entry}");
            hidden += 1;
        }
    }
    assert!(logging && hidden >= 4, "{hidden}");
}

/// What the caller and everybody rung hear, one line each, and what the chat is told.
fn transcript(run: &Run, told: &[(String, String)]) -> String {
    use std::fmt::Write;
    let mut lines = String::new();
    for entry in &run.transcript {
        let telling = matches!(
            entry.what,
            What::Said { .. }
                | What::Asked { .. }
                | What::Transferred { .. }
                | What::Queued { .. }
                | What::Whispered { .. }
                | What::Connected { .. }
                | What::HungUp { .. }
                | What::Disconnected { .. }
        );
        if telling {
            let seconds = entry.at.as_second() - run.finished.initiated_at.as_second();
            writeln!(lines, "{seconds:>4} s  {}", entry.what).unwrap();
        }
    }
    for (channel, text) in told {
        writeln!(lines, "#{channel:<7} {}", text.replace('\n', " / ")).unwrap();
    }
    lines
}

#[tokio::test]
async fn every_path_with_its_transcript_and_what_the_chat_is_told() {
    let paths: [(&str, &str, &[&str], bool); 10] = [
        ("open order, the shop answers", "+14155550101", &["1"], true),
        (
            "the shop rings out, the office answers",
            "+14155550102",
            &["1"],
            true,
        ),
        ("the office rings out too", "+14155550102", &["1"], false),
        ("the shop is closed", "+14155550103", &[], true),
        ("pressed 2", "+14155550101", &["2"], true),
        ("wrong key", "+14155550101", &["9", "8"], true),
        ("no key", "+14155550101", &[], true),
        ("no order", "+14155550104", &[], true),
        ("partner", "+14155550121", &[], true),
        ("unknown", "+14155550199", &[], true),
    ];
    let mut story = String::new();
    for (what, number, keys, office_answers) in paths {
        let mut world = world_with(|centre| {
            if !office_answers {
                centre
                    .centre
                    .numbers
                    .insert(OFFICE.to_owned(), ExternalNumber::RingsOut);
            }
        })
        .await;
        let mut call = Call::new(number, morning());
        call.caller.keys = keys.iter().map(|key| Some((*key).to_owned())).collect();
        let run = world.call(&call).await.unwrap();
        story += &format!("== {what}\n{}\n", transcript(&run, &told(&world)));
        assert!(world.stack.dead_letters.letters().is_empty(), "{what}");
    }
    insta::assert_snapshot!(story);
}
