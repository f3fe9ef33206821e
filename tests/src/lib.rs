//! What the stories share: a contact's life as Amazon Connect tells it, and the functions over a local stack.

mod desk;
mod leg;
mod story;

pub use desk::{Desk, change, noon};
pub use leg::{Leg, agent_arn, at, queue_arn};
pub use ringback_local::centre::INSTANCE_ARN;
pub use story::Story;
