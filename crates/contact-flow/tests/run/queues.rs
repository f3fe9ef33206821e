//! Waiting.

use ringback_contact_flow::run::{
    AgentState, CallCentre, Caller, Channel, Contact, Conversation, Ending, Moment, Party, Queue, What,
};
use serde_json::json;

use crate::world::{
    Block, Fakes, agent, aim, answers, block, call, centre, contact, end, entry, flow, hook, lambda, lines,
    said, say, seconds, transfer, try_run,
};

fn support() -> CallCentre {
    centre([aim("aim", "support", "transfer"), transfer("transfer")])
}

fn with_queue_flow<const N: usize>(blocks: [Block; N]) -> CallCentre {
    centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "transfer"),
        transfer("transfer"),
    ])
    .with_flow("queue", "queue", flow(blocks))
}

fn music() -> Block {
    block(
        "music",
        "MessageParticipantIteratively",
        json!({ "Messages": [{ "PromptId": "music" }] }),
    )
}

#[test]
fn first_agent_in_the_list_takes_the_contact() {
    let centre = support()
        .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(1) }))
        .with_agent(agent("Bravo", AgentState::Available))
        .with_agent(agent("Charlie", AgentState::Available));
    let run = call(&centre, &Caller::default());
    assert_eq!(run.finished.agent.unwrap().user_name, "bravo");
}

#[test]
fn agents_change_their_minds_while_the_caller_waits() {
    let alpha = agent("Alpha", AgentState::Offline)
        .then(30, AgentState::NonProductive { seconds: None })
        .then(45, AgentState::AfterContactWork { seconds: 15 });
    let run = call(&support().with_agent(alpha), &Caller::default());
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 60);
    let visit = run.finished.queue.unwrap();
    assert_eq!(
        (seconds(visit.enqueued_at), visit.dequeued_at.map(seconds)),
        (0, Some(60))
    );
}

#[test]
fn caller_hangs_up_after_their_patience() {
    let caller = Caller {
        queue_patience_seconds: Some(30),
        ..Caller::default()
    };
    let run = call(
        &support().with_agent(agent("Alpha", AgentState::Busy { seconds: Some(31) })),
        &caller,
    );
    assert_eq!(
        run.ending,
        Ending::HungUp {
            place: None,
            queue: Some("support".to_owned())
        }
    );
    assert_eq!(seconds(run.finished.disconnected_at), 30);
    assert_eq!(run.finished.disconnect_reason, "CUSTOMER_DISCONNECT");
    assert!(run.finished.agent.is_none());
}

#[test]
fn agent_who_is_free_at_the_last_moment_has_the_caller() {
    let caller = Caller {
        queue_patience_seconds: Some(30),
        ..Caller::default()
    };
    let run = call(
        &support().with_agent(agent("Alpha", AgentState::Busy { seconds: Some(30) })),
        &caller,
    );
    assert!(run.finished.agent.is_some());
}

#[test]
fn caller_hangs_up_in_the_middle_of_a_prompt() {
    let caller = Caller {
        hangs_up_after_seconds: Some(2),
        ..Caller::default()
    };
    let run = call(&centre([say("long", &"word ".repeat(100), "bye")]), &caller);
    let Ending::HungUp {
        place: Some(place),
        queue: None,
    } = run.ending
    else {
        panic!("{}", run.ending)
    };
    assert_eq!(place.block, "long");
    assert_eq!(seconds(run.finished.disconnected_at), 2);
}

#[test]
fn agent_who_gets_free_interrupts_the_queue_flow() {
    let centre = with_queue_flow([say("welcome", &"word ".repeat(20), "music"), music()])
        .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(13) }));
    let run = call(&centre, &Caller::default());
    assert_eq!(
        seconds(run.finished.agent.as_ref().unwrap().connected_at),
        13,
        "{}",
        lines(&run)
    );
    assert_eq!(said(&run).len(), 2);
}

#[test]
fn queue_flow_says_something_every_now_and_then() {
    let iterate = block(
        "music",
        "MessageParticipantIteratively",
        json!({ "Messages": [{ "Text": "la la" }], "InterruptFrequencySeconds": "20" }),
    )
    .on("MessagesInterrupted", "patience");
    let centre = with_queue_flow([iterate, say("patience", "Please hold", "music")])
        .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(65) }));
    let run = call(&centre, &Caller::default());
    assert_eq!(
        said(&run).iter().filter(|text| **text == "Please hold").count(),
        3
    );
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 65);
}

