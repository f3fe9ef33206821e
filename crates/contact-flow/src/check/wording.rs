//! The service's own words, as recorded from live calls, and problems made of them.

use super::report::{Problem, Severity};

/// What to do about an empty text.
pub(super) const EMPTY: &str = "no value may be an empty text, though one space is taken";

/// Collects problems; what is found while an action is looked at is booked on it.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) action: Option<String>,
}

impl Findings {
    pub(super) fn add(&mut self, mut problem: Problem) {
        if problem.action.is_none() {
            problem.action.clone_from(&self.action);
        }
        self.problems.push(problem);
    }
}

impl Problem {
    pub(super) fn error(rule: &'static str, message: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule,
            message: message.into(),
            path: path.into(),
            action: None,
            help: None,
        }
    }

    pub(super) fn warning(rule: &'static str, message: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(rule, message, path)
        }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    pub(super) fn on(self, action: &str) -> Self {
        Self {
            action: Some(action.to_owned()),
            ..self
        }
    }
}

pub(super) fn missing_field(name: &str) -> Problem {
    Problem::error(
        "missing-field",
        format!("JSON field is missing or null for field name: {name}"),
        "",
    )
}

pub(super) fn missing_property(path: &str) -> Problem {
    let message = format!("Action is missing required property. Path: {path}");
    Problem::error("missing-property", message, path)
}

pub(super) fn unknown_property(path: &str) -> Problem {
    Problem::error(
        "unknown-property",
        format!("Invalid Action property name. Path: {path}"),
        path,
    )
}

pub(super) fn bad_value(rule: &'static str, path: &str) -> Problem {
    Problem::error(rule, format!("Invalid Action property value. Path: {path}"), path)
}

/// The service blames the whole list of conditions; `place` is where the trouble is.
pub(super) fn bad_condition(rule: &'static str, action: &str, place: &str) -> Problem {
    let message = format!("Invalid Action property value. Path: {action}.Transitions.Conditions");
    Problem::error(rule, message, place)
}

pub(super) fn bad_type(kind: &str, action: &str) -> Problem {
    let path = format!("{action}.Type");
    Problem::error(
        "unknown-type",
        format!("Invalid Action type. Type: {kind}, Path: {path}"),
        path,
    )
}

pub(super) fn missing_error(error: &str, action: &str) -> Problem {
    let message = format!("Action is missing required error. Error: {error}, Path: {action}");
    Problem::error("missing-error", message, format!("{action}.Transitions.Errors"))
}

pub(super) fn refused_error(error: &str, path: &str) -> Problem {
    Problem::error(
        "refused-error",
        format!("Invalid Action error. Error: {error}, Path: {path}"),
        path,
    )
}

pub(super) fn only_one_of(names: &[&str], path: &str) -> Problem {
    let names = names.join(", ");
    let message = format!("Only one of these properties may be defined. Properties: [{names}]");
    Problem::error("only-one-of", message, path)
}

pub(super) fn at_least_one_of(names: &[&str], path: &str) -> Problem {
    let message = format!("At least one of [{}] must be set", names.join(", "));
    Problem::error("at-least-one-of", message, path)
}

pub(super) fn empty_attribute(path: &str) -> Problem {
    Problem::error("empty-value", "Empty value in Parameters.Attributes", path).help(EMPTY)
}
