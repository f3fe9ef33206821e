//! One action against its row of the table, and against what holds for every action.

use serde_json::{Map, Value};

use super::FlowKind;
use super::actions::{ALIASES, flows, spec, types};
use super::report::Problem;
use super::shapes::{never_a_number, no_empty_text, object};
use super::spec::{ActionSpec, Conditions, Exit};
use super::values::{Kind, has_placeholder, kind as text_kind, nearest, text_of};
use super::wording::{
    EMPTY, Findings, bad_condition, bad_type, bad_value, missing_error, missing_property, refused_error,
    unknown_property,
};

/// Operators of every conditional action; `KeyExists` is in no list of the reference, but `Compare` takes it.
const OPERATORS: &[&str] = &[
    "Equals",
    "TextStartsWith",
    "TextEndsWith",
    "TextContains",
    "NumberGreaterThan",
    "NumberGreaterOrEqualTo",
    "NumberLessThan",
    "NumberLessOrEqualTo",
    "KeyExists",
];

/// Checks everything about the action at `index` but its identifier and the targets of its transitions.
pub(super) fn check_action(
    index: usize,
    action: &Map<String, Value>,
    flow: Option<FlowKind>,
    findings: &mut Findings,
) {
    let path = format!("Actions[{index}]");
    let nothing = Map::new();
    let parameters = match action.get("Parameters") {
        None => &nothing,
        Some(Value::Object(parameters)) => parameters,
        Some(_) => {
            let place = format!("{path}.Parameters");
            return findings.add(bad_value("wrong-shape", &place).help("an object belongs here"));
        }
    };
    let kind = match action.get("Type") {
        None => return findings.add(missing_property(&format!("{path}.Type"))),
        Some(Value::String(kind)) => kind.as_str(),
        Some(_) => return findings.add(bad_value("wrong-shape", &format!("{path}.Type"))),
    };
    let row = spec(kind, parameters);
    if row.is_none() && !types().any(|known| known == kind) {
        findings.add(unknown_type(kind, &path));
    }
    legal(kind, flow, &path, findings);

    let place = format!("{path}.Parameters");
    match row {
        Some(row) => object(parameters, &row.parameters, &place, findings),
        None => {
            for (name, value) in parameters {
                no_empty_text(value, &format!("{place}.{name}"), 2, findings);
            }
        }
    }
    let known = row.is_some() || types().any(|known| known == kind);
    transitions(index, action, row, known, findings);
}

fn unknown_type(kind: &str, path: &str) -> Problem {
    let problem = bad_type(kind, path);
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == kind)
        .map(|(_, meant)| *meant);
    if ["RouteContactToAgent", "CheckSegmentMembership"].contains(&kind) {
        return problem.help("the administrator guide describes it, but the service does not know it");
    }
    match alias.or_else(|| nearest(kind, types())) {
        Some(meant) => problem.help(format!("did you mean {meant}?")),
        None => problem,
    }
}

fn legal(kind: &str, flow: Option<FlowKind>, path: &str, findings: &mut Findings) {
    let (Some(flow), Some(flows)) = (flow, flows(kind)) else {
        return;
    };
    if flows.allow(flow) {
        return;
    }
    let help = format!("{kind} is for {}; this is {flow}", flows.names());
    findings.add(if flows.strict {
        Problem {
            rule: "wrong-flow-type",
            ..bad_type(kind, path)
        }
        .help(help)
    } else {
        let message = format!("By its page, {kind} is not for this type of flow");
        Problem::warning("wrong-flow-type", message, format!("{path}.Type")).help(help)
    });
}

