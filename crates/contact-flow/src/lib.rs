//! The Amazon Connect Flow language (version `2019-10-30`): read, check, run and draw contact flows.
//!
//! Everything here is pure: no clock, no network, no environment. Time is virtual and starts where the caller says.

mod check;
mod document;
mod draw;
mod read;
pub mod run;

pub use check::{FlowKind, Problem, Report, Severity, UnknownFlowKind, check, check_value};
pub use document::{Action, Condition, ConditionBranch, ErrorBranch, Flow, Transitions};
pub use draw::draw;
pub use read::{ReadError, read};
