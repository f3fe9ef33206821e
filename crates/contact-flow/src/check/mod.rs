//! What `CreateContactFlow` would refuse, and what is unwise.
//!
//! The rules come from AWS's pages on the Flow language and, where they differ, from public records of what the
//! live service answered; where the records disagree with each other, a rule only warns.

mod action;
mod actions;
mod advice;
mod document;
mod fields;
mod graph;
mod journeys;
mod kind;
mod report;
mod shapes;
mod spec;
mod values;
mod wording;

use serde_json::Value;

use crate::read::{BYTE_ORDER_MARK, ReadError, not_an_object, parse};
pub use kind::{FlowKind, UnknownFlowKind};
pub use report::{Problem, Report, Severity};
use wording::{Findings, bad_value, unknown_property};

/// Whether the service knows that type of action.
pub(crate) fn knows(kind: &str) -> bool {
    actions::types().any(|known| known == kind)
}

/// Checks the text of a flow.
///
/// The kind of flow decides which blocks are legal. Without one, the document's own word is taken: a `Settings`
/// makes it a module, and the console writes the kind into `Metadata.type`. Where there is neither, blocks are not
/// judged by kind.
///
/// # Errors
/// When the text is not JSON, is in the legacy format, or is no JSON object. Everything else is a problem in the
/// report.
pub fn check(text: &str, kind: Option<FlowKind>) -> Result<Report, ReadError> {
    let mut report = check_document(&parse(text)?, text.chars().count(), kind)?;
    if text.starts_with(BYTE_ORDER_MARK) {
        let message = "The text begins with a byte order mark, which is no JSON";
        let problem = Problem::warning("byte-order-mark", message, "").help("save it as UTF-8 without one");
        report.problems.insert(0, problem);
    }
    Ok(report)
}

/// Checks a flow that is JSON already; its length is that of its compact text.
///
/// # Errors
/// When it is no JSON object.
pub fn check_value(document: &Value, kind: Option<FlowKind>) -> Result<Report, ReadError> {
    check_document(document, document.to_string().chars().count(), kind)
}

fn check_document(document: &Value, characters: usize, kind: Option<FlowKind>) -> Result<Report, ReadError> {
    let Value::Object(fields) = document else {
        return Err(not_an_object());
    };
    let kind = kind.or_else(|| document::kind_of(fields));
    let mut findings = Findings::default();
    document::check_fields(fields, characters, kind, &mut findings);
    let actions = document::actions(fields, &mut findings);
    let identifiers = document::identifiers(actions);
    document::check_start(fields, &identifiers, &mut findings);
    for (index, action) in actions.iter().enumerate() {
        let path = format!("Actions[{index}]");
        let Value::Object(action) = action else {
            findings.add(bad_value("wrong-shape", &path).help("an object belongs here"));
            continue;
        };
        findings.action = action
            .get("Identifier")
            .and_then(Value::as_str)
            .map(str::to_owned);
        for name in action.keys() {
            if !["Identifier", "Type", "Parameters", "Transitions"].contains(&name.as_str()) {
                findings.add(unknown_property(&format!("{path}.{name}")));
            }
        }
        document::check_identifier(index, action, &identifiers, &mut findings);
        action::check_action(index, action, kind, &mut findings);
        document::check_targets(index, action, &identifiers, &mut findings);
        advice::on_action(index, action, kind, &mut findings);
        findings.action = None;
    }
    let graph = graph::Graph::of(fields, actions, &identifiers);
    journeys::on_graph(&graph, &mut findings);
    Ok(Report {
        problems: findings.problems,
    })
}
