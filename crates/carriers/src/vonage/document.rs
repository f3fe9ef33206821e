//! The NCCO that puts A through to B.

use ringback_calls::Announcement;
use serde_json::{Value, json};

use crate::answer::{Answer, SecondLeg};

/// What a `connect` takes, in seconds.
const LONGEST: u64 = 7200;

/// The limit that a `connect` keeps.
pub(super) fn longest(limit_seconds: u64) -> u64 {
    limit_seconds.min(LONGEST)
}

/// The NCCO as an answer.
pub(super) fn connect(second: &SecondLeg<'_>) -> Answer {
    Answer::document("application/json", actions(second).to_string())
}

/// Vonage writes E.164 without its `+`.
pub(super) fn digits(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// Recording begins when the announcement is over, for Vonage has none that begins with B's answer.
pub(super) fn actions(second: &SecondLeg<'_>) -> Value {
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
    let mut actions: Vec<_> = second.announcement.map(announce).into_iter().collect();
    actions.extend(second.record.then_some(record));
    actions.push(connect);
    Value::Array(actions)
}

fn announce(announcement: &Announcement) -> Value {
    match announcement {
        Announcement::Url(url) => json!({"action": "stream", "streamUrl": [url]}),
        Announcement::Text(text) => json!({"action": "talk", "text": spoken(text)}),
    }
}

/// A text that begins with `<speak>` is markup to Vonage, which may play other files; ours are words.
fn spoken(text: &str) -> String {
    match text.trim_start().starts_with('<') {
        true => text.replace(['<', '>'], " "),
        false => text.to_owned(),
    }
}
