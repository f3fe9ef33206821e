//! The disconnect flow.

use ringback_contact_flow::run::{AgentState, CallCentre, Caller, Conversation, Ending, Party};
use serde_json::json;

use crate::world::{agent, aim, block, call, centre, flow, hook, lines, said, seconds, transfer};

fn surveyed() -> CallCentre {
    let question = json!({ "Text": "How was it?", "StoreInput": "True",
        "InputValidation": { "CustomValidation": { "MaximumLength": "1" } } });
    let survey = flow([
        block("ask", "GetParticipantInput", question)
            .next("keep")
            .error("NoMatchingError", "bye"),
        block(
            "keep",
            "UpdateContactAttributes",
            json!({ "Attributes": { "rating": "$.StoredCustomerInput" } }),
        )
        .next("bye")
        .error("NoMatchingError", "bye"),
    ]);
    centre([
        hook("hook", "CustomerRemaining", "survey", "aim"),
        aim("aim", "support", "transfer"),
        transfer("transfer"),
    ])
    .with_flow("survey", "survey", survey)
    .with_agent(agent("Alpha", AgentState::Available))
}

fn caller(ended_by: Party) -> Caller {
    let conversation = Conversation {
        seconds: 60,
        ended_by,
        after_contact_work_seconds: 45,
    };
    Caller {
        conversation,
        ..Caller::who_keys(["5"])
    }
}

#[test]
fn survey_runs_when_the_agent_hung_up() {
    let run = call(&surveyed(), &caller(Party::Agent));
    assert_eq!(run.finished.attributes["rating"], "5", "{}", lines(&run));
    assert_eq!(said(&run), ["bye"]);
    assert_eq!(
        run.ending,
        Ending::AgentConversation {
            agent: "alpha".to_owned(),
            ended_by: Party::Agent
        }
    );
    let finished = run.finished;
    assert!(seconds(finished.disconnected_at) > 60);
    assert_eq!(finished.agent.unwrap().interaction_seconds, 60);
    assert_eq!(seconds(finished.completed_at), 105);
}

#[test]
fn survey_does_not_run_when_the_customer_hung_up() {
    let run = call(&surveyed(), &caller(Party::Customer));
    assert!(run.finished.attributes.is_empty());
    assert_eq!(run.finished.disconnect_reason, "CUSTOMER_DISCONNECT");
    assert_eq!(seconds(run.finished.disconnected_at), 60);
}

#[test]
fn hook_for_a_flow_that_does_not_exist_fails() {
    let run = call(
        &centre([hook("hook", "CustomerRemaining", "nothing", "failed")]),
        &Caller::default(),
    );
    assert_eq!(said(&run), ["bye"]);
}
