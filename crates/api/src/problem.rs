//! What went wrong, as RFC 9457 has it.

use std::borrow::Cow;

use serde::Serialize;

/// What the `type` of every problem begins with. A URN and no address: there is none that every deployment has.
const NAMESPACE: &str = "urn:ringback:problem:";

/// A type of problem: what programs look at.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// Its name, the end of the `type`: lower-case words with hyphens. It stays.
    pub name: &'static str,
    /// The HTTP status of all problems of the type.
    pub status: u16,
    /// What it means, in a sentence that is the same for all of them.
    pub title: &'static str,
}

impl ProblemType {
    /// Nobody's identity was checked.
    pub const UNAUTHORISED: Self = Self::of("unauthorised", 401, "Nobody's identity was checked.");
    /// Whoever asks may not.
    pub const FORBIDDEN: Self = Self::of("forbidden", 403, "Whoever asks may not have this.");
    /// There is no such path.
    pub const NO_SUCH_PATH: Self = Self::of("no-such-path", 404, "There is no such path.");
    /// The path has another method.
    pub const NO_SUCH_METHOD: Self = Self::of("no-such-method", 405, "The path has another method.");
    /// A field is wrong.
    pub const INVALID: Self = Self::of("invalid", 400, "The request cannot be read.");
    /// The body is too large.
    pub const TOO_LARGE: Self = Self::of("too-large", 413, "The body is too large.");
    /// What was needed did not answer.
    pub const UNAVAILABLE: Self = Self::of("unavailable", 503, "It cannot be had at the moment.");

    /// A type of problem.
    pub const fn of(name: &'static str, status: u16, title: &'static str) -> Self {
        Self { name, status, title }
    }
}

/// What is wrong with a field. It never holds the field's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field: `callId`.
    pub path: &'static str,
    /// What is wrong with it: `must be …`.
    pub message: Cow<'static, str>,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its type.
    pub kind: &'static ProblemType,
    /// What is wrong this time, for people. Never a value that came with the request.
    pub detail: Cow<'static, str>,
    /// The fields that are wrong, if it is about fields.
    pub fields: Vec<FieldProblem>,
    /// The methods that the path has, for the header `Allow`.
    pub allow: Option<&'static str>,
    /// In how many seconds to try again, for the header `Retry-After`.
    pub retry_after: Option<u64>,
}

#[derive(Serialize)]
struct Written<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [FieldProblem],
}

impl Problem {
    /// A problem of that type.
    pub fn new(kind: &'static ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            fields: Vec::new(),
            allow: None,
            retry_after: None,
        }
    }

    /// A field is wrong; `message` completes the sentence "The field …".
    pub fn invalid(path: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        let detail = format!("{path} {message}.");
        Self {
            fields: vec![FieldProblem { path, message }],
            ..Self::new(&ProblemType::INVALID, detail)
        }
    }

    /// The path has other methods: `GET, PUT`.
    pub fn not_that_method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(&ProblemType::NO_SUCH_METHOD, format!("Use {allow}."))
        }
    }

    /// The same problem, which may be over in so many seconds.
    #[must_use]
    pub fn after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// As it stands in a body.
    pub(crate) fn written(&self) -> impl Serialize + use<'_> {
        Written {
            r#type: format!("{NAMESPACE}{}", self.kind.name),
            title: self.kind.title,
            status: self.kind.status,
            detail: &self.detail,
            problems: &self.fields,
        }
    }
}
