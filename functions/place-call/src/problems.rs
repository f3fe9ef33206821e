//! The types of problems. The README says what each means.

use ringback_api::ProblemType;

pub(crate) const TOO_LARGE: ProblemType = ProblemType::of("too-large", 413, "The body is too large.");
pub(crate) const DESTINATION_NOT_ALLOWED: ProblemType =
    ProblemType::of("destination-not-allowed", 403, "The number may not be called.");
pub(crate) const DO_NOT_CALL: ProblemType =
    ProblemType::of("do-not-call", 403, "The customer does not want to be called.");
pub(crate) const OUTSIDE_CALLING_HOURS: ProblemType = ProblemType::of(
    "outside-calling-hours",
    403,
    "The customer may not be called at this time.",
);
pub(crate) const CALLER_ID_NOT_ALLOWED: ProblemType =
    ProblemType::of("caller-id-not-allowed", 422, "No account owns the caller ids.");
pub(crate) const NO_CARRIER: ProblemType =
    ProblemType::of("no-carrier", 422, "No carrier account can place such a call.");
pub(crate) const NO_HEALTHY_CARRIER: ProblemType =
    ProblemType::of("no-healthy-carrier", 503, "No carrier takes calls at the moment.");
pub(crate) const LINE_BUSY: ProblemType = ProblemType::of("line-busy", 409, "The line has a call.");
pub(crate) const TOO_MANY_CALLS: ProblemType =
    ProblemType::of("too-many-calls", 429, "There are too many calls.");
pub(crate) const REFUSED_BY_CARRIERS: ProblemType =
    ProblemType::of("refused-by-carriers", 502, "The carriers do not place this call.");
pub(crate) const IDEMPOTENCY_KEY_REUSED: ProblemType = ProblemType::of(
    "idempotency-key-reused",
    422,
    "The idempotency key belongs to another request.",
);
pub(crate) const CALL_ENDED: ProblemType =
    ProblemType::of("call-ended", 409, "The call was ended before a carrier took it.");
pub(crate) const NO_SUCH_CALL: ProblemType = ProblemType::of("no-such-call", 404, "There is no such call.");
pub(crate) const CANNOT_HANG_UP: ProblemType =
    ProblemType::of("cannot-hang-up", 409, "The call cannot be ended from here.");
pub(crate) const NO_SUCH_ACCOUNT: ProblemType =
    ProblemType::of("no-such-account", 404, "There is no such carrier account.");

/// All problems that the function answers with.
pub const PROBLEMS: [&ProblemType; 21] = [
    &ProblemType::INVALID,
    &ProblemType::UNAUTHORISED,
    &ProblemType::FORBIDDEN,
    &DESTINATION_NOT_ALLOWED,
    &DO_NOT_CALL,
    &OUTSIDE_CALLING_HOURS,
    &ProblemType::NO_SUCH_PATH,
    &NO_SUCH_CALL,
    &NO_SUCH_ACCOUNT,
    &ProblemType::NO_SUCH_METHOD,
    &LINE_BUSY,
    &CALL_ENDED,
    &CANNOT_HANG_UP,
    &TOO_LARGE,
    &CALLER_ID_NOT_ALLOWED,
    &NO_CARRIER,
    &IDEMPOTENCY_KEY_REUSED,
    &TOO_MANY_CALLS,
    &REFUSED_BY_CARRIERS,
    &NO_HEALTHY_CARRIER,
    &ProblemType::UNAVAILABLE,
];