fn transitions(
    index: usize,
    action: &Map<String, Value>,
    row: Option<&ActionSpec>,
    known: bool,
    findings: &mut Findings,
) {
    let path = format!("Actions[{index}]");
    let place = format!("{path}.Transitions");
    let nothing = Map::new();
    let transitions = match action.get("Transitions") {
        None => &nothing,
        Some(Value::Object(transitions)) => transitions,
        Some(_) => return findings.add(bad_value("wrong-shape", &place).help("an object belongs here")),
    };
    for name in transitions.keys() {
        if !["NextAction", "Conditions", "Errors"].contains(&name.as_str()) {
            findings.add(unknown_property(&format!("{place}.{name}")));
        }
    }
    let conditions = list(transitions, "Conditions", &place, findings);
    let errors = list(transitions, "Errors", &place, findings);
    let exit = row.map_or(Exit::Next, |row| row.exit);
    if exit == Exit::Ends {
        if transitions.contains_key("NextAction") || !conditions.is_empty() || !errors.is_empty() {
            let message = format!("Action does not support transitions. Path: {place}");
            findings.add(Problem::error("terminal-transitions", message, place).help("the flow ends here"));
        }
        return;
    }
    if exit == Exit::Next && known && !transitions.contains_key("NextAction") {
        findings.add(missing_property(&format!("{place}.NextAction")));
    }
    check_conditions(index, conditions, row, findings);
    if let Some(row) = row {
        if !matches!(row.conditions, Conditions::None) {
            required_results(conditions, row, &path, findings);
        } else if !conditions.is_empty() {
            let message = "Action does not support conditions";
            findings.add(Problem::error(
                "refused-conditions",
                message,
                format!("{place}.Conditions"),
            ));
        }
    }
    check_errors(errors, row, &path, findings);
}

/// A list of branches; an absent one is empty.
fn list<'a>(
    transitions: &'a Map<String, Value>,
    name: &str,
    place: &str,
    findings: &mut Findings,
) -> &'a [Value] {
    match transitions.get(name) {
        None => &[],
        Some(Value::Array(list)) => list,
        Some(_) => {
            findings.add(bad_value("wrong-shape", &format!("{place}.{name}")).help("a list belongs here"));
            &[]
        }
    }
}

fn check_conditions(index: usize, conditions: &[Value], row: Option<&ActionSpec>, findings: &mut Findings) {
    let path = format!("Actions[{index}]");
    let mut seen: Vec<(&str, String)> = Vec::new();
    for (number, branch) in conditions.iter().enumerate() {
        let place = format!("{path}.Transitions.Conditions[{number}].Condition");
        let Some(condition) = branch.get("Condition").and_then(Value::as_object) else {
            findings.add(missing_property(&place));
            continue;
        };
        let Some(operator) = condition.get("Operator").and_then(Value::as_str) else {
            findings.add(missing_property(&format!("{place}.Operator")));
            continue;
        };
        let known = OPERATORS.contains(&operator);
        if !known {
            let help = format!("there is no operator {operator}; conditions cannot be nested or combined");
            findings.add(bad_condition("bad-operator", &path, &format!("{place}.Operator")).help(help));
        }
        let operands = condition
            .get("Operands")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let [operand] = operands else {
            let help = format!("exactly one operand, not {}", operands.len());
            findings.add(bad_condition("operand-count", &path, &format!("{place}.Operands")).help(help));
            continue;
        };
        let spot = format!("{place}.Operands[0]");
        let Some(text) = text_of(operand) else {
            findings.add(bad_condition("bad-operand", &path, &spot).help("an operand is a text"));
            continue;
        };
        match text_kind(&text) {
            Kind::Empty => {
                let message = format!("Invalid branch. Path: {index}.Evaluate");
                findings.add(Problem::error("empty-operand", message, spot).help(EMPTY));
                continue;
            }
            // A console export has one, so the service takes it; what it means there, nobody has said.
            Kind::Path(_) => {
                let message = format!("Operands are static: {text} is probably compared as it stands");
                findings.add(Problem::warning("dynamic-operand", message, spot.as_str()));
            }
            Kind::Static | Kind::Placeholder | Kind::Mixed => {}
        }
        if known {
            fits(operator, &text, row, &path, &place, findings);
            if operator.starts_with("Number") && never_a_number(&text) {
                let message = format!("{operator} is never true of {text:?}, which is no number");
                findings.add(Problem::warning("never-true", message, spot.as_str()));
            }
        }
        if seen.iter().any(|earlier| *earlier == (operator, text.clone())) {
            let message = format!("An earlier branch has the same condition, {operator} {text:?}");
            findings.add(Problem::warning("shadowed-condition", message, spot).help("the first wins"));
        }
        seen.push((operator, text));
    }
}

