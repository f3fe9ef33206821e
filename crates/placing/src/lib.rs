#![doc = include_str!("../README.md")]

mod begin;
mod bucket;
mod choice;
mod health;
mod item;
mod judge;
mod key;
mod number;
mod pin;
mod policy;
mod rules;
mod slots;
mod store;

pub use begin::{Begin, Begun, Kept, KeptAnswer, LineLease};
pub use bucket::{Bucket, Taken, Token};
pub use choice::{Candidate, Choice, LeftOut, Wish, caller_id, order};
pub use health::{Outcome, PROBE};
pub use judge::{
    ERRORS, FEWEST_ATTEMPTS, HEARD_EVERY, Health, HealthState, MANUAL, OPEN_FOR, SILENT, Switch,
    WINDOW_MINUTES,
};
pub use key::{BadKey, IdempotencyKey};
pub use number::{BadNumber, dialled, warm};
pub use pin::{Pin, public_id};
pub use policy::{CallingHours, MOST_OPEN_CALLS, Policy, PolicyProblem};
pub use store::{PlacingStore, StoreError};
