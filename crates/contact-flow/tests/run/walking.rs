//! From block to block.

use ringback_contact_flow::run::{Caller, Ending, RunError, What};
use serde_json::json;

use crate::world::{Block, Fakes, block, call, centre, contact, entry, flow, hang_up, said, say, try_run};

fn error(blocks: [Block; 1]) -> RunError {
    try_run(
        &centre(blocks),
        contact(),
        &Caller::default(),
        &mut Fakes::default(),
    )
    .unwrap_err()
}

#[test]
fn loop_goes_round_and_then_starts_over() {
    let round = block("loop", "Loop", json!({ "LoopCount": "2" }))
        .next("done")
        .on("ContinueLooping", "tick")
        .on("DoneLooping", "done");
    let outer = block("done", "Loop", json!({ "LoopCount": 1 }))
        .next("bye")
        .on("ContinueLooping", "loop")
        .on("DoneLooping", "bye");
    let run = call(
        &centre([round, say("tick", "tick", "loop"), outer]),
        &Caller::default(),
    );
    assert_eq!(said(&run), ["tick", "tick", "tick", "tick", "bye"]);
}

#[test]
fn flow_without_an_end_is_found_out_and_named() {
    let compare = block("again", "Compare", json!({ "ComparisonValue": "$.Channel" }))
        .on("VOICE", "again")
        .error("NoMatchingCondition", "bye");
    let expected = RunError::Endless {
        flow: "main".to_owned(),
        block: "again".to_owned(),
    };
    assert_eq!(error([compare]), expected);
    assert!(expected.to_string().contains("\"again\""), "{expected}");
}

#[test]
fn menu_that_nobody_answers_ends_too() {
    let ask = block(
        "ask",
        "GetParticipantInput",
        json!({ "Text": "Press one.", "StoreInput": "False" }),
    )
    .on("1", "bye")
    .error("NoMatchingError", "ask");
    assert_eq!(
        error([ask]),
        RunError::Endless {
            flow: "main".to_owned(),
            block: "ask".to_owned()
        }
    );
}

#[test]
fn unknown_types_blocks_and_flows_are_named() {
    let unknown = RunError::UnknownType {
        flow: "main".to_owned(),
        block: "what".to_owned(),
        kind: "RouteContactToAgent".to_owned(),
    };
    assert_eq!(
        error([block("what", "RouteContactToAgent", json!({})).next("bye")]),
        unknown
    );
    let missing = RunError::NoSuchBlock {
        flow: "main".to_owned(),
        block: "hello".to_owned(),
        next: "nowhere".to_owned(),
    };
    assert_eq!(error([say("hello", "Hello", "nowhere")]), missing);
    let mut centre = centre([hang_up("end")]);
    centre.flows.clear();
    let run = try_run(&centre, contact(), &Caller::default(), &mut Fakes::default());
    assert_eq!(run.unwrap_err(), RunError::UnknownFlow("main".to_owned()));
}

#[test]
fn blocks_that_are_not_simulated_take_their_error_branch_and_say_so() {
    let lex = block("lex", "ConnectParticipantWithLexBot", json!({ "Text": "Hello" }))
        .next("bye")
        .error("NoMatchingError", "failed");
    let run = call(&centre([lex]), &Caller::default());
    assert_eq!(said(&run), ["failed"]);
    entry(&run, |what| matches!(what, What::NotSimulated { .. }));
    let media = block("media", "UpdateContactMediaProcessing", json!({})).next("bye");
    assert_eq!(said(&call(&centre([media]), &Caller::default())), ["bye"]);
}

#[test]
fn error_without_a_branch_ends_the_contact() {
    let hours = block("hours", "CheckHoursOfOperation", json!({})).on("True", "bye");
    let run = call(&centre([hours]), &Caller::default());
    assert!(
        matches!(run.ending, Ending::DisconnectedByFlow { place: Some(place) } if place.block == "hours")
    );
    assert_eq!(run.finished.disconnect_reason, "CONTACT_FLOW_DISCONNECT");
    let last = run.transcript.last().unwrap();
    assert!(
        last.to_string()
            .ends_with("disconnected: the block has no branch for NoMatchingError"),
        "{last}"
    );
}

