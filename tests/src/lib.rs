//! What the stories share: a contact's life as Amazon Connect tells it, and the functions over a local stack.

mod archive;
mod call_book;
mod desk;
mod dialler;
mod exchange;
mod leg;
mod logs;
mod story;

pub use archive::{Archive, sha256};
pub use call_book::{CallBook, TENANT, asked, call, event, morning, placed};
pub use desk::{Desk, change, noon};
pub use dialler::{AGENT, Dialler, Reply, Wanted, customer, number};
pub use exchange::{Answered, Exchange, Post, sample_time, written};
pub use leg::{Leg, agent_arn, at, queue_arn};
pub use logs::Logs;
pub use ringback_local::centre::INSTANCE_ARN;
pub use story::Story;
