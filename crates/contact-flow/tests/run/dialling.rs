//! Outside numbers.

use ringback_contact_flow::run::{
    Agent, AgentState, CallCentre, Caller, DialFact, Ending, ExternalNumber, Queue, Run, What,
};
use serde_json::json;

use crate::world::{agent, aim, block, call, centre, flow, hook, said, seconds, transfer};

const NUMBER: &str = "+447700900123";

fn dial(returns: &str, behaviour: Option<ExternalNumber>) -> Run {
    dial_as(&Caller::default(), returns, behaviour)
}

fn dial_as(caller: &Caller, returns: &str, behaviour: Option<ExternalNumber>) -> Run {
    let parameters = json!({
        "ThirdPartyPhoneNumber": NUMBER,
        "ThirdPartyConnectionTimeLimitSeconds": "30",
        "ContinueFlowExecution": returns,
    });
    let dial = block("dial", "TransferParticipantToThirdParty", parameters)
        .next("bye")
        .error("CallFailed", "failed")
        .error("ConnectionTimeLimitExceeded", "full")
        .error("NoMatchingError", "failed");
    let mut centre = centre([dial]);
    centre.numbers = behaviour
        .map(|behaviour| (NUMBER.to_owned(), behaviour))
        .into_iter()
        .collect();
    call(&centre, caller)
}

const ANSWERS: ExternalNumber = ExternalNumber::Answers {
    after_seconds: 8,
    talk_seconds: 60,
};

#[test]
fn customer_is_handed_over_for_good() {
    let run = dial("False", Some(ANSWERS));
    assert_eq!(
        run.ending,
        Ending::TransferredOut {
            number: NUMBER.to_owned()
        }
    );
    assert_eq!(seconds(run.finished.disconnected_at), 68);
    assert_eq!(run.finished.transferred_to.as_deref(), Some(NUMBER));
    assert_eq!(run.finished.disconnect_reason, "THIRD_PARTY_DISCONNECT");
}

#[test]
fn flow_goes_on_when_the_other_side_hangs_up() {
    let run = dial("True", Some(ANSWERS));
    assert_eq!(said(&run), ["bye"]);
    assert_eq!(seconds(run.finished.disconnected_at), 68);
}

#[test]
fn failures_have_branches_of_their_own_only_where_the_flow_goes_on() {
    let late = ExternalNumber::Answers {
        after_seconds: 31,
        talk_seconds: 1,
    };
    for (behaviour, named, took) in [
        (Some(ExternalNumber::RingsOut), "full", 30),
        (Some(late), "full", 30),
        (Some(ExternalNumber::Busy), "failed", 0),
        (None, "failed", 0),
    ] {
        let run = dial("True", behaviour);
        assert_eq!(
            (said(&run), seconds(run.finished.disconnected_at)),
            (vec![named], took)
        );
        assert_eq!(said(&dial("False", behaviour)), ["failed"]);
    }
}

#[test]
fn caller_who_is_put_through_from_the_queue_waits_no_longer() {
    let parameters = json!({
        "ThirdPartyPhoneNumber": NUMBER,
        "ThirdPartyConnectionTimeLimitSeconds": "30",
        "ContinueFlowExecution": "False",
    });
    let dial = block("dial", "TransferParticipantToThirdParty", parameters)
        .next("bye")
        .error("NoMatchingError", "failed");
    let centre = centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "transfer"),
        transfer("transfer"),
    ])
    .with_flow("queue", "queue", flow([dial]))
    .with_number(NUMBER, ANSWERS)
    .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(20) }));
    let run = call(&centre, &Caller::default());
    assert!(run.finished.agent.is_none());
    assert_eq!(run.finished.queue.unwrap().dequeued_at.map(seconds), Some(8));
}

fn rung(run: &Run) -> Vec<DialFact> {
    let facts = run.transcript.iter().filter_map(|entry| match &entry.what {
        What::Transferred { outcome, .. } => Some(*outcome),
        _ => None,
    });
    facts.collect()
}

