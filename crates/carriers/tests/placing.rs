//! How each carrier is asked for a call, what its answers mean, how it is asked later, and how it is told to end a call.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "recordings/account.rs"]
#[allow(dead_code, reason = "the tests of recordings use the rest")]
mod account;
#[path = "placing/asking.rs"]
mod asking;
#[path = "placing/bandwidth.rs"]
mod bandwidth;
#[path = "placing/comparing.rs"]
mod comparing;
#[path = "placing/held.rs"]
mod held;
#[path = "placing/huawei.rs"]
mod huawei;
#[path = "placing/injection.rs"]
mod injection;
#[path = "placing/jiuyun.rs"]
mod jiuyun;
#[path = "placing/listed.rs"]
mod listed;
#[path = "placing/mapped.rs"]
mod mapped;
#[path = "placing/plivo.rs"]
mod plivo;
#[path = "placing/readme.rs"]
mod readme;
#[path = "placing/signalwire.rs"]
mod signalwire;
#[path = "placing/sinch.rs"]
mod sinch;
mod support;
#[path = "placing/telnyx.rs"]
mod telnyx;
#[path = "placing/twilio.rs"]
mod twilio;
#[path = "placing/unsure.rs"]
mod unsure;
#[path = "placing/vonage.rs"]
mod vonage;
#[path = "placing/voximplant.rs"]
mod voximplant;
