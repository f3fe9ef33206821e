//! Stories across the functions, over real parts: an embedded DynamoDB, a simulated Amazon Connect, real events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

mod asking;
mod burst;
mod call_events;
mod call_lists;
mod call_records;
mod calls;
mod carriers;
mod classifying;
mod connect_calls;
mod directory;
mod flows;
mod history;
mod house;
mod marketplace;
mod open_api;
mod plans;
mod privacy;
mod query_calls;
mod recording_claims;
mod recordings;
mod recordings_broken;
mod recordings_deleted;
mod recordings_patience;
mod recordings_unsafe;
mod remembering;
mod samples;
mod settings;
mod streams;
mod webhook;
mod webhook_failures;
mod webhook_refused;
mod webhook_second_leg;
mod webhook_second_leg_command;
mod webhook_trust;
mod webhook_vectors;
