//! Advice about the ways through a flow.

use ringback_contact_flow::check_value;
use serde_json::{Value, json};

/// A flow in a few lines: `name: Type parameters > next, condition > there, !Error > there`.
fn flow(lines: &[&str]) -> Value {
    let mut actions: Vec<Value> = Vec::new();
    for line in lines {
        let (head, ways) = line
            .split_once(" > ")
            .map_or((*line, None), |(head, next)| (head, Some(next)));
        let (identifier, head) = head.split_once(": ").unwrap();
        let (kind, parameters) = head.split_once(' ').unwrap_or((head, "{}"));
        let mut action = json!({"Identifier": identifier, "Type": kind, "Transitions": {}});
        action["Parameters"] = serde_json::from_str(parameters).unwrap();
        let mut conditions = Vec::new();
        let mut errors = Vec::new();
        for (number, way) in ways.into_iter().flat_map(|ways| ways.split(", ")).enumerate() {
            match way.split_once(" > ") {
                None => {
                    assert_eq!(number, 0, "{line}");
                    action["Transitions"]["NextAction"] = json!(way);
                }
                Some((what, to)) => match what.strip_prefix('!') {
                    Some(error) => errors.push(json!({"NextAction": to, "ErrorType": error})),
                    None => conditions.push(
                        json!({"NextAction": to, "Condition": {"Operator": "Equals", "Operands": [what]}}),
                    ),
                },
            }
        }
        action["Transitions"]["Conditions"] = json!(conditions);
        action["Transitions"]["Errors"] = json!(errors);
        actions.push(action);
    }
    let start = actions[0]["Identifier"].clone();
    json!({"Version": "2019-10-30", "StartAction": start, "Metadata": {}, "Actions": actions})
}

/// The advice on a flow that the service takes.
#[track_caller]
fn advice(lines: &[&str]) -> Vec<String> {
    let report = check_value(&flow(lines), None).unwrap();
    assert!(report.is_accepted(), "{report}");
    let line = |problem: &ringback_contact_flow::Problem| {
        format!(
            "{} at {}: {}",
            problem.rule,
            problem.action.as_deref().unwrap_or("?"),
            problem.message
        )
    };
    report.problems.iter().map(line).collect()
}

const LAMBDA: &str =
    r#"InvokeLambdaFunction {"LambdaFunctionARN":"${Arn}","InvocationTimeLimitSeconds":"8"}"#;
const SAY: &str = r#"MessageParticipant {"Text":"Hello"}"#;

#[test]
fn blocks_that_no_way_leads_to_are_unreachable() {
    assert_eq!(
        advice(&[
            "end: DisconnectParticipant",
            &format!("lost: {SAY} > also lost"),
            &format!("also lost: {SAY} > end"),
        ]),
        [
            "unreachable at lost: No way leads to this block",
            "unreachable at also lost: No way leads to this block",
        ]
    );
}

#[test]
fn going_round_without_a_pause_is_endless() {
    let hours = "CheckHoursOfOperation > ";
    let round = |pause: &str| {
        advice(&[
            &format!("open: {hours}{pause}, True > end, False > {pause}, !NoMatchingError > {pause}"),
            &format!("speak: {SAY} > open"),
            "mark: UpdateFlowLoggingBehavior {\"FlowLoggingBehavior\":\"Enabled\"} > open",
            "end: DisconnectParticipant",
        ])
    };
    let said = round("mark");
    assert_eq!(
        said[1..],
        ["endless-loop at open: A contact can go round without a pause: \"open\" > \"mark\" > \"open\""]
    );
    let said = round("speak");
    assert_eq!(said, ["unreachable at mark: No way leads to this block"]);
}

#[test]
fn functions_may_take_twenty_seconds_in_sequence() {
    let chain = |middle: &str| {
        advice(&[
            &format!("one: {LAMBDA} > two, !NoMatchingError > two"),
            &format!("two: {middle} > three, !NoMatchingError > three"),
            &format!("three: {LAMBDA} > four, !NoMatchingError > four"),
            &format!("four: {LAMBDA} > bye, !NoMatchingError > bye"),
            &format!("bye: {SAY} > end"),
            "end: DisconnectParticipant",
        ])
    };
    assert_eq!(
        chain(LAMBDA),
        [
            "long-silence at one: Up to 32 s of functions without a prompt: \"one\", \"two\", \"three\", \"four\""
        ]
    );
    assert_eq!(chain(SAY), [""; 0]);
}

#[test]
fn a_failed_function_should_not_cut_the_caller_off() {
    assert_eq!(
        advice(&[
            &format!("look up: {LAMBDA} > end, !NoMatchingError > end"),
            "end: DisconnectParticipant"
        ]),
        ["silent-hang-up at look up: When the function fails, the contact is cut off without a word"]
    );
}

#[test]
fn a_chat_has_no_keys() {
    let menu = r#"GetParticipantInput {"Text":"Press 1","StoreInput":"False","InputTimeLimitSeconds":"5"}"#;
    let errors = "!InputTimeLimitExceeded > end, !NoMatchingCondition > end, !NoMatchingError > end";
    let channel = r#"Compare {"ComparisonValue":"$.Channel"}"#;
    let split = |chat: &str| {
        advice(&[
            &format!("channel: {channel} > menu, CHAT > {chat}, !NoMatchingCondition > menu"),
            &format!("menu: {menu} > end, 1 > end, {errors}"),
            "end: DisconnectParticipant",
        ])
    };
    assert_eq!(split("end"), [""; 0]);
    assert_eq!(
        split("menu"),
        ["keys-on-chat at menu: A chat gets here, and has no keys to press: it takes the error branch"]
    );
    // A flow that does not ask for the channel is taken to be for calls.
    let plain = [
        format!("menu: {menu} > end, 1 > end, {errors}"),
        "end: DisconnectParticipant".to_owned(),
    ];
    assert_eq!(
        advice(&plain.iter().map(String::as_str).collect::<Vec<_>>()),
        [""; 0]
    );
}

#[test]
fn a_transfer_needs_a_queue() {
    let queue = r#"UpdateContactTargetQueue {"QueueId":"${Queue}"}"#;
    let route = |on_error: &str| {
        advice(&[
            &format!("queue: {queue} > transfer, !NoMatchingError > {on_error}"),
            "transfer: TransferContactToQueue > end, !QueueAtCapacity > end, !NoMatchingError > end",
            "end: DisconnectParticipant",
        ])
    };
    assert_eq!(route("end"), [""; 0]);
    assert_eq!(
        route("transfer"),
        [
            "no-queue at transfer: This is reached when setting the queue has failed; without a queue the transfer fails"
        ]
    );
}

#[test]
fn what_is_read_must_have_been_filled() {
    let compare = r#"Compare {"ComparisonValue":"$.External.status"}"#;
    assert_eq!(
        advice(&[
            &format!("look: {compare} > ask, found > ask, !NoMatchingCondition > ask"),
            &format!("ask: {LAMBDA} > again, !NoMatchingError > bye"),
            &format!("again: {compare} > bye, found > bye, !NoMatchingCondition > bye"),
            &format!("bye: {SAY} > end"),
            "end: DisconnectParticipant",
        ]),
        ["nothing-to-read at look: No way here leads through a block that fills $.External"]
    );
    assert_eq!(
        advice(&[
            r#"bye: MessageParticipant {"Text":"$.FlowAttributes.greeting"} > end"#,
            "end: DisconnectParticipant",
        ]),
        ["nothing-to-read at bye: No way here leads through a block that fills $.FlowAttributes"]
    );
}
