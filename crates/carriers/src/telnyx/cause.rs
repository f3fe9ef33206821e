//! Why Telnyx says a leg ended.

use ringback_calls::{Cause, Class};

/// The cause behind a `hangup_cause` and the SIP code of it.
pub(super) fn cause(word: &str, sip: Option<u16>) -> Cause {
    Cause {
        sip,
        ..Cause::said(class(word, sip), word)
    }
}

/// A SIP code; none if the text is none.
pub(super) fn sip(text: Option<&str>) -> Option<u16> {
    let code = text?.trim().parse().ok()?;
    (100..700).contains(&code).then_some(code)
}

fn class(word: &str, sip: Option<u16>) -> Class {
    match word {
        "normal_clearing" => Class::Cleared,
        "user_busy" => Class::Busy,
        "call_rejected" => match sip.map(Class::of_sip) {
            Some(Class::Busy) => Class::Busy,
            _ => Class::Unreachable,
        },
        // `originator_cancel` is told of the leg that was being dialled.
        "no_answer" | "timeout" | "not_found" | "originator_cancel" => Class::Unreachable,
        "time_limit" => Class::MaxDuration,
        "unspecified" => match sip.map(Class::of_sip) {
            Some(Class::Ok) => Class::Cleared,
            Some(class) => class,
            None => Class::Other,
        },
        _ => Class::Other,
    }
}
