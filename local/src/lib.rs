#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod afterwards;
pub mod api;
mod apps;
pub mod bundle;
pub mod call_stream;
pub mod centre;
pub mod dynamo;
pub mod flows;
pub mod functions;
pub mod gate;
pub mod import;
pub mod kinesis;
pub mod marketplace;
mod reach;
pub mod replay;
pub mod sample_accounts;
mod server;
pub mod simulated_bus;
pub mod simulated_carriers;
pub mod simulated_chat;
pub mod simulated_connect;
pub mod simulated_queue;
pub mod simulated_secrets;
pub mod stack;
pub mod world;
