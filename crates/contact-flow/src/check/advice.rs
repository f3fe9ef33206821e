//! What one action has that is disputed or unwise, and the refusals that no table can say.

use serde_json::{Map, Value};

use super::FlowKind;
use super::report::Problem;
use super::values::{references, text_of};
use super::wording::{Findings, at_least_one_of, bad_value, missing_property, unknown_property};

/// Advice on one action.
pub(super) fn on_action(
    index: usize,
    action: &Map<String, Value>,
    flow: Option<FlowKind>,
    findings: &mut Findings,
) {
    let path = format!("Actions[{index}]");
    let place = format!("{path}.Parameters");
    let nothing = Map::new();
    let parameters = action
        .get("Parameters")
        .and_then(Value::as_object)
        .unwrap_or(&nothing);
    let block = Block {
        action,
        parameters,
        path: &path,
        place: &place,
    };
    match action.get("Type").and_then(Value::as_str).unwrap_or_default() {
        "InvokeLambdaFunction" => lambda(&block, findings),
        "GetParticipantInput" => input(&block, findings),
        "UpdateContactData" => contact_data(&block, findings),
        "CheckMetricData" => metric(&block, findings),
        "UpdateContactRecordingBehavior" => analytics(&block, findings),
        "UpdateContactRoutingCriteria" => steps(&block, findings),
        "DistributeByPercentage" => percentages(&block, findings),
        "Compare" => mirrors(&block, &block.error("NoMatchingCondition"), findings),
        "CheckHoursOfOperation" => mirrors(&block, &block.error("NoMatchingError"), findings),
        "Loop" => mirrors(&block, &block.condition("DoneLooping"), findings),
        kind => disputed(kind, &block, findings),
    }
    prompts(&block, findings);
    let agentless = [
        FlowKind::ContactFlow,
        FlowKind::CustomerQueue,
        FlowKind::QueueTransfer,
    ];
    if let Some(flow) = flow.filter(|flow| agentless.contains(flow)) {
        texts(parameters, &place, &mut |text, place| {
            if references(text).any(|path| path.root == "Agent") {
                let message = format!("$.Agent is empty in {flow}: no agent has the contact yet");
                findings.add(Problem::warning("no-agent-yet", message, place));
            }
        });
    }
}

struct Block<'a> {
    action: &'a Map<String, Value>,
    parameters: &'a Map<String, Value>,
    path: &'a str,
    place: &'a str,
}

impl Block<'_> {
    fn number(&self, name: &str) -> Option<i64> {
        self.parameters.get(name).and_then(text_of)?.parse().ok()
    }

    fn branches(&self, name: &str) -> &[Value] {
        let list = self
            .action
            .get("Transitions")
            .and_then(|transitions| transitions.get(name));
        list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Where an error leads.
    fn error(&self, kind: &str) -> Option<String> {
        let mut branches = self.branches("Errors").iter();
        let branch = branches.find(|branch| branch.get("ErrorType").and_then(Value::as_str) == Some(kind))?;
        branch.get("NextAction").and_then(text_of)
    }

    /// Where a result leads.
    fn condition(&self, operand: &str) -> Option<String> {
        let operand_of = |branch: &Value| branch.pointer("/Condition/Operands/0").and_then(text_of);
        let mut branches = self.branches("Conditions").iter();
        branches
            .find(|branch| operand_of(branch).as_deref() == Some(operand))?
            .get("NextAction")
            .and_then(text_of)
    }
}

fn lambda(block: &Block, findings: &mut Findings) {
    let Some(limit) = block
        .number("InvocationTimeLimitSeconds")
        .filter(|limit| (9..=60).contains(limit))
    else {
        return;
    };
    let place = format!("{}.InvocationTimeLimitSeconds", block.place);
    if block.parameters.get("InvocationType").and_then(Value::as_str) == Some("ASYNCHRONOUS") {
        let message =
            format!("{limit} s: one page of AWS allows 60 without waiting, another never more than 8");
        findings.add(Problem::warning("disputed-value", message, place));
    } else {
        findings.add(bad_value("value-out-of-range", &place).help("must be a whole number from 1 to 8"));
    }
}

