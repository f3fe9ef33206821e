//! Calls through the shipped flows, end to end: every one is `ringback call` with the same conditions.

use jiff::Timestamp;
use ringback_contact_flow::run::{AgentState, Caller, Channel, Ending, Party, Run, What};
use ringback_local::centre::Centre;
use ringback_local::gate::{Fault, Gate};
use ringback_local::world::{Call, World};

const NUMBER: &str = "+14155550100";
const KNOWN: &str = "agent-a";

fn yesterday() -> Timestamp {
    "2026-11-19T10:00:00Z".parse().unwrap()
}

fn today() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

async fn world(changes: &[(&str, &str)]) -> World {
    World::start(Centre::load(None).unwrap(), changes).await.unwrap()
}

/// A world in which the caller spoke with `agent-a` yesterday.
async fn where_they_spoke(changes: &[(&str, &str)], rating: Option<u8>) -> World {
    let mut world = world(changes).await;
    let run = world
        .spoke(&Call::new(NUMBER, yesterday()), KNOWN, rating)
        .await
        .unwrap();
    assert_eq!(answered_by(&run), Some(KNOWN));
    world
}

fn answered_by(run: &Run) -> Option<&str> {
    run.finished.agent.as_ref().map(|agent| agent.id.as_str())
}

fn said(run: &Run, text: &str) -> bool {
    run.transcript.iter().any(|entry| match &entry.what {
        What::Said { text: said } | What::Asked { text: said, .. } => said.contains(text),
        _ => false,
    })
}

fn offered(run: &Run) -> bool {
    said(run, "Welcome back")
}

fn attribute<'r>(run: &'r Run, name: &str) -> Option<&'r str> {
    run.finished.attributes.get(name).map(String::as_str)
}

/// How long the caller waited in queues, in seconds; what the agent is told before they talk is none of it.
fn waited(run: &Run) -> i64 {
    let queue = run.finished.queue.as_ref().unwrap();
    let first = run.finished.earlier_queues.first().unwrap_or(queue);
    queue.dequeued_at.unwrap().as_second() - first.enqueued_at.as_second()
}

/// When the agent took the call, in seconds after it came in.
fn after_arrival(run: &Run) -> i64 {
    let queue = run.finished.queue.as_ref().unwrap();
    queue.dequeued_at.unwrap().as_second() - run.finished.initiated_at.as_second()
}

fn sticky(world: &World) -> (u64, u64) {
    (world.metric("StickyHit"), world.metric("StickyMiss"))
}

#[tokio::test]
async fn offered_and_accepted() {
    let mut world = where_they_spoke(&[], Some(5)).await;
    // Others are free too, and one of them would be first in the queue's order.
    let run = world
        .call(
            &Call::new(NUMBER, today())
                .keys(["1"])
                .while_agent(KNOWN, AgentState::Busy { seconds: Some(12) }),
        )
        .await
        .unwrap();
    assert!(offered(&run));
    assert_eq!(answered_by(&run), Some(KNOWN));
    assert!(waited(&run) <= 12);
    assert_eq!(attribute(&run, "lastAgentOffer"), Some("accepted"));
    assert_eq!(attribute(&run, "lastAgentRating"), Some("5"));
    assert_eq!(sticky(&world), (1, 0));
}

#[tokio::test]
async fn offered_and_declined() {
    for keys in [["2"], [""], ["7"]] {
        let mut world = where_they_spoke(&[], None).await;
        let call = Call::new(NUMBER, today())
            .keys(keys)
            .while_agent(KNOWN, AgentState::Busy { seconds: Some(600) });
        let run = world.call(&call).await.unwrap();
        assert!(offered(&run));
        assert_eq!(
            (answered_by(&run), waited(&run)),
            (Some("agent-b"), 0),
            "{keys:?}"
        );
        assert_eq!(attribute(&run, "lastAgentOffer"), Some("declined"));
        assert_eq!(sticky(&world), (0, 0));
    }
}

#[tokio::test]
async fn an_agent_who_is_offline_costs_the_caller_no_wait() {
    let mut world = where_they_spoke(&[], None).await;
    let run = world
        .call(
            &Call::new(NUMBER, today())
                .keys(["1"])
                .while_agent(KNOWN, AgentState::Offline),
        )
        .await
        .unwrap();
    assert!(said(&run, "They are not available"));
    assert_eq!((answered_by(&run), waited(&run)), (Some("agent-b"), 0));
}

