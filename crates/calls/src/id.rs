//! The ids of calls and of their events.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The id of a call: ours, or made from what the carrier calls it. 8 to 64 characters that need no escaping in a URL
/// or a key: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallId(String);

/// The text is no call id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no call id: 8 to 64 letters, digits, - and _")]
pub struct BadCallId;

impl CallId {
    /// Reads an id.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, BadCallId> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (8..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadCallId)
        }
    }

    /// Reads an id that a carrier gives back from a field in which anybody may have put anything. Only the ids that we
    /// give to calls count, UUIDs (RFC 9562): an order number that stands there instead must not bring the calls of that
    /// order together in one.
    pub fn echoed(text: &str) -> Option<Self> {
        let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
        let uuid = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match hyphen(at) {
                true => byte == b'-',
                false => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        uuid.then(|| Self(text.to_owned()))
    }

    /// The id of a call that we did not place: whoever hears of it first gives it the same.
    ///
    /// `session` is the carrier's id for the whole call, in every event of both legs.
    pub fn of_session(carrier: &str, account: &str, session: &str) -> Self {
        Self(digest(&["session", carrier, account, session]))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CallId {
    type Error = BadCallId;

    fn try_from(text: String) -> Result<Self, BadCallId> {
        Self::parse(&text)
    }
}

impl From<CallId> for String {
    fn from(id: CallId) -> Self {
        id.0
    }
}

/// The id of an event within its call: the same however often the event comes. 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// The id made of what the carrier *signed* and of what tells this event from the call's others: reference,
    /// sequence, status. Never of a header that is not signed.
    pub fn of(parts: &[&str]) -> Self {
        Self(digest(parts))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Half of a SHA-256: no two calls or events meet by chance, and nobody can make them meet. Every part counts its
/// length in, so that `("ab", "c")` is not `("a", "bc")`.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let bytes = hash.finalize();
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_of_ours_is_taken_from_a_field_for_anything() {
        let ours = "01900000-0000-7000-8000-00000000000a";
        assert_eq!(CallId::echoed(ours).unwrap().as_str(), ours);
        for other in [
            "order-17",
            "sample-normal",
            "",
            "01900000-0000-7000-8000-00000000000A",
        ] {
            assert_eq!(CallId::echoed(other), None, "{other}");
        }
    }

    #[test]
    fn parts_of_an_event_id_do_not_run_into_each_other() {
        assert_ne!(EventId::of(&["ab", "c"]), EventId::of(&["a", "bc"]));
        assert_ne!(EventId::of(&["ab"]), EventId::of(&["ab", ""]));
    }
}
