//! First refusal: routing criteria in a standard queue.

use ringback_contact_flow::run::{
    AgentState, CallCentre, Caller, Ending, Moment, Party, Proficiency, Queue, StepStatus, What,
};
use serde_json::{Value, json};

use crate::world::{
    Block, agent, aim, block, call, centre, end, entry, flow, hook, lines, said, say, seconds, transfer,
};

fn step(agents: &[&str], expiry: Option<u32>) -> Value {
    let mut step = json!({ "Expression": { "AttributeCondition": {
        "ComparisonOperator": "Match",
        "MatchCriteria": { "AgentsCriteria": { "AgentIds": agents } },
    } } });
    if let Some(seconds) = expiry {
        step["Expiry"] = json!({ "DurationInSeconds": seconds.to_string() });
    }
    step
}

fn criteria<const N: usize>(identifier: &str, steps: [Value; N], next: &str) -> Block {
    let parameters = json!({ "RoutingCriteria": { "Steps": steps.to_vec() } });
    block(identifier, "UpdateContactRoutingCriteria", parameters)
        .next(next)
        .error("NoMatchingError", "failed")
}

/// Alpha for 20 seconds, then anyone in the queue.
fn anna_first() -> CallCentre {
    centre([
        block(
            "remember",
            "UpdateContactAttributes",
            json!({ "Attributes": { "lastAgent": "alpha" } }),
        )
        .next("aim")
        .error("NoMatchingError", "failed"),
        aim("aim", "support", "prefer"),
        criteria(
            "prefer",
            [step(&["$.Attributes.lastAgent"], Some(20))],
            "transfer",
        ),
        transfer("transfer"),
    ])
}

fn busy(seconds: u32) -> AgentState {
    AgentState::Busy {
        seconds: Some(seconds),
    }
}

fn agent_of(ending: &Ending) -> &str {
    match ending {
        Ending::AgentConversation { agent, .. } => agent,
        other => panic!("{other}"),
    }
}

#[test]
fn preferred_agent_who_is_free_joins_before_anybody_else() {
    let centre = anna_first()
        .with_agent(agent("Bravo", AgentState::Available))
        .with_agent(agent("Alpha", AgentState::Available));
    let run = call(&centre, &Caller::default());
    assert_eq!(
        run.ending,
        Ending::AgentConversation {
            agent: "alpha".to_owned(),
            ended_by: Party::Customer
        }
    );
    let step = &run.finished.routing[0].steps[0];
    assert_eq!((step.status, step.expiry_seconds), (StepStatus::Joined, Some(20)));
    let leg = run.finished.agent.unwrap();
    assert_eq!((leg.id.as_str(), seconds(leg.connected_at)), ("alpha", 0));
    assert_eq!(run.finished.queue.unwrap().name.as_deref(), Some("Support"));
}

#[test]
fn preferred_agent_who_gets_free_in_time_joins_at_that_moment() {
    let centre = anna_first()
        .with_agent(agent("Bravo", AgentState::Available))
        .with_agent(agent("Alpha", busy(12)));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "alpha");
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 12);
    assert_eq!(run.finished.routing[0].steps[0].status, StepStatus::Joined);
}

#[test]
fn step_expires_and_anyone_in_the_queue_takes_the_contact() {
    for state in [
        busy(60),
        AgentState::Offline,
        AgentState::NonProductive { seconds: None },
    ] {
        let centre = anna_first()
            .with_agent(agent("Bravo", AgentState::Available))
            .with_agent(agent("Alpha", state));
        let run = call(&centre, &Caller::default());
        assert_eq!(agent_of(&run.ending), "bravo");
        let finished = run.finished;
        assert_eq!(seconds(finished.agent.unwrap().connected_at), 20);
        let step = &finished.routing[0].steps[0];
        assert_eq!(
            (step.status, step.expires_at.map(seconds)),
            (StepStatus::Expired, Some(20))
        );
        let expired = finished.moments.iter().find(|(_, moment)| {
            *moment
                == Moment::RoutingStepExpired {
                    criteria: 0,
                    index: 0,
                }
        });
        assert_eq!(expired.map(|(at, _)| seconds(*at)), Some(20));
    }
}

#[test]
fn preferred_agent_without_the_queue_in_their_profile_never_joins() {
    let mut alpha = agent("Alpha", AgentState::Available);
    alpha.queues.clear();
    let centre = anna_first()
        .with_agent(alpha)
        .with_agent(agent("Bravo", AgentState::Available));
    assert_eq!(agent_of(&call(&centre, &Caller::default()).ending), "bravo");
}

#[test]
fn step_without_expiry_waits_for_ever() {
    let centre = centre([
        aim("aim", "support", "prefer"),
        criteria("prefer", [step(&["alpha"], None)], "transfer"),
        transfer("transfer"),
    ])
    .with_agent(agent("Bravo", AgentState::Available))
    .with_agent(agent("Alpha", AgentState::Offline));
    let run = call(&centre, &Caller::default());
    assert_eq!(
        run.ending,
        Ending::QueueTimeout {
            queue: "support".to_owned()
        }
    );
    assert_eq!(seconds(run.finished.disconnected_at), 3_600);
    assert_eq!(run.finished.disconnect_reason, "CUSTOMER_DISCONNECT");
}

