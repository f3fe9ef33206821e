//! Who may be called: what the tenant's policy says, before any carrier is thought of.

use jiff::Timestamp;
use ringback_api::Problem;
use ringback_placing::Policy;

use crate::body::Wish;
use crate::problems;

/// The longest that the two may talk, in seconds, if the policy allows the call at all. The agent's number counts too: a
/// callback to two numbers of a fraudster's is one.
pub(crate) fn allowed(
    policy: &Policy,
    wish: &Wish,
    do_not_call: bool,
    now: Timestamp,
) -> Result<u64, Problem> {
    for (field, number) in [("agent", &wish.agent), ("customer", &wish.customer)] {
        if !policy.may_call(number) {
            let detail = format!("The policy allows no number that begins as the {field}'s does.");
            return Err(Problem::new(&problems::DESTINATION_NOT_ALLOWED, detail));
        }
    }
    if do_not_call {
        let detail = "One of the two numbers is on the list of those who are not called.";
        return Err(Problem::new(&problems::DO_NOT_CALL, detail));
    }
    if !policy.is_open(&wish.customer, now) {
        let detail = "The policy does not allow calls to the customer's number at this time there.";
        return Err(Problem::new(&problems::OUTSIDE_CALLING_HOURS, detail));
    }
    let longest = policy.longest_seconds;
    match wish.max_seconds {
        Some(asked) if asked > longest => {
            let message = format!("must be at most {longest}, as the policy says");
            Err(Problem::invalid("maxSeconds", message))
        }
        asked => Ok(asked.unwrap_or(longest)),
    }
}
