//! All carriers.

use crate::carrier::Carrier;

/// Every carrier that is written in Rust.
pub static CARRIERS: &[&dyn Carrier] = &[
    &crate::twilio::Twilio,
    &crate::signalwire::SignalWire,
    &crate::telnyx::Telnyx,
    &crate::vonage::Vonage,
    &crate::plivo::Plivo,
    &crate::jiuyun::Jiuyun,
    &crate::huawei::Huawei,
    &crate::voximplant::Voximplant,
    &crate::bandwidth::Bandwidth,
    &crate::sinch::Sinch,
];

/// The carrier with that code.
pub fn carrier(code: &str) -> Option<&'static dyn Carrier> {
    CARRIERS.iter().copied().find(|carrier| carrier.code() == code)
}
