//! Blocks in the words of the flow designer.

use serde_json::{Map, Value};

use crate::Action;

/// What a block is about, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Category {
    Entry,
    Speak,
    Ask,
    Decide,
    Set,
    Call,
    Route,
    End,
    Other,
}

/// The designer's name of a block, and its category.
pub(super) fn title(action: &Action) -> (String, Category) {
    use Category::{Ask, Call, Decide, End, Other, Route, Set, Speak};
    let parameter = |name: &str| {
        action
            .parameters
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (title, category) = match action.kind.as_str() {
        "MessageParticipant" => ("Play prompt", Speak),
        "MessageParticipantIteratively" => ("Loop prompts", Speak),
        "GetParticipantInput" if parameter("StoreInput").eq_ignore_ascii_case("true") => {
            ("Store customer input", Ask)
        }
        "GetParticipantInput" => ("Get customer input", Ask),
        "ConnectParticipantWithLexBot" => ("Talk to a Lex bot", Ask),
        "ShowView" => ("Show view", Ask),
        "AuthenticateParticipant" => ("Authenticate customer", Ask),
        "Compare" => ("Check contact attributes", Decide),
        "CheckHoursOfOperation" => ("Check hours of operation", Decide),
        "CheckMetricData" if parameter("MetricType").starts_with("NumberOfAgents") => {
            ("Check staffing", Decide)
        }
        "CheckMetricData" => ("Check queue status", Decide),
        "CheckOutboundCallStatus" => ("Check call progress", Decide),
        "CheckVoiceId" => ("Check Voice ID", Decide),
        "DistributeByPercentage" => ("Distribute by percentage", Decide),
        "Loop" => ("Loop", Decide),
        "Wait" => ("Wait", Decide),
        "InvokeLambdaFunction" => ("Invoke Lambda function", Call),
        "InvokeFlowModule" => ("Invoke module", Call),
        "CreateTask" => ("Create task", Call),
        "CreateCase" | "GetCase" | "UpdateCase" | "GetMetricData" => return (spaced(&action.kind), Call),
        kind if kind.contains("CustomerProfile") => return (spaced(kind), Call),
        "UpdateContactAttributes" => ("Set contact attributes", Set),
        "UpdateFlowAttributes" => ("Set flow attributes", Set),
        "UpdateContactData" => ("Set contact data", Set),
        "UpdateContactEventHooks" => return (hook(&action.parameters), Set),
        "UpdateContactCallbackNumber" => ("Set callback number", Set),
        "UpdateContactRecordingBehavior" => ("Set recording", Set),
        "UpdateContactRecordingAndAnalyticsBehavior" => ("Set recording and analytics", Set),
        "UpdateFlowLoggingBehavior" => ("Set logging", Set),
        "UpdateContactTextToSpeechVoice" => ("Set voice", Set),
        "UpdatePreviousContactParticipantState" => ("Hold or resume", Set),
        "TagContact" => ("Tag contact", Set),
        "UntagContact" => ("Untag contact", Set),
        "UpdateContactTargetQueue" => ("Set working queue", Route),
        "UpdateContactRoutingBehavior" => ("Change routing priority", Route),
        "UpdateContactRoutingCriteria" => ("Set routing criteria", Route),
        "TransferContactToQueue" => ("Transfer to queue", Route),
        "DequeueContactAndTransferToQueue" => ("Move to another queue", Route),
        "TransferContactToAgent" => ("Transfer to agent", Route),
        "TransferToFlow" => ("Transfer to flow", Route),
        "TransferParticipantToThirdParty" => ("Transfer to phone number", Route),
        "CreateCallbackContact" => ("Queue a callback", Route),
        "CompleteOutboundCall" => ("Call phone number", Route),
        "DisconnectParticipant" => ("Disconnect", End),
        "EndFlowExecution" => ("End flow", End),
        "EndFlowModuleExecution" => ("Return from module", End),
        kind if kind.starts_with("Update") || kind.starts_with("Start") => return (spaced(kind), Set),
        kind => return (spaced(kind), Other),
    };
    (title.to_owned(), category)
}

fn hook(parameters: &Map<String, Value>) -> String {
    let hook = parameters
        .get("EventHooks")
        .and_then(Value::as_object)
        .and_then(|hooks| hooks.keys().next());
    match hook.map_or("", String::as_str) {
        "CustomerRemaining" => "Set disconnect flow".to_owned(),
        "" => "Set event flow".to_owned(),
        name => format!("Set {} flow", spaced(name).to_lowercase()),
    }
}

/// `UpdateCase` as "Update case".
pub(super) fn spaced(name: &str) -> String {
    let mut text = String::new();
    let mut lower_before = false;
    for c in name.chars() {
        if c.is_uppercase() && lower_before {
            text.push(' ');
            text.extend(c.to_lowercase());
        } else {
            text.push(c);
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
    }
    text
}

/// The one parameter that tells the most about a block.
pub(super) fn detail(action: &Action) -> String {
    let of = |name: &str| action.parameters.get(name).map(plain).unwrap_or_default();
    match action.kind.as_str() {
        "Compare" => of("ComparisonValue"),
        "InvokeLambdaFunction" => last_of_arn(&of("LambdaFunctionARN")),
        "CheckMetricData" => spaced(&of("MetricType")).to_lowercase() + &about(action),
        "UpdateContactTargetQueue" | "DequeueContactAndTransferToQueue" | "GetMetricData" => {
            about(action).trim_start_matches(" of ").to_owned()
        }
        "Loop" => format!("{} times", of("LoopCount")),
        "Wait" => format!("{} s", of("TimeLimitSeconds")),
        "TransferToFlow" => last_of_arn(&of("ContactFlowId")),
        "InvokeFlowModule" => last_of_arn(&of("FlowModuleId")),
        "CreateCallbackContact" => format!("after {} s", of("InitialCallDelaySeconds")) + &about(action),
        "TransferParticipantToThirdParty" => of("ThirdPartyPhoneNumber"),
        "UpdateContactEventHooks" => {
            first(&action.parameters, "EventHooks").map_or_else(String::new, |(_, value)| last_of_arn(&value))
        }
        "UpdateContactRoutingBehavior" => match of("QueuePriority") {
            priority if priority.is_empty() => format!("{} s", of("QueueTimeAdjustmentSeconds")),
            priority => format!("priority {priority}"),
        },
        "UpdateContactRoutingCriteria" => criteria(&action.parameters),
        "UpdateContactAttributes" => pairs_in(&action.parameters, "Attributes"),
        "UpdateFlowAttributes" => pairs_in(&action.parameters, "FlowAttributes"),
        "UpdateContactData" => pairs(&action.parameters),
        "TagContact" => pairs_in(&action.parameters, "Tags"),
        "UpdateContactRecordingBehavior" => {
            let who = action
                .parameters
                .get("RecordingBehavior")
                .and_then(|b| b.get("RecordedParticipants"));
            match who.map(plain).unwrap_or_default() {
                nobody if nobody.is_empty() => "off".to_owned(),
                who => who,
            }
        }
        "MessageParticipantIteratively" => {
            let messages = action
                .parameters
                .get("Messages")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let spoken: Vec<String> = messages.filter_map(Value::as_object).map(prompt).collect();
            spoken.join(" · ")
        }
        "ShowView" => {
            let view = action
                .parameters
                .get("ViewResource")
                .and_then(|view| view.get("Id"));
            view.map(|id| last_of_arn(&plain(id))).unwrap_or_default()
        }
        _ => {
            let prompt = prompt(&action.parameters);
            if !prompt.is_empty() {
                return prompt;
            }
            // The first plain value is better than nothing.
            let first = action
                .parameters
                .values()
                .find(|value| value.is_string() || value.is_number());
            first.map(plain).unwrap_or_default()
        }
    }
}

fn about(action: &Action) -> String {
    let of = |name: &str| action.parameters.get(name).map(plain);
    match (of("QueueId"), of("AgentId")) {
        (Some(queue), _) => format!(" of {}", last_of_arn(&queue)),
        (None, Some(agent)) => format!(" of agent {}", last_of_arn(&agent)),
        (None, None) => String::new(),
    }
}

/// What is said, without its markup.
fn prompt(parameters: &Map<String, Value>) -> String {
    let of = |name: &str| parameters.get(name).and_then(Value::as_str);
    if let Some(text) = of("Text").or_else(|| of("SSML")) {
        let spoken = without_tags(text);
        return if spoken.is_empty() {
            spoken
        } else {
            format!("“{spoken}”")
        };
    }
    if let Some(prompt) = of("PromptId") {
        return last_of_arn(prompt);
    }
    parameters
        .get("Media")
        .and_then(|media| media.get("Uri"))
        .map(plain)
        .unwrap_or_default()
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut pieces = text.split('<');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        match piece.split_once('>') {
            Some((tag, after)) => {
                // The others only say how a word is spoken.
                if ["break", "p", "/p", "s", "/s", "speak"]
                    .iter()
                    .any(|name| tag.starts_with(name))
                {
                    plain.push(' ');
                }
                plain.push_str(after);
            }
            None => plain.extend(["<", piece]),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first(parameters: &Map<String, Value>, name: &str) -> Option<(String, String)> {
    let (key, value) = parameters.get(name)?.as_object()?.iter().next()?;
    Some((key.clone(), plain(value)))
}

fn pairs_in(parameters: &Map<String, Value>, name: &str) -> String {
    parameters
        .get(name)
        .and_then(Value::as_object)
        .map(pairs)
        .unwrap_or_default()
}

fn pairs(map: &Map<String, Value>) -> String {
    let pair = |(key, value): (&String, &Value)| {
        let value = value.get("Value").unwrap_or(value);
        format!("{key} = {}", last_of_arn(&plain(value)))
    };
    map.iter().map(pair).collect::<Vec<_>>().join(", ")
}

fn criteria(parameters: &Map<String, Value>) -> String {
    let steps = parameters
        .get("RoutingCriteria")
        .and_then(|criteria| criteria.get("Steps"));
    let step = |step: &Value| {
        let condition = step.pointer("/Expression/AttributeCondition");
        let agents =
            condition.and_then(|condition| condition.pointer("/MatchCriteria/AgentsCriteria/AgentIds"));
        let name = condition.and_then(|condition| condition.get("Name"));
        let wanted = match (agents, name) {
            (Some(agents), _) => format!("agent {}", plain(agents)),
            (None, Some(name)) => plain(name),
            (None, None) => "several".to_owned(),
        };
        match step.pointer("/Expiry/DurationInSeconds") {
            Some(seconds) => format!("{wanted} for {} s", plain(seconds)),
            None => wanted,
        }
    };
    let steps = steps.and_then(Value::as_array).into_iter().flatten();
    steps.map(step).collect::<Vec<_>>().join(", then ")
}

/// A value as a reader wants it: texts bare, lists joined.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// An ARN is long, and only its end tells things apart.
fn last_of_arn(text: &str) -> String {
    if !text.starts_with("arn:") {
        return text.to_owned();
    }
    let last = text
        .rsplit(['/', ':'])
        .find(|part| !part.is_empty())
        .unwrap_or(text);
    // `${F:name:F}` and the like end in less than their name.
    let last = if last.contains('}') {
        text.rsplit('/').next().unwrap_or(text)
    } else {
        last
    };
    match last.split_once('-') {
        Some((beginning, _)) if is_uuid(last) => format!("{beginning}…"),
        _ => last.to_owned(),
    }
}

/// Whether a name is one that only a machine can love.
pub(super) fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// The label of an error branch, and whether it is drawn as an error: finding no match is none.
pub(super) fn error_label(kind: &str, error: &str) -> (String, bool) {
    let label = match (kind, error) {
        ("GetParticipantInput", "NoMatchingCondition") => return ("other key".to_owned(), false),
        (_, "NoMatchingCondition") => return ("otherwise".to_owned(), false),
        (_, "NoMatchingError") => "error",
        (_, "InputTimeLimitExceeded" | "TimeLimitExceeded") => "timeout",
        (_, "QueueAtCapacity") => "queue full",
        (_, "InvalidPhoneNumber" | "InvalidCallbackNumber") => "invalid number",
        (_, "CallbackNumberNotDialable") => "not dialable",
        (_, "ConnectionTimeLimitExceeded") => "no answer",
        (_, other) => return (spaced(other).to_lowercase(), true),
    };
    (label.to_owned(), true)
}

/// The label of a branch that is taken on a result.
pub(super) fn condition_label(kind: &str, operator: &str, operand: &str) -> String {
    match (operator, operand) {
        ("Equals", "ContinueLooping") => "again".to_owned(),
        ("Equals", "DoneLooping") => "done".to_owned(),
        ("Equals", operand) if ["Compare", "GetParticipantInput"].contains(&kind) => format!("= {operand}"),
        ("Equals", "True" | "False") => operand.to_owned(),
        ("Equals", operand) => spaced(operand),
        ("NumberGreaterThan", _) => format!("> {operand}"),
        ("NumberGreaterOrEqualTo", _) => format!("≥ {operand}"),
        ("NumberLessThan", _) => format!("< {operand}"),
        ("NumberLessOrEqualTo", _) => format!("≤ {operand}"),
        ("TextStartsWith", _) => format!("starts with {operand}"),
        ("TextEndsWith", _) => format!("ends with {operand}"),
        ("TextContains", _) => format!("contains {operand}"),
        (operator, _) => format!("{} {operand}", spaced(operator).to_lowercase()),
    }
}
