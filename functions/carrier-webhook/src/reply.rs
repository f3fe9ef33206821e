//! What is answered, and how it is counted.

use ringback_carriers::Answer;
use serde_json::{Value, json};

/// What became of a request: the metrics' dimension `Outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// At least one event was new, and all are stored.
    Stored,
    /// All of its events were stored before.
    Repeated,
    /// A part of it is stored; the rest lies in the dead-letter queue, or is of calls that the account was not asked for.
    Partial,
    /// It told of nothing that is kept.
    Ignored,
    /// Its events are stored, and it was told whom to put the first leg through to: by the answer, or by a request of ours.
    Connected,
    /// Its events are stored, and it was told nobody, or refused: the account may not dial that second leg, or nobody is there
    /// for it any more. The reason says why.
    Withheld,
    /// It is not taken.
    Refused,
    /// It is genuine and cannot be used; it lies in the dead-letter queue.
    Unreadable,
    /// We could not do our part; the carrier shall come again.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Stored,
        Self::Repeated,
        Self::Partial,
        Self::Ignored,
        Self::Connected,
        Self::Withheld,
        Self::Refused,
        Self::Unreadable,
        Self::Failed,
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Repeated => "repeated",
            Self::Partial => "partial",
            Self::Ignored => "ignored",
            Self::Connected => "connected",
            Self::Withheld => "withheld",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Failed => "failed",
        }
    }
}

/// The reasons for refusals, unreadable requests, failures and second legs that are withheld: the metrics' dimension `Reason`. The first seven are those
/// of `Refusal::reason`.
pub const REASONS: [&str; 34] = [
    "header-missing",
    "header-repeated",
    "header-malformed",
    "mismatch",
    "stale",
    "other-account",
    "secret",
    NO_SUCH_PATH,
    NO_SUCH_METHOD,
    UNKNOWN_ACCOUNT,
    ADDRESS,
    TOO_LARGE,
    TOO_MANY_EVENTS,
    QUERY_NOT_SIGNED,
    NOT_PLACED,
    CONTENT_TYPE,
    BODY,
    NO_CALL,
    TABLE_REFUSED,
    NOT_PROVEN,
    NOT_ASKED,
    ANOTHER_CALL,
    NO_NUMBER,
    PREFIX,
    SHOWN_NUMBER,
    SECOND_LEG_REFUSED,
    SECOND_LEG_UNSURE,
    AGENT_GONE,
    LEG_NOT_ENDED,
    ACCOUNTS,
    TOO_MANY_SLUGS,
    SECRETS,
    CALLS,
    DEAD_LETTERS,
];

pub(crate) const NO_SUCH_PATH: &str = "no-such-path";
pub(crate) const NO_SUCH_METHOD: &str = "no-such-method";
pub(crate) const UNKNOWN_ACCOUNT: &str = "unknown-account";
pub(crate) const ADDRESS: &str = "address";
pub(crate) const TOO_LARGE: &str = "too-large";
pub(crate) const TOO_MANY_EVENTS: &str = "too-many-events";
pub(crate) const QUERY_NOT_SIGNED: &str = "query-not-signed";
pub(crate) const NOT_PLACED: &str = "not-placed";
pub(crate) const CONTENT_TYPE: &str = "content-type";
pub(crate) const BODY: &str = "body";
pub(crate) const NO_CALL: &str = "no-call";
pub(crate) const TABLE_REFUSED: &str = "table-refused";
pub(crate) const NOT_PROVEN: &str = "not-proven";
pub(crate) const NOT_ASKED: &str = "not-asked";
pub(crate) const ANOTHER_CALL: &str = "another-call";
pub(crate) const NO_NUMBER: &str = "no-number";
pub(crate) const PREFIX: &str = "prefix";
pub(crate) const SHOWN_NUMBER: &str = "shown-number";
pub(crate) const SECOND_LEG_REFUSED: &str = "second-leg-refused";
pub(crate) const SECOND_LEG_UNSURE: &str = "second-leg-unsure";
pub(crate) const AGENT_GONE: &str = "agent-gone";
pub(crate) const LEG_NOT_ENDED: &str = "leg-not-ended";
pub(crate) const ACCOUNTS: &str = "accounts";
pub(crate) const TOO_MANY_SLUGS: &str = "too-many-slugs";
pub(crate) const SECRETS: &str = "secrets";
pub(crate) const CALLS: &str = "calls";
pub(crate) const DEAD_LETTERS: &str = "dead-letters";

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    answer: Answer,
    pub(crate) outcome: Outcome,
    pub(crate) reason: &'static str,
}

impl Reply {
    /// The answer to a request that was taken.
    pub(crate) fn taken(outcome: Outcome, answer: Answer) -> Self {
        Self {
            answer,
            outcome,
            reason: "none",
        }
    }

    /// The answer to a carrier that was sent a request for the second leg, and nobody knows whether it has it.
    pub(crate) fn unsure(reason: &'static str, answer: Answer) -> Self {
        Self {
            reason,
            ..Self::taken(Outcome::Connected, answer)
        }
    }

    /// The answer to a carrier that is told nobody.
    pub(crate) fn withheld(reason: &'static str, answer: Answer) -> Self {
        Self {
            answer,
            outcome: Outcome::Withheld,
            reason,
        }
    }

    /// Not taken.
    pub(crate) fn refused(status: u16, reason: &'static str, message: &str) -> Self {
        Self::said(Outcome::Refused, status, reason, message)
    }

    /// Whatever it is that proves nothing: unknown accounts, wrong addresses and wrong signatures look the same, so that
    /// nobody learns which slugs there are.
    pub(crate) fn unauthorised(reason: &'static str) -> Self {
        Self::refused(401, reason, "Unauthorized")
    }

    /// Genuine, and of no use.
    pub(crate) fn unreadable(status: u16, reason: &'static str, message: &str) -> Self {
        Self::said(Outcome::Unreadable, status, reason, message)
    }

    /// Our own fault, with the answer that makes the carrier come again. It is never 2xx, whatever the carrier says of
    /// itself: what was not stored must not count as delivered.
    pub(crate) fn failed(reason: &'static str, mut again: Answer) -> Self {
        if again.status < 500 {
            again.status = 503;
        }
        Self {
            answer: again,
            outcome: Outcome::Failed,
            reason,
        }
    }

    fn said(outcome: Outcome, status: u16, reason: &'static str, message: &str) -> Self {
        let body = json!({"message": message}).to_string();
        Self {
            answer: Answer {
                status,
                ..Answer::document("application/json", body)
            },
            outcome,
            reason,
        }
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.answer.status
    }

    /// As API Gateway takes it.
    pub(crate) fn into_value(self) -> Value {
        let Answer {
            status,
            content_type,
            body,
        } = self.answer;
        let mut headers = json!({"cache-control": "no-store"});
        if let (Some(content_type), Some(headers)) = (content_type, headers.as_object_mut()) {
            headers.insert("content-type".to_owned(), content_type.into_owned().into());
            if status == 405 {
                headers.insert("allow".to_owned(), "GET, POST".into());
            }
        }
        json!({"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": false})
    }
}
