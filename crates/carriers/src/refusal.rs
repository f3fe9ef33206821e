//! Why a request is not taken for the carrier's.

/// Why a request does not verify: for the operator, who asks the doctor, and for a metric. The carrier hears 401 and no
/// more. It holds no secret, no number and nothing of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header that the signature needs is not there.
    #[error("the header {0} is missing")]
    HeaderMissing(&'static str),
    /// A header that must come once came more often, or joined with a comma.
    #[error("the header {0} is repeated")]
    HeaderRepeated(&'static str),
    /// A header has no form in which it could be right.
    #[error("the header {name} {problem}")]
    HeaderMalformed {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The signature is of something else, or made with another secret.
    #[error("the signature does not match{}", hint.map(|hint| format!(": {hint}")).unwrap_or_default())]
    Mismatch {
        /// What most often causes that, where the request gives a clue.
        hint: Option<&'static str>,
    },
    /// The signed time is too far from now.
    #[error("the signed time is {seconds} s {}, and {window} s are allowed", if *seconds < 0 { "ahead" } else { "old" })]
    Stale {
        /// How old; negative if it is ahead.
        seconds: i64,
        /// How old it may be.
        window: u64,
    },
    /// It is signed, and for another account or application of the carrier.
    #[error("it is for another {what} than this account's")]
    OtherAccount {
        /// `application id`, `app key`.
        what: &'static str,
    },
    /// The account has no secret, or one in a form that the carrier does not use.
    #[error("the account's secret {problem}")]
    Secret {
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Refusal {
    /// The word by which refusals are counted.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::HeaderMissing(_) => "header-missing",
            Self::HeaderRepeated(_) => "header-repeated",
            Self::HeaderMalformed { .. } => "header-malformed",
            Self::Mismatch { .. } => "mismatch",
            Self::Stale { .. } => "stale",
            Self::OtherAccount { .. } => "other-account",
            Self::Secret { .. } => "secret",
        }
    }
}
