#![doc = include_str!("../README.md")]

mod check;
mod document;
mod draw;
mod read;
pub mod run;

pub use check::{FlowKind, Problem, Report, Severity, UnknownFlowKind, check, check_value};
pub use document::{Action, Condition, ConditionBranch, ErrorBranch, Flow, Transitions};
pub use draw::draw;
pub use read::{ReadError, read};
