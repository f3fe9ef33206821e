//! Conditions and their operators.

use serde_json::Value;

use super::references::text_of;
use crate::{Action, Condition, ConditionBranch};

/// The first branch whose condition holds. A value that is missing compares as an empty text.
pub(super) fn first_match<'a>(action: &'a Action, value: Option<&Value>) -> Option<&'a ConditionBranch> {
    action
        .transitions
        .conditions
        .iter()
        .find(|branch| holds(&branch.condition, value))
}

/// The condition in words, for example `Equals 1`.
pub(super) fn words(condition: &Condition) -> String {
    let operands: Vec<String> = condition.operands.iter().filter_map(text_of).collect();
    format!("{} {}", condition.operator, operands.join(", "))
}

fn holds(condition: &Condition, value: Option<&Value>) -> bool {
    let Some(operand) = condition.operands.first().and_then(text_of) else {
        return false;
    };
    let text = value.and_then(text_of).unwrap_or_default();
    match condition.operator.as_str() {
        "Equals" => text == operand,
        "TextStartsWith" => text.starts_with(&operand),
        "TextEndsWith" => text.ends_with(&operand),
        "TextContains" => text.contains(&operand),
        "NumberGreaterThan" => numbers(&text, &operand).is_some_and(|(a, b)| a > b),
        "NumberGreaterOrEqualTo" => numbers(&text, &operand).is_some_and(|(a, b)| a >= b),
        "NumberLessThan" => numbers(&text, &operand).is_some_and(|(a, b)| a < b),
        "NumberLessOrEqualTo" => numbers(&text, &operand).is_some_and(|(a, b)| a <= b),
        // The service accepts it in Compare but documents nothing. Of an object, the operand can only be a key;
        // of anything else, all that can be asked is whether it is there.
        "KeyExists" => match value {
            Some(Value::Object(map)) => map.contains_key(&operand),
            Some(value) => !value.is_null(),
            None => false,
        },
        _ => false,
    }
}

/// Both as numbers, or nothing if either is none: then every number operator is false.
fn numbers(left: &str, right: &str) -> Option<(f64, f64)> {
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
    };
    Some((number(left)?, number(right)?))
}
