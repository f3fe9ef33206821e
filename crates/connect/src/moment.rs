//! Points in time, in the forms Connect and the tools around it write them.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Problem;

/// Numbers from here on are milliseconds since the epoch, smaller ones seconds: as seconds it is the year 5138, as
/// milliseconds March 1973.
const FIRST_MILLISECONDS: f64 = 1e11;

/// Length of a day in seconds.
const DAY: i64 = 86_400;

/// Reads RFC 3339 text, or seconds or milliseconds since the epoch as a number or as text.
///
/// A time on 1 January 1970 is none: samples of contact events write `1970-01-01T00:00:00.001Z` for a time that has
/// not come (Amazon Connect Administrator Guide, "Amazon Connect contact events").
pub(crate) fn read(value: &Value) -> Result<Option<Timestamp>, Problem> {
    let timestamp = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => from_text(text.trim()),
        Value::Number(number) => number.as_f64().and_then(from_epoch),
        _ => None,
    };
    let timestamp = timestamp.ok_or(Problem::Time)?;
    let sentinel = (0..DAY).contains(&timestamp.as_second());
    Ok((!sentinel).then_some(timestamp))
}

fn from_text(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .or_else(|| text.parse().ok().and_then(from_epoch))
}

/// A float holds every millisecond of the years that matter exactly.
fn from_epoch(number: f64) -> Option<Timestamp> {
    if !number.is_finite() {
        return None;
    }
    let milliseconds = if number.abs() < FIRST_MILLISECONDS {
        number * 1000.0
    } else {
        number
    };
    // Too large a float becomes the largest integer, which is out of a timestamp's range.
    Timestamp::from_millisecond(milliseconds.round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_the_same_moment_is_the_same() {
        let expected: Timestamp = "2023-11-01T18:34:04.275Z".parse().unwrap();
        for value in [
            json!("2023-11-01T18:34:04.275Z"),
            json!(" 2023-11-01T19:34:04.275+01:00 "),
            json!(1_698_863_644.275),
            json!(1_698_863_644_275_i64),
            json!("1698863644275"),
            json!("1698863644.275"),
        ] {
            assert_eq!(read(&value), Ok(Some(expected)), "{value}");
        }
    }

    #[test]
    fn the_first_of_january_1970_is_no_time() {
        for value in [
            json!(null),
            json!(""),
            json!("1970-01-01T00:00:00.001Z"),
            json!("1970-01-01T23:59:59Z"),
            json!(0),
            json!(1),
            json!("0"),
        ] {
            assert_eq!(read(&value), Ok(None), "{value}");
        }
        assert!(read(&json!("1970-01-02T00:00:00Z")).unwrap().is_some());
    }

    #[test]
    fn anything_else_is_a_problem() {
        for value in [
            json!("yesterday"),
            json!("NaN"),
            json!("inf"),
            json!(1e300),
            json!(true),
            json!([]),
            json!({}),
        ] {
            assert_eq!(read(&value), Err(Problem::Time), "{value}");
        }
    }
}
