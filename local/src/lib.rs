#![doc = include_str!("../README.md")]

pub mod afterwards;
pub mod bundle;
pub mod centre;
pub mod dynamo;
pub mod flows;
pub mod functions;
pub mod gate;
pub mod kinesis;
mod server;
pub mod simulated_connect;
pub mod simulated_queue;
pub mod stack;
pub mod world;