#[test]
fn steps_follow_one_another() {
    let centre = centre([
        aim("aim", "support", "prefer"),
        criteria(
            "prefer",
            [step(&["alpha"], Some(10)), step(&["bravo"], Some(30))],
            "transfer",
        ),
        transfer("transfer"),
    ])
    .with_agent(agent("Charlie", AgentState::Available))
    .with_agent(agent("Alpha", AgentState::Offline))
    .with_agent(agent("Bravo", busy(25)));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "bravo");
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 25);
    let steps: Vec<_> = run.finished.routing[0]
        .steps
        .iter()
        .map(|step| step.status)
        .collect();
    assert_eq!(steps, [StepStatus::Expired, StepStatus::Joined]);
}

#[test]
fn agents_are_found_by_proficiency_too() {
    let condition = json!({ "AttributeCondition": {
        "Name": "Language", "Value": "German", "ProficiencyLevel": "3.0",
        "ComparisonOperator": "NumberGreaterOrEqualTo",
    } });
    let step = json!({ "Expression": condition, "Expiry": { "DurationInSeconds": 30 } });
    let german = |level| {
        vec![Proficiency {
            name: "Language".to_owned(),
            value: "German".to_owned(),
            level,
        }]
    };
    let mut alpha = agent("Alpha", AgentState::Available);
    alpha.proficiencies = german(2.0);
    let mut bravo = agent("Bravo", AgentState::Available);
    bravo.proficiencies = german(4.0);
    let centre = centre([
        aim("aim", "support", "prefer"),
        criteria("prefer", [step], "transfer"),
        transfer("transfer"),
    ])
    .with_agent(alpha)
    .with_agent(bravo);
    assert_eq!(agent_of(&call(&centre, &Caller::default()).ending), "bravo");
}

#[test]
fn unknown_and_empty_agents_take_the_error_branch() {
    for agents in [&["nobody"][..], &["$.Attributes.missing"], &[]] {
        let centre =
            centre([criteria("prefer", [step(agents, Some(20))], "bye")]).with_agent(agent("Alpha", busy(1)));
        assert_eq!(said(&call(&centre, &Caller::default())), ["failed"]);
    }
}

#[test]
fn queue_flow_replaces_the_criteria() {
    let queue_flow = flow([
        say("sorry", &"word ".repeat(25), "prefer"),
        criteria("prefer", [step(&["bravo"], Some(30))], "music"),
        block(
            "music",
            "MessageParticipantIteratively",
            json!({ "Messages": [{ "Text": "la la" }] }),
        ),
    ]);
    let centre = centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "prefer"),
        criteria("prefer", [step(&["alpha"], Some(300))], "transfer"),
        transfer("transfer"),
    ])
    .with_flow("queue", "queue", queue_flow)
    .with_agent(agent("Alpha", AgentState::Offline))
    .with_agent(agent("Bravo", AgentState::Available));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "bravo", "{}", lines(&run));
    // Twenty-five words are ten seconds.
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 10);
    let statuses: Vec<_> = run
        .finished
        .routing
        .iter()
        .map(|criteria| criteria.steps[0].status)
        .collect();
    assert_eq!(statuses, [StepStatus::Inactive, StepStatus::Joined]);
}

#[test]
fn agent_queues_heed_no_criteria() {
    let centre = centre([
        block("aim", "UpdateContactTargetQueue", json!({ "AgentId": "bravo" })).next("prefer"),
        criteria("prefer", [step(&["alpha"], None)], "transfer"),
        transfer("transfer"),
    ])
    .with_agent(agent("Alpha", AgentState::Available))
    .with_agent(agent("Bravo", busy(5)));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "bravo");
    assert_eq!(run.finished.routing[0].activated_at, None);
}

#[test]
fn steps_start_over_in_another_queue() {
    let queue_flow = flow([
        block("wait", "Wait", json!({ "TimeLimitSeconds": "30" })).on("WaitCompleted", "other"),
        block(
            "other",
            "DequeueContactAndTransferToQueue",
            json!({ "QueueId": "sales" }),
        )
        .error("QueueAtCapacity", "end")
        .error("NoMatchingError", "end"),
        end("end"),
    ]);
    let mut alpha = agent("Alpha", busy(40));
    alpha.queues = vec!["sales".to_owned()];
    let centre = centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "prefer"),
        criteria("prefer", [step(&["alpha"], Some(20))], "transfer"),
        transfer("transfer"),
    ])
    .with_queue(Queue::new("sales", "Sales"))
    .with_flow("queue", "queue", queue_flow)
    .with_agent(alpha);
    let run = call(&centre, &Caller::default());
    assert_eq!(
        seconds(run.finished.agent.as_ref().unwrap().connected_at),
        40,
        "{}",
        lines(&run)
    );
    let statuses: Vec<_> = run
        .finished
        .routing
        .iter()
        .map(|criteria| criteria.steps[0].status)
        .collect();
    assert_eq!(statuses, [StepStatus::Expired, StepStatus::Joined]);
    let expired = entry(&run, |what| {
        matches!(
            what,
            What::RoutingStep {
                status: StepStatus::Expired,
                ..
            }
        )
    });
    assert_eq!(seconds(expired.at), 20);
}