#[tokio::test]
async fn an_agent_who_stays_busy_has_first_refusal_for_twenty_seconds_then_anyone_answers() {
    let mut world = where_they_spoke(&[], None).await;
    let busy = AgentState::Busy { seconds: Some(600) };
    let run = world
        .call(&Call::new(NUMBER, today()).keys(["1"]).while_agent(KNOWN, busy))
        .await
        .unwrap();
    assert_eq!((answered_by(&run), waited(&run)), (Some("agent-b"), 20));
    assert_eq!(sticky(&world), (0, 1));
}

#[tokio::test]
async fn a_caller_who_was_not_content_is_not_offered_the_agent() {
    let mut world = where_they_spoke(&[], Some(1)).await;
    let run = world.call(&Call::new(NUMBER, today()).keys(["1"])).await.unwrap();
    assert!(!offered(&run));
    assert_eq!(attribute(&run, "lastAgentReason"), Some("low-rating"));
    assert!(answered_by(&run).is_some());
}

#[tokio::test]
async fn a_caller_whose_offers_are_used_up_is_served_by_the_ordinary_queue() {
    let mut world = where_they_spoke(&[("STICKY_PER_CALLER_AND_DAY", "1")], None).await;
    let mut reasons = Vec::new();
    for minutes in [0, 30] {
        let at = today() + jiff::SignedDuration::from_mins(minutes);
        let run = world.call(&Call::new(NUMBER, at).keys(["1"])).await.unwrap();
        reasons.push((
            offered(&run),
            attribute(&run, "lastAgentReason").unwrap().to_owned(),
        ));
    }
    assert_eq!(
        reasons,
        [(true, "last-agent".to_owned()), (false, "caller-cap".to_owned())]
    );
}

#[tokio::test]
async fn a_first_time_caller_is_served_by_the_ordinary_queue() {
    let mut world = world(&[]).await;
    let run = world.call(&Call::new(NUMBER, today())).await.unwrap();
    assert!(!offered(&run));
    assert_eq!(attribute(&run, "lastAgentReason"), Some("first-contact"));
    assert_eq!(answered_by(&run), Some(KNOWN));
}

