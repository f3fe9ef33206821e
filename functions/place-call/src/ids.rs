//! Ids of calls.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::CallId;

use crate::body::hex;

/// A new id: a UUID of version 7 (RFC 9562, section 5.7), so that ids of calls stand in the order of their beginning.
/// None where the operating system has no randomness to give.
pub(crate) fn new_call(now: Timestamp) -> Option<CallId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    let milliseconds = now.as_millisecond().to_be_bytes();
    for (byte, of_time) in bytes.iter_mut().zip(milliseconds.into_iter().skip(2)) {
        *byte = of_time;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x70;
    *variant = (*variant & 0x3f) | 0x80;
    let digits = hex(&bytes);
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    let groups = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    CallId::echoed(&groups.join("-"))
}

/// Whether an id was made within the last minute: whoever made it may still be about the call.
pub(crate) fn is_fresh(call: &CallId, now: Timestamp) -> bool {
    const MINUTE: SignedDuration = SignedDuration::from_secs(60);
    let digits: String = call
        .as_str()
        .chars()
        .filter(|char| *char != '-')
        .take(12)
        .collect();
    let made = i64::from_str_radix(&digits, 16).ok();
    let made = made.and_then(|made| Timestamp::from_millisecond(made).ok());
    made.is_some_and(|made| now.duration_since(made) < MINUTE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_uuids_of_version_7_all_different_and_in_the_order_of_time() {
        let at = |seconds: i64| Timestamp::from_second(1_795_165_200 + seconds).unwrap();
        let ids: BTreeSet<_> = (0..1000).map(|_| new_call(at(0)).unwrap()).collect();
        assert_eq!(ids.len(), 1000);
        let later = new_call(at(1)).unwrap();
        for id in &ids {
            assert!(id < &later && is_fresh(id, at(59)) && !is_fresh(id, at(61)));
            let text = id.as_str();
            assert_eq!(text.get(14..15), Some("7"), "{text}");
            assert!(matches!(text.get(19..20), Some("8" | "9" | "a" | "b")), "{text}");
        }
    }
}
