//! The NCCO that puts A through to B.

use serde_json::json;

use crate::answer::{Answer, SecondLeg};

/// What a `connect` takes, in seconds.
const LONGEST: u64 = 7200;

/// The limit that a `connect` keeps.
pub(super) fn longest(limit_seconds: u64) -> u64 {
    limit_seconds.min(LONGEST)
}

/// Recording begins with the document, for Vonage has none that begins with B's answer.
pub(super) fn connect(second: &SecondLeg<'_>) -> Answer {
    // Vonage writes E.164 without its `+`.
    let digits = |number: &str| number.trim_start_matches('+').to_owned();
    let record = json!({
        "action": "record",
        "split": "conversation",
        "channels": 2,
        "format": "mp3",
        "eventUrl": [second.events_url],
        "eventMethod": "POST",
    });
    let connect = json!({
        "action": "connect",
        "from": digits(second.shown),
        "timeout": second.ring_seconds,
        "limit": longest(second.limit_seconds),
        "eventUrl": [second.events_url],
        "eventMethod": "POST",
        "endpoint": [{"type": "phone", "number": digits(second.number)}],
    });
    let actions = if second.record {
        json!([record, connect])
    } else {
        json!([connect])
    };
    Answer::document("application/json", actions.to_string())
}