#[tokio::test]
async fn a_lookup_that_fails_is_not_heard() {
    for fault in [Fault::Down, Fault::Throttled, Fault::Hanging] {
        let mut world = where_they_spoke(
            &[("ANSWER_BUDGET_MS", "600"), ("ATTEMPT_TIMEOUT_MS", "100")],
            None,
        )
        .await;
        world.stack.gate().unwrap().fail(Gate::EVERYTHING, fault);
        let run = world.call_only(&Call::new(NUMBER, today())).await.unwrap();
        assert!(!offered(&run));
        assert_eq!(
            attribute(&run, "lastAgentReason"),
            Some("index-unavailable"),
            "{fault:?}"
        );
        assert_eq!(answered_by(&run), Some(KNOWN));
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_leads_to_the_ordinary_queue() {
    let mut centre = Centre::load(None).unwrap();
    centre.values.insert(
        "LastAgentFunctionArn".to_owned(),
        "arn:aws:lambda:eu-west-2:111122223333:function:gone".to_owned(),
    );
    centre.install(&ringback_local::flows::shipped()).unwrap();
    let mut world = World::start(centre, &[]).await.unwrap();
    let run = world.call(&Call::new(NUMBER, today())).await.unwrap();
    assert_eq!(
        (answered_by(&run), attribute(&run, "lastAgentStatus")),
        (Some(KNOWN), None)
    );
}

#[tokio::test]
async fn out_of_hours_nobody_is_offered_and_nobody_waits() {
    let mut world = where_they_spoke(&[], None).await;
    let night = "2026-11-20T23:00:00Z".parse().unwrap();
    let run = world.call(&Call::new(NUMBER, night).keys(["1"])).await.unwrap();
    assert!(!offered(&run) && said(&run, "We are closed"));
    assert!(matches!(run.ending, Ending::DisconnectedByFlow { .. }));
    assert_eq!(run.finished.queue, None);
}

/// The built-in call centre with a second queue, open in the mornings only, to which everybody belongs too.
fn with_mornings() -> Centre {
    let mut centre = Centre::describe(None).unwrap();
    let world = &mut centre.centre;
    let mut mornings = world.hours[0].clone();
    mornings.id = "mornings".to_owned();
    for interval in &mut mornings.open {
        interval.to = "12:00".parse().unwrap();
    }
    world.hours.push(mornings);
    let mut queue = world.queues[0].clone();
    (queue.id, queue.name, queue.hours) = (
        "mornings".to_owned(),
        "Mornings".to_owned(),
        Some("mornings".to_owned()),
    );
    world.queues.push(queue);
    world
        .agents
        .iter_mut()
        .for_each(|agent| agent.queues.push("mornings".to_owned()));
    centre
}

/// A world in which the caller spoke with `agent-a` yesterday, through that second queue; today the first one serves.
async fn where_they_spoke_in_the_mornings(changes: &[(&str, &str)]) -> World {
    let mut centre = with_mornings();
    let mornings = centre.centre.queue_arn("mornings");
    let support = centre
        .values
        .insert("DefaultQueueArn".to_owned(), mornings)
        .unwrap();
    centre.install(&ringback_local::flows::shipped()).unwrap();
    let mut world = World::start(centre, changes).await.unwrap();
    world
        .spoke(&Call::new(NUMBER, yesterday()), KNOWN, None)
        .await
        .unwrap();
    world.centre.values.insert("DefaultQueueArn".to_owned(), support);
    world.centre.install(&ringback_local::flows::shipped()).unwrap();
    world
}

#[tokio::test]
async fn the_last_agents_queue_counts_only_for_who_accepts_and_only_while_it_is_open() {
    let mut world = where_they_spoke_in_the_mornings(&[]).await;

    let queue = |run: &Run| run.finished.queue.as_ref().unwrap().name.clone().unwrap();
    let accepted = world.call(&Call::new(NUMBER, today()).keys(["1"])).await.unwrap();
    assert_eq!(
        (answered_by(&accepted), queue(&accepted).as_str()),
        (Some(KNOWN), "Mornings")
    );
    let declined = world.call(&Call::new(NUMBER, today()).keys(["2"])).await.unwrap();
    assert_eq!(queue(&declined), "Support");
    // In the afternoon that queue is closed: the caller is served all the same, and still by whom they know.
    let afternoon = "2026-11-20T15:00:00Z".parse().unwrap();
    let call = Call::new(NUMBER, afternoon)
        .keys(["1"])
        .while_agent(KNOWN, AgentState::Busy { seconds: Some(20) });
    let run = world.call(&call).await.unwrap();
    assert_eq!(
        (answered_by(&run), queue(&run).as_str()),
        (Some(KNOWN), "Support")
    );
}

#[tokio::test]
async fn a_full_queue_of_the_last_agents_is_no_reason_to_turn_a_caller_away() {
    for mode in ["same-first", "same-only", "agent-queue"] {
        let mut world = where_they_spoke_in_the_mornings(&[("STICKY_MODE", mode)]).await;

        let full = world
            .centre
            .centre
            .queues
            .iter_mut()
            .find(|queue| queue.id == "mornings")
            .unwrap();
        (full.capacity, full.contacts_waiting) = (Some(1), 1);
        let busy = AgentState::Busy { seconds: Some(600) };
        let run = world
            .call(&Call::new(NUMBER, today()).keys(["1"]).while_agent(KNOWN, busy))
            .await
            .unwrap();
        assert_eq!(
            run.finished.queue.as_ref().unwrap().name.as_deref(),
            Some("Support"),
            "{mode}"
        );
        assert_eq!(answered_by(&run), Some("agent-b"), "{mode}");
    }
}

#[tokio::test]
async fn calls_out_of_hours_use_up_no_offer() {
    let mut world = where_they_spoke(&[("STICKY_PER_CALLER_AND_DAY", "1")], None).await;
    for hour in ["05", "06", "07"] {
        let run = world
            .call(&Call::new(
                NUMBER,
                format!("2026-11-20T{hour}:00:00Z").parse().unwrap(),
            ))
            .await
            .unwrap();
        assert!(said(&run, "We are closed"));
    }
    assert!(offered(
        &world.call(&Call::new(NUMBER, today()).keys(["1"])).await.unwrap()
    ));
}

#[tokio::test]
async fn a_chat_waits_for_its_agent_in_every_mode_and_not_for_ever() {
    for (mode, waits) in [("same-first", 20), ("same-only", 45), ("agent-queue", 45)] {
        let mut world = world(&[("STICKY_MODE", mode)]).await;
        let chat = |at| Call {
            from: None,
            customer_id: Some("4711".to_owned()),
            channel: Channel::Chat,
            ..Call::new(NUMBER, at)
        };
        world.spoke(&chat(yesterday()), "agent-c", None).await.unwrap();
        let busy = AgentState::Busy { seconds: Some(600) };
        let run = world
            .call(&chat(today()).while_agent("agent-c", busy))
            .await
            .unwrap();
        assert_eq!((answered_by(&run), waited(&run)), (Some(KNOWN), waits), "{mode}");
    }
}

#[tokio::test]
async fn a_chat_is_never_sent_into_a_keypad_menu() {
    let mut world = world(&[]).await;
    let chat = |at| Call {
        from: None,
        customer_id: Some("4711".to_owned()),
        channel: Channel::Chat,
        ..Call::new(NUMBER, at)
    };
    assert_eq!(
        answered_by(&world.spoke(&chat(yesterday()), "agent-c", None).await.unwrap()),
        Some("agent-c")
    );
    let run = world.call(&chat(today())).await.unwrap();
    assert!(
        !run.transcript
            .iter()
            .any(|entry| matches!(entry.what, What::Asked { .. }))
    );
    // Nothing has to be asked for an agent to have first refusal.
    assert_eq!(
        (answered_by(&run), attribute(&run, "lastAgentStatus")),
        (Some("agent-c"), Some("found"))
    );

    let stranger = Call {
        customer_id: None,
        ..chat(today())
    };
    let run = world.call(&stranger).await.unwrap();
    assert_eq!(
        (answered_by(&run), attribute(&run, "lastAgentReason")),
        (Some(KNOWN), Some("no-caller"))
    );
}

#[tokio::test]
async fn the_agents_own_queue_is_left_for_the_ordinary_one_after_a_while() {
    let mut world = where_they_spoke(&[("STICKY_MODE", "agent-queue")], None).await;
    let busy = AgentState::Busy { seconds: Some(600) };
    let run = world
        .call(&Call::new(NUMBER, today()).keys(["1"]).while_agent(KNOWN, busy))
        .await
        .unwrap();
    assert!(run.finished.earlier_queues[0].personal);
    assert_eq!((answered_by(&run), waited(&run)), (Some("agent-b"), 45));
    assert_eq!(attribute(&run, "lastAgentOffer"), Some("gave-up"));

    let soon = AgentState::Busy { seconds: Some(30) };
    let run = world
        .call(
            &Call::new(NUMBER, today())
                .keys(["1"])
                .while_agent("agent-b", soon),
        )
        .await
        .unwrap();
    assert_eq!((answered_by(&run), after_arrival(&run)), (Some("agent-b"), 30));
    assert!(run.finished.queue.unwrap().personal);
}

#[tokio::test]
async fn same_only_waits_for_one_agent_and_then_for_anyone() {
    let mut world = where_they_spoke(&[("STICKY_MODE", "same-only")], None).await;
    let busy = AgentState::Busy { seconds: Some(600) };
    let run = world
        .call(&Call::new(NUMBER, today()).keys(["1"]).while_agent(KNOWN, busy))
        .await
        .unwrap();
    assert_eq!((answered_by(&run), waited(&run)), (Some("agent-b"), 45));
    assert_eq!(sticky(&world), (0, 1));

    let soon = AgentState::Busy { seconds: Some(40) };
    let tomorrow = today() + jiff::SignedDuration::from_hours(24);
    let run = world
        .call(
            &Call::new(NUMBER, tomorrow)
                .keys(["1"])
                .while_agent("agent-b", soon),
        )
        .await
        .unwrap();
    assert_eq!((answered_by(&run), after_arrival(&run)), (Some("agent-b"), 40));
    assert_eq!(sticky(&world), (1, 1));
}

#[tokio::test]
async fn the_survey_stores_a_rating_only_if_the_customer_gave_one() {
    for (keys, ended_by, stored) in [
        (["1", "4"], Party::Agent, Some("4")),
        (["1", "9"], Party::Agent, None),
        (["1", ""], Party::Agent, None),
        (["1", "4"], Party::Customer, None),
    ] {
        let mut world = where_they_spoke(&[], None).await;
        let mut call = Call::new(NUMBER, today()).keys(keys);
        call.caller.conversation.ended_by = ended_by;
        let run = world.call(&call).await.unwrap();
        assert_eq!(attribute(&run, "CustomerRating"), stored, "{keys:?}");
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_waiting_is_gone_and_remembered_by_nobody() {
    let mut world = where_they_spoke(&[], None).await;
    let mut call = Call::new(NUMBER, today())
        .keys(["1"])
        .while_agent(KNOWN, AgentState::Busy { seconds: Some(600) });
    call.caller = Caller {
        queue_patience_seconds: Some(8),
        ..call.caller
    };
    let run = world.call(&call).await.unwrap();
    assert!(matches!(run.ending, Ending::HungUp { .. }));
    let again = world.call(&Call::new(NUMBER, today()).keys(["1"])).await.unwrap();
    assert_eq!(answered_by(&again), Some(KNOWN));
}
