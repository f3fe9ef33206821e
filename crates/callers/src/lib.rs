#![doc = include_str!("../README.md")]

mod answer;
mod change;
mod classify;
mod directory;
mod document;
mod hours;
pub mod item;
mod keep;
mod model;
mod plan;
mod region;
pub mod rules;
pub mod text;

pub use answer::{Answer, NumberUsed, Reason, Source, Status};
pub use change::{Change, Kind, version_of};
pub use classify::{Call, Chosen, Classification, UNKNOWN, choose, classify};
pub use directory::{AliasFate, Behind, Directory, DirectoryError};
pub use document::{Document, Problem, read as read_document, read_rules};
pub use hours::{BadHours, Hours};
pub use keep::Kept;
pub use model::{Alias, Order, Person, PersonKind, Point, Shop};
pub use plan::{Step, StepKind};
pub use region::Region;
pub use rules::Rules;
