//! The checker: what it says about small flows, rule by rule, and that it says nothing about good ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, and says where"
)]

mod actions;
mod clean;
mod journeys;
mod never_panics;
mod rules;
