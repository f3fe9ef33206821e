//! What is answered to a carrier.

use std::borrow::Cow;

use ringback_calls::Announcement;

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The content type; none where there is no body.
    pub content_type: Option<Cow<'static, str>>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// 204, without a body.
    pub fn empty() -> Self {
        Self {
            status: 204,
            content_type: None,
            body: String::new(),
        }
    }

    /// 200, with that body.
    pub fn document(content_type: impl Into<Cow<'static, str>>, body: impl Into<String>) -> Self {
        Self {
            status: 200,
            content_type: Some(content_type.into()),
            body: body.into(),
        }
    }

    /// 503, without a body.
    pub fn unavailable() -> Self {
        Self {
            status: 503,
            ..Self::empty()
        }
    }
}

/// The second leg of a callback: whom to put A through to, and how.
#[derive(Clone, Copy)]
pub struct SecondLeg<'a> {
    /// B's number, E.164.
    pub number: &'a str,
    /// The number B sees, E.164.
    pub shown: &'a str,
    /// How long B may ring, in seconds.
    pub ring_seconds: u64,
    /// How long the two may talk, in seconds.
    pub limit_seconds: u64,
    /// Whether the conversation is recorded, from B's answer, in two channels where the carrier can.
    pub record: bool,
    /// What the agent hears before B is dialled.
    pub announcement: Option<&'a Announcement>,
    /// The public URL of this call's events; all callbacks lead there.
    pub events_url: &'a str,
    /// The user name and password that the carrier shall bring along to that URL, where it signs nothing (`user:password`).
    pub credential: Option<&'a str>,
}

impl std::fmt::Debug for SecondLeg<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondLeg")
            .field("ring_seconds", &self.ring_seconds)
            .field("limit_seconds", &self.limit_seconds)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}