#[test]
fn caller_who_hangs_up_while_it_rings_has_been_put_through_to_nobody() {
    let caller = Caller {
        hangs_up_after_seconds: Some(5),
        ..Caller::default()
    };
    let run = dial_as(&caller, "True", Some(ANSWERS));
    assert_eq!(rung(&run), [DialFact::Interrupted { seconds: 5 }]);
    let Ending::HungUp {
        place: Some(place), ..
    } = &run.ending
    else {
        panic!("{}", run.ending)
    };
    assert_eq!(place.block, "dial");
    assert_eq!(seconds(run.finished.disconnected_at), 5);
    assert_eq!(run.finished.transferred_to, None);
}

#[test]
fn caller_who_is_talking_has_no_reason_to_hang_up() {
    let caller = Caller {
        hangs_up_after_seconds: Some(9),
        ..Caller::default()
    };
    let run = dial_as(&caller, "True", Some(ANSWERS));
    assert_eq!(
        rung(&run),
        [DialFact::Answered {
            rang_seconds: 8,
            talk_seconds: 60
        }]
    );
    assert_eq!(said(&run), ["bye"]);
}

/// In the queue flow: a number that nobody answers, then the other queue.
fn dial_then_move(parameters: &serde_json::Value) -> CallCentre {
    let ring = block("ring", "TransferParticipantToThirdParty", parameters.clone())
        .next("bye")
        .error("CallFailed", "mark")
        .error("ConnectionTimeLimitExceeded", "mark")
        .error("NoMatchingError", "mark");
    let first = block(
        "first",
        "Compare",
        json!({ "ComparisonValue": "$.Attributes.moved" }),
    )
    .next("ring")
    .on("yes", "hold")
    .error("NoMatchingCondition", "ring");
    let mark = json!({ "Attributes": { "moved": "yes" } });
    let mark = block("mark", "UpdateContactAttributes", mark)
        .next("move")
        .error("NoMatchingError", "bye");
    let go = block(
        "move",
        "DequeueContactAndTransferToQueue",
        json!({ "QueueId": "sales" }),
    )
    .next("bye")
    .error("QueueAtCapacity", "full")
    .error("NoMatchingError", "failed");
    let hold = json!({ "Messages": [{ "Text": "one moment" }] });
    let hold = block("hold", "MessageParticipantIteratively", hold);
    centre([
        hook("hook", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "transfer"),
        transfer("transfer"),
    ])
    .with_flow("queue", "queue", flow([first, ring, mark, go, hold]))
    .with_queue(Queue::new("sales", "Sales"))
    .with_number(NUMBER, ExternalNumber::RingsOut)
}

fn ring_for(seconds: &str) -> serde_json::Value {
    json!({
        "ThirdPartyPhoneNumber": NUMBER,
        "ThirdPartyConnectionTimeLimitSeconds": seconds,
        "ContinueFlowExecution": "True",
    })
}

#[test]
fn queue_flow_begins_anew_in_the_queue_that_it_moved_the_caller_to() {
    let centre = dial_then_move(&ring_for("15")).with_agent(
        Agent::new("bravo", "bravo")
            .in_queue("sales")
            .who_is(AgentState::Busy { seconds: Some(40) }),
    );
    let run = call(&centre, &Caller::default());
    assert_eq!(rung(&run), [DialFact::RangOut { seconds: 15 }]);
    assert_eq!(said(&run), ["one moment"]);
    let earlier = &run.finished.earlier_queues[0];
    assert_eq!(
        (earlier.id.as_str(), earlier.dequeued_at.map(seconds)),
        ("support", Some(15))
    );
    assert_eq!(run.finished.queue.as_ref().unwrap().id, "sales");
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 40);
}

#[test]
fn agent_who_gets_free_while_a_number_rings_has_the_caller() {
    let alpha = agent("Alpha", AgentState::Busy { seconds: Some(10) });
    let run = call(
        &dial_then_move(&ring_for("15")).with_agent(alpha),
        &Caller::default(),
    );
    assert_eq!(rung(&run), [DialFact::Interrupted { seconds: 10 }]);
    assert_eq!(seconds(run.finished.agent.unwrap().connected_at), 10);
}
