#![doc = include_str!("../README.md")]

mod bus;
mod contact;
mod event;
mod flow;
mod health;
mod text;

pub use bus::{BusError, StepBus};
pub use event::{
    Agent, Caller, DETAIL_TYPE, Key, Order, Place, PlaceKind, SCHEMA, SOURCE, Schema, Shop, Step, StepEvent,
};
pub use flow::BadStep;
pub use health::{HEALTH_DETAIL_TYPE, HEALTH_SCHEMA, HealthEvent};
