//! The same input gives the same run, and no flow makes the runner panic.

use proptest::prelude::*;
use ringback_contact_flow::run::{
    AgentState, CallCentre, Caller, Conversation, ExternalNumber, Limits, Party, Queue, Run, RunError,
};
use ringback_contact_flow::{Flow, read};
use serde_json::{Value, json};

use crate::world::{
    CALLER, FUNCTION, Fakes, INSTANCE, agent, aim, answers, contact, fails, flow, hook, start, transfer,
    try_run,
};

/// Types with the parameters that make them do something, mostly.
fn blocks() -> Vec<(&'static str, Value)> {
    let step = json!({ "Expression": { "AttributeCondition": { "MatchCriteria": { "AgentsCriteria": {
        "AgentIds": ["$.Attributes.a"] } } } }, "Expiry": { "DurationInSeconds": "20" } });
    vec![
        ("MessageParticipant", json!({ "Text": "Hello $.Attributes.a" })),
        (
            "MessageParticipant",
            json!({ "SSML": "<speak>$.External.a<break time='3s'/></speak>" }),
        ),
        (
            "MessageParticipantIteratively",
            json!({ "Messages": [{ "Text": "la" }], "InterruptFrequencySeconds": "9" }),
        ),
        (
            "GetParticipantInput",
            json!({ "Text": "One?", "StoreInput": "False", "InputTimeLimitSeconds": "5" }),
        ),
        (
            "GetParticipantInput",
            json!({ "Text": "Number?", "StoreInput": "True",
            "InputValidation": { "PhoneNumberValidation": { "NumberFormat": "Local", "CountryCode": "GB" } } }),
        ),
        (
            "InvokeLambdaFunction",
            json!({ "LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": "3" }),
        ),
        ("Compare", json!({ "ComparisonValue": "$.External.a" })),
        (
            "UpdateContactAttributes",
            json!({ "Attributes": { "a": "alpha", "b": "$.Attributes.a" } }),
        ),
        (
            "UpdateFlowAttributes",
            json!({ "FlowAttributes": { "a": { "Value": "$.Attributes.a" } } }),
        ),
        ("UpdateContactTargetQueue", json!({ "QueueId": "support" })),
        ("UpdateContactTargetQueue", json!({ "AgentId": "alpha" })),
        (
            "CheckMetricData",
            json!({ "MetricType": "NumberOfContactsInQueue" }),
        ),
        ("GetMetricData", json!({ "AgentId": "alpha" })),
        ("CheckHoursOfOperation", json!({})),
        ("TransferContactToQueue", json!({})),
        (
            "DequeueContactAndTransferToQueue",
            json!({ "QueueId": "support" }),
        ),
        ("TransferToFlow", json!({ "ContactFlowId": "any" })),
        ("InvokeFlowModule", json!({ "FlowModuleId": "any" })),
        ("EndFlowModuleExecution", json!({})),
        ("TransferContactToAgent", json!({})),
        (
            "TransferParticipantToThirdParty",
            json!({ "ThirdPartyPhoneNumber": CALLER,
            "ThirdPartyConnectionTimeLimitSeconds": "30", "ContinueFlowExecution": "True" }),
        ),
        (
            "UpdateContactEventHooks",
            json!({ "EventHooks": { "CustomerQueue": "any" } }),
        ),
        (
            "UpdateContactEventHooks",
            json!({ "EventHooks": { "AgentWhisper": "any" } }),
        ),
        (
            "UpdateContactEventHooks",
            json!({ "EventHooks": { "CustomerRemaining": "any" } }),
        ),
        (
            "UpdateContactCallbackNumber",
            json!({ "CallbackNumber": "$.StoredCustomerInput" }),
        ),
        ("CreateCallbackContact", json!({ "InitialCallDelaySeconds": "1" })),
        (
            "CreateTask",
            json!({ "Name": "$.Attributes.a", "ContactFlowId": "any" }),
        ),
        ("UpdateContactRoutingBehavior", json!({ "QueuePriority": "9" })),
        (
            "UpdateContactRoutingCriteria",
            json!({ "RoutingCriteria": { "Steps": [step] } }),
        ),
        ("Loop", json!({ "LoopCount": "3" })),
        ("Wait", json!({ "TimeLimitSeconds": "604800" })),
        ("DistributeByPercentage", json!({})),
        ("CheckOutboundCallStatus", json!({})),
        ("UpdateContactData", json!({ "Name": "$.Description" })),
        ("TagContact", json!({ "Tags": { "a": "b" } })),
        ("EndFlowExecution", json!({})),
        ("DisconnectParticipant", json!({})),
        ("ShowView", json!({})),
    ]
}

/// A value that a careless hand or a template might have left in a flow.
fn odd_value() -> impl Strategy<Value = Value> {
    let numbers = prop_oneof![Just(-1i64), Just(0), Just(7), Just(i64::MAX), Just(i64::MIN)];
    let texts = "[$.'\\[\\]<>=/*#a-z0-9 ]{0,12}";
    let paths = prop::sample::select(vec![
        "$.",
        "$.Attributes.",
        "$.External.a",
        "$['x']",
        "$.Queue.ARN",
        "999999999999",
    ]);
    prop_oneof![
        numbers.prop_map(Value::from),
        texts.prop_map(Value::from),
        paths.prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{}])),
        any::<bool>().prop_map(Value::from),
    ]
}

