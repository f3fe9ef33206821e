//! CloudFormation placeholders in the text of a flow.

use std::collections::BTreeMap;

/// A placeholder for which there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no value for the placeholder ${{{0}}}")]
pub struct MissingPlaceholder(pub String);

/// Replaces `${Name}` in the text of a flow as `Fn::Sub` does, so that a template's flow can be run.
///
/// Values are escaped for the JSON strings they stand in. `${!Name}` is CloudFormation's way to write `${Name}`
/// itself. What is not a placeholder stays, a lone `$` for example.
///
/// # Errors
/// Names the first placeholder for which there is no value.
pub fn substitute(text: &str, values: &BTreeMap<String, String>) -> Result<String, MissingPlaceholder> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        done.push_str(before);
        let name = after.split_once('}').map_or("", |(name, _)| name);
        if let Some(literal) = name.strip_prefix('!') {
            done.push_str("${");
            done.push_str(literal);
            done.push('}');
        } else if !is_name(name) {
            done.push_str("${");
            rest = after;
            continue;
        } else {
            let value = values
                .get(name)
                .ok_or_else(|| MissingPlaceholder(name.to_owned()))?;
            let quoted = serde_json::Value::from(value.as_str()).to_string();
            done.push_str(
                quoted
                    .strip_prefix('"')
                    .and_then(|quoted| quoted.strip_suffix('"'))
                    .unwrap_or_default(),
            );
        }
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    done.push_str(rest);
    Ok(done)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.'))
}
