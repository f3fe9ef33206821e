#![doc = include_str!("../README.md")]

mod identity;
mod principal;
mod problem;
mod request;
mod response;

pub use identity::{Identity, Tenancy, Unidentified};
pub use principal::{Principal, Principals, Roles};
pub use problem::{FieldProblem, Problem, ProblemType};
pub use request::{BadBody, Request};
pub use response::Response;
