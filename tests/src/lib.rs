//! What the stories share: a contact's life as Amazon Connect tells it, and the functions over a local stack.

mod leg;
mod story;

pub use leg::{Leg, at, agent_arn, queue_arn, INSTANCE_ARN};
pub use story::{Story, Written};
