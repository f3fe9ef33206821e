#![doc = include_str!("../README.md")]

mod address;
mod public;
mod send;
mod simulated;

pub use address::is_global;
pub use public::{PrivateAddress, PublicOnly, is_private};
pub use send::{BuildError, Outbound, Sent};
pub use simulated::simulated_carriers;
