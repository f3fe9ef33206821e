//! The document as a whole: its fields, its identifiers, and where transitions lead.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::FlowKind;
use super::report::Problem;
use super::wording::{Findings, bad_value, missing_field, missing_property, unknown_property};

const MAX_CHARACTERS: usize = 256_000;
const MAX_ACTIONS: usize = 250;
const MAX_IDENTIFIER: usize = 50;
const FORBIDDEN_CHARACTERS: &[char] = &[
    '%', ':', '(', '\\', '/', ')', '=', '$', ',', ';', '[', ']', '{', '}',
];
const FORBIDDEN_WORDS: &[&str] = &[
    "__proto__",
    "constructor",
    "__defineGetter__",
    "__defineSetter__",
    "toString",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "valueOf",
];

/// The kind of flow, from what the document says about itself.
pub(super) fn kind_of(document: &Map<String, Value>) -> Option<FlowKind> {
    let written = document
        .get("Metadata")
        .and_then(|metadata| metadata.get("type"))
        .and_then(Value::as_str);
    let returns = has_type(document, "EndFlowModuleExecution");
    match written.and_then(|kind| kind.parse().ok()) {
        Some(kind) if !returns => Some(kind),
        // Only a module has settings or returns to its caller; one without settings is caught as a module.
        _ => (returns || document.contains_key("Settings")).then_some(FlowKind::Module),
    }
}

fn has_type(document: &Map<String, Value>, kind: &str) -> bool {
    document
        .get("Actions")
        .and_then(Value::as_array)
        .is_some_and(|actions| {
            actions
                .iter()
                .any(|action| action.get("Type").and_then(Value::as_str) == Some(kind))
        })
}

/// Checks the fields beside the actions.
pub(super) fn check_fields(
    document: &Map<String, Value>,
    characters: usize,
    kind: Option<FlowKind>,
    findings: &mut Findings,
) {
    if characters > MAX_CHARACTERS {
        let message = format!("Content has {characters} characters, more than {MAX_CHARACTERS}");
        findings.add(Problem::error("too-long", message, ""));
    }
    match document.get("Version") {
        None | Some(Value::Null) => findings.add(missing_field("version")),
        Some(Value::String(version)) if version == "2019-10-30" => {}
        Some(_) => {
            findings.add(bad_value("wrong-version", "Version").help("the only version is 2019-10-30"));
        }
    }
    match document.get("Settings") {
        Some(Value::Object(_)) if kind != Some(FlowKind::Module) && kind.is_some() => {
            findings.add(unknown_property("Settings").help("only a module has settings"));
        }
        None | Some(Value::Null) if kind == Some(FlowKind::Module) => findings.add(missing_field("settings")),
        None | Some(Value::Object(_)) => {}
        Some(_) => findings.add(bad_value("wrong-shape", "Settings").help("an object belongs here")),
    }
    for name in document.keys() {
        if !["Version", "StartAction", "Metadata", "Actions", "Settings"].contains(&name.as_str()) {
            let message = format!("The Flow language has no field {name}");
            findings.add(Problem::warning("unlisted-property", message, name.as_str()));
        }
    }
    match document.get("Metadata") {
        None => {}
        Some(Value::Object(metadata)) => check_metadata(metadata, findings),
        Some(_) => findings.add(bad_value("wrong-shape", "Metadata").help("an object belongs here")),
    }
}

/// The documentation's example capitalises what the designer reads in lower case.
fn check_metadata(metadata: &Map<String, Value>, findings: &mut Findings) {
    let help = "the designer reads entryPointPosition and position, and stacks all blocks without them";
    let of_actions = metadata.get("ActionMetadata").and_then(Value::as_object);
    let block = of_actions
        .into_iter()
        .flatten()
        .find(|(_, block)| block.get("Position").is_some());
    let place = if metadata.contains_key("EntryPointPosition") {
        "Metadata.EntryPointPosition".to_owned()
    } else if let Some((name, _)) = block {
        format!("Metadata.ActionMetadata.{name}.Position")
    } else {
        return;
    };
    let message = "Positions are written in lower camel case";
    findings.add(Problem::warning("capitalised-position", message, place).help(help));
}

