//! Asking functions.

use std::time::Duration;

use ringback_contact_flow::run::{CallCentre, Caller, Channel, Contact, LambdaFact, Run, What};
use serde_json::{Value, json};

use crate::world::{
    CALLER, FUNCTION, Fakes, INSTANCE, aim, answers, block, centre, contact, fails, lambda, lines, said, say,
    seconds, start, try_run,
};

fn asking(response: &str, text: &str) -> CallCentre {
    centre([lambda("ask", response, "tell"), say("tell", text, "bye")])
}

fn run(centre: &CallCentre, fakes: &mut Fakes) -> Run {
    try_run(centre, contact(), &Caller::default(), fakes).unwrap()
}

/// What is said first, after the function has answered so.
fn told(response: &str, text: &str, answer: Value) -> String {
    let run = run(&asking(response, text), &mut Fakes::that([answers(100, answer)]));
    said(&run)[0].to_owned()
}

#[test]
fn flat_answers_are_references() {
    let answer = json!({ "agentId": "alpha", "age": 12, "known": true });
    let text = "$.External.agentId $.External.age $.LambdaInvocation.ResultData.known [$.External.none]";
    assert_eq!(told("STRING_MAP", text, answer), "alpha 12 true []");
}

#[test]
fn nested_answers_need_json() {
    let answer = json!({ "agent": { "name": { "first": "Alpha" } }, "list": [1] });
    let text = "$.External.agent.name.first and [$.External.list]";
    assert_eq!(told("JSON", text, answer.clone()), "Alpha and []");
    assert_eq!(told("STRING_MAP", text, answer), "failed");
    assert_eq!(told("STRING_MAP", text, json!(["no map"])), "failed");
}

#[test]
fn answers_of_32_kb_are_refused_and_not_asked_for_again() {
    let mut fakes = Fakes::that([answers(100, json!({ "long": "x".repeat(32 * 1024) }))]);
    assert_eq!(said(&run(&asking("JSON", "ok"), &mut fakes)), ["failed"]);
    assert_eq!(fakes.calls.len(), 1);
}

#[test]
fn failures_are_tried_three_times_in_all() {
    let mut fakes = Fakes::that([fails(1_000), fails(1_000), answers(500, json!({}))]);
    let run_ = run(&asking("STRING_MAP", "ok"), &mut fakes);
    assert_eq!(said(&run_), ["ok", "bye"]);
    let attempts: Vec<_> = fakes
        .calls
        .iter()
        .map(|call| (call.attempt, seconds(call.at), call.time_limit))
        .collect();
    let limit = Duration::from_secs;
    assert_eq!(attempts, [(1, 0, limit(8)), (2, 1, limit(7)), (3, 2, limit(6))]);

    let mut fakes = Fakes::that([fails(10), fails(10), fails(10), answers(10, json!({}))]);
    assert_eq!(said(&run(&asking("STRING_MAP", "ok"), &mut fakes)), ["failed"]);
    assert_eq!(fakes.calls.len(), 3);
}

#[test]
fn tries_end_with_the_time_limit() {
    let mut fakes = Fakes::that([fails(5_000), answers(4_000, json!({}))]);
    let run_ = run(&asking("STRING_MAP", "ok"), &mut fakes);
    assert_eq!(said(&run_), ["failed"], "{}", lines(&run_));
    let timed_out = |what: &What| {
        matches!(
            what,
            What::Lambda {
                outcome: LambdaFact::TimedOut,
                ..
            }
        )
    };
    assert!(run_.transcript.iter().any(|entry| timed_out(&entry.what)));
    let failed = run_
        .transcript
        .iter()
        .find(|entry| matches!(entry.what, What::Error { .. }))
        .unwrap();
    assert_eq!(seconds(failed.at), 8);
}

#[test]
fn functions_in_a_row_have_twenty_seconds_until_somebody_speaks() {
    let slow = || answers(7_000, json!({}));
    let row = [
        lambda("a", "JSON", "b"),
        lambda("b", "JSON", "c"),
        lambda("c", "JSON", "bye"),
    ];
    assert_eq!(
        said(&run(&centre(row), &mut Fakes::that([slow(), slow(), slow()]))),
        ["failed"]
    );
    let broken = [
        lambda("a", "JSON", "b"),
        lambda("b", "JSON", "one moment"),
        say("one moment", "One moment.", "c"),
        lambda("c", "JSON", "bye"),
    ];
    let run = run(&centre(broken), &mut Fakes::that([slow(), slow(), slow()]));
    assert_eq!(said(&run), ["One moment.", "bye"]);
}

#[test]
fn a_failure_leaves_nothing_of_the_answer_before_it() {
    let blocks = [
        lambda("first", "JSON", "second"),
        lambda("second", "JSON", "bye"),
        say("failed", "[$.External.a]", "bye"),
    ];
    let mut fakes = Fakes::that([answers(1, json!({ "a": "stale" }))]);
    assert_eq!(said(&run(&centre(blocks), &mut fakes)), ["[]", "bye"]);
}