#[test]
fn queue_flow_that_ends_leaves_the_caller_waiting() {
    let centre =
        with_queue_flow([end("end")]).with_agent(agent("Alpha", AgentState::Busy { seconds: Some(9) }));
    assert_eq!(
        seconds(
            call(&centre, &Caller::default())
                .finished
                .agent
                .unwrap()
                .connected_at
        ),
        9
    );
}

#[test]
fn function_in_the_queue_flow_is_interrupted_too() {
    let centre = with_queue_flow([
        lambda("ask", "JSON", "tell"),
        say("tell", "hello", "music"),
        music(),
    ])
    .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(3) }));
    let mut fakes = Fakes::that([answers(5_000, json!({}))]);
    let run = try_run(&centre, contact(), &Caller::default(), &mut fakes).unwrap();
    assert_eq!(seconds(run.finished.agent.as_ref().unwrap().connected_at), 3);
    assert!(said(&run).is_empty());
}

#[test]
fn queue_flow_sends_the_caller_to_another_queue() {
    let wait = block("wait", "Wait", json!({ "TimeLimitSeconds": 60 })).on("WaitCompleted", "other");
    let other = block(
        "other",
        "DequeueContactAndTransferToQueue",
        json!({ "QueueId": "sales" }),
    )
    .error("QueueAtCapacity", "music")
    .error("NoMatchingError", "music");
    let mut bravo = agent("Bravo", AgentState::Available);
    bravo.queues = vec!["sales".to_owned()];
    let centre = with_queue_flow([wait, other, music()])
        .with_queue(Queue::new("sales", "Sales"))
        .with_agent(agent("Alpha", AgentState::Offline))
        .with_agent(bravo);
    let run = call(&centre, &Caller::default());
    let finished = &run.finished;
    assert_eq!(finished.agent.as_ref().unwrap().id, "bravo", "{}", lines(&run));
    assert_eq!(finished.queue.as_ref().unwrap().id, "sales");
    assert_eq!(finished.earlier_queues[0].id, "support");
    assert_eq!(
        finished.earlier_queues[0].dequeued_at,
        Some(finished.queue.as_ref().unwrap().enqueued_at)
    );
    let queued = finished
        .moments
        .iter()
        .filter(|(_, moment)| *moment == Moment::Queued);
    assert_eq!(queued.count(), 2);
}

#[test]
fn queue_transfers_in_circles_come_to_an_end() {
    let other = block(
        "other",
        "DequeueContactAndTransferToQueue",
        json!({ "QueueId": "support" }),
    )
    .error("QueueAtCapacity", "failed")
    .error("NoMatchingError", "failed");
    let run = call(&with_queue_flow([other]), &Caller::default());
    assert_eq!(said(&run), ["failed"]);
    assert_eq!(run.finished.earlier_queues.len(), 11);
}

#[test]
fn full_queue_takes_its_own_branch() {
    let mut centre = support();
    centre.queues[0].capacity = Some(3);
    centre.queues[0].contacts_waiting = 3;
    let run = call(&centre, &Caller::default());
    assert_eq!(said(&run), ["full"]);
    assert!(run.finished.queue.is_none());
}

#[test]
fn agent_queue_holds_ten() {
    let to_anna = || {
        centre([
            block("aim", "UpdateContactTargetQueue", json!({ "AgentId": "alpha" }))
                .next("transfer")
                .error("NoMatchingError", "failed"),
            transfer("transfer"),
        ])
        .with_agent(agent("Bravo", AgentState::Available))
    };
    let mut alpha = agent("Alpha", AgentState::Busy { seconds: Some(8) });
    alpha.contacts_waiting = 10;
    assert_eq!(
        said(&call(&to_anna().with_agent(alpha.clone()), &Caller::default())),
        ["full"]
    );
    alpha.contacts_waiting = 0;
    let run = call(&to_anna().with_agent(alpha), &Caller::default());
    // Bravo is free, but the queue is Alpha's.
    let leg = run.finished.agent.unwrap();
    assert_eq!((leg.id.as_str(), seconds(leg.connected_at)), ("alpha", 8));
    let queue = run.finished.queue.unwrap();
    assert!(
        queue.personal && queue.name.is_none() && queue.arn.ends_with("/queue/agent/alpha"),
        "{}",
        queue.arn
    );
}

