//! Which account a path is of, and which call.

use ringback_calls::CallId;

use ringback_accounts::is_unreserved;

/// A path of a carrier, as far as its form goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    /// The carrier's code, as the path has it.
    pub(crate) carrier: &'a str,
    /// What should be the account's slug.
    pub(crate) account: &'a str,
    /// The call, where the path names one.
    pub(crate) call: Option<CallId>,
}

impl<'a> Route<'a> {
    /// Reads `/carriers/{carrier}/{account}/events` and `/carriers/{carrier}/{account}/calls/{callId}/events`.
    pub(crate) fn read(path: &'a str) -> Option<Self> {
        let parts: Vec<_> = path.strip_prefix('/')?.split('/').collect();
        if !parts.iter().all(|part| is_unreserved(part)) {
            return None;
        }
        let (carrier, account, call) = match parts.as_slice() {
            ["carriers", carrier, account, "events"] => (carrier, account, None),
            ["carriers", carrier, account, "calls", call, "events"] => {
                (carrier, account, Some(CallId::parse(call).ok()?))
            }
            _ => return None,
        };
        Some(Self {
            carrier,
            account,
            call,
        })
    }
}

/// The path of a call's events.
pub(crate) fn events_of(carrier: &str, account: &str, call: &CallId) -> String {
    format!("/carriers/{carrier}/{account}/calls/{call}/events")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_paths_are_read() {
        let call = CallId::parse("sample-normal").unwrap();
        for (path, call) in [
            ("/carriers/tw/sample-account/events", None),
            (
                "/carriers/tw/sample-account/calls/sample-normal/events",
                Some(&call),
            ),
        ] {
            let route = Route::read(path).unwrap();
            let read = (route.carrier, route.account, route.call.as_ref());
            assert_eq!(read, ("tw", "sample-account", call), "{path}");
        }
        assert_eq!(
            Route::read(&events_of("tw", "sample-account", &call))
                .unwrap()
                .call,
            Some(call)
        );
        for path in [
            "",
            "/",
            "/carriers",
            "/carriers/tw/sample-account",
            "/carriers/tw/sample-account/events/",
            "/carriers/tw/sample-account/events/b",
            "//carriers/tw/sample-account/events",
            "/carriers/tw/sample-account/calls/short/events",
            "/carriers/tw/sample%2Daccount/events",
            "/carriers/tw/sample account/events",
            "/carriers/tw/sample-account/events?a=1",
            "/other/tw/sample-account/events",
        ] {
            assert_eq!(Route::read(path), None, "{path}");
        }
    }
}
