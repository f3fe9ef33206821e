//! What Plivo's words and codes for an end mean.

use ringback_calls::{Cause, Class};

/// Everything an event says of why a leg ended.
#[derive(Clone, Copy, Default)]
pub(super) struct Ending<'a> {
    /// `busy`: the state of the leg.
    pub(super) status: Option<&'a str>,
    /// `3010`.
    pub(super) code: Option<&'a str>,
    /// `USER_BUSY`.
    pub(super) cause: Option<&'a str>,
    /// `Busy Line`.
    pub(super) name: Option<&'a str>,
    /// Whether the leg was answered, where the event shows it.
    pub(super) answered: Option<bool>,
}

impl Ending<'_> {
    /// The cause. The state decides; where it leaves the reason open (`failed`, or none at all), the code does, then the
    /// cause's name.
    pub(super) fn cause(&self) -> Cause {
        let by_code = self
            .code
            .and_then(of_code)
            .or_else(|| self.cause.and_then(of_name));
        let class = match (self.status, by_code) {
            (Some("busy"), _) => Class::Busy,
            (Some("no-answer" | "cancel"), _) => Class::Unreachable,
            (Some("completed"), _) if self.answered == Some(false) => Class::Cleared,
            (Some("completed"), _) => Class::Ok,
            // A delay of the carrier or the network, whatever code comes with it.
            (Some("timeout"), _) => Class::Network,
            (Some("failed") | None, Some(class)) => class,
            _ => Class::Other,
        };
        let word = self.name.or(self.cause).or(self.status);
        Cause {
            code: self.code.map(|code| code.chars().take(100).collect()),
            ..word.map_or_else(|| Cause::of(class), |word| Cause::said(class, word))
        }
    }
}

/// The class of a hangup cause code; none for codes that nobody described.
fn of_code(code: &str) -> Option<Class> {
    Some(match code.parse::<u16>().ok()? {
        // Unknown to Plivo itself.
        0 => Class::Other,
        1000 => Class::Unreachable,
        // No credit, too many calls at once.
        1010 | 1020 => Class::Server,
        2000 | 2010 | 2020 => Class::Unreachable,
        // Barred by the account's own rules.
        2030 | 2040 => Class::Other,
        // A loop, no media.
        2060 | 2070 => Class::Server,
        3000 => Class::Unreachable,
        // Refused at the telephone counts as busy, with every carrier.
        3010 | 3020 => Class::Busy,
        3040 | 3050 | 3070 => Class::Network,
        3080 | 3090 | 3110 => Class::Server,
        4000 | 4010 | 4020 | 4030 => Class::Cleared,
        5010 | 5020 => Class::Server,
        6010 => Class::Unreachable,
        // Timers that end a call; whether the longest duration was reached shows in its seconds.
        6000 | 6020 => Class::Cleared,
        // The answer URL could not be reached, or not be read.
        7011 | 8011 => Class::Server,
        _ => return None,
    })
}

/// The class of a cause's name, which is FreeSWITCH's for a value of Q.850.
fn of_name(name: &str) -> Option<Class> {
    let q850 = match name {
        "NORMAL_CLEARING" | "NORMAL_UNSPECIFIED" => return Some(Class::Cleared),
        "ORIGINATOR_CANCEL" | "USER_NOT_REGISTERED" | "PROGRESS_TIMEOUT" | "ALLOTTED_TIMEOUT" => {
            return Some(Class::Unreachable);
        }
        "RECOVERY_ON_TIMER_EXPIRE" => return Some(Class::Network),
        "UNALLOCATED_NUMBER" => 1,
        "NO_ROUTE_TRANSIT_NET" => 2,
        "NO_ROUTE_DESTINATION" => 3,
        "USER_BUSY" => 17,
        "NO_USER_RESPONSE" => 18,
        "NO_ANSWER" => 19,
        "SUBSCRIBER_ABSENT" => 20,
        "CALL_REJECTED" => 21,
        "NUMBER_CHANGED" => 22,
        "DESTINATION_OUT_OF_ORDER" => 27,
        "INVALID_NUMBER_FORMAT" => 28,
        "NORMAL_CIRCUIT_CONGESTION" => 34,
        "NETWORK_OUT_OF_ORDER" => 38,
        "NORMAL_TEMPORARY_FAILURE" => 41,
        "SWITCH_CONGESTION" => 42,
        "SERVICE_UNAVAILABLE" => 63,
        _ => return None,
    };
    Some(Class::of_q850(q850))
}
