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

/// Anna for 20 seconds, then anyone in the queue.
fn anna_first() -> CallCentre {
    centre([
        block(
            "remember",
            "UpdateContactAttributes",
            json!({ "Attributes": { "lastAgent": "anna" } }),
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
        .with_agent(agent("Ben", AgentState::Available))
        .with_agent(agent("Anna", AgentState::Available));
    let run = call(&centre, &Caller::default());
    assert_eq!(
        run.ending,
        Ending::AgentConversation {
            agent: "anna".to_owned(),
            ended_by: Party::Customer
        }
    );
    let step = &run.finished.routing[0].steps[0];
    assert_eq!((step.status, step.expiry_seconds), (StepStatus::Joined, Some(20)));
    let leg = run.finished.agent.unwrap();
    assert_eq!((leg.id.as_str(), seconds(leg.connected_at)), ("anna", 0));
    assert_eq!(run.finished.queue.unwrap().name.as_deref(), Some("Support"));
}

#[test]
fn preferred_agent_who_gets_free_in_time_joins_at_that_moment() {
    let centre = anna_first()
        .with_agent(agent("Ben", AgentState::Available))
        .with_agent(agent("Anna", busy(12)));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "anna");
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
            .with_agent(agent("Ben", AgentState::Available))
            .with_agent(agent("Anna", state));
        let run = call(&centre, &Caller::default());
        assert_eq!(agent_of(&run.ending), "ben");
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
    let mut anna = agent("Anna", AgentState::Available);
    anna.queues.clear();
    let centre = anna_first()
        .with_agent(anna)
        .with_agent(agent("Ben", AgentState::Available));
    assert_eq!(agent_of(&call(&centre, &Caller::default()).ending), "ben");
}

#[test]
fn step_without_expiry_waits_for_ever() {
    let centre = centre([
        aim("aim", "support", "prefer"),
        criteria("prefer", [step(&["anna"], None)], "transfer"),
        transfer("transfer"),
    ])
    .with_agent(agent("Ben", AgentState::Available))
    .with_agent(agent("Anna", AgentState::Offline));
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
            [step(&["anna"], Some(10)), step(&["ben"], Some(30))],
            "transfer",
        ),
        transfer("transfer"),
    ])
    .with_agent(agent("Cleo", AgentState::Available))
    .with_agent(agent("Anna", AgentState::Offline))
    .with_agent(agent("Ben", busy(25)));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "ben");
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
    let mut anna = agent("Anna", AgentState::Available);
    anna.proficiencies = german(2.0);
    let mut ben = agent("Ben", AgentState::Available);
    ben.proficiencies = german(4.0);
    let centre = centre([
        aim("aim", "support", "prefer"),
        criteria("prefer", [step], "transfer"),
        transfer("transfer"),
    ])
    .with_agent(anna)
    .with_agent(ben);
    assert_eq!(agent_of(&call(&centre, &Caller::default()).ending), "ben");
}

#[test]
fn unknown_and_empty_agents_take_the_error_branch() {
    for agents in [&["nobody"][..], &["$.Attributes.missing"], &[]] {
        let centre =
            centre([criteria("prefer", [step(agents, Some(20))], "bye")]).with_agent(agent("Anna", busy(1)));
        assert_eq!(said(&call(&centre, &Caller::default())), ["failed"]);
    }
}

#[test]
fn queue_flow_replaces_the_criteria() {
    let queue_flow = flow([
        say("sorry", &"word ".repeat(25), "prefer"),
        criteria("prefer", [step(&["ben"], Some(30))], "music"),
        block(
            "music",
            "MessageParticipantIteratively",
            json!({ "Messages": [{ "Text": "la la" }] }),
        ),
    ]);
    let centre = centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "prefer"),
        criteria("prefer", [step(&["anna"], Some(300))], "transfer"),
        transfer("transfer"),
    ])
    .with_flow("queue", "queue", queue_flow)
    .with_agent(agent("Anna", AgentState::Offline))
    .with_agent(agent("Ben", AgentState::Available));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "ben", "{}", lines(&run));
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
        block("aim", "UpdateContactTargetQueue", json!({ "AgentId": "ben" })).next("prefer"),
        criteria("prefer", [step(&["anna"], None)], "transfer"),
        transfer("transfer"),
    ])
    .with_agent(agent("Anna", AgentState::Available))
    .with_agent(agent("Ben", busy(5)));
    let run = call(&centre, &Caller::default());
    assert_eq!(agent_of(&run.ending), "ben");
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
    let mut anna = agent("Anna", busy(40));
    anna.queues = vec!["sales".to_owned()];
    let centre = centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "prefer"),
        criteria("prefer", [step(&["anna"], Some(20))], "transfer"),
        transfer("transfer"),
    ])
    .with_queue(Queue::new("sales", "Sales"))
    .with_flow("queue", "queue", queue_flow)
    .with_agent(anna);
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
