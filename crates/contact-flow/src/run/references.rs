//! References such as `$.Attributes.name`, alone or within a text.

use serde_json::Value;

/// The names in a reference that is a whole value, or nothing when the text is no reference.
///
/// Keys may hold spaces here, since nothing but the path can follow.
pub(super) fn whole(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('$')?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        if let Some(bracket) = bracketed(rest) {
            names.push(bracket.0);
            rest = bracket.1;
            continue;
        }
        rest = rest.strip_prefix('.')?;
        let end = rest.find(['.', '[', '$']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if name.is_empty() || after.starts_with('$') {
            return None;
        }
        names.push(name.to_owned());
        rest = after;
    }
    (!names.is_empty()).then_some(names)
}

/// The text with every reference in it replaced by what `look_up` finds, or by nothing.
pub(super) fn expand(text: &str, look_up: impl Fn(&[String]) -> Option<Value>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.find("$.").and_then(|at| rest.split_at_checked(at)) {
        expanded.push_str(before);
        let (names, after) = embedded(reference);
        if names.is_empty() {
            expanded.push_str("$.");
        } else {
            expanded.push_str(&look_up(&names).as_ref().and_then(text_of).unwrap_or_default());
        }
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

/// The names of a reference within a text, and the text after it. A full stop that ends a sentence is text.
fn embedded(reference: &str) -> (Vec<String>, &str) {
    let mut rest = reference.strip_prefix('$').unwrap_or(reference);
    let mut names = Vec::new();
    loop {
        if let Some((name, after)) = bracketed(rest).filter(|_| !names.is_empty()) {
            names.push(name);
            rest = after;
            continue;
        }
        let Some(name_on) = rest.strip_prefix('.') else {
            break;
        };
        let end = name_on.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
        let (name, after) = name_on
            .split_at_checked(end.unwrap_or(name_on.len()))
            .unwrap_or((name_on, ""));
        let name = name.trim_end_matches('-');
        // No root begins with a digit: "$.50" is money.
        if name.is_empty() || (names.is_empty() && !name.starts_with(char::is_alphabetic)) {
            break;
        }
        names.push(name.to_owned());
        // A hyphen at the end belongs to the text: "$.Attributes.first-" reads "first" and a dash.
        rest = name_on.get(name.len()..).unwrap_or(after);
    }
    match names.is_empty() {
        true => (names, reference.strip_prefix("$.").unwrap_or_default()),
        false => (names, rest),
    }
}

/// A name in brackets and quotes at the start, `['connect:Subtype']`, and what follows.
fn bracketed(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('[')?;
    let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (name, after) = inner.strip_prefix(quote)?.split_once(quote)?;
    Some((name.to_owned(), after.strip_prefix(']')?))
}

/// Follows names into a value. Flows cannot look into arrays.
pub(super) fn follow<'v>(value: &'v Value, names: &[String]) -> Option<&'v Value> {
    names
        .iter()
        .try_fold(value, |value, name| value.as_object()?.get(name))
}

/// A value as text. Objects, arrays and null have none.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