/// The list of actions; problems with it are noted.
pub(super) fn actions<'a>(document: &'a Map<String, Value>, findings: &mut Findings) -> &'a [Value] {
    match document.get("Actions") {
        None | Some(Value::Null) => {
            findings.add(missing_field("actions"));
            &[]
        }
        Some(Value::Array(actions)) => {
            if actions.len() > MAX_ACTIONS {
                let message = format!("There are {} actions, more than {MAX_ACTIONS}", actions.len());
                findings.add(Problem::error("too-many-actions", message, "Actions"));
            }
            actions
        }
        Some(_) => {
            findings.add(bad_value("wrong-shape", "Actions").help("a list belongs here"));
            &[]
        }
    }
}

/// Every identifier, and the index of its first action.
pub(super) fn identifiers(actions: &[Value]) -> HashMap<&str, usize> {
    let mut all = HashMap::new();
    for (index, action) in actions.iter().enumerate() {
        if let Some(identifier) = action.get("Identifier").and_then(Value::as_str) {
            all.entry(identifier).or_insert(index);
        }
    }
    all
}

pub(super) fn check_start(
    document: &Map<String, Value>,
    all: &HashMap<&str, usize>,
    findings: &mut Findings,
) {
    match document.get("StartAction") {
        None | Some(Value::Null) => findings.add(missing_field("startAction")),
        Some(Value::String(start)) if all.contains_key(start.as_str()) => {}
        Some(Value::String(start)) => {
            let help = format!("there is no action {start:?}");
            findings.add(bad_value("unknown-target", "StartAction").help(help));
        }
        Some(_) => findings.add(bad_value("wrong-shape", "StartAction").help("a text belongs here")),
    }
}

/// Checks the identifier of the action at `index`.
pub(super) fn check_identifier(
    index: usize,
    action: &Map<String, Value>,
    all: &HashMap<&str, usize>,
    findings: &mut Findings,
) {
    let path = format!("Actions[{index}].Identifier");
    let identifier = match action.get("Identifier") {
        None | Some(Value::Null) => return findings.add(missing_property(&path)),
        Some(Value::String(identifier)) => identifier.as_str(),
        Some(_) => return findings.add(bad_value("wrong-shape", &path).help("a text belongs here")),
    };
    let characters = identifier.chars().count();
    let help = if identifier.is_empty() {
        "it must not be empty".to_owned()
    } else if let Some(first) = all.get(identifier).filter(|first| **first != index) {
        format!("Actions[{first}] has the same one")
    } else if characters > MAX_IDENTIFIER {
        format!("it has {characters} characters, more than {MAX_IDENTIFIER}")
    } else if let Some(found) = identifier.chars().find(|c| FORBIDDEN_CHARACTERS.contains(c)) {
        format!("it must not contain {found}")
    } else if FORBIDDEN_WORDS.contains(&identifier) {
        format!("{identifier} is reserved")
    } else {
        return;
    };
    findings.add(bad_value("bad-identifier", &path).help(help));
}

/// Checks that every transition of the action at `index` leads to an action.
pub(super) fn check_targets(
    index: usize,
    action: &Map<String, Value>,
    all: &HashMap<&str, usize>,
    findings: &mut Findings,
) {
    let Some(Value::Object(transitions)) = action.get("Transitions") else {
        return;
    };
    let place = format!("Actions[{index}].Transitions");
    let mut target = |value: Option<&Value>, path: String, required: bool| match value {
        None if !required => {}
        None | Some(Value::Null) => findings.add(missing_property(&path)),
        Some(Value::String(name)) if all.contains_key(name.as_str()) => {}
        Some(Value::String(name)) => {
            findings.add(bad_value("unknown-target", &path).help(format!("there is no action {name:?}")));
        }
        Some(_) => findings.add(bad_value("wrong-shape", &path).help("a text belongs here")),
    };
    target(
        transitions.get("NextAction"),
        format!("{place}.NextAction"),
        false,
    );
    for name in ["Conditions", "Errors"] {
        let branches = transitions
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for (number, branch) in branches.enumerate() {
            target(
                branch.get("NextAction"),
                format!("{place}.{name}[{number}].NextAction"),
                true,
            );
        }
    }
}
