//! Stories of calls that are placed: asked for, refused, rung once, looked at, ended.
//!
//! They keep the machine busy for a minute, so they have a binary of their own: beside them, stories that look whether an
//! answer comes in time would fail for no fault of the functions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

mod callbacks_burst;
mod placing;
mod placing_carriers;
mod placing_connect;
mod placing_fair;
mod placing_faults;
mod placing_health;
mod placing_policy;
mod placing_roles;
mod placing_store;
mod placing_typed;
mod reconciling;
