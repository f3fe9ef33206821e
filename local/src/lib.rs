#![doc = include_str!("../README.md")]

pub mod dynamo;
pub mod gate;
pub mod kinesis;
mod server;
pub mod simulated_connect;
pub mod simulated_queue;
pub mod stack;
