#![doc = include_str!("../README.md")]

mod endpoint;
mod error;
mod moment;
mod node;
mod redact;
mod routing;
mod supervision;
mod vocabulary;
mod words;

pub mod caller;
pub mod contact_event;
pub mod contact_record;
pub mod flow_answer;
pub mod flow_event;
pub mod ids;
pub mod phone;

pub use caller::{CallerKey, CallerKind, CallerPoint, NoCaller};
pub use contact_event::ContactEvent;
pub use contact_record::ContactRecord;
pub use endpoint::{Endpoint, EndpointKind};
pub use error::{DecodeError, Problem};
pub use flow_answer::FlowAnswer;
pub use flow_event::FlowEvent;
pub use routing::{RoutingCriteria, RoutingStep, StepStatus};
pub use supervision::StateTransition;
pub use vocabulary::{Channel, InitiationMethod};
