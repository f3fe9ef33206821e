#![doc = include_str!("../README.md")]

mod answer;
mod capture;
mod carrier;
mod content;
mod form;
mod held;
mod hex;
mod json;
mod jwt;
mod listing;
mod mac;
mod markup;
mod mistakes;
mod national;
mod placing;
mod reading;
mod recording;
mod refusal;
mod registry;
mod request;
mod settings;
mod times;
mod xml;

mod amazon_connect;
mod bandwidth;
pub mod huawei;
pub mod jiuyun;
mod mapped;
mod plivo;
mod signalwire;
mod sinch;
mod telnyx;
mod twilio;
mod vonage;
mod voximplant;

pub use amazon_connect::events_of_record;
pub use answer::{Answer, SecondLeg};
pub use capture::{BadCapture, Capture, Line, PlacedLine};
pub use carrier::{Carrier, Trust};
pub use listing::{Listed, Listing, LookedFor};
pub use mapped::{BadMapping, Mapped, RESERVED as RESERVED_CODES};
pub use placing::{
    ABILITIES, Ability, Accepted, Answered, Ask, CannotAsk, Fault, HungUp, Inquired, Inquiry, NewCall,
    PlacedCall, Placing, Refusing, Second, ability_of,
};
pub use reading::{Heard, Reading, Reference, Unreadable, Wants};
pub use recording::{
    BucketPlace, CannotFetch, Fetch, Gives, Kept, LinkAnswer, Place, Source, connect_object,
};
pub use refusal::Refusal;
pub use registry::{CARRIERS, carrier};
pub use request::{Headers, Request};
pub use settings::{Keys, Settings};