#[test]
fn whoever_came_first_is_served_first_unless_priority_says_otherwise() {
    let behind = |blocks: [Block; 3]| {
        let mut centre = centre(blocks).with_agent(agent("Alpha", AgentState::Available));
        (centre.queues[0].contacts_waiting, centre.queues[0].handle_seconds) = (2, 100);
        seconds(
            call(&centre, &Caller::default())
                .finished
                .agent
                .unwrap()
                .connected_at,
        )
    };
    let with = |parameters| {
        let urgent = block("urgent", "UpdateContactRoutingBehavior", parameters).next("transfer");
        behind([aim("aim", "support", "urgent"), urgent, transfer("transfer")])
    };
    assert_eq!(with(json!({ "QueuePriority": "5" })), 200);
    assert_eq!(with(json!({ "QueuePriority": "1" })), 0);
    assert_eq!(with(json!({ "QueueTimeAdjustmentSeconds": "600" })), 0);
}

#[test]
fn whispers_come_before_the_conversation_and_know_the_agent() {
    let whisper = |text: &str| flow([say("whisper", text, "end"), end("end")]);
    let centre = centre([
        hook("agent", "AgentWhisper", "to-agent", "customer"),
        hook("customer", "CustomerWhisper", "to-customer", "aim"),
        aim("aim", "support", "before"),
        say("before", "[$.Agent.FirstName]", "transfer"),
        transfer("transfer"),
    ])
    .with_flow(
        "to-agent",
        "to-agent",
        whisper("A call for $.Agent.UserName from $.Queue.Name."),
    )
    .with_flow(
        "to-customer",
        "to-customer",
        whisper("You are talking to $.Agent.FirstName"),
    )
    .with_agent(agent("Alpha", AgentState::Available));
    let run = call(&centre, &Caller::default());
    let whispers: Vec<_> = run
        .transcript
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Whispered { to, text } => Some((*to, text.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(
        whispers,
        [
            (Party::Agent, "A call for alpha from Support."),
            (Party::Customer, "You are talking to Alpha")
        ]
    );
    assert_eq!(said(&run), ["[]"]);
    // The first prompt is one word, the whispers six and five.
    let connected = run.finished.agent.unwrap().connected_at;
    assert_eq!(
        connected.duration_since(crate::world::start()).as_millis(),
        400 + 2_400 + 2_000
    );
}

#[test]
fn conversation_and_after_contact_work_take_their_time() {
    let conversation = Conversation {
        seconds: 100,
        ended_by: Party::Agent,
        after_contact_work_seconds: 30,
    };
    let centre = support().with_agent(agent("Alpha", AgentState::Available));
    let run = call(
        &centre,
        &Caller {
            conversation,
            ..Caller::default()
        },
    );
    let finished = run.finished;
    assert_eq!(finished.disconnect_reason, "AGENT_DISCONNECT");
    assert_eq!(
        (seconds(finished.disconnected_at), seconds(finished.completed_at)),
        (100, 130)
    );
    let leg = finished.agent.unwrap();
    assert_eq!(leg.interaction_seconds, 100);
    assert_eq!(leg.after_contact_work_started_at.map(seconds), Some(100));
    assert_eq!(leg.after_contact_work_ended_at.map(seconds), Some(130));
    let moments: Vec<_> = finished
        .moments
        .iter()
        .map(|(at, moment)| (seconds(*at), *moment))
        .collect();
    assert_eq!(
        moments,
        [
            (0, Moment::Initiated),
            (0, Moment::ConnectedToSystem),
            (0, Moment::Queued),
            (0, Moment::ConnectedToAgent),
            (100, Moment::Disconnected),
            (130, Moment::Completed),
        ]
    );
}

#[test]
fn transfer_to_an_agent_who_is_busy_ends_the_contact() {
    let with = |state| {
        let centre = centre([
            block("aim", "UpdateContactTargetQueue", json!({ "AgentId": "alpha" })).next("agent"),
            block("agent", "TransferContactToAgent", json!({})),
        ]);
        call(&centre.with_agent(agent("Alpha", state)), &Caller::default())
    };
    assert!(with(AgentState::Available).finished.agent.is_some());
    let run = with(AgentState::Busy { seconds: Some(1) });
    assert!(matches!(run.ending, Ending::DisconnectedByFlow { .. }));
}

#[test]
fn metrics_count_agents_and_contacts() {
    let metric = |name: &str, scope: serde_json::Value, operator: &str, operand: &str| {
        let mut parameters = scope;
        parameters["MetricType"] = json!(name);
        let check = block("check", "CheckMetricData", parameters)
            .when(operator, operand, "yes")
            .error("NoMatchingCondition", "bye")
            .error("NoMatchingError", "failed");
        let mut centre = centre([aim("aim", "support", "check"), check, say("yes", "yes", "bye")])
            .with_agent(agent("Alpha", AgentState::Busy { seconds: None }))
            .with_agent(agent("Bravo", AgentState::NonProductive { seconds: None }))
            .with_agent(agent("Charlie", AgentState::Offline));
        (
            centre.queues[0].contacts_waiting,
            centre.queues[0].oldest_contact_seconds,
        ) = (4, 300);
        let run = call(&centre, &Caller::default());
        entry(&run, |what| {
            matches!(what, What::Metric { .. } | What::Error { .. })
        });
        said(&run)[0].to_owned()
    };
    let queue = || json!({});
    assert_eq!(
        metric("NumberOfAgentsAvailable", queue(), "NumberGreaterThan", "0"),
        "bye"
    );
    assert_eq!(metric("NumberOfAgentsStaffed", queue(), "Equals", "1"), "yes");
    assert_eq!(metric("NumberOfAgentsOnline", queue(), "Equals", "2"), "yes");
    assert_eq!(metric("NumberOfContactsInQueue", queue(), "Equals", "4"), "yes");
    assert_eq!(
        metric(
            "OldestContactInQueueAgeSeconds",
            queue(),
            "NumberGreaterOrEqualTo",
            "300000"
        ),
        "yes"
    );
    assert_eq!(
        metric(
            "NumberOfAgentsOnline",
            json!({ "AgentId": "bravo" }),
            "Equals",
            "1"
        ),
        "yes"
    );
    assert_eq!(
        metric(
            "NumberOfAgentsStaffed",
            json!({ "AgentId": "bravo" }),
            "Equals",
            "0"
        ),
        "yes"
    );
    assert_eq!(
        metric(
            "NumberOfAgentsStaffed",
            json!({ "AgentId": "$.Attributes.none" }),
            "Equals",
            "0"
        ),
        "failed"
    );
    assert_eq!(metric("numberofagentsonline", queue(), "Equals", "2"), "failed");
}

#[test]
fn metrics_can_be_fetched_and_said() {
    let get = block("get", "GetMetricData", json!({}))
        .next("tell")
        .error("NoMatchingError", "failed");
    let text = "$.Metrics.Queue.Name $.Metrics.Queue.Size $.Metrics.Agents.Busy.Count \
                [$.Metrics.Contact.PositionInQueue]";
    let mut centre = centre([aim("aim", "support", "get"), get, say("tell", text, "bye")])
        .with_agent(agent("Alpha", AgentState::Busy { seconds: None }));
    centre.queues[0].contacts_waiting = 7;
    assert_eq!(said(&call(&centre, &Caller::default()))[0], "Support 7 1 []");
}

#[test]
fn position_in_the_queue_can_be_told_while_waiting() {
    let get = block("get", "GetMetricData", json!({}))
        .next("tell")
        .error("NoMatchingError", "failed");
    let mut centre = with_queue_flow([
        get,
        say("tell", "Number $.Metrics.Contact.PositionInQueue", "music"),
        music(),
    ]);
    centre.queues[0].contacts_waiting = 2;
    assert_eq!(said(&call(&centre, &Caller::default()))[0], "Number 3");
}

#[test]
fn looped_prompts_are_for_calls_and_a_chat_waits_without_them() {
    let busy = || agent("Bravo", AgentState::Busy { seconds: Some(90) });
    let chat = || Contact {
        channel: Channel::Chat,
        ..contact()
    };
    // Without a way on the queue flow is over, and the chat goes on waiting.
    let run = try_run(
        &with_queue_flow([music()]).with_agent(busy()),
        chat(),
        &Caller::default(),
        &mut Fakes::default(),
    )
    .unwrap();
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 90);
    // With one the chat takes it.
    let errors = music().error("NoMatchingError", "say");
    let centre = with_queue_flow([errors, say("say", "One moment.", "end"), end("end")]).with_agent(busy());
    let run = try_run(&centre, chat(), &Caller::default(), &mut Fakes::default()).unwrap();
    assert!(said(&run).contains(&"One moment."));
}