#[test]
fn error_without_a_branch_is_passed_over_where_the_branch_is_optional() {
    let silent = say("silent", "$.Attributes.none", "bye");
    let run = call(&centre([silent]), &Caller::default());
    entry(&run, |what| matches!(what, What::Error { .. }));
    assert_eq!(said(&run), ["bye"]);
    let silent = say("silent", "$.Attributes.none", "bye").error("NoMatchingError", "failed");
    assert_eq!(said(&call(&centre([silent]), &Caller::default())), ["failed"]);
}

#[test]
fn modules_return_and_flows_do_not() {
    let module = flow([
        say("in module", "in the module", "leave"),
        block("leave", "EndFlowModuleExecution", json!({})),
    ]);
    let centre = centre([
        block(
            "module",
            "InvokeFlowModule",
            json!({ "FlowModuleId": format!("{}/flow-module/module:3", crate::world::INSTANCE) }),
        )
        .next("back")
        .error("NoMatchingError", "failed"),
        say("back", "back", "go"),
        block("go", "TransferToFlow", json!({ "ContactFlowId": "other" }))
            .next("failed")
            .error("NoMatchingError", "failed"),
    ])
    .with_flow("module", "module", module)
    .with_flow("other", "other", flow([say("other", "other", "bye")]));
    assert_eq!(
        said(&call(&centre, &Caller::default())),
        ["in the module", "back", "other", "bye"]
    );
}

#[test]
fn each_module_has_its_own_input() {
    let invoke = |module: &str, input: &str, next: &str| {
        let parameters = json!({ "FlowModuleId": module, "Input": { "n": input } });
        block("invoke", "InvokeFlowModule", parameters)
            .next(next)
            .error("NoMatchingError", "failed")
    };
    let leave = || block("leave", "EndFlowModuleExecution", json!({}));
    let tell = |next: &str| say("tell", "[$.Modules.Input.n]", next);
    let centre = centre([invoke("outer", "1", "tell"), tell("bye")])
        .with_flow(
            "outer",
            "outer",
            flow([invoke("inner", "2", "tell"), tell("leave"), leave()]),
        )
        .with_flow("inner", "inner", flow([tell("leave"), leave()]));
    assert_eq!(
        said(&call(&centre, &Caller::default())),
        ["[2]", "[1]", "[]", "bye"]
    );
}

#[test]
fn module_that_invokes_itself_fails_at_the_sixth() {
    let itself = || {
        block("again", "InvokeFlowModule", json!({ "FlowModuleId": "module" }))
            .next("bye")
            .error("NoMatchingError", "failed")
    };
    let centre = centre([itself()]).with_flow("module", "module", flow([itself()]));
    let run = call(&centre, &Caller::default());
    assert_eq!(
        run.transcript
            .iter()
            .filter(|entry| matches!(entry.what, What::Entered { .. }))
            .count(),
        5
    );
    assert_eq!(said(&run), ["failed"]);
}

#[test]
fn draws_are_given_and_not_random() {
    let share = || {
        block("share", "DistributeByPercentage", json!({}))
            .when("NumberLessThan", "4", "bye")
            .when("NumberLessThan", "51", "full")
            .error("NoMatchingCondition", "failed")
    };
    let with = |draws: Vec<u8>| {
        let caller = Caller {
            draws,
            ..Caller::default()
        };
        said(&call(&centre([share()]), &caller))[0].to_owned()
    };
    assert_eq!(with(vec![3]), "bye");
    assert_eq!(with(vec![4]), "full");
    assert_eq!(with(vec![100]), "failed");
    assert_eq!(with(vec![]), "full");
}

#[test]
fn outbound_calls_know_who_answered() {
    let check = || {
        block("check", "CheckOutboundCallStatus", json!({}))
            .on("CallAnswered", "bye")
            .on("VoicemailBeep", "full")
            .next("failed")
            .error("NoMatchingError", "failed")
    };
    assert_eq!(said(&call(&centre([check()]), &Caller::default())), ["failed"]);
    let mut contact = contact();
    contact.outbound_call_status = Some("VoicemailBeep".to_owned());
    let run = try_run(
        &centre([check()]),
        contact,
        &Caller::default(),
        &mut Fakes::default(),
    )
    .unwrap();
    assert_eq!(said(&run), ["full"]);
}
