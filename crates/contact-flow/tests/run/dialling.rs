//! Outside numbers.

use ringback_contact_flow::run::{AgentState, Caller, Ending, ExternalNumber, Run};
use serde_json::json;

use crate::world::{agent, aim, block, call, centre, flow, hook, said, seconds, transfer};

const NUMBER: &str = "+447700900123";

fn dial(returns: &str, behaviour: Option<ExternalNumber>) -> Run {
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
    call(&centre, &Caller::default())
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