/// Whether the row takes this condition.
fn fits(
    operator: &str,
    operand: &str,
    row: Option<&ActionSpec>,
    path: &str,
    place: &str,
    findings: &mut Findings,
) {
    let Some(row) = row else { return };
    let operators: &[&str] = match row.conditions {
        Conditions::None | Conditions::Any => return,
        Conditions::Equals | Conditions::Results(..) => &["Equals"],
        Conditions::Numbers(operators, _) => operators,
    };
    if !operators.contains(&operator) {
        let help = format!("{} compares with {}", row.kind, operators.join(", "));
        findings.add(bad_condition("bad-operator", path, &format!("{place}.Operator")).help(help));
    }
    if has_placeholder(operand) || matches!(text_kind(operand), Kind::Path(_)) {
        return;
    }
    let help = match row.conditions {
        Conditions::Results(required, optional)
            if !required.iter().chain(optional).any(|result| *result == operand) =>
        {
            let results: Vec<_> = required.iter().chain(optional).copied().collect();
            format!("the results of {} are {}", row.kind, results.join(", "))
        }
        Conditions::Numbers(_, test) if !test(operand) => match row.kind {
            "GetParticipantInput" => "one key: 0-9, * or #".to_owned(),
            _ if operators.len() == 1 && test("0") && !test("1") => {
                "with this metric the only condition is NumberGreaterThan 0".to_owned()
            }
            _ => "a number".to_owned(),
        },
        _ => return,
    };
    findings.add(bad_condition("bad-operand", path, &format!("{place}.Operands[0]")).help(help));
}

/// The results that must all have a branch.
fn required_results(conditions: &[Value], row: &ActionSpec, path: &str, findings: &mut Findings) {
    let place = format!("{path}.Transitions.Conditions");
    let required = match row.conditions {
        Conditions::Results(required, _) => required,
        // `GetParticipantInput` may listen without a menu; the others compare a number with something.
        Conditions::Numbers(..) if conditions.is_empty() && row.kind != "GetParticipantInput" => {
            return findings.add(missing_property(&place));
        }
        _ => return,
    };
    if conditions.is_empty() && !required.is_empty() {
        let help = format!("branches for {}", required.join(", "));
        return findings.add(missing_property(&place).help(help));
    }
    for result in required
        .iter()
        .filter(|result| !conditions.iter().any(|branch| has_operand(branch, result)))
    {
        findings.add(bad_condition("missing-result", path, &place).help(format!("no branch for {result}")));
    }
}

fn has_operand(branch: &Value, wanted: &str) -> bool {
    branch
        .pointer("/Condition/Operands/0")
        .and_then(text_of)
        .is_some_and(|operand| operand == wanted)
}

fn check_errors(errors: &[Value], row: Option<&ActionSpec>, path: &str, findings: &mut Findings) {
    let mut seen: Vec<&str> = Vec::new();
    for (number, branch) in errors.iter().enumerate() {
        let place = format!("{path}.Transitions.Errors[{number}]");
        let Some(error) = branch.get("ErrorType").and_then(Value::as_str) else {
            findings.add(missing_property(&format!("{place}.ErrorType")));
            continue;
        };
        if row.is_some_and(|row| {
            !row.errors
                .required
                .iter()
                .chain(row.errors.optional)
                .any(|e| *e == error)
        }) {
            findings.add(refused_error(error, &place));
        } else if seen.contains(&error) {
            let message = format!("There are two branches for {error}");
            findings.add(Problem::warning("shadowed-error", message, place));
        }
        seen.push(error);
    }
    let required = row.map_or(&[][..], |row| row.errors.required);
    for error in required.iter().filter(|error| !seen.contains(error)) {
        findings.add(missing_error(error, path));
    }
}