#[test]
fn nobody_waits_for_an_asynchronous_function() {
    let parameters = json!({
        "LambdaFunctionARN": FUNCTION,
        "InvocationTimeLimitSeconds": 60,
        "InvocationType": "ASYNCHRONOUS",
    });
    let blocks = [
        block("start", "InvokeLambdaFunction", parameters)
            .next("tell")
            .error("NoMatchingError", "failed"),
        say("tell", "$.LambdaInvocation.InvocationId [$.External.a]", "bye"),
    ];
    let mut fakes = Fakes::that([answers(30_000, json!({ "a": "b" }))]);
    let run = run(&centre(blocks), &mut fakes);
    assert_eq!(
        said(&run)[0],
        "11111111-1111-4111-8111-111111111111-invocation-1 []"
    );
    assert!(fakes.calls[0].asynchronous);
    assert!(seconds(run.finished.disconnected_at) < 5);
}

#[test]
fn an_asynchronous_function_leaves_the_answer_before_it() {
    let parameters = json!({
        "LambdaFunctionARN": FUNCTION,
        "InvocationTimeLimitSeconds": "8",
        "InvocationType": "ASYNCHRONOUS",
    });
    let blocks = [
        lambda("first", "JSON", "second"),
        block("second", "InvokeLambdaFunction", parameters)
            .next("tell")
            .error("NoMatchingError", "failed"),
        say("tell", "[$.External.a]", "bye"),
    ];
    let mut fakes = Fakes::that([answers(1, json!({ "a": "kept" })), answers(1, json!({}))]);
    assert_eq!(said(&run(&centre(blocks), &mut fakes)), ["[kept]", "bye"]);
}

#[test]
fn the_event_is_what_connect_sends_for_a_call() {
    let parameters = json!({
        "LambdaFunctionARN": FUNCTION,
        "InvocationTimeLimitSeconds": "8",
        "LambdaInvocationAttributes": { "from": "$.CustomerEndpoint.Address", "mode": "same-first", "none": "$.External.x" },
    });
    let blocks = [
        aim("aim", "support", "ask"),
        block("ask", "InvokeLambdaFunction", parameters)
            .next("bye")
            .error("NoMatchingError", "failed"),
    ];
    let mut fakes = Fakes::that([answers(1, json!({}))]);
    let mut caller = contact();
    caller.attributes.insert("language".to_owned(), "de".to_owned());
    try_run(&centre(blocks), caller, &Caller::default(), &mut fakes).unwrap();
    let call = &fakes.calls[0];
    assert_eq!(call.function_arn, FUNCTION);
    assert_eq!(call.at, start());
    let expected = json!({
        "Details": {
            "ContactData": {
                "Attributes": { "language": "de" },
                "AwsRegion": "eu-central-1",
                "Channel": "VOICE",
                "ContactId": "11111111-1111-4111-8111-111111111111",
                "CustomerEndpoint": { "Address": CALLER, "Type": "TELEPHONE_NUMBER" },
                "CustomerId": null,
                "Description": null,
                "InitialContactId": "11111111-1111-4111-8111-111111111111",
                "InitiationMethod": "INBOUND",
                "InstanceARN": INSTANCE,
                "LanguageCode": "en-US",
                "MediaStreams": { "Customer": { "Audio": null } },
                "Name": null,
                "PreviousContactId": "11111111-1111-4111-8111-111111111111",
                "Queue": {
                    "ARN": format!("{INSTANCE}/queue/support"), "Name": "Support", "OutboundCallerId": null,
                },
                "References": {},
                "RelatedContactId": null,
                "SegmentAttributes": { "connect:Subtype": { "ValueString": "connect:Telephony" } },
                "SystemEndpoint": { "Address": "+14155550199", "Type": "TELEPHONE_NUMBER" },
                "Tags": {},
            },
            "Parameters": { "from": CALLER, "mode": "same-first", "none": null },
        },
        "Name": "ContactFlowEvent",
    });
    assert_eq!(call.event, expected);
}

#[test]
fn the_event_of_a_chat_has_nulls_where_there_is_nothing() {
    let mut fakes = Fakes::that([answers(1, json!({}))]);
    let chat = Contact::new("22222222-2222-4222-8222-222222222222", Channel::Chat);
    try_run(&asking("JSON", "ok"), chat, &Caller::default(), &mut fakes).unwrap();
    let data = &fakes.calls[0].event["Details"]["ContactData"];
    for key in [
        "CustomerEndpoint",
        "SystemEndpoint",
        "Queue",
        "CustomerId",
        "Name",
        "Description",
    ] {
        assert_eq!(data.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(data["MediaStreams"], json!({ "Customer": { "Audio": {} } }));
    assert_eq!(
        data["SegmentAttributes"]["connect:Subtype"],
        json!({ "ValueString": "connect:Chat" })
    );
}
