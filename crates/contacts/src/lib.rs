#![doc = include_str!("../README.md")]

mod answer;
pub mod item;
mod leg;
#[cfg(feature = "search")]
mod lookup;
mod observe;
mod offers;
mod policy;
#[cfg(feature = "search")]
mod search;
mod store;

pub use answer::{Answer, KnownFrom, Offer, Reason, Status};
pub use leg::{Facts, Interaction, Leg, Spoke};
#[cfg(feature = "search")]
pub use lookup::{Answered, Ask, LastAgents};
pub use observe::{Observation, Source, Sticky, observe_event, observe_record, rating, root_of};
pub use offers::{Asker, Kept};
pub use policy::{Mode, Policy, Verdict};
#[cfg(feature = "search")]
pub use search::Search;
pub use store::{Changed, ContactStore, NEWEST, StoreError};
