//! Why a recording is not archived, or not deleted, by this attempt.

use std::borrow::Cow;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use ringback_accounts::{LookupError, StoreError as AccountsError};
use ringback_calls::StoreError;
use ringback_carriers::CannotFetch;
use ringback_lambda::{DeadLetterError, SecretError, error_code};

/// The code of a place from where the carrier's recordings may not come.
pub(crate) const PLACE_NOT_ALLOWED: &str = "place-not-allowed";

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It stays so: trying again is in vain.
    Final,
    /// It looks as if it stayed so, and is most often a bad hour of the carrier's: after some tries it is final.
    Doubtful,
    /// It is not there yet, or the carrier or the way to it is broken.
    Waiting,
    /// The carrier wants to be asked less.
    Throttled,
    /// The carrier does not let us, or the account lacks something: somebody has to mend it.
    Refused,
    /// A service of ours did not do what it was asked.
    Ours,
    /// The recording is somebody else's by now.
    Lost,
}

/// Why. It holds no URL, no name and no number: it is logged, counted and kept in the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    /// A word or a status: `not-audio`, `404`.
    pub(crate) code: Cow<'static, str>,
    /// How long the carrier wants to be left alone.
    pub(crate) wish: Option<Duration>,
}

impl Trouble {
    pub(crate) fn new(kind: Kind, code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code: code.into(),
            wish: None,
        }
    }

    pub(crate) fn never(code: &'static str) -> Self {
        Self::new(Kind::Final, code)
    }

    pub(crate) fn waiting(code: &'static str) -> Self {
        Self::new(Kind::Waiting, code)
    }

    /// What can be no more than a bad hour of the carrier's.
    pub(crate) fn doubtful(code: &'static str) -> Self {
        Self::new(Kind::Doubtful, code)
    }

    /// The same where the record itself does not name the place: an answer of the carrier's has led there.
    pub(crate) fn led_astray(self) -> Self {
        match &*self.code {
            PLACE_NOT_ALLOWED => Self {
                kind: Kind::Doubtful,
                ..self
            },
            _ => self,
        }
    }

    /// What S3 said, without a word of what it was asked.
    pub(crate) fn of_s3<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        Self::new(Kind::Ours, format!("s3-{}", error_code(error)))
    }

    /// Whether the carrier does not believe who we are, or that its link is still good.
    pub(crate) fn is_unauthorised(&self) -> bool {
        self.kind == Kind::Refused && matches!(&*self.code, "401" | "403")
    }
}

impl From<CannotFetch> for Trouble {
    fn from(problem: CannotFetch) -> Self {
        let kind = match problem {
            problem if problem.is_final() => Kind::Final,
            CannotFetch::Missing(_) | CannotFetch::Wrong { .. } => Kind::Refused,
            _ => Kind::Waiting,
        };
        Self::new(kind, problem.reason())
    }
}

impl From<StoreError> for Trouble {
    fn from(problem: StoreError) -> Self {
        Self::new(Kind::Ours, format!("calls-{}", problem.code))
    }
}

impl From<AccountsError> for Trouble {
    fn from(problem: AccountsError) -> Self {
        Self::new(Kind::Ours, format!("carriers-{}", problem.code))
    }
}

impl From<LookupError> for Trouble {
    fn from(problem: LookupError) -> Self {
        match problem {
            LookupError::Store(problem) => problem.into(),
            LookupError::Carrier => Self::new(Kind::Refused, "carrier-not-described"),
        }
    }
}

impl From<SecretError> for Trouble {
    fn from(problem: SecretError) -> Self {
        Self::new(Kind::Ours, format!("secret-{}", problem.code))
    }
}

impl From<DeadLetterError> for Trouble {
    fn from(problem: DeadLetterError) -> Self {
        Self::new(Kind::Ours, format!("dead-letter-{}", problem.code))
    }
}