/// Puts the value somewhere in the parameters.
fn spoil(value: &mut Value, mut at: usize, odd: &Value) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let count = map.len();
            let chosen = map.values_mut().nth(at % count).unwrap();
            at /= count;
            if at.is_multiple_of(3) {
                *chosen = odd.clone()
            } else {
                spoil(chosen, at / 3, odd)
            }
        }
        Value::Array(values) if !values.is_empty() => {
            let count = values.len();
            spoil(&mut values[at % count], at / count, odd);
        }
        other => *other = odd.clone(),
    }
}

fn transitions(count: usize) -> impl Strategy<Value = Value> {
    let name = move || (0..count).prop_map(|index| format!("b{index}"));
    let operators = prop::sample::select(vec![
        "Equals",
        "NumberLessThan",
        "TextContains",
        "KeyExists",
        "Nonsense",
    ]);
    let operands = prop::sample::select(vec![
        "1",
        "a",
        "True",
        "ContinueLooping",
        "DoneLooping",
        "WaitCompleted",
        "MessagesInterrupted",
        "60",
    ]);
    let condition = (name(), operators, operands).prop_map(|(next, operator, operand)| {
        json!({ "NextAction": next, "Condition": { "Operator": operator, "Operands": [operand] } })
    });
    let errors = prop::sample::select(vec![
        "NoMatchingError",
        "NoMatchingCondition",
        "QueueAtCapacity",
        "CallFailed",
    ]);
    let error = (name(), errors).prop_map(|(next, error)| json!({ "NextAction": next, "ErrorType": error }));
    let next = prop::option::weighted(0.9, name());
    (next, prop::collection::vec(condition, 0..3), prop::collection::vec(error, 0..3))
        .prop_map(|(next, conditions, errors)| json!({ "NextAction": next, "Conditions": conditions, "Errors": errors }))
}

fn document() -> impl Strategy<Value = Value> {
    (2..9usize).prop_flat_map(|count| {
        let odd = prop::option::weighted(0.3, (any::<u16>(), odd_value()));
        let action = (prop::sample::select(blocks()), odd, transitions(count));
        prop::collection::vec(action, count).prop_map(|actions| {
            let actions = actions.into_iter().enumerate().map(|(index, ((kind, mut parameters), odd, transitions))| {
                if let Some((at, odd)) = odd {
                    spoil(&mut parameters, usize::from(at), &odd);
                }
                let parameters = if parameters.is_object() { parameters } else { json!({}) };
                json!({ "Identifier": format!("b{index}"), "Type": kind, "Parameters": parameters, "Transitions": transitions })
            });
            json!({ "Version": "2019-10-30", "StartAction": "b0", "Actions": actions.collect::<Vec<_>>() })
        })
    })
}

/// Sends the caller into the queue, with the flow `any` at every hook.
fn queued() -> Flow {
    flow([
        hook("queue flow", "CustomerQueue", "any", "agent whisper"),
        hook("agent whisper", "AgentWhisper", "any", "customer whisper"),
        hook("customer whisper", "CustomerWhisper", "any", "survey"),
        hook("survey", "CustomerRemaining", "any", "aim"),
        aim("aim", "support", "transfer"),
        transfer("transfer"),
    ])
}

fn run(document: &Value, in_queue: bool) -> Result<Run, RunError> {
    let any = read(&document.to_string()).unwrap();
    let mut centre = CallCentre::new(INSTANCE)
        .with_flow("main", "main", if in_queue { queued() } else { any.clone() })
        .with_flow("any", "any", any)
        .with_queue(Queue {
            contacts_waiting: 1,
            ..Queue::new("support", "Support")
        })
        .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(30) }))
        .with_number(
            CALLER,
            ExternalNumber::Answers {
                after_seconds: 5,
                talk_seconds: 10,
            },
        );
    centre.limits = Limits {
        blocks_at_once: 200,
        blocks: 1_000,
        ..Limits::default()
    };
    let mut fakes = Fakes::that([
        answers(10, json!({ "a": "alpha" })),
        fails(10),
        answers(9_000, json!({})),
    ]);
    let conversation = Conversation {
        ended_by: Party::Agent,
        ..Conversation::default()
    };
    let caller = Caller {
        conversation,
        queue_patience_seconds: Some(600),
        ..Caller::who_keys(["1", "07700900123", "a*"])
    };
    try_run(&centre, contact(), &caller, &mut fakes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_flow_runs_without_a_panic_and_twice_the_same(document in document(), in_queue: bool) {
        let first = run(&document, in_queue);
        prop_assert_eq!(&first, &run(&document, in_queue));
        if let Ok(run) = first {
            for pair in run.transcript.windows(2) {
                prop_assert!(pair[0].at <= pair[1].at, "{} before {}", pair[1], pair[0]);
            }
            for pair in run.finished.moments.windows(2) {
                prop_assert!(pair[0].0 <= pair[1].0);
            }
            prop_assert!(run.transcript.iter().all(|entry| entry.at >= start() && entry.to_string().lines().count() == 1));
        }
    }
}
