//! Ids of events whose body nothing signs.

use ringback_calls::EventId;
use serde_json::Value;

/// The id of an event that is told from others by everything it says: other content is another event, and the same
/// content sent again is the same one. The order of an object's fields does not count.
pub(crate) fn id(carrier: &str, content: &Value) -> EventId {
    let mut text = String::new();
    write(content, &mut text);
    EventId::of(&[carrier, &text])
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in fields {
                write(&Value::from(name.as_str()), out);
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        // JSON itself: texts are quoted, so that no value can look like two.
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_fields_does_not_count_and_everything_else_does() {
        let one: Value = serde_json::from_str(r#"{"a": "1", "b": {"c": [1, 2], "d": null}}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b": {"d": null, "c": [1, 2]}, "a": "1"}"#).unwrap();
        assert_eq!(id("hw", &one), id("hw", &other));
        for different in [
            json!({"a": 1, "b": {"c": [1, 2], "d": null}}),
            json!({"a": "1", "b": {"c": [12], "d": null}}),
            json!({"a": "1", "b": {"c": [2, 1], "d": null}}),
            json!({"a": "1", "b": {"c": [1, 2]}}),
        ] {
            assert_ne!(id("hw", &one), id("hw", &different), "{different}");
        }
        assert_ne!(id("hw", &one), id("e9", &one));
    }
}