fn input(block: &Block, findings: &mut Findings) {
    if block
        .number("InputTimeLimitSeconds")
        .is_some_and(|limit| limit > 180)
    {
        let message = "The console allows at most 180 s";
        findings.add(Problem::warning(
            "disputed-value",
            message,
            format!("{}.InputTimeLimitSeconds", block.place),
        ));
    }
    let phone = block
        .parameters
        .get("InputValidation")
        .and_then(|v| v.get("PhoneNumberValidation"));
    if let Some(phone) = phone
        && phone.get("NumberFormat").and_then(Value::as_str) == Some("Local")
        && phone.get("CountryCode").is_none()
    {
        let place = format!(
            "{}.InputValidation.PhoneNumberValidation.CountryCode",
            block.place
        );
        findings.add(missing_property(&place).help("a local number needs a country"));
    }
}

fn contact_data(block: &Block, findings: &mut Findings) {
    for name in ["References", "Reference", "SegmentAttribute"] {
        if block.parameters.contains_key(name) {
            let place = format!("{}.{name}", block.place);
            findings.problems.retain(|problem| problem.path != place); // The table does not know it either.
            findings.add(unknown_property(&place).help("the page has it; the service refuses it"));
        }
    }
    if block.parameters.keys().all(|name| name == "TargetContact") {
        let names = [
            "Name",
            "Description",
            "LanguageCode",
            "CustomerId",
            "WisdomSessionArn",
        ];
        findings.add(at_least_one_of(&names, block.place));
    }
}

fn metric(block: &Block, findings: &mut Findings) {
    if block.parameters.get("MetricType").and_then(Value::as_str) != Some("OldestContactInQueueAgeSeconds") {
        return;
    }
    for (number, branch) in block.branches("Conditions").iter().enumerate() {
        let operand = branch.pointer("/Condition/Operands/0").and_then(text_of);
        if operand
            .and_then(|text| text.parse::<f64>().ok())
            .is_some_and(|age| age > 0.0 && age < 10_000.0)
        {
            let place = format!(
                "{}.Transitions.Conditions[{number}].Condition.Operands[0]",
                block.path
            );
            let message = "In exports this metric is compared in milliseconds, whatever its name says";
            findings.add(Problem::warning("metric-unit", message, place).help("300000 for five minutes"));
        }
    }
}

/// Speech is analysed only where both sides are recorded. Chats, and calls with nobody but the flow, are analysed
/// without, so it takes a mode of a conversation, or no word about modes, for a refusal.
fn analytics(block: &Block, findings: &mut Findings) {
    let Some(analytics) = block.parameters.get("AnalyticsBehavior") else {
        return;
    };
    let holds = |list: &Value, wanted: &str| {
        let list = list.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().any(|found| found.as_str() == Some(wanted))
    };
    let enabled = analytics.get("Enabled").and_then(text_of);
    let modes = analytics.pointer("/ChannelConfiguration/Voice/AnalyticsModes");
    let is_speech =
        modes.is_none_or(|modes| ["RealTime", "PostContact"].iter().any(|mode| holds(modes, mode)));
    let recorded = block
        .parameters
        .get("RecordingBehavior")
        .and_then(|behavior| behavior.get("RecordedParticipants"));
    let both = recorded.is_some_and(|who| ["Agent", "Customer"].iter().all(|side| holds(who, side)));
    if enabled.is_some_and(|enabled| enabled.eq_ignore_ascii_case("true")) && is_speech && !both {
        let place = format!("{}.AnalyticsBehavior", block.place);
        let help = "only where Agent and Customer are both recorded";
        findings.add(bad_value("analytics-without-recording", &place).help(help));
    }
}

fn steps(block: &Block, findings: &mut Findings) {
    let steps = block
        .parameters
        .get("RoutingCriteria")
        .and_then(|criteria| criteria.get("Steps"))
        .and_then(Value::as_array);
    if let Some(steps) = steps.filter(|steps| !(1..=5).contains(&steps.len())) {
        let place = format!("{}.RoutingCriteria.Steps", block.place);
        let help = format!("1 to 5 steps, not {}", steps.len());
        findings.add(bad_value("step-count", &place).help(help));
    }
}

