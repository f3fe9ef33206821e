//! Contacts on their way through small flows, each a story.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the helpers belong to the tests, although they are not test functions themselves"
)]

mod attributes;
mod determinism;
mod dialling;
mod hours;
mod lambdas;
mod menus;
mod queues;
mod reading;
mod references;
mod routing;
mod substitution;
mod survey;
mod transcript;
mod walking;
mod world;