/// The draw is a number from 1 to 100, and the console writes one more than the percentage reached so far.
fn percentages(block: &Block, findings: &mut Findings) {
    let place = format!("{}.Transitions.Conditions", block.path);
    let operand = |branch: &Value| {
        branch
            .pointer("/Condition/Operands/0")
            .and_then(text_of)?
            .parse::<i64>()
            .ok()
    };
    let thresholds: Option<Vec<i64>> = block.branches("Conditions").iter().map(operand).collect();
    let Some(thresholds) = thresholds.filter(|thresholds| !thresholds.is_empty()) else {
        return;
    };
    let rising = thresholds.is_sorted_by(|a, b| a < b);
    if !rising || thresholds.iter().any(|threshold| !(2..=101).contains(threshold)) {
        let message = "Some of these branches are never taken: thresholds rise from 2 to 101 at most";
        findings.add(Problem::warning("percentage-thresholds", message, place));
    } else if thresholds.iter().all(|threshold| threshold % 5 == 0) {
        let message = "These thresholds look like percentages, but the draw is 1 to 100 and must be less";
        let help = "the console writes 1 + the percentage, 51 for 50 %";
        findings.add(Problem::warning("percentage-thresholds", message, place).help(help));
    }
}

/// Exports have the same target in `NextAction` and in the branch it stands for.
fn mirrors(block: &Block, branch: &Option<String>, findings: &mut Findings) {
    let next = block
        .action
        .get("Transitions")
        .and_then(|t| t.get("NextAction"))
        .and_then(text_of);
    if let (Some(next), Some(branch)) = (next, branch)
        && next != *branch
    {
        let message = format!("NextAction leads to {next:?}, the branch it repeats to {branch:?}");
        let place = format!("{}.Transitions.NextAction", block.path);
        findings.add(Problem::warning("next-action-differs", message, place).help("the branch counts"));
    }
}

/// What public records disagree about.
fn disputed(kind: &str, block: &Block, findings: &mut Findings) {
    let parameter = |name: &str| {
        block
            .parameters
            .contains_key(name)
            .then(|| format!("{}.{name}", block.place))
    };
    let has_conditions = !block.branches("Conditions").is_empty();
    let (place, message) = match kind {
        "UpdateContactEventHooks" => (
            parameter("EventHooksConfiguration"),
            "One public record says the service refuses EventHooksConfiguration; AWS ships a flow that has it",
        ),
        "EndFlowModuleExecution" => (
            parameter("Result").or_else(|| parameter("ResultData")),
            "Public records disagree whether Result and ResultData are taken; the module must declare them",
        ),
        "CreateCallbackContact" => (
            parameter("MaximumConnectionAttempts")
                .filter(|_| block.number("MaximumConnectionAttempts") == Some(0)),
            "By its page this must be more than 0; an AWS sample has 0",
        ),
        "ConnectParticipantWithLexBot" => (
            block
                .error("InputTimeLimitExceeded")
                .map(|_| format!("{}.Transitions.Errors", block.path)),
            "No export has InputTimeLimitExceeded here, although the page wants it",
        ),
        "InvokeFlowModule" => (
            (has_conditions != block.error("NoMatchingCondition").is_some())
                .then(|| format!("{}.Transitions.Errors", block.path)),
            "Branches of a module come with NoMatchingCondition, and only then",
        ),
        _ => return,
    };
    if let Some(place) = place {
        findings.add(Problem::warning("disputed", message, place));
    }
}

fn prompts(block: &Block, findings: &mut Findings) {
    for name in ["Text", "SSML"] {
        let text = block
            .parameters
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let characters = text.chars().count();
        if characters > 3000 {
            let message =
                format!("The prompt has {characters} characters; 3000 are spoken, 6000 with markup");
            findings.add(Problem::warning(
                "long-prompt",
                message,
                format!("{}.{name}", block.place),
            ));
        }
    }
}

/// Every text in some parameters, with its path.
pub(super) fn texts(parameters: &Map<String, Value>, path: &str, visit: &mut impl FnMut(&str, &str)) {
    let mut left: Vec<(String, &Value)> = Vec::new();
    left.extend(
        parameters
            .iter()
            .rev()
            .map(|(name, value)| (format!("{path}.{name}"), value)),
    );
    while let Some((path, value)) = left.pop() {
        match value {
            Value::String(text) => visit(text, &path),
            Value::Array(list) => {
                left.extend(
                    list.iter()
                        .enumerate()
                        .rev()
                        .map(|(i, value)| (format!("{path}[{i}]"), value)),
                );
            }
            Value::Object(map) => {
                left.extend(
                    map.iter()
                        .rev()
                        .map(|(name, value)| (format!("{path}.{name}"), value)),
                );
            }
            _ => {}
        }
    }
}
